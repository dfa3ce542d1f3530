/* SPDX-License-Identifier: Apache-2.0 */
/* Case 92 of the catalogue: when a blocking feed is held back, when it is not, and what is kept. */
#include "stores.h"

#include "pipeline/base/log.h"
#include "stages/feed/feedguard.h"
#include "stages/feed/outdir.h"
#include "storage/feedsizes.h"

#include <sys/stat.h>

enum { LAST = 99, DAY = 86400 };

#define FEED "lists/domains.txt"
/* Of a past night: nothing was written in it; the list was held; --force was given. */
#define NONE (UINT64_MAX)
#define HELD(n) ((n) | 1ull << 62)
#define FORCED(n) ((n) | 1ull << 61)

struct nights {
	struct room *room;
	struct sl_config config;
	struct sl_tables *tables;
	struct sl_feed_input in;
	struct sl_outdir *out;
	struct sl_feedguard *guard;
	char lists[160];
};

static void put_night(struct room *room, uint64_t serial)
{
	struct sl_night_row night = { .serial = serial, .as_of = DAY * (int64_t)serial };
	STORES_OK(sl_store_put_night(room->store, &night, &err));
}

static void put_row(struct room *room, uint64_t serial, uint64_t size)
{
	struct sl_feed_size feed = { sl_span_str(FEED), size & (HELD(0) - 1) & ~FORCED(0),
		(size & HELD(0)) != 0 };
	struct sl_feed_night_row row = {
		.night = serial, .forced = size & FORCED(0), .feeds = &feed, .n_feeds = 1
	};
	STORES_OK(sl_store_put_feed_night(room->store, &row, &err));
}

/* `sizes`, the oldest first, ended by 0 in the table; the last night is behind them. */
static uint64_t put_past(struct room *room, const uint64_t *sizes, size_t n)
{
	STORES_OK(sl_store_begin(room->store, &err));
	for (size_t i = 0; i < n; i++) {
		put_night(room, i + 1);
		if (sizes[i] != NONE)
			put_row(room, i + 1, sizes[i]);
	}
	put_night(room, n + 1);
	STORES_OK(sl_store_commit(room->store, &err));
	return n + 1;
}

static void open_guard(struct nights *n)
{
	char path[160];
	n->config.since = n->config.since ? n->config.since : SL_TIME_NONE;
	n->config.until = SL_TIME_NONE;
	n->config.region = "";
	STORES_OK(sl_tables_load(&n->config, &n->tables, &err));
	n->in = (struct sl_feed_input){
		.config = &n->config, .tables = n->tables, .as_of = (int64_t)LAST * DAY
	};
	STORES_OK(sl_view_open(n->room->store, false, &n->in.view, &err));
	snprintf(path, sizeof(path), "%s-out", n->room->path);
	STORES_OK(sl_outdir_open(path, &n->out, &err));
	STORES_OK(sl_feedguard_of(&n->in, n->out, &n->guard, &err));
}

static void close_guard(struct nights *n, bool remember)
{
	char path[160];
	sl_view_close(&n->in.view);
	if (remember)
		STORES_OK(sl_feeds_remember(n->room->store, n->out, &err));
	sl_outdir_free(&n->out);
	sl_tables_free(&n->tables);
	snprintf(path, sizeof(path), "%s-out", n->room->path);
	stores_remove(path);
}

static void tell(const void *arg, bool grown, struct sl_buf *to)
{
	(void)arg;
	sl_buf_str(to, grown ? "; GROWN" : "; SHRUNK");
}

static bool ask(struct nights *n, const char *feed, uint64_t entries)
{
	struct sl_feedguard_question q = { feed, entries, tell, NULL, entries / 2 };
	return sl_feedguard_lets(n->guard, &q);
}

static const char *why(const struct nights *n)
{
	const struct sl_held *held;
	size_t count = sl_feeds_held(n->out, &held);
	return count ? held[count - 1].why : NULL;
}

/* ---- sizes ---- */

static const struct {
	uint64_t
		past[16]; /* ends with 0; an empty list is FORCED(0) or HELD(0) or in no row here */
	uint64_t entries;
	const char *why; /* NULL: let through */
} rows[] = {
	{ { 0 }, 1000000, NULL },        /* the first night */
	{ { 100, 100 }, 1000000, NULL }, /* two nights are no measure */
	{ { 100, NONE, NONE, 100 }, 5000, NULL },
	{ { 100, 100, 100 }, 999, NULL },
	{ { 100, 100, 100 }, 1000, "grown" },
	{ { 100, NONE, 100, NONE, 100 }, 1000, "grown" },
	{ { 100, 100, 100 }, 11, NULL },
	{ { 100, 100, 100 }, 10, "shrunk" },
	{ { 100, 100, 100 }, 0, "shrunk" },
	{ { 4, 4, 4 }, 49, NULL }, /* small traps are not bothered */
	{ { 4, 4, 4 }, 50, "grown" },
	{ { 5, 5, 5 }, 50, "grown" },
	{ { 6, 6, 6 }, 59, NULL },
	{ { 49, 49, 49 }, 0, NULL },
	{ { 50, 50, 50 }, 0, "shrunk" },
	{ { 100, 100, 900 }, 1000, "grown" }, /* the median, not the last one */
	{ { 900, 100, 900 }, 1000, NULL },
	{ { 100, 100, 300, 300 }, 2000, "grown" }, /* four nights: between the two in the middle */
	{ { 100, 100, 300, 300 }, 1999, NULL },
	{ { 9000, 9000, 9000, 9000, 100, 100, 100, 100, 100, 100, 100 }, 1000,
		"grown" }, /* older than seven nights */
	{ { 100, 100, 100, HELD(5000), HELD(5000), HELD(5000), HELD(5000), HELD(5000) }, 5000,
		"grown" }, /* what was held is no measure */
	{ { 100, 100, HELD(5000) }, 5000, NULL },
	{ { 100, 100, 100, FORCED(5000) }, 5100, NULL },    /* one that was looked at is enough */
	{ { 100, 100, 100, FORCED(5000) }, 100, "shrunk" }, /* and what is before it is over */
	{ { 100, 100, FORCED(5000), 5100, 5200 }, 100, "shrunk" },
	{ { UINT64_MAX / 16, UINT64_MAX / 16, UINT64_MAX / 16 }, UINT64_MAX / 16, NULL },
};

static void test_case_92_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		void *room;
		room_open(&room);
		struct nights n = { .room = room };
		size_t nights = 0;
		while (rows[i].past[nights])
			nights++;
		put_past(n.room, rows[i].past, nights);
		open_guard(&n);
		bool lets = ask(&n, FEED, rows[i].entries);
		if (lets != !rows[i].why || (rows[i].why && strcmp(why(&n), rows[i].why) != 0))
			fail_msg("row %zu: %s", i, lets ? "let through" : why(&n));
		close_guard(&n, false);
		room_close(&room);
	}
}

/* What is not known of another feed is not taken from this one. */
static void test_case_92_each_feed_by_itself(void **state)
{
	static const uint64_t past[] = { 100, 100, 100 };
	struct nights n = { .room = *state };
	const struct sl_held *held;
	put_past(n.room, past, SL_LEN(past));
	open_guard(&n);
	assert_true(ask(&n, "lists/hosts.txt", 5000));
	assert_false(ask(&n, FEED, 5000));
	assert_int_equal(sl_feeds_held(n.out, &held), 1);
	assert_string_equal(held->feed, FEED);
	assert_int_equal(held->entries, 5000);
	assert_int_equal(held->usual, 100);
	assert_int_equal(held->fresh, 2500);
	CHECK_SPAN(held->reason, "lists/domains.txt is held back: 5000 entries, usual are 100 "
				 "(median of 3 nights); GROWN; see held/domains.txt, --force lets "
				 "it through");
	close_guard(&n, false);
}

static struct sl_feed_night_row remembered(struct nights *n, uint64_t night)
{
	struct sl_feed_night_row row;
	struct sl_view *view;
	STORES_OK(sl_view_open(n->room->store, false, &view, &err));
	assert_true(sl_view_feed_night(view, night, n->room->arena, &row));
	sl_view_close(&view);
	return row;
}

/* Held; looked at, and forced; the same night once more without --force: it stays let through. */
static void test_case_92_force_is_remembered(void **state)
{
	static const uint64_t past[] = { 100, 100, 100 };
	struct nights n = { .room = *state };
	uint64_t last = put_past(n.room, past, SL_LEN(past));
	for (int round = 0; round < 3; round++) {
		n.config.force = round == 1;
		open_guard(&n);
		assert_int_equal(ask(&n, FEED, 5000), round > 0);
		close_guard(&n, true);
		struct sl_feed_night_row row = remembered(&n, last);
		assert_int_equal(row.forced, round > 0);
		assert_int_equal(row.feeds[0].held, round == 0);
		assert_int_equal(row.feeds[0].entries, 5000);
	}
}

/* --force over lists that are as usual changes nothing in the measure. */
static void test_case_92_force_for_nothing(void **state)
{
	static const uint64_t past[] = { 100, 100, 100 };
	struct nights n = { .room = *state, .config = { .force = true } };
	uint64_t last = put_past(n.room, past, SL_LEN(past));
	open_guard(&n);
	assert_true(ask(&n, FEED, 120));
	close_guard(&n, true);
	assert_false(remembered(&n, last).forced);
}

/* A part of the time, or a store without a night: nothing is measured, nothing remembered. */
static void test_case_92_part(void **state)
{
	static const uint64_t past[] = { 100, 100, 100 };
	struct nights n = { .room = *state };
	struct sl_feed_night_row row;
	open_guard(&n);
	assert_true(ask(&n, FEED, 5000));
	close_guard(&n, true);
	uint64_t last = put_past(n.room, past, SL_LEN(past));
	n.config.since = 5;
	open_guard(&n);
	assert_true(ask(&n, FEED, 5000));
	close_guard(&n, true);
	struct sl_view *view;
	STORES_OK(sl_view_open(n.room->store, false, &view, &err));
	assert_false(sl_view_feed_night(view, last, n.room->arena, &row));
	sl_view_close(&view);
}

/* ---- warninglists ---- */

static void write_list(const struct nights *n, const char *name, const char *date, int entries)
{
	char path[320];
	snprintf(path, sizeof(path), "%s/%s", n->lists, name);
	if (entries < 0) {
		unlink(path);
		return;
	}
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "# date: %s\n", date);
	for (int i = 0; i < entries; i++)
		fprintf(file, "site%d.top\n", i);
	fclose(file);
}

/* One night: are the lists let through? */
static const char *night_with_lists(struct nights *n, uint64_t serial, bool force)
{
	static const char *const whys[] = { "warninglist-missing", "warninglist-empty",
		"warninglist-shrunk", "warninglist-old" };
	const char *told = NULL;
	STORES_OK(sl_store_begin(n->room->store, &err));
	put_night(n->room, serial);
	STORES_OK(sl_store_commit(n->room->store, &err));
	n->config.force = force;
	open_guard(n);
	bool lets = ask(n, FEED, 5), other = ask(n, "lists/urls.txt", 0);
	assert_int_equal(lets, other);
	for (size_t i = 0; i < SL_LEN(whys); i++)
		if (!lets && strcmp(why(n), whys[i]) == 0)
			told = whys[i];
	assert_int_equal(lets, told == NULL);
	close_guard(n, true);
	return told;
}

static void test_case_92_warninglists(void **state)
{
	struct nights n = { .room = *state };
	snprintf(n.lists, sizeof(n.lists), "%s-lists", n.room->path);
	assert_int_equal(mkdir(n.lists, 0700), 0);
	n.config.warninglists = n.lists;
	write_list(&n, "tranco.csv", "1970-03-01", 200);
	write_list(&n, "own.txt", "1970-04-05", 2);
	assert_null(night_with_lists(&n, 1, false));
	write_list(&n, "tranco.csv", "1970-03-01", 0);
	assert_string_equal(night_with_lists(&n, 2, false), "warninglist-empty");
	write_list(&n, "tranco.csv", "1970-03-01", 20);
	assert_string_equal(night_with_lists(&n, 3, false), "warninglist-shrunk");
	write_list(&n, "tranco.csv", "", -1);
	assert_string_equal(night_with_lists(&n, 4, false), "warninglist-missing");
	/* what was held does not become the measure */
	assert_string_equal(night_with_lists(&n, 5, false), "warninglist-missing");
	n.config.warninglists = NULL;
	assert_string_equal(night_with_lists(&n, 6, false), "warninglist-missing");
	n.config.warninglists = n.lists;
	write_list(&n, "tranco.csv", "1970-03-01", 21);
	assert_null(night_with_lists(&n, 7, false));
	write_list(&n, "tranco.csv", "", -1);
	assert_null(night_with_lists(&n, 8, true));
	assert_null(night_with_lists(&n, 9, false));
	/* now is 1970-04-10; a list that is old for good does not matter */
	write_list(&n, "static.txt", "1970-01-01", 3);
	n.config.list_days = 5;
	assert_null(night_with_lists(&n, 10, false));
	n.config.list_days = 4;
	assert_string_equal(night_with_lists(&n, 11, false), "warninglist-old");
	write_list(&n, "static.txt", "version 7", 3);
	assert_string_equal(night_with_lists(&n, 12, false), "warninglist-old");
	write_list(&n, "static.txt", "1970-04-06", 3);
	assert_null(night_with_lists(&n, 13, false));
	stores_remove(n.lists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_case_92_sizes),
		ROOM_TEST(test_case_92_each_feed_by_itself),
		ROOM_TEST(test_case_92_force_is_remembered),
		ROOM_TEST(test_case_92_force_for_nothing),
		ROOM_TEST(test_case_92_part),
		ROOM_TEST(test_case_92_warninglists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
