/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - from input files to batches of raw messages.
 *
 * A reader takes one input after the other. It hashes the file first: the hash is the archive's
 * key, and says whether this archive is done or half done. Then the source walks the file and the
 * sink below puts messages into the reader's batch, which may hold the end of one archive and the
 * start of the next.
 */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024 };

/* For the progress line: how far the source has got in the file. */
static void report_position(struct sl_reader *r, uint64_t at)
{
	if (at <= r->reported)
		return;
	atomic_fetch_add(&r->engine->counts.file_bytes, at - r->reported);
	r->reported = at;
}

bool sl_reader_should_stop(struct sl_reader *r)
{
	return sl_engine_stopping(r->engine) || atomic_load(&r->input->set_aside);
}

/* ---- the batch in hand ---- */

static void log_note(struct sl_reader *r, const struct sl_note *note)
{
	struct sl_log *log = r->engine->log;
	if (note->kind == SL_NOTE_MEMBER) {
		sl_log_line(log, SL_LOG_DEBUG, "%.*s!%.*s: %.*s, %.*s", SL_ARG(r->input->name),
			SL_ARG(note->entry), SL_ARG(note->reason), SL_ARG(note->detail));
		return;
	}
	r->input->rejects++;
	r->input->damaged = true;
	atomic_fetch_add(&r->engine->counts.rejects, 1);
	sl_log_input(log, note->reason.p, r->input->name, note->entry, note->offset, "%.*s",
		SL_ARG(note->detail.n ? note->detail : SL_SPAN("see docs/REJECTS.md")));
}

/* Take over what the filler has finished so far. False: its table is malformed. */
bool sl_reader_accept(struct sl_reader *r)
{
	struct sl_batch *b = r->batch;
	if (!b)
		return true;
	size_t messages = b->n, notes = b->n_notes;
	bool good = sl_batch_accept(b, r->index, &r->seq);
	for (size_t i = messages; i < b->n; i++) {
		r->input->pushed++;
		atomic_fetch_add(&r->engine->counts.message_bytes, b->raws[i].bytes.n);
	}
	for (size_t i = notes; i < b->n_notes; i++) {
		r->notes++;
		log_note(r, &b->notes[i]);
	}
	return good;
}

bool sl_reader_push(struct sl_reader *r)
{
	struct sl_batch *full = r->batch;
	off_t at = lseek(r->fd, 0, SEEK_CUR);
	if (at > 0)
		report_position(r, (uint64_t)at);
	r->batch = r->next;
	r->next = NULL;
	if (sl_queue_push(r->engine->raw, full))
		return true;
	sl_batch_home(full);
	return false;
}

struct sl_batch *sl_reader_take(struct sl_reader *r)
{
	struct sl_batch *fresh = sl_pool_take(r->engine->pool, r->number);
	if (r->batch)
		r->next = fresh;
	else
		r->batch = fresh;
	return fresh;
}

/* A note of the engine's own; the filler is not at work. */
enum sl_rc sl_reader_note(struct sl_reader *r, enum sl_note_kind kind, const char *reason,
	struct sl_span detail, uint64_t offset)
{
	if (r->batch && (r->batch->has_range || r->batch->n_notes >= SL_BATCH_MESSAGES) &&
		!sl_reader_push(r))
		return SL_END;
	if (!r->batch && !sl_reader_take(r))
		return SL_END;
	struct sl_batch *b = r->batch;
	struct sl_note *note = SL_ARENA_PUSH(b->arena, b->notes, b->n_notes, b->room_notes);
	*note = (struct sl_note){ .kind = kind,
		.archive = r->index,
		.seq = r->seq,
		.reason = sl_span_str(reason),
		.detail = sl_arena_copy(b->arena, detail),
		.offset = offset };
	if (kind == SL_NOTE_REJECT)
		log_note(r, note);
	return SL_OK;
}

/* ---- the outlet of a filler in this thread ---- */

static struct sl_slab *outlet_take(void *reader_p)
{
	struct sl_batch *fresh = sl_reader_take(reader_p);
	return fresh ? fresh->slab : NULL;
}

static bool outlet_push(void *reader_p, struct sl_slab *slab)
{
	struct sl_reader *r = reader_p;
	sl_assert(r->batch && r->batch->slab == slab);
	bool good = sl_reader_accept(r);
	sl_assert(good);
	return sl_reader_push(r);
}

static char *outlet_range(void *reader_p, struct sl_slab *slab)
{
	struct sl_reader *r = reader_p;
	sl_assert(r->batch && r->batch->slab == slab);
	return sl_batch_enlarge(r->batch) ? sl_pool_range(r->engine->pool, r->number) : NULL;
}

static bool outlet_stopping(void *reader_p)
{
	return sl_reader_should_stop(reader_p);
}

size_t sl_reader_done_ranges(const struct sl_reader *r, struct sl_fill_range *ranges, size_t room)
{
	size_t n = r->row.n_done < room ? r->row.n_done : room; /* more are read again, and known */
	for (size_t i = 0; i < n; i++)
		ranges[i] = (struct sl_fill_range){ r->row.done[i].from, r->row.done[i].to };
	return n;
}

void sl_reader_keep_totals(struct sl_reader *r, const struct sl_walked *walked)
{
	struct sl_input *input = r->input;
	input->emitted = walked->emitted;
	input->bytes = walked->bytes;
	memcpy(input->members, walked->members, sizeof(input->members));
	input->damaged |= walked->damaged != 0;
}

static enum sl_rc walk_in_thread(struct sl_reader *r, struct sl_fill_job *job)
{
	const struct sl_pool_sizes *sizes = sl_pool_sizes(r->engine->pool);
	struct sl_outlet outlet = { outlet_take, outlet_push, outlet_range, outlet_stopping, r };
	struct sl_fill_sizes fill = { sizes->slab - sizeof(struct sl_slab), sizes->message,
		sl_pool_base(r->engine->pool) };
	struct sl_slab *slab = r->batch ? r->batch->slab : NULL;
	memset(&r->walked, 0, sizeof(r->walked));
	enum sl_rc rc = sl_fill(
		r->fd, job, &r->engine->config->limits, &fill, &outlet, &slab, &r->walked, &r->err);
	bool good = sl_reader_accept(r);
	sl_assert(good);
	sl_reader_keep_totals(r, &r->walked);
	/* the file or the spool cannot be read on: not the end of the night */
	return rc == SL_FATAL ? SL_SKIP : rc;
}

static enum sl_rc hash_file(struct sl_reader *r, int fd)
{
	off_t at = 0;
	sl_hasher_reset(r->hasher);
	for (;;) {
		ssize_t got = pread(fd, r->chunk, CHUNK, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			sl_err_errno(&r->err, SL_EXIT_IOERR, "cannot read %s", r->input->path);
			return SL_SKIP;
		}
		if (got == 0)
			break;
		if (sl_engine_stopping(r->engine))
			return SL_END;
		sl_hasher_add(r->hasher, sl_span_of(r->chunk, (size_t)got));
		at += got;
	}
	r->input->key = sl_hasher_id(r->hasher);
	return SL_OK;
}

static struct sl_file_stamp stamp_of(const struct stat *s)
{
	return (struct sl_file_stamp){ .device = s->st_dev,
		.inode = s->st_ino,
		.size = (uint64_t)s->st_size,
		.mtime_ns = s->st_mtim.tv_sec * 1000000000 + s->st_mtim.tv_nsec,
		.ctime_ns = s->st_ctim.tv_sec * 1000000000 + s->st_ctim.tv_nsec };
}

/* Find the archive's key and row: by the file's stamp, else by reading it. */
static enum sl_rc identify(struct sl_reader *r, int fd, const struct stat *info)
{
	struct sl_view *view;
	const struct sl_config *config = r->engine->config;
	r->input->stamp = stamp_of(info);
	r->row = (struct sl_archive_row){ 0 };
	if (sl_view_open(r->engine->store, false, &view, &r->err) != SL_OK)
		return SL_FATAL;
	bool remembered = !config->rehash && sl_view_file(view, &r->input->stamp, &r->input->key);
	sl_view_close(&view);
	if (!remembered) {
		enum sl_rc rc = hash_file(r, fd);
		if (rc != SL_OK)
			return rc;
	}
	r->input->keyed = true;
	if (sl_view_open(r->engine->store, false, &view, &r->err) != SL_OK)
		return SL_FATAL;
	sl_arena_reset(r->row_arena);
	struct sl_archive_row row;
	if (sl_view_archive(view, &r->input->key, r->row_arena, &row)) {
		r->row = row;
		/* the ranges outlive the view */
		size_t size = row.n_done * sizeof(*row.done);
		r->row.done = sl_arena_alloc(r->row_arena, size);
		if (size)
			memcpy(r->row.done, row.done, size);
	}
	sl_view_close(&view);
	if (config->again)
		r->row.n_done = 0;
	return SL_OK;
}

static enum sl_rc walk(struct sl_reader *r)
{
	struct sl_fill_job job = { .path = r->input->path,
		.members = r->engine->config->verbose > 0 };
	if (r->engine->zygote)
		return sl_reader_walk_in_cell(r);
	struct sl_fill_range *ranges = sl_malloc(SL_READER_RANGES * sizeof(*ranges));
	job.n_done = sl_reader_done_ranges(r, ranges, SL_READER_RANGES);
	job.done = ranges;
	enum sl_rc rc = walk_in_thread(r, &job);
	free(ranges);
	return rc;
}

static enum sl_rc read_archive(struct sl_reader *r)
{
	struct sl_input *input = r->input;
	struct stat after;
	if (lseek(r->fd, 0, SEEK_SET) < 0) {
		sl_err_errno(&r->err, SL_EXIT_IOERR, "%s", input->path);
		return SL_SKIP;
	}
	r->seq = r->notes = 0;
	enum sl_rc rc = walk(r);
	if (rc == SL_END && atomic_load(&input->set_aside)) {
		input->complete = true;
		return SL_OK;
	}
	if (rc != SL_OK)
		return rc;
	if (fstat(r->fd, &after) != 0) {
		sl_err_errno(&r->err, SL_EXIT_IOERR, "cannot read %s", input->path);
		return SL_SKIP;
	}
	input->complete = true;
	struct sl_file_stamp stamp = stamp_of(&after);
	if (memcmp(&stamp, &input->stamp, sizeof(stamp)) != 0) {
		input->complete = false;
		return sl_reader_note(r, SL_NOTE_REJECT, "changed-while-read",
			SL_SPAN("the file changed; it will be read again"), 0);
	}
	return SL_OK;
}

static enum sl_rc end_archive(struct sl_reader *r)
{
	return sl_reader_note(r, SL_NOTE_END, "", SL_SPAN_NULL, 0);
}

/* This input is given up, the night goes on; what was committed of it stays, the next run goes on
 * there. */
static enum sl_rc skip_input(struct sl_reader *r)
{
	sl_log_line(r->engine->log, SL_LOG_WARN, "%s", r->err.text);
	atomic_fetch_add(&r->engine->counts.unreadable, 1);
	return SL_OK;
}

/* SL_SKIP: it cannot be read. SL_FATAL: there are no descriptors left, which says nothing about it.
 */
static enum sl_rc open_input(struct sl_reader *r, int *fd_r, struct stat *info_r)
{
	const struct sl_input *input = r->input;
	/* what was a file when the plan was made may be a FIFO by now: do not wait for its writer
	 */
	*fd_r = input->fd >= 0 ? input->fd : open(input->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd_r >= 0 && fstat(*fd_r, info_r) == 0 && S_ISREG(info_r->st_mode))
		return SL_OK;
	bool ours = *fd_r < 0 && (errno == EMFILE || errno == ENFILE);
	if (*fd_r >= 0) {
		sl_err_set(&r->err, SL_EXIT_IOERR, "cannot read %s: not a file", input->path);
		if (*fd_r != input->fd)
			close(*fd_r);
	} else {
		sl_err_errno(&r->err, SL_EXIT_IOERR, "cannot open %s", input->path);
	}
	return ours ? SL_FATAL : SL_SKIP;
}

static enum sl_rc read_input(struct sl_reader *r)
{
	struct sl_input *input = r->input;
	struct stat info;
	int fd;
	enum sl_rc rc = open_input(r, &fd, &info);
	if (rc != SL_OK)
		return rc == SL_SKIP ? skip_input(r) : rc;
	r->fd = fd;
	r->reported = 0;
	rc = identify(r, fd, &info);
	if (rc == SL_OK) {
		input->twin = !sl_engine_claim(r->engine, &input->key);
		input->known = !input->twin && r->row.complete && !r->engine->config->again;
		if (input->known && (r->row.damaged || r->row.limited))
			input->damaged = true;
		if (input->known)
			atomic_fetch_add(&r->engine->counts.known, 1);
		if (!input->twin && !input->known)
			rc = read_archive(r);
	}
	if (rc == SL_OK)
		rc = end_archive(r);
	if (rc == SL_OK)
		atomic_fetch_add(&r->engine->counts.archives, 1);
	report_position(r, (uint64_t)info.st_size);
	r->fd = -1;
	if (fd != input->fd)
		close(fd);
	return rc == SL_SKIP ? skip_input(r) : rc;
}

void sl_reader_main(void *start_p)
{
	struct sl_reader_start *start = start_p;
	struct sl_engine *engine = start->engine;
	struct sl_reader r = { .engine = engine,
		.number = start->number,
		.fd = -1,
		.driver = sl_driver_make(
			engine, SL_CELL_READER, start->number, engine->workers + start->number),
		.hasher = sl_hasher_new(sl_store_secret(engine->store)),
		.chunk = sl_malloc(CHUNK),
		.row_arena = sl_arena_new(0) };
	while (!sl_engine_stopping(engine)) {
		size_t i = atomic_fetch_add(&engine->next_input, 1);
		if (i >= engine->plan->n)
			break;
		r.input = &engine->plan->inputs[i];
		r.index = (uint32_t)i;
		sl_working_on(r.input->path);
		if (read_input(&r) == SL_FATAL) {
			sl_engine_fail(engine, &r.err);
			break;
		}
	}
	sl_working_on(NULL);
	if (r.batch)
		sl_reader_push(&r);
	sl_queue_sign_off(engine->raw);
	sl_driver_end(&r.driver);
	sl_hasher_free(&r.hasher);
	free(r.chunk);
	sl_arena_free(&r.row_arena);
}
