/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"
#include "stages/extract/whatwg.h"

struct row {
	const char *input, *text, *host, *flags;
};

/* NULL text: a browser refuses it. */
static const struct row rows[] = {
	{ "http://ex.test", "http://ex.test/", "ex.test", "" },
	{ "HTTPS://EX.Test:443/A?b#c", "https://ex.test/A?b#c", "ex.test", "" },
	{ "http:ex.test/a", "http://ex.test/a", "ex.test", "" },
	{ "http:/ex.test/a", "http://ex.test/a", "ex.test", "" },
	{ "http://///ex.test/a", "http://ex.test/a", "ex.test", "" },
	{ "http:\\\\ex.test\\a", "http://ex.test/a", "ex.test", "backslash" },
	{ "https://ex.test\\@bank.test/", "https://ex.test/@bank.test/", "ex.test", "backslash" },
	{ "https://ex.test?\\x", "https://ex.test/?\\x", "ex.test", "" },
	{ "\x01 http://ex.test/ \n", "http://ex.test/", "ex.test", "ctl" },
	{ "  http://ex.test/  ", "http://ex.test/", "ex.test", "" },
	{ "ht\ttp://e\nx.test/", "http://ex.test/", "ex.test", "ctl" },
	{ "http://bank.test@ex.test/", "http://bank.test@ex.test/", "ex.test", "userinfo" },
	{ "http://a:b@c@ex.test/", "http://a:b%40c@ex.test/", "ex.test", "userinfo" },
	{ "http://a:@ex.test/", "http://a@ex.test/", "ex.test", "userinfo" },
	{ "http://:@ex.test/", "http://ex.test/", "ex.test", "" },
	{ "http://:p@ex.test/", "http://:p@ex.test/", "ex.test", "userinfo" },
	{ "http://@ex.test/", "http://ex.test/", "ex.test", "" },
	{ "http://user@/", NULL, NULL, NULL },
	{ "http://", NULL, NULL, NULL },
	{ "http://ex.test:0/", "http://ex.test:0/", "ex.test", "port" },
	{ "http://ex.test:65535/", "http://ex.test:65535/", "ex.test", "port" },
	{ "http://ex.test:65536/", NULL, NULL, NULL },
	{ "http://ex.test:8a/", NULL, NULL, NULL },
	{ "http://ex.test:/", "http://ex.test/", "ex.test", "" },
	{ "ftp://ex.test:21/x", "ftp://ex.test/x", "ex.test", "" },
	{ "http://ex.test/a/../../b/./", "http://ex.test/b/", "ex.test", "" },
	{ "http://ex.test/a/%2E%2e/b/.%2e", "http://ex.test/", "ex.test", "" },
	{ "http://ex.test/a/..", "http://ex.test/", "ex.test", "" },
	{ "http://ex.test/a/.", "http://ex.test/a/", "ex.test", "" },
	{ "http://ex.test/...", "http://ex.test/...", "ex.test", "" },
	{ "http://ex.test/a b\"<>`{}^|'", "http://ex.test/a%20b%22%3C%3E%60%7B%7D%5E|'", "ex.test",
		"" },
	{ "http://ex.test/?a b'`{", "http://ex.test/?a%20b%27`{", "ex.test", "" },
	{ "http://ex.test/#a b`", "http://ex.test/#a%20b%60", "ex.test", "" },
	{ "http://ex.test/%zz%4", "http://ex.test/%zz%4", "ex.test", "" },
	{ "http://ex.test/\u3042", "http://ex.test/%E3%81%82", "ex.test", "" },
	{ "http://ex.test/\xff\x7f", "http://ex.test/%EF%BF%BD%7F", "ex.test", "" },
	{ "http://%65x.test/", "http://ex.test/", "ex.test", "pct_host" },
	{ "http://ex%2ftest/", NULL, NULL, NULL },
	{ "http://e x.test/", NULL, NULL, NULL },
	{ "http://ex<.test/", NULL, NULL, NULL },
	{ "http://ex.test./a", "http://ex.test./a", "ex.test", "" },
	{ "http://ex..test/", NULL, NULL, NULL },
	{ "http://.test/", NULL, NULL, NULL },
	{ "http://a_b.test/", "http://a_b.test/", "a_b.test", "" },
	{ "http://ex\u3002test/", "http://ex.test/", "ex.test", "mapped" },
	{ "http://\u24d4x.test/", "http://ex.test/", "ex.test", "mapped" },
	{ "http://b\u00fccher.test/", "http://xn--bcher-kva.test/", "xn--bcher-kva.test", "idn" },
	{ "http://p\u0430y.test/", "http://xn--py-7kc.test/", "xn--py-7kc.test",
		"idn,mixed_script" },
	{ "http://192.0.2.1/", "http://192.0.2.1/", "192.0.2.1", "ip" },
	{ "http://192.0.2.1./", "http://192.0.2.1/", "192.0.2.1", "ip" },
	{ "http://0xC0.0.2.1/", "http://192.0.2.1/", "192.0.2.1", "ip,ip_obfuscated" },
	{ "http://0300.0.02.1/", "http://192.0.2.1/", "192.0.2.1", "ip,ip_obfuscated" },
	{ "http://3221225985/", "http://192.0.2.1/", "192.0.2.1", "ip,ip_obfuscated" },
	{ "http://192.513/", "http://192.0.2.1/", "192.0.2.1", "ip,ip_obfuscated" },
	{ "http://192.0.513/", "http://192.0.2.1/", "192.0.2.1", "ip,ip_obfuscated" },
	{ "http://0x/", "http://0.0.0.0/", "0.0.0.0", "ip,ip_obfuscated" },
	{ "http://192.0.2.256/", NULL, NULL, NULL },
	{ "http://192.0.2.08/", NULL, NULL, NULL },
	{ "http://1.2.3.4.5/", NULL, NULL, NULL },
	{ "http://ex.test.1/", NULL, NULL, NULL },
	{ "http://ex.0x1f/", NULL, NULL, NULL },
	{ "http://4294967296/", NULL, NULL, NULL },
	{ "http://99999999999999999999999/", NULL, NULL, NULL },
	{ "http://[2001:DB8:0:0:1:0:0:1]/", "http://[2001:db8::1:0:0:1]/", "2001:db8::1:0:0:1",
		"ip" },
	{ "http://[::]/", "http://[::]/", "::", "ip" },
	{ "http://[1::]/", "http://[1::]/", "1::", "ip" },
	{ "http://[1:2:3:4:5:6:7::]/", "http://[1:2:3:4:5:6:7:0]/", "1:2:3:4:5:6:7:0", "ip" },
	{ "http://[::192.0.2.1]/", "http://[::c000:201]/", "::c000:201", "ip" },
	{ "http://[::ffff:192.0.2.1]:81/", "http://[::ffff:c000:201]:81/", "192.0.2.1", "port,ip" },
	{ "http://[::1/", NULL, NULL, NULL },
	{ "http://[]/", NULL, NULL, NULL },
	{ "http://[1:2:3:4:5:6:7:8:9]/", NULL, NULL, NULL },
	{ "http://[1::2::3]/", NULL, NULL, NULL },
	{ "http://[1:2:3:4:5:6:7:1.2.3.4]/", NULL, NULL, NULL },
	{ "http://[::1.2.3]/", NULL, NULL, NULL },
	{ "http://[::1%25eth0]/", NULL, NULL, NULL },
	{ "http://[name]/", NULL, NULL, NULL },
	{ "//ex.test/x", "http://ex.test/x", "ex.test", "schemeless" },
	{ "mailto:a@ex.test", NULL, NULL, NULL },
	{ "ex.test/x", NULL, NULL, NULL },
	{ "", NULL, NULL, NULL },
};

static void parses_as_a_browser(void **state)
{
	struct desk *desk = *state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_url url;
		bool good = sl_url_parse(desk->arena, sl_span_str(rows[i].input), NULL, &url);
		if (good != (rows[i].text != NULL))
			fail_msg("row %zu: %s: %s", i, rows[i].input, good ? "taken" : "refused");
		if (!good)
			continue;
		CHECK_SPAN_ROW(url.text, rows[i].text, i);
		CHECK_SPAN_ROW(url.host, rows[i].host, i);
		CHECK_SPAN_ROW(desk_flags(desk, url.flags), rows[i].flags, i);
	}
}

static void written_urls_are_stable(void **state)
{
	struct desk *desk = *state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_url once, twice;
		if (!sl_url_parse(desk->arena, sl_span_str(rows[i].input), NULL, &once))
			continue;
		assert_true(sl_url_parse(desk->arena, once.text, NULL, &twice));
		assert_true(sl_span_eq(once.text, twice.text));
		assert_true(sl_span_eq(once.host, twice.host));
	}
}

static void resolves_against_a_base(void **state)
{
	struct desk *desk = *state;
	static const struct {
		const char *input, *text;
	} table[] = { { "x", "http://ex.test/a/x" }, { "../x", "http://ex.test/x" },
		{ "/x", "http://ex.test/x" }, { "\\x", "http://ex.test/x" },
		{ "?x", "http://ex.test/a/b?x" }, { "#x", "http://ex.test/a/b?q#x" },
		{ "", "http://ex.test/a/b?q" }, { "//o.test/x", "http://o.test/x" },
		{ "\\\\o.test", "http://o.test/" }, { "http:x", "http://ex.test/a/x" },
		{ "https:x.test", "https://x.test/" }, { "http://o.test", "http://o.test/" },
		{ "data:,x", NULL } };
	struct sl_url base, url;
	assert_true(sl_url_parse(desk->arena, SL_SPAN("http://ex.test/a/b?q#f"), NULL, &base));
	for (size_t i = 0; i < SL_LEN(table); i++) {
		bool good = sl_url_parse(desk->arena, sl_span_str(table[i].input), &base, &url);
		assert_int_equal(good, table[i].text != NULL);
		if (good)
			CHECK_SPAN_ROW(url.text, table[i].text, i);
	}
}

static void every_cut_is_survived(void **state)
{
	struct desk *desk = *state;
	struct sl_span whole =
		SL_SPAN("HTTP:\\/u\xff:p@%5b\u3002[::ffff:1.2.3.4]:80/%2e%2E/\0?#\xe3");
	for (size_t from = 0; from < whole.n; from++)
		for (size_t to = from; to <= whole.n; to++) {
			struct sl_url url;
			sl_url_parse(
				desk->arena, sl_span_of(whole.p + from, to - from), NULL, &url);
		}
	struct sl_url url;
	assert_false(sl_url_parse(desk->arena, SL_SPAN("http://a\0b.test/"), NULL, &url));
	assert_true(sl_url_parse(desk->arena, SL_SPAN("http://ex.test/\0/"), NULL, &url));
	CHECK_SPAN(url.text, "http://ex.test/%00/");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(parses_as_a_browser),
		cmocka_unit_test(written_urls_are_stable),
		cmocka_unit_test(resolves_against_a_base),
		cmocka_unit_test(every_cut_is_survived) };
	return cmocka_run_group_tests(tests, desk_set_up, desk_tear_down);
}
