/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/buf.h"
#include "pipeline/base/utf8.h"

static void stops_at_its_maximum(void **state)
{
	(void)state;
	struct sl_buf buf = sl_buf_make(10);
	sl_buf_str(&buf, "0123456789");
	assert_false(buf.overflow);
	sl_buf_char(&buf, 'x');
	assert_true(buf.overflow);
	CHECK_SPAN(sl_buf_span(&buf), "0123456789");
	sl_buf_str(&buf, "");
	assert_true(buf.overflow); /* sticky */
	sl_buf_reset(&buf);
	assert_false(buf.overflow);
	sl_buf_u64(&buf, UINT64_MAX);
	assert_true(buf.overflow);
	sl_buf_free(&buf);
	assert_null(buf.p);
}

static void writes_forms(void **state)
{
	(void)state;
	struct sl_buf buf = sl_buf_make(1000);
	sl_buf_u64(&buf, 0);
	sl_buf_char(&buf, ' ');
	sl_buf_u64(&buf, 18446744073709551615u);
	sl_buf_printf(&buf, " %03d ", 7);
	sl_buf_hex(&buf, "\x00\xff\x1a", 3);
	CHECK_SPAN(sl_buf_span(&buf), "0 18446744073709551615 007 00ff1a");
	sl_buf_free(&buf);
}

static void escapes_for_terminals(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "plain \xe9\x87\x8d", "plain \xe9\x87\x8d" },
		{ "\x1b]0;x\x07", "\\x1b]0;x\\x07" },
		{ "a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f" },
		{ "\xc2\x9b"
		  "31m",
			"\\x9b31m" }, /* C1 CSI */
		{ "\xff\xc3", "\\xff\\xc3" },
		{ "\xe2\x80\xae"
		  "exe",
			"\\u{202e}exe" }, /* right-to-left override */
		{ "a\u2028b\u2029c\ufeff", "a\\u{2028}b\\u{2029}c\\u{feff}" },
		{ "\u061c\u200e\u2066\u2069", "\\u{061c}\\u{200e}\\u{2066}\\u{2069}" },
		{ "\u200b\u2027\u2030\u00a0", "\u200b\u2027\u2030\u00a0" },
	};
	(void)state;
	struct sl_buf buf = sl_buf_make(1000);
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		sl_buf_reset(&buf);
		sl_buf_escaped(&buf, sl_span_str(rows[i].text), 100);
		CHECK_SPAN_ROW(sl_buf_span(&buf), rows[i].want, i);
	}
	sl_buf_reset(&buf);
	sl_buf_escaped(&buf, SL_SPAN("abcdef"), 3);
	CHECK_SPAN(sl_buf_span(&buf), "abc...");
	sl_buf_free(&buf);
}

static void knows_utf8(void **state)
{
	static const struct {
		const char *text;
		size_t valid;
	} rows[] = {
		{ "abcdefghijklmnop", 16 },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9 },
		{ "abcdefgh\xc0\xaf", 8 }, /* overlong */
		{ "\xed\xa0\x80", 0 },     /* surrogate */
		{ "\xf4\x90\x80\x80", 0 }, /* above U+10FFFF */
		{ "ab\xe2\x82", 2 },       /* cut */
		{ "\x80", 0 },
	};
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++)
		assert_int_equal(sl_utf8_valid_prefix(sl_span_str(rows[i].text)), rows[i].valid);
	for (uint32_t c = 0; c <= 0x110000; c += c < 0x3000 ? 1 : 97) {
		char bytes[4];
		uint32_t back = 0;
		size_t n = sl_utf8_encode(c, bytes);
		assert_int_equal(sl_utf8_decode(sl_span_of(bytes, n), &back), n);
		bool scalar = c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
		assert_int_equal(back, scalar ? c : 0xfffd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stops_at_its_maximum),
		cmocka_unit_test(writes_forms),
		cmocka_unit_test(escapes_for_terminals),
		cmocka_unit_test(knows_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
