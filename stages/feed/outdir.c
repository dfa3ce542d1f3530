/* SPDX-License-Identifier: Apache-2.0 */
/* outdir.c - a folder whose files are the old ones or the new ones, whatever happens in between.
 *
 * A file is written under a temporary name in the same folder and synced. Only when all files of
 * the writing, and the manifest, stand so on the disk do they take their places: the old manifest
 * goes first, then each file is renamed, then the new manifest. While it is missing the folder is
 * unfinished. A full disk therefore leaves the old outputs as they are; the price is room for both.
 * What could not be replaced (an immutable file, a folder under its name) is found before the first
 * rename. The temporary names are fixed, so a killed run leaves at most one piece of litter a file,
 * which the next run takes away. Everything is relative to one open descriptor of the folder.
 */
#include "outdir.h"

#include "feedguard.h"
#include "tally.h"

#include "pipeline/base/digest_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024, NAME_MAX_BYTES = 200, DROPS = 8 };

static const char manifest_name[] = "MANIFEST.sha256";

/* Written and synced, under its temporary name; NULL: the file of last time stays. */
struct ready {
	char *name, *temporary; /* below OUT */
	struct sl_sha256 sum;
};

struct sl_outdir {
	int fd;
	char *path;
	struct ready *files;
	size_t n_files, room_files;
	unsigned writing;         /* files that are open */
	const char *drops[DROPS]; /* files of last time that are to go; literals */
	size_t n_drops;
	struct sl_tally *tally;
	struct sl_feedguard *guard;
	pthread_mutex_t lock;   /* of files and writing: feeds may be written by two threads */
	pthread_mutex_t making; /* of the tally */
};

struct sl_outfile {
	struct sl_outdir *out;
	int fd;
	char name[NAME_MAX_BYTES + 1]; /* below OUT, for the manifest */
	char temporary[NAME_MAX_BYTES + 8];
	bool listed;
	int error; /* the first errno */
	struct sl_digest *digest;
	size_t n;
	char buffer[BUFFER];
};

/* A failing disk is one thing; no room, no right, something in the way are another. */
static enum sl_exit exit_of(int error)
{
	return error == EIO ? SL_EXIT_IOERR : SL_EXIT_CANTCREAT;
}

/* A new folder is there for sure when the one above it is synced. */
static enum sl_rc make_one(const char *path, struct sl_err *err)
{
	if (mkdir(path, 0777))
		return errno == EEXIST ? SL_OK
				       : sl_err_errno(err, SL_EXIT_CANTCREAT,
						 "cannot make output folder %s", path);
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int above = folder < 0 ? -1 : openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum sl_rc rc = SL_OK;
	if (above < 0 || fsync(above))
		rc = sl_err_errno(err, SL_EXIT_IOERR, "cannot sync the folder above %s", path);
	if (above >= 0)
		close(above);
	if (folder >= 0)
		close(folder);
	return rc;
}

static enum sl_rc make_folders(const char *path, struct sl_err *err)
{
	char *copy = sl_malloc(strlen(path) + 1);
	enum sl_rc rc = SL_OK;
	memcpy(copy, path, strlen(path) + 1);
	for (char *p = copy + 1; rc == SL_OK; p++) {
		char c = *p;
		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		rc = make_one(copy, err);
		*p = c;
		if (c == '\0')
			break;
	}
	free(copy);
	return rc;
}

enum sl_rc sl_outdir_open(const char *path, struct sl_outdir **out_r, struct sl_err *err)
{
	*out_r = NULL;
	signal(SIGXFSZ, SIG_IGN); /* a file size limit is then an error of write(2) */
	if (!*path)
		return sl_err_set(err, SL_EXIT_CANTCREAT, "the output folder has no name");
	enum sl_rc rc = make_folders(path, err);
	if (rc != SL_OK)
		return rc;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return sl_err_errno(err, SL_EXIT_CANTCREAT, "cannot open output folder %s", path);
	struct sl_outdir *out = sl_calloc(1, sizeof(*out));
	pthread_mutex_init(&out->lock, NULL);
	pthread_mutex_init(&out->making, NULL);
	out->fd = fd;
	out->path = sl_malloc(strlen(path) + 1);
	memcpy(out->path, path, strlen(path) + 1);
	*out_r = out;
	return SL_OK;
}

/* What did not take its place never will. */
static void forget_files(struct sl_outdir *out)
{
	for (size_t i = 0; i < out->n_files; i++) {
		if (out->files[i].temporary)
			unlinkat(out->fd, out->files[i].temporary, 0);
		free(out->files[i].name);
		free(out->files[i].temporary);
	}
	out->n_files = 0;
	out->n_drops = 0;
}

void sl_outdir_free(struct sl_outdir **out)
{
	struct sl_outdir *o = *out;
	if (!o)
		return;
	sl_assert(!o->writing);
	forget_files(o);
	free(o->files);
	sl_tally_free(&o->tally);
	sl_feedguard_free(&o->guard);
	free(o->path);
	close(o->fd);
	pthread_mutex_destroy(&o->lock);
	pthread_mutex_destroy(&o->making);
	free(o);
	*out = NULL;
}

struct sl_tally *sl_outdir_tally(
	struct sl_outdir *out, struct sl_tally *(*make)(const void *arg), const void *arg)
{
	pthread_mutex_lock(&out->making);
	if (!out->tally && make)
		out->tally = make(arg);
	struct sl_tally *tally = out->tally;
	pthread_mutex_unlock(&out->making);
	return tally;
}

struct sl_feedguard *sl_outdir_guard(const struct sl_outdir *out)
{
	return out->guard;
}

void sl_outdir_keep_guard(struct sl_outdir *out, struct sl_feedguard *guard)
{
	sl_assert(!out->guard && guard);
	out->guard = guard;
}

/* Would a rename over it fail? File systems that do not know such marks say so of nothing. */
static enum sl_rc check_place(const struct sl_outdir *out, const char *name, struct sl_err *err)
{
	struct statx info;
	int error = 0;
	if (statx(out->fd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &info))
		error = errno == ENOENT || errno == ENOSYS ? 0 : errno;
	else if (S_ISDIR(info.stx_mode))
		error = EISDIR;
	else if (info.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND))
		error = EPERM;
	errno = error;
	return error ? sl_err_errno(err, exit_of(error), "cannot replace %s/%s", out->path, name)
		     : SL_OK;
}

enum sl_rc sl_outdir_begin(struct sl_outdir *out, struct sl_err *err)
{
	sl_assert(!out->writing);
	forget_files(out);
	return check_place(out, manifest_name, err);
}

static const char *last_part(const char *name)
{
	const char *slash = strchr(name, '/');
	return slash ? slash + 1 : name;
}

static bool make_folder(const struct sl_outdir *out, const char *name)
{
	char folder[NAME_MAX_BYTES + 1];
	size_t n = (size_t)(last_part(name) - name);
	if (!n)
		return true;
	memcpy(folder, name, n - 1);
	folder[n - 1] = '\0';
	return mkdirat(out->fd, folder, 0777) == 0 || errno == EEXIST;
}

static int open_temporary(struct sl_outfile *file)
{
	const char *last = last_part(file->name);
	snprintf(file->temporary, sizeof(file->temporary), "%.*s.%s.tmp", (int)(last - file->name),
		file->name, last);
	unlinkat(file->out->fd, file->temporary, 0);
	return openat(file->out->fd, file->temporary,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

enum sl_rc sl_outfile_open(struct sl_outdir *out, const char *name, bool listed,
	struct sl_outfile **file_r, struct sl_err *err)
{
	sl_assert(strlen(name) <= NAME_MAX_BYTES);
	sl_assert(!strchr(last_part(name), '/'));
	*file_r = NULL;
	if (!make_folder(out, name))
		return sl_err_errno(
			err, SL_EXIT_CANTCREAT, "cannot make the folder of %s/%s", out->path, name);
	struct sl_outfile *file = sl_calloc(1, sizeof(*file));
	file->out = out;
	memcpy(file->name, name, strlen(name) + 1);
	file->listed = listed;
	file->fd = open_temporary(file);
	if (file->fd < 0) {
		enum sl_rc rc = sl_err_errno(
			err, SL_EXIT_CANTCREAT, "cannot create %s/%s", out->path, name);
		free(file);
		return rc;
	}
	file->digest = listed ? sl_digest_new() : NULL;
	pthread_mutex_lock(&out->lock);
	out->writing++;
	pthread_mutex_unlock(&out->lock);
	*file_r = file;
	return SL_OK;
}

static void flush(struct sl_outfile *file)
{
	size_t done = 0;
	while (done < file->n && !file->error) {
		ssize_t n = write(file->fd, file->buffer + done, file->n - done);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			file->error = n == 0 ? EIO : errno;
	}
	if (file->digest)
		sl_digest_add(file->digest, sl_span_of(file->buffer, file->n));
	file->n = 0;
}

void sl_outfile_add(struct sl_outfile *file, struct sl_span bytes)
{
	while (bytes.n && !file->error) {
		size_t room = BUFFER - file->n;
		size_t n = bytes.n < room ? bytes.n : room;
		memcpy(file->buffer + file->n, bytes.p, n);
		file->n += n;
		bytes = sl_span_from(bytes, n);
		if (file->n == BUFFER)
			flush(file);
	}
}

void sl_outfile_take(struct sl_outfile *file, struct sl_buf *line)
{
	if (line->overflow && !file->error)
		file->error = EFBIG;
	sl_outfile_add(file, sl_buf_span(line));
	sl_buf_reset(line);
}

static void release(struct sl_outfile **file)
{
	struct sl_outfile *f = *file;
	sl_digest_free(&f->digest);
	if (f->fd >= 0)
		close(f->fd);
	pthread_mutex_lock(&f->out->lock);
	f->out->writing--;
	pthread_mutex_unlock(&f->out->lock);
	free(f);
	*file = NULL;
}

void sl_outfile_abort(struct sl_outfile **file)
{
	if (!*file)
		return;
	unlinkat((*file)->out->fd, (*file)->temporary, 0);
	release(file);
}

static char *copy_of(const char *text)
{
	size_t n = strlen(text) + 1;
	return memcpy(sl_malloc(n), text, n);
}

/* `temporary` NULL: it is in its place. */
static void list_file(
	struct sl_outdir *out, const char *name, const char *temporary, struct sl_digest *digest)
{
	pthread_mutex_lock(&out->lock);
	if (out->n_files == out->room_files) {
		out->room_files = out->room_files ? out->room_files * 2 : 16;
		out->files = sl_realloc(out->files, out->room_files * sizeof(*out->files));
	}
	out->files[out->n_files++] = (struct ready){
		.name = copy_of(name),
		.temporary = temporary ? copy_of(temporary) : NULL,
		.sum = sl_digest_final(digest),
	};
	pthread_mutex_unlock(&out->lock);
}

/* Everything on the disk, under the temporary name; the first errno, or 0. */
static int settle(struct sl_outfile *file)
{
	flush(file);
	if (!file->error && fsync(file->fd))
		file->error = errno;
	int closed = close(file->fd);
	file->fd = -1;
	if (!file->error && closed)
		file->error = errno;
	return file->error;
}

static enum sl_rc sync_folder(const struct sl_outdir *out, const char *name, struct sl_err *err)
{
	int fd = openat(out->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = fd < 0 || fsync(fd) ? errno : 0;
	if (fd >= 0)
		close(fd);
	errno = error;
	return error ? sl_err_errno(err, SL_EXIT_IOERR, "cannot sync %s/%s", out->path, name)
		     : SL_OK;
}

static enum sl_rc move(
	const struct sl_outdir *out, const char *temporary, const char *name, struct sl_err *err)
{
	if (renameat(out->fd, temporary, out->fd, name))
		return sl_err_errno(err, exit_of(errno), "cannot replace %s/%s", out->path, name);
	return SL_OK;
}

static enum sl_rc cannot_write(struct sl_outfile **file, int error, struct sl_err *err)
{
	errno = error;
	enum sl_rc rc = sl_err_errno(
		err, exit_of(error), "cannot write %s/%s", (*file)->out->path, (*file)->name);
	sl_outfile_abort(file);
	return rc;
}

enum sl_rc sl_outfile_close(struct sl_outfile **file, struct sl_err *err)
{
	struct sl_outfile *f = *file;
	int error = settle(f);
	if (error)
		return cannot_write(file, error, err);
	enum sl_rc rc = SL_OK;
	if (f->listed)
		list_file(f->out, f->name, f->temporary, f->digest);
	else
		rc = move(f->out, f->temporary, f->name, err);
	if (rc == SL_OK && !f->listed)
		rc = sync_folder(f->out, ".", err);
	if (rc == SL_OK)
		release(file);
	else
		sl_outfile_abort(file);
	return rc;
}

/* False: errno says why. */
static bool digest_of(int fd, struct sl_digest *digest)
{
	char piece[16384];
	ssize_t n;
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n > 0)
			sl_digest_add(digest, sl_span_of(piece, (size_t)n));
		else if (errno != EINTR)
			return false;
	}
	return true;
}

/* O_NONBLOCK: what lies there by that name may be a pipe. */
enum sl_rc sl_outdir_keep_file(struct sl_outdir *out, const char *name, struct sl_err *err)
{
	enum sl_rc rc = SL_OK;
	int fd = openat(out->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return SL_OK;
	struct sl_digest *digest = sl_digest_new();
	if (fd < 0 || !digest_of(fd, digest))
		rc = sl_err_errno(err, SL_EXIT_IOERR, "cannot read %s/%s", out->path, name);
	else
		list_file(out, name, NULL, digest);
	sl_digest_free(&digest);
	if (fd >= 0)
		close(fd);
	return rc;
}

void sl_outdir_drop_file(struct sl_outdir *out, const char *name)
{
	sl_assert(out->n_drops < DROPS && strlen(name) <= NAME_MAX_BYTES);
	out->drops[out->n_drops++] = name;
}

/* Its folder goes, too, when it was the last one in it. */
static enum sl_rc drop(const struct sl_outdir *out, const char *name, struct sl_err *err)
{
	char folder[NAME_MAX_BYTES + 1];
	size_t n = (size_t)(last_part(name) - name);
	if (unlinkat(out->fd, name, 0) && errno != ENOENT && errno != ENOTDIR)
		return sl_err_errno(err, exit_of(errno), "cannot remove %s/%s", out->path, name);
	if (!n)
		return SL_OK;
	memcpy(folder, name, n - 1);
	folder[n - 1] = '\0';
	unlinkat(out->fd, folder, AT_REMOVEDIR);
	return SL_OK;
}

static int by_name(const void *a, const void *b)
{
	const struct ready *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/* The manifest under its temporary name. */
static enum sl_rc write_manifest(
	struct sl_outdir *out, struct sl_outfile **file_r, struct sl_err *err)
{
	struct sl_buf line = sl_buf_make(4096);
	if (sl_outfile_open(out, manifest_name, false, file_r, err) != SL_OK)
		return SL_FATAL;
	for (size_t i = 0; i < out->n_files; i++) {
		sl_assert(i == 0 || strcmp(out->files[i - 1].name, out->files[i].name) < 0);
		sl_buf_reset(&line);
		sl_buf_hex(&line, out->files[i].sum.b, sizeof(out->files[i].sum.b));
		sl_buf_printf(&line, "  %s\n", out->files[i].name);
		sl_outfile_add(*file_r, sl_buf_span(&line));
	}
	sl_buf_free(&line);
	int error = settle(*file_r);
	return error ? cannot_write(file_r, error, err) : SL_OK;
}

static enum sl_rc drop_manifest(const struct sl_outdir *out, struct sl_err *err)
{
	if (unlinkat(out->fd, manifest_name, 0) && errno != ENOENT)
		return sl_err_errno(
			err, exit_of(errno), "cannot remove %s/%s", out->path, manifest_name);
	return sync_folder(out, ".", err);
}

/* The folders below OUT whose files were renamed, one after the other; sorted names keep the files
 * of one together. */
static enum sl_rc sync_folders(const struct sl_outdir *out, struct sl_err *err)
{
	char folder[NAME_MAX_BYTES + 1], before[NAME_MAX_BYTES + 1] = "";
	for (size_t i = 0; i < out->n_files; i++) {
		const char *name = out->files[i].name;
		size_t n = (size_t)(last_part(name) - name);
		memcpy(folder, name, n);
		folder[n] = '\0';
		if (out->files[i].temporary && n && strcmp(folder, before) != 0 &&
			sync_folder(out, folder, err) != SL_OK)
			return SL_FATAL;
		memcpy(before, folder, n + 1);
	}
	return sync_folder(out, ".", err);
}

/* All that can fail for want of room or right is behind us. */
static enum sl_rc put_in_place(struct sl_outdir *out, struct sl_err *err)
{
	enum sl_rc rc = check_place(out, manifest_name, err);
	for (size_t i = 0; i < out->n_files && rc == SL_OK; i++)
		if (out->files[i].temporary)
			rc = check_place(out, out->files[i].name, err);
	if (rc == SL_OK)
		rc = drop_manifest(out, err);
	for (size_t i = 0; i < out->n_files && rc == SL_OK; i++)
		if (out->files[i].temporary)
			rc = move(out, out->files[i].temporary, out->files[i].name, err);
	for (size_t i = 0; i < out->n_drops && rc == SL_OK; i++)
		rc = drop(out, out->drops[i], err);
	return rc == SL_OK ? sync_folders(out, err) : rc;
}

enum sl_rc sl_outdir_finish(struct sl_outdir *out, struct sl_err *err)
{
	struct sl_outfile *manifest;
	if (out->n_files)
		qsort(out->files, out->n_files, sizeof(*out->files), by_name);
	if (write_manifest(out, &manifest, err) != SL_OK)
		return SL_FATAL;
	enum sl_rc rc = put_in_place(out, err);
	if (rc == SL_OK)
		rc = move(out, manifest->temporary, manifest_name, err);
	if (rc == SL_OK)
		rc = sync_folder(out, ".", err);
	sl_outfile_abort(&manifest);
	forget_files(out);
	return rc;
}
