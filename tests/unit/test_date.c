/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/parse/date.h"

#include <stdlib.h>

static void reads_dates(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "Tue, 03 Nov 2026 10:15:01 +0900", "2026-11-03T01:15:01Z" },
		{ " Tue, 3 Nov 2026 10:15:01 +0900 (JST)", "2026-11-03T01:15:01Z" },
		{ "3 Nov 2026 10:15 -0500", "2026-11-03T15:15:00Z" },
		{ "Tue, 3 Nov 26 10:15:01 GMT", "2026-11-03T10:15:01Z" },
		{ "3 Nov 99 10:15:01 EST", "1999-11-03T15:15:01Z" },
		{ "3 Nov 126 10:15:01 Z", "2026-11-03T10:15:01Z" },
		{ "3 November 2026 10:15:01 UT", "2026-11-03T10:15:01Z" },
		{ "03-Nov-2026 10:15:01 +09:00", "2026-11-03T01:15:01Z" },
		{ "Tue Nov  3 10:15:01 2026", "2026-11-03T10:15:01Z" },
		{ "Tue Nov  3 10:15:01 JST 2026", "2026-11-03T01:15:01Z" },
		{ "Tue, 3 Nov 2026 10:15:01 GMT+0100", "2026-11-03T09:15:01Z" },
		{ "Tue, 3 Nov 2026 10.15.01 +0000", "2026-11-03T10:15:01Z" },
		{ "2026-11-03T10:15:01Z", "2026-11-03T10:15:01Z" },
		{ "2026-11-03 10:15:01.436580219 +0000 UTC m=+4954957.7", "2026-11-03T10:15:01Z" },
		{ "2026/11/03 10:15:01 +0900", "2026-11-03T01:15:01Z" },
		{ "Tue, (comment (nested)) 3 Nov 2026 10:15:01 +0000", "2026-11-03T10:15:01Z" },
		{ "Tue, 3 Nov 2026", "2026-11-03T00:00:00Z" },
		{ "Tue, 3 Nov 2026 10:15:01 PM +0000", "2026-11-03T22:15:01Z" },
		{ "Thu, 31 Dec 2026 23:59:60 +0000", "2027-01-01T00:00:00Z" },
		{ "Sat, 30 Dec 1899 00:00:00 +0800", "1899-12-29T16:00:00Z" },
		{ "Fri, 31 Dec 9999 23:59:59 +0000", "9999-12-31T23:59:59Z" },
		{ "Tue, 19 Jan 2038 03:14:08 +0000", "2038-01-19T03:14:08Z" },
		{ "Tue, 3 Nov 2026 10:15:01 +9999", "2026-11-03T10:15:01Z" },
		{ "Tue, 3 Nov 2026 10:15:01 XYZ", "2026-11-03T10:15:01Z" },
		{ "Tue,3 Nov 2026 10:15:01 +0900trailing words", "2026-11-03T01:15:01Z" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		char text[SL_TIME_TEXT];
		int64_t time = sl_date_parse(sl_span_str(rows[i][0]));
		if (time == SL_TIME_NONE)
			fail_msg("row %zu: none", i);
		CHECK_SPAN_ROW(sl_span_str(sl_time_text(time, text)), rows[i][1], i);
	}
}

static void refuses(void **state)
{
	(void)state;
	static const char *const rows[] = { "", " ", "yesterday", "Tue, 3 Nov", "Nov 2026",
		"3 Nov 0 10:15:01 +0000", "Tue, 32 Nov 2026 10:15:01 +0000",
		"3 Nov 2026 25:15:01 +0000", "3 Nov 2026 10:61:01 +0000",
		"3 Nov 99999 10:15:01 +0000", "3 Nov -1 10:15:01 +0000",
		"3 Foo 2026 10:15:01 +0000", "[DATE]", ":::", "((((((" };
	for (size_t i = 0; i < SL_LEN(rows); i++)
		if (sl_date_parse(sl_span_str(rows[i])) != SL_TIME_NONE)
			fail_msg("%s", rows[i]);
}

static void survives_any_cut(void **state)
{
	(void)state;
	static const char text[] = "Tue, 3 Nov 2026 10:15:01.5 +09:00 (x) \0 2026-11-03T10";
	for (size_t n = 0; n < sizeof(text); n++) {
		char *exact = sl_malloc(n);
		memcpy(exact, text, n);
		sl_date_parse(sl_span_of(exact, n));
		free(exact);
	}
	char *nines = sl_malloc(1 << 20);
	memset(nines, '9', 1 << 20);
	assert_true(sl_date_parse(sl_span_of(nines, 1 << 20)) == SL_TIME_NONE);
	free(nines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_dates),
		cmocka_unit_test(refuses),
		cmocka_unit_test(survives_any_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
