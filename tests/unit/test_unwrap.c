/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"
#include "stages/extract/unwrap.h"
#include "stages/extract/unwrap_decode.h"

/* "": a redirector without a web page behind it; "?": opaque; NULL: no redirector. */
static const struct {
	const char *url, *target;
} rows[] = {
	{ "https://eur01.safelinks.protection.outlook.com/"
	  "?url=https%3A%2F%2Fkumo.shop%2Fa%3Fb%3D1&data=0",
		"https://kumo.shop/a?b=1" },
	{ "https://urldefense.proofpoint.com/v1/url?u=http://kumo.shop/a&k=1",
		"http://kumo.shop/a" },
	{ "https://urldefense.proofpoint.com/v2/url?u=https-3A__a-2Db.kumo.shop_x-5Fy-3Fq-3D1&d=D",
		"https://a-b.kumo.shop/x_y?q=1" },
	{ "https://urldefense.com/v3/__https://kumo.shop/a*b__;Iw!!x$", "https://kumo.shop/a#b" },
	{ "https://urldefense.com/v3/__https://kumo.shop/a**Bb__;Iy8_!!x$",
		"https://kumo.shop/a#/?b" },
	{ "https://urldefense.us/v3/__http:/kumo.shop/__;!!x$", "http://kumo.shop/" },
	{ "https://urldefense.com/v3/__https://kumo.shop/", NULL },
	{ "https://www.google.com/url?sa=t&q=http%3A%2F%2Fkumo.shop%2F%2541",
		"http://kumo.shop/%41" },
	{ "https://google.co.jp/url?url=https://kumo.shop/", "https://kumo.shop/" },
	{ "https://www.google.de/url?q=javascript:alert(1)", "" },
	{ "https://www.google.com/", NULL },
	{ "https://www.google.com/search?q=https://kumo.shop/", NULL },
	{ "https://google.kumo.shop/url?q=x", NULL },
	{ "https://notgoogle.com/urls?q=https://kumo.shop/", NULL },
	{ "https://www.google.com/amp/s/kumo.shop/a?b", "https://kumo.shop/a?b" },
	{ "https://www.google.com/amp/kumo.shop/a", "http://kumo.shop/a" },
	{ "https://translate.google.com/translate?sl=ja&u=kumo.shop/a?b=1&c=2",
		"http://kumo.shop/a?b=1" },
	{ "https://translate.google.fr/translate?u=@https://a@kumo.shop/x",
		"https://a@kumo.shop/x" },
	{ "https://a--b-kumo-shop.translate.goog/p?q=1&_x_tr_sl=auto",
		"https://a-b.kumo.shop/p?q=1" },
	{ "https://kumo-shop.translate.goog/?_x_tr_hp=long&_x_tr_sch=http",
		"http://longkumo.shop/" },
	{ "https://translate.goog/?_x_tr_sl=ja", "" },
	{ "https://www.googleadservices.com/pagead/aclk?sa=L&adurl=https://kumo.shop/?a=1&b=2",
		"https://kumo.shop/?a=1&b=2" },
	{ "https://ad.doubleclick.net/pcs/click?x&&adurl=//kumo.shop", "https://kumo.shop/" },
	{ "https://ad.doubleclick.net/ddm/clk/1;2;3?https://kumo.shop/a", "https://kumo.shop/a" },
	{ "https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly9rdW1vLnNob3AvYT9iPTE&ntb=1",
		"https://kumo.shop/a?b=1" },
	{ "https://www.bing.com/search?q=kumo", NULL },
	{ "https://l.facebook.com/l.php?u=https%3A%2F%2Fkumo.shop%2F&h=1", "https://kumo.shop/" },
	{ "https://vk.com/away.php?to=http%3A%2F%2Fkumo.shop", "http://kumo.shop/" },
	{ "https://www.youtube.com/redirect?q=https%3A%2F%2Fkumo.shop%2F", "https://kumo.shop/" },
	{ "https://www.youtube.com/watch?v=abc", NULL },
	{ "https://www.linkedin.com/redir/redirect?url=https%3A%2F%2Fkumo.shop",
		"https://kumo.shop/" },
	{ "https://mandrillapp.com/track/click/1/"
	  "kumo.shop?p="
	  "eyJzIjoieCIsInAiOiJ7XCJ1cmxcIjpcImh0dHBzOlxcXC9cXFwva3Vtby5zaG9wXFxcL2FcIn0ifQ",
		"https://kumo.shop/a" },
	{ "https://abc.mjt.lu/lnk/AA/1/bb/aHR0cHM6Ly9rdW1vLnNob3AvYQ", "https://kumo.shop/a" },
	{ "https://click.pstmrk.it/3s/kumo.shop%2Fa/x/y", "https://kumo.shop/a" },
	{ "https://x.r.eu-west-1.awstrack.me/L0/https:%2F%2Fkumo.shop%2Fa/1/2",
		"https://kumo.shop/a" },
	{ "https://secure-web.cisco.com/1abc/https%3A%2F%2Fkumo.shop%2Fa", "https://kumo.shop/a" },
	{ "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fkumo.shop&c=E",
		"https://kumo.shop/" },
	{ "https://eu.protection.sophos.com/?d=x&u=aHR0cHM6Ly9rdW1vLnNob3AvYQ==&i=1",
		"https://kumo.shop/a" },
	{ "https://protect-eu.mimecast.com/s/abc?domain=kumo.shop", "?" },
	{ "https://www.baidu.com/link?url=abcdef", "?" },
	{ "https://www.baidu.com/", NULL },
	{ "https://protect.checkpoint.com/v2/___https://kumo.shop/a_b___.YXA",
		"https://kumo.shop/a_b" },
	{ "https://url.avanan.click/v2/r01/___myyux:/x___.YXA", "?" },
	{ "https://links.us1.defend.egress.com/"
	  "Warning?Domain=k&Base64Url=aHR0cHM6Ly9rdW1vLnNob3AvYQ%3D%3D",
		"https://kumo.shop/a" },
	{ "https://track.example.org/CL0/https:%2F%2Fkumo.shop%2Fa/1/x", "https://kumo.shop/a" },
	{ "https://hb.afl.rakuten.co.jp/hgc/1/?pc=https%3A%2F%2Fkumo.shop%2F",
		"https://kumo.shop/" },
	{ "https://bit.ly/3abc", "?" },
	{ "https://bit.ly/", NULL },
	{ "https://old.example.org/rank.cgi?mode=link&url=https://kumo.shop/a",
		"https://kumo.shop/a" },
	{ "https://old.example.org/page?next=https://kumo.shop/a", NULL },
	{ "https://old.example.org/link.php?url=/local", NULL },
	{ "https://old.example.org/link.php?url=https://old.example.org/b", NULL },
};

static void one_step(void **state)
{
	struct desk *desk = *state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_url url, target;
		assert_true(sl_url_parse(desk->arena, sl_span_str(rows[i].url), NULL, &url));
		struct sl_span domain = sl_suffixes_domain(desk->suffixes, url.host);
		enum sl_unwrap kind =
			sl_unwrap_step(desk->arena, desk->tables, &url, domain, &target);
		const char *want = rows[i].target;
		enum sl_unwrap expected = !want            ? SL_UNWRAP_NONE
					  : !want[0]       ? SL_UNWRAP_EMPTY
					  : want[0] == '?' ? SL_UNWRAP_OPAQUE
							   : SL_UNWRAP_TARGET;
		if (kind != expected)
			fail_msg("row %zu: %s: %d instead of %d", i, rows[i].url, (int)kind,
				(int)expected);
		if (kind == SL_UNWRAP_TARGET)
			CHECK_SPAN_ROW(target.text, want, i);
	}
}

static void every_cut_is_survived(void **state)
{
	struct desk *desk = *state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_span whole = sl_span_str(rows[i].url);
		for (size_t n = 0; n <= whole.n; n++) {
			struct sl_url url, target;
			if (sl_url_parse(desk->arena, sl_span_head(whole, n), NULL, &url))
				sl_unwrap_step(
					desk->arena, desk->tables, &url, SL_SPAN_NULL, &target);
		}
		sl_arena_reset(desk->arena);
	}
}

static void codings(void **state)
{
	struct sl_arena *arena = ((struct desk *)*state)->arena;
	CHECK_SPAN(sl_unwrap_base64(arena, SL_SPAN("YQ==")), "a");
	CHECK_SPAN(sl_unwrap_base64(arena, SL_SPAN("YWI")), "ab");
	CHECK_SPAN(sl_unwrap_base64(arena, SL_SPAN("-_")), "\xfb");
	CHECK_SPAN(sl_unwrap_base64(arena, SL_SPAN("")), "");
	CHECK_SPAN(sl_unwrap_base64(arena, SL_SPAN("!")), "");
	CHECK_SPAN(sl_unwrap_param(SL_SPAN("a=1&amp;U=2&u=3"), SL_SPAN("u")), "2");
	CHECK_SPAN(sl_unwrap_param(SL_SPAN("xu=1&u"), SL_SPAN("u")), "");
	CHECK_SPAN(sl_unwrap_json_url(arena, SL_SPAN("{\"url\": \"a\\u0026b\\/c\"}")), "a&b/c");
	CHECK_SPAN(sl_unwrap_json_url(arena, SL_SPAN("{\"url")), "");
	CHECK_SPAN(sl_unwrap_defense3(arena, SL_SPAN("/v3/__a**_b__;44GC!!")), "a\u3042b");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_step), cmocka_unit_test(codings),
		cmocka_unit_test(every_cut_is_survived) };
	return cmocka_run_group_tests(tests, desk_set_up, desk_tear_down);
}
