/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/policy.h"
#include "pipeline/tables.h"
#include "pipeline/tables_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct sl_tables *load(const struct sl_config *config)
{
	struct sl_tables *t = NULL;
	struct sl_err err = { 0 };
	if (sl_tables_load(config, &t, &err) != SL_OK)
		fail_msg("%s", err.text);
	return t;
}

static int setup(void **state)
{
	static const struct sl_config config;
	*state = load(&config);
	return 0;
}

static int teardown(void **state)
{
	struct sl_tables *t = *state;
	sl_tables_free(&t);
	assert_null(t);
	return 0;
}

static void test_known(void **state)
{
	enum { SHARED = SL_KNOWN_SHARED, CUSTOMER = SL_KNOWN_SHARED | SL_KNOWN_CUSTOMER };
	static const struct {
		const char *host, *domain;
		unsigned has, lacks;
	} rows[] = {
		{ "www.wikipedia.org", "wikipedia.org", SL_KNOWN_GOOD, SHARED },
		{ "wikipedia.org.evil.top", "evil.top", 0, SL_KNOWN_GOOD },
		{ "notwikipedia.org", "notwikipedia.org", 0, SL_KNOWN_GOOD },
		{ "www.amazon.co.jp", "amazon.co.jp", SL_KNOWN_BRAND, SL_KNOWN_GOOD },
		{ "sites.google.com", "google.com", SHARED, SL_KNOWN_BRAND | SL_KNOWN_CUSTOMER },
		{ "mail.google.com", "google.com", SL_KNOWN_BRAND, SHARED },
		{ "a.blob.core.windows.net", "windows.net", CUSTOMER, SL_KNOWN_GOOD },
		{ "blob.core.windows.net", "windows.net", SHARED, SL_KNOWN_CUSTOMER },
		{ "x.z13.web.core.windows.net", "", CUSTOMER, 0 },
		{ "b.s3.us-east-2.amazonaws.com", "", CUSTOMER, 0 },
		{ "s3.us-east-2.amazonaws.com", "", SHARED, SL_KNOWN_CUSTOMER },
		{ "", "amazonaws.com", SHARED, SL_KNOWN_CUSTOMER },
		{ "", "windows.net", SHARED, SL_KNOWN_CUSTOMER },
		{ "other.windows.net", "windows.net", SHARED, SL_KNOWN_CUSTOMER },
		{ "www.weebly.com", "weebly.com", SHARED, SL_KNOWN_CUSTOMER },
		{ "shop.weebly.com", "weebly.com", CUSTOMER, 0 },
		{ "t.co", "t.co", SL_KNOWN_SHORTENER, SL_KNOWN_GOOD },
		{ "u1.ct.sendgrid.net", "sendgrid.net", SL_KNOWN_TRACKER, 0 },
		{ "www.w3.org", "w3.org", SL_KNOWN_NAMESPACE, 0 },
		{ "mail.example.com", "example.com", SL_KNOWN_PLACEHOLDER, 0 },
		{ "a.b.test", "b.test", SL_KNOWN_PLACEHOLDER, 0 },
		{ "gmail.com", "gmail.com", SL_KNOWN_FREEMAIL, 0 },
		{ "evil.top", "evil.top", 0, ~0u },
		{ "", "evil.top", 0, ~0u },
		{ "", "wikipedia.org", SL_KNOWN_GOOD, 0 },
		{ "", "", 0, ~0u },
		{ "..", "", 0, ~0u },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		unsigned got = sl_tables_known(
			*state, sl_span_str(rows[i].host), sl_span_str(rows[i].domain));
		if ((got & rows[i].has) != rows[i].has || (got & rows[i].lacks))
			fail_msg("row %zu %s: got %#x", i, rows[i].host, got);
	}
}

static void test_known_ip(void **state)
{
	static const struct {
		const char *ip;
		unsigned want;
	} rows[] = {
		{ "209.85.220.41", SL_KNOWN_RELAY },
		{ "209.86.0.1", 0 },
		{ "2a01:111:f400::1", SL_KNOWN_RELAY },
		{ "2a01:112::1", 0 },
		{ "::ffff:209.85.220.41", SL_KNOWN_RELAY },
		{ "no address", 0 },
		{ "", 0 },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++)
		assert_int_equal(sl_tables_known_ip(*state, sl_span_str(rows[i].ip)), rows[i].want);
}

/* Both ends of networks of all kinds of lengths, and what lies beside them. */
static void test_networks(void **state)
{
	static const char *const networks[] = { "20.0.0.0/7", "40.50.0.0/15", "60.70.80.0/25",
		"90.90.90.90", "2001:db8::/33" };
	static const struct {
		const char *ip;
		unsigned want;
	} rows[] = { { "19.255.255.255", 0 }, { "20.0.0.0", 1 }, { "21.255.255.255", 1 },
		{ "22.0.0.0", 0 }, { "40.49.255.255", 0 }, { "40.50.0.0", 2 },
		{ "40.51.255.255", 2 }, { "40.52.0.0", 0 }, { "60.70.79.255", 0 },
		{ "60.70.80.127", 4 }, { "60.70.80.128", 0 }, { "90.90.90.89", 0 },
		{ "90.90.90.90", 8 }, { "2001:db8:7fff::1", 16 }, { "2001:db8:8000::", 0 } };
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_prefixes *prefixes = sl_calloc(1, sizeof(*prefixes));
	(void)state;
	for (size_t i = 0; i < SL_LEN(networks); i++)
		assert_true(sl_prefixes_add(prefixes, arena, sl_span_str(networks[i]), 1u << i));
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_ip ip;
		assert_true(sl_ip_parse(sl_span_str(rows[i].ip), &ip));
		if (sl_prefixes_find(prefixes, &ip) != rows[i].want)
			fail_msg("%s", rows[i].ip);
	}
	sl_nameset_free(&prefixes->set);
	free(prefixes);
	sl_arena_free(&arena);
}

/* The ids found, joined by a space. */
static struct sl_span found(
	const struct sl_tables *t, struct sl_arena *arena, const char *text, bool strong_only)
{
	const struct sl_brand *brands[8];
	struct sl_span joined = SL_SPAN_NULL;
	size_t n = sl_tables_brands_in(t, sl_span_str(text), strong_only, brands, 8);
	for (size_t i = 0; i < n; i++)
		joined = sl_arena_printf(
			arena, "%.*s%s%.*s", SL_ARG(joined), i ? " " : "", SL_ARG(brands[i]->id));
	return joined;
}

static void test_brands_in(void **state)
{
	static const struct {
		const char *text, *all, *strong;
	} rows[] = {
		{ "amazonからの重要なお知らせ", "amazon", "amazon" },
		{ "アマゾンプライムの会員", "amazon", "amazon" },
		{ "amazons and samazon", "", "" },
		{ "amazon123 or x-amazon-y", "amazon", "amazon" },
		{ "a m a z o n", "amazon", "amazon" },
		{ "a.m.a.z.o.n", "amazon", "amazon" },
		{ "a ma zon", "", "" },
		{ "東 京 電 力", "tepco", "tepco" },
		{ "東京電力エナジーパートナー", "tepco", "tepco" },
		{ "trust wallet", "trustwallet", "trustwallet" },
		{ "trustwallet", "trustwallet", "trustwallet" },
		{ "trust\n  wallet!", "trustwallet", "trustwallet" },
		{ "we trust. wallets", "", "" },
		{ "at&t", "att", "att" },
		{ "att", "", "" },
		{ "vis a vis", "", "" },
		{ "visa", "visa", "" },
		{ "apple pie", "apple", "" },
		{ "your apple id", "apple", "apple" },
		{ "楽天カード株式会社", "rakutencard", "rakutencard" },
		{ "楽天", "rakuten", "rakuten" },
		{ "楽天カードと楽天", "rakuten rakutencard", "rakuten rakutencard" },
		{ "カラオリコン", "", "" },
		{ "itaú", "itau", "itau" },
		{ "itaúx", "", "" },
		{ "1&1 und 11&1", "einsundeins", "einsundeins" },
		{ "paypal paypal paypal", "paypal", "paypal" },
		{ "", "", "" },
		{ "\xff\xfe amazon\xc3", "", "" },
		{ "amazon", "amazon", "amazon" },
	};
	struct sl_arena *arena = sl_arena_new(0);
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		CHECK_SPAN_ROW(found(*state, arena, rows[i].text, false), rows[i].all, i);
		CHECK_SPAN_ROW(found(*state, arena, rows[i].text, true), rows[i].strong, i);
	}
	sl_arena_free(&arena);
}

static void test_brand_hits_are_bounded(void **state)
{
	struct sl_brand_hit hits[2];
	struct sl_span text = SL_SPAN("paypal netflix amazon dhl amazon");
	assert_int_equal(sl_tables_brand_hits(*state, text, true, hits, 2), 2);
	CHECK_SPAN(hits[0].brand->id, "amazon");
	assert_int_equal(hits[0].count, 2);
	CHECK_SPAN(hits[1].brand->id, "dhl");
	assert_int_equal(sl_tables_brand_hits(*state, text, true, hits, 0), 0);
}

/* The same hits whatever stands before: registers and the pending list must not leak. */
static void test_brand_at_every_offset(void **state)
{
	char text[300];
	struct sl_brand_hit hits[4];
	for (size_t at = 0; at < sizeof(text) - 6; at++) {
		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = i % 3 ? 'q' : ' ';
		memcpy(text + at, " dhl ", 5);
		size_t n =
			sl_tables_brand_hits(*state, sl_span_of(text, sizeof(text)), true, hits, 4);
		assert_int_equal(n, 1);
		CHECK_SPAN(hits[0].brand->id, "dhl");
		assert_int_equal(hits[0].at, at + 4);
	}
}

static void test_brand_of_domain(void **state)
{
	static const struct {
		const char *domain, *id;
	} rows[] = {
		{ "amazon.co.jp", "amazon" },
		{ "www.amazon.co.jp", "amazon" },
		{ "amazon.co.jp.evil.top", NULL },
		{ "xamazon.co.jp", NULL },
		{ "", NULL },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		const struct sl_brand *brand =
			sl_tables_brand_of_domain(*state, sl_span_str(rows[i].domain));
		assert_int_equal(brand != NULL, rows[i].id != NULL);
		if (brand)
			CHECK_SPAN(brand->id, rows[i].id);
	}
	assert_null(sl_tables_brand_by_id(*state, SL_SPAN("nobody")));
	assert_non_null(sl_tables_brand_by_id(*state, SL_SPAN("amazon")));
}

static void test_sources_and_suffixes(void **state)
{
	struct sl_span name, date;
	size_t n = 0;
	while (sl_tables_source(*state, n, &name, &date)) {
		CHECK_SPAN(date, "2026-11-24");
		n++;
	}
	assert_int_equal(n, 12);
	assert_true(sl_span_find(sl_tables_suffix_supplement(*state),
			    SL_SPAN("\nblob.core.windows.net\n"), 0) >= 0 ||
		    sl_span_starts(sl_tables_suffix_supplement(*state),
			    SL_SPAN("blob.core.windows.net\n")));
}

static void test_phrases(void **state)
{
	unsigned counts[SL_PHRASES];
	sl_tables_phrases(*state,
		SL_SPAN("重要なお知らせ アカウントの利用制限 重要なお知らせ next of kin"), counts);
	assert_int_equal(counts[SL_PHRASE_PRESSURE], 2);
	assert_int_equal(counts[SL_PHRASE_FEE], 1);
	assert_int_equal(counts[SL_PHRASE_EXTORTION], 0);
}

/* ---- what users bring ---- */

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *folder, const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(unlink(path), 0);
}

static void test_warninglists(void **state)
{
	static const char *const files[][2] = {
		{ "hosts.json",
			"{\"name\":\"n\",\"type\":\"hostname\",\"version\":7,\"list\":"
			"[\".warned.cc\",\"Exact.dd\"],\"matching_attributes\":[\"hostname\"]}" },
		{ "nets.json", "{\"type\":\"cidr\",\"list\":[\"203.0.113.0/24\",\"1.2.3.4\"],"
			       "\"matching_attributes\":[\"ip-src\"]}" },
		{ "sub.json", "{\"type\":\"substring\",\"list\":[\"oddword\"],"
			      "\"matching_attributes\":[\"domain\"]}" },
		{ "hashes.json", "{\"type\":\"string\",\"list\":[\"hash.ee\"],"
				 "\"matching_attributes\":[\"md5\"]}" },
		{ "tranco.csv", "1,popular.gg\n2,hosting.hh\n# comment\n" },
		{ "url-shortener.json", "{\"type\":\"hostname\",\"list\":[\"tiny.ii\"]}" },
		{ "notes.md", "evil.top\n" },
	};
	static const struct {
		const char *host, *domain;
		unsigned want;
	} rows[] = {
		{ "a.warned.cc", "warned.cc", SL_KNOWN_WARNINGLIST },
		{ "x.exact.dd", "exact.dd", SL_KNOWN_WARNINGLIST },
		{ "an.oddwords.ff", "oddwords.ff", SL_KNOWN_WARNINGLIST },
		{ "hash.ee", "hash.ee", 0 },
		{ "www.popular.gg", "popular.gg", SL_KNOWN_TOPLIST },
		{ "a.hosting.hh", "a.hosting.hh", 0 },
		{ "tiny.ii", "tiny.ii", SL_KNOWN_SHORTENER },
		{ "evil.top", "evil.top", 0 },
	};
	char folder[] = "/tmp/sl-tables-XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < SL_LEN(files); i++)
		write_file(folder, files[i][0], files[i][1]);
	struct sl_config config = { .warninglists = folder };
	struct sl_tables *t = load(&config);
	for (size_t i = 0; i < SL_LEN(rows); i++)
		assert_int_equal(
			sl_tables_known(t, sl_span_str(rows[i].host), sl_span_str(rows[i].domain)),
			rows[i].want);
	assert_int_equal(sl_tables_known_ip(t, SL_SPAN("203.0.113.9")), SL_KNOWN_WARNINGLIST);
	assert_int_equal(sl_tables_known_ip(t, SL_SPAN("1.2.3.4")), SL_KNOWN_WARNINGLIST);
	assert_int_equal(sl_tables_known_ip(t, SL_SPAN("1.2.3.5")), 0);
	sl_tables_free(&t);
	write_file(folder, "broken.json", "{\"list\":[");
	struct sl_err err = { 0 };
	assert_int_equal(sl_tables_load(&config, &t, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CONFIG);
	assert_null(t);
	remove_file(folder, "broken.json");
	for (size_t i = 0; i < SL_LEN(files); i++)
		remove_file(folder, files[i][0]);
	assert_int_equal(rmdir(folder), 0);
}

static void test_user_lists(void **state)
{
	static const char *allow[] = { "kept.cc" };
	static const char *own[] = { "mine.dd", "198.51.100.0/24" };
	static const char *traps[] = { "@trap.ee", "one@single.ff", "someone@gmail.com", "junk" };
	struct sl_config config = {
		.allow = { allow, 1 }, .own = { own, 2 }, .trap_addresses = { traps, 4 }
	};
	(void)state;
	struct sl_tables *t = load(&config);
	assert_int_equal(sl_tables_known(t, SL_SPAN("a.kept.cc"), SL_SPAN_NULL), SL_KNOWN_ALLOWED);
	assert_int_equal(sl_tables_known(t, SL_SPAN("mine.dd"), SL_SPAN_NULL), SL_KNOWN_OWN);
	assert_int_equal(sl_tables_known_ip(t, SL_SPAN("198.51.100.7")), SL_KNOWN_OWN);
	assert_int_equal(sl_tables_known(t, SL_SPAN("mx.trap.ee"), SL_SPAN_NULL), SL_KNOWN_TRAP);
	assert_int_equal(sl_tables_known(t, SL_SPAN("single.ff"), SL_SPAN_NULL), SL_KNOWN_TRAP);
	assert_false(sl_tables_known(t, SL_SPAN("gmail.com"), SL_SPAN_NULL) & SL_KNOWN_TRAP);
	sl_tables_free(&t);
}

static void test_user_brands(void **state)
{
	char path[] = "/tmp/sl-brands-XXXXXX";
	(void)state;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	static const char text[] = "# date: 2026-01-02\r\n"
				   "zorblax\tZorblax Bank\tZorblax|~zorb\tzorblax.cc\r\n"
				   "amazon\t\tヘンナナマエ\textra-amazon.cc\n\t\n";
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	struct sl_config config = { .brands_file = path };
	struct sl_tables *t = load(&config);
	struct sl_arena *arena = sl_arena_new(0);
	CHECK_SPAN(found(t, arena, "zorblax and zorb", true), "zorblax");
	CHECK_SPAN(found(t, arena, "ヘンナナマエ", true), "amazon");
	CHECK_SPAN(sl_tables_brand_of_domain(t, SL_SPAN("a.extra-amazon.cc"))->id, "amazon");
	CHECK_SPAN(sl_tables_brand_by_id(t, SL_SPAN("zorblax"))->name, "Zorblax Bank");
	sl_arena_free(&arena);
	sl_tables_free(&t);
	assert_int_equal(unlink(path), 0);
	struct sl_err err = { 0 };
	assert_int_equal(sl_tables_load(&config, &t, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CONFIG);
}

/* Every row that ships is well formed; a slip in a table is found here, not by a user. */
static void test_shipped_rows(void **state)
{
	const struct sl_tables *t = *state;
	size_t with_domains = 0;
	assert_true(t->n_brands >= 250);
	for (size_t i = 0; i < t->n_brands; i++) {
		with_domains += t->brands[i].n_domains > 0;
		for (size_t k = 0; k < t->brands[i].n_domains; k++)
			assert_true(sl_span_chr(t->brands[i].domains[k], '.', 0) > 0);
	}
	assert_int_equal(with_domains, t->n_brands);
	for (size_t i = 0; i < t->brand_aliases.n; i++)
		if (t->brand_aliases.items[i].strong)
			assert_true(t->brand_aliases.items[i].bytes.n >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_known_ip),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_brands_in),
		cmocka_unit_test(test_brand_hits_are_bounded),
		cmocka_unit_test(test_brand_at_every_offset),
		cmocka_unit_test(test_brand_of_domain),
		cmocka_unit_test(test_sources_and_suffixes),
		cmocka_unit_test(test_phrases),
		cmocka_unit_test(test_warninglists),
		cmocka_unit_test(test_user_lists),
		cmocka_unit_test(test_user_brands),
		cmocka_unit_test(test_shipped_rows),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
