/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include "base/fullio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sl_input *add_input(
	struct sl_plan *plan, const char *path, struct sl_span name, uint64_t size)
{
	struct sl_input *input = SL_ARENA_PUSH(plan->arena, plan->inputs, plan->n, plan->room);
	*input = (struct sl_input){ .path = sl_arena_copy(plan->arena, sl_span_str(path)).p,
		.name = sl_arena_copy(plan->arena, name),
		.fd = -1 };
	plan->bytes += size;
	return input;
}

/* Standard input cannot be read twice (hash, then walk): copy it to an unlinked file. */
static enum sl_rc spool_stdin(struct sl_plan *plan, struct sl_err *err)
{
	int fd = sl_spool_file();
	if (fd < 0)
		return sl_err_errno(err, SL_EXIT_IOERR, "cannot spool standard input");
	char chunk[64 * 1024];
	uint64_t size = 0;
	ssize_t got;
	while ((got = read(STDIN_FILENO, chunk, sizeof(chunk))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || !sl_write_all(fd, sl_span_of(chunk, (size_t)got))) {
			close(fd);
			return sl_err_errno(err, SL_EXIT_IOERR, "cannot spool standard input");
		}
		size += (uint64_t)got;
	}
	add_input(plan, "-", SL_SPAN("-"), size)->fd = fd;
	return SL_OK;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Paths that are still to be looked at; the last one is next. */
struct walk {
	struct sl_plan *plan;
	size_t root; /* length of the folder's own path, without slashes at its end */
	char **paths;
	size_t n, room;
};

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void push_path(struct walk *walk, const char *folder, const char *name)
{
	size_t length = strlen(folder), n = strlen(name);
	bool slash = length == 0 || folder[length - 1] != '/';
	char *path = sl_malloc(length + slash + n + 1);
	memcpy(path, folder, length);
	path[length] = '/';
	memcpy(path + length + slash, name, n + 1);
	if (walk->n == walk->room) {
		walk->room = walk->room ? 2 * walk->room : 64;
		walk->paths = sl_realloc(walk->paths, walk->room * sizeof(*walk->paths));
	}
	walk->paths[walk->n++] = path;
}

static struct sl_span name_below(const struct walk *walk, const char *path)
{
	struct sl_span name = sl_span_from(sl_span_str(path), walk->root);
	while (name.n && name.p[0] == '/')
		name = sl_span_from(name, 1);
	return name;
}

/* All names of a folder, or none of them: scandir() sees it when the folder cannot be read to its
 * end, which fts(3) of glibc does not. */
static enum sl_rc look_into(struct walk *walk, const char *path, struct sl_err *err)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, by_name);
	if (n < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		return sl_err_errno(err, SL_EXIT_IOERR, "cannot read the folder %s", path);
	if (n < 0) /* a reader will say that it cannot be read, and count it */
		add_input(walk->plan, path, name_below(walk, path), 0);
	for (int i = n; i-- > 0;) {
		if (!is_dots(entries[i]->d_name))
			push_path(walk, path, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return SL_OK;
}

/* Links inside a folder are not followed: a folder from outside may point anywhere. */
static enum sl_rc take_path(struct walk *walk, const char *path, struct sl_err *err)
{
	struct stat info;
	if (lstat(path, &info) != 0)
		add_input(walk->plan, path, name_below(walk, path), 0);
	else if (S_ISDIR(info.st_mode))
		return look_into(walk, path, err);
	else if (S_ISREG(info.st_mode))
		add_input(walk->plan, path, name_below(walk, path), (uint64_t)info.st_size);
	else
		walk->plan->specials++;
	return SL_OK;
}

/* In the order of names, a folder's content where its name stands. */
static enum sl_rc add_folder(struct sl_plan *plan, const char *path, struct sl_err *err)
{
	struct walk walk = { .plan = plan, .root = strlen(path) };
	while (walk.root > 1 && path[walk.root - 1] == '/')
		walk.root--;
	enum sl_rc rc = look_into(&walk, path, err);
	while (walk.n) {
		char *next = walk.paths[--walk.n];
		if (rc == SL_OK)
			rc = take_path(&walk, next, err);
		free(next);
	}
	free(walk.paths);
	return rc;
}

static struct sl_span base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return sl_span_str(slash ? slash + 1 : path);
}

enum sl_rc sl_plan_make(
	const struct sl_strings *operands, struct sl_plan *plan_r, struct sl_err *err)
{
	*plan_r = (struct sl_plan){ .arena = sl_arena_new(0) };
	for (size_t i = 0; i < operands->n; i++) {
		const char *path = operands->items[i];
		struct stat info;
		enum sl_rc rc = SL_OK;
		if (strcmp(path, "-") == 0)
			rc = spool_stdin(plan_r, err);
		else if (stat(path, &info) != 0)
			rc = sl_err_errno(err, SL_EXIT_NOINPUT, "%s", path);
		else if (S_ISDIR(info.st_mode))
			rc = add_folder(plan_r, path, err);
		else if (S_ISREG(info.st_mode))
			add_input(plan_r, path, base_name(path), (uint64_t)info.st_size);
		else
			plan_r->specials++;
		if (rc != SL_OK)
			return rc;
	}
	return SL_OK;
}

void sl_plan_free(struct sl_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->inputs[i].fd >= 0)
			close(plan->inputs[i].fd);
	sl_arena_free(&plan->arena);
}
