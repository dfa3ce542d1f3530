/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/utf8.h"
#include "stages/parse/charset.h"

#include <stdlib.h>

static struct sl_arena *arena;
static struct sl_charset *charset;

static int setup(void **state)
{
	(void)state;
	arena = sl_arena_new(0);
	charset = sl_charset_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sl_charset_free(&charset);
	sl_arena_free(&arena);
	return 0;
}

struct row {
	const char *label, *bytes, *text, *charset;
	bool repaired;
	size_t lost;
};

static void check_rows(const struct row *rows, size_t n, bool html)
{
	for (size_t i = 0; i < n; i++) {
		struct sl_decoded got = sl_charset_decode(charset, arena,
			sl_span_str(rows[i].label), sl_span_str(rows[i].bytes), html);
		CHECK_SPAN_ROW(got.text, rows[i].text, i);
		if (strcmp(got.charset, rows[i].charset) != 0)
			fail_msg("row %zu: %s, want %s", i, got.charset, rows[i].charset);
		if (got.repaired != rows[i].repaired || got.lost != rows[i].lost)
			fail_msg("row %zu: repaired %d lost %zu", i, got.repaired, got.lost);
	}
}

static void test_labels(void **state)
{
	(void)state;
	static const char *const known[] = { "utf-8", "\"UTF8\"", "'Shift_JIS'", "X-SJIS",
		"ISO-8859-1", "cp1252", "ISO_8859-15:1998", "iso-2022-jp\nX: y", "utf-8*ja",
		"unicode-1-1-utf-7", "ks_c_5601-1987", "GB2312;" };
	static const char *const unknown[] = { "", "x-unknown", "../../x", "utf", "\"\"", "*ja",
		"\xff\xff" };
	for (size_t i = 0; i < SL_LEN(known); i++)
		if (!sl_charset_known(sl_span_str(known[i])))
			fail_msg("%s is not known", known[i]);
	for (size_t i = 0; i < SL_LEN(unknown); i++)
		if (sl_charset_known(sl_span_str(unknown[i])))
			fail_msg("%s is known", unknown[i]);
	static char longest[1 << 20];
	memset(longest, 'u', sizeof(longest));
	assert_false(sl_charset_known(sl_span_of(longest, sizeof(longest))));
}

static void test_japanese(void **state)
{
	(void)state;
	static const struct row rows[] = {
		/* two-byte text that is never closed, and a line end within it */
		{ "iso-2022-jp", "\x1b$B;n83\r\nabc", "試験\r\nabc", "iso-2022-jp", false, 0 },
		/* a link behind text that is never closed */
		{ "iso-2022-jp", "\x1b$B;n83http://example.com/", "試験http://example.com/",
			"iso-2022-jp", false, 0 },
		{ "iso-2022-jp", "\x1b(IC\x1b(B", "ﾃ", "iso-2022-jp", false, 0 },
		{ "iso-2022-jp",
			"\x0e"
			"C\x0f"
			"C",
			"ﾃC", "iso-2022-jp", false, 0 },
		{ "iso-2022-jp", "\x1b(J~\\\x1b(B~\\", "~¥~\\", "iso-2022-jp", false, 0 },
		{ "iso-2022-jp", "\x1b$B-!\x1b(B", "①", "iso-2022-jp", false, 0 },
		{ "iso-2022-jp", "\x1b$(D0!\x1b(B", "丂", "iso-2022-jp", false, 0 },
		{ "iso-2022-jp", "\x1b$B;n8", "試�", "iso-2022-jp", false, 1 },
		{ "", "\x1b$B;n83\x1b(B", "試験", "iso-2022-jp", false, 0 },
		{ "shift_jis", "\x8e\x8e\x8c\xb1\x87\x40", "試験①", "cp932", false, 0 },
		/* a pair that is no character takes its second byte with it: '@' is never invented
		 */
		{ "shift_jis", "\x8e\x8e\x85\x40\x8c\xb1\x83\x65\x83\x58\x83\x67", "試�験テスト",
			"cp932", false, 1 },
		{ "euc-jp", "\xbb\xee\xb8\xb3\xad\xa1", "試験①", "euc-jp", false, 0 },
		{ "utf-8", "\x83\x65\x83\x58\x83\x67\x82\xcc\x93\xfa\x96\x7b", "テストの日本",
			"cp932", true, 0 },
		{ "utf-8", "\xa5\xc6\xa5\xb9\xa5\xc8\xa4\xce\xc6\xfc\xcb\xdc", "テストの日本",
			"euc-jp", true, 0 },
	};
	check_rows(rows, SL_LEN(rows), false);
}

static void test_others(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "", "plain", "plain", "us-ascii", false, 0 },
		{ "gb2312", "\xc4\xfa\xba\xc3", "您好", "gb18030", false, 0 },
		{ "hz-gb-2312", "a~{DzCK~}b~~", "a您盟b~", "hz-gb-2312", false, 0 },
		{ "big5", "\xb1\x7a\xa6\x6e", "您好", "big5-hkscs", false, 0 },
		{ "euc-kr", "\xbe\xc8\xb3\xe7", "안녕", "cp949", false, 0 },
		{ "iso-2022-kr", "\x1b$)C\x0e>H3g\x0f", "안녕", "iso-2022-kr", false, 0 },
		{ "koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4", "Привет", "koi8-r", false, 0 },
		{ "windows-1251", "\xcf\xf0\xe8\xe2\xe5\xf2", "Привет", "windows-1251", false, 0 },
		{ "us-ascii",
			"\xcf\xf0\xe8\xe2\xe5\xf2, \xea\xe0\xea \xe4\xe5\xeb\xe0 "
			"\xf1\xe5\xe3\xee\xe4\xed\xff?",
			"Привет, как дела сегодня?", "windows-1251", true, 0 },
		{ "iso-8859-1", "caf\xe9 \x93x\x94", "café “x”", "windows-1252", false, 0 },
		{ "iso-8859-1", "caf\xc3\xa9", "café", "utf-8", true, 0 },
		{ "utf-7", "a+ZeU-b +- c", "a日b + c", "utf-7", false, 0 },
		{ "utf-16le", "a", "a", "utf-8", true, 0 },
		{ "windows-1258", "\xe3\xec", "ă\xcc\x81", "windows-1258", false, 0 },
		{ "utf-8", "caf\xe9 au lait", "café au lait", "windows-1252", true, 0 },
		{ "utf-8", "\xc0\xaf", "��", "utf-8", false, 2 },
		{ "utf-8", "caf\xc3\xa9 \xc3", "café �", "utf-8", false, 1 },
	};
	check_rows(rows, SL_LEN(rows), false);
}

static void test_meta(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "", "<meta charset=\"shift_jis\">\x8e\x8e\x8c\xb1",
			"<meta charset=\"shift_jis\">試験", "cp932", false, 0 },
		{ "us-ascii",
			"<META http-equiv=x content='text/html; charset=euc-jp'>\xbb\xee\xb8\xb3",
			"<META http-equiv=x content='text/html; charset=euc-jp'>試験", "euc-jp",
			true, 0 },
		{ "utf-8", "<meta charset=shift_jis>\xe8\xa9\xa6", "<meta charset=shift_jis>試",
			"utf-8", false, 0 },
		{ "", "<meta charset=utf-16>\xe8\xa9\xa6", "<meta charset=utf-16>試", "utf-8",
			false, 0 },
	};
	check_rows(rows, SL_LEN(rows), true);
}

static void test_wide(void **state)
{
	(void)state;
	static const char little[] = "\xff\xfe"
				     "A\0\x66\x8a";
	static const char pair[] = "\xd8\x3d\xde\0\xd8\x3d";
	static const char four[] = "\0\0\0A\0\1\xf6\0\0";
	struct sl_decoded got = sl_charset_decode(
		charset, arena, SL_SPAN(""), sl_span_of(little, sizeof(little) - 1), false);
	CHECK_SPAN(got.text, "A試");
	got = sl_charset_decode(
		charset, arena, SL_SPAN("utf-16be"), sl_span_of(pair, sizeof(pair) - 1), false);
	CHECK_SPAN(got.text, "😀�");
	assert_int_equal(got.lost, 1);
	got = sl_charset_decode(
		charset, arena, SL_SPAN("utf-32be"), sl_span_of(four, sizeof(four) - 1), false);
	CHECK_SPAN(got.text, "A😀�");
	/* a label that lies: single bytes are there */
	got = sl_charset_decode(charset, arena, SL_SPAN("utf-16"), SL_SPAN("plain text"), false);
	CHECK_SPAN(got.text, "plain text");
	assert_true(got.repaired);
}

static void test_nul(void **state)
{
	(void)state;
	static const char bytes[] = "a\0\xe9\0b";
	struct sl_decoded got = sl_charset_decode(
		charset, arena, SL_SPAN("iso-8859-1"), sl_span_of(bytes, sizeof(bytes) - 1), false);
	assert_int_equal(got.text.n, 6);
	assert_memory_equal(got.text.p, "a\0\xc3\xa9\0b", 6);
}

/* No label and no bytes make it crash, or give text that is no UTF-8. */
static void test_any_bytes(void **state)
{
	(void)state;
	static const char *const labels[] = { "", "utf-8", "cp932", "euc-jp", "gb18030", "big5",
		"euc-kr", "iso-2022-jp", "iso-2022-kr", "hz-gb-2312", "utf-7", "utf-16", "utf-16le",
		"utf-16be", "utf-32", "iso-8859-1", "koi8-r", "windows-1258", "cp437" };
	uint32_t seed = 1;
	for (size_t round = 0; round < 400; round++) {
		char bytes[40];
		size_t n = round % sizeof(bytes);
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			static const char often[] = "\x1b$B(J~{}+-\r\n\x81\x8f\xa1\xff\xfe";
			bytes[i] = seed >> 30 ? (char)(seed >> 20)
					      : often[(seed >> 8) % (sizeof(often) - 1)];
		}
		for (size_t k = 0; k < SL_LEN(labels); k++) {
			struct sl_decoded got = sl_charset_decode(charset, arena,
				sl_span_str(labels[k]), sl_span_of(bytes, n), round & 1);
			assert_int_equal(sl_utf8_valid_prefix(got.text), got.text.n);
		}
		struct sl_decoded got = sl_charset_guess(charset, arena, sl_span_of(bytes, n));
		assert_int_equal(sl_utf8_valid_prefix(got.text), got.text.n);
		sl_arena_reset(arena);
	}
}

static void test_escape_storm(void **state)
{
	(void)state;
	enum { TIMES = 300000 };
	char *bytes = sl_malloc(TIMES * 3);
	for (size_t i = 0; i < TIMES; i++)
		memcpy(bytes + i * 3, "\x1b$B", 3);
	struct sl_decoded got = sl_charset_decode(
		charset, arena, SL_SPAN("iso-2022-jp"), sl_span_of(bytes, TIMES * 3), false);
	assert_int_equal(got.text.n, 0);
	free(bytes);
	sl_arena_reset(arena);
}

static void test_guess(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *text, *charset;
	} rows[] = {
		{ "hello", "hello", "us-ascii" },
		{ "Gr\xc3\xbc\xc3\x9f"
		  "e",
			"Grüße", "utf-8" },
		{ "Gr\xfc\xdf"
		  "e aus K\xf6ln",
			"Grüße aus Köln", "windows-1252" },
		{ "\x8f\x64\x97\x76\x82\xc8\x92\xca\x92\x6d", "重要な通知", "cp932" },
		{ "\xbd\xc5\xcd\xd7\xa4\xca\xc4\xcc\xc3\xce", "重要な通知", "euc-jp" },
		{ "\xc4\xfa\xb5\xc4\xd5\xcb\xbb\xa7\xd2\xec\xb3\xa3", "您的账户异常", "gb18030" },
		{ "\xf0\xd2\xc9\xd7\xc5\xd4 \xcd\xc9\xd2", "Привет мир", "koi8-r" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_decoded got =
			sl_charset_guess(charset, arena, sl_span_str(rows[i].bytes));
		CHECK_SPAN_ROW(got.text, rows[i].text, i);
		if (strcmp(got.charset, rows[i].charset) != 0)
			fail_msg("row %zu: %s", i, got.charset);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_japanese),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_meta),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_escape_storm),
		cmocka_unit_test(test_guess),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
