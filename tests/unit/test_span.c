/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/plain.h"

static void compares(void **state)
{
	(void)state;
	assert_true(sl_span_eq(SL_SPAN("a\0b"), SL_SPAN("a\0b")));
	assert_false(sl_span_eq(SL_SPAN("a\0b"), SL_SPAN("a\0c")));
	assert_true(sl_span_eq(SL_SPAN_NULL, SL_SPAN("")));
	assert_true(sl_span_ieq(SL_SPAN("Content-TYPE"), SL_SPAN("content-type")));
	assert_false(sl_span_ieq(SL_SPAN("\xc3\x84"), SL_SPAN("\xc3\xa4"))); /* ASCII only */
	assert_true(sl_span_cmp(SL_SPAN("ab"), SL_SPAN("abc")) < 0);
	assert_true(sl_span_cmp(SL_SPAN("\xff"), SL_SPAN("a")) > 0);
	assert_int_equal(sl_span_cmp(SL_SPAN_NULL, SL_SPAN_NULL), 0);
	assert_true(sl_span_iends(SL_SPAN("x.EXAMPLE"), SL_SPAN(".example")));
	assert_false(sl_span_ends(SL_SPAN("b"), SL_SPAN("ab")));
}

static void finds(void **state)
{
	(void)state;
	struct sl_span s = SL_SPAN("one two one");
	assert_int_equal(sl_span_find(s, SL_SPAN("one"), 1), 8);
	assert_int_equal(sl_span_find(s, SL_SPAN("one"), 9), -1);
	assert_int_equal(sl_span_find(s, SL_SPAN(""), 11), 11);
	assert_int_equal(sl_span_find(s, SL_SPAN("one two one!"), 0), -1);
	assert_int_equal(sl_span_ifind(s, SL_SPAN("TWO"), 0), 4);
	assert_int_equal(sl_span_chr(s, 'o', 12), -1);
	assert_int_equal(sl_span_chr(SL_SPAN_NULL, 'o', 0), -1);
}

static void splits(void **state)
{
	static const struct {
		const char *text, *fields[4];
		size_t n;
	} rows[] = {
		{ "a,b,c", { "a", "b", "c" }, 3 },
		{ ",a,", { "", "a" }, 2 },
		{ "", { NULL }, 0 },
		{ "abc", { "abc" }, 1 },
	};
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_span rest = sl_span_str(rows[i].text), field;
		size_t n = 0;
		for (; sl_span_split(&rest, ',', &field); n++)
			CHECK_SPAN_ROW(field, rows[i].fields[n], i);
		assert_int_equal(n, rows[i].n);
	}
	CHECK_SPAN(sl_span_trim(SL_SPAN(" \t\r\n x y \v\f")), "x y");
	CHECK_SPAN(sl_span_trim(SL_SPAN(" \t ")), "");
	CHECK_SPAN(sl_span_from(SL_SPAN("abc"), 7), "");
}

static void reads_numbers(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "1 ", false, 0 },
		{ "0x1", false, 0 },
	};
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		uint64_t value = 0;
		assert_int_equal(sl_span_u64(sl_span_str(rows[i].text), &value), rows[i].good);
		assert_true(!rows[i].good || value == rows[i].value);
	}
}

static void reads_digits(void **state)
{
	(void)state;
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (int i = 0; i < 64; i++)
		assert_int_equal(sl_base64_value(digits[i]), i);
	assert_int_equal(sl_base64_value('-'), 62);
	assert_int_equal(sl_base64_value('_'), 63);
	assert_int_equal(sl_base64_value('='), -1);
	assert_int_equal(sl_base64_value('\xff'), -1);
	assert_int_equal(sl_hex_value('F'), 15);
	assert_int_equal(sl_hex_value('g'), -1);
}

/* Eight bytes at a step say what one at a time says, wherever the byte stands. */
static void finds_the_end_of_plain(void **state)
{
	(void)state;
	char text[40];
	uint32_t seed = 1;
	for (unsigned byte = 0; byte < 256; byte++)
		for (size_t at = 0; at < sizeof(text); at++) {
			memset(text, 'a', sizeof(text));
			text[at] = (char)byte;
			size_t want = sl_is_plain((char)byte, '"', '\\', '<') ? sizeof(text) : at;
			assert_int_equal(
				sl_plain_end(sl_span_of(text, sizeof(text)), 0, '"', '\\', '<'),
				want);
		}
	for (unsigned round = 0; round < 20000; round++) {
		size_t want = round % 9;
		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = (char)(seed >> 24 < 40 ? seed >> 16 : 0x20 + (seed >> 24) % 0x60);
		}
		while (want < sizeof(text) && sl_is_plain(text[want], '"', '"', '\0'))
			want++;
		assert_int_equal(
			sl_plain_end(sl_span_of(text, sizeof(text)), round % 9, '"', '"', 0), want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),
		cmocka_unit_test(finds),
		cmocka_unit_test(splits),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(reads_digits),
		cmocka_unit_test(finds_the_end_of_plain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
