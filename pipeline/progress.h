/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h - what a run says of itself: the progress line, the last line, run.json. */
#ifndef SL_PROGRESS_H
#define SL_PROGRESS_H

#include "engine.h"
#include "feed.h"

struct sl_progress;

struct sl_progress *sl_progress_new(const struct sl_engine *engine);
/* Draw the line on a terminal, at most twice a second. */
void sl_progress_draw(struct sl_progress *progress);
void sl_progress_free(struct sl_progress **progress);

struct sl_run_times {
	double reading, total, cpu; /* seconds */
};

/* The most memory that this run takes, term by term, in bytes (docs/ARCHITECTURE.md). */
struct sl_memory_bound {
	uint64_t slabs, large, results, parsers, contents, decoders, cells, dirty, fixed, total;
};
struct sl_memory_bound sl_progress_bound(const struct sl_engine *engine);
void sl_progress_say_bound(const struct sl_engine *engine);
/* One calm line: what was read, what is new, what was wrong. */
void sl_progress_say_end(
	const struct sl_engine *engine, const struct sl_run_times *times, int code);
/* OUT/run.json: this process; outside the manifest and every comparison. */
enum sl_rc sl_progress_write_run_json(const struct sl_engine *engine,
	const struct sl_run_times *times, int code, struct sl_outdir *out, struct sl_err *err);

#endif
