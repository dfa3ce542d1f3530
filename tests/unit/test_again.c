/* SPDX-License-Identifier: Apache-2.0 */
#include "stores.h"

/* Archives that are read again by an extractor that reads otherwise: the store must be what it
 * would be if that one had read them at first. */

enum { PLACES = 120, ARCHIVES = 3 };

/* What extractor `version` says of a place; false: it finds no mail there. */
static bool read_place(
	struct sl_arena *arena, unsigned place, unsigned version, struct sl_result *result_r)
{
	unsigned number = place % 45; /* most mails lie in several places */
	bool embedded = place % 7 == 0;
	if (embedded && place % 14 == (version ? 7 : 0))
		return false;
	struct sl_result r = made_result(arena, number, 1000 + place % 17);
	r.inner = embedded ? SL_SPAN("!#0/1") : SL_SPAN_NULL;
	if (embedded)
		r.message.parent = made_id(arena, "outer", place);
	if (version && place % 5 == 0)
		r.time = 900;
	r.message.flags |= place % 3 == version ? SL_BIT(SL_MSG_LIMIT_EMBEDDED) : 0;
	if (version && number % 2) {
		r.message.subject = SL_SPAN("read otherwise");
		r.message.n_indicators = 1;
	}
	if (version && number % 15 < 6) { /* whole variants move, and parts of them */
		r.message.variant = made_id(arena, "other variant", number % 4);
		r.message.variant_name = made_id(arena, "other variant name", number % 4);
	}
	if (version && number / 3 % 3 == 1) {
		r.content.norm = SL_SPAN("other text");
		r.content.indicators[0] = made_indicator(arena, 40 + number / 3, 2);
		r.content.n_indicators = 1;
	}
	if (version && number / 3 % 5 == 2) {
		r.content.key = made_id(arena, "other content", number / 3);
		r.message.content = r.content.key;
	}
	*result_r = r;
	return true;
}

static struct sl_id archive_of(struct room *room, unsigned archive)
{
	return made_id(room->arena, "archive", archive);
}

static void put_place(struct room *room, unsigned place, unsigned version)
{
	struct sl_origin origin = origin_of(room->arena, place % ARCHIVES, place);
	struct sl_result result;
	enum sl_seen seen;
	bool new_variant;
	if (read_place(room->arena, place, version, &result))
		STORES_OK(put_result(room->store, 1, &result, &origin, &seen, &new_variant, &err));
	STORES_OK(sl_store_put_done(room->store, &origin.archive, place / ARCHIVES, &err));
}

static void put_names(struct room *room, unsigned version, bool again)
{
	for (unsigned i = 0; i < ARCHIVES; i++) {
		struct sl_id key = archive_of(room, i);
		if (again)
			STORES_OK(sl_store_reopen_archive(room->store, &key, &err));
		STORES_OK(sl_store_put_archive(
			room->store, 1, &key, SL_SPAN("a.mbox"), 77, 1, 1 + version, &err));
	}
}

static void finish(struct room *room, unsigned archive)
{
	struct sl_archive_row totals = { .key = archive_of(room, archive),
		.messages = PLACES / ARCHIVES };
	STORES_OK(sl_store_finish_archive(room->store, &totals, &err));
}

/* In an order of its own, with commits in between, and killed now and then: what was not committed
 * is put once more. */
static void put_all(struct room *room, unsigned version, uint64_t random)
{
	unsigned order[PLACES], from = 0;
	for (unsigned i = 0; i < PLACES; i++)
		order[i] = i;
	for (unsigned i = PLACES - 1; i > 0; i--) {
		unsigned j = (unsigned)(made_next(&random) % (i + 1)), k = order[i];
		order[i] = order[j];
		order[j] = k;
	}
	for (unsigned i = 0; i < PLACES; i++) {
		put_place(room, order[i], version);
		uint64_t what = made_next(&random) % 16;
		if (what == 0) {
			STORES_OK(sl_store_commit(room->store, &err));
			from = i + 1;
		} else if (what == 1) {
			sl_store_abort(room->store);
			i = from - 1;
		}
		if (what < 2)
			STORES_OK(sl_store_begin(room->store, &err));
	}
	for (unsigned i = 0; i < ARCHIVES; i++)
		finish(room, i);
}

static void put_night(struct room *room)
{
	struct sl_night_row night = { .serial = 1, .as_of = 5 };
	struct sl_view *view;
	STORES_OK(sl_view_open(room->store, true, &view, &err));
	night.messages = sl_view_count(view, SL_TABLE_MESSAGES);
	night.sightings = stores_count_sightings(view) - night.messages;
	sl_view_close(&view);
	STORES_OK(sl_store_put_night(room->store, &night, &err));
}

static struct sl_span fresh_dump(struct sl_arena *arena, unsigned version)
{
	void *state;
	room_open(&state);
	struct room *room = state;
	STORES_OK(sl_store_begin(room->store, &err));
	put_names(room, version, false);
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_store_begin(room->store, &err));
	put_all(room, version, 99);
	put_night(room);
	STORES_OK(sl_store_commit(room->store, &err));
	stores_must_be_sound(room->store);
	struct sl_span dump = stores_dump(room->store, arena);
	room_close(&state);
	return dump;
}

static void like_a_fresh_store(void **state)
{
	struct room *room = *state;
	struct sl_span want = fresh_dump(room->arena, 1), before = fresh_dump(room->arena, 0);
	assert_false(sl_span_eq(want, before));
	STORES_OK(sl_store_begin(room->store, &err));
	put_names(room, 0, false);
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_store_begin(room->store, &err));
	put_all(room, 0, 5);
	put_night(room);
	STORES_OK(sl_store_commit(room->store, &err));
	for (uint64_t turn = 0; turn < 6; turn++) {
		unsigned version = turn % 2 ? 0 : 1; /* there and back again */
		STORES_OK(sl_store_begin(room->store, &err));
		put_names(room, version, true);
		STORES_OK(sl_store_commit(room->store, &err));
		STORES_OK(sl_store_begin(room->store, &err));
		put_all(room, version, 1000 + turn);
		STORES_OK(sl_store_commit(room->store, &err));
		STORES_OK(sl_store_settle(room->store, &err));
		stores_must_be_sound(room->store);
		struct sl_span got = stores_dump(room->store, room->arena);
		assert_true(sl_span_eq(got, version ? want : before));
		/* once more is nothing */
		struct sl_id raw = stores_raw_dump(room->store);
		STORES_OK(sl_store_settle(room->store, &err));
		struct sl_id same = stores_raw_dump(room->store);
		assert_memory_equal(&raw, &same, sizeof(raw));
	}
}

/* What is not finished waits: nothing of it is swept, and a settle in between does no harm. */
static void killed_half_way(void **state)
{
	struct room *room = *state;
	struct sl_span want = fresh_dump(room->arena, 1);
	STORES_OK(sl_store_begin(room->store, &err));
	put_names(room, 0, false);
	put_all(room, 0, 5);
	put_night(room);
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_store_begin(room->store, &err));
	put_names(room, 1, true);
	for (unsigned i = 0; i < PLACES / 2; i++)
		put_place(room, i, 1);
	STORES_OK(sl_store_commit(room->store, &err));
	stores_must_be_sound(room->store);
	STORES_OK(sl_store_settle(room->store, &err));
	stores_must_be_sound(room->store);
	reopen(room, SL_STORE_WRITE);
	/* the next run goes on without --again, at what is not done */
	STORES_OK(sl_store_begin(room->store, &err));
	for (unsigned i = PLACES / 2; i < PLACES; i++)
		put_place(room, i, 1);
	for (unsigned i = 0; i < ARCHIVES; i++)
		finish(room, i);
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_store_settle(room->store, &err));
	stores_must_be_sound(room->store);
	assert_true(sl_span_eq(stores_dump(room->store, room->arena), want));
}

/* A mail keeps its campaign when its text is read otherwise; the campaign its representatives. */
static void campaigns_stay(void **state)
{
	struct room *room = *state;
	struct sl_id old = made_id(room->arena, "variant", 0);
	struct sl_id other = made_id(room->arena, "other variant", 0);
	struct sl_variant_row row = { .key = old, .assigned = true, .campaign = { "cold" } };
	struct sl_campaign_row campaign = {
		.id = { "cold" }, .representatives = &old, .n_representatives = 1
	};
	struct sl_result result = made_result(room->arena, 0, 10);
	struct sl_origin origin = origin_of(room->arena, 0, 0);
	struct sl_view *view;
	enum sl_seen seen;
	bool new_variant;
	result.inner = SL_SPAN_NULL;
	STORES_OK(sl_store_begin(room->store, &err));
	put_names(room, 0, false);
	STORES_OK(put_result(room->store, 1, &result, &origin, &seen, &new_variant, &err));
	STORES_OK(sl_store_put_campaign(room->store, &campaign, &err));
	STORES_OK(sl_store_assign(room->store, &row, &err));
	put_names(room, 1, true);
	result.message.variant = other;
	STORES_OK(put_result(room->store, 1, &result, &origin, &seen, &new_variant, &err));
	assert_int_equal(seen, SL_SEEN_NOTHING);
	finish(room, 0);
	STORES_OK(sl_store_put_done(room->store, &origin.archive, 0, &err));
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_store_settle(room->store, &err));
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	assert_false(sl_view_variant(view, &old, &row));
	assert_true(sl_view_variant(view, &other, &row));
	assert_true(row.assigned);
	assert_string_equal(row.campaign.text, "cold");
	assert_true(sl_view_campaign(view, &campaign.id, room->arena, &campaign));
	assert_int_equal(campaign.n_representatives, 1);
	assert_memory_equal(&campaign.representatives[0], &other, sizeof(other));
	sl_view_close(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROOM_TEST(like_a_fresh_store),
		ROOM_TEST(killed_half_way),
		ROOM_TEST(campaigns_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
