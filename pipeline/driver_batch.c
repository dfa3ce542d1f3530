/* SPDX-License-Identifier: Apache-2.0 */
/* driver_batch.c - a batch in a worker's cell.
 *
 * The whole batch is handed over at once. When the cell dies, the message in hand is the one whose
 * results are not whole; everything before it is kept. That message is tried once more, alone in a
 * fresh cell, which rules out what an earlier message may have done to the heap; when that ends the
 * same way, it goes into quarantine and is scanned for indicators only. Then the rest follows.
 *
 * The last resort against a message without end is the CPU clock of the cell: a wall clock condemns
 * innocents on a busy machine. Only a cell that neither works nor answers for minutes (a lock that
 * nobody will open) is judged by the wall clock.
 */
#include "driver.h"
#include "storage/codec.h"

#include <stdio.h>
#include <string.h>

enum { KILLS_OUTSIDE = 3, MESSAGES_PER_CELL = 50000, WINDOW_KEEP = 8 << 20 };
enum { BYTES_PER_SHARE = 16 << 20 };
static const double TICK = 0.05, STALL_SECONDS = 120, STALL_CPU = 0.02;

/* ---- the last resort ---- */

struct watch {
	uint32_t done;
	double cpu, wall; /* when `done` was first seen */
};

static double cpu_limit(const struct sl_engine *e, const struct sl_batch *batch, uint32_t index)
{
	double least = (double)e->config->message_cpu / 1000;
	double shares = index < batch->n ? (double)batch->raws[index].bytes.n / BYTES_PER_SHARE : 0;
	return least * (1 + shares);
}

/* Reason to kill the cell, or NULL. */
static const char *judge(struct sl_driver *driver, const struct sl_batch *batch,
	struct watch *watch, char *text, size_t n)
{
	const struct sl_worker_window *w = sl_pool_window(driver->engine->pool, driver->window);
	uint32_t done = atomic_load(&w->done);
	double cpu = sl_driver_cpu(driver), wall = sl_clock_monotonic();
	if (cpu < 0)
		return NULL;
	if (done != watch->done) {
		*watch = (struct watch){ done, cpu, wall };
		return NULL;
	}
	uint32_t index = done < w->n ? w->items[done].index : UINT32_MAX;
	double limit = cpu_limit(driver->engine, batch, index);
	if (cpu - watch->cpu > limit) {
		snprintf(text, n, "no end after %.0f ms of CPU", limit * 1000);
		return text;
	}
	if (wall - watch->wall > STALL_SECONDS && cpu - watch->cpu < STALL_CPU) {
		snprintf(text, n, "stood still for %.0f s", STALL_SECONDS);
		return text;
	}
	return NULL;
}

/* ---- one round ---- */

struct round {
	enum sl_mill_mode mode;
	uint32_t first, n; /* messages of the batch */
	uint32_t good;     /* of them, whose results are in the batch */
	bool died;         /* the cell; then the reason, and the stage in hand */
	struct sl_death death;
	uint32_t stage;
};

static void hand_over(struct sl_driver *driver, struct sl_batch *batch, const struct round *round)
{
	struct sl_pool *pool = driver->engine->pool;
	struct sl_worker_window *w = sl_pool_window(pool, driver->window);
	atomic_store(&w->done, 0);
	atomic_store(&w->stage, 0);
	w->status.words[0] = '\0';
	w->mode = (uint32_t)round->mode;
	w->n = round->n;
	for (uint32_t i = 0; i < round->n; i++) {
		struct sl_raw *raw = &batch->raws[round->first + i];
		sl_raw_name(raw, sl_store_secret(driver->engine->store));
		w->items[i] = (struct sl_work_item){ .n = raw->bytes.n,
			.at = raw->bytes.n ? (uint64_t)(raw->bytes.p - sl_pool_base(pool)) : 0,
			.ordinal = raw->ordinal,
			.from_time = raw->from_time,
			.member_time = raw->member_time,
			.id = raw->id,
			.key = raw->key,
			.archive = raw->archive,
			.index = round->first + i,
			.cut = raw->cut };
	}
}

/* Copy first, look then: the cell can still write. False: malformed; what was good before it is
 * kept. */
static bool collect(struct sl_driver *driver, struct sl_batch *batch, struct round *round)
{
	const struct sl_pool_sizes *sizes = sl_pool_sizes(driver->engine->pool);
	struct sl_worker_window *w = sl_pool_window(driver->engine->pool, driver->window);
	size_t room = sizes->window - sizeof(*w), from = 0;
	uint32_t done = atomic_load_explicit(&w->done, memory_order_acquire);
	for (round->good = 0; round->good < done && round->good < round->n; round->good++) {
		uint64_t end = w->end[round->good];
		if (end <= from || end > room || end - from > SL_RESULTS_MOST)
			return false;
		size_t n = (size_t)(end - from);
		struct sl_span copy = sl_arena_copy(batch->arena, sl_span_of(w->results + from, n));
		if (!sl_results_accept(
			    &driver->examiner, batch, round->first + round->good, copy)) {
			sl_arena_trim(batch->arena, (void *)(uintptr_t)copy.p, n + 1, 0);
			return false;
		}
		from = end;
	}
	return true;
}

static void add_work(struct sl_driver *driver)
{
	const struct sl_worker_window *w = sl_pool_window(driver->engine->pool, driver->window);
	struct sl_mill_work now = w->work;
	sl_mill_work_add(&driver->work, &driver->seen, &now);
	driver->seen = now;
}

/* Wait for DONE; NULL, or why the cell has to go. `gone_r`: it went by itself. */
static const char *await(
	struct sl_driver *driver, const struct sl_batch *batch, bool *gone_r, char *text, size_t n)
{
	struct sl_cell_packet packet;
	struct watch watch = { UINT32_MAX, 0, 0 };
	for (;;) {
		enum sl_rc rc = sl_driver_wait(driver, TICK, &packet);
		*gone_r = rc == SL_END;
		if (rc == SL_END || (rc == SL_OK && packet.word == SL_CELL_DONE))
			return NULL;
		if (rc == SL_OK)
			return "it spoke out of turn";
		const char *why = judge(driver, batch, &watch, text, n);
		if (why)
			return why;
	}
}

static enum sl_rc run_round(
	struct sl_driver *driver, struct sl_batch *batch, struct round *round, struct sl_err *err)
{
	struct sl_worker_window *w = sl_pool_window(driver->engine->pool, driver->window);
	struct sl_cell_packet go = { .word = SL_CELL_GO };
	char text[64];
	bool gone = false;
	if (sl_driver_ready(driver, err) != SL_OK)
		return SL_FATAL;
	hand_over(driver, batch, round);
	gone = !sl_driver_tell(driver, &go, NULL, 0);
	const char *why = gone ? NULL : await(driver, batch, &gone, text, sizeof(text));
	round->stage = atomic_load(&w->stage);
	bool malformed = !collect(driver, batch, round);
	if (malformed)
		why = "it handed over a malformed result";
	else if (!gone && !why && round->good < round->n)
		why = "it left out a message";
	round->died = gone || why;
	if (!round->died) {
		driver->handled += round->n;
		add_work(driver);
		return SL_OK;
	}
	return sl_driver_bury(driver, why, &round->death, err);
}

/* ---- poison ---- */

static void note_crash(struct sl_batch *batch, uint32_t index, const struct round *round)
{
	struct sl_crash *crash =
		SL_ARENA_PUSH(batch->arena, batch->crashes, batch->n_crashes, batch->room_crashes);
	const char *stage = round->stage ? sl_mill_stage_name(round->stage - 1) : NULL;
	crash->index = index;
	crash->cause = sl_arena_copy(batch->arena, sl_span_str(round->death.cause));
	crash->stage = sl_arena_copy(batch->arena, sl_span_str(stage ? stage : ""));
}

static void accept_bare(struct sl_driver *driver, struct sl_batch *batch, uint32_t index)
{
	struct sl_buf bare = sl_buf_make(SL_RESULTS_FLOOR);
	sl_mill_bare(&batch->raws[index], index, sl_store_secret(driver->engine->store), &bare);
	struct sl_span copy = sl_arena_copy(batch->arena, sl_buf_span(&bare));
	bool good = sl_results_accept(&driver->examiner, batch, index, copy);
	sl_assert(good);
	sl_buf_free(&bare);
}

/* Once more, alone. Then with less and less of the program. */
static enum sl_rc try_alone(struct sl_driver *driver, struct sl_batch *batch, uint32_t index,
	const struct round *first, struct sl_err *err)
{
	struct sl_engine *e = driver->engine;
	struct round round = { .mode = SL_MILL_FULL, .first = index, .n = 1 };
	unsigned outside = first->death.killed_outside, deaths = !outside;
	while (round.mode < SL_MILL_MODES) {
		if (run_round(driver, batch, &round, err) != SL_OK)
			return SL_FATAL;
		if (!round.died)
			return SL_OK;
		atomic_fetch_add(&e->counts.respawns, 1);
		if (round.death.killed_outside && ++outside < KILLS_OUTSIDE)
			continue;
		if (round.mode == SL_MILL_FULL && ++deaths < 2)
			continue;
		if (round.mode == SL_MILL_FULL)
			note_crash(batch, index, &round);
		round.mode++;
	}
	accept_bare(driver, batch, index);
	return SL_OK;
}

/* A cell is replaced now and then: what a library leaks goes with it. */
static enum sl_rc retire(struct sl_driver *driver, struct sl_err *err)
{
	struct sl_death death;
	if (driver->cell.socket < 0 || driver->handled < MESSAGES_PER_CELL)
		return SL_OK;
	return sl_driver_bury(driver, "it is old", &death, err);
}

enum sl_rc sl_driver_batch(struct sl_driver *driver, struct sl_batch *batch, struct sl_err *err)
{
	struct sl_engine *e = driver->engine;
	uint32_t at = 0;
	while (at < batch->n) {
		struct round round = {
			.mode = SL_MILL_FULL, .first = at, .n = (uint32_t)batch->n - at
		};
		if (run_round(driver, batch, &round, err) != SL_OK)
			return SL_FATAL;
		at += round.good;
		if (!round.died)
			continue;
		if (at == batch->n) {
			if (sl_driver_blame_nobody(driver, &round.death, err) != SL_OK)
				return SL_FATAL;
			continue;
		}
		atomic_fetch_add(&e->counts.respawns, 1);
		if (try_alone(driver, batch, at, &round, err) != SL_OK)
			return SL_FATAL;
		at++;
	}
	if (sl_arena_used(batch->arena) > WINDOW_KEEP)
		sl_pool_trim_window(e->pool, driver->window, WINDOW_KEEP);
	return retire(driver, err);
}
