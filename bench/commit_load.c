/* SPDX-License-Identifier: Apache-2.0 */
/* commit_load.c - what do drivers and committer bear, and what does the store weigh?
 *
 *   commit_load STORE FOLDER [MESSAGES [WORKERS]]
 *
 * Cells that answer at once: the records of STORE (made by a run over any corpus) are the answers,
 * with new names, so that there are as many messages as wanted. They go the way of a night's
 * results: a worker's driver looks at them, the committer of the engine puts them into a new store
 * in FOLDER. Three nights: messages that nobody has seen, each with a content of its own; as many
 * copies, whose contents are known; the copies once more, out of another archive. Prints for each
 * night the rate, the CPU of a message in driver and committer, and the bytes that the store has
 * grown by.
 */
#include "pipeline/engine.h"
#include "pipeline/results.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { SLAB = 1 << 20, RAW = 32, RECORDS_MOST = 4096 };
enum night { FRESH, COPIES, SIGHTINGS, NIGHTS };
static const char *const night_names[NIGHTS] = { "new", "copies", "sightings" };

struct load {
	struct sl_arena *arena;
	struct sl_result *records;
	size_t n;
	uint64_t messages;
	unsigned workers;
	struct sl_engine *engine;
	enum night night;
	_Atomic uint64_t driver_ns, committer_ns;
};

static void must(enum sl_rc rc, const struct sl_err *err)
{
	if (rc == SL_OK)
		return;
	fprintf(stderr, "commit_load: %s\n", err->text);
	exit(1);
}

static uint64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- the records ---- */

static void read_records(struct load *load, const char *path)
{
	struct sl_err err;
	struct sl_store *store;
	struct sl_view *view;
	struct sl_message_row row;
	must(sl_store_open(path, SL_STORE_READ, &store, &err), &err);
	must(sl_view_open(store, false, &view, &err), &err);
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_MESSAGES, SL_SPAN_NULL);
	struct sl_buf bytes = sl_buf_make(INT_MAX);
	load->records = sl_calloc(RECORDS_MOST, sizeof(*load->records));
	while (load->n < RECORDS_MOST && sl_scan_next(scan, load->arena, &row)) {
		struct sl_result *r = &load->records[load->n++];
		*r = (struct sl_result){ .time = row.first, .message = row.message };
		sl_view_content(view, &row.message.content, load->arena, &r->content);
		/* what was read lives as long as the view */
		sl_buf_reset(&bytes);
		sl_result_encode(&bytes, r);
		struct sl_span copy = sl_arena_copy(load->arena, sl_buf_span(&bytes));
		sl_assert(sl_result_decode(&copy, load->arena, r));
	}
	sl_buf_free(&bytes);
	sl_scan_close(&scan);
	sl_view_close(&view);
	sl_store_close(&store);
	sl_assert(load->n > 0);
}

static struct sl_id made(const struct sl_id *id, uint64_t number)
{
	struct sl_id made = *id;
	uint64_t mixed = number * 0x9e3779b97f4a7c15u;
	for (size_t i = 0; i < sizeof(mixed); i++)
		made.b[i] ^= (uint8_t)(mixed >> 8 * i);
	return made;
}

/* What the stages would have made of it. The variant goes with the content. */
static void answer(const struct load *load, uint64_t number, struct sl_raw *raw, uint32_t index,
	struct sl_buf *to)
{
	struct sl_result r = load->records[number % load->n];
	uint64_t content = number / load->n;
	snprintf((char *)(uintptr_t)raw->bytes.p, RAW, "%s %llu",
		load->night == FRESH ? "fresh" : "copy", (unsigned long long)number);
	r.index = index;
	sl_raw_name(raw, sl_store_secret(load->engine->store));
	r.message.id = raw->id;
	r.message.key = raw->key;
	memcpy(r.message.sha256.b, r.message.id.b, sizeof(r.message.id.b));
	r.message.content = r.content.key = made(&r.content.key, content);
	r.message.variant = made(&r.message.variant, content);
	r.message.variant_name = made(&r.message.variant_name, content);
	sl_result_encode(to, &r);
}

/* ---- stub workers ---- */

struct worker {
	struct load *load;
	unsigned number;
	struct sl_thread thread;
	struct sl_examiner examiner;
	struct sl_buf answer;
};

/* As pipeline/driver_batch.c has it. */
static void look(struct worker *w, struct sl_batch *batch, uint32_t index)
{
	uint64_t before = cpu_ns();
	struct sl_span copy = sl_arena_copy(batch->arena, sl_buf_span(&w->answer));
	sl_assert(sl_results_accept(&w->examiner, batch, index, copy));
	atomic_fetch_add(&w->load->driver_ns, cpu_ns() - before);
}

static void fill(struct worker *w, struct sl_batch *batch, uint64_t from, uint64_t to)
{
	batch->n = (size_t)(to - from);
	for (uint64_t i = from; i < to; i++) {
		char *bytes = batch->slab->bytes + (i - from) * RAW;
		batch->raws[i - from] = (struct sl_raw){ .archive = w->number,
			.seq = i / w->load->workers,
			.entry = SL_SPAN("mail.mbox"),
			.ordinal = i / w->load->workers,
			.offset = i * 4096,
			.length = 4000,
			.from_time = SL_TIME_NONE,
			.member_time = SL_TIME_NONE,
			.bytes = sl_span_of(bytes, RAW) };
		sl_buf_reset(&w->answer);
		answer(w->load, i, &batch->raws[i - from], (uint32_t)(i - from), &w->answer);
		look(w, batch, (uint32_t)(i - from));
	}
}

static void end_archive(struct worker *w)
{
	struct sl_engine *e = w->load->engine;
	struct sl_batch *batch = sl_pool_take(e->pool, w->number);
	e->plan->inputs[w->number].complete = true;
	*SL_ARENA_PUSH(batch->arena, batch->notes, batch->n_notes, batch->room_notes) =
		(struct sl_note){ .kind = SL_NOTE_END, .archive = w->number };
	sl_assert(sl_queue_push(e->done, batch));
}

static void worker_main(void *worker)
{
	struct worker *w = worker;
	struct sl_engine *e = w->load->engine;
	struct sl_input *input = &e->plan->inputs[w->number];
	uint64_t share = w->load->messages / w->load->workers, first = share * w->number;
	for (uint64_t at = first; at < first + share; at += SL_BATCH_MESSAGES) {
		uint64_t to = at + SL_BATCH_MESSAGES < first + share ? at + SL_BATCH_MESSAGES
								     : first + share;
		struct sl_batch *batch = sl_pool_take(e->pool, w->number);
		fill(w, batch, at, to);
		for (size_t i = 0; i < batch->n; i++) {
			batch->raws[i].seq = at - first + i;
			batch->raws[i].ordinal = at - first + i;
		}
		input->emitted += batch->n;
		input->pushed += batch->n;
		sl_assert(sl_queue_push(e->done, batch));
	}
	end_archive(w);
	sl_queue_sign_off(e->done);
}

/* ---- a night ---- */

static void committer_main(void *load)
{
	struct load *l = load;
	uint64_t before = cpu_ns();
	sl_committer_main(l->engine);
	l->committer_ns = cpu_ns() - before;
}

static void make_engine(struct load *load, struct sl_config *config, struct sl_store *store)
{
	struct sl_err err;
	struct sl_engine *e = sl_calloc(1, sizeof(*e));
	struct sl_pool_sizes sizes = { load->workers, 4, SLAB, 1 << 20, 0, 4096 };
	must(sl_pool_new(&sizes, &e->pool, &err), &err);
	e->config = config;
	e->log = sl_log_new(2, SL_LOG_WARN);
	e->store = store;
	e->readers = e->workers = load->workers;
	e->done = sl_queue_new(4 * load->workers, load->workers);
	e->raw = sl_queue_new(1, 1);
	e->plan = sl_calloc(1, sizeof(*e->plan));
	e->plan->inputs = sl_calloc(load->workers, sizeof(*e->plan->inputs));
	e->plan->n = load->workers;
	e->night =
		(struct sl_night_row){ .serial = (uint64_t)load->night + 1, .as_of = 1700000000 };
	for (unsigned i = 0; i < load->workers; i++) {
		struct sl_input *input = &e->plan->inputs[i];
		input->name = sl_arena_printf(load->arena, "%s-%u", night_names[load->night], i);
		input->key = sl_hash_name(input->name);
		input->stamp.inode = (uint64_t)load->night << 32 | i;
	}
	pthread_mutex_init(&e->lock, NULL);
	load->engine = e;
}

static void free_engine(struct load *load)
{
	struct sl_engine *e = load->engine;
	if (e->failed)
		must(SL_FATAL, &e->err);
	sl_queue_free(&e->done);
	sl_queue_abort(e->raw);
	sl_queue_free(&e->raw);
	sl_pool_free(&e->pool);
	sl_log_free(&e->log);
	free(e->plan->inputs);
	free(e->plan);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

static uint64_t file_size(const char *store)
{
	char path[4096];
	struct stat st = { .st_size = 0 };
	snprintf(path, sizeof(path), "%s/data.mdb", store);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void run_night(
	struct load *load, struct sl_config *config, struct sl_store *store, const char *path)
{
	struct worker *workers = sl_calloc(load->workers, sizeof(*workers));
	struct sl_thread committer;
	struct sl_err err;
	make_engine(load, config, store);
	load->driver_ns = 0;
	uint64_t size = file_size(path);
	double began = sl_clock_monotonic();
	must(sl_thread_start(&committer, "committer", committer_main, load, &err), &err);
	for (unsigned i = 0; i < load->workers; i++) {
		workers[i] = (struct worker){ .load = load,
			.number = i,
			.examiner = sl_examiner_make(&load->engine->blind),
			.answer = sl_buf_make(SL_RESULTS_MOST) };
		must(sl_thread_start(&workers[i].thread, "worker", worker_main, &workers[i], &err),
			&err);
	}
	for (unsigned i = 0; i < load->workers; i++)
		sl_thread_join(&workers[i].thread);
	sl_thread_join(&committer);
	for (unsigned i = 0; i < load->workers; i++) {
		sl_examiner_free(&workers[i].examiner);
		sl_buf_free(&workers[i].answer);
	}
	double n = (double)load->messages, seconds = sl_clock_monotonic() - began;
	printf("%-9s %8.0f messages %9.0f/s  driver %6.2f us  committer %6.2f us (%7.0f/s)  %6.0f "
	       "bytes\n",
		night_names[load->night], n, n / seconds, (double)load->driver_ns / n / 1000,
		(double)load->committer_ns / n / 1000, n * 1e9 / (double)load->committer_ns,
		(double)(file_size(path) - size) / n);
	fflush(stdout);
	free_engine(load);
	free(workers);
}

int main(int argc, char **argv)
{
	struct load load = { .arena = sl_arena_new(0), .messages = 40000, .workers = 2 };
	struct sl_config config = { .offline = true };
	struct sl_store *store;
	struct sl_err err;
	if (argc < 3) {
		fprintf(stderr, "usage: commit_load STORE FOLDER [MESSAGES [WORKERS]]\n");
		return 64;
	}
	load.messages = argc > 3 ? strtoull(argv[3], NULL, 10) : load.messages;
	load.workers = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : load.workers;
	load.messages -= load.messages % load.workers;
	read_records(&load, argv[1]);
	must(sl_store_open(argv[2], SL_STORE_WRITE, &store, &err), &err);
	for (load.night = FRESH; load.night < NIGHTS; load.night++)
		run_night(&load, &config, store, argv[2]);
	sl_store_close(&store);
	sl_arena_free(&load.arena);
	free(load.records);
	return 0;
}
