/* SPDX-License-Identifier: Apache-2.0 */
#include "messagerow.h"
#include "store_inner.h"

#include <stdlib.h>

enum sl_rc sl_view_open(
	struct sl_store *store, bool writing, struct sl_view **view_r, struct sl_err *err)
{
	struct sl_view *view = sl_calloc(1, sizeof(*view));
	view->store = store;
	view->writing = writing;
	sl_assert(!writing || store->txn != NULL);
	*view_r = view;
	enum sl_rc rc = writing ? sl_store_flush(store, err)
				: sl_txn_begin(store->db, false, &view->txn, err);
	if (rc)
		sl_view_close(view_r);
	return rc;
}

void sl_view_close(struct sl_view **view)
{
	if (!*view)
		return;
	sl_txn_abort(&(*view)->txn);
	sl_arena_free(&(*view)->scratch);
	free(*view);
	*view = NULL;
}

uint64_t sl_view_damage(const struct sl_view *view)
{
	return view->damage;
}

static void met_damage(struct sl_view *view)
{
	if (!view->lenient)
		sl_db_end_damaged(view->store->db);
	view->damage++;
}

/* A view on a write transaction sees what still gathers in memory: merge that first. An error
 * sticks to the transaction, whose commit then fails. */
static struct sl_txn *txn_of(struct sl_view *view)
{
	struct sl_err err;
	if (!view->writing)
		return view->txn;
	sl_assert(view->store->txn != NULL);
	if (!sl_store_is_flushed(view->store) && sl_store_flush(view->store, &err))
		met_damage(view);
	return view->store->txn;
}

/* A message is not whole without its face. */
static bool read_face(struct sl_view *view, unsigned table, struct sl_arena *arena, void *row)
{
	struct sl_err err;
	if (table != SL_TABLE_MESSAGES ||
		sl_face_read(txn_of(view), row, arena, false, &err) == SL_OK)
		return true;
	met_damage(view);
	return false;
}

static bool read_row(struct sl_view *view, unsigned table, const struct sl_key *key,
	struct sl_arena *arena, void *row_r)
{
	struct sl_span value;
	struct sl_err err;
	enum sl_rc rc = sl_txn_get(txn_of(view), table, sl_key_span(key), &value, &err);
	if (rc == SL_OK && sl_row_decode(table, sl_key_span(key), value, arena, row_r))
		return read_face(view, table, arena, row_r);
	if (rc != SL_END)
		met_damage(view);
	return false;
}

/* What a row names must be there. */
static bool read_named(struct sl_view *view, unsigned table, const struct sl_id *id,
	struct sl_arena *arena, void *row_r)
{
	struct sl_key key = sl_key_of_id(id);
	if (read_row(view, table, &key, arena, row_r))
		return true;
	if (!view->lenient)
		met_damage(view);
	return false;
}

bool sl_view_archive(struct sl_view *view, const struct sl_id *key, struct sl_arena *arena,
	struct sl_archive_row *row_r)
{
	struct sl_key k = sl_key_of_id(key);
	return read_row(view, SL_TABLE_ARCHIVES, &k, arena, row_r);
}

bool sl_view_file(struct sl_view *view, const struct sl_file_stamp *stamp, struct sl_id *archive_r)
{
	struct sl_key k = sl_key_of_stamp(stamp);
	struct sl_file_row row;
	if (!read_row(view, SL_TABLE_FILES, &k, NULL, &row))
		return false;
	*archive_r = row.archive;
	return true;
}

bool sl_view_message(struct sl_view *view, const struct sl_id *key, struct sl_arena *arena,
	struct sl_message_row *row_r)
{
	return read_named(view, SL_TABLE_MESSAGES, key, arena, row_r);
}

bool sl_view_message_brief(struct sl_view *view, const struct sl_id *key, struct sl_arena *arena,
	struct sl_message_row *row_r)
{
	struct sl_key k = sl_key_of_id(key);
	struct sl_span value;
	struct sl_err err;
	enum sl_rc rc = sl_txn_get(txn_of(view), SL_TABLE_MESSAGES, sl_key_span(&k), &value, &err);
	if (rc == SL_OK && sl_row_message_brief(sl_key_span(&k), value, arena, row_r))
		return true;
	met_damage(view);
	return false;
}

bool sl_view_look(
	struct sl_view *view, const struct sl_message_row *row, struct sl_message *message_r)
{
	struct sl_key k = sl_key_of_id(&row->face);
	struct sl_span value;
	struct sl_err err;
	*message_r = row->message;
	if (sl_id_is_zero(&row->face))
		return true;
	enum sl_rc rc = sl_txn_get(txn_of(view), SL_TABLE_FACES, sl_key_span(&k), &value, &err);
	if (rc == SL_OK && sl_row_face_look(sl_key_span(&k), value, message_r))
		return true;
	met_damage(view);
	return false;
}

bool sl_view_content(struct sl_view *view, const struct sl_id *key, struct sl_arena *arena,
	struct sl_content *row_r)
{
	return read_named(view, SL_TABLE_CONTENTS, key, arena, row_r);
}

bool sl_view_variant(struct sl_view *view, const struct sl_id *key, struct sl_variant_row *row_r)
{
	struct sl_key k = sl_key_of_id(key);
	return read_row(view, SL_TABLE_VARIANTS, &k, NULL, row_r);
}

bool sl_view_indicator(
	struct sl_view *view, const struct sl_id *key, struct sl_indicator_row *row_r)
{
	return read_named(view, SL_TABLE_INDICATORS, key, NULL, row_r);
}

bool sl_view_campaign(struct sl_view *view, const struct sl_campaign_id *id, struct sl_arena *arena,
	struct sl_campaign_row *row_r)
{
	struct sl_key k = sl_key_of_campaign(id);
	return read_row(view, SL_TABLE_CAMPAIGNS, &k, arena, row_r);
}

bool sl_view_resolve(
	struct sl_view *view, const struct sl_campaign_id *id, struct sl_campaign_id *id_r)
{
	struct sl_campaign_id at = *id;
	uint64_t steps = sl_view_count(view, SL_TABLE_CAMPAIGNS);
	if (!view->scratch)
		view->scratch = sl_arena_new(0);
	/* more steps than campaigns: a circle, which only damage can make */
	for (; steps; steps--) {
		struct sl_campaign_row row;
		sl_arena_reset(view->scratch);
		if (!sl_view_campaign(view, &at, view->scratch, &row))
			return false;
		if (row.merged_into.text[0] == '\0') {
			*id_r = row.id;
			return true;
		}
		at = row.merged_into;
	}
	met_damage(view);
	return false;
}

bool sl_view_lookup(struct sl_view *view, const char *lookup, enum sl_kind kind,
	struct sl_span value, struct sl_arena *arena, struct sl_span *edition_r,
	struct sl_answer *answer_r)
{
	struct sl_key k = sl_key_of_lookup(sl_store_secret(view->store), lookup, kind, value);
	struct sl_lookup_row row;
	if (!read_row(view, SL_TABLE_LOOKUPS, &k, arena, &row) || !sl_span_eq(row.value, value))
		return false;
	*edition_r = row.edition;
	*answer_r = row.answer;
	return true;
}

bool sl_view_last_night(struct sl_view *view, struct sl_night_row *row_r)
{
	struct sl_span key, value;
	struct sl_err err;
	enum sl_rc rc = sl_txn_last(txn_of(view), SL_TABLE_NIGHTS, &key, &value, &err);
	if (rc == SL_OK && sl_row_decode(SL_TABLE_NIGHTS, key, value, NULL, row_r))
		return true;
	if (rc != SL_END)
		met_damage(view);
	return false;
}

uint64_t sl_view_count(struct sl_view *view, enum sl_table table)
{
	sl_assert(table < SL_TABLES && table != SL_TABLE_SIGHTINGS);
	return sl_txn_table_size(txn_of(view), table).rows;
}

/* ---- scans ---- */

struct sl_scan {
	struct sl_view *view;
	struct sl_cursor *cursor; /* NULL: nothing to walk */
	struct sl_cursor *homes;  /* of messages, whose homes come first; or NULL */
	bool brief;               /* messages without their faces */
	bool has_home;            /* of one message: the next one that is given */
	struct sl_sighting_row home;
	enum sl_table table;
	uint64_t rows;             /* that were met */
	struct sl_arena *arena;    /* owned; of a row that holds many uses */
	struct sl_use_chunk chunk; /* the row */
	size_t use;                /* of them that is given next */
	size_t n;
	char prefix[SL_DB_KEY_MAX];
};

/* A row whose key was damaged stands outside of the prefix that it belongs to, most likely beside
 * it. So the rows before and behind it must be sound, too. */
static void must_be_sound(struct sl_scan *scan, struct sl_span key, struct sl_span value)
{
	struct sl_span fields;
	if (!sl_row_open(scan->table, key, value, &fields))
		met_damage(scan->view);
}

static void look_before(struct sl_scan *scan)
{
	struct sl_span key, value;
	struct sl_err err;
	enum sl_rc rc = sl_cursor_before(scan->cursor, &key, &value, &err);
	if (rc == SL_OK)
		must_be_sound(scan, key, value);
	else if (rc == SL_FATAL)
		met_damage(scan->view);
}

/* The home of one message. True: there are no other places. */
static bool find_home(struct sl_scan *scan, struct sl_span key)
{
	struct sl_message_row row;
	struct sl_span value;
	struct sl_err err;
	enum sl_rc rc = sl_txn_get(txn_of(scan->view), SL_TABLE_MESSAGES, key, &value, &err);
	if (rc == SL_END)
		return false;
	if (rc || !sl_row_message_head(key, value, &row)) {
		met_damage(scan->view);
		return false;
	}
	scan->has_home = row.has_home;
	scan->home = row.home;
	return row.has_home && row.sightings == 1;
}

static void find_homes(struct sl_scan *scan)
{
	struct sl_err err;
	if (sl_cursor_open(txn_of(scan->view), SL_TABLE_MESSAGES, SL_SPAN_NULL, &scan->homes, &err))
		met_damage(scan->view);
}

static bool next_home(struct sl_scan *scan, struct sl_sighting_row *row_r)
{
	struct sl_message_row row;
	struct sl_span key, value;
	struct sl_err err;
	enum sl_rc rc = SL_END;
	if (scan->has_home) {
		scan->has_home = false;
		*row_r = scan->home;
		return true;
	}
	while (scan->homes && !(rc = sl_cursor_next(scan->homes, &key, &value, &err))) {
		bool sound = sl_row_message_head(key, value, &row);
		*row_r = row.home;
		if (sound && row.has_home)
			return true;
		if (!sound)
			met_damage(scan->view);
	}
	if (rc == SL_FATAL)
		met_damage(scan->view);
	sl_cursor_close(&scan->homes);
	return false;
}

struct sl_scan *sl_scan_open(struct sl_view *view, enum sl_table table, struct sl_span prefix)
{
	struct sl_scan *scan = sl_calloc(1, sizeof(*scan));
	struct sl_err err;
	sl_assert(table < SL_TABLES);
	scan->view = view;
	scan->table = table;
	if (prefix.n > sizeof(scan->prefix))
		return scan; /* longer than any key */
	scan->n = prefix.n;
	if (prefix.n)
		memcpy(scan->prefix, prefix.p, prefix.n);
	if (table == SL_TABLE_SIGHTINGS && prefix.n == 0)
		find_homes(scan);
	else if (table == SL_TABLE_SIGHTINGS && find_home(scan, prefix) && !view->lenient)
		return scan;
	if (sl_cursor_open(txn_of(view), table, prefix, &scan->cursor, &err))
		met_damage(view);
	else if (prefix.n && !view->lenient)
		look_before(scan);
	return scan;
}

struct sl_scan *sl_scan_open_brief(struct sl_view *view)
{
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_MESSAGES, SL_SPAN_NULL);
	scan->brief = true;
	return scan;
}

static bool decode_row(struct sl_scan *scan, struct sl_span key, struct sl_span value,
	struct sl_arena *arena, void *row_r)
{
	return scan->brief ? sl_row_message_brief(key, value, arena, row_r)
			   : sl_row_decode(scan->table, key, value, arena, row_r);
}

static bool next_row(struct sl_scan *scan, struct sl_arena *arena, void *row_r)
{
	struct sl_span key, value, prefix = sl_span_of(scan->prefix, scan->n);
	struct sl_err err;
	enum sl_rc rc = SL_END;
	while (scan->cursor && !(rc = sl_cursor_next(scan->cursor, &key, &value, &err))) {
		if (!sl_span_starts(key, prefix)) {
			if (!scan->view->lenient)
				must_be_sound(scan, key, value);
			return false;
		}
		scan->rows++;
		if (!decode_row(scan, key, value, arena, row_r))
			met_damage(scan->view);
		else if (scan->brief || read_face(scan->view, scan->table, arena, row_r))
			return true;
	}
	if (rc == SL_FATAL)
		met_damage(scan->view);
	return false;
}

/* Out of rows that hold many. */
static bool next_use(struct sl_scan *scan, struct sl_use_row *row_r)
{
	if (!scan->arena)
		scan->arena = sl_arena_new(0);
	while (scan->use == scan->chunk.n) {
		sl_arena_reset(scan->arena);
		scan->use = scan->chunk.n = 0;
		if (!next_row(scan, scan->arena, &scan->chunk))
			return false;
	}
	*row_r = scan->chunk.uses[scan->use++];
	return true;
}

bool sl_scan_next(struct sl_scan *scan, struct sl_arena *arena, void *row_r)
{
	if (scan->table == SL_TABLE_USES)
		return next_use(scan, row_r);
	if (scan->table == SL_TABLE_SIGHTINGS && next_home(scan, row_r))
		return true;
	return next_row(scan, arena, row_r);
}

void sl_scan_close(struct sl_scan **scan)
{
	if (!*scan)
		return;
	sl_arena_free(&(*scan)->arena);
	sl_cursor_close(&(*scan)->cursor);
	sl_cursor_close(&(*scan)->homes);
	free(*scan);
	*scan = NULL;
}
