/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
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
	const char *folder = getenv("TMPDIR");
	int fd = open(folder && *folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = memfd_create("spamloom-stdin", MFD_CLOEXEC);
	if (fd < 0)
		return sl_err_errno(err, SL_EXIT_IOERR, "cannot spool standard input");
	char chunk[64 * 1024];
	uint64_t size = 0;
	ssize_t got;
	while ((got = read(STDIN_FILENO, chunk, sizeof(chunk))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || write(fd, chunk, (size_t)got) != got) {
			close(fd);
			return sl_err_errno(err, SL_EXIT_IOERR, "cannot spool standard input");
		}
		size += (uint64_t)got;
	}
	add_input(plan, "-", SL_SPAN("-"), size)->fd = fd;
	return SL_OK;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void add_entry(struct sl_plan *plan, const FTSENT *entry, size_t root)
{
	if (entry->fts_info == FTS_F)
		add_input(plan, entry->fts_accpath,
			sl_span_from(sl_span_str(entry->fts_path), root),
			(uint64_t)entry->fts_statp->st_size);
	else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
		 entry->fts_info == FTS_NS)
		/* a reader will say why it cannot be opened, and count it */
		add_input(
			plan, entry->fts_path, sl_span_from(sl_span_str(entry->fts_path), root), 0);
	else if (entry->fts_info == FTS_DEFAULT || entry->fts_info == FTS_SLNONE ||
		 entry->fts_info == FTS_DC)
		plan->specials++;
}

/* Links inside a folder are not followed: a folder from outside may point anywhere. */
static enum sl_rc add_folder(struct sl_plan *plan, const char *path, struct sl_err *err)
{
	char *roots[] = { sl_malloc(strlen(path) + 1), NULL };
	memcpy(roots[0], path, strlen(path) + 1);
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
	enum sl_rc rc = SL_OK;
	if (!walk) {
		free(roots[0]);
		return sl_err_errno(err, SL_EXIT_NOINPUT, "%s", path);
	}
	size_t root = strlen(path);
	while (root > 1 && path[root - 1] == '/')
		root--;
	FTSENT *entry;
	while ((entry = fts_read(walk)) != NULL) {
		size_t skip = root;
		while (entry->fts_path[skip] == '/')
			skip++;
		if (entry->fts_info == FTS_SL)
			plan->specials++;
		else
			add_entry(plan, entry, skip);
	}
	fts_close(walk);
	free(roots[0]);
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
