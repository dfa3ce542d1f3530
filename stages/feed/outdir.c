/* SPDX-License-Identifier: Apache-2.0 */
/* outdir.c - files that are either the old ones or whole new ones, whatever happens in between.
 *
 * A file is written under a temporary name in the same folder, synced, and renamed; then the folder
 * is synced. The temporary name is fixed, so a killed run leaves at most one piece of litter a
 * file, which the next run takes away. The manifest goes first and comes back last: while it is
 * missing the folder is unfinished. Everything is relative to one open descriptor of the folder.
 */
#include "outdir.h"

#include "tally.h"

#include "pipeline/base/digest_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024, NAME_MAX_BYTES = 200 };

static const char manifest_name[] = "MANIFEST.sha256";

struct listed {
	char *name;
	struct sl_sha256 sum;
};

struct sl_outdir {
	int fd;
	char *path;
	struct listed *files;
	size_t n_files, room_files;
	unsigned writing; /* files that are open */
	struct sl_tally *tally;
};

struct sl_outfile {
	struct sl_outdir *out;
	int fd, folder;
	char name[NAME_MAX_BYTES + 1]; /* below OUT, for the manifest */
	char temporary[NAME_MAX_BYTES + 8];
	const char *final; /* last part of `name` */
	bool listed;
	int error; /* the first errno */
	struct sl_digest *digest;
	size_t n;
	char buffer[BUFFER];
};

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
		if (mkdir(copy, 0777) && errno != EEXIST)
			rc = sl_err_errno(
				err, SL_EXIT_CANTCREAT, "cannot make output folder %s", copy);
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
	if (!*path)
		return sl_err_set(err, SL_EXIT_CANTCREAT, "the output folder has no name");
	enum sl_rc rc = make_folders(path, err);
	if (rc != SL_OK)
		return rc;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return sl_err_errno(err, SL_EXIT_CANTCREAT, "cannot open output folder %s", path);
	struct sl_outdir *out = sl_calloc(1, sizeof(*out));
	out->fd = fd;
	out->path = sl_malloc(strlen(path) + 1);
	memcpy(out->path, path, strlen(path) + 1);
	*out_r = out;
	return SL_OK;
}

void sl_outdir_free(struct sl_outdir **out)
{
	struct sl_outdir *o = *out;
	if (!o)
		return;
	sl_assert(!o->writing);
	for (size_t i = 0; i < o->n_files; i++)
		free(o->files[i].name);
	free(o->files);
	sl_tally_free(&o->tally);
	free(o->path);
	close(o->fd);
	free(o);
	*out = NULL;
}

struct sl_tally *sl_outdir_tally(const struct sl_outdir *out)
{
	return out->tally;
}

void sl_outdir_keep_tally(struct sl_outdir *out, struct sl_tally *tally)
{
	sl_assert(!out->tally && tally);
	out->tally = tally;
}

enum sl_rc sl_outdir_begin(struct sl_outdir *out, struct sl_err *err)
{
	if (unlinkat(out->fd, manifest_name, 0) && errno != ENOENT)
		return sl_err_errno(
			err, SL_EXIT_CANTCREAT, "cannot remove %s/%s", out->path, manifest_name);
	if (fsync(out->fd))
		return sl_err_errno(err, SL_EXIT_IOERR, "cannot sync %s", out->path);
	return SL_OK;
}

/* The folder that `name` lies in, as a descriptor of its own. */
static int open_folder(struct sl_outdir *out, const char *name, const char *slash)
{
	if (!slash)
		return openat(out->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char folder[NAME_MAX_BYTES + 1];
	size_t n = (size_t)(slash - name);
	memcpy(folder, name, n);
	folder[n] = '\0';
	if (mkdirat(out->fd, folder, 0777) && errno != EEXIST)
		return -1;
	return openat(out->fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int open_temporary(struct sl_outfile *file)
{
	snprintf(file->temporary, sizeof(file->temporary), ".%s.tmp", file->final);
	unlinkat(file->folder, file->temporary, 0);
	return openat(file->folder, file->temporary,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

enum sl_rc sl_outfile_open(struct sl_outdir *out, const char *name, bool listed,
	struct sl_outfile **file_r, struct sl_err *err)
{
	const char *slash = strchr(name, '/');
	sl_assert(strlen(name) <= NAME_MAX_BYTES);
	sl_assert(!slash || !strchr(slash + 1, '/'));
	*file_r = NULL;
	int folder = open_folder(out, name, slash);
	if (folder < 0)
		return sl_err_errno(
			err, SL_EXIT_CANTCREAT, "cannot make the folder of %s/%s", out->path, name);
	struct sl_outfile *file = sl_calloc(1, sizeof(*file));
	file->out = out;
	file->folder = folder;
	memcpy(file->name, name, strlen(name) + 1);
	file->final = file->name + (slash ? slash - name + 1 : 0);
	file->listed = listed;
	file->fd = open_temporary(file);
	if (file->fd < 0) {
		enum sl_rc rc = sl_err_errno(
			err, SL_EXIT_CANTCREAT, "cannot create %s/%s", out->path, name);
		close(folder);
		free(file);
		return rc;
	}
	file->digest = listed ? sl_digest_new() : NULL;
	out->writing++;
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
	close(f->folder);
	f->out->writing--;
	free(f);
	*file = NULL;
}

void sl_outfile_abort(struct sl_outfile **file)
{
	if (!*file)
		return;
	unlinkat((*file)->folder, (*file)->temporary, 0);
	release(file);
}

static void list_file(struct sl_outfile *file)
{
	struct sl_outdir *out = file->out;
	if (out->n_files == out->room_files) {
		out->room_files = out->room_files ? out->room_files * 2 : 16;
		out->files = sl_realloc(out->files, out->room_files * sizeof(*out->files));
	}
	struct listed *row = &out->files[out->n_files++];
	row->name = sl_malloc(strlen(file->name) + 1);
	memcpy(row->name, file->name, strlen(file->name) + 1);
	row->sum = sl_digest_final(file->digest);
}

/* Sync, close, rename, sync of the folder; the first errno, or 0. */
static int settle(struct sl_outfile *file)
{
	flush(file);
	if (!file->error && fsync(file->fd))
		file->error = errno;
	int closed = close(file->fd);
	file->fd = -1;
	if (!file->error && closed)
		file->error = errno;
	if (!file->error && renameat(file->folder, file->temporary, file->folder, file->final))
		file->error = errno;
	if (!file->error && fsync(file->folder))
		file->error = errno;
	return file->error;
}

enum sl_rc sl_outfile_close(struct sl_outfile **file, struct sl_err *err)
{
	struct sl_outfile *f = *file;
	int error = settle(f);
	if (!error) {
		if (f->listed)
			list_file(f);
		release(file);
		return SL_OK;
	}
	errno = error;
	enum sl_rc rc =
		sl_err_errno(err, SL_EXIT_IOERR, "cannot write %s/%s", f->out->path, f->name);
	sl_outfile_abort(file);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;
	return strcmp(x->name, y->name);
}

enum sl_rc sl_outdir_finish(struct sl_outdir *out, struct sl_err *err)
{
	struct sl_outfile *file;
	struct sl_buf line = sl_buf_make(4096);
	enum sl_rc rc = sl_outfile_open(out, manifest_name, false, &file, err);
	if (rc != SL_OK)
		return rc;
	if (out->n_files)
		qsort(out->files, out->n_files, sizeof(*out->files), by_name);
	for (size_t i = 0; i < out->n_files; i++) {
		sl_assert(i == 0 || strcmp(out->files[i - 1].name, out->files[i].name) < 0);
		sl_buf_reset(&line);
		sl_buf_hex(&line, out->files[i].sum.b, sizeof(out->files[i].sum.b));
		sl_buf_printf(&line, "  %s\n", out->files[i].name);
		sl_outfile_add(file, sl_buf_span(&line));
	}
	sl_buf_free(&line);
	return sl_outfile_close(&file, err);
}
