/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "stages/parse/dashline.h"

#include <stdlib.h>

static void test_rows(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t at, next;
	} rows[] = { { "", 0, 0 }, { "-", 0, 1 }, { "--", 0, 0 }, { "a--", 0, 3 },
		{ "a\n--b", 0, 2 }, { "a\r\n--b", 0, 3 }, { "a\n-b\n--", 0, 5 },
		{ "--\n--\n", 3, 3 }, { "--\n -- \n-", 3, 9 }, { "\n\n--", 0, 2 },
		{ "a\n", 2, 2 } };
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_span s = sl_span_str(rows[i].text);
		if (sl_dashline_next(s, rows[i].at) != rows[i].next ||
			sl_dashline_next_plain(s, rows[i].at) != rows[i].next)
			fail_msg("row %zu", i);
	}
}

/* The vector version and its twin, from each line of texts that are full of near misses. */
static void test_twins(void **state)
{
	(void)state;
	uint32_t random = 1;
	for (size_t n = 0; n < 400; n++)
		for (unsigned rare = 1; rare < 100; rare *= 3) {
			char *text = sl_malloc(n + 1); /* a reader behind the end is caught */
			for (size_t i = 0; i < n; i++) {
				random = random * 1664525 + 1013904223;
				text[i] = (random >> 8) % rare ? 'a' : "\n--\r"[random >> 30];
			}
			struct sl_span s = sl_span_of(text, n);
			for (size_t at = 0; at < n; at++) {
				if (at && text[at - 1] != '\n')
					continue;
				size_t next = sl_dashline_next(s, at);
				assert_int_equal(next, sl_dashline_next_plain(s, at));
				assert_true(next == n || (text[next] == '-' && next >= at));
			}
			free(text);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_twins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
