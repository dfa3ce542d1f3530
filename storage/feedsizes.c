/* SPDX-License-Identifier: Apache-2.0 */
#include "feedsizes.h"

#include "store_inner.h"
#include "visit.h"

enum { SEAL = 4, VERSION = 1 };

static struct sl_key key_of(uint64_t night)
{
	struct sl_key key = { .n = 0 };
	sl_key_add(&key, SL_SPAN("feeds"));
	sl_key_add_u64(&key, night);
	return key;
}

static void visit_size(struct sl_visit *v, void *item)
{
	struct sl_feed_size *size = item;
	sl_visit_span(v, &size->name);
	sl_visit_u64(v, &size->entries);
	sl_visit_bool(v, &size->held);
}

static void visit_row(struct sl_visit *v, struct sl_feed_night_row *row)
{
	enum { SIZE_LEAST = 3 };
	if (sl_visit_max(v, VERSION, VERSION) != VERSION)
		sl_visit_refuse(v);
	sl_visit_bool(v, &row->forced);
	row->feeds = sl_visit_array(
		v, row->feeds, &row->n_feeds, sizeof(*row->feeds), SIZE_LEAST, visit_size);
	row->lists = sl_visit_array(
		v, row->lists, &row->n_lists, sizeof(*row->lists), SIZE_LEAST, visit_size);
}

static uint32_t seal_of(const struct sl_key *key, struct sl_span fields)
{
	return (uint32_t)sl_hash64(fields, sl_hash64(sl_key_span(key), SL_TABLE_META));
}

static bool decode(const struct sl_key *key, struct sl_span value, struct sl_arena *arena,
	struct sl_feed_night_row *row_r)
{
	uint32_t seal;
	if (value.n < SEAL)
		return false;
	struct sl_span fields = sl_span_head(value, value.n - SEAL);
	memcpy(&seal, value.p + fields.n, SEAL);
	if (seal != seal_of(key, fields))
		return false;
	struct sl_visit v = sl_visit_reader(sl_arena_copy(arena, fields), arena);
	visit_row(&v, row_r);
	return sl_visit_ended(&v);
}

enum sl_rc sl_store_put_feed_night(
	struct sl_store *store, const struct sl_feed_night_row *row, struct sl_err *err)
{
	struct sl_feed_night_row copy = *row;
	struct sl_key key = key_of(row->night);
	struct sl_visit v = sl_visit_writer(&store->value);
	sl_assert(store->txn != NULL && row->night > 0);
	sl_buf_reset(&store->value);
	visit_row(&v, &copy);
	sl_assert(!v.bad);
	uint32_t seal = seal_of(&key, sl_buf_span(&store->value));
	sl_buf_add(&store->value, sl_span_of(&seal, SEAL));
	sl_assert(!store->value.overflow);
	enum sl_rc rc = sl_txn_put(
		store->txn, SL_TABLE_META, sl_key_span(&key), sl_buf_span(&store->value), err);
	return sl_store_note(store, rc, err);
}

enum sl_rc sl_store_drop_feed_night(struct sl_store *store, uint64_t night, struct sl_err *err)
{
	struct sl_key key = key_of(night);
	sl_assert(store->txn != NULL);
	enum sl_rc rc = sl_txn_delete(store->txn, SL_TABLE_META, sl_key_span(&key), err);
	return rc == SL_END ? SL_OK : sl_store_note(store, rc, err);
}

bool sl_view_feed_night(struct sl_view *view, uint64_t night, struct sl_arena *arena,
	struct sl_feed_night_row *row_r)
{
	struct sl_key key = key_of(night);
	struct sl_span value;
	struct sl_err err;
	struct sl_txn *txn = view->writing ? view->store->txn : view->txn;
	enum sl_rc rc = sl_txn_get(txn, SL_TABLE_META, sl_key_span(&key), &value, &err);
	*row_r = (struct sl_feed_night_row){ .night = night };
	if (rc == SL_OK && decode(&key, value, arena, row_r))
		return true;
	if (rc != SL_END)
		view->damage++;
	return false;
}
