/* SPDX-License-Identifier: Apache-2.0 */
/* runjson.c - OUT/run.json: what this process did, took and found wrong. */
#include "base/json.h"
#include "progress.h"

#include <sys/resource.h>

enum { RUN_JSON_MAX = 1 << 20 };

static void put(struct sl_json *json, const char *key, uint64_t value)
{
	sl_json_key(json, key);
	sl_json_u64(json, value);
}

static uint64_t milliseconds(double seconds)
{
	return seconds > 0 ? (uint64_t)(seconds * 1000) : 0;
}

static void put_memory(const struct sl_engine *e, struct sl_json *json)
{
	struct rusage usage;
	struct sl_memory_bound b = sl_progress_bound(e);
	getrusage(RUSAGE_SELF, &usage);
	sl_json_key(json, "memory");
	sl_json_object(json);
	put(json, "peak_rss", (uint64_t)usage.ru_maxrss * 1024);
	put(json, "bound", b.total);
	put(json, "bound_slabs", b.slabs);
	put(json, "bound_large_messages", b.large);
	put(json, "bound_results", b.results);
	put(json, "bound_parsers", b.parsers);
	put(json, "bound_contents", b.contents);
	put(json, "bound_decoders", b.decoders);
	put(json, "bound_cells", b.cells);
	put(json, "bound_store", b.dirty);
	put(json, "bound_tables", b.fixed);
	sl_json_object_end(json);
}

static void put_counts(const struct sl_engine *e, struct sl_json *json)
{
	const struct sl_counts *c = &e->counts;
	sl_json_key(json, "counts");
	sl_json_object(json);
	put(json, "inputs", e->plan->n);
	put(json, "archives", c->archives);
	put(json, "known_archives", c->known);
	put(json, "unreadable", c->unreadable);
	put(json, "no_files", e->plan->specials);
	put(json, "rejects", c->rejects);
	put(json, "messages_read", c->passed);
	put(json, "new_messages", c->messages);
	put(json, "new_embedded", c->embedded);
	put(json, "new_sightings", c->sightings);
	put(json, "new_variants", c->variants);
	put(json, "limited", c->limited);
	put(json, "crashed", c->crashed);
	put(json, "cells_died", c->respawns);
	put(json, "message_bytes", c->message_bytes);
	put(json, "commits", c->commits);
	sl_json_object_end(json);
}

static void put_members(const struct sl_engine *e, struct sl_json *json)
{
	uint64_t members[SL_MEMBERS] = { 0 };
	for (size_t i = 0; i < e->plan->n; i++)
		for (size_t k = 0; k < SL_MEMBERS; k++)
			members[k] += e->plan->inputs[i].members[k];
	sl_json_key(json, "members");
	sl_json_object(json);
	for (size_t k = 0; k < SL_MEMBERS; k++)
		put(json, sl_member_name((enum sl_member)k), members[k]);
	sl_json_object_end(json);
}

static void put_stages(const struct sl_engine *e, struct sl_json *json)
{
	sl_json_key(json, "stage_ms");
	sl_json_object(json);
	for (size_t i = 0; sl_mill_stage_name(i); i++)
		put(json, sl_mill_stage_name(i), e->work.stage_ns[i] / 1000000);
	sl_json_object_end(json);
}

static void put_contents(const struct sl_engine *e, struct sl_json *json)
{
	sl_json_key(json, "bodies");
	sl_json_object(json);
	put(json, "known", e->work.known);
	put(json, "learned", e->work.learned);
	sl_json_object_end(json);
}

static void put_held(const struct sl_outdir *out, struct sl_json *json)
{
	const struct sl_held *held;
	size_t n = sl_feeds_held(out, &held);
	sl_json_key(json, "held");
	sl_json_array(json);
	for (size_t i = 0; i < n; i++)
		sl_json_str(json, held[i].feed);
	sl_json_array_end(json);
}

enum sl_rc sl_progress_write_run_json(const struct sl_engine *e, const struct sl_run_times *times,
	int code, struct sl_outdir *out, struct sl_err *err)
{
	struct sl_outfile *file;
	char sandbox[SL_SANDBOX_TEXT];
	struct sl_buf text = sl_buf_make(RUN_JSON_MAX);
	struct sl_json json = sl_json_make(&text);
	sl_json_object(&json);
	put(&json, "schema", 1);
	sl_json_key(&json, "version");
	sl_json_str(&json, SL_VERSION);
	put(&json, "exit_code", (uint64_t)code);
	put(&json, "workers", e->workers);
	put(&json, "readers", e->readers);
	sl_json_key(&json, "isolation");
	sl_json_str(&json, e->config->isolation_process ? "process" : "thread");
	sl_sandbox_text(&e->sandbox, sandbox);
	sl_json_key(&json, "sandbox");
	sl_json_str(&json, sandbox);
	put(&json, "reading_ms", milliseconds(times->reading));
	put(&json, "total_ms", milliseconds(times->total));
	put(&json, "cpu_ms", milliseconds(times->cpu));
	put_counts(e, &json);
	put_members(e, &json);
	put_stages(e, &json);
	put_contents(e, &json);
	put_memory(e, &json);
	put_held(out, &json);
	sl_json_object_end(&json);
	sl_json_line(&json);
	enum sl_rc rc = sl_outfile_open(out, "run.json", false, &file, err);
	if (rc == SL_OK) {
		sl_outfile_add(file, sl_buf_span(&text));
		rc = sl_outfile_close(&file, err);
	}
	sl_buf_free(&text);
	return rc;
}
