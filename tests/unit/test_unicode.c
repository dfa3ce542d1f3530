/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/unicode.h"

static struct sl_arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = sl_arena_new(0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sl_arena_free(&arena);
	return 0;
}

static void test_hosts(void **state)
{
	(void)state;
	static const struct {
		const char *host;
		const char *ascii; /* NULL: refused */
		bool mapped;
	} rows[] = {
		{ "Example.COM", "example.com", false },
		{ "example.com.", "example.com.", false },
		{ "sub_domain.example.com", "sub_domain.example.com", false },
		{ "a--b.example", "a--b.example", false },
		{ "-lead.example", "-lead.example", false },
		{ "", NULL, false },
		{ "exa mple.com", NULL, false },
		{ "a%b.example", NULL, false },
		{ "a/b.example", NULL, false },
		{ "a\x7f.example", NULL, false },
		{ "ｅｘａｍｐｌｅ．ｃｏｍ", "example.com", true },
		{ "example。com", "example.com", true },
		{ "example｡com", "example.com", true },
		{ "ⓔⓧample.com", "example.com", true },
		{ "exam\xc2\xadple.com", "example.com", true },
		{ "exam\xe2\x80\x8bple.com", "example.com", true },
		{ "faß.example", "xn--fa-hia.example", false },
		{ "bücher.example", "xn--bcher-kva.example", false },
		{ "BÜCHER.example", "xn--bcher-kva.example", true },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example", false },
		{ "xn--a.example", NULL, false },
		{ "日本語.jp", "xn--wgv71a119e.jp", false },
		{ "\xff\xfe.example", NULL, false },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_span ascii = SL_SPAN_NULL;
		bool mapped;
		bool valid =
			sl_unicode_host_to_ascii(arena, sl_span_str(rows[i].host), &ascii, &mapped);
		if (valid != (rows[i].ascii != NULL))
			fail_msg("row %zu: %s is %svalid", i, rows[i].host, valid ? "" : "not ");
		if (!valid)
			continue;
		CHECK_SPAN_ROW(ascii, rows[i].ascii, i);
		if (mapped != rows[i].mapped)
			fail_msg("row %zu: %s mapped %d", i, rows[i].host, mapped);
	}
}

static void test_long_host(void **state)
{
	(void)state;
	static char host[200000];
	memset(host, 'a', sizeof(host));
	host[10] = (char)0xc3;
	host[11] = (char)0xbc;
	struct sl_span ascii;
	bool mapped;
	assert_false(
		sl_unicode_host_to_ascii(arena, sl_span_of(host, sizeof(host)), &ascii, &mapped));
}

static void test_back_to_unicode(void **state)
{
	(void)state;
	CHECK_SPAN(sl_unicode_host_to_unicode(arena, SL_SPAN("xn--bcher-kva.example")),
		"bücher.example");
	CHECK_SPAN(sl_unicode_host_to_unicode(arena, SL_SPAN("xn--a.example")), "xn--a.example");
	CHECK_SPAN(sl_unicode_host_to_unicode(arena, SL_SPAN("example.com")), "example.com");
}

static void test_mixed_script(void **state)
{
	(void)state;
	static const struct {
		const char *host;
		bool mixed;
	} rows[] = {
		{ "example.com", false },
		{ "аpple.com", true }, /* the first letter is Cyrillic */
		{ "аррӏе.com", false },
		{ "日本アマゾンlabel.jp", false },
		{ "한국漢字abc.kr", false },
		{ "한국アb.kr", true },
		{ "αβγ.δ.example", false },
		{ "αбв.example", true },
		{ "bücher-1.example", false },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++)
		if (sl_unicode_mixed_script(sl_span_str(rows[i].host)) != rows[i].mixed)
			fail_msg("row %zu: %s", i, rows[i].host);
}

static void test_forms(void **state)
{
	(void)state;
	CHECK_SPAN(sl_unicode_fold(arena, SL_SPAN("ABC xyz")), "abc xyz");
	CHECK_SPAN(sl_unicode_fold(arena, SL_SPAN("Ｓｔｒａße 𝐊")), "strasse k");
	CHECK_SPAN(sl_unicode_fold(arena, SL_SPAN("ｱﾏｿﾞﾝ")), "アマゾン");
	CHECK_SPAN(sl_unicode_nfkc(arena, SL_SPAN("ＡB①")), "AB1");
	CHECK_SPAN(sl_unicode_nfc(arena, SL_SPAN("e\xcc\x81")), "é");
	CHECK_SPAN(sl_unicode_nfc(arena, SL_SPAN("a\xff\x62")), "a\xef\xbf\xbd\x62");
	/* the longest expansion of NFKC there is: 18 characters out of one */
	struct sl_span long_one = sl_unicode_nfkc(arena, SL_SPAN("\xef\xb7\xba\xef\xb7\xba"));
	assert_int_equal(long_one.n, 66);
}

static void test_properties(void **state)
{
	(void)state;
	static const uint32_t invisible[] = { 0xad, 0x34f, 0x115f, 0x180b, 0x200b, 0x200d, 0x2060,
		0x2800, 0x3164, 0xfe0f, 0xfeff, 0xe0041 };
	static const uint32_t visible[] = { 'a', ' ', '\n', 0xa0, 0x3042, 0x4e00, 0x1f600 };
	for (size_t i = 0; i < SL_LEN(invisible); i++)
		assert_true(sl_unicode_is_invisible(invisible[i]));
	for (size_t i = 0; i < SL_LEN(visible); i++)
		assert_false(sl_unicode_is_invisible(visible[i]));
	assert_true(sl_unicode_is_bidi_control(0x202e));
	assert_false(sl_unicode_is_bidi_control('a'));
	assert_true(sl_unicode_is_letter(0x3042));
	assert_false(sl_unicode_is_letter('1'));
	assert_false(sl_unicode_is_letter(0x7fffffff));
	assert_true(sl_unicode_is_space(0x3000));
	assert_true(sl_unicode_is_mark(0x301));
	assert_int_equal(sl_unicode_script('x'), SL_SCRIPT_LATIN);
	assert_int_equal(sl_unicode_script(0x3042), SL_SCRIPT_HIRAGANA);
	assert_int_equal(sl_unicode_script(0x30a2), SL_SCRIPT_KATAKANA);
	assert_int_equal(sl_unicode_script(0x0430), SL_SCRIPT_CYRILLIC);
	assert_int_equal(sl_unicode_script(0x0915), SL_SCRIPT_FOREIGN);
	assert_int_equal(sl_unicode_script('5'), SL_SCRIPT_OTHER);
	assert_int_equal(sl_unicode_script(0xffffffff), SL_SCRIPT_OTHER);
}

static void test_letters(void **state)
{
	(void)state;
	assert_int_equal(sl_unicode_latin_lookalike(0x0430), 'a');
	assert_int_equal(sl_unicode_latin_lookalike(0x03bf), 'o');
	assert_int_equal(sl_unicode_latin_lookalike('a'), 0);
	assert_int_equal(sl_unicode_latin_lookalike(0x4e00), 0);
	assert_int_equal(sl_unicode_latin_base(0xe9), 'e');
	assert_int_equal(sl_unicode_latin_base(0x1ea5), 'a');
	assert_int_equal(sl_unicode_latin_base(0x142), 'l');
	assert_int_equal(sl_unicode_latin_base(0x3042), 0x3042);
	assert_int_equal(sl_unicode_latin_base('e'), 'e');
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(sl_unicode_width(SL_SPAN("abc")), 3);
	assert_int_equal(sl_unicode_width(SL_SPAN("日本a")), 5);
	assert_int_equal(sl_unicode_width(SL_SPAN("e\xcc\x81")), 1);
	assert_int_equal(sl_unicode_width(SL_SPAN("\xff")), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_long_host),
		cmocka_unit_test(test_back_to_unicode),
		cmocka_unit_test(test_mixed_script),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_width),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
