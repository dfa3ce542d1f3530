/* SPDX-License-Identifier: Apache-2.0 */
/* rejects.c - rejects.jsonl: everything that could not be read, and why. */
#include "archive_names.h"
#include "feeds.h"
#include "field_rows.h"
#include "outdir.h"
#include "redact.h"

#include <stdlib.h>

struct told {
	const struct sl_redact *redact;
	struct sl_span archive;
	struct sl_reject_row row;
};

static void get_archive(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	*value_r = sl_value_free_text(sl_redact_text(t->redact, arena, t->archive));
}

static void get_entry(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	*value_r = sl_value_free_text(sl_redact_text(t->redact, arena, t->row.entry));
}

static void get_offset(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_number(t->row.offset);
}

static void get_reason(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_text(t->row.reason);
}

static void get_detail(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	*value_r = sl_value_free_text(sl_redact_text(t->redact, arena, t->row.detail));
}

static void get_night(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_number(t->row.night);
}

static const struct sl_field_row rows[] = {
	{ "schema", "number", 1, "version of this layout", NULL, sl_get_schema },
	{ "archive", "text", 1, "as in messages.jsonl", get_archive, NULL },
	{ "entry", "text", 1, "path inside, levels joined by `!`; empty: the archive itself",
		get_entry, NULL },
	{ "offset", "number", 1, "in the decompressed entry, or in the archive", get_offset, NULL },
	{ "reason", "name", 1, "`truncated bad-checksum encrypted limit-ratio` and others",
		get_reason, NULL },
	{ "detail", "text", 1, "words of the library, or empty", get_detail, NULL },
	{ "night", "number", 1, "serial of the run that met it first", get_night, NULL },
};

const struct sl_field_table sl_fields_rejects = { "rejects",
	"rejects.jsonl. Sorted by archive, entry, offset, reason, detail.", false, rows,
	SL_LEN(rows) };

static int by_place(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int order = sl_span_cmp(x->archive, y->archive);
	if (!order)
		order = sl_span_cmp(x->row.entry, y->row.entry);
	if (!order && x->row.offset != y->row.offset)
		return x->row.offset < y->row.offset ? -1 : 1;
	if (!order)
		order = sl_span_cmp(x->row.reason, y->row.reason);
	if (!order)
		order = sl_span_cmp(x->row.detail, y->row.detail);
	if (!order)
		order = (x->row.night > y->row.night) - (x->row.night < y->row.night);
	return order;
}

static struct told *collect(
	struct sl_view *view, const struct sl_redact *redact, struct sl_arena *arena, size_t *n_r)
{
	struct told *all = NULL;
	size_t n = 0, room = 0;
	struct sl_reject_row row;
	struct sl_names *archives = sl_names_new(view);
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_REJECTS, SL_SPAN_NULL);
	while (sl_scan_next(scan, arena, &row)) {
		struct told *told = SL_ARENA_PUSH(arena, all, n, room);
		told->redact = redact;
		told->archive = sl_arena_copy(arena, sl_names_of(archives, &row.archive));
		told->row = row;
	}
	sl_scan_close(&scan);
	sl_names_free(&archives);
	if (n)
		qsort(all, n, sizeof(*all), by_place);
	*n_r = n;
	return all;
}

static enum sl_rc write_rejects(
	const struct sl_feed_input *in, struct sl_outdir *out, struct sl_err *err)
{
	struct sl_outfile *file;
	enum sl_rc rc = sl_outfile_open(out, "rejects.jsonl", true, &file, err);
	if (rc != SL_OK)
		return rc;
	size_t n;
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_redact *redact = sl_redact_new(in->config);
	struct sl_buf line = sl_buf_make(SL_LINE_MAX);
	struct sl_json json = sl_json_make(&line);
	struct told *all = collect(in->view, redact, arena, &n);
	for (size_t i = 0; i < n; i++) {
		sl_rows_json(&json, &sl_fields_rejects, &all[i], arena);
		sl_json_line(&json);
		sl_outfile_take(file, &line);
	}
	sl_buf_free(&line);
	sl_redact_free(&redact);
	sl_arena_free(&arena);
	return sl_outfile_close(&file, err);
}

const struct sl_feed sl_feed_rejects = { "rejects",
	"rejects.jsonl: what could not be read, and why", true, write_rejects, true };
