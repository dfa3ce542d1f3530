/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/source/dictionary.h"

static void lzma(void **state)
{
	(void)state;
	assert_int_equal(sl_dictionary_lzma(SL_SPAN("\x5d\0\0\1\0")), 65536);
	assert_int_equal(sl_dictionary_lzma(SL_SPAN("\x5d\xff\xff\xff\xff")), UINT32_MAX);
	assert_int_equal(sl_dictionary_lzma(SL_SPAN("\x5d\xff\xff\xff")), 0);
	assert_int_equal(sl_dictionary_lzma(SL_SPAN_NULL), 0);
	assert_int_equal(sl_dictionary_ppmd(SL_SPAN("\6\0\0\0\x10")), SL_DICTIONARY_MOST);
	assert_int_equal(sl_dictionary_zip_lzma(SL_SPAN("\x09\x14\5\0\x5d\0\0\1\0data")), 65536);
	assert_int_equal(sl_dictionary_zip_lzma(SL_SPAN("\x09\x14\5\0\x5d\0\0\1")), 0);
}

/* The table of xz-file-format.txt 5.3.1. */
static void lzma2(void **state)
{
	(void)state;
	const struct {
		struct sl_span properties;
		uint64_t want;
	} rows[] = {
		{ SL_SPAN_NULL, 0 },
		{ sl_span_of("\0", 1), 4096 },
		{ sl_span_of("\1", 1), 6144 },
		{ sl_span_of("\2", 1), 8192 },
		{ sl_span_of("\x20", 1), SL_DICTIONARY_MOST },
		{ sl_span_of("\x25", 1), (uint64_t)1536 << 20 },
		{ sl_span_of("\x26", 1), (uint64_t)2 << 30 },
		{ sl_span_of("\x28", 1), UINT32_MAX },
		{ sl_span_of("\x29", 1), 0 },
		{ sl_span_of("\xff", 1), 0 },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++)
		assert_int_equal(sl_dictionary_lzma2(rows[i].properties), rows[i].want);
}

#define STREAM                                                                                     \
	"\xfd"                                                                                     \
	"7zXZ\0\0\4\1\2\3\4"

static void xz(void **state)
{
	(void)state;
	/* one filter; both sizes told; behind a BCJ filter without properties */
	assert_int_equal(sl_dictionary_xz(SL_SPAN(STREAM "\2\0\x21\1\x16\0\0\0")), 8 << 20);
	assert_int_equal(
		sl_dictionary_xz(SL_SPAN(STREAM "\3\xc0\xff\xff\1\x80\1\x21\1\x16\0")), 8 << 20);
	assert_int_equal(sl_dictionary_xz(SL_SPAN(STREAM "\2\1\4\0\x21\1\x28\0")), UINT32_MAX);
	/* cut anywhere, and numbers that never end */
	struct sl_span whole = SL_SPAN(STREAM "\2\1\4\0\x21\1\x28");
	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(sl_dictionary_xz(sl_span_head(whole, n)), 0);
	assert_int_equal(
		sl_dictionary_xz(SL_SPAN(STREAM "\2\x40\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")),
		0);
	assert_int_equal(sl_dictionary_xz(SL_SPAN(STREAM "\2\0\x21\xff\xff\xff\xff\xff\x0f")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lzma),
		cmocka_unit_test(lzma2),
		cmocka_unit_test(xz),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
