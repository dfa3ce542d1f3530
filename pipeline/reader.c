/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - from input files to batches of raw messages.
 *
 * A reader takes one input after the other. It hashes the file first: the hash is the archive's
 * key, and says whether this archive is done or half done. Then the source walks the file and the
 * sink below puts messages into the reader's batch, which may hold the end of one archive and the
 * start of the next.
 */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024 };

struct reader {
	struct sl_sink sink; /* first: the source knows only this */
	struct sl_engine *engine;
	unsigned number;
	struct sl_batch *batch;
	struct sl_hasher *hasher;
	char *chunk;                /* of the file being hashed: too large for a thread's stack */
	struct sl_arena *row_arena; /* of the archive row at hand */
	struct sl_archive_row row;
	struct sl_input *input;
	int fd;            /* of the input */
	uint64_t reported; /* bytes of it that the progress line knows of */
	uint32_t index;
	bool failed; /* aborted: the batch could not be handed on */
	struct sl_err err;
	/* the message being written */
	bool skipping, cut;
	size_t range; /* index of the done range that may hold the next message */
	char *at;     /* its first byte */
	size_t have, room;
	struct sl_raw raw;
};

static struct reader *reader_of(struct sl_sink *sink)
{
	return (struct reader *)sink;
}

static bool new_batch(struct reader *r)
{
	r->batch = sl_pool_take(r->engine->pool, r->number);
	return r->batch != NULL;
}

/* For the progress line: how far the source has got in the file. */
static void report_position(struct reader *r, uint64_t at)
{
	if (at <= r->reported)
		return;
	atomic_fetch_add(&r->engine->counts.file_bytes, at - r->reported);
	r->reported = at;
}

static bool push_batch(struct reader *r)
{
	off_t at = lseek(r->fd, 0, SEEK_CUR);
	if (at > 0)
		report_position(r, (uint64_t)at);
	if (sl_queue_push(r->engine->raw, r->batch)) {
		r->batch = NULL;
		return true;
	}
	sl_batch_home(r->batch);
	r->batch = NULL;
	return false;
}

static bool batch_ready(struct reader *r)
{
	if (r->batch &&
		(r->batch->n == SL_BATCH_MESSAGES || r->batch->has_range ||
			r->batch->n_notes >= SL_BATCH_MESSAGES) &&
		!push_batch(r))
		return false;
	return r->batch || new_batch(r);
}

static struct sl_note *add_note(struct reader *r, enum sl_note_kind kind)
{
	if (!batch_ready(r))
		return NULL;
	struct sl_batch *b = r->batch;
	struct sl_note *note = SL_ARENA_PUSH(b->arena, b->notes, b->n_notes, b->room_notes);
	*note = (struct sl_note){ .kind = kind, .archive = r->index };
	return note;
}

static bool is_done(struct reader *r, uint64_t seq)
{
	while (r->range < r->row.n_done && r->row.done[r->range].to <= seq)
		r->range++;
	return r->range < r->row.n_done && r->row.done[r->range].from <= seq;
}

static enum sl_rc message_begin(struct sl_sink *sink, const struct sl_slice *slice)
{
	struct reader *r = reader_of(sink);
	if (sl_engine_stopping(r->engine))
		return SL_END;
	r->cut = false;
	r->have = 0;
	r->skipping = is_done(r, r->input->emitted);
	if (r->skipping)
		return SL_OK;
	if (!batch_ready(r))
		return SL_END;
	r->raw = (struct sl_raw){ .archive = r->index,
		.seq = r->input->emitted,
		.entry = sl_arena_copy(r->batch->arena, slice->entry),
		.ordinal = slice->ordinal,
		.offset = slice->offset,
		.from_time = slice->from_time,
		.member_time = slice->member_time };
	r->at = r->batch->slab + r->batch->used;
	r->room = r->batch->size - r->batch->used;
	return SL_OK;
}

/* The slab is full in the middle of a message: take the message along into an empty batch, or,
 * when it has a slab for itself and that is not enough, into the large range. */
static bool more_room(struct reader *r)
{
	if (r->batch->n == 0 && r->batch->n_notes == 0) {
		r->at = sl_batch_enlarge(r->batch, r->at, r->have, &r->room);
		return r->at != NULL;
	}
	struct sl_batch *full = r->batch;
	if (!new_batch(r)) {
		r->batch = full;
		return false;
	}
	memcpy(r->batch->slab, r->at, r->have);
	r->at = r->batch->slab;
	r->room = r->batch->size;
	r->raw.entry = sl_arena_copy(r->batch->arena, r->raw.entry);
	if (sl_queue_push(r->engine->raw, full))
		return true;
	sl_batch_home(full);
	return false;
}

static enum sl_rc message_write(struct sl_sink *sink, struct sl_span bytes)
{
	struct reader *r = reader_of(sink);
	if (r->skipping) {
		r->have += bytes.n;
		return SL_OK;
	}
	uint64_t left = r->engine->config->limits.message - r->have;
	if (bytes.n > left)
		r->cut = true;
	bytes = sl_span_head(bytes, left);
	while (bytes.n > r->room - r->have)
		if (!more_room(r))
			return SL_END;
	if (bytes.n)
		memcpy(r->at + r->have, bytes.p, bytes.n);
	r->have += bytes.n;
	return r->cut ? SL_SKIP : SL_OK;
}

static enum sl_rc message_end(struct sl_sink *sink, uint64_t length, bool drop)
{
	struct reader *r = reader_of(sink);
	if (drop)
		return SL_OK;
	r->input->emitted++;
	r->input->bytes += r->have;
	atomic_fetch_add(&r->engine->counts.message_bytes, r->have);
	if (r->skipping)
		return SL_OK;
	struct sl_batch *b = r->batch;
	r->raw.length = length;
	r->raw.cut = r->cut;
	r->raw.bytes = sl_span_of(r->at, r->have);
	if (!b->has_range)
		b->used += (r->have + 15) / 16 * 16;
	if (b->used > b->size)
		b->used = b->size;
	sl_assert(b->n < SL_BATCH_MESSAGES);
	b->raws[b->n++] = r->raw;
	r->input->pushed++;
	return SL_OK;
}

static enum sl_rc member(struct sl_sink *sink, struct sl_span entry, enum sl_member kind,
	uint64_t size, uint64_t messages)
{
	struct reader *r = reader_of(sink);
	r->input->members[kind]++;
	if (kind == SL_MEMBER_DAMAGED || kind == SL_MEMBER_ENCRYPTED ||
		kind == SL_MEMBER_UNSUPPORTED)
		r->input->damaged = true;
	sl_log_line(r->engine->log, SL_LOG_DEBUG, "%.*s!%.*s: %s, %llu bytes, %llu messages",
		SL_ARG(r->input->name), SL_ARG(entry), sl_member_name(kind),
		(unsigned long long)size, (unsigned long long)messages);
	return SL_OK;
}

static enum sl_rc reject(struct sl_sink *sink, const struct sl_reject *reject)
{
	struct reader *r = reader_of(sink);
	struct sl_note *note = add_note(r, SL_NOTE_REJECT);
	if (!note)
		return SL_END;
	struct sl_arena *arena = r->batch->arena;
	note->entry = sl_arena_copy(arena, reject->entry);
	note->reason = sl_arena_copy(arena, sl_span_str(reject->reason));
	note->detail = sl_arena_copy(arena, sl_span_str(reject->detail));
	note->offset = reject->offset;
	r->input->rejects++;
	r->input->damaged = true;
	atomic_fetch_add(&r->engine->counts.rejects, 1);
	sl_log_input(r->engine->log, reject->reason, r->input->name, reject->entry, reject->offset,
		"%s", reject->detail && *reject->detail ? reject->detail : "see docs/REJECTS.md");
	return SL_OK;
}

static enum sl_rc hash_file(struct reader *r, int fd)
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
static enum sl_rc identify(struct reader *r, int fd, const struct stat *info)
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

static enum sl_rc read_archive(struct reader *r, int fd)
{
	struct sl_input *input = r->input;
	struct stat after;
	r->range = 0;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return sl_err_errno(&r->err, SL_EXIT_IOERR, "%s", input->path);
	enum sl_rc rc =
		sl_source_read(fd, input->path, &r->engine->config->limits, &r->sink, &r->err);
	if (rc == SL_FATAL) /* the file or the spool cannot be read on: not the end of the night */
		return SL_SKIP;
	if (rc == SL_END)
		return rc;
	input->complete = fstat(fd, &after) == 0;
	struct sl_file_stamp stamp = stamp_of(&after);
	if (input->complete && memcmp(&stamp, &input->stamp, sizeof(stamp)) != 0) {
		input->complete = false;
		struct sl_reject changed = { SL_SPAN_NULL, 0, "changed-while-read",
			"the file changed; it will be read again" };
		return reject(&r->sink, &changed);
	}
	return SL_OK;
}

static enum sl_rc end_archive(struct reader *r)
{
	return add_note(r, SL_NOTE_END) ? SL_OK : SL_END;
}

/* This input is given up, the night goes on; what was committed of it stays, the next run goes on
 * there. */
static enum sl_rc skip_input(struct reader *r)
{
	sl_log_line(r->engine->log, SL_LOG_WARN, "%s", r->err.text);
	atomic_fetch_add(&r->engine->counts.unreadable, 1);
	return SL_OK;
}

/* SL_SKIP: it cannot be read. SL_FATAL: there are no descriptors left, which says nothing about it.
 */
static enum sl_rc open_input(struct reader *r, int *fd_r, struct stat *info_r)
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

static enum sl_rc read_input(struct reader *r)
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
			rc = read_archive(r, fd);
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
	struct reader r = { .sink = { message_begin, message_write, message_end, member, reject },
		.engine = engine,
		.number = start->number,
		.fd = -1,
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
		push_batch(&r);
	sl_queue_sign_off(engine->raw);
	sl_hasher_free(&r.hasher);
	free(r.chunk);
	sl_arena_free(&r.row_arena);
}
