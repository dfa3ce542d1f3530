/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>

#define MB 1048576.0

struct sl_progress {
	const struct sl_engine *engine;
	double started, drawn;
};

struct sl_progress *sl_progress_new(const struct sl_engine *engine)
{
	struct sl_progress *p = sl_calloc(1, sizeof(*p));
	p->engine = engine;
	p->started = sl_clock_monotonic();
	return p;
}

void sl_progress_free(struct sl_progress **progress)
{
	free(*progress);
	*progress = NULL;
}

static void eta_text(double done, double seconds, char *to, size_t n)
{
	if (done <= 0.01 || done >= 1.0) {
		snprintf(to, n, "--:--");
		return;
	}
	double left = seconds / done * (1.0 - done);
	snprintf(to, n, "%d:%02d", (int)(left / 60), (int)left % 60);
}

void sl_progress_draw(struct sl_progress *p)
{
	const struct sl_engine *e = p->engine;
	double now = sl_clock_monotonic(), seconds = now - p->started;
	if (now - p->drawn < 0.5 || !sl_log_is_terminal(e->log))
		return;
	p->drawn = now;
	char eta[32], line[256];
	double done = e->plan->bytes ? (double)e->counts.file_bytes / (double)e->plan->bytes : 0;
	uint64_t fresh = e->counts.messages + e->counts.embedded;
	uint64_t again = e->counts.passed > fresh ? e->counts.passed - fresh : 0;
	eta_text(done, seconds, eta, sizeof(eta));
	snprintf(line, sizeof(line),
		"%llu/%zu archives  %.0f MB/s  %llu messages (%.0f/s)  %llu duplicates  eta %s",
		(unsigned long long)e->counts.archives, e->plan->n,
		(double)e->counts.message_bytes / MB / (seconds > 0 ? seconds : 1),
		(unsigned long long)e->counts.passed,
		(double)e->counts.passed / (seconds > 0 ? seconds : 1), (unsigned long long)again,
		eta);
	sl_log_progress(e->log, line);
}

/* ---- memory ---- */

/* CELL: what a process has of its own before it reads anything: heap and data of the libraries. */
enum { DIRTY_BOUND = 2 * 64 << 20, FIXED_BOUND = 48 << 20, CELL_BOUND = 16 << 20 };

/* A worker's arena holds the decoded leaves, their text in UTF-8, and what was made of them: at
 * most three times what limit.decoded lets through, in practice a few MB. */
struct sl_memory_bound sl_progress_bound(const struct sl_engine *e)
{
	struct sl_memory_bound b = { .cells = 0 };
	const struct sl_config *config = e->config;
	uint64_t batches = (uint64_t)e->readers * sl_engine_quota(e);
	b.slabs = batches * config->slab;
	b.large = (uint64_t)e->readers * config->limits.message;
	b.results = batches * (sl_batch_results_most(config->slab) + SL_BATCH_DECODED) +
		    (uint64_t)e->readers * SL_RESULTS_MOST;
	b.parsers = (uint64_t)e->workers * 3 * config->limits.decoded;
	b.contents = (uint64_t)e->workers * config->content_cache;
	b.decoders = (uint64_t)e->readers * SL_CELL_READER_DATA;
	if (config->isolation_process)
		b.cells = (uint64_t)e->workers *
				  (sl_cell_window_size(config->slab) + SL_RESULTS_MOST) +
			  ((uint64_t)e->workers + e->readers) * CELL_BOUND;
	b.dirty = DIRTY_BOUND;
	b.fixed = FIXED_BOUND;
	b.total = b.slabs + b.large + b.results + b.parsers + b.contents + b.decoders + b.cells +
		  b.dirty + b.fixed;
	return b;
}

void sl_progress_say_bound(const struct sl_engine *e)
{
	struct sl_memory_bound b = sl_progress_bound(e);
	sl_log_line(e->log, SL_LOG_INFO,
		"memory bound %.0f MB: slabs %.0f, large messages %.0f, results %.0f, parsers "
		"%.0f, known bodies %.0f, decoders %.0f, cells %.0f, store %.0f, tables %.0f",
		(double)b.total / MB, (double)b.slabs / MB, (double)b.large / MB,
		(double)b.results / MB, (double)b.parsers / MB, (double)b.contents / MB,
		(double)b.decoders / MB, (double)b.cells / MB, (double)b.dirty / MB,
		(double)b.fixed / MB);
}

/* ---- the last line ---- */

void sl_progress_say_end(const struct sl_engine *e, const struct sl_run_times *times, int code)
{
	const struct sl_counts *c = &e->counts;
	struct sl_buf line = sl_buf_make(1024);
	sl_buf_printf(&line,
		"%llu archives (%llu known), %llu messages: %llu new, %llu in other mails, ",
		(unsigned long long)c->archives, (unsigned long long)c->known,
		(unsigned long long)c->passed, (unsigned long long)c->messages,
		(unsigned long long)c->embedded);
	sl_buf_printf(&line, "%llu new sightings, %llu new variants; ",
		(unsigned long long)c->sightings, (unsigned long long)c->variants);
	if (c->rejects || c->unreadable || c->limited || e->plan->specials)
		sl_buf_printf(&line, "%llu rejects, %llu unreadable, %llu limited, %llu no files; ",
			(unsigned long long)c->rejects, (unsigned long long)c->unreadable,
			(unsigned long long)c->limited, (unsigned long long)e->plan->specials);
	if (c->crashed)
		sl_buf_printf(&line, "%llu crashed and are in quarantine; ",
			(unsigned long long)c->crashed);
	bool nothing = c->passed == 0 && c->known == 0;
	if (nothing)
		sl_buf_str(&line, "no mail found; ");
	sl_buf_printf(
		&line, "%.1f s, %.1f s CPU; feeds in %s", times->total, times->cpu, e->config->out);
	sl_log_line(e->log, code == SL_EXIT_CLEAN && !nothing ? SL_LOG_INFO : SL_LOG_WARN, "%s",
		line.p);
	sl_buf_free(&line);
}
