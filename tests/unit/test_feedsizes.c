/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes of the feeds of past nights: kept, replaced, dropped, and damaged. */
#include "stores.h"

#include "storage/feedsizes.h"

static void put(struct room *room, uint64_t night, bool forced, size_t n_feeds)
{
	struct sl_feed_size feeds[] = { { SL_SPAN("lists/domains.txt"), 312, false },
		{ SL_SPAN("lists/ips.txt"), UINT64_MAX, true } };
	struct sl_feed_size lists[] = { { SL_SPAN("tr\nanco.csv"), 1000000, false } };
	struct sl_feed_night_row row = { night, forced, feeds, n_feeds, lists, SL_LEN(lists) };
	STORES_OK(sl_store_begin(room->store, &err));
	STORES_OK(sl_store_put_feed_night(room->store, &row, &err));
	STORES_OK(sl_store_commit(room->store, &err));
}

static bool get(struct room *room, uint64_t night, struct sl_feed_night_row *row_r)
{
	struct sl_view *view;
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	bool found = sl_view_feed_night(view, night, room->arena, row_r);
	assert_int_equal(sl_view_damage(view), 0);
	sl_view_close(&view);
	return found;
}

static void test_kept(void **state)
{
	struct room *room = *state;
	struct sl_feed_night_row row;
	assert_false(get(room, 1, &row));
	put(room, 1, true, 2);
	put(room, 256, false, 0);
	reopen(room, SL_STORE_READ);
	assert_true(get(room, 1, &row));
	assert_true(row.forced);
	assert_int_equal(row.night, 1);
	assert_int_equal(row.n_feeds, 2);
	CHECK_SPAN(row.feeds[1].name, "lists/ips.txt");
	assert_true(row.feeds[1].held && !row.feeds[0].held);
	assert_int_equal(row.feeds[1].entries, UINT64_MAX);
	assert_int_equal(row.n_lists, 1);
	CHECK_SPAN(row.lists[0].name, "tr\nanco.csv");
	assert_true(get(room, 256, &row));
	assert_true(!row.forced && row.n_feeds == 0);
	assert_false(get(room, 2, &row));
}

static void test_replaced_and_dropped(void **state)
{
	struct room *room = *state;
	struct sl_feed_night_row row;
	put(room, 3, true, 2);
	put(room, 3, false, 1);
	assert_true(get(room, 3, &row));
	assert_true(!row.forced && row.n_feeds == 1);
	STORES_OK(sl_store_begin(room->store, &err));
	STORES_OK(sl_store_drop_feed_night(room->store, 3, &err));
	STORES_OK(sl_store_drop_feed_night(room->store, 4, &err));
	STORES_OK(sl_store_commit(room->store, &err));
	assert_false(get(room, 3, &row));
	stores_must_be_sound(room->store);
}

/* A row that a bad disk hit is no row, and the view says so. */
static void test_damaged(void **state)
{
	struct room *room = *state;
	struct sl_feed_night_row row;
	struct sl_view *view;
	struct sl_span value;
	char copy[256], key[13] = "feeds\0\0\0\0\0\0\0\3";
	put(room, 3, false, 2);
	STORES_OK(sl_store_begin(room->store, &err));
	STORES_OK(sl_txn_get(
		room->store->txn, SL_TABLE_META, sl_span_of(key, sizeof(key)), &value, &err));
	assert_in_range(value.n, 1, sizeof(copy));
	memcpy(copy, value.p, value.n);
	for (size_t i = 0; i <= value.n; i++) { /* each byte changed; at last the row cut */
		size_t n = i < value.n ? value.n : 3;
		copy[i < value.n ? i : 0] ^= 1;
		STORES_OK(sl_txn_put(room->store->txn, SL_TABLE_META, sl_span_of(key, sizeof(key)),
			sl_span_of(copy, n), &err));
		copy[i < value.n ? i : 0] ^= 1;
		STORES_OK(sl_view_open(room->store, true, &view, &err));
		assert_false(sl_view_feed_night(view, 3, room->arena, &row));
		assert_int_equal(sl_view_damage(view), 1);
		sl_view_close(&view);
	}
	sl_store_abort(room->store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROOM_TEST(test_kept),
		ROOM_TEST(test_replaced_and_dropped),
		ROOM_TEST(test_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
