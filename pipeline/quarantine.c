/* SPDX-License-Identifier: Apache-2.0 */
#include "quarantine.h"

#include "base/fullio.h"
#include "base/json.h"
#include "base/unicode.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCHEMA = 1, FANOUT = 256 };
/* Names of archives and entries come from outside; longer ones are cut. */
enum { TEXT_MOST = 64 * 1024, JSON_MOST = 2 << 20 };

struct sl_quarantine {
	int fd;        /* of the folder: everything is opened relative to it */
	char *path;    /* for messages only */
	uint64_t room; /* bytes of the budget that are left */
};

/* One file at work in the folder of the first two digits. */
struct place {
	struct sl_quarantine *q;
	struct sl_err *err;
	int fd;
	char folder[3];
	char id[2 * sizeof(struct sl_id) + 1];
};
enum { NAME_ROOM = sizeof(((struct place *)0)->id) + sizeof(".json") };

/* Fixed: only the holder of the store's lock writes here, so that what a killed run left is found
 * without a search. */
static const char temporary[] = ".new";

static enum sl_rc fail(struct place *place, enum sl_exit code, const char *what, const char *name)
{
	return sl_err_errno(place->err, code, "quarantine: cannot %s %s/%s%s%s", what,
		place->q->path, place->folder, *place->folder ? "/" : "", name);
}

/* Open a folder, or make it, and be sure that it is ours alone: no link, our own user, mode 0700
 * whatever the umask was. -1: errno says why. */
static int open_own(int at, const char *name, bool make)
{
	struct stat st;
	bool made = make && mkdirat(at, name, 0700) == 0;
	if (make && !made && errno != EEXIST)
		return -1;
	/* an odd umask may have left no right to open it; without /proc, libc cannot tell a link */
	if (made && fchmodat(at, name, 0700, AT_SYMLINK_NOFOLLOW) && errno != EOPNOTSUPP)
		return -1;
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int error = fstat(fd, &st) ? errno : st.st_uid != geteuid() ? EPERM : 0;
	if (!error && (st.st_mode & 07777) != 0700 && fchmod(fd, 0700))
		error = errno;
	if (!error && made && fsync(at))
		error = errno;
	if (!error)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

/* Bytes of the messages in one folder. */
static enum sl_rc count_folder(struct place *place, uint64_t *bytes)
{
	struct stat st;
	DIR *folder = fdopendir(place->fd);
	if (!folder) {
		enum sl_rc failed = fail(place, SL_EXIT_IOERR, "read", "");
		close(place->fd);
		return failed;
	}
	const struct dirent *entry;
	for (errno = 0; (entry = readdir(folder)); errno = 0)
		if (sl_span_ends(sl_span_str(entry->d_name), SL_SPAN(".eml")) &&
			fstatat(place->fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			*bytes += (uint64_t)st.st_size;
	enum sl_rc rc = errno ? fail(place, SL_EXIT_IOERR, "read", "") : SL_OK;
	closedir(folder);
	return rc;
}

/* What is there already counts; temporary files of a killed run go. */
static enum sl_rc look_around(struct sl_quarantine *q, struct sl_err *err)
{
	enum sl_rc rc = SL_OK;
	uint64_t bytes = 0;
	if (unlinkat(q->fd, temporary, 0) && errno != ENOENT)
		return sl_err_errno(err, SL_EXIT_CANTCREAT, "quarantine: cannot remove %s/%s",
			q->path, temporary);
	for (unsigned i = 0; i < FANOUT && rc == SL_OK; i++) {
		struct place place = { .q = q, .err = err };
		snprintf(place.folder, sizeof(place.folder), "%02x", i);
		place.fd = open_own(q->fd, place.folder, false);
		if (place.fd >= 0)
			rc = count_folder(&place, &bytes);
		else if (errno != ENOENT)
			rc = fail(&place, SL_EXIT_CANTCREAT, "use", "");
	}
	q->room = bytes < q->room ? q->room - bytes : 0;
	return rc;
}

static int open_top(const char *store)
{
	int at = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return -1;
	int fd = open_own(at, "quarantine", true);
	int error = errno;
	close(at);
	errno = error;
	return fd;
}

enum sl_rc sl_quarantine_open(
	const char *store, uint64_t budget, struct sl_quarantine **q_r, struct sl_err *err)
{
	*q_r = NULL;
	int fd = open_top(store);
	if (fd < 0)
		return sl_err_errno(err, SL_EXIT_CANTCREAT,
			"quarantine: cannot use %s/quarantine as a folder of our own", store);
	struct sl_quarantine *q = sl_calloc(1, sizeof(*q));
	q->fd = fd;
	q->room = budget;
	size_t n = strlen(store) + sizeof("/quarantine");
	q->path = sl_malloc(n);
	snprintf(q->path, n, "%s/quarantine", store);
	enum sl_rc rc = look_around(q, err);
	if (rc != SL_OK)
		sl_quarantine_close(&q);
	*q_r = q;
	return rc;
}

void sl_quarantine_close(struct sl_quarantine **q)
{
	if (!*q)
		return;
	close((*q)->fd);
	free((*q)->path);
	free(*q);
	*q = NULL;
}

static bool write_temporary(int at, struct sl_span bytes)
{
	int fd = openat(at, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	bool good = fchmod(fd, 0600) == 0 && sl_write_all(fd, bytes) && fsync(fd) == 0;
	int error = good ? 0 : errno;
	if (close(fd) && good) {
		good = false;
		error = errno;
	}
	errno = error;
	return good;
}

static void make_name(const struct place *place, const char *suffix, char name_r[NAME_ROOM])
{
	size_t n = strlen(place->id);
	sl_assert(n + strlen(suffix) < NAME_ROOM);
	memcpy(name_r, place->id, n);
	memcpy(name_r + n, suffix, strlen(suffix) + 1);
}

/* A whole file under its name, or none; the name itself is on the disk when the folder is. */
static enum sl_rc put_file(struct place *place, const char *suffix, struct sl_span bytes)
{
	char name[NAME_ROOM];
	make_name(place, suffix, name);
	if (write_temporary(place->q->fd, bytes) &&
		renameat(place->q->fd, temporary, place->fd, name) == 0)
		return SL_OK;
	enum sl_rc rc = fail(place, SL_EXIT_IOERR, "write", name);
	unlinkat(place->q->fd, temporary, 0);
	return rc;
}

static bool is_there(const struct place *place, const char *suffix)
{
	struct stat st;
	char name[NAME_ROOM];
	make_name(place, suffix, name);
	return fstatat(place->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static void text_key(struct sl_json *json, const char *key, struct sl_span text)
{
	sl_json_key(json, key);
	sl_json_text_or_null(json, sl_span_head(text, TEXT_MOST));
}

static void number_key(struct sl_json *json, const char *key, uint64_t value)
{
	sl_json_key(json, key);
	sl_json_u64(json, value);
}

static void describe(struct sl_json *json, const struct sl_quarantined *item, bool kept)
{
	sl_json_object(json);
	number_key(json, "schema", SCHEMA);
	sl_json_key(json, "id");
	sl_json_hex(json, &item->id, sizeof(item->id));
	text_key(json, "archive", item->archive);
	text_key(json, "entry", item->entry);
	number_key(json, "ordinal", item->ordinal);
	number_key(json, "offset", item->offset);
	number_key(json, "length", item->length);
	text_key(json, "cause", item->cause);
	text_key(json, "stage", item->stage);
	sl_json_key(json, "kept");
	sl_json_bool(json, kept);
	number_key(json, "size", item->bytes.n);
	sl_json_key(json, "libraries");
	sl_json_object(json);
	text_key(json, "spamloom", SL_SPAN(SL_VERSION));
	text_key(json, "libc", sl_span_str(gnu_get_libc_version()));
	text_key(json, "unicode", sl_span_str(sl_unicode_version()));
	sl_json_object_end(json);
	sl_json_object_end(json);
	sl_json_line(json);
}

static enum sl_rc put_json(struct place *place, const struct sl_quarantined *item, bool kept)
{
	struct sl_buf text SL_CLEANUP(sl_buf_free) = sl_buf_make(JSON_MOST);
	struct sl_json json = sl_json_make(&text);
	describe(&json, item, kept);
	sl_assert(!text.overflow); /* six times TEXT_MOST, four times */
	return put_file(place, ".json", sl_buf_span(&text));
}

/* Bytes before the description: "kept" is never said of what is not there. */
static enum sl_rc put_both(struct place *place, const struct sl_quarantined *item, bool *kept_r)
{
	*kept_r = is_there(place, ".eml");
	if (is_there(place, ".json"))
		return SL_OK;
	if (!*kept_r && item->bytes.n <= place->q->room) {
		enum sl_rc rc = put_file(place, ".eml", item->bytes);
		if (rc != SL_OK)
			return rc;
		sl_assert(place->q->room >= item->bytes.n);
		place->q->room -= item->bytes.n;
		*kept_r = true;
	}
	return put_json(place, item, *kept_r);
}

enum sl_rc sl_quarantine_put(struct sl_quarantine *q, const struct sl_quarantined *item,
	bool *kept_r, struct sl_err *err)
{
	*kept_r = false;
	struct place place = { .q = q, .err = err };
	for (size_t i = 0; i < sizeof(item->id); i++)
		snprintf(place.id + 2 * i, 3, "%02x", item->id.b[i]);
	snprintf(place.folder, sizeof(place.folder), "%.2s", place.id);
	place.fd = open_own(q->fd, place.folder, true);
	if (place.fd < 0) {
		bool full = errno == ENOSPC || errno == EDQUOT || errno == EIO;
		return fail(&place, full ? SL_EXIT_IOERR : SL_EXIT_CANTCREAT, "use", "");
	}
	enum sl_rc rc = put_both(&place, item, kept_r);
	if (rc == SL_OK && fsync(place.fd))
		rc = fail(&place, SL_EXIT_IOERR, "sync", "");
	close(place.fd);
	return rc;
}
