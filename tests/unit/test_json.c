/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/base/json.h"
#include "pipeline/base/utf8.h"

#include <json-c/json.h>

struct row {
	struct sl_span in;
	const char *out;
};

static const struct row rows[] = {
	{ { "", 0 }, "\"\"" }, { { "plain", 5 }, "\"plain\"" },
	{ { "q\" b\\ s/", 8 }, "\"q\\\" b\\\\ s/\"" },
	{ { "\b\t\n\v\f\r", 6 }, "\"\\b\\t\\n\\u000b\\f\\r\"" },
	{ { "a\0b\x01\x1f", 5 }, "\"a\\u0000b\\u0001\\u001f\"" },
	{ { "\x7f\xc2\x80\xc2\x9f", 5 }, "\"\\u007f\\u0080\\u009f\"" },
	{ { "\xe2\x80\xa8\xe2\x80\xa9", 6 }, "\"\\u2028\\u2029\"" },
	{ { "\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf", 9 }, "\"\\u202e\\u2066\\ufeff\"" },
	{ { "</script><!-- a<b <", 19 }, "\"\\u003c/script>\\u003c!-- a<b <\"" },
	{ { "\xe9\x87\x8d", 3 }, "\"\xe9\x87\x8d\"" },
	{ { "\xf0\x9f\x98\x80", 4 }, "\"\xf0\x9f\x98\x80\"" },
	{ { "\xff"
	    "a",
		  2 },
		"\"\xef\xbf\xbd"
		"a\"" },
	{ { "\xe9\x87", 2 }, "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ { "\xc0\x80", 2 }, "\"\xef\xbf\xbd\xef\xbf\xbd\"" },                 /* overlong NUL */
	{ { "\xed\xa0\x80", 3 }, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* surrogate */
};

static void texts_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_buf to = sl_buf_make(1000);
		struct sl_json json = sl_json_make(&to);
		sl_json_text(&json, rows[i].in);
		CHECK_SPAN_ROW(sl_buf_span(&to), rows[i].out, i);
		sl_buf_free(&to);
	}
}

/* A strict reader gives back what went in, wherever the input was UTF-8. */
static void a_reader_gives_it_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		if (sl_utf8_valid_prefix(rows[i].in) != rows[i].in.n)
			continue;
		struct sl_buf to = sl_buf_make(1000);
		struct sl_json json = sl_json_make(&to);
		sl_json_object(&json);
		sl_json_key(&json, "k");
		sl_json_text(&json, rows[i].in);
		sl_json_object_end(&json);
		struct json_object *read = json_tokener_parse(to.p), *value;
		assert_non_null(read);
		assert_true(json_object_object_get_ex(read, "k", &value));
		struct sl_span got = sl_span_of(
			json_object_get_string(value), (size_t)json_object_get_string_len(value));
		assert_true(sl_span_eq(got, rows[i].in));
		json_object_put(read);
		sl_buf_free(&to);
	}
}

/* Every byte value, alone and behind the first byte of a sequence: always valid UTF-8. */
static void output_is_always_utf8(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		for (unsigned second = 0; second < 256; second++) {
			char bytes[3] = { (char)first, (char)second, 'x' };
			struct sl_buf to = sl_buf_make(100);
			struct sl_json json = sl_json_make(&to);
			sl_json_text(&json, sl_span_of(bytes, 3));
			assert_int_equal(sl_utf8_valid_prefix(sl_buf_span(&to)), to.n);
			for (size_t i = 0; i < to.n; i++)
				assert_true((unsigned char)to.p[i] >= 0x20);
			sl_buf_free(&to);
		}
	}
}

static void nesting_and_commas(void **state)
{
	(void)state;
	struct sl_buf to = sl_buf_make(1000);
	struct sl_json json = sl_json_make(&to);
	static const uint8_t bytes[2] = { 0xab, 0x01 };
	sl_json_object(&json);
	sl_json_key(&json, "a");
	sl_json_array(&json);
	sl_json_u64(&json, UINT64_MAX);
	sl_json_array(&json);
	sl_json_array_end(&json);
	sl_json_object(&json);
	sl_json_object_end(&json);
	sl_json_bool(&json, true);
	sl_json_array_end(&json);
	sl_json_key(&json, "b");
	sl_json_null(&json);
	sl_json_key(&json, "c");
	sl_json_time(&json, 0);
	sl_json_key(&json, "d");
	sl_json_time(&json, SL_TIME_NONE);
	sl_json_key(&json, "e");
	sl_json_hex(&json, bytes, 2);
	sl_json_key(&json, "f");
	sl_json_text_or_null(&json, SL_SPAN_NULL);
	sl_json_object_end(&json);
	sl_json_line(&json);
	sl_json_array(&json);
	sl_json_array_end(&json);
	sl_json_line(&json);
	CHECK_SPAN(sl_buf_span(&to),
		"{\"a\":[18446744073709551615,[],{},true],\"b\":null,"
		"\"c\":\"1970-01-01T00:00:00Z\",\"d\":null,\"e\":\"ab01\",\"f\":null}\n[]\n");
	sl_buf_free(&to);
}

static void depth_up_to_the_limit(void **state)
{
	(void)state;
	struct sl_buf to = sl_buf_make(1000);
	struct sl_json json = sl_json_make(&to);
	for (int i = 0; i < SL_JSON_DEPTH; i++)
		sl_json_array(&json);
	for (int i = 0; i < SL_JSON_DEPTH; i++)
		sl_json_array_end(&json);
	sl_json_line(&json);
	assert_int_equal(to.n, 2 * SL_JSON_DEPTH + 1);
	sl_buf_free(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(a_reader_gives_it_back),
		cmocka_unit_test(output_is_always_utf8),
		cmocka_unit_test(nesting_and_commas),
		cmocka_unit_test(depth_up_to_the_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
