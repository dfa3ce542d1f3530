/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - one night, from input files to feeds.
 *
 * How bytes move. R readers each own a quota of slabs in one range of shared memory. A reader takes
 * an input file, hashes it (its key in the store, and the answer to "did I read this before?"), and
 * has a cell walk it, which copies each message once: from the source's buffer into a slab. A batch
 * is at most 64 messages of one slab. When it is full, its pointer goes into the raw queue, and the
 * reader waits until one of its other slabs comes home. So memory is bounded by the slabs, not by
 * the queues: reading cannot get ahead of parsing. Each reader has a quota of its own, because with
 * one shared pool a reader that has all the slabs could wait for another one's.
 *
 * W workers pop batches. A worker has its cell run all per-message stages of one mail after the
 * other, copies the encoded results out of the cell's window into the batch, and looks at them
 * (results.h). Nothing but these bytes leaves the cell. The raw bytes stay where they are until the
 * batch comes home.
 *
 * Cells are sandboxed children, forked by a zygote that was forked before there was a thread, a
 * lock or a store (docs/ARCHITECTURE.md). The engine itself parses nothing that is foreign.
 *
 * One committer pops batches and puts those of a reader into the order in which they were filled.
 * It merges the records into LMDB, notes which messages of which archive are done, in the same
 * transaction, and sends the batch home. Merges commute, so the order of archives does not matter,
 * and a run that is killed goes on at the ranges that are not yet done.
 *
 * The end of an archive is a note that rides in a batch. Since workers may overtake one another,
 * the committer counts: an archive is finished when the note was seen and as many messages came by
 * as were handed on.
 *
 * When the last reader signs off, the raw queue closes; when the last worker signs off, the done
 * queue closes; the committer commits and ends. Then come the phases, over the store and one after
 * the other: campaigns, look-ups, feeds. Each is atomic or idempotent; the night's row says how far
 * it got.
 *
 * Errors of input are rejects and flags and never stop anything. A fatal error (disk, store) is
 * kept once, queues and pool are aborted, and everybody goes home. The first SIGINT or SIGTERM
 * drains: readers stop at the next message, everything in flight is committed, the exit code is 128
 * + n. The second ends the process at once, which is as safe as kill -9.
 */
#include "run.h"

#include "driver.h"
#include "engine.h"
#include "feed.h"
#include "phase.h"
#include "progress.h"

#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MAX_JOBS = 1024 };

static volatile sig_atomic_t signals_seen, last_signal;

static void on_signal(int number)
{
	last_signal = number;
	if (++signals_seen > 1)
		_exit(128 + number);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file size limit is then an error of write(2) */
}

void sl_engine_fail(struct sl_engine *e, const struct sl_err *err)
{
	pthread_mutex_lock(&e->lock);
	if (!e->failed)
		e->err = *err;
	e->failed = true;
	pthread_mutex_unlock(&e->lock);
	atomic_store(&e->draining, true);
	sl_queue_abort(e->raw);
	sl_queue_abort(e->done);
	sl_pool_abort(e->pool);
}

bool sl_engine_stopping(struct sl_engine *e)
{
	return atomic_load(&e->draining);
}

static guint key_hash(gconstpointer key)
{
	guint hash;
	memcpy(&hash, key, sizeof(hash));
	return hash;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	return sl_id_eq(a, b);
}

static enum sl_claim state_of(const struct sl_engine *e, const struct sl_id *key)
{
	return (enum sl_claim)GPOINTER_TO_INT(g_hash_table_lookup(e->keys, key));
}

static void set_claim(struct sl_engine *e, const struct sl_id *key, enum sl_claim claim)
{
	g_hash_table_replace(e->keys, g_memdup2(key, sizeof(*key)), GINT_TO_POINTER(claim));
}

enum sl_claim sl_engine_claim(struct sl_engine *e, const struct sl_id *key, size_t input)
{
	pthread_mutex_lock(&e->lock);
	enum sl_claim claim = state_of(e, key);
	if (claim == SL_CLAIM_FREE) {
		set_claim(e, key, SL_CLAIM_BUSY);
		claim = SL_CLAIM_MINE;
	} else if (claim == SL_CLAIM_BUSY) {
		g_array_append_val(e->twins, input);
	}
	pthread_mutex_unlock(&e->lock);
	return claim;
}

void sl_engine_settle(struct sl_engine *e, const struct sl_id *key, bool done)
{
	pthread_mutex_lock(&e->lock);
	sl_assert(state_of(e, key) == SL_CLAIM_BUSY);
	set_claim(e, key, done ? SL_CLAIM_DONE : SL_CLAIM_FREE);
	pthread_mutex_unlock(&e->lock);
}

bool sl_engine_take_twin(struct sl_engine *e, size_t *input_r)
{
	GArray *twins = e->twins;
	bool found = false;
	pthread_mutex_lock(&e->lock);
	for (guint i = 0; i < twins->len && !found; i++) {
		size_t input = g_array_index(twins, size_t, i);
		found = state_of(e, &e->plan->inputs[input].key) != SL_CLAIM_BUSY;
		if (found) {
			*input_r = input;
			g_array_remove_index(twins, i);
		}
	}
	pthread_mutex_unlock(&e->lock);
	return found;
}

struct worker_start {
	struct sl_engine *engine;
	struct sl_mill *mill;        /* in threads */
	struct sl_examiner examiner; /* the same */
	struct sl_driver driver;     /* of its cell */
};

static enum sl_rc mill_batch(struct worker_start *start, struct sl_batch *batch, struct sl_err *err)
{
	if (start->engine->zygote)
		return sl_driver_batch(&start->driver, batch, err);
	sl_mill_batch(start->mill, batch);
	sl_results_accept_own(&start->examiner, batch);
	return SL_OK;
}

static void worker_main(void *start_p)
{
	struct worker_start *start = start_p;
	struct sl_engine *e = start->engine;
	struct sl_batch *batch;
	struct sl_err err;
	while ((batch = sl_queue_pop(e->raw)) != NULL) {
		if (mill_batch(start, batch, &err) != SL_OK) {
			sl_batch_home(batch);
			sl_engine_fail(e, &err);
			break;
		}
		if (!sl_queue_push(e->done, batch))
			sl_batch_home(batch);
	}
	sl_queue_sign_off(e->done);
	if (e->zygote)
		sl_driver_end(&start->driver);
}

/* ---- one night ---- */

static unsigned processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > MAX_JOBS ? MAX_JOBS : (unsigned)n;
}

static void set_sizes(struct sl_engine *e)
{
	const struct sl_config *config = e->config;
	e->workers = config->jobs ? config->jobs : processors();
	e->readers = config->readers ? config->readers : e->workers;
	if (e->readers > e->plan->n)
		e->readers = e->plan->n ? (unsigned)e->plan->n : 1;
}

/* Go on with a night that was not read to its end, or get ready for the next one. A night that was
 * read but whose feeds were not written is taken up again only if nothing new turns up:
 * adopt_night(). */
static enum sl_rc open_night(struct sl_engine *e, struct sl_err *err)
{
	struct sl_view *view;
	struct sl_night_row last;
	if (sl_view_open(e->store, false, &view, err) != SL_OK)
		return SL_FATAL;
	bool any = sl_view_last_night(view, &last);
	sl_view_close(&view);
	e->last = any ? last : (struct sl_night_row){ .serial = 0 };
	if (any && last.state == SL_NIGHT_READING) {
		e->night = last;
		e->night_exists = true;
		sl_log_line(e->log, SL_LOG_INFO, "going on with night %llu",
			(unsigned long long)last.serial);
		return SL_OK;
	}
	e->night = (struct sl_night_row){ .serial = any ? last.serial + 1 : 1,
		.as_of = e->config->as_of };
	return SL_OK;
}

/* Nothing was new: write what the last night should have written, by its clock. */
static void adopt_night(struct sl_engine *e)
{
	if (e->night_exists || !e->last.serial || e->last.state == SL_NIGHT_DONE)
		return;
	e->night = e->last;
	e->night_exists = true;
}

static void abandon(struct sl_engine *e)
{
	struct sl_batch *batch;
	while ((batch = sl_queue_left(e->raw)) != NULL)
		sl_batch_home(batch);
	while ((batch = sl_queue_left(e->done)) != NULL)
		sl_batch_home(batch);
}

static void wait_for_end(struct sl_engine *e)
{
	struct sl_progress *progress = sl_progress_new(e);
	bool told = false;
	while (!atomic_load(&e->committer_done)) {
		struct timespec tick = { 0, 100000000 };
		nanosleep(&tick, NULL);
		if (signals_seen && !told) {
			told = true;
			sl_log_line(e->log, SL_LOG_WARN,
				"signal %d: finishing what is in flight; once more ends at once",
				(int)last_signal);
			atomic_store(&e->draining, true);
		}
		sl_progress_draw(progress);
	}
	sl_progress_free(&progress);
}

static void make_worker(struct sl_engine *e, unsigned number, struct worker_start *start)
{
	start->engine = e;
	if (e->zygote) {
		start->driver = sl_driver_make(e, SL_CELL_WORKER, number, number);
		return;
	}
	start->mill = sl_mill_new(e->config, e->tables, sl_store_secret(e->store));
	start->examiner = sl_examiner_make(&e->blind);
}

static void add_work(struct sl_engine *e, const struct worker_start *start)
{
	static const struct sl_mill_work nothing;
	sl_mill_work_add(
		&e->work, &nothing, start->mill ? sl_mill_work(start->mill) : &start->driver.work);
}

/* Start all threads, wait for the committer, take everybody home. */
static enum sl_rc stream(struct sl_engine *e, struct sl_err *err)
{
	struct sl_thread *readers = sl_calloc(e->readers, sizeof(*readers));
	struct sl_thread *workers = sl_calloc(e->workers, sizeof(*workers));
	struct sl_reader_start *reader_starts = sl_calloc(e->readers, sizeof(*reader_starts));
	struct worker_start *worker_starts = sl_calloc(e->workers, sizeof(*worker_starts));
	struct sl_thread committer;
	enum sl_rc rc = sl_thread_start(&committer, "committer", sl_committer_main, e, err);
	for (unsigned i = 0; i < e->workers && rc == SL_OK; i++) {
		make_worker(e, i, &worker_starts[i]);
		rc = sl_thread_start(&workers[i], "worker", worker_main, &worker_starts[i], err);
	}
	for (unsigned i = 0; i < e->readers && rc == SL_OK; i++) {
		reader_starts[i] = (struct sl_reader_start){ e, i };
		rc = sl_thread_start(&readers[i], "reader", sl_reader_main, &reader_starts[i], err);
	}
	if (rc != SL_OK)
		sl_engine_fail(e, err);
	else
		wait_for_end(e);
	for (unsigned i = 0; i < e->readers; i++)
		sl_thread_join(&readers[i]);
	for (unsigned i = 0; i < e->workers; i++)
		sl_thread_join(&workers[i]);
	sl_thread_join(&committer);
	for (unsigned i = 0; i < e->workers; i++) {
		add_work(e, &worker_starts[i]);
		sl_mill_free(&worker_starts[i].mill);
		sl_examiner_free(&worker_starts[i].examiner);
	}
	free(readers);
	free(workers);
	free(reader_starts);
	free(worker_starts);
	if (e->failed) {
		abandon(e);
		*err = e->err;
		return SL_FATAL;
	}
	return SL_OK;
}

/* The memory that cells share with the engine, and the process they are forked from: before there
 * is a thread, a lock or a store. */
static enum sl_rc prepare_cells(struct sl_engine *e, struct sl_err *err)
{
	const struct sl_config *config = e->config;
	bool cells = config->isolation_process;
	struct sl_pool_sizes sizes = { .readers = e->readers,
		.quota = sl_engine_quota(e),
		.slab = config->slab,
		.message = config->limits.message,
		.windows = cells ? e->workers + e->readers : 0,
		.window = sl_cell_window_size(config->slab) };
	sl_source_prepare();
	if (sl_pool_new(&sizes, &e->pool, err) != SL_OK)
		return SL_FATAL;
	if (!cells)
		return SL_OK;
	sl_sandbox_probe(&e->sandbox);
	if (config->require_sandbox &&
		sl_sandbox_insist(&e->sandbox, "this kernel gives", err) != SL_OK)
		return SL_FATAL;
	return sl_zygote_start(config, e->tables, e->pool, &e->zygote, err);
}

static enum sl_rc read_inputs(struct sl_engine *e, struct sl_err *err)
{
	unsigned quota = sl_engine_quota(e);
	e->raw = sl_queue_new((size_t)e->readers * quota, e->readers);
	e->done = sl_queue_new((size_t)e->readers * quota, e->workers);
	e->keys = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
	e->twins = g_array_new(FALSE, FALSE, sizeof(size_t));
	sl_progress_say_bound(e);
	enum sl_rc rc = stream(e, err);
	sl_queue_free(&e->raw);
	sl_queue_free(&e->done);
	g_hash_table_destroy(e->keys);
	g_array_free(e->twins, TRUE);
	sl_zygote_stop(&e->zygote);
	return rc;
}

static enum sl_rc set_state(struct sl_engine *e, enum sl_night_state state, struct sl_err *err)
{
	e->night.state = state;
	if (!e->night_exists)
		return SL_OK;
	if (sl_store_begin(e->store, err) != SL_OK)
		return SL_FATAL;
	if (sl_store_put_night(e->store, &e->night, err) != SL_OK) {
		sl_store_abort(e->store);
		return SL_FATAL;
	}
	return sl_store_commit(e->store, err);
}

/* SL_END: a signal came; what is done is kept, the next run goes on behind it. */
static enum sl_rc phases(struct sl_engine *e, struct sl_outdir *out, struct sl_err *err)
{
	adopt_night(e);
	if (sl_store_settle(e->store, err) != SL_OK ||
		sl_campaigns_run(e->store, e->night.serial, e->config, e->tables, err) != SL_OK ||
		set_state(e, SL_NIGHT_CLUSTERED, err) != SL_OK)
		return SL_FATAL;
	if (signals_seen)
		return SL_END;
	if (sl_lookups_run(e->store, e->config, e->night.as_of, err) != SL_OK ||
		set_state(e, SL_NIGHT_LOOKED_UP, err) != SL_OK)
		return SL_FATAL;
	if (signals_seen)
		return SL_END;
	if (sl_feeds_write(e->config, e->tables, e->store, e->night.as_of, e->config->jobs != 1,
		    out, err) != SL_OK ||
		sl_feeds_remember(e->store, out, err) != SL_OK)
		return SL_FATAL;
	return set_state(e, SL_NIGHT_DONE, err);
}

static int exit_code(const struct sl_engine *e)
{
	const struct sl_counts *c = &e->counts;
	bool damaged = c->rejects || c->unreadable || c->limited || e->plan->specials;
	for (size_t i = 0; i < e->plan->n; i++)
		damaged |= e->plan->inputs[i].damaged || e->plan->inputs[i].limited;
	if (c->unreadable == e->plan->n) /* also when there was no file at all */
		return SL_EXIT_NODATA;
	return damaged ? SL_EXIT_DAMAGED : SL_EXIT_CLEAN;
}

static int report_signal(struct sl_log *log)
{
	sl_log_flush(log);
	sl_log_line(log, SL_LOG_WARN,
		"stopped by signal %d; everything read so far is in the store, run again to go on",
		(int)last_signal);
	return 128 + (int)last_signal;
}

static int night_with_store(struct sl_engine *e, struct sl_outdir *out)
{
	struct sl_err err;
	double started = sl_clock_monotonic(), cpu = sl_clock_cpu();
	catch_signals();
	if (e->zygote)
		sl_zygote_set_secret(e->zygote, sl_store_secret(e->store));
	sl_random_bytes(e->blind.b, sizeof(e->blind.b));
	if (open_night(e, &err) != SL_OK || read_inputs(e, &err) != SL_OK)
		return sl_log_failure(e->log, &err);
	double read = sl_clock_monotonic();
	enum sl_rc rc = signals_seen ? SL_END : phases(e, out, &err);
	if (rc != SL_OK)
		return rc == SL_END ? report_signal(e->log) : sl_log_failure(e->log, &err);
	int code = exit_code(e);
	if (sl_feeds_say_held(out, e->log) && code == SL_EXIT_CLEAN)
		code = SL_EXIT_DAMAGED;
	struct sl_run_times times = { read - started, sl_clock_monotonic() - started,
		sl_clock_cpu() - cpu };
	if (sl_progress_write_run_json(e, &times, code, out, &err) != SL_OK)
		return sl_log_failure(e->log, &err);
	sl_log_flush(e->log);
	sl_progress_say_end(e, &times, code);
	return code;
}

int sl_run_night(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_strings *operands, struct sl_log *log)
{
	struct sl_err err;
	struct sl_plan plan = { .n = 0 };
	struct sl_outdir *out = NULL;
	struct sl_engine *e = sl_calloc(1, sizeof(*e));
	int code = SL_EXIT_INTERNAL;
	e->config = config;
	e->tables = tables;
	e->log = log;
	e->plan = &plan;
	e->began = sl_clock_now();
	pthread_mutex_init(&e->lock, NULL);
	if (sl_feeds_check_formats(config, &err) != SL_OK ||
		sl_plan_make(operands, &plan, &err) != SL_OK) {
		code = sl_log_failure(log, &err);
		goto out;
	}
	set_sizes(e);
	if (prepare_cells(e, &err) != SL_OK || sl_outdir_open(config->out, &out, &err) != SL_OK ||
		sl_store_open(config->store, SL_STORE_WRITE, &e->store, &err) != SL_OK ||
		sl_quarantine_open(config->store, config->quarantine, &e->quarantine, &err) !=
			SL_OK)
		code = sl_log_failure(log, &err);
	else
		code = night_with_store(e, out);
	sl_zygote_stop(&e->zygote);
	sl_pool_free(&e->pool);
	sl_quarantine_close(&e->quarantine);
	sl_store_close(&e->store);
	sl_outdir_free(&out);
out:
	sl_plan_free(&plan);
	pthread_mutex_destroy(&e->lock);
	free(e);
	return code;
}
