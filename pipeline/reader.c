/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - from input files to batches of raw messages.
 *
 * A reader takes one input after the other. It hashes the file first: the hash is the archive's
 * key, and says whether this archive is done or half done. Then the filler walks the file, proving
 * each block against the hash of the first pass (proof.h), and puts messages into the reader's
 * batch, which may hold the end of one archive and the start of the next.
 *
 * So all that is committed under a key is true of it, whatever becomes of the file meanwhile: done
 * ranges stay, a kill needs no undoing, and what is missing is read from the next file that holds
 * these bytes, in this run or in a later one.
 */
#include "reader.h"

#include "base/fullio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = SL_PROOF_BLOCK, YOUNG_SECONDS = 2 };

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
	r->changed = rc == SL_SKIP;
	if (r->changed)
		return SL_OK;
	/* the file or the spool cannot be read on: not the end of the night */
	return rc == SL_FATAL ? SL_SKIP : rc;
}

/* One block; fewer bytes only at the end of the file. */
static enum sl_rc read_block(struct sl_reader *r, uint64_t at, size_t *n_r)
{
	ssize_t n = sl_pread_all(r->fd, r->chunk, CHUNK, at);
	if (n < 0) {
		sl_err_errno(&r->err, SL_EXIT_IOERR, "cannot read %s at %llu", r->input->path,
			(unsigned long long)at);
		return SL_SKIP;
	}
	*n_r = (size_t)n;
	return sl_engine_stopping(r->engine) ? SL_END : SL_OK;
}

/* The key of all bytes, and the proof of each block of them. */
static enum sl_rc hash_file(struct sl_reader *r)
{
	size_t n;
	sl_hasher_reset(r->hasher);
	sl_proof_reset(&r->proof);
	do {
		enum sl_rc rc = read_block(r, r->proof.size, &n);
		if (rc != SL_OK)
			return rc;
		struct sl_span block = sl_span_of(r->chunk, n);
		sl_hasher_add(r->hasher, block);
		if (n)
			sl_proof_add(&r->proof, block);
	} while (n == CHUNK);
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

/* The archive's row; the ranges outlive the view. False: never met. */
static enum sl_rc load_row(struct sl_reader *r)
{
	struct sl_view *view;
	struct sl_archive_row row;
	r->row = (struct sl_archive_row){ 0 };
	if (sl_view_open(r->engine->store, false, &view, &r->err) != SL_OK)
		return SL_FATAL;
	sl_arena_reset(r->row_arena);
	if (sl_view_archive(view, &r->input->key, r->row_arena, &row)) {
		r->row = row;
		size_t size = row.n_done * sizeof(*row.done);
		r->row.done = sl_arena_alloc(r->row_arena, size);
		if (size)
			memcpy(r->row.done, row.done, size);
	}
	sl_view_close(&view);
	return SL_OK;
}

static enum sl_rc look_up_stamp(struct sl_reader *r, bool *remembered_r)
{
	struct sl_view *view;
	*remembered_r = false;
	if (r->engine->config->rehash || r->engine->config->again)
		return SL_OK;
	if (sl_view_open(r->engine->store, false, &view, &r->err) != SL_OK)
		return SL_FATAL;
	*remembered_r = sl_view_file(view, &r->input->stamp, &r->input->key);
	sl_view_close(&view);
	return *remembered_r ? load_row(r) : SL_OK;
}

/* A file written just now may be written once more in the same tick of its file system's clock. */
static bool is_young(const struct sl_reader *r)
{
	return r->input->stamp.ctime_ns / 1000000000 + YOUNG_SECONDS > r->engine->began;
}

/* Find the archive's key and row: by the file's stamp, else by reading it. What will be walked is
 * always read: there is no walk without a proof. */
static enum sl_rc identify(struct sl_reader *r, const struct stat *info)
{
	bool remembered;
	r->input->stamp = stamp_of(info);
	if (look_up_stamp(r, &remembered) != SL_OK)
		return SL_FATAL;
	if (!remembered || !r->row.complete) {
		r->input->changed = is_young(r);
		enum sl_rc rc = hash_file(r);
		if (rc != SL_OK)
			return rc;
		if (load_row(r) != SL_OK)
			return SL_FATAL;
	}
	r->input->keyed = true;
	if (r->engine->config->again)
		r->row.n_done = 0;
	return SL_OK;
}

/* All that was hashed is in; but the file is another one by now. Renaming it or taking its last
 * name away (ctime alone) is nobody's damage. */
static enum sl_rc look_for_change(struct sl_reader *r)
{
	struct stat after;
	const struct sl_file_stamp *before = &r->input->stamp;
	if (fstat(r->fd, &after) != 0)
		return SL_OK;
	struct sl_file_stamp stamp = stamp_of(&after);
	r->input->changed |= memcmp(&stamp, before, sizeof(stamp)) != 0;
	if (stamp.size == r->proof.size && stamp.mtime_ns == before->mtime_ns)
		return SL_OK;
	return sl_reader_note(r, SL_NOTE_REJECT, "changed-while-read",
		SL_SPAN("it was read as it was at first, and is read again next night"),
		r->proof.size);
}

static enum sl_rc walk(struct sl_reader *r)
{
	struct sl_fill_job job = { .path = r->input->path,
		.members = r->engine->config->verbose > 0,
		.proof = &r->proof };
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
	r->seq = r->notes = 0;
	r->changed = false;
	enum sl_rc rc = walk(r);
	if (rc == SL_END && atomic_load(&input->set_aside)) {
		input->complete = true;
		return SL_OK;
	}
	if (rc != SL_OK || r->changed)
		return rc;
	input->complete = true;
	return look_for_change(r);
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

/* Walk it, unless these bytes are in the store, in hand, or done under another name. */
static enum sl_rc read_once(struct sl_reader *r, bool *aside_r)
{
	struct sl_input *input = r->input;
	enum sl_rc rc = SL_OK;
	enum sl_claim claim = sl_engine_claim(r->engine, &input->key, r->index);
	*aside_r = claim == SL_CLAIM_BUSY;
	input->twin = claim == SL_CLAIM_DONE;
	if (claim != SL_CLAIM_MINE)
		return SL_OK;
	input->known = r->row.complete && !r->engine->config->again;
	if (input->known && (r->row.damaged || r->row.limited))
		input->damaged = true;
	if (input->known)
		atomic_fetch_add(&r->engine->counts.known, 1);
	else
		rc = read_archive(r);
	sl_engine_settle(r->engine, &input->key, input->known || input->complete);
	return rc;
}

static enum sl_rc read_open(struct sl_reader *r, const struct stat *info)
{
	bool aside;
	enum sl_rc rc = identify(r, info);
	if (rc == SL_OK)
		rc = read_once(r, &aside);
	if (rc == SL_OK && aside) /* its turn comes again */
		return SL_OK;
	if (rc == SL_OK)
		rc = end_archive(r);
	if (rc == SL_OK)
		atomic_fetch_add(&r->engine->counts.archives, 1);
	report_position(r, (uint64_t)info->st_size);
	return rc;
}

static enum sl_rc read_input(struct sl_reader *r)
{
	const struct sl_input *input = r->input;
	struct stat info;
	enum sl_rc rc = open_input(r, &r->fd, &info);
	if (rc == SL_OK) {
		r->reported = 0;
		rc = read_open(r, &info);
		if (r->fd != input->fd)
			close(r->fd);
	}
	r->fd = -1;
	return rc == SL_SKIP ? skip_input(r) : rc;
}

static bool next_input(struct sl_engine *engine, size_t *i_r)
{
	*i_r = atomic_fetch_add(&engine->next_input, 1);
	return *i_r < engine->plan->n || sl_engine_take_twin(engine, i_r);
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
		.proof = { .secret = sl_store_secret(engine->store) },
		.chunk = sl_malloc_aligned(CHUNK),
		.row_arena = sl_arena_new(0) };
	size_t i;
	while (!sl_engine_stopping(engine) && next_input(engine, &i)) {
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
	sl_proof_free(&r.proof);
	free(r.chunk);
	sl_arena_free(&r.row_arena);
}
