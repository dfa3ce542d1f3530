/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/clock.h"

static void converts_both_ways(void **state)
{
	static const struct {
		int64_t time;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ 1790000000, "2026-09-21T14:13:20Z" },
		{ -2208988800, "1900-01-01T00:00:00Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" },
		{ 253402300800, "10000-01-01T00:00:00Z" },
		{ -62167219200, "0000-01-01T00:00:00Z" },
	};
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		char text[SL_TIME_TEXT];
		struct sl_civil civil;
		assert_string_equal(sl_time_text(rows[i].time, text), rows[i].text);
		sl_time_to_civil(rows[i].time, &civil);
		assert_int_equal(sl_civil_to_time(&civil), rows[i].time);
	}
	for (int64_t day = -800000; day < 800000; day += 13) {
		struct sl_civil civil;
		sl_time_to_civil(day * 86400 + 12345, &civil);
		assert_int_equal(sl_civil_to_time(&civil), day * 86400 + 12345);
	}
}

static void parses(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int64_t time;
	} rows[] = {
		{ "1970-01-02", true, 86400 },
		{ "1970-01-01T00:00:01Z", true, 1 },
		{ "1970-01-01 00:01", true, 60 },
		{ "@1790000000", true, 1790000000 },
		{ "1970-13-01", false, 0 },
		{ "1970-01-01T", false, 0 },
		{ "1970-01-01T25:00", false, 0 },
		{ "1970-1-1", false, 0 },
		{ "@", false, 0 },
		{ "@99999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "1970-01-01x", false, 0 },
	};
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		int64_t time = 0;
		bool good = sl_time_parse(sl_span_str(rows[i].text), &time);
		if (good != rows[i].good || (good && time != rows[i].time))
			fail_msg("row %zu: %s", i, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(converts_both_ways),
		cmocka_unit_test(parses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
