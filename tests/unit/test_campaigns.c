/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "putresult.h"

#include "pipeline/phase.h"
#include "stages/cluster/lineage.h"

#include <stdlib.h>
#include <unistd.h>

/* Texts are runs of invented words, so that overlap is what a test says. */
struct seed {
	const char *subject, *sender, *brand;
	unsigned from, words; /* of the text */
	int64_t time;
	const char *domain; /* of a link in it, or NULL */
	uint64_t skeleton;
};

static struct sl_config config = { .wave_days = 30 };

static struct sl_store *open_store(char path[64])
{
	struct sl_store *store = NULL;
	struct sl_err err = { .text = "" };

	if (!path[0]) {
		snprintf(path, 64, "/tmp/spamloom-test-XXXXXX");
		assert_non_null(mkdtemp(path));
	}
	if (sl_store_open(path, SL_STORE_WRITE, &store, &err) != SL_OK)
		fail_msg("%s", err.text);
	return store;
}

static void remove_store(struct sl_store **store, const char *path)
{
	char command[128];

	sl_store_close(store);
	snprintf(command, sizeof(command), "rm -r %s", path);
	assert_int_equal(system(command), 0);
}

static struct sl_span words(struct sl_arena *arena, unsigned from, unsigned n)
{
	char *text = sl_arena_alloc(arena, (size_t)n * 8 + 1);
	size_t at = 0;

	for (unsigned i = from; i < from + n; i++) {
		unsigned x = i * 2654435761u;

		for (int j = 0; j < 6; j++, x /= 26)
			text[at++] = (char)('a' + x % 26);
		text[at++] = i % 8 == 7 ? '\n' : ' ';
	}
	return sl_span_of(text, at);
}

static void put(struct sl_store *store, uint64_t night, const struct seed *seed)
{
	struct sl_arena *arena = sl_arena_new(0);
	const struct sl_secret *secret = sl_store_secret(store);
	struct sl_result result = { .time = seed->time };
	struct sl_message *m = &result.message;
	struct sl_indicator link;
	struct sl_span raw;
	struct sl_origin origin = { .entry = SL_SPAN("box") };
	enum sl_seen seen;
	bool fresh;
	struct sl_err err;

	m->subject = m->subject_norm = sl_span_str(seed->subject);
	m->from_name = m->sender_norm = sl_span_str(seed->sender);
	m->brand = sl_span_str(seed->brand);
	result.content.norm = words(arena, seed->from, seed->words);
	raw = sl_arena_printf(arena, "%s|%s|%u|%u|%lld", seed->subject, seed->sender, seed->from,
		seed->words, (long long)seed->time);
	m->id = sl_hash_name(raw);
	m->key = sl_hash_key(raw, secret);
	m->sha256 = sl_sha256_of(raw);
	m->date = m->received = seed->time;
	m->variant = sl_hash_key(result.content.norm, secret);
	m->variant_name = sl_hash_name(result.content.norm);
	result.content.key = m->content = sl_hash_key(raw, secret);
	result.content.skeleton = seed->skeleton;
	result.content.html_tags = seed->skeleton ? 40 : 0;
	if (seed->domain) {
		link = (struct sl_indicator){ .kind = SL_KIND_DOMAIN,
			.role = SL_ROLE_LINK,
			.view = SL_VIEW_HTML,
			.value = sl_span_str(seed->domain),
			.host = sl_span_str(seed->domain),
			.domain = sl_span_str(seed->domain) };
		result.content.indicators = &link;
		result.content.n_indicators = 1;
	}
	origin.archive = sl_hash_key(SL_SPAN("archive"), secret);
	origin.ordinal = (uint64_t)seed->time;
	assert_int_equal(sl_store_put_archive(
				 store, night, &origin.archive, SL_SPAN("trap.tar"), 1, 1, 1, &err),
		SL_OK);
	assert_int_equal(put_result(store, night, &result, &origin, &seen, &fresh, &err), SL_OK);
	assert_int_equal(seen, SL_SEEN_MESSAGE);
	sl_arena_free(&arena);
}

static void night(
	struct sl_store *store, uint64_t serial, const struct seed *seeds, size_t n, bool backwards)
{
	struct sl_err err = { .text = "" };
	struct sl_night_row row = { .serial = serial, .as_of = (int64_t)serial * 86400 };

	assert_int_equal(sl_store_begin(store, &err), SL_OK);
	for (size_t i = 0; i < n; i++)
		put(store, serial, &seeds[backwards ? n - 1 - i : i]);
	assert_int_equal(sl_store_put_night(store, &row, &err), SL_OK);
	assert_int_equal(sl_store_commit(store, &err), SL_OK);
	if (sl_campaigns_run(store, serial, &config, NULL, &err) != SL_OK)
		fail_msg("%s", err.text);
}

/* All that is known of campaigns, as text in an order of its own. */
static struct sl_span picture(struct sl_store *store, struct sl_arena *arena)
{
	struct sl_buf to = sl_buf_make(1 << 20);
	struct sl_view *view = NULL;
	struct sl_err err;
	struct sl_scan *scan;
	struct sl_campaign_row c;
	struct sl_lineage_row l;
	struct sl_span text;

	assert_int_equal(sl_view_open(store, false, &view, &err), SL_OK);
	scan = sl_scan_open(view, SL_TABLE_CAMPAIGNS, SL_SPAN_NULL);
	while (sl_scan_next(scan, arena, &c)) {
		sl_buf_printf(&to, "%s>%s %llu", c.id.text, c.merged_into.text,
			(unsigned long long)c.born);
		for (size_t i = 0; i < c.n_representatives; i++) {
			struct sl_variant_row v;

			assert_true(sl_view_variant(view, &c.representatives[i], &v));
			sl_buf_char(&to, ' ');
			sl_buf_hex(&to, v.name.b, 4);
		}
		sl_buf_char(&to, '\n');
	}
	sl_scan_close(&scan);
	scan = sl_scan_open(view, SL_TABLE_LINEAGE, SL_SPAN_NULL);
	while (sl_scan_next(scan, arena, &l))
		sl_buf_printf(&to, "%llu %s %s %s %llu %.*s\n", (unsigned long long)l.seq,
			l.line.op, l.line.id.text, l.line.other.text,
			(unsigned long long)l.line.moved, SL_ARG(l.line.reason));
	sl_scan_close(&scan);
	sl_view_close(&view);
	text = sl_arena_copy(arena, sl_buf_span(&to));
	sl_buf_free(&to);
	return text;
}

/* The living campaign of the variant with this text. */
static struct sl_campaign_id campaign_of(struct sl_store *store, unsigned from, unsigned n)
{
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_id key = sl_hash_key(words(arena, from, n), sl_store_secret(store));
	struct sl_view *view = NULL;
	struct sl_variant_row row;
	struct sl_campaign_id id;
	struct sl_err err;

	assert_int_equal(sl_view_open(store, false, &view, &err), SL_OK);
	assert_true(sl_view_variant(view, &key, &row));
	assert_true(row.assigned);
	assert_true(sl_view_resolve(view, &row.campaign, &id));
	sl_view_close(&view);
	sl_arena_free(&arena);
	return id;
}

static const struct seed first[] = {
	{ "your parcel waits", "swift post", "swiftpost", 0, 60, 1000, NULL, 0 },
	{ "parcel on hold", "swift desk", "swiftpost", 3, 60, 900, NULL, 0 },
	{ "a fee is open", "post office", "", 6, 60, 1100, NULL, 0 },
	{ "mailbox full", "it help", "", 500, 70, 950, NULL, 0 },
	{ "mailbox nearly full", "it desk", "", 505, 70, 960, NULL, 0 },
	{ "win a car", "lucky draw", "", 900, 50, SL_TIME_NONE, NULL, 0 },
};
static const struct seed second[] = {
	{ "parcel waits again", "post", "", 2, 61, 2000, NULL, 0 },
	{ "mailbox closes", "help", "", 502, 71, 2100, NULL, 0 },
	{ "pills", "doc", "", 1300, 40, 2200, NULL, 0 },
};

static void test_two_nights(void **state)
{
	char path[64] = "";
	struct sl_store *store = open_store(path);
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_campaign_id parcel, mailbox, car, id;
	struct sl_span before;

	(void)state;
	night(store, 1, first, SL_LEN(first), false);
	parcel = campaign_of(store, 0, 60);
	mailbox = campaign_of(store, 500, 70);
	car = campaign_of(store, 900, 50);
	id = campaign_of(store, 6, 60);
	assert_true(sl_campaign_id_eq(&parcel, &id));
	assert_false(sl_campaign_id_eq(&parcel, &mailbox));
	assert_false(sl_campaign_id_eq(&parcel, &car));
	before = picture(store, arena);
	night(store, 1, NULL, 0, false);
	assert_true(sl_span_eq(before, picture(store, arena)));

	night(store, 2, second, SL_LEN(second), false);
	id = campaign_of(store, 2, 61);
	assert_string_equal(id.text, parcel.text);
	id = campaign_of(store, 502, 71);
	assert_string_equal(id.text, mailbox.text);
	id = campaign_of(store, 6, 60);
	assert_string_equal(id.text, parcel.text);
	id = campaign_of(store, 1300, 40);
	assert_string_not_equal(id.text, car.text);
	sl_arena_free(&arena);
	remove_store(&store, path);
}

/* The founder is the message that comes first in time; its bytes give the id. */
static void test_founder(void **state)
{
	char path[64] = "";
	struct sl_store *store = open_store(path);
	struct sl_sha256 sha = sl_sha256_of(SL_SPAN("parcel on hold|swift desk|3|60|900"));
	struct sl_campaign_id want = sl_campaign_id_make(&sha), got;

	(void)state;
	night(store, 1, first, SL_LEN(first), false);
	got = campaign_of(store, 0, 60);
	assert_string_equal(got.text, want.text);
	assert_int_equal(strlen(got.text), 17);
	remove_store(&store, path);
}

/* Another order of messages, another store with another secret: the same picture. */
static void test_order(void **state)
{
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_span pictures[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		char path[64] = "";
		struct sl_store *store = open_store(path);

		night(store, 1, first, SL_LEN(first), i == 1);
		night(store, 2, second, SL_LEN(second), i == 1);
		pictures[i] = picture(store, arena);
		remove_store(&store, path);
	}
	assert_true(pictures[0].n > 100);
	if (!sl_span_eq(pictures[0], pictures[1]))
		fail_msg("%.*s\n---\n%.*s", SL_ARG(pictures[0]), SL_ARG(pictures[1]));
	sl_arena_free(&arena);
}

/* What two nights give is what one night gives. */
static void test_one_or_two(void **state)
{
	char path[64] = "", other[64] = "";
	struct sl_store *two = open_store(path), *one = open_store(other);
	struct seed all[SL_LEN(first) + SL_LEN(second)];

	(void)state;
	memcpy(all, first, sizeof(first));
	memcpy(all + SL_LEN(first), second, sizeof(second));
	night(two, 1, first, SL_LEN(first), false);
	night(two, 2, second, SL_LEN(second), false);
	night(one, 1, all, SL_LEN(all), false);
	for (size_t i = 0; i < SL_LEN(all); i++) {
		struct sl_campaign_id a = campaign_of(two, all[i].from, all[i].words);
		struct sl_campaign_id b = campaign_of(one, all[i].from, all[i].words);

		assert_string_equal(a.text, b.text);
	}
	remove_store(&two, path);
	remove_store(&one, other);
}

/* Two campaigns, then mails in between: one campaign, an alias, and a line that says why. */
static void test_merge(void **state)
{
	static const struct seed ends[] = { { "one", "anna", "", 0, 60, 1000, NULL, 0 },
		{ "two", "ben", "", 20, 60, 1100, NULL, 0 } };
	static const struct seed between[] = { { "three", "carl", "", 10, 60, 2000, NULL, 0 },
		{ "four", "dora", "", 9, 60, 2001, NULL, 0 },
		{ "five", "emil", "", 11, 60, 2002, NULL, 0 } };
	char path[64] = "";
	struct sl_store *store = open_store(path);
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_campaign_id a, b, c;
	struct sl_span text;

	(void)state;
	night(store, 1, ends, SL_LEN(ends), false);
	a = campaign_of(store, 0, 60);
	b = campaign_of(store, 20, 60);
	assert_string_not_equal(a.text, b.text);
	night(store, 2, between, SL_LEN(between), false);
	c = campaign_of(store, 20, 60);
	assert_string_equal(c.text, a.text); /* the older one stays */
	c = campaign_of(store, 10, 60);
	assert_string_equal(c.text, a.text);
	text = picture(store, arena);
	assert_true(sl_span_find(text, sl_arena_printf(arena, "%s>%s 1", b.text, a.text), 0) >= 0);
	assert_true(sl_span_find(text, sl_arena_printf(arena, "merge %s %s 1 ", a.text, b.text),
			    0) >= 0);
	sl_arena_free(&arena);
	remove_store(&store, path);
}

/* Brands keep the same words apart; empty mails do not flow together. */
static void test_apart(void **state)
{
	static const struct seed seeds[] = { { "a", "post", "swiftpost", 0, 60, 1, NULL, 0 },
		{ "b", "runner", "boxrunner", 1, 60, 2, NULL, 0 },
		{ "c", "x", "", 100, 1, 3, NULL, 0 }, { "d", "y", "", 101, 1, 4, NULL, 0 } };
	char path[64] = "";
	struct sl_store *store = open_store(path);
	struct sl_campaign_id ids[SL_LEN(seeds)];

	(void)state;
	night(store, 1, seeds, SL_LEN(seeds), false);
	for (size_t i = 0; i < SL_LEN(seeds); i++) {
		ids[i] = campaign_of(store, seeds[i].from, seeds[i].words);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(ids[i].text, ids[j].text);
	}
	remove_store(&store, path);
}

enum { DAY = 86400 };

/* Two kinds of mail for one domain, one layout under two brands, a campaign that comes back. */
static const struct seed week[] = {
	{ "your parcel", "swift post", "amazon", 0, 60, 10 * DAY, "lure-shop.example", 77 },
	{ "your parcel", "swift post", "amazon", 2, 60, 11 * DAY, "lure-shop.example", 77 },
	{ "your parcel 2", "swift post", "amazon", 4, 60, 12 * DAY, "other-shop.example", 77 },
	{ "your account", "bank desk", "paypal", 300, 60, 12 * DAY, "pay-pal.example", 77 },
	{ "win a prize", "lucky", "", 600, 60, 12 * DAY, "lure-shop.example", 0 },
};
static const struct seed later_week[] = {
	{ "your parcel", "swift post", "amazon", 1, 60, 100 * DAY, "new-shop.example", 77 },
};

struct desk {
	struct sl_store *store;
	struct sl_view *view;
	struct sl_tables *tables;
	struct sl_dossiers dossiers;
	char path[64];
};

static void open_desk(struct desk *desk)
{
	struct sl_err err = { .text = "" };

	desk->path[0] = '\0';
	desk->store = open_store(desk->path);
	if (sl_tables_load(&config, &desk->tables, &err) != SL_OK)
		fail_msg("%s", err.text);
	night(desk->store, 1, week, SL_LEN(week), false);
	night(desk->store, 2, later_week, SL_LEN(later_week), false);
	assert_int_equal(sl_view_open(desk->store, false, &desk->view, &err), SL_OK);
	assert_int_equal(sl_dossiers_open(desk->view, &config, desk->tables, 101 * DAY,
				 &desk->dossiers, &err),
		SL_OK);
}

static void close_desk(struct desk *desk)
{
	sl_dossiers_close(&desk->dossiers);
	sl_view_close(&desk->view);
	sl_tables_free(&desk->tables);
	remove_store(&desk->store, desk->path);
}

static void test_dossier(void **state)
{
	struct desk desk;
	struct sl_campaign_id id;
	const struct sl_dossier *d;

	(void)state;
	open_desk(&desk);
	id = campaign_of(desk.store, 0, 60);
	d = sl_dossier_one(&desk.dossiers, &id);
	assert_non_null(d);
	assert_string_equal(d->id.text, id.text);
	assert_int_equal(d->messages, 4);
	assert_int_equal(d->sightings, 4);
	assert_int_equal(d->variants, 4);
	assert_int_equal(d->status, SL_STATUS_RETURNED);
	assert_int_equal(d->n_waves, 2);
	assert_int_equal(d->waves[0].messages, 3);
	assert_true(d->first_seen == 10 * DAY && d->last_seen == 100 * DAY);
	assert_true(d->waves[1].first == 100 * DAY && d->waves[1].last == 100 * DAY);
	CHECK_SPAN(d->brand, "amazon");
	CHECK_SPAN(d->name, "Amazon: your parcel");
	assert_int_equal(d->n_subjects, 2);
	CHECK_SPAN(d->subjects[0].value, "your parcel");
	assert_int_equal(d->subjects[0].count, 3);
	assert_int_equal(d->n_used, 3);
	CHECK_SPAN(d->used[0].indicator.value, "lure-shop.example");
	assert_int_equal(d->used[0].messages, 2);
	assert_true(d->used[0].roles == SL_BIT(SL_ROLE_LINK) && d->used[0].why != NULL);
	CHECK_SPAN(d->exemplar_entry, "box");
	assert_int_equal(d->exemplar_ordinal, 10 * DAY);
	assert_in_range(d->confidence, 60, 100);
	assert_true(d->has_weakest && d->n_template_lines > 0);
	assert_int_equal(d->n_lineage, 2);
	assert_string_equal(d->lineage[0].op, "born");
	assert_string_equal(d->lineage[1].op, "join");
	assert_int_equal(d->n_traps, 1);
	close_desk(&desk);
}

static void test_relations(void **state)
{
	struct desk desk;
	struct sl_campaign_id parcel, account, prize;
	const struct sl_dossier *d;
	bool family = false;

	(void)state;
	open_desk(&desk);
	parcel = campaign_of(desk.store, 0, 60);
	account = campaign_of(desk.store, 300, 60);
	prize = campaign_of(desk.store, 600, 60);
	d = sl_dossier_one(&desk.dossiers, &parcel);
	for (size_t i = 0; i < d->n_related; i++) {
		const struct sl_relation *r = &d->related[i];

		if (strcmp(r->type, "family") == 0) {
			assert_string_equal(r->campaign.text, account.text);
			family = true;
		} else {
			assert_string_equal(r->type, "operation");
			assert_string_equal(r->campaign.text, prize.text);
		}
	}
	assert_true(family);
	close_desk(&desk);
}

/* In order of ids, each once, twice the same; those of one message only with --all. */
static void test_walk(void **state)
{
	struct desk desk;
	struct sl_campaign_id last = { "" };
	size_t rounds[2] = { 0, 0 }, messages = 0, large = 0;
	const struct sl_dossier *one;

	(void)state;
	open_desk(&desk);
	while ((one = desk.dossiers.next(desk.dossiers.state)) != NULL) {
		assert_true(one->messages >= 2);
		large++;
	}
	assert_int_equal(large, 1);
	config.all = true;
	for (int i = 0; i < 2; i++) {
		const struct sl_dossier *d;

		last.text[0] = '\0';
		desk.dossiers.rewind(desk.dossiers.state);
		while ((d = desk.dossiers.next(desk.dossiers.state)) != NULL) {
			assert_true(sl_campaign_id_cmp(&last, &d->id) < 0);
			last = d->id;
			rounds[i]++;
			messages += d->messages;
		}
	}
	assert_true(rounds[0] == 3 && rounds[1] == 3);
	config.all = false;
	assert_int_equal(messages, 2 * (SL_LEN(week) + SL_LEN(later_week)));
	assert_null(
		sl_dossier_one(&desk.dossiers, &(struct sl_campaign_id){ "cnosuchcampaign22" }));
	close_desk(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_two_nights),
		cmocka_unit_test(test_founder), cmocka_unit_test(test_order),
		cmocka_unit_test(test_one_or_two), cmocka_unit_test(test_merge),
		cmocka_unit_test(test_apart), cmocka_unit_test(test_dossier),
		cmocka_unit_test(test_relations), cmocka_unit_test(test_walk) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
