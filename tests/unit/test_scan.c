/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"
#include "pipeline/base/clock.h"
#include "stages/extract/scan.h"

#include <stdlib.h>

static struct sl_span found_in(struct desk *desk, struct sl_span text)
{
	struct sl_finder scan;
	struct sl_found found;
	struct sl_span list = SL_SPAN_NULL;
	size_t last = 0;
	sl_find_begin(&scan, desk->arena, desk->suffixes, text);
	while (sl_find_next(&scan, &found)) {
		static const char *const kinds[] = { "", "mail:", "ip:" };
		assert_true(found.begin < found.end && found.end <= text.n && found.begin >= last);
		last = found.end;
		list = sl_arena_printf(desk->arena, "%.*s%s%s%.*s", SL_ARG(list),
			list.n ? " | " : "", kinds[found.kind], SL_ARG(found.value));
		if (found.flags)
			list = sl_arena_printf(desk->arena, "%.*s {%.*s}", SL_ARG(list),
				SL_ARG(desk_flags(desk, found.flags)));
	}
	return list;
}

struct row {
	const char *text, *found;
};

static void check_rows(struct desk *desk, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		CHECK_SPAN_ROW(found_in(desk, sl_span_str(rows[i].text)), rows[i].found, i);
}

static void urls_with_a_scheme(void **state)
{
	static const struct row rows[] = {
		{ "a http://kumo.shop/x b", "http://kumo.shop/x" },
		{ "詳細はhttp://kumo.shop/xまで", "http://kumo.shop/x" },
		{ "https://kumo.shop/x。次", "https://kumo.shop/x" },
		{ "「https://kumo.shop」", "https://kumo.shop" },
		{ "https://kumo.shopをご覧", "https://kumo.shop" },
		{ "https://kumo.shop。本日", "https://kumo.shop" },
		{ "https://kumo.shop.本日", "https://kumo.shop" },
		{ "https://kumo.shop.Please", "https://kumo.shop" },
		{ "https://kumo.shop:8443まで", "https://kumo.shop:8443" },
		{ "https://kumo.shop?x=1", "https://kumo.shop?x=1" },
		{ "(https://kumo.shop/a_(b)).", "https://kumo.shop/a_(b)" },
		{ "[x](https://kumo.shop/a)", "https://kumo.shop/a" },
		{ "'https://kumo.shop/a'b", "https://kumo.shop/a" },
		{ "https://kumo.shop/it's", "https://kumo.shop/it's" },
		{ "https://kumo.shop/a?!.,;:", "https://kumo.shop/a" },
		{ "https://kumo.shop/a|https://b.kumo.shop",
			"https://kumo.shop/a | https://b.kumo.shop" },
		{ "https://kumo.shop/ahttps://b.kumo.shop/",
			"https://kumo.shop/a | https://b.kumo.shop/" },
		{ "https://kumo.shop/?u=https://b.kumo.shop/",
			"https://kumo.shop/?u=https://b.kumo.shop/" },
		{ "https://kumo.shop/%2Fhttp://b.kumo.shop/",
			"https://kumo.shop/%2Fhttp://b.kumo.shop/" },
		{ "https://bank.test@kumo.shop/a", "https://bank.test@kumo.shop/a" },
		{ "https://a@b@kumo.shop/a", "https://a@b@kumo.shop/a" },
		{ "http://雲.shop/道", "http://雲.shop/" },
		{ "http://kumo．shop/x", "http://kumo．shop/x" },
		{ "http://198.18.7.1/x", "http://198.18.7.1/x" },
		{ "http://3325256449/x", "http://3325256449/x" },
		{ "http://[2a00:1450::7]:8/x", "http://[2a00:1450::7]:8/x" },
		{ "https://[name]/x", "" },
		{ "https://***.kumo.shop/", "" },
		{ "http://", "" },
		{ "http://localhost/", "" },
		{ "http://kumo.example/a", "http://kumo.example/a" },
		{ "http://kumo.shop0/a", "" },
		{ "http://mizu.shop./x", "http://mizu.shop./x" },
		{ "https://.shop/", "" },
		{ "sftp://kumo.shop/x", "" },
		{ "ｈｔｔｐ：／／ｋｕｍｏ．ｓｈｏｐ／ａ　次", "http://kumo.shop/a {mapped}" },
	};
	struct desk *desk = *state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		/* dots are written as dots in what is found */
		struct sl_span want = sl_span_str(rows[i].found);
		ssize_t wide = sl_span_find(want, SL_SPAN("．"), 0);
		const char *text = rows[i].found;
		if (wide >= 0)
			text = sl_arena_printf(
				desk->arena, "%.*s.%s", (int)wide, want.p, want.p + wide + 3)
				       .p;
		CHECK_SPAN_ROW(found_in(desk, sl_span_str(rows[i].text)), text, i);
	}
}

static void names_without_a_scheme(void **state)
{
	static const struct row rows[] = {
		{ "見て kumo.shop ね", "http://kumo.shop {schemeless}" },
		{ "見てkumo.shop/aへ", "http://kumo.shop/a {schemeless}" },
		{ "www.kumo.shopへ", "http://www.kumo.shop {schemeless}" },
		{ "WWW.KUMO.SHOP", "http://WWW.KUMO.SHOP {schemeless}" },
		{ "kumo.co.jp.", "http://kumo.co.jp {schemeless}" },
		{ "kumo.shop:8080/x", "http://kumo.shop:8080/x {schemeless}" },
		{ "Kumo.co.jp からのお知らせ", "" },
		{ "Kumo.co.jp/login", "http://Kumo.co.jp/login {schemeless}" },
		{ "Teamwww.kumo.shop", "http://www.kumo.shop {schemeless}" },
		{ "x2qKumo.co.jp PayPal.com", "" },
		{ "mail.Kumo.co.jp KUMO.SHOP",
			"http://mail.Kumo.co.jp {schemeless} | http://KUMO.SHOP {schemeless}" },
		{ "Unusual sign.in, etc.as", "" },
		{ "ex.pharmacy.online8@kumo.shop", "mail:ex.pharmacy.online8@kumo.shop" },
		{ "kumo.shop.Please kumo.shop.nosuch", "http://kumo.shop {schemeless}" },
		{ "Thanks.See you", "" },
		{ "report.zip README.md run.sh x.py", "" },
		{ "report.zip/x", "http://report.zip/x {schemeless}" },
		{ "com.kumo.loom.android", "" },
		{ "co.jp", "" },
		{ "style.css main.js a.b e.g. i.e.", "" },
		{ "1.980円 2026.11.24 12.30", "" },
		{ "山田.太郎", "" },
		{ "@kumo.shop #kumo.shop /kumo.shop \\\\kumo.shop", "" },
		{ "div.info{color:red}", "" },
		{ "..shop kumo..shop .kumo.shop", "" },
		{ "é.kumo.shop", "" },
		{ "naïvekumo.shop", "" },
	};
	check_rows(*state, rows, SL_LEN(rows));
}

static void disarmed_forms(void **state)
{
	static const struct row rows[] = {
		{ "hxxp://kumo[.]shop/a", "http://kumo.shop/a {defanged}" },
		{ "hXXps[:]//www.kumo(.)shop/b", "https://www.kumo.shop/b {defanged}" },
		{ "hxxps[://]kumo.shop", "https://kumo.shop {defanged}" },
		{ "kumo[.]shop, next", "http://kumo.shop {schemeless,defanged}" },
		{ "a.kumo{dot}shop", "http://a.kumo.shop {schemeless,defanged}" },
		{ "http://kumo.shop[/]a[.]b", "http://kumo.shop/a[.]b {defanged}" },
		{ "ttps://kumo.shop/z", "https://kumo.shop/z {defanged}" },
		{ "meow://kumo.shop", "http://kumo.shop {defanged}" },
		{ "198[.]51[.]7[.]9 (.)", "ip:198.51.7.9 {defanged}" },
		{ "ann[at]kumo[.]shop", "mail:ann@kumo.shop {defanged}" },
		{ "[.][dot](.)[:]//", "" },
	};
	check_rows(*state, rows, SL_LEN(rows));
}

static void addresses(void **state)
{
	static const struct row rows[] = {
		{ "問合せann@kumo.shopまで", "mail:ann@kumo.shop" },
		{ "<ann.o'x+tag@mail.kumo.co.jp>;", "mail:ann.o'x+tag@mail.kumo.co.jp" },
		{ "mailto:ann@kumo.shop", "mail:ann@kumo.shop" },
		{ "foo@bar ann@kumo.nosuch @kumo.shop ann@", "" },
		{ "x@pot@kumo.shop", "" },
		{ "Message-ID: <77.a@kumo.shop>", "" },
		{ "https://kumo.shop/?m=ann@kumo.shop", "https://kumo.shop/?m=ann@kumo.shop" },
		{ "image001.png@01D80BAE.3766F920", "" },
		{ "bar.baz@kumo.shop", "mail:bar.baz@kumo.shop" },
		{ "攻撃元 91.7.44.3 から", "ip:91.7.44.3" },
		{ "[91.7.44.3]:25", "ip:91.7.44.3" },
		{ "v91.7.44.3 version 9.17.44.3 バージョン9.17.44.3 Firefox/91.7.44.3", "" },
		{ "1.2.3.4 91.7.44.3.9 91.7.44.256 091.7.44.3", "" },
		{ "192.168.1.20 127.0.0.1 10.44.3.2", "" },
		{ "12:30:45 00:1b:44:11:3a:b7 std::cout a::b ::1 fe80::1", "" },
		{ "IPv6 2a00:1450:4009::200e.", "ip:2a00:1450:4009::200e" },
	};
	check_rows(*state, rows, SL_LEN(rows));
}

static void odd_bytes(void **state)
{
	struct desk *desk = *state;
	CHECK_SPAN(found_in(desk, SL_SPAN("")), "");
	CHECK_SPAN(found_in(desk, SL_SPAN("http://kumo.shop/a\0b")), "http://kumo.shop/a");
	CHECK_SPAN(found_in(desk, SL_SPAN("\xffhttp://kumo.shop/\xff")), "http://kumo.shop/");
	struct sl_span whole =
		SL_SPAN("はhxxp[:]//a@kumo[.]shop:80/x(ann@kumo.shop)。１ｈｔｔｐ：／／ｋ．shop "
			"9.9.91.9 2a00::1");
	for (size_t from = 0; from < whole.n; from++)
		for (size_t to = from; to <= whole.n; to++)
			found_in(desk, sl_span_of(whole.p + from, to - from));
}

/* Baits for scanners that look back or ahead without a bound. */
static void time_is_linear(void **state)
{
	static const char *const baits[] = { "@", ".", "(", "[.]", ":", "a@", "a.", "://",
		"http://", "http://a.shop/(", "http://a@", "。", "a。", "：／／", "1.",
		"0:", "a.shop ", "http://あ。", "[at]", "www.", "あ", "http://a.b.c.d.e.f.g.",
		"{dot}a", "http://a.shop/,http://" };
	struct desk *desk = *state;
	enum { SIZE = 1 << 20 };
	char *text = sl_malloc(SIZE);
	for (size_t i = 0; i < SL_LEN(baits); i++) {
		size_t n = strlen(baits[i]);
		for (size_t at = 0; at < SIZE; at++)
			text[at] = baits[i][at % n];
		struct sl_finder scan;
		struct sl_found found;
		double start = sl_clock_cpu();
		sl_arena_reset(desk->arena);
		sl_find_begin(&scan, desk->arena, desk->suffixes, sl_span_of(text, SIZE));
		while (sl_find_next(&scan, &found))
			;
		double took = sl_clock_cpu() - start;
		if (took > 5) /* sanitizers and a busy machine: quadratic would be minutes */
			fail_msg("bait \"%s\": %.1f s for 1 MB", baits[i], took);
		if (getenv("SL_TEST_TIMES"))
			print_message("%8.3f s  %s\n", took, baits[i]);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(urls_with_a_scheme),
		cmocka_unit_test(names_without_a_scheme), cmocka_unit_test(disarmed_forms),
		cmocka_unit_test(addresses), cmocka_unit_test(odd_bytes),
		cmocka_unit_test(time_is_linear) };
	return cmocka_run_group_tests(tests, desk_set_up, desk_tear_down);
}
