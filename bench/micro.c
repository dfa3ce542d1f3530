/* SPDX-License-Identifier: Apache-2.0 */
/* micro.c - one row for each hot function: time a call and speed, over invented input.
 *
 *   micro [--json] [--quick] [WORD...]     only rows whose name holds one of the words
 *
 * A sample is as many calls as take about 5 ms; each row is the median of 11 samples, the fastest
 * beside it. Time is that of the thread, and the clock's own cost is taken off.
 */
#include "micro.h"

#include "pipeline/base/json.h"
#include "pipeline/stage.h"
#include "stages/parse/normal.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SAMPLES = 11, SAMPLE_NS = 5000000, WARM_UP = 3 };

struct timing {
	double median, least; /* nanoseconds a call */
	size_t bytes;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double clock_cost(void)
{
	double costs[1001];
	for (size_t i = 0; i < SL_LEN(costs); i++) {
		double start = now();
		costs[i] = now() - start;
	}
	qsort(costs, SL_LEN(costs), sizeof(*costs), by_value);
	return costs[SL_LEN(costs) / 2];
}

/* Nanoseconds of `calls` calls. */
static double sample(struct micro_desk *d, const struct micro_row *row, size_t calls, double clock,
	size_t *bytes_r)
{
	double sum = 0;
	for (size_t i = 0; i < calls; i++) {
		sl_arena_reset(d->arena);
		if (row->prepare)
			row->prepare(d);
		double start = now();
		*bytes_r = row->run(d);
		sum += now() - start - clock;
	}
	return sum > 0 ? sum : 0;
}

static struct timing time_row(
	struct micro_desk *d, const struct micro_row *row, double clock, bool quick)
{
	struct timing t = { 0 };
	double samples[SAMPLES];
	double once = sample(d, row, WARM_UP, clock, &t.bytes) / WARM_UP;
	size_t calls = quick ? 1 : (size_t)(SAMPLE_NS / (once + clock + 1)) + 1;
	size_t n = quick ? 1 : SAMPLES;
	for (size_t i = 0; i < n; i++)
		samples[i] = sample(d, row, calls, clock, &t.bytes) / (double)calls;
	qsort(samples, n, sizeof(*samples), by_value);
	t.median = samples[n / 2];
	t.least = samples[0];
	return t;
}

static bool wanted(const char *name, char **words)
{
	if (!*words)
		return true;
	for (; *words; words++)
		if (strstr(name, *words))
			return true;
	return false;
}

static void open_desk(struct micro_desk *d)
{
	struct sl_err err = { .exit_code = SL_EXIT_CLEAN };
	struct sl_normal normal;
	sl_limits_default(&d->config.limits);
	if (sl_tables_load(&d->config, &d->tables, &err) != SL_OK ||
		sl_suffixes_preload(&d->config, d->tables, &err) != SL_OK ||
		sl_suffixes_load(&d->config, d->tables, &d->suffixes, &err) != SL_OK) {
		fprintf(stderr, "micro: %s\n", err.text);
		exit(1);
	}
	micro_input_make(&d->in);
	d->arena = sl_arena_new(16 << 20);
	d->mill = sl_mill_new(&d->config, d->tables, &d->secret);
	d->mime = sl_mime_new();
	d->charset = sl_charset_new();
	d->html = sl_html_new();
	d->grams = sl_gram_room_new();
	d->header = sl_stage_header.thread_new(&d->config, d->tables);
	d->encoded = sl_buf_make(16 << 20);
	sl_normal_make(d->in.arena, sl_buf_span(&d->in.latin), SL_NORMAL_MAX, &normal);
	d->normal = normal.text;
	d->folded = normal.folded;
}

static void close_desk(struct micro_desk *d)
{
	sl_stage_header.thread_free(d->header);
	sl_gram_room_free(&d->grams);
	sl_html_free(&d->html);
	sl_charset_free(&d->charset);
	sl_mime_free(&d->mime);
	sl_mill_free(&d->mill);
	sl_buf_free(&d->encoded);
	sl_arena_free(&d->arena);
	micro_input_free(&d->in);
	sl_suffixes_free(&d->suffixes);
	sl_tables_free(&d->tables);
}

static void print_row(const char *name, const struct timing *t, struct sl_json *json)
{
	double speed = t->median > 0 ? (double)t->bytes * 1000 / t->median : 0;
	if (!json) {
		printf("%-24s %12.0f %12.0f %10zu %10.0f\n", name, t->median, t->least, t->bytes,
			speed);
		return;
	}
	sl_json_object(json);
	sl_json_key(json, "name");
	sl_json_str(json, name);
	sl_json_key(json, "ns");
	sl_json_u64(json, (uint64_t)t->median);
	sl_json_key(json, "ns_least");
	sl_json_u64(json, (uint64_t)t->least);
	sl_json_key(json, "bytes");
	sl_json_u64(json, t->bytes);
	sl_json_key(json, "mb_s");
	sl_json_u64(json, (uint64_t)speed);
	sl_json_object_end(json);
}

int main(int argc, char **argv)
{
	static struct micro_desk desk;
	struct sl_buf text = sl_buf_make(1 << 20);
	struct sl_json json = sl_json_make(&text);
	bool as_json = false, quick = false;
	char **words = argv + 1;
	for (; *words && strncmp(*words, "--", 2) == 0; words++) {
		as_json |= strcmp(*words, "--json") == 0;
		quick |= strcmp(*words, "--quick") == 0;
	}
	(void)argc;
	open_desk(&desk);
	double clock = clock_cost();
	sl_json_object(&json);
	sl_json_key(&json, "schema");
	sl_json_u64(&json, 1);
	sl_json_key(&json, "bench");
	sl_json_str(&json, "micro");
	sl_json_key(&json, "rows");
	sl_json_array(&json);
	if (!as_json)
		printf("%-24s %12s %12s %10s %10s\n", "", "ns/call", "fastest", "bytes", "MB/s");
	for (size_t i = 0; micro_row(i); i++) {
		if (!wanted(micro_row(i)->name, words))
			continue;
		struct timing t = time_row(&desk, micro_row(i), clock, quick);
		print_row(micro_row(i)->name, &t, as_json ? &json : NULL);
	}
	sl_json_array_end(&json);
	sl_json_object_end(&json);
	sl_json_line(&json);
	if (as_json)
		fputs(text.p, stdout);
	sl_buf_free(&text);
	close_desk(&desk);
	return 0;
}
