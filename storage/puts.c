/* SPDX-License-Identifier: Apache-2.0 */
#include "undo.h"

#include <stdlib.h>

enum { REPRESENTATIVES_MAX = 8 };

/* ---- archives ---- */

/* The row as it is, or a new one; done ranges that wait are merged first. Rows are in the work
 * arena. */
static enum sl_rc load_archive(struct sl_store *store, const struct sl_id *id,
	struct sl_archive_row *row_r, bool *new_r, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(id);
	enum sl_rc rc = sl_store_flush_done(store, err);
	sl_arena_reset(store->work);
	if (!rc)
		rc = sl_store_get(store, SL_TABLE_ARCHIVES, &key, store->work, row_r, err);
	*new_r = rc == SL_END;
	if (rc != SL_END)
		return rc;
	*row_r = (struct sl_archive_row){ .key = *id };
	return SL_OK;
}

static enum sl_rc save_archive(
	struct sl_store *store, const struct sl_archive_row *row, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(&row->key);
	return sl_store_put(store, SL_TABLE_ARCHIVES, &key, row, err);
}

/* Into the sorted set of names. */
static void add_name(struct sl_arena *arena, struct sl_archive_row *row, struct sl_span name)
{
	size_t at = 0;
	while (at < row->n_names && sl_span_cmp(row->names[at], name) < 0)
		at++;
	if (at < row->n_names && sl_span_eq(row->names[at], name))
		return;
	struct sl_span *names = sl_arena_alloc(arena, (row->n_names + 1) * sizeof(*names));
	for (size_t i = 0; i < row->n_names; i++)
		names[i < at ? i : i + 1] = row->names[i];
	names[at] = name;
	row->names = names;
	row->n_names++;
}

/* The oldest version that read any of it; a finished archive keeps what it was read by. */
static uint32_t merge_version(uint32_t old, uint32_t given)
{
	return old == 0 || given < old ? given : old;
}

enum sl_rc sl_store_put_archive(struct sl_store *store, uint64_t night, const struct sl_id *key,
	struct sl_span name, uint64_t size, uint32_t source_version, uint32_t parse_version,
	struct sl_err *err)
{
	struct sl_archive_row row;
	bool fresh;
	enum sl_rc rc = load_archive(store, key, &row, &fresh, err);
	if (rc)
		return rc;
	bool first_night = row.n_names == 0 || night < row.name_night;
	if (first_night || (night == row.name_night && sl_span_cmp(name, row.name) < 0)) {
		row.name = name;
		row.name_night = night;
	}
	add_name(store->work, &row, name);
	row.size = size;
	if (!row.complete) {
		row.source_version = merge_version(row.source_version, source_version);
		row.parse_version = merge_version(row.parse_version, parse_version);
	}
	return save_archive(store, &row, err);
}

enum sl_rc sl_store_finish_archive(
	struct sl_store *store, const struct sl_archive_row *totals, struct sl_err *err)
{
	struct sl_archive_row row;
	bool fresh;
	enum sl_rc rc = load_archive(store, &totals->key, &row, &fresh, err);
	if (rc)
		return rc;
	row.complete = true;
	row.damaged = totals->damaged;
	row.messages = totals->messages;
	row.bytes = totals->bytes;
	memcpy(row.members, totals->members, sizeof(row.members));
	row.rejects = totals->rejects;
	return save_archive(store, &row, err);
}

enum sl_rc sl_store_mark_limited(
	struct sl_store *store, const struct sl_id *key, struct sl_err *err)
{
	struct sl_archive_row row;
	bool fresh;
	enum sl_rc rc = load_archive(store, key, &row, &fresh, err);
	sl_assert(rc || !fresh);
	if (rc || row.limited)
		return rc;
	row.limited = true;
	return save_archive(store, &row, err);
}

enum sl_rc sl_store_put_crashes(struct sl_store *store, const struct sl_id *archive,
	uint64_t crashed, uint64_t in_a_row, bool set_aside, struct sl_err *err)
{
	struct sl_archive_row row;
	bool fresh;
	enum sl_rc rc = load_archive(store, archive, &row, &fresh, err);
	sl_assert(rc || !fresh);
	sl_assert(in_a_row <= crashed);
	if (rc)
		return rc;
	row.crashed = crashed;
	row.in_a_row = in_a_row;
	row.set_aside = set_aside;
	return save_archive(store, &row, err);
}

enum sl_rc sl_store_reopen_archive(
	struct sl_store *store, const struct sl_id *key, struct sl_err *err)
{
	struct sl_archive_row row;
	bool fresh;
	enum sl_rc rc = load_archive(store, key, &row, &fresh, err);
	if (rc || fresh)
		return rc;
	row.done = NULL;
	row.n_done = 0;
	row.complete = false;
	row.crashed = row.in_a_row = 0;
	row.set_aside = false;
	row.round++;
	row.source_version = row.parse_version = 0;
	store->round_known = false;
	struct sl_key redo_key = sl_key_of_id(key);
	struct sl_redo_row redo = { .id = *key, .kind = SL_REDO_ARCHIVE };
	rc = sl_store_put(store, SL_TABLE_REDO, &redo_key, &redo, err);
	return rc ? rc : save_archive(store, &row, err);
}

enum sl_rc sl_store_put_reject(
	struct sl_store *store, const struct sl_reject_row *reject, struct sl_err *err)
{
	struct sl_key key = sl_key_of_reject(&store->secret, reject);
	struct sl_reject_row stored;
	sl_arena_reset(store->work);
	enum sl_rc rc = sl_store_get(store, SL_TABLE_REJECTS, &key, store->work, &stored, err);
	if (rc == SL_FATAL || (rc == SL_OK && stored.night <= reject->night))
		return rc;
	return sl_store_put(store, SL_TABLE_REJECTS, &key, reject, err);
}

enum sl_rc sl_store_put_file(struct sl_store *store, const struct sl_file_stamp *stamp,
	const struct sl_id *archive, struct sl_err *err)
{
	struct sl_key key = sl_key_of_stamp(stamp);
	struct sl_file_row row = { .stamp = *stamp, .archive = *archive };
	return sl_store_put(store, SL_TABLE_FILES, &key, &row, err);
}

/* ---- phases ---- */

enum sl_rc sl_store_put_night(
	struct sl_store *store, const struct sl_night_row *night, struct sl_err *err)
{
	struct sl_key key = sl_key_of_u64(night->serial);
	struct sl_span value;
	sl_assert(store->txn != NULL);
	enum sl_rc rc = sl_txn_get(store->txn, SL_TABLE_NIGHTS, sl_key_span(&key), &value, err);
	if (rc == SL_END)
		rc = sl_undo_begin(store, night->serial, err);
	if (rc)
		return sl_store_note(store, rc, err);
	return sl_store_put(store, SL_TABLE_NIGHTS, &key, night, err);
}

enum sl_rc sl_store_put_campaign(
	struct sl_store *store, const struct sl_campaign_row *campaign, struct sl_err *err)
{
	struct sl_key key = sl_key_of_campaign(&campaign->id);
	sl_assert(key.n > 0 && key.n < SL_CAMPAIGN_ID);
	sl_assert(campaign->n_representatives <= REPRESENTATIVES_MAX);
	enum sl_rc rc = sl_undo_keep(store, SL_TABLE_CAMPAIGNS, &key, err);
	return rc ? rc : sl_store_put(store, SL_TABLE_CAMPAIGNS, &key, campaign, err);
}

enum sl_rc sl_store_assign(
	struct sl_store *store, const struct sl_variant_row *variant, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(&variant->key);
	struct sl_variant_row row;
	enum sl_rc rc = sl_store_is_flushed(store) ? SL_OK : sl_store_flush(store, err);
	sl_arena_reset(store->work);
	if (!rc)
		rc = sl_store_get(store, SL_TABLE_VARIANTS, &key, store->work, &row, err);
	sl_assert(rc != SL_END);
	if (rc)
		return rc;
	row.assigned = variant->assigned;
	row.campaign = variant->campaign;
	row.evidence = variant->evidence;
	row.score = variant->score;
	row.partner = variant->partner;
	return sl_store_put(store, SL_TABLE_VARIANTS, &key, &row, err);
}

enum sl_rc sl_store_put_lineage(
	struct sl_store *store, const struct sl_lineage_row *lineage, struct sl_err *err)
{
	struct sl_lineage_row row = *lineage;
	struct sl_span last, value;
	sl_assert(store->txn != NULL);
	enum sl_rc rc = sl_txn_last(store->txn, SL_TABLE_LINEAGE, &last, &value, err);
	if (rc == SL_FATAL)
		return sl_store_note(store, rc, err);
	row.seq = 0;
	if (rc == SL_OK && sl_key_take_u64(&last, &row.seq))
		row.seq++;
	struct sl_key key = sl_key_of_u64(row.seq);
	rc = sl_undo_keep(store, SL_TABLE_LINEAGE, &key, err);
	return rc ? rc : sl_store_put(store, SL_TABLE_LINEAGE, &key, &row, err);
}

enum sl_rc sl_store_put_lookup(struct sl_store *store, const char *lookup, enum sl_kind kind,
	struct sl_span value, struct sl_span edition, const struct sl_answer *answer,
	struct sl_err *err)
{
	struct sl_key key = sl_key_of_lookup(&store->secret, lookup, kind, value);
	struct sl_lookup_row row = { .kind = kind,
		.name = sl_span_str(lookup),
		.value = value,
		.edition = edition,
		.answer = *answer };
	return sl_store_put(store, SL_TABLE_LOOKUPS, &key, &row, err);
}
