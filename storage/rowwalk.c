/* SPDX-License-Identifier: Apache-2.0 */
#include "rowwalk.h"

struct sl_walk sl_walk_make(struct sl_store *store, unsigned table)
{
	sl_assert(store->txn != NULL && table < SL_TABLES_ALL);
	return (struct sl_walk){ .store = store, .table = table, .arena = sl_arena_new(0) };
}

void sl_walk_end(struct sl_walk *walk)
{
	sl_cursor_close(&walk->cursor);
	sl_arena_free(&walk->arena);
}

/* Where the walk goes on: the smallest key behind the last one. */
static enum sl_rc find_place(struct sl_walk *walk, struct sl_err *err)
{
	struct sl_key from = walk->key;
	if (from.n)
		sl_key_add(&from, sl_span_of("", 1));
	return sl_cursor_open(
		walk->store->txn, walk->table, sl_key_span(&from), &walk->cursor, err);
}

enum sl_rc sl_walk_next(struct sl_walk *walk, void *row_r, struct sl_err *err)
{
	struct sl_span key, value;
	enum sl_rc rc = walk->cursor ? SL_OK : find_place(walk, err);
	if (!rc)
		rc = sl_cursor_next(walk->cursor, &key, &value, err);
	if (rc)
		return sl_store_note(walk->store, rc, err);
	sl_arena_reset(walk->arena);
	walk->key.n = 0;
	sl_key_add(&walk->key, key);
	value = sl_arena_copy(walk->arena, value);
	if (!sl_row_decode(walk->table, sl_key_span(&walk->key), value, walk->arena, row_r))
		return sl_store_note(
			walk->store, sl_store_damaged(walk->store, walk->table, err), err);
	if (walk->table == SL_TABLE_MESSAGES)
		return sl_store_get_face(walk->store, row_r, walk->arena, err);
	return SL_OK;
}

void sl_walk_touch(struct sl_walk *walk)
{
	sl_cursor_close(&walk->cursor);
}

enum sl_rc sl_walk_delete(struct sl_walk *walk, struct sl_err *err)
{
	sl_walk_touch(walk);
	return sl_store_delete(walk->store, walk->table, &walk->key, err);
}

enum sl_rc sl_walk_put(struct sl_walk *walk, const void *row, struct sl_err *err)
{
	sl_walk_touch(walk);
	return sl_store_put(walk->store, walk->table, &walk->key, row, err);
}
