/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "stages/parse/html.h"
#include "stages/parse/html_entity.h"
#include "stages/parse/html_style.h"

#include <stdlib.h>

static struct sl_arena *arena;
static struct sl_html *html;
static struct sl_config config;
static const struct sl_secret secret;

static int setup(void **state)
{
	(void)state;
	arena = sl_arena_new(0);
	html = sl_html_new();
	sl_limits_default(&config.limits);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sl_html_free(&html);
	sl_arena_free(&arena);
	return 0;
}

static struct sl_html_text parse_span(struct sl_mail *mail, struct sl_span markup)
{
	struct sl_html_text text;
	sl_mail_begin(mail, &config, NULL, &secret, arena, SL_SPAN(""));
	sl_html_read(html, mail, 0, markup, &text);
	return text;
}

static struct sl_html_text parse(struct sl_mail *mail, const char *markup)
{
	return parse_span(mail, sl_span_str(markup));
}

static void test_text(void **state)
{
	(void)state;
	static const struct {
		const char *markup, *visible, *hidden;
	} rows[] = {
		{ "", "", "" },
		{ "plain", "plain", "" },
		{ "  a \n\t b  ", "a b", "" },
		{ "a<b>b</b>c", "abc", "" },
		{ "<p>a</p><p>b</p>", "a\nb", "" },
		{ "a<br>b<br/>c", "a\nb\nc", "" },
		{ "<td>a</td><td>.b</td>", "a .b", "" },
		{ "<pre>a\nb</pre>c\nd", "a\nb\nc d", "" },
		{ "a<!-- x -->b<!---->c<!-->d<!--->e", "abcde", "" },
		{ "a<!-- x --!>b", "ab", "" },
		{ "a<!-- never closed <b>b", "a", "" },
		{ "a<!DOCTYPE x>b<?xml y?>c</>d<![CDATA[e]]>f", "abcdf", "" },
		{ "1 < 2 <3 << 4", "1 < 2 <3 << 4", "" },
		{ "a<b title='>'>b", "ab", "" },
		{ "a<b title=\">\" x>b", "ab", "" },
		{ "a<b title=\"never closed>b", "ab", "" },
		{ "<script>if (a < b) x();</script>a<style>p{}</style>b<title>t</title>c", "abc",
			"" },
		{ "a<script>never closed", "a", "never closed" },
		{ "<title>never closed <p>a", "", "never closed\na" },
		{ "<textarea>a <b> &lt;</textarea>b", "a <b> <\nb", "" },
		{ "<template>a</template>b<noscript>c</noscript>", "bc", "" },
		{ "&lt;&amp;&gt;&quot;&#39;&#x41;&nbsp;&copy;&unknown;&",
			"<&>\"'A\xc2\xa0©&unknown;&", "" },
		{ "&#0;&#xd800;&#x110000;&#99999999999;", "����", "" },
		{ "&#150;&#x80;", "–€", "" },
		{ "&notit;&ampamp&ltx", "¬it;&amp<x", "" },
		{ "&amp;lt;b&amp;gt;", "&lt;b&gt;", "" },
		/* hidden in many ways */
		{ "a<span style='display:none'>b</span>c", "ac", "b" },
		{ "a<span style='DISPLAY : NONE !important'>b<b>c</b></span>d", "ad", "bc" },
		{ "a<span style='display&#58;none'>b</span>c", "ac", "b" },
		{ "a<p style='visibility:hidden'>b<p>c", "a\nc", "b" },
		{ "a<div hidden>b</div>c", "a\nc", "b" },
		{ "<td style='font-size:0'>a<span style='font-size:14px'>b</span>c</td>", "b",
			"ac" },
		{ "<span style='font-size:1px'>a</span>b<span style='font-size:.05em'>c</span>",
			"b", "ac" },
		{ "<span style='font:0/0 x'>a</span><span style='font:bold 12px x'>b</span>", "b",
			"a" },
		{ "<i style='opacity:0'>a</i><i style='opacity:0.9'>b</i>", "b", "a" },
		{ "<i style='max-height:0'>a</i><i style='height:0'>b</i>", "b", "a" },
		{ "<i style='height:0;overflow:hidden'>a</i>", "", "a" },
		{ "<i style='position:absolute;left:-9999px'>a</i>b", "b", "a" },
		{ "<i style='left:-9999px;position:absolute'>a</i>b", "b", "a" },
		{ "<i style='text-indent:-5000px'>a</i>b", "b", "a" },
		{ "<i style='mso-hide:all'>a</i>b", "b", "a" },
		{ "<i style='color:#fff;background:#FEFEFE'>a</i>b", "b", "a" },
		{ "<td bgcolor=white><font color='#ffffff'>a</font>b</td>", "b", "a" },
		{ "<td bgcolor=black><font color='#ffffff'>a</font>b</td>", "ab", "" },
		{ "<font color=white>a</font>b", "b", "a" },
		{ "<i style='background:url(x.png);color:white'>a</i>b", "ab", "" },
		{ "<i style='color:rgb(255, 255, 255)'>a</i><i style='color:transparent'>b</i>", "",
			"ab" },
		{ "<style>.x{display:none}@media print{.y{display:none}}</style>"
		  "<i class='q x'>a</i><i class=y>b</i>",
			"b", "a" },
		{ "<style>/* c */ td.x, #z { display : none }</style><i id=z>a</i><i "
		  "class=x>b</i>c",
			"c", "ab" },
		/* end tags that do not fit */
		{ "<div style='display:none'>a</span></b>b</div>c", "c", "ab" },
		{ "<td style='display:none'>a</div>b<td>c", "c", "a\nb" },
		{ "<table><tr><td style='display:none'>a<tr><td>b</table>", "b", "a" },
		{ "<li style='display:none'>a<li>b", "b", "a" },
		{ "<img style='display:none'>a<input hidden>b", "ab", "" },
		/* what only Outlook reads */
		{ "a<!--[if mso]><p>b</p><![endif]-->c", "a\nc", "b" },
		{ "a<!--[if !mso]><!-->b<!--<![endif]-->c", "abc", "" },
		{ "a<!--[if mso]><style>p{}</style><table><![endif]-->b</table>c", "a\nb\nc", "" },
		/* letters with hidden ones between them */
		{ "p<i style='display:none'>x</i>a<i style='display:none'>y</i>y", "pay", "xy" },
		{ "<v:rect><o:p>a</o:p></v:rect>b", "ab", "" },
		{ "<svg:a>a</svg:a><svg:svg:p>b", "ab", "" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_mail mail;
		struct sl_html_text text = parse(&mail, rows[i].markup);
		CHECK_SPAN_ROW(text.visible, rows[i].visible, i);
		CHECK_SPAN_ROW(text.hidden, rows[i].hidden, i);
	}
}

static void test_links(void **state)
{
	(void)state;
	static const struct {
		const char *markup;
		enum sl_role role;
		const char *url, *text, *base;
		uint64_t flags;
	} rows[] = {
		{ "<a href=\"http://a.example/\">go <b>on</b></a> x", SL_ROLE_LINK,
			"http://a.example/", "go on", "", 0 },
		{ "<A HREF = http://a.example/x >y", SL_ROLE_LINK, "http://a.example/x", "y", "",
			0 },
		{ "<a/href='u'>y</a>", SL_ROLE_LINK, "u", "y", "", 0 },
		{ "<a\nhref='u'\n>y</a\n>z", SL_ROLE_LINK, "u", "y", "", 0 },
		{ "<a href=u href=v>y", SL_ROLE_LINK, "u", "y", "", 0 },
		{ "<a href='u?a=1&amp;b=2&copy=3'>", SL_ROLE_LINK, "u?a=1&b=2&copy=3", "", "", 0 },
		{ "<a href='ht&#116;p&colon;u'>", SL_ROLE_LINK, "http:u", "", "",
			SL_BIT(SL_IND_ENTITY) },
		{ "<a href='u'>w<!-- x -->w</a>", SL_ROLE_LINK, "u", "ww", "", 0 },
		{ "<area href=u>", SL_ROLE_LINK, "u", "", "", 0 },
		{ "<svg><a xlink:href=u>y</a>", SL_ROLE_LINK, "u", "y", "", 0 },
		{ "<form action=u>", SL_ROLE_FORM, "u", "", "", 0 },
		{ "<button formaction=u>", SL_ROLE_FORM, "u", "", "", 0 },
		{ "<meta http-equiv=Refresh content=\"3; URL='u'\">", SL_ROLE_REFRESH, "u", "", "",
			0 },
		{ "<meta http-equiv=refresh content='0;u'>", SL_ROLE_REFRESH, "u", "", "", 0 },
		{ "<iframe src=u></iframe>", SL_ROLE_EMBED, "u", "", "", 0 },
		{ "<object data=u>", SL_ROLE_EMBED, "u", "", "", 0 },
		{ "<embed src=u>", SL_ROLE_EMBED, "u", "", "", 0 },
		{ "<script src=u></script>", SL_ROLE_EMBED, "u", "", "", 0 },
		{ "<script>var x='https://a.example/?q';</script>", SL_ROLE_EMBED,
			"https://a.example/?q", "", "", SL_BIT(SL_IND_SCRIPT) },
		{ "<img src=u alt=http://b.example>", SL_ROLE_IMAGE, "u", "", "", 0 },
		{ "<input type=image src=u>", SL_ROLE_IMAGE, "u", "", "", 0 },
		{ "<table background=u>", SL_ROLE_IMAGE, "u", "", "", 0 },
		{ "<video poster=u>", SL_ROLE_IMAGE, "u", "", "", 0 },
		{ "<p style='background:url(u)'>", SL_ROLE_IMAGE, "u", "", "", 0 },
		{ "<p style=\"background:url(&quot;u&quot;)\">", SL_ROLE_IMAGE, "u", "", "", 0 },
		{ "<style>p{background-image:url( 'u' )}</style>", SL_ROLE_IMAGE, "u", "", "", 0 },
		{ "<style>@import \"u\";</style>", SL_ROLE_IMAGE, "u", "", "", SL_BIT(SL_IND_CSS) },
		{ "<link rel=stylesheet href=u>", SL_ROLE_IMAGE, "u", "", "", SL_BIT(SL_IND_CSS) },
		{ "<html xmlns:v=u>", SL_ROLE_NAMESPACE, "u", "", "", 0 },
		{ "<v:rect href=u>", SL_ROLE_LINK, "u", "", "", SL_BIT(SL_IND_MSO) },
		{ "<!--[if gte mso 9]><v:rect href=u></v:rect><![endif]-->", SL_ROLE_LINK, "u", "",
			"", SL_BIT(SL_IND_MSO) },
		{ "<a href=u>y</a><base href='http://b.example/'><base href=c>", SL_ROLE_LINK, "u",
			"y", "http://b.example/", 0 },
		{ "<a href=u", SL_ROLE_LINK, "u", "", "", 0 },
		{ "<a href='u", SL_ROLE_LINK, "u", "", "", 0 },
		{ "<table><td><a href=u>y<td>z", SL_ROLE_LINK, "u", "y z", "", 0 },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_mail mail;
		parse(&mail, rows[i].markup);
		if (mail.n_links != 1)
			fail_msg("row %zu: %zu links", i, mail.n_links);
		CHECK_SPAN_ROW(mail.links[0].url, rows[i].url, i);
		CHECK_SPAN_ROW(mail.links[0].text, rows[i].text, i);
		CHECK_SPAN_ROW(mail.links[0].base, rows[i].base, i);
		if (mail.links[0].role != rows[i].role || mail.links[0].flags != rows[i].flags)
			fail_msg("row %zu: role %d flags %x", i, mail.links[0].role,
				mail.links[0].flags);
	}
}

static void test_no_links(void **state)
{
	(void)state;
	static const char *const rows[] = { "<!-- <a href=u>x</a> -->", "<a href=''>x</a>",
		"<a name=u>", "<link rel=canonical href=u>",
		"<meta name=refresh content='0;url=u'>", "<input src=u>", "<p cite=u>",
		"<textarea><a href=u></textarea>", "<style>p{color:red}</style>" };
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_mail mail;
		parse(&mail, rows[i]);
		if (mail.n_links)
			fail_msg("row %zu: %.*s", i, SL_ARG(mail.links[0].url));
	}
}

static void test_srcset(void **state)
{
	(void)state;
	struct sl_mail mail;
	parse(&mail, "<img srcset=' a.png 1x, b.png 2x,c.png,d.png'>");
	/* a comma without white space behind it belongs to the URL (HTML 4.8.4.3) */
	assert_int_equal(mail.n_links, 3);
	CHECK_SPAN(mail.links[0].url, "a.png");
	CHECK_SPAN(mail.links[1].url, "b.png");
	CHECK_SPAN(mail.links[2].url, "c.png,d.png");
}

static void test_hidden_links(void **state)
{
	(void)state;
	struct sl_mail mail;
	parse(&mail, "<a href=u>see</a><p style='display:none'><a href=v>not</a></p>");
	assert_int_equal(mail.n_links, 2);
	assert_false(mail.links[0].hidden);
	assert_true(mail.links[1].hidden);
	CHECK_SPAN(mail.links[1].text, "not");
}

static void test_nul(void **state)
{
	(void)state;
	static const char markup[] = "a\0b<p title='x\0y'>c\0</p><a href='u'>d";
	struct sl_mail mail;
	struct sl_html_text text = parse_span(&mail, sl_span_of(markup, sizeof(markup) - 1));
	CHECK_SPAN(text.visible, "ab\nc\nd");
	assert_int_equal(mail.n_links, 1);
}

/* `n` times the unit, and a link behind it. */
static struct sl_html_text flood(struct sl_mail *mail, const char *unit, size_t n)
{
	static const char link[] = "<a href=http://end.example/>z</a>";
	size_t len = strlen(unit);
	char *markup = sl_arena_alloc(arena, n * len + sizeof(link));
	for (size_t i = 0; i < n; i++)
		memcpy(markup + i * len, unit, len);
	memcpy(markup + n * len, link, sizeof(link));
	return parse_span(mail, sl_span_of(markup, n * len + sizeof(link) - 1));
}

static void test_floods(void **state)
{
	(void)state;
	static const char *const units[] = { "<b>", "<div>", "</x>", "<p>", "<td>", "<!-- -->",
		"&amp;", "&", "<font><table>", "<", "a ", "<b a='", "<!", "</", "<title>",
		"<style>", "[if <!--", "<a href=", "<i style='display:none'>" };
	for (size_t i = 0; i < SL_LEN(units); i++) {
		struct sl_mail mail;
		struct sl_html_text text = flood(&mail, units[i], 60000);
		assert_true(text.visible.n + text.hidden.n <= 60000 * strlen(units[i]) + 100);
		sl_arena_reset(arena);
	}
}

static void test_depth(void **state)
{
	(void)state;
	struct sl_mail mail;
	struct sl_html_text text = flood(&mail, "<div>", 4000);
	assert_int_equal(text.flags, 0);
	assert_int_equal(mail.n_links, 1);
	text = flood(&mail, "<div>", 10000);
	assert_int_equal(text.flags, SL_BIT(SL_MSG_LIMIT_HTML_DEPTH));
	assert_int_equal(mail.n_links, 1);
	CHECK_SPAN(text.visible, "z");
	sl_arena_reset(arena);
}

static void test_tag_limit(void **state)
{
	(void)state;
	struct sl_mail mail;
	struct sl_html_text text = flood(&mail, "<br>", 100001);
	assert_int_equal(text.flags, SL_BIT(SL_MSG_LIMIT_TAGS));
	assert_int_equal(mail.n_links, 0);
	assert_true(sl_span_find(text.rest, SL_SPAN("http://end.example/"), 0) >= 0);
	sl_arena_reset(arena);
}

static void test_truncated(void **state)
{
	(void)state;
	static const char markup[] =
		"<!DOCTYPE html><html><head><style>.a{display:none}</style><!--[if mso]><v:rect "
		"href=\"u\">"
		"</v:rect><![endif]--></head><body style='color:red'><p class=\"a\">x &amp; y<a "
		"href='v'>z</a>"
		"<script>var a='http://b.example/'</script><img srcset='c 1x, d 2x'>&copy;&#x263a;";
	for (size_t n = 0; n < sizeof(markup); n++) {
		char *copy = sl_malloc(n ? n : 1); /* its end is where a reader would stumble */
		struct sl_mail mail;
		memcpy(copy, markup, n);
		struct sl_html_text text = parse_span(&mail, sl_span_of(copy, n));
		assert_true(text.visible.n <= n + 16);
		free(copy);
	}
}

static void test_tags(void **state)
{
	(void)state;
	struct sl_mail mail;
	struct sl_html_text text = parse(&mail, "<p><B>x</b><unknown><o:p></p>");
	assert_int_equal(text.tags.n, 4);
	char upper = text.tags.p[1];
	text = parse(&mail, "<p><b>");
	assert_int_equal(text.tags.p[1], upper);
	assert_int_equal(sl_html_literal_tags(SL_SPAN("<p> </b> <x> a<b < p> <td/>"), 10), 4);
	assert_int_equal(sl_html_literal_tags(SL_SPAN("<p><p><p>"), 2), 2);
}

static void test_entities(void **state)
{
	(void)state;
	for (size_t i = 1; i < sl_entity_row_count; i++)
		if (strcmp(sl_entity_rows[i - 1].name, sl_entity_rows[i].name) >= 0)
			fail_msg("%s is out of order", sl_entity_rows[i].name);
	uint32_t c;
	assert_int_equal(sl_entity_read(SL_SPAN("&period;"), true, &c), 8);
	assert_int_equal(c, '.');
	assert_int_equal(sl_entity_read(SL_SPAN("&copy=3"), true, &c), 0);
	assert_int_equal(sl_entity_read(SL_SPAN("&copy=3"), false, &c), 5);
	assert_int_equal(sl_entity_read(SL_SPAN("&#58//"), true, &c), 4);
	assert_int_equal(sl_entity_read(SL_SPAN("&#x;"), true, &c), 0);
	assert_int_equal(sl_entity_read(SL_SPAN("&;"), false, &c), 0);
	assert_int_equal(sl_entity_read(SL_SPAN("&"), false, &c), 0);
}

static void test_colours(void **state)
{
	(void)state;
	assert_int_equal(sl_colour_read(SL_SPAN(" #FfF !important")), 0xffffff);
	assert_int_equal(sl_colour_read(SL_SPAN("rgba(1,2,3,0)")), SL_COLOUR_CLEAR);
	assert_int_equal(sl_colour_read(SL_SPAN("rgb(100%, 0%, 300)")), 0xff00ff);
	assert_int_equal(sl_colour_read(SL_SPAN("c0ffee")), 0xc0ffee);
	assert_int_equal(sl_colour_read(SL_SPAN("nonsense")), SL_COLOUR_OTHER);
	assert_true(sl_colours_alike(0xffffff, 0xfdfdfd));
	assert_false(sl_colours_alike(0xffffff, 0xeeeeee));
	assert_false(sl_colours_alike(SL_COLOUR_NONE, SL_COLOUR_NONE));
}

/* What a style says is kept: it must be said again of the same bytes only, and as often as they
 * come, beside other attributes and in other pages, whatever their length. */
static void test_style_again(void **state)
{
	(void)state;
	static const char *const styles[] = { "display:none", "display:nonf", "color:#fff",
		"color:red", "background:url(http://a.example/)", "font-size:0", "" };
	static const bool hides[] = { true, false, true, false, false, true, false };
	char markup[1024];
	struct sl_mail mail;
	for (size_t round = 0; round < 2; round++)
		for (size_t pad = 0; pad < 260; pad += round ? 1 : 13)
			for (size_t i = 0; i < SL_LEN(styles); i++) {
				snprintf(markup, sizeof(markup),
					"<b style='%*s%s'>a</b><b style='%*s%s'>b</b>", (int)pad,
					"", styles[i], (int)pad, "", styles[i]);
				struct sl_html_text text = parse(&mail, markup);
				CHECK_SPAN_ROW(hides[i] ? text.hidden : text.visible, "ab", i);
				assert_int_equal(mail.n_links, i == 4 ? 2 : 0);
				snprintf(markup, sizeof(markup),
					"<font color=transparent style='%*s%s'>a</font>", (int)pad,
					"", styles[i]);
				text = parse(&mail, markup);
				CHECK_SPAN_ROW(i == 3 ? text.visible : text.hidden, "a", i);
				sl_arena_reset(arena);
			}
}

/* What was read, as one string. */
static struct sl_span told(const struct sl_mail *mail, const struct sl_html_text *text)
{
	struct sl_span s = SL_ARENA_JOIN(
		arena, text->visible, SL_SPAN("|"), text->hidden, SL_SPAN("|"), text->tags);
	for (size_t i = 0; i < mail->n_links; i++) {
		const struct sl_link *link = &mail->links[i];
		struct sl_span head = sl_arena_printf(
			arena, "|%d %x %d ", (int)link->role, link->flags, link->hidden);
		s = SL_ARENA_JOIN(arena, s, head, link->url, SL_SPAN(" "), link->text);
	}
	return s;
}

/* A reader that has met these tags, and others in their places, reads as a new one does. */
static void test_tags_met(void **state)
{
	(void)state;
	static const char *const pieces[] = { "<td style=\"color:#fff;background:#fff\">",
		"<td style='display:none'>", "<td style=\"display:none", "<td class=x>",
		"<td class=x >", "<span hidden>", "<span title='>'>", "<span title=\">\" hidden>",
		"<span title='", "\"", "'", ">", "</td>", "</span>", "<a href=http://a.example/>",
		"<a href='http://b.example'",
		"<img src=http://c.example/ style=\"background:url(d.png)\">", "text ", "&lt;",
		"<style>.x{display:none}</style>",
		"<p id=a class=b style=c bgcolor=red src=e type=f href=g>",
		"<!--[if mso]><td style='display:none'>", "<![endif]-->",
		"<xml xmlns:o='http://e.example'>", "<font color=#ffffff>", "<font color=#fff >",
		"<FONT COLOR=#ffffff>" };
	uint32_t random = 1;
	for (size_t round = 0; round < 4000; round++) {
		struct sl_mail mail;
		struct sl_span markup = SL_SPAN("");
		sl_arena_reset(arena);
		for (size_t n = 1 + round % 24; n; n--) {
			random = random * 1664525 + 1013904223;
			markup = SL_ARENA_JOIN(arena, markup,
				sl_span_str(pieces[(random >> 16) % SL_LEN(pieces)]),
				round % 100 ? SL_SPAN("")
					    : sl_arena_printf(arena, "<b id=%zu>", round));
		}
		struct sl_html_text text = parse_span(&mail, markup);
		struct sl_span met = told(&mail, &text);
		struct sl_html *used = html;
		html = sl_html_new();
		text = parse_span(&mail, markup);
		struct sl_span new = told(&mail, &text);
		sl_html_free(&html);
		html = used;
		if (!sl_span_eq(met, new))
			fail_msg("\"%.*s\": \"%.*s\", not \"%.*s\"", SL_ARG(markup), SL_ARG(met),
				SL_ARG(new));
	}
}

/* Tags of all lengths round the longest that is kept, with a value at the end, twice each. */
static void test_long_tags(void **state)
{
	(void)state;
	for (size_t n = 1; n < 600; n++)
		for (int again = 0; again < 2; again++) {
			struct sl_mail mail;
			sl_arena_reset(arena);
			struct sl_span markup = sl_arena_printf(
				arena, "<a class=%0*d href=http://a.example/>x</a>", (int)n, again);
			parse_span(&mail, markup);
			assert_int_equal(mail.n_links, 1);
			CHECK_SPAN(mail.links[0].url, "http://a.example/");
			CHECK_SPAN(mail.links[0].text, "x");
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_style_again),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_no_links),
		cmocka_unit_test(test_srcset),
		cmocka_unit_test(test_hidden_links),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_tag_limit),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_entities),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_tags_met),
		cmocka_unit_test(test_long_tags),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
