/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"
#include "pipeline/base/buf.h"

static struct sl_span urls(struct desk *desk)
{
	desk_run(desk, &sl_stage_url);
	return desk_list(desk, SL_KIND_URL);
}

/* One link of role LINK, and what comes of it. */
static void html_links(void **state)
{
	static const struct {
		const char *url, *base, *text, *found;
	} rows[] = {
		{ "http://kumo.shop/a", "", "", "http://kumo.shop/a link" },
		{ "a/b", "", "", "" },
		{ "#a", "", "", "" },
		{ " ", "", "", "" },
		{ "www.kumo.shop/a", "", "", "http://www.kumo.shop/a link" },
		{ "a/b", "https://kumo.shop/c/", "", "https://kumo.shop/c/a/b link" },
		{ "#a", "https://kumo.shop/c/", "", "" },
		{ "a/b", "not a base", "", "" },
		{ "//kumo.shop/a", "", "", "http://kumo.shop/a link" },
		{ "http://localhost/a", "", "", "" },
		{ "cid:a@kumo.shop", "", "", "" },
		{ "tel:+81312345678", "", "", "" },
		{ "about:blank", "", "", "" },
		{ "data:text/html,http://kumo.shop/", "", "", "" },
		{ "blob:https://kumo.shop/1", "", "", "" },
		{ "javascript:void(0)", "", "", "" },
		{ "javascript:open('http://kumo.shop/j')", "", "", "http://kumo.shop/j link" },
		{ "view-source:http://kumo.shop/v", "", "", "http://kumo.shop/v link" },
		{ "mailto:a@kumo.shop", "", "", "" },
		{ "mailto:a@kumo.shop?body=see%20http%3A%2F%2Fkumo.shop%2Fm", "", "",
			"http://kumo.shop/m mention" },
		{ "intent://kumo.shop/"
		  "i#Intent;scheme=https;S.browser_fallback_url=http%3A%2F%2Fkaze.shop%2F;end",
			"", "", "http://kaze.shop/ link | https://kumo.shop/i link" },
		{ "https://www.google.com/url?q=https://kumo.shop/t", "", "",
			"https://www.google.com/url?q=https://kumo.shop/t wrapper | "
			"https://kumo.shop/t target" },
		{ "https://nam01.safelinks.protection.outlook.com/"
		  "?url=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%253A%252F%252Fkumo.shop%"
		  "252Ft",
			"", "",
			"https://nam01.safelinks.protection.outlook.com/"
			"?url=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%253A%252F%252Fkumo."
			"shop%252Ft wrapper | https://kumo.shop/t target" },
		{ "https://bit.ly/abc", "", "", "https://bit.ly/abc opaque" },
		{ "http://kumo.shop/a", "", "https://www.bank.example.co.jp/login",
			"http://kumo.shop/a link | https://www.bank.example.co.jp/login display" },
		{ "http://kumo.shop/a", "", "www.bank.example.co.jp",
			"http://kumo.shop/a link | http://www.bank.example.co.jp/ display" },
		{ "http://kumo.shop/a", "", "kumo.shop/a", "http://kumo.shop/a link" },
		{ "http://login.kumo.shop/a", "", "www.kumo.shop",
			"http://login.kumo.shop/a link" },
		{ "https://www.google.com/url?q=https://kumo.shop/t", "", "https://kumo.shop/t",
			"https://www.google.com/url?q=https://kumo.shop/t wrapper | "
			"https://kumo.shop/t target" },
	};
	struct desk *desk = *state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		desk_clear(desk);
		desk_link(desk, SL_ROLE_LINK, rows[i].url, rows[i].text)->base =
			sl_span_str(rows[i].base);
		desk_text(desk, SL_VIEW_HTML, rows[i].text);
		CHECK_SPAN_ROW(urls(desk), rows[i].found, i);
	}
}

static void mismatch_is_flagged(void **state)
{
	struct desk *desk = *state;
	desk_clear(desk);
	desk_link(desk, SL_ROLE_LINK, "http://kumo.shop/a", "www.bank.example.co.jp");
	urls(desk);
	const struct sl_indicator *found = desk->mail.content.indicators;
	assert_int_equal(desk->mail.content.n_indicators, 2);
	CHECK_SPAN(desk_flags(desk, found[0].flags), "mismatch");
	CHECK_SPAN(desk_flags(desk, found[1].flags), "schemeless");
}

static void views(void **state)
{
	struct desk *desk = *state;
	desk_clear(desk);
	desk_text(desk, SL_VIEW_TEXT, "http://kumo.shop/a http://kumo.shop/a hxxp://kaze[.]shop/");
	desk_text(desk, SL_VIEW_HIDDEN, "http://kumo.shop/a");
	desk_link(desk, SL_ROLE_IMAGE, "http://kumo.shop/i.png", "");
	desk_link(desk, SL_ROLE_NAMESPACE, "http://kumo.shop/ns", "");
	desk_link(desk, SL_ROLE_LINK, "http://kumo.shop/h", "")->hidden = true;
	CHECK_SPAN(urls(desk), "http://kumo.shop/i.png image | http://kumo.shop/h link | "
			       "http://kumo.shop/a link | http://kaze.shop/ mention | "
			       "http://kumo.shop/a link");
	const struct sl_indicator *found = desk->mail.content.indicators;
	assert_int_equal(found[1].view, SL_VIEW_HIDDEN);
	assert_int_equal(found[4].view, SL_VIEW_HIDDEN);
}

/* Bytes that are no prose: only whole URLs, and none of a certificate. */
static void views_of_bytes(void **state)
{
	struct desk *desk = *state;
	desk_clear(desk);
	desk_text(desk, SL_VIEW_RAW,
		"www.kumo.shop kumo.shop/a http://kumo.shop/b\n "
		"\xc2\x86\x16http://c.kumo.shop/abc0\x0b");
	CHECK_SPAN(urls(desk), "http://kumo.shop/b link");
}

static void calendars_are_unfolded(void **state)
{
	struct desk *desk = *state;
	struct sl_part part = { .type = SL_SPAN("text/calendar") };
	desk_clear(desk);
	desk->mail.parts = &part;
	desk->mail.n_parts = 1;
	desk_text(desk, SL_VIEW_TEXT, "URL:https://kumo.shop/a\r\n bc\r\nX:kaze.shop\r\n");
	CHECK_SPAN(urls(desk), "https://kumo.shop/abc link");
}

static void text_beside_anchors_counts(void **state)
{
	struct desk *desk = *state;
	desk_clear(desk);
	desk_link(desk, SL_ROLE_LINK, "http://kumo.shop/", "www.bank.example.co.jp");
	desk_text(desk, SL_VIEW_HTML, "www.bank.example.co.jp or www.bank.example.co.jp");
	CHECK_SPAN(urls(desk), "http://kumo.shop/ link | http://www.bank.example.co.jp/ display | "
			       "http://www.bank.example.co.jp/ link");
}

static void the_plain_twin_only_names_what_anchors_show(void **state)
{
	struct desk *desk = *state;
	desk_clear(desk);
	desk_link(desk, SL_ROLE_LINK, "http://kumo.shop/", "bank.example.co.jp");
	sl_mail_add_view(&desk->mail, SL_VIEW_TEXT, 1,
		SL_SPAN("see bank.example.co.jp https://bank.example.co.jp/x kaze.shop"));
	CHECK_SPAN(urls(desk), "http://kumo.shop/ link | http://bank.example.co.jp/ display | "
			       "http://bank.example.co.jp/ mention | "
			       "https://bank.example.co.jp/x link | http://kaze.shop/ link");
}

static void headers(void **state)
{
	struct sl_field fields[] = {
		{ SL_SPAN("List-Unsubscribe"),
			SL_SPAN(" <https://u.kumo.shop/\r\n x>,\r\n <mailto:u@kumo.shop>"), 0 },
		{ SL_SPAN("List-Archive"), SL_SPAN(" <https://kumo.shop/archive>"), 0 },
		{ SL_SPAN("list-unsubscribe"), SL_SPAN("<https://u.kumo.shop/y"), 0 },
	};
	struct desk *desk = *state;
	desk_clear(desk);
	sl_mail_set_fields(&desk->mail, fields, SL_LEN(fields));
	desk->mail.message.subject = SL_SPAN("至急https://kumo.shop/sを確認");
	desk->mail.message.from_name = SL_SPAN("kumo.shop");
	CHECK_SPAN(urls(desk), "https://kumo.shop/s link | http://kumo.shop/ mention | "
			       "https://u.kumo.shop/%20x unsubscribe");
	assert_int_equal(desk->mail.content.n_indicators, 0);
}

static void limits(void **state)
{
	struct desk *desk = *state;
	struct sl_config config = desk->config;
	desk_clear(desk);
	config.limits.urls = 2;
	config.limits.url_length = 20;
	desk->mail.config = &config;
	desk_text(desk, SL_VIEW_TEXT,
		"http://kumo.shop/1 http://kumo.shop/1 http://kumo.shop/234567 http://kumo.shop/3");
	CHECK_SPAN(urls(desk), "http://kumo.shop/1 link | http://kumo.shop/234 link");
	assert_true(desk->mail.content.flags & SL_BIT(SL_MSG_LIMIT_URLS));
	CHECK_SPAN(desk_flags(desk, desk->mail.content.indicators[1].flags), "truncated");
}

/* Short links on a long base: few bytes make many. */
static void bytes_are_limited(void **state)
{
	struct desk *desk = *state;
	struct sl_config config = desk->config;
	desk_clear(desk);
	config.limits.url_bytes = 60;
	desk->mail.config = &config;
	for (unsigned i = 0; i < 8; i++) {
		const char *name = sl_arena_printf(desk->arena, "%u", i % 4).p;
		desk_link(desk, SL_ROLE_LINK, name, "")->base = SL_SPAN("http://kumo.shop/long/");
	}
	CHECK_SPAN(urls(desk), "http://kumo.shop/long/0 link | http://kumo.shop/long/1 link");
	assert_int_equal(desk->mail.url_bytes, 2 * strlen("http://kumo.shop/long/0"));
	assert_int_equal(desk->mail.content.flags, SL_BIT(SL_MSG_LIMIT_URLS));
	config.limits.url_bytes = 5 * strlen("http://kumo.shop/long/0");
	desk->mail.content.flags = 0;
	desk->mail.content.n_indicators = desk->mail.n_urls = desk->mail.url_bytes = 0;
	desk->mail.seen = NULL;
	urls(desk);
	assert_int_equal(desk->mail.content.n_indicators, 4);
	assert_int_equal(desk->mail.content.flags, 0);
}

/* Whatever the options say, a record is not much larger than its mail. */
static void room_is_limited(void **state)
{
	struct desk *desk = *state;
	struct sl_buf base = sl_buf_make(8192);
	sl_buf_str(&base, "http://kumo.shop/");
	while (base.n < 7000)
		sl_buf_char(&base, 'a');
	sl_buf_char(&base, '/');
	desk_clear(desk);
	for (unsigned i = 0; i < 20; i++)
		desk_link(desk, SL_ROLE_LINK, sl_arena_printf(desk->arena, "%u", i).p, "")->base =
			sl_buf_span(&base);
	urls(desk);
	assert_int_equal(desk->mail.content.n_indicators, SL_MAIL_ROOM_FLOOR / 7100);
	assert_int_equal(desk->mail.content.flags, SL_BIT(SL_MSG_LIMIT_URLS));
	sl_buf_free(&base);
}

/* A content belongs to all messages with that body: what a header did must not show in it. */
static void headers_flag_themselves(void **state)
{
	struct sl_field field = { SL_SPAN("List-Unsubscribe"),
		SL_SPAN("<https://u.kumo.shop/1>, <https://u.kumo.shop/2>"), 0 };
	static const struct {
		const char *body, *subject;
		uint64_t urls, url_bytes;
		bool content, message;
	} rows[] = {
		{ "http://kumo.shop/1", "", 3, 1000, false, false },
		{ "http://kumo.shop/1", "", 4, 1000, false, false },
		{ "http://kumo.shop/1", "", 2, 1000, false, true },
		{ "http://kumo.shop/1", "http://kumo.shop/s", 2, 1000, false, true },
		{ "http://kumo.shop/1", "", 1, 1000, false, true },
		{ "http://kumo.shop/1 http://kumo.shop/2", "", 1, 1000, true, false },
		{ "http://kumo.shop/1", "", 9, 30, false, true },
		{ "http://kumo.shop/1", "", 9, 17, true, false },
		{ "http://kumo.shop/1", "", 9, 62, false, false },
		{ "", "", 2, 1000, false, false },
		{ "", "", 1, 1000, false, true },
	};
	struct desk *desk = *state;
	struct sl_config config = desk->config;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		desk_clear(desk);
		config.limits.urls = rows[i].urls;
		config.limits.url_bytes = rows[i].url_bytes;
		desk->mail.config = &config;
		sl_mail_set_fields(&desk->mail, &field, 1);
		desk->mail.message.subject = sl_span_str(rows[i].subject);
		desk_text(desk, SL_VIEW_TEXT, rows[i].body);
		urls(desk);
		uint64_t flag = SL_BIT(SL_MSG_LIMIT_URLS);
		assert_int_equal(desk->mail.content.flags, rows[i].content ? flag : 0);
		assert_int_equal(desk->mail.message.flags, rows[i].message ? flag : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(html_links),
		cmocka_unit_test(mismatch_is_flagged), cmocka_unit_test(views),
		cmocka_unit_test(views_of_bytes), cmocka_unit_test(calendars_are_unfolded),
		cmocka_unit_test(text_beside_anchors_counts),
		cmocka_unit_test(the_plain_twin_only_names_what_anchors_show),
		cmocka_unit_test(headers), cmocka_unit_test(limits),
		cmocka_unit_test(bytes_are_limited), cmocka_unit_test(room_is_limited),
		cmocka_unit_test(headers_flag_themselves) };
	return cmocka_run_group_tests(tests, desk_set_up, desk_tear_down);
}
