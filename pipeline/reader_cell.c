/* SPDX-License-Identifier: Apache-2.0 */
/* reader_cell.c - an archive walked in a cell: its driver's side.
 *
 * The cell fills slabs; this thread grants them, takes over what is whole, and hands it on. When
 * the cell dies, what it had finished is kept, and a fresh cell walks the archive again up to that
 * place and goes on. When the second one dies, too, the rest of the archive is lost, and a reject
 * says so.
 */
#include "reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KILLS_OUTSIDE = 3, MESSAGES_PER_CELL = 200000 };
/* CPU seconds without a message, a byte of one, a member or a byte of the file: far more than the
 * longest step of a decoder. */
static const double TICK = 0.05, NO_PROGRESS_CPU = 30;
/* Neither CPU nor progress: a disk that does not answer, or a lock that nobody opens. That says
 * nothing of the archive: it is left for the next run. */
static const double STALL_SECONDS = 120, STALL_CPU = 0.02;
static const char stalled[] = "stood still for 120 s";

struct progress {
	uint64_t steps;
	off_t position;
	double cpu, wall;
};

struct outcome {
	bool died;
	struct sl_death death;
	const char *why; /* our reason to kill it */
};

static struct sl_reader_window *window_of(const struct sl_reader *r)
{
	return sl_pool_window(r->engine->pool, r->driver.window);
}

/* ---- words of the cell ---- */

/* When it does not arrive, the next sl_driver_wait() tells. */
static void reply(struct sl_reader *r, enum sl_cell_word word, uint32_t slab)
{
	struct sl_cell_packet packet = { .word = (uint32_t)word, .slab = slab };
	sl_driver_tell(&r->driver, &packet, NULL, 0);
}

static bool is_in_hand(const struct sl_reader *r, uint32_t slab)
{
	return r->batch && sl_batch_number(r->batch) == slab;
}

/* NULL, or why the cell has to go. */
static const char *answer(struct sl_reader *r, const struct sl_cell_packet *packet)
{
	struct sl_batch *fresh;
	switch (packet->word) {
	case SL_CELL_TAKE:
		if (r->next)
			break;
		fresh = sl_reader_take(r);
		reply(r, fresh ? SL_CELL_SLAB : SL_CELL_STOP, fresh ? sl_batch_number(fresh) : 0);
		return NULL;
	case SL_CELL_PUSH:
		if (!is_in_hand(r, packet->slab) || !sl_reader_accept(r))
			break;
		sl_reader_push(r); /* after an abort the next TAKE is answered with STOP */
		return NULL;
	case SL_CELL_RANGE:
		if (!is_in_hand(r, packet->slab) || r->next)
			break;
		reply(r, sl_batch_enlarge(r->batch) ? SL_CELL_RANGE : SL_CELL_STOP, 0);
		return NULL;
	default:
		break;
	}
	return "the reader handed over a malformed table";
}

/* Does the walk come on? NULL, or why the cell has to go. */
static const char *judge(struct sl_reader *r, struct progress *p)
{
	uint64_t steps = atomic_load(&window_of(r)->walked.steps);
	off_t position = lseek(r->fd, 0, SEEK_CUR);
	double cpu = sl_driver_cpu(&r->driver), wall = sl_clock_monotonic();
	if (cpu < 0)
		return NULL;
	if (steps != p->steps || position != p->position) {
		*p = (struct progress){ steps, position, cpu, wall };
		return NULL;
	}
	if (wall - p->wall > STALL_SECONDS && cpu - p->cpu < STALL_CPU)
		return stalled;
	return cpu - p->cpu > NO_PROGRESS_CPU ? "no progress in 30 s of CPU" : NULL;
}

/* ---- one walk ---- */

static void write_job(struct sl_reader *r)
{
	struct sl_reader_window *w = window_of(r);
	memset(&w->walked, 0, sizeof(w->walked));
	atomic_store(&w->stop, 0);
	w->status.words[0] = '\0';
	snprintf(w->path, sizeof(w->path), "%s", r->input->path);
	w->from = r->seq;
	w->notes = r->notes;
	w->size = r->proof.size;
	w->members = r->engine->config->verbose > 0;
	w->n_done = (uint32_t)sl_reader_done_ranges(r, w->done, SL_READER_RANGES);
}

/* The cell gets a descriptor that cannot write; ours of spooled standard input can. */
static int reading_only(const struct sl_reader *r)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->fd);
	return r->input->fd >= 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

/* SL_END: the cell is gone. */
static enum sl_rc send_job(struct sl_reader *r)
{
	int proof = sl_proof_share(&r->proof);
	if (proof < 0)
		return sl_err_errno(&r->err, SL_EXIT_INTERNAL, "no memory to share with a reader");
	int fd = reading_only(r), fds[2] = { fd >= 0 ? fd : r->fd, proof };
	struct sl_cell_packet packet = { .word = SL_CELL_WALK,
		.slab = r->batch ? sl_batch_number(r->batch) : SL_CELL_NO_SLAB };
	bool sent = sl_driver_tell(&r->driver, &packet, fds, 2);
	if (fd >= 0)
		close(fd);
	close(proof);
	return sent ? SL_OK : SL_END;
}

/* The cell's own words on a file that cannot be read on: which file it is, is ours to say. */
static enum sl_rc end_of_walk(struct sl_reader *r, const struct sl_cell_packet *packet)
{
	r->changed = packet->rc == SL_SKIP;
	if (packet->rc != SL_FATAL)
		return packet->rc == SL_END ? SL_END : SL_OK;
	struct sl_span words =
		sl_span_of(packet->text, strnlen(packet->text, sizeof(packet->text)));
	size_t named = strlen(r->input->path) + strlen(": ");
	if (sl_span_starts(words, sl_span_str(r->input->path)))
		words = sl_span_from(words, named);
	struct sl_buf text = sl_buf_make(4096);
	sl_buf_escaped(&text, words, words.n);
	sl_err_set(&r->err, SL_EXIT_IOERR, "%s: %s", r->input->path, text.p ? text.p : "");
	sl_buf_free(&text);
	return SL_SKIP;
}

/* Listen to the cell until it is through, or gone, or has to go. */
static enum sl_rc listen(struct sl_reader *r, struct outcome *outcome)
{
	struct sl_cell_packet packet;
	struct progress progress = { UINT64_MAX, -1, 0, 0 };
	while (!outcome->why) {
		enum sl_rc rc = sl_driver_wait(&r->driver, TICK, &packet);
		if (sl_reader_should_stop(r))
			atomic_store(&window_of(r)->stop, 1);
		if (rc == SL_END) {
			outcome->died = true;
			return SL_OK;
		}
		if (rc == SL_SKIP)
			outcome->why = judge(r, &progress);
		else if (packet.word != SL_CELL_END)
			outcome->why = answer(r, &packet);
		else if (r->next || !sl_reader_accept(r))
			outcome->why = "the reader handed over a malformed table";
		else
			return end_of_walk(r, &packet);
	}
	outcome->died = true;
	return SL_OK;
}

/* Keep what the dead cell had finished, and make the slab good for the next one. */
static void take_leave(struct sl_reader *r)
{
	if (r->batch && !sl_reader_accept(r))
		sl_log_line(r->engine->log, SL_LOG_DEBUG,
			"%s: the table of a dead reader is malformed", r->input->path);
	if (r->next)
		sl_reader_push(r);
	if (r->batch)
		sl_batch_repair(r->batch);
}

static enum sl_rc one_walk(struct sl_reader *r, struct outcome *outcome)
{
	*outcome = (struct outcome){ .died = false };
	if (sl_driver_ready(&r->driver, &r->err) != SL_OK)
		return SL_FATAL;
	if (lseek(r->fd, 0, SEEK_SET) < 0) {
		sl_err_errno(&r->err, SL_EXIT_IOERR, "cannot read %s", r->input->path);
		return SL_SKIP;
	}
	write_job(r);
	enum sl_rc rc = send_job(r);
	if (rc == SL_FATAL)
		return rc;
	outcome->died = rc == SL_END;
	rc = outcome->died ? SL_OK : listen(r, outcome);
	struct sl_walked walked = window_of(r)->walked;
	sl_reader_keep_totals(r, &walked);
	r->driver.handled += walked.emitted + 1;
	if (!outcome->died)
		return rc;
	take_leave(r);
	enum sl_rc buried = sl_driver_bury(&r->driver, outcome->why, &outcome->death, &r->err);
	outcome->death.killed_outside |= outcome->why == stalled;
	return buried;
}

/* The rest of the archive is lost; what was read of it counts. */
static enum sl_rc give_up(struct sl_reader *r, const struct sl_death *death)
{
	if (death->killed_outside) {
		sl_err_set(&r->err, SL_EXIT_IOERR, "%s: its reader was killed again and again (%s)",
			r->input->path, death->cause);
		return SL_SKIP;
	}
	r->input->damaged = true;
	off_t position = lseek(r->fd, 0, SEEK_CUR);
	return sl_reader_note(r, SL_NOTE_REJECT, "reader-crashed", sl_span_str(death->cause),
		position > 0 ? (uint64_t)position : 0);
}

enum sl_rc sl_reader_walk_in_cell(struct sl_reader *r)
{
	struct outcome outcome;
	struct sl_death ignored;
	unsigned deaths = 0, outside = 0;
	enum sl_rc rc = one_walk(r, &outcome);
	while (rc != SL_FATAL && outcome.died) {
		atomic_fetch_add(&r->engine->counts.respawns, 1);
		if (sl_reader_should_stop(r))
			return SL_END;
		if (outcome.death.killed_outside ? ++outside == KILLS_OUTSIDE : ++deaths == 2)
			return give_up(r, &outcome.death);
		rc = one_walk(r, &outcome);
	}
	if (rc != SL_FATAL && r->driver.handled > MESSAGES_PER_CELL &&
		sl_driver_bury(&r->driver, "it is old", &ignored, &r->err) != SL_OK)
		return SL_FATAL;
	return rc;
}
