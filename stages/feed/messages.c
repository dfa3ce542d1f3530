/* SPDX-License-Identifier: Apache-2.0 */
/* messages.c - messages.jsonl: one object for each distinct message, by id.
 *
 * The store has messages by their seeded key, so ids are collected and sorted first, in passes of
 * about a million messages: memory stays at 32 MB, however many there are. Each message then costs
 * a handful of reads.
 */
#include "archive_names.h"
#include "feeds.h"
#include "message_rows.h"
#include "outdir.h"
#include "tally.h"

#include "storage/store.h"

#include <stdlib.h>

enum { PASS = 1000000 };

struct named {
	struct sl_id id, key;
};

struct writing {
	const struct sl_feed_input *in;
	struct sl_outfile *file;
	struct sl_redact *redact;
	struct sl_names *archives;
	struct sl_arena *scratch;
	struct sl_buf line;
	struct named *items;
	size_t n, room;
};

static int by_id(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	return sl_id_cmp(&x->id, &y->id);
}

/* The pass that an id belongs to: ids are evenly spread, passes are ranges of them. */
static uint64_t pass_of(const struct sl_id *id, uint64_t passes)
{
	uint64_t top = (uint64_t)id->b[0] << 24 | (uint64_t)id->b[1] << 16 |
		       (uint64_t)id->b[2] << 8 | id->b[3];
	return top * passes >> 32;
}

static void collect(struct writing *w, uint64_t pass, uint64_t passes)
{
	struct sl_message_row row;
	struct sl_scan *scan = sl_scan_open_brief(w->in->view);
	w->n = 0;
	while (sl_scan_next(scan, w->scratch, &row)) {
		bool mine = pass_of(&row.message.id, passes) == pass &&
			    sl_in_period(w->in->config, row.first, row.last);
		if (mine && w->n == w->room) {
			w->room = w->room ? w->room * 2 : 1024;
			w->items = sl_realloc(w->items, w->room * sizeof(*w->items));
		}
		if (mine)
			w->items[w->n++] = (struct named){ row.message.id, row.message.key };
		sl_arena_reset(w->scratch);
	}
	sl_scan_close(&scan);
	if (w->n)
		qsort(w->items, w->n, sizeof(*w->items), by_id);
}

/* Order of sightings: night, printed archive name, entry, ordinal; the rest breaks ties. */
static int sighting_order(const struct sl_sighting_row *x, struct sl_span x_archive,
	const struct sl_sighting_row *y, struct sl_span y_archive)
{
	if (x->night != y->night)
		return x->night < y->night ? -1 : 1;
	int order = sl_span_cmp(x_archive, y_archive);
	if (!order)
		order = sl_span_cmp(x->origin.entry, y->origin.entry);
	if (order)
		return order;
	if (x->origin.ordinal != y->origin.ordinal)
		return x->origin.ordinal < y->origin.ordinal ? -1 : 1;
	if (x->origin.offset != y->origin.offset)
		return x->origin.offset < y->origin.offset ? -1 : 1;
	return 0;
}

static void find_origin(struct writing *w, const struct sl_id *key, struct sl_told_message *told)
{
	struct sl_sighting_row row, best = { 0 };
	struct sl_span archive = SL_SPAN_NULL;
	bool any = false;
	struct sl_scan *scan =
		sl_scan_open(w->in->view, SL_TABLE_SIGHTINGS, sl_span_of(key, sizeof(*key)));
	while (sl_scan_next(scan, w->scratch, &row)) {
		struct sl_span name = sl_names_of(w->archives, &row.origin.archive);
		if (any && sighting_order(&best, archive, &row, name) <= 0)
			continue;
		best = row;
		archive = name;
		any = true;
	}
	sl_scan_close(&scan);
	if (!any)
		return;
	told->archive = archive;
	told->entry = best.origin.entry;
	told->ordinal = best.origin.ordinal;
	told->offset = best.origin.offset;
	told->length = best.origin.length;
}

static void tell_variant(struct writing *w, const struct sl_message *message,
	struct sl_told_message *told, struct sl_campaign_id *id)
{
	struct sl_variant_row variant;
	told->with_sha256 = w->in->config->sha256_all && message->sha256_asked;
	if (!sl_view_variant(w->in->view, &message->variant, &variant))
		return;
	told->with_sha256 |= sl_id_eq(&variant.exemplar, &message->key);
	if (variant.assigned && sl_view_resolve(w->in->view, &variant.campaign, id))
		told->campaign = sl_span_str(id->text);
}

static void write_message(struct writing *w, const struct named *named)
{
	struct sl_message_row row;
	struct sl_content content;
	struct sl_campaign_id id;
	struct sl_view *view = w->in->view;
	if (!sl_view_message(view, &named->key, w->scratch, &row) ||
		!sl_view_content(view, &row.message.content, w->scratch, &content))
		return;
	struct sl_told_message told = { .tables = w->in->tables,
		.config = w->in->config,
		.redact = w->redact,
		.message = &row.message,
		.content = &content,
		.sightings = row.sightings };
	find_origin(w, &named->key, &told);
	tell_variant(w, &row.message, &told, &id);
	struct sl_json json = sl_json_make(&w->line);
	sl_rows_json(&json, &sl_fields_messages, &told, w->scratch);
	sl_json_line(&json);
	sl_outfile_take(w->file, &w->line);
}

static void write_all(struct writing *w)
{
	uint64_t passes = sl_view_count(w->in->view, SL_TABLE_MESSAGES) / PASS + 1;
	for (uint64_t pass = 0; pass < passes; pass++) {
		collect(w, pass, passes);
		for (size_t i = 0; i < w->n; i++) {
			write_message(w, &w->items[i]);
			sl_arena_reset(w->scratch);
		}
	}
}

static enum sl_rc write_messages(
	const struct sl_feed_input *in, struct sl_outdir *out, struct sl_err *err)
{
	struct writing w = { .in = in, .line = sl_buf_make(SL_LINE_MAX) };
	enum sl_rc rc = sl_outfile_open(out, "messages.jsonl", true, &w.file, err);
	if (rc != SL_OK)
		return rc;
	w.scratch = sl_arena_new(0);
	w.redact = sl_redact_new(in->config);
	w.archives = sl_names_new(in->view);
	write_all(&w);
	sl_names_free(&w.archives);
	sl_redact_free(&w.redact);
	sl_arena_free(&w.scratch);
	sl_buf_free(&w.line);
	free(w.items);
	if (sl_view_damage(in->view)) {
		sl_outfile_abort(&w.file);
		return sl_err_set(err, SL_EXIT_IOERR,
			"the store has rows that cannot be read; see `spamloom check`");
	}
	return sl_outfile_close(&w.file, err);
}

const struct sl_feed sl_feed_messages = { "messages",
	"messages.jsonl: one object for each distinct message", false, write_messages, true };
