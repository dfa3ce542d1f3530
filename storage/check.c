/* SPDX-License-Identifier: Apache-2.0 */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINES_MAX = 1000 };

void sl_finding(
	struct sl_findings *findings, unsigned table, struct sl_span key, const char *format, ...)
{
	char text[256];
	va_list args;
	if (findings->n++ >= LINES_MAX)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	sl_buf_reset(&findings->line);
	sl_buf_printf(&findings->line, "%s ", sl_table_name(table));
	sl_buf_hex(&findings->line, key.p, key.n);
	sl_buf_printf(&findings->line, ": %s", text);
	findings->say(findings->arg, findings->line.p);
}

bool sl_findings_has(struct sl_findings *findings, unsigned table, const struct sl_key *key)
{
	struct sl_span value;
	struct sl_err err;
	return sl_txn_get(findings->view->txn, table, sl_key_span(key), &value, &err) == SL_OK;
}

static bool has_id(struct sl_findings *findings, unsigned table, const struct sl_id *id)
{
	struct sl_key key = sl_key_of_id(id);
	return sl_findings_has(findings, table, &key);
}

static struct sl_span id_span(const struct sl_id *id)
{
	return sl_span_of(id->b, sizeof(id->b));
}

/* ---- every row of every table ---- */

union any_row {
	struct sl_archive_row archive;
	struct sl_message_row message;
	struct sl_content content;
	struct sl_campaign_row campaign;
	struct sl_lineage_row lineage;
	struct sl_lookup_row lookup;
	struct sl_indicator_row indicator;
	struct sl_variant_row variant;
	struct sl_sighting_row sighting;
	struct sl_identity_row identity;
	struct sl_use_chunk uses;
	struct sl_face_row face;
};

static enum sl_rc check_rows(struct sl_findings *f, unsigned table, struct sl_err *err)
{
	struct sl_cursor *cursor;
	struct sl_span key, value;
	union any_row row;
	uint64_t n = 0, rows = sl_txn_table_size(f->view->txn, table).rows;
	sl_assert(sl_row_size(table) <= sizeof(row));
	enum sl_rc rc = sl_cursor_open(f->view->txn, table, SL_SPAN_NULL, &cursor, err);
	while (!rc && !(rc = sl_cursor_next(cursor, &key, &value, err))) {
		sl_arena_reset(f->arena);
		n++;
		if (!sl_row_decode(table, key, value, f->arena, &row))
			sl_finding(f, table, key, "cannot be read");
		else if (table == SL_TABLE_MESSAGES && !sl_id_is_zero(&row.message.face) &&
			 !has_id(f, SL_TABLE_FACES, &row.message.face))
			sl_finding(f, table, key, "its face is missing");
	}
	sl_cursor_close(&cursor);
	if (rc == SL_END && n != rows)
		sl_finding(f, table, SL_SPAN_NULL, "should have %llu rows, has %llu",
			(unsigned long long)rows, (unsigned long long)n);
	return rc == SL_END ? SL_OK : rc;
}

/* ---- messages and sightings ---- */

struct sum {
	uint64_t sightings, night;
	int64_t first, last;
};

static struct sum sum_sightings(struct sl_findings *f, const struct sl_id *message)
{
	struct sum sum = { .night = UINT64_MAX, .first = SL_TIME_NONE, .last = SL_TIME_NONE };
	struct sl_sighting_row row;
	struct sl_scan *scan = sl_scan_open(f->view, SL_TABLE_SIGHTINGS, id_span(message));
	while (sl_scan_next(scan, NULL, &row)) {
		sum.sightings++;
		sum.night = row.night < sum.night ? row.night : sum.night;
		sum.first = sl_time_first(sum.first, row.time);
		sum.last = sl_time_last(sum.last, row.time);
	}
	sl_scan_close(&scan);
	return sum;
}

static void check_message(struct sl_findings *f, const struct sl_message_row *row)
{
	const struct sl_message *m = &row->message;
	struct sl_span key = id_span(&m->key);
	struct sl_key member = sl_key_of_ids(&m->variant, &m->key);
	struct sum sum = sum_sightings(f, &m->key);
	if (sum.sightings != row->sightings)
		sl_finding(f, SL_TABLE_MESSAGES, key, "counts %llu sightings, there are %llu",
			(unsigned long long)row->sightings, (unsigned long long)sum.sightings);
	else if (sum.first != row->first || sum.last != row->last || sum.night != row->night)
		sl_finding(f, SL_TABLE_MESSAGES, key, "times are not those of its sightings");
	if (!has_id(f, SL_TABLE_CONTENTS, &m->content))
		sl_finding(f, SL_TABLE_MESSAGES, key, "its content is missing");
	if (!has_id(f, SL_TABLE_VARIANTS, &m->variant))
		sl_finding(f, SL_TABLE_MESSAGES, key, "its variant is missing");
	if (!sl_findings_has(f, SL_TABLE_MEMBERS, &member))
		sl_finding(f, SL_TABLE_MESSAGES, key, "is no member of its variant");
}

static void check_messages(struct sl_findings *f)
{
	struct sl_message_row row;
	struct sl_scan *scan = sl_scan_open(f->view, SL_TABLE_MESSAGES, SL_SPAN_NULL);
	while (sl_scan_next(scan, f->arena, &row)) {
		check_message(f, &row);
		sl_arena_reset(f->arena);
	}
	sl_scan_close(&scan);
}

static void check_sightings(struct sl_findings *f)
{
	struct sl_sighting_row row;
	struct sl_id message = { { 0 } }, archive = { { 0 } };
	struct sl_scan *scan = sl_scan_open(f->view, SL_TABLE_SIGHTINGS, SL_SPAN_NULL);
	while (sl_scan_next(scan, NULL, &row)) {
		if (!sl_id_eq(&row.message, &message) &&
			!has_id(f, SL_TABLE_MESSAGES, &row.message))
			sl_finding(f, SL_TABLE_SIGHTINGS, id_span(&row.message),
				"its message is missing");
		if (!sl_id_eq(&row.origin.archive, &archive) &&
			!has_id(f, SL_TABLE_ARCHIVES, &row.origin.archive))
			sl_finding(f, SL_TABLE_SIGHTINGS, id_span(&row.message),
				"its archive is missing");
		message = row.message;
		archive = row.origin.archive;
	}
	sl_scan_close(&scan);
}

/* ---- archives and files ---- */

static bool ranges_sorted(const struct sl_archive_row *row)
{
	for (size_t i = 1; i < row->n_done; i++)
		if (row->done[i].from <= row->done[i - 1].to)
			return false;
	return true;
}

static bool all_done(const struct sl_archive_row *row)
{
	if (row->messages == 0)
		return row->n_done == 0;
	return row->n_done == 1 && row->done[0].from == 0 && row->done[0].to == row->messages;
}

static bool names_sound(const struct sl_archive_row *row)
{
	bool met = row->n_names == 0 && row->name.n == 0;
	for (size_t i = 0; i < row->n_names; i++) {
		met = met || sl_span_eq(row->names[i], row->name);
		if (i && sl_span_cmp(row->names[i - 1], row->names[i]) >= 0)
			return false;
	}
	return met;
}

static void check_archives(struct sl_findings *f)
{
	struct sl_archive_row row;
	struct sl_scan *scan = sl_scan_open(f->view, SL_TABLE_ARCHIVES, SL_SPAN_NULL);
	while (sl_scan_next(scan, f->arena, &row)) {
		struct sl_span key = id_span(&row.key);
		if (!ranges_sorted(&row))
			sl_finding(f, SL_TABLE_ARCHIVES, key, "done ranges overlap");
		else if (row.complete && !all_done(&row))
			sl_finding(f, SL_TABLE_ARCHIVES, key,
				"is complete, but not all of its %llu messages are done",
				(unsigned long long)row.messages);
		if (!names_sound(&row))
			sl_finding(f, SL_TABLE_ARCHIVES, key, "names are not a sorted set");
		sl_arena_reset(f->arena);
	}
	sl_scan_close(&scan);
}

/* ---- campaigns ---- */

static void check_campaigns(struct sl_findings *f)
{
	struct sl_campaign_row row;
	struct sl_campaign_id id;
	struct sl_scan *scan = sl_scan_open(f->view, SL_TABLE_CAMPAIGNS, SL_SPAN_NULL);
	while (sl_scan_next(scan, f->arena, &row)) {
		struct sl_span key = sl_span_str(row.id.text);
		if (!sl_view_resolve(f->view, &row.id, &id))
			sl_finding(f, SL_TABLE_CAMPAIGNS, key, "leads to no living campaign");
		for (size_t i = 0; i < row.n_representatives; i++)
			if (!has_id(f, SL_TABLE_VARIANTS, &row.representatives[i]))
				sl_finding(f, SL_TABLE_CAMPAIGNS, key,
					"representative %zu is missing", i);
		sl_arena_reset(f->arena);
	}
	sl_scan_close(&scan);
}

static void check_assignments(struct sl_findings *f)
{
	struct sl_variant_row row;
	struct sl_scan *scan = sl_scan_open(f->view, SL_TABLE_VARIANTS, SL_SPAN_NULL);
	while (sl_scan_next(scan, NULL, &row)) {
		struct sl_campaign_id id;
		if (row.assigned && !sl_view_resolve(f->view, &row.campaign, &id))
			sl_finding(
				f, SL_TABLE_VARIANTS, id_span(&row.key), "its campaign is missing");
	}
	sl_scan_close(&scan);
}

static void check_lineage(struct sl_findings *f)
{
	struct sl_lineage_row row;
	uint64_t seq = 0;
	struct sl_scan *scan = sl_scan_open(f->view, SL_TABLE_LINEAGE, SL_SPAN_NULL);
	while (sl_scan_next(scan, f->arena, &row)) {
		struct sl_key key = sl_key_of_u64(row.seq);
		struct sl_key id = sl_key_of_campaign(&row.line.id);
		if (row.seq != seq)
			sl_finding(f, SL_TABLE_LINEAGE, sl_key_span(&key),
				"lines before it are missing");
		if (!sl_findings_has(f, SL_TABLE_CAMPAIGNS, &id))
			sl_finding(
				f, SL_TABLE_LINEAGE, sl_key_span(&key), "its campaign is missing");
		seq = row.seq + 1;
		sl_arena_reset(f->arena);
	}
	sl_scan_close(&scan);
}

/* A run that reads archives again was stopped: what its mails add up to is not there until the next
 * run has settled it (settle.c). */
static enum sl_rc find_waiting(struct sl_findings *f, bool *any_r, struct sl_err *err)
{
	struct sl_cursor *cursor;
	struct sl_span key, value;
	struct sl_redo_row row;
	*any_r = false;
	if (!sl_txn_has_table(f->view->txn, SL_TABLE_REDO))
		return SL_OK;
	enum sl_rc rc = sl_cursor_open(f->view->txn, SL_TABLE_REDO, SL_SPAN_NULL, &cursor, err);
	while (!rc && !*any_r && !(rc = sl_cursor_next(cursor, &key, &value, err)))
		*any_r = sl_row_decode(SL_TABLE_REDO, key, value, NULL, &row) &&
			 row.kind == SL_REDO_MESSAGE;
	sl_cursor_close(&cursor);
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc check_all(struct sl_findings *f, struct sl_err *err)
{
	bool waits = false;
	enum sl_rc rc = sl_txn_verify(f->view->txn, true, err);
	if (!rc)
		rc = find_waiting(f, &waits, err);
	for (unsigned table = 0; !rc && table < SL_TABLES_ALL; table++)
		if (table != SL_TABLE_META && sl_txn_has_table(f->view->txn, table))
			rc = check_rows(f, table, err);
	if (rc)
		return rc;
	if (!waits)
		check_messages(f);
	check_sightings(f);
	check_archives(f);
	check_campaigns(f);
	check_assignments(f);
	check_lineage(f);
	if (!waits)
		sl_findings_derived(f);
	if (f->n <= LINES_MAX)
		return f->n ? SL_WARN : SL_OK;
	sl_buf_reset(&f->line);
	sl_buf_printf(&f->line, "and %llu more", (unsigned long long)f->n - LINES_MAX);
	f->say(f->arg, f->line.p);
	return SL_WARN;
}

enum sl_rc sl_store_check(struct sl_store *store, void (*say)(void *arg, const char *line),
	void *arg, struct sl_err *err)
{
	struct sl_findings findings = { .store = store,
		.say = say,
		.arg = arg,
		.line = sl_buf_make(4096),
		.arena = sl_arena_new(0) };
	enum sl_rc rc = sl_view_open(store, false, &findings.view, err);
	if (!rc) {
		findings.view->lenient = true;
		rc = check_all(&findings, err);
	}
	sl_view_close(&findings.view);
	sl_arena_free(&findings.arena);
	sl_buf_free(&findings.line);
	return rc;
}
