/* SPDX-License-Identifier: Apache-2.0 */
#include "stores.h"

static void check_merges(void **state)
{
	struct room *room = *state;
	bool new_variant;
	struct sl_view *view;
	struct sl_message_row message;
	struct sl_variant_row variant;
	STORES_OK(sl_store_begin(room->store, &err));
	assert_int_equal(put_number(room, 1, 1, 500, 2, &new_variant), SL_SEEN_MESSAGE);
	assert_true(new_variant);
	assert_int_equal(put_number(room, 2, 1, 400, 2, &new_variant), SL_SEEN_MESSAGE);
	assert_false(new_variant);
	assert_int_equal(put_number(room, 1, 1, 500, 2, &new_variant), SL_SEEN_NOTHING);
	assert_int_equal(put_number(room, 1, 2, 300, 3, &new_variant), SL_SEEN_SIGHTING);
	assert_false(new_variant);
	assert_int_equal(put_number(room, 1, 3, SL_TIME_NONE, 1, &new_variant), SL_SEEN_SIGHTING);
	/* inside the transaction */
	struct sl_id key = made_id(room->arena, "message key", 1);
	struct sl_id variant_key = made_id(room->arena, "variant", 0);
	STORES_OK(sl_view_open(room->store, true, &view, &err));
	assert_true(sl_view_message(view, &key, room->arena, &message));
	assert_int_equal(message.sightings, 3);
	assert_int_equal(message.first, 300);
	assert_int_equal(message.last, 500);
	assert_int_equal(message.night, 1);
	assert_int_equal(stores_count_sightings(view), 4);
	assert_true(sl_view_variant(view, &variant_key, &variant));
	assert_int_equal(variant.messages, 2);
	assert_int_equal(variant.first, 300);
	assert_int_equal(variant.last, 500);
	assert_int_equal(variant.night, 1);
	assert_memory_equal(&variant.exemplar, &key, 16);
	assert_int_equal(variant.exemplar_time, 300);
	/* the view goes on seeing what is put behind it */
	put_number(room, 0, 1, 100, 2, &new_variant);
	assert_true(sl_view_variant(view, &variant_key, &variant));
	assert_int_equal(variant.messages, 3);
	assert_int_equal(variant.exemplar_time, 100);
	sl_view_close(&view);
	STORES_OK(sl_store_commit(room->store, &err));
	reopen(room, SL_STORE_READ);
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	assert_true(sl_view_variant(view, &variant_key, &variant));
	assert_int_equal(variant.messages, 3);
	assert_int_equal(sl_view_damage(view), 0);
	sl_view_close(&view);
	stores_must_be_sound(room->store);
}

/* An indicator in two roles of one mail is one message. */
static void indicator_counts_once(void **state)
{
	struct room *room = *state;
	struct sl_result result = made_result(room->arena, 0, 10);
	struct sl_origin origin = origin_of(room->arena, 1, 0);
	struct sl_indicator twice[3] = { made_indicator(room->arena, 4, 1),
		made_indicator(room->arena, 4, 2), made_indicator(room->arena, 4, 2) };
	enum sl_seen seen;
	bool new_variant;
	struct sl_view *view;
	struct sl_use_row use;
	struct sl_indicator_row row;
	twice[1].host = SL_SPAN("a.example.net");
	result.message.indicators = twice;
	result.message.n_indicators = 2;
	result.content.indicators = &twice[2];
	result.content.n_indicators = 1;
	STORES_OK(sl_store_begin(room->store, &err));
	STORES_OK(put_result(room->store, 1, &result, &origin, &seen, &new_variant, &err));
	STORES_OK(sl_store_put_done(room->store, &origin.archive, 0, &err));
	STORES_OK(sl_view_open(room->store, true, &view, &err));
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_USES,
		sl_span_of(&result.message.variant, sizeof(result.message.variant)));
	assert_true(sl_scan_next(scan, NULL, &use));
	assert_int_equal(use.messages, 1);
	assert_int_equal(use.roles, SL_BIT(1) | SL_BIT(2));
	assert_int_equal(use.views, SL_BIT(1) | SL_BIT(2));
	assert_int_equal(use.first, 10);
	assert_true(sl_view_indicator(view, &use.indicator, &row));
	assert_int_equal(row.flags, SL_BIT(1) | SL_BIT(2));
	CHECK_SPAN(row.host, "a.example.net");
	assert_false(sl_scan_next(scan, NULL, &use));
	sl_scan_close(&scan);
	sl_view_close(&view);
	STORES_OK(sl_store_commit(room->store, &err));
	stores_must_be_sound(room->store);
}

/* What one place earned stays, wherever the message is seen later. */
static void flags_are_united(void **state)
{
	struct room *room = *state;
	struct sl_result result = made_result(room->arena, 1, 10);
	uint64_t own = result.message.flags;
	enum sl_seen seen;
	bool new_variant;
	struct sl_view *view;
	struct sl_message_row row;
	static const uint64_t earned[] = { SL_BIT(SL_MSG_LIMIT_MESSAGE), 0,
		SL_BIT(SL_MSG_LIMIT_EMBEDDED) };
	STORES_OK(sl_store_begin(room->store, &err));
	for (unsigned i = 0; i < SL_LEN(earned); i++) {
		struct sl_origin origin = origin_of(room->arena, 1, i / 2);
		result.message.flags = own | earned[i];
		STORES_OK(put_result(room->store, 1, &result, &origin, &seen, &new_variant, &err));
	}
	assert_int_equal(seen, SL_SEEN_SIGHTING);
	STORES_OK(sl_view_open(room->store, true, &view, &err));
	assert_true(sl_view_message(view, &result.message.key, room->arena, &row));
	assert_int_equal(row.message.flags, own | earned[0] | earned[2]);
	sl_view_close(&view);
	STORES_OK(sl_store_commit(room->store, &err));
}

/* ---- the order of commits does not matter ---- */

enum { EVENTS = 260, ORDERS = 12, ARCHIVES = 5, MESSAGES = 70 };

struct event {
	unsigned number, archive, ordinal;
	uint64_t night;
	int64_t time;
	bool embedded;
};

static void make_events(struct event events[EVENTS])
{
	uint64_t random = 2463534242u;
	for (unsigned i = 0; i < EVENTS; i++) {
		struct event *e = &events[i];
		e->number = (unsigned)(made_next(&random) % MESSAGES);
		e->archive = (unsigned)(made_next(&random) % ARCHIVES);
		/* few ordinals, so that many events are the same sighting again */
		e->ordinal = e->number * 2 + (unsigned)(made_next(&random) % 2);
		e->night = 1 + made_next(&random) % 4;
		e->embedded = e->ordinal % 5 == 0;
		/* the time belongs to the place: the same sighting has the same */
		unsigned t = (e->number * 7 + e->archive * 13 + e->ordinal) % 29;
		e->time = t % 6 == 0 ? SL_TIME_NONE : 1000 + (int64_t)t;
	}
}

/* Two mails with one id (XXH3 can be made to collide) but other bytes. */
static void make_twins(struct sl_result *result, unsigned number, struct sl_arena *arena)
{
	if (number != 10 && number != 11)
		return;
	result->message.id = made_id(arena, "message", 10);
	result->message.sha256.b[0] = (uint8_t)(255 - result->message.key.b[0]);
	result->time = 1000; /* before all others: one of the two is the exemplar */
}

static void put_event(struct room *room, const struct event *e)
{
	struct sl_result result = made_result(room->arena, e->number, e->time);
	struct sl_origin origin = origin_of(room->arena, e->archive, e->ordinal);
	enum sl_seen seen;
	bool new_variant;
	result.inner = e->embedded ? SL_SPAN("!#0/1") : SL_SPAN_NULL;
	if (e->embedded)
		result.message.parent = made_id(room->arena, "outer", e->archive);
	if (e->ordinal % 2)
		memset(&result.message.sha256, 0, sizeof(result.message.sha256));
	/* what the place earns: cut there, holds too many mails, or its clock does not fit */
	static const uint64_t earned[] = { 0, SL_BIT(SL_MSG_LIMIT_MESSAGE),
		SL_BIT(SL_MSG_LIMIT_EMBEDDED), SL_BIT(SL_MSG_DATE_IMPLAUSIBLE) };
	result.message.flags |= earned[(e->archive + e->ordinal) % SL_LEN(earned)];
	make_twins(&result, e->number, room->arena);
	STORES_OK(put_result(room->store, e->night, &result, &origin, &seen, &new_variant, &err));
	STORES_OK(sl_store_put_done(room->store, &origin.archive, e->ordinal, &err));
	struct sl_span name = sl_arena_printf(room->arena, "name-%u.tar", e->ordinal % 7);
	STORES_OK(sl_store_put_archive(room->store, e->night, &origin.archive, name, 4242,
		1 + e->ordinal % 2, 1 + e->ordinal % 3, &err));
	struct sl_reject_row reject = { .archive = origin.archive,
		.entry = origin.entry,
		.reason = SL_SPAN("truncated"),
		.detail = SL_SPAN("\xff not text"),
		.offset = e->ordinal % 4,
		.night = e->night };
	STORES_OK(sl_store_put_reject(room->store, &reject, &err));
}

static void shuffle(struct event events[EVENTS], uint64_t *random)
{
	for (size_t i = EVENTS - 1; i > 0; i--) {
		size_t j = made_next(random) % (i + 1);
		struct event e = events[i];
		events[i] = events[j];
		events[j] = e;
	}
}

static void put_events(struct room *room, const struct event events[EVENTS], uint64_t *random)
{
	STORES_OK(sl_store_begin(room->store, &err));
	for (unsigned i = 0; i < EVENTS; i++) {
		put_event(room, &events[i]);
		uint64_t what = made_next(random) % 64;
		struct sl_view *view;
		if (what < 2) {
			STORES_OK(sl_store_commit(room->store, &err));
			STORES_OK(sl_store_begin(room->store, &err));
		} else if (what < 8) {
			STORES_OK(sl_view_open(room->store, true, &view, &err));
			sl_view_close(&view);
		}
	}
	STORES_OK(sl_store_commit(room->store, &err));
}

/* Of the twins the one with the smaller digest, whatever the order of their keys. */
static void check_twins(struct room *room)
{
	struct sl_view *view;
	struct sl_variant_row row;
	struct sl_id key = made_id(room->arena, "variant", 0);
	struct sl_id a = made_id(room->arena, "message key", 10);
	struct sl_id b = made_id(room->arena, "message key", 11);
	assert_int_not_equal(a.b[0], b.b[0]);
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	assert_true(sl_view_variant(view, &key, &row));
	assert_memory_equal(&row.exemplar, a.b[0] > b.b[0] ? &a : &b, sizeof(a));
	assert_int_equal(row.exemplar_time, 1000);
	sl_view_close(&view);
}

/* Each order goes into a store of its own, with a secret of its own. */
static void any_order(void **state)
{
	(void)state;
	struct event events[EVENTS];
	struct sl_arena *dumps = sl_arena_new(0);
	struct sl_span first = SL_SPAN_NULL;
	uint64_t random = 987654321;
	make_events(events);
	for (unsigned order = 0; order < ORDERS; order++) {
		void *inner;
		room_open(&inner);
		struct room *room = inner;
		put_events(room, events, &random);
		stores_must_be_sound(room->store);
		check_twins(room);
		struct sl_span dump = stores_dump(room->store, dumps);
		if (order == 0)
			first = dump;
		assert_int_equal(dump.n, first.n);
		assert_true(sl_span_eq(dump, first));
		/* once more changes nothing */
		struct sl_id before = stores_raw_dump(room->store);
		put_events(room, events, &random);
		struct sl_id after = stores_raw_dump(room->store);
		assert_memory_equal(&before, &after, 16);
		room_close(&inner);
		shuffle(events, &random);
	}
	assert_true(first.n > 10000);
	sl_arena_free(&dumps);
}

/* ---- archives ---- */

static void check_done(struct room *room, const struct sl_id *key, const char *want)
{
	struct sl_view *view;
	struct sl_archive_row row;
	struct sl_buf text = sl_buf_make(4096);
	STORES_OK(sl_view_open(room->store, true, &view, &err));
	assert_true(sl_view_archive(view, key, room->arena, &row));
	for (size_t i = 0; i < row.n_done; i++)
		sl_buf_printf(&text, "%llu-%llu ", (unsigned long long)row.done[i].from,
			(unsigned long long)row.done[i].to);
	CHECK_SPAN(sl_buf_span(&text), want);
	sl_buf_free(&text);
	sl_view_close(&view);
}

static void done_ranges(void **state)
{
	struct room *room = *state;
	struct sl_id key = made_id(room->arena, "archive", 1), other = made_id(room->arena, "o", 2);
	static const struct {
		uint64_t seqs[4];
		size_t n;
		const char *want;
	} rows[] = {
		{ { 5 }, 1, "5-6 " },
		{ { 7, 3, 5 }, 3, "3-4 5-6 7-8 " },
		{ { 4 }, 1, "3-6 7-8 " },
		{ { 6, 0, 9 }, 3, "0-1 3-8 9-10 " },
		{ { 2, 1, 8, 8 }, 4, "0-10 " },
		{ { 0, 9, 10 }, 3, "0-11 " },
		{ { UINT64_MAX - 1 }, 1, "0-11 18446744073709551614-18446744073709551615 " },
	};
	STORES_OK(sl_store_begin(room->store, &err));
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		for (size_t j = 0; j < rows[i].n; j++) {
			STORES_OK(sl_store_put_done(room->store, &key, rows[i].seqs[j], &err));
			STORES_OK(sl_store_put_done(room->store, &other, j, &err));
		}
		check_done(room, &key, rows[i].want);
	}
	STORES_OK(sl_store_reopen_archive(room->store, &key, &err));
	check_done(room, &key, "");
	check_done(room, &other, "0-4 ");
	STORES_OK(sl_store_put_done(room->store, &key, 1, &err));
	check_done(room, &key, "1-2 ");
	STORES_OK(sl_store_commit(room->store, &err));
}

static void archive_names(void **state)
{
	struct room *room = *state;
	struct sl_id key = made_id(room->arena, "archive", 1);
	struct sl_view *view;
	struct sl_archive_row row,
		totals = { .key = key, .messages = 2, .bytes = 77, .rejects = 3 };
	totals.members[SL_MEMBER_MBOX] = 1;
	STORES_OK(sl_store_begin(room->store, &err));
	STORES_OK(sl_store_put_archive(room->store, 5, &key, SL_SPAN("a"), 10, 3, 4, &err));
	STORES_OK(sl_store_put_archive(room->store, 4, &key, SL_SPAN("z"), 10, 2, 5, &err));
	STORES_OK(sl_store_put_archive(room->store, 4, &key, SL_SPAN("m"), 10, 2, 5, &err));
	STORES_OK(sl_store_put_archive(room->store, 9, &key, SL_SPAN("m"), 10, 2, 5, &err));
	STORES_OK(sl_store_put_done(room->store, &key, 1, &err));
	STORES_OK(sl_store_put_done(room->store, &key, 0, &err));
	for (int i = 0; i < 2; i++)
		STORES_OK(sl_store_finish_archive(room->store, &totals, &err));
	/* a finished archive keeps the versions that read it */
	STORES_OK(sl_store_put_archive(room->store, 9, &key, SL_SPAN("b"), 10, 1, 1, &err));
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	assert_true(sl_view_archive(view, &key, room->arena, &row));
	CHECK_SPAN(row.name, "m");
	assert_int_equal(row.name_night, 4);
	assert_int_equal(row.n_names, 4);
	static const char *const names[] = { "a", "b", "m", "z" };
	for (size_t i = 0; i < row.n_names; i++)
		CHECK_SPAN_ROW(row.names[i], names[i], i);
	assert_int_equal(row.source_version, 2);
	assert_int_equal(row.parse_version, 4);
	assert_true(row.complete);
	assert_false(row.damaged);
	assert_int_equal(row.messages, 2);
	assert_int_equal(row.bytes, 77);
	assert_int_equal(row.rejects, 3);
	assert_int_equal(row.members[SL_MEMBER_MBOX], 1);
	sl_view_close(&view);
	stores_must_be_sound(room->store);
}

/* ---- the other verbs ---- */

static struct sl_campaign_id campaign_id(const char *text)
{
	struct sl_campaign_id id = { .text = "" };
	snprintf(id.text, sizeof(id.text), "%s", text);
	return id;
}

static void put_campaign(struct room *room, const char *id, const char *merged_into)
{
	struct sl_id variant = made_id(room->arena, "variant", 0);
	struct sl_campaign_row row = { .id = campaign_id(id),
		.merged_into = campaign_id(merged_into),
		.founder = made_id(room->arena, "message key", 1),
		.born = 1,
		.touched = 2,
		.brand = SL_SPAN("example-shop"),
		.representatives = &variant,
		.n_representatives = 1,
		.has_weakest = true,
		.weakest = { .evidence = SL_EVIDENCE_FORM, .score = 1000 } };
	row.evidence[SL_EVIDENCE_TEXT] = 4;
	STORES_OK(sl_store_put_campaign(room->store, &row, &err));
}

static void campaigns(void **state)
{
	struct room *room = *state;
	bool new_variant;
	struct sl_view *view;
	struct sl_campaign_row row;
	struct sl_campaign_id id = campaign_id("cccc"), alive;
	struct sl_variant_row variant = { .key = made_id(room->arena, "variant", 0),
		.assigned = true,
		.campaign = campaign_id("ca"),
		.evidence = SL_EVIDENCE_LURE,
		.score = 700,
		.partner = made_id(room->arena, "variant", 9) };
	STORES_OK(sl_store_begin(room->store, &err));
	put_number(room, 1, 1, 5, 1, &new_variant);
	put_campaign(room, "cccc", "cb");
	put_campaign(room, "cb", "ca");
	put_campaign(room, "ca", "");
	STORES_OK(sl_store_assign(room->store, &variant, &err));
	put_number(room, 2, 1, 4, 1, &new_variant); /* must not undo the assignment */
	STORES_OK(sl_store_commit(room->store, &err));
	stores_must_be_sound(room->store);
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	assert_true(sl_view_campaign(view, &id, room->arena, &row));
	assert_string_equal(row.id.text, "cccc");
	assert_string_equal(row.merged_into.text, "cb");
	assert_int_equal(row.evidence[SL_EVIDENCE_TEXT], 4);
	assert_int_equal(row.weakest.score, 1000);
	assert_int_equal(row.n_representatives, 1);
	assert_true(sl_view_resolve(view, &id, &alive));
	assert_string_equal(alive.text, "ca");
	id = campaign_id("cx");
	assert_false(sl_view_resolve(view, &id, &alive));
	assert_false(sl_view_campaign(view, &id, room->arena, &row));
	variant.campaign = campaign_id("");
	assert_true(sl_view_variant(view, &variant.key, &variant));
	assert_string_equal(variant.campaign.text, "ca");
	assert_int_equal(variant.score, 700);
	assert_int_equal(variant.messages, 2);
	assert_int_equal(variant.exemplar_time, 4);
	sl_view_close(&view);
}

static void nights_and_lineage(void **state)
{
	struct room *room = *state;
	struct sl_view *view;
	struct sl_night_row night = { .serial = 1, .as_of = -5, .state = SL_NIGHT_DONE };
	struct sl_campaign_id from[2] = { campaign_id("ca"), campaign_id("cb") };
	struct sl_lineage_row line = { .seq = 99,
		.line = { .night = 3,
			.op = "merge",
			.id = from[0],
			.moved = 7,
			.reason = SL_SPAN("why") },
		.from = from,
		.n_from = 2 };
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	assert_false(sl_view_last_night(view, &night));
	sl_view_close(&view);
	STORES_OK(sl_store_begin(room->store, &err));
	for (uint64_t serial = 1; serial < 300; serial += 100) {
		night = (struct sl_night_row){ .serial = serial, .messages = serial + 1 };
		STORES_OK(sl_store_put_night(room->store, &night, &err));
	}
	for (int i = 0; i < 300; i++)
		STORES_OK(sl_store_put_lineage(room->store, &line, &err));
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	assert_true(sl_view_last_night(view, &night));
	assert_int_equal(night.serial, 201);
	assert_int_equal(night.messages, 202);
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_LINEAGE, SL_SPAN_NULL);
	for (uint64_t seq = 0; seq < 300; seq++) {
		assert_true(sl_scan_next(scan, room->arena, &line));
		assert_int_equal(line.seq, seq);
	}
	assert_false(sl_scan_next(scan, room->arena, &line));
	sl_scan_close(&scan);
	assert_string_equal(line.line.op, "merge");
	assert_string_equal(line.from[1].text, "cb");
	CHECK_SPAN(line.line.reason, "why");
	sl_view_close(&view);
}

static void lookups_and_files(void **state)
{
	struct room *room = *state;
	struct sl_view *view;
	struct sl_pair pairs[2] = { { SL_SPAN("asn"), SL_SPAN("64500") },
		{ SL_SPAN("country"), SL_SPAN("ZZ") } };
	struct sl_answer answer = { .status = SL_LOOKUP_FOUND,
		.source = SL_SPAN("mmdb:test"),
		.asked = 5,
		.expires = SL_TIME_NONE,
		.pairs = pairs,
		.n_pairs = 2 };
	struct sl_answer got;
	struct sl_span edition, value = SL_SPAN("192.0.2.1");
	struct sl_file_stamp stamp = { 1, 2, 3, -4, 5 }, other = { 1, 2, 3, -4, 6 };
	struct sl_id key = made_id(room->arena, "archive", 1), found;
	char long_value[9000];
	memset(long_value, 'v', sizeof(long_value));
	STORES_OK(sl_store_begin(room->store, &err));
	STORES_OK(sl_store_put_lookup(
		room->store, "geo", SL_KIND_IPV4, value, SL_SPAN("e1"), &answer, &err));
	STORES_OK(sl_store_put_lookup(room->store, "geo", SL_KIND_URL,
		sl_span_of(long_value, sizeof(long_value)), SL_SPAN("e2"), &answer, &err));
	STORES_OK(sl_store_put_file(room->store, &stamp, &key, &err));
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	assert_true(sl_view_lookup(view, "geo", SL_KIND_IPV4, value, room->arena, &edition, &got));
	CHECK_SPAN(edition, "e1");
	CHECK_SPAN(got.source, "mmdb:test");
	assert_int_equal(got.n_pairs, 2);
	CHECK_SPAN(got.pairs[1].value, "ZZ");
	assert_int_equal(got.expires, SL_TIME_NONE);
	assert_false(sl_view_lookup(view, "ge", SL_KIND_IPV4, value, room->arena, &edition, &got));
	assert_false(sl_view_lookup(view, "geo", SL_KIND_IPV6, value, room->arena, &edition, &got));
	assert_true(sl_view_lookup(view, "geo", SL_KIND_URL,
		sl_span_of(long_value, sizeof(long_value)), room->arena, &edition, &got));
	assert_true(sl_view_file(view, &stamp, &found));
	assert_memory_equal(&found, &key, 16);
	assert_false(sl_view_file(view, &other, &found));
	sl_view_close(&view);
}

static void scans(void **state)
{
	struct room *room = *state;
	bool new_variant;
	struct sl_view *view;
	struct sl_member_row member;
	struct sl_sighting_row sighting;
	size_t n = 0;
	STORES_OK(sl_store_begin(room->store, &err));
	for (unsigned i = 0; i < 60; i++)
		put_number(room, i, i % 2, 5, 1, &new_variant);
	put_number(room, 7, 8, 5, 1, &new_variant);
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	assert_int_equal(sl_view_count(view, SL_TABLE_MESSAGES), 60);
	assert_int_equal(sl_view_count(view, SL_TABLE_CONTENTS), 20);
	assert_int_equal(sl_view_count(view, SL_TABLE_VARIANTS), 4);
	struct sl_id variant = made_id(room->arena, "variant", 2);
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_MEMBERS, sl_span_of(&variant, 16));
	for (; sl_scan_next(scan, NULL, &member); n++)
		assert_memory_equal(&member.variant, &variant, 16);
	assert_int_equal(n, 15);
	sl_scan_close(&scan);
	struct sl_id message = made_id(room->arena, "message key", 7);
	scan = sl_scan_open(view, SL_TABLE_SIGHTINGS, sl_span_of(&message, 16));
	for (n = 0; sl_scan_next(scan, NULL, &sighting); n++) {
		assert_memory_equal(&sighting.message, &message, 16);
		assert_int_equal(sighting.origin.ordinal, 7);
		CHECK_SPAN(sighting.origin.entry, "box/1.mbox");
	}
	assert_int_equal(n, 2);
	sl_scan_close(&scan);
	static const char nothing[600] = { 0 };
	for (size_t size = 16; size <= sizeof(nothing); size += 73) {
		scan = sl_scan_open(view, SL_TABLE_MEMBERS, sl_span_of(nothing, size));
		assert_false(sl_scan_next(scan, NULL, &member));
		sl_scan_close(&scan);
	}
	sl_view_close(&view);
}

static void abort_leaves_nothing(void **state)
{
	struct room *room = *state;
	bool new_variant;
	struct sl_id before = stores_raw_dump(room->store);
	STORES_OK(sl_store_begin(room->store, &err));
	for (unsigned i = 0; i < 50; i++)
		put_number(room, i, 1, 5, 1, &new_variant);
	assert_true(sl_store_dirty(room->store) > 50 * 500);
	sl_store_abort(room->store);
	struct sl_id after = stores_raw_dump(room->store);
	assert_memory_equal(&before, &after, 16);
	STORES_OK(sl_store_begin(room->store, &err));
	STORES_OK(sl_store_commit(room->store, &err));
	after = stores_raw_dump(room->store);
	assert_memory_equal(&before, &after, 16);
	stores_must_be_sound(room->store);
}

static void secrets_differ(void **state)
{
	struct room *room = *state;
	struct sl_secret secret = *sl_store_secret(room->store), zero = { { 0 } };
	char path[128];
	assert_memory_not_equal(&secret, &zero, sizeof(secret));
	struct sl_store *other = stores_open(stores_path(path), SL_STORE_WRITE);
	assert_memory_not_equal(&secret, sl_store_secret(other), sizeof(secret));
	sl_store_close(&other);
	stores_remove(path);
	reopen(room, SL_STORE_READ);
	assert_memory_equal(&secret, sl_store_secret(room->store), sizeof(secret));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROOM_TEST(check_merges),
		ROOM_TEST(indicator_counts_once),
		ROOM_TEST(flags_are_united),
		cmocka_unit_test(any_order),
		ROOM_TEST(done_ranges),
		ROOM_TEST(archive_names),
		ROOM_TEST(campaigns),
		ROOM_TEST(nights_and_lineage),
		ROOM_TEST(lookups_and_files),
		ROOM_TEST(scans),
		ROOM_TEST(abort_leaves_nothing),
		ROOM_TEST(secrets_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
