/* SPDX-License-Identifier: Apache-2.0 */
#include "stores.h"

/* A sound store with a bit of everything. */
static void fill(struct room *room)
{
	bool new_variant;
	struct sl_id archive = made_id(room->arena, "archive", 1);
	struct sl_archive_row totals = { .key = archive, .messages = 100 };
	struct sl_campaign_row campaigns[2] = { { .id = { "ca" } },
		{ .id = { "cb" }, .merged_into = { "ca" } } };
	struct sl_lineage_row line = { .line = { .op = "born", .id = { "ca" } } };
	struct sl_variant_row variant = {
		.key = made_id(room->arena, "variant", 3), .assigned = true, .campaign = { "cb" }
	};
	struct sl_night_row night = { .serial = 1 };
	STORES_OK(sl_store_begin(room->store, &err));
	for (unsigned i = 0; i < 100; i++)
		put_number(room, i, 1, 1000 - i % 7, 1, &new_variant);
	for (unsigned i = 0; i < 100; i += 9)
		put_number(room, i, 2, 2000 - i % 7, 2, &new_variant);
	STORES_OK(sl_store_put_archive(room->store, 1, &archive, SL_SPAN("a.tar"), 9, 1, 1, &err));
	STORES_OK(sl_store_finish_archive(room->store, &totals, &err));
	for (size_t i = 0; i < SL_LEN(campaigns); i++)
		STORES_OK(sl_store_put_campaign(room->store, &campaigns[i], &err));
	STORES_OK(sl_store_put_lineage(room->store, &line, &err));
	STORES_OK(sl_store_assign(room->store, &variant, &err));
	STORES_OK(sl_store_put_night(room->store, &night, &err));
	STORES_OK(sl_store_commit(room->store, &err));
}

/* First row of a table, with its key. */
static struct sl_key first_key(struct room *room, unsigned table, void *row_r)
{
	struct sl_cursor *cursor;
	struct sl_span k, value;
	struct sl_key key = { .n = 0 };
	STORES_OK(sl_cursor_open(room->store->txn, table, SL_SPAN_NULL, &cursor, &err));
	STORES_OK(sl_cursor_next(cursor, &k, &value, &err));
	sl_cursor_close(&cursor);
	sl_key_add(&key, k);
	value = sl_arena_copy(room->arena, value);
	assert_true(sl_row_decode(table, k, value, room->arena, row_r));
	return key;
}

static void drop(struct room *room, unsigned table, const struct sl_key *key)
{
	STORES_OK(sl_txn_delete(room->store->txn, table, sl_key_span(key), &err));
}

static void put(struct room *room, unsigned table, const struct sl_key *key, const void *row)
{
	STORES_OK(sl_store_put(room->store, table, key, row, &err));
}

static void drop_sighting(struct room *room)
{
	struct sl_sighting_row row;
	struct sl_key key = first_key(room, SL_TABLE_SIGHTINGS, &row);
	drop(room, SL_TABLE_SIGHTINGS, &key);
}

/* One that was seen twice: the home of a message goes with it. */
static void drop_message(struct room *room)
{
	struct sl_sighting_row row;
	first_key(room, SL_TABLE_SIGHTINGS, &row);
	struct sl_key key = sl_key_of_id(&row.message);
	drop(room, SL_TABLE_MESSAGES, &key);
}

static void drop_face(struct room *room)
{
	struct sl_face_row row;
	struct sl_key key = first_key(room, SL_TABLE_FACES, &row);
	drop(room, SL_TABLE_FACES, &key);
}

static void drop_content(struct room *room)
{
	struct sl_content row;
	struct sl_key key = first_key(room, SL_TABLE_CONTENTS, &row);
	drop(room, SL_TABLE_CONTENTS, &key);
}

static void drop_variant(struct room *room)
{
	struct sl_variant_row row;
	struct sl_key key = first_key(room, SL_TABLE_VARIANTS, &row);
	drop(room, SL_TABLE_VARIANTS, &key);
}

static void drop_member(struct room *room)
{
	struct sl_member_row row;
	struct sl_key key = first_key(room, SL_TABLE_MEMBERS, &row);
	drop(room, SL_TABLE_MEMBERS, &key);
}

static void drop_use(struct room *room)
{
	struct sl_use_chunk row;
	struct sl_key key = first_key(room, SL_TABLE_USES, &row);
	drop(room, SL_TABLE_USES, &key);
}

static void drop_indicator(struct room *room)
{
	struct sl_indicator_row row;
	struct sl_key key = first_key(room, SL_TABLE_INDICATORS, &row);
	drop(room, SL_TABLE_INDICATORS, &key);
}

static void drop_campaign(struct room *room)
{
	struct sl_campaign_row row;
	struct sl_key key = first_key(room, SL_TABLE_CAMPAIGNS, &row);
	drop(room, SL_TABLE_CAMPAIGNS, &key);
}

static void circle(struct room *room)
{
	struct sl_campaign_row row;
	struct sl_key key = first_key(room, SL_TABLE_CAMPAIGNS, &row);
	row.merged_into = (struct sl_campaign_id){ "cb" };
	put(room, SL_TABLE_CAMPAIGNS, &key, &row);
}

static void wrong_count(struct room *room)
{
	struct sl_use_chunk row;
	struct sl_key key = first_key(room, SL_TABLE_USES, &row);
	row.uses[0].messages++;
	put(room, SL_TABLE_USES, &key, &row);
}

static void wrong_role(struct room *room)
{
	struct sl_use_chunk row;
	struct sl_key key = first_key(room, SL_TABLE_USES, &row);
	row.uses[0].roles ^= 1;
	put(room, SL_TABLE_USES, &key, &row);
}

static void wrong_exemplar(struct room *room)
{
	struct sl_variant_row row;
	struct sl_key key = first_key(room, SL_TABLE_VARIANTS, &row);
	row.exemplar.b[0] ^= 1;
	put(room, SL_TABLE_VARIANTS, &key, &row);
}

static void wrong_flags(struct room *room)
{
	struct sl_indicator_row row;
	struct sl_key key = first_key(room, SL_TABLE_INDICATORS, &row);
	row.flags ^= SL_BIT(SL_IND_FLAGS - 1);
	put(room, SL_TABLE_INDICATORS, &key, &row);
}

static void wrong_night(struct room *room)
{
	struct sl_indicator_row row;
	struct sl_key key = first_key(room, SL_TABLE_INDICATORS, &row);
	row.night = 0;
	put(room, SL_TABLE_INDICATORS, &key, &row);
}

static void wrong_host(struct room *room)
{
	struct sl_indicator_row row;
	struct sl_key key = first_key(room, SL_TABLE_INDICATORS, &row);
	row.host = SL_SPAN("!");
	put(room, SL_TABLE_INDICATORS, &key, &row);
}

static void foreign_indicator(struct room *room)
{
	struct sl_indicator_row row;
	struct sl_key key = first_key(room, SL_TABLE_INDICATORS, &row);
	key.b[3] ^= 1;
	put(room, SL_TABLE_INDICATORS, &key, &row);
}

static void foreign_use(struct room *room)
{
	struct sl_use_chunk row;
	struct sl_key key = first_key(room, SL_TABLE_USES, &row);
	key.b[3] ^= 1;
	put(room, SL_TABLE_USES, &key, &row);
}

static void foreign_member(struct room *room)
{
	struct sl_member_row row;
	struct sl_key key = first_key(room, SL_TABLE_MEMBERS, &row);
	key.b[20] ^= 1;
	put(room, SL_TABLE_MEMBERS, &key, &row);
}

static void empty_variant(struct room *room)
{
	struct sl_variant_row row;
	struct sl_key key = first_key(room, SL_TABLE_VARIANTS, &row);
	key.b[3] ^= 1;
	put(room, SL_TABLE_VARIANTS, &key, &row);
}

static void wrong_sightings(struct room *room)
{
	struct sl_message_row row;
	struct sl_key key = first_key(room, SL_TABLE_MESSAGES, &row);
	row.sightings = 9;
	put(room, SL_TABLE_MESSAGES, &key, &row);
}

static void wrong_time(struct room *room)
{
	struct sl_message_row row;
	struct sl_key key = first_key(room, SL_TABLE_MESSAGES, &row);
	row.last++;
	put(room, SL_TABLE_MESSAGES, &key, &row);
}

static void not_all_done(struct room *room)
{
	struct sl_id id = made_id(room->arena, "archive", 1);
	struct sl_key key = sl_key_of_id(&id);
	struct sl_archive_row row;
	STORES_OK(sl_store_get(room->store, SL_TABLE_ARCHIVES, &key, room->arena, &row, &err));
	row.messages++;
	put(room, SL_TABLE_ARCHIVES, &key, &row);
}

static void touching_ranges(struct room *room)
{
	struct sl_id id = made_id(room->arena, "archive", 2);
	struct sl_key key = sl_key_of_id(&id);
	struct sl_range ranges[2] = { { 0, 4 }, { 4, 5 } };
	struct sl_archive_row row = { .key = id, .done = ranges, .n_done = 2 };
	put(room, SL_TABLE_ARCHIVES, &key, &row);
}

static void lost_archive(struct room *room)
{
	struct sl_id id = made_id(room->arena, "archive", 2);
	struct sl_key key = sl_key_of_id(&id);
	drop(room, SL_TABLE_ARCHIVES, &key);
}

static void lineage_gap(struct room *room)
{
	struct sl_lineage_row row;
	first_key(room, SL_TABLE_LINEAGE, &row);
	struct sl_key key = sl_key_of_u64(7);
	put(room, SL_TABLE_LINEAGE, &key, &row);
}

static void broken_bytes(struct room *room)
{
	struct sl_use_chunk row;
	struct sl_key key = first_key(room, SL_TABLE_USES, &row);
	STORES_OK(sl_txn_put(
		room->store->txn, SL_TABLE_USES, sl_key_span(&key), SL_SPAN("nonsense"), &err));
}

static void moved_row(struct room *room)
{
	struct sl_night_row row;
	struct sl_key key = first_key(room, SL_TABLE_NIGHTS, &row);
	struct sl_span value;
	STORES_OK(sl_txn_get(room->store->txn, SL_TABLE_NIGHTS, sl_key_span(&key), &value, &err));
	value = sl_arena_copy(room->arena, value);
	key = sl_key_of_u64(2);
	STORES_OK(sl_txn_put(room->store->txn, SL_TABLE_NIGHTS, sl_key_span(&key), value, &err));
}

/* Damage; a finding that must be among those said; whether a rebuild mends it. */
static const struct damage {
	void (*make)(struct room *room);
	const char *finding;
	bool mends;
} damages[] = {
	{ drop_sighting, "sightings, there are", false },
	{ drop_message, "its message is missing", false },
	{ drop_face, "its face is missing", false },
	{ drop_content, "its content is missing", false },
	{ drop_variant, "its variant is missing", true },
	{ drop_member, "is no member of its variant", true },
	{ drop_use, " of its uses are missing", true },
	{ drop_indicator, "indicators ", true },
	{ drop_campaign, "its campaign is missing", false },
	{ circle, "leads to no living campaign", false },
	{ wrong_count, "uses ", true },
	{ wrong_role, "uses ", true },
	{ wrong_exemplar, "variants ", true },
	{ wrong_flags, "indicators ", true },
	{ wrong_night, "indicators ", true },
	{ wrong_host, "indicators ", true },
	{ foreign_indicator, "no message has it", true },
	{ foreign_use, "its variant is missing", true },
	{ foreign_member, "members ", true },
	{ empty_variant, "has no messages", true },
	{ wrong_sightings, "counts 9 sightings", false },
	{ wrong_time, "times are not those", false },
	{ not_all_done, "not all of its 101 messages", false },
	{ touching_ranges, "done ranges overlap", false },
	{ lost_archive, "its archive is missing", false },
	{ lineage_gap, "lines before it are missing", false },
	{ broken_bytes, "cannot be read", true },
	{ moved_row, "nights 0000000000000002: cannot be read", false },
};

struct heard {
	const char *want;
	bool met;
	size_t n;
};

static void hear(void *arg, const char *line)
{
	struct heard *heard = arg;
	heard->n++;
	heard->met = heard->met || strstr(line, heard->want) != NULL;
}

static void damage_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(damages); i++) {
		void *inner;
		struct sl_err err = { .text = "" };
		struct heard heard = { .want = damages[i].finding };
		room_open(&inner);
		struct room *room = inner;
		fill(room);
		stores_must_be_sound(room->store);
		assert_int_equal(sl_store_begin(room->store, &err), SL_OK);
		damages[i].make(room);
		assert_int_equal(sl_store_commit(room->store, &err), SL_OK);
		enum sl_rc rc = sl_store_check(room->store, hear, &heard, &err);
		if (rc != SL_WARN || !heard.met)
			fail_msg("row %zu: rc %d, %zu findings, none has \"%s\"", i, (int)rc,
				heard.n, heard.want);
		rc = sl_store_rebuild(room->store, &err);
		assert_true(rc == SL_OK || rc == SL_WARN);
		heard = (struct heard){ .want = "" };
		rc = sl_store_check(room->store, hear, &heard, &err);
		if ((rc == SL_OK) != damages[i].mends)
			fail_msg("row %zu: after the rebuild rc %d", i, (int)rc);
		room_close(&inner);
	}
}

static void rebuild_is_identical(void **state)
{
	struct room *room = *state;
	fill(room);
	struct sl_id before = stores_raw_dump(room->store);
	STORES_OK(sl_store_rebuild(room->store, &err));
	struct sl_id after = stores_raw_dump(room->store);
	assert_memory_equal(&before, &after, 16);
	stores_must_be_sound(room->store);
}

/* Derived tables that are lost altogether come back; only the campaigns of variants do not. */
static void rebuild_from_nothing(void **state)
{
	struct room *room = *state;
	static const unsigned tables[] = { SL_TABLE_MEMBERS, SL_TABLE_INDICATORS, SL_TABLE_USES };
	fill(room);
	struct sl_id before = stores_raw_dump(room->store);
	STORES_OK(sl_store_begin(room->store, &err));
	for (size_t i = 0; i < SL_LEN(tables); i++)
		STORES_OK(sl_txn_clear(room->store->txn, tables[i], &err));
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_store_rebuild(room->store, &err));
	struct sl_id after = stores_raw_dump(room->store);
	assert_memory_equal(&before, &after, 16);
}

static void empty_store(void **state)
{
	struct room *room = *state;
	struct sl_id before = stores_raw_dump(room->store);
	stores_must_be_sound(room->store);
	STORES_OK(sl_store_rebuild(room->store, &err));
	struct sl_id after = stores_raw_dump(room->store);
	assert_memory_equal(&before, &after, 16);
	reopen(room, SL_STORE_READ);
	stores_must_be_sound(room->store);
}

/* A store full of findings says 1,000 of them and how many more. */
static void many_findings(void **state)
{
	struct room *room = *state;
	bool new_variant;
	struct heard heard = { .want = "and " };
	struct sl_err why;
	STORES_OK(sl_store_begin(room->store, &err));
	for (unsigned i = 0; i < 1200; i++)
		put_number(room, i, 1, 1000, 1, &new_variant);
	STORES_OK(sl_txn_clear(room->store->txn, SL_TABLE_CONTENTS, &err));
	STORES_OK(sl_store_commit(room->store, &err));
	assert_int_equal(sl_store_check(room->store, hear, &heard, &why), SL_WARN);
	assert_true(heard.met);
	assert_int_equal(heard.n, 1001);
	assert_int_equal(sl_store_rebuild(room->store, &why), SL_WARN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_is_found),
		ROOM_TEST(rebuild_is_identical),
		ROOM_TEST(rebuild_from_nothing),
		ROOM_TEST(empty_store),
		ROOM_TEST(many_findings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
