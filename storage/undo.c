/* SPDX-License-Identifier: Apache-2.0 */
#include "undo.h"

#include "rowwalk.h"

/* 0: there is none. */
static enum sl_rc last_night(struct sl_store *store, uint64_t *serial_r, struct sl_err *err)
{
	struct sl_span key, value;
	enum sl_rc rc = sl_txn_last(store->txn, SL_TABLE_NIGHTS, &key, &value, err);
	*serial_r = 0;
	if (rc == SL_OK && !sl_key_take_u64(&key, serial_r))
		rc = sl_store_damaged(store, SL_TABLE_NIGHTS, err);
	return sl_store_note(store, rc == SL_END ? SL_OK : rc, err);
}

static enum sl_rc keep(struct sl_store *store, uint64_t night, unsigned table,
	const struct sl_key *key, struct sl_err *err)
{
	struct sl_key undo_key = sl_key_of_undo(night, table, sl_key_span(key));
	struct sl_undo_row row = { .night = night };
	struct sl_span value, old;
	enum sl_rc rc = sl_txn_get(store->txn, table, sl_key_span(key), &value, err);
	if (rc == SL_FATAL)
		return sl_store_note(store, rc, err);
	row.existed = rc == SL_OK;
	row.value = row.existed ? sl_arena_copy(store->work, value) : SL_SPAN_NULL;
	rc = sl_store_put_new(store, SL_TABLE_UNDO, &undo_key, &row, &old, err);
	return rc == SL_END ? SL_OK : rc;
}

enum sl_rc sl_undo_keep(
	struct sl_store *store, unsigned table, const struct sl_key *key, struct sl_err *err)
{
	uint64_t night;
	sl_assert(table < SL_TABLES && store->txn != NULL);
	sl_arena_reset(store->work);
	enum sl_rc rc = last_night(store, &night, err);
	if (rc || night == 0)
		return rc;
	return keep(store, night, table, key, err);
}

enum sl_rc sl_undo_drop(struct sl_store *store, uint64_t from, uint64_t to, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(store, SL_TABLE_UNDO);
	struct sl_undo_row row;
	enum sl_rc rc;
	walk.key = sl_key_of_u64(from);
	while (!(rc = sl_walk_next(&walk, &row, err)) && row.night <= to)
		if ((rc = sl_walk_delete(&walk, err)))
			break;
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

enum sl_rc sl_undo_begin(struct sl_store *store, uint64_t night, struct sl_err *err)
{
	struct sl_key key = sl_key_of_u64(night);
	sl_arena_reset(store->work);
	enum sl_rc rc = keep(store, night, SL_TABLE_NIGHTS, &key, err);
	if (rc || night <= SL_UNDO_NIGHTS)
		return rc;
	return sl_undo_drop(store, 0, night - SL_UNDO_NIGHTS, err);
}

enum sl_rc sl_undo_is_whole(
	struct sl_store *store, uint64_t night, bool *whole_r, struct sl_err *err)
{
	struct sl_key key = sl_key_of_u64(night);
	struct sl_key undo_key = sl_key_of_undo(night, SL_TABLE_NIGHTS, sl_key_span(&key));
	struct sl_span value;
	uint64_t last;
	*whole_r = false;
	enum sl_rc rc = last_night(store, &last, err);
	if (rc || last != night)
		return rc;
	rc = sl_txn_get(store->txn, SL_TABLE_UNDO, sl_key_span(&undo_key), &value, err);
	*whole_r = rc == SL_OK;
	return sl_store_note(store, rc == SL_END ? SL_OK : rc, err);
}

static enum sl_rc put_back(
	struct sl_store *store, const struct sl_undo_row *row, struct sl_err *err)
{
	struct sl_key key = { .n = 0 };
	sl_key_add(&key, row->key);
	if (!row->existed)
		return sl_store_delete(store, row->table, &key, err);
	return sl_store_note(
		store, sl_txn_put(store->txn, row->table, row->key, row->value, err), err);
}

enum sl_rc sl_undo_apply(struct sl_store *store, uint64_t night, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(store, SL_TABLE_UNDO);
	struct sl_undo_row row;
	enum sl_rc rc;
	walk.key = sl_key_of_u64(night);
	while (!(rc = sl_walk_next(&walk, &row, err)) && row.night == night) {
		if (row.table == SL_TABLE_NIGHTS)
			continue;
		sl_walk_touch(&walk);
		if ((rc = put_back(store, &row, err)))
			break;
	}
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}
