/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/source/linescan.h"

enum { N = 200 };

static size_t slow(struct sl_span s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] == '\n' && (s.p[i + 1] == 'F' || s.p[i + 1] == '>'))
			return i;
	}
	return s.n;
}

static void check(struct sl_span s)
{
	assert_int_equal(sl_linescan(s), slow(s));
	assert_int_equal(sl_linescan_plain(s), slow(s));
}

/* One mark at each place of a text of each length, and what only looks like one. */
static void everywhere(void **state)
{
	static const char *const marks[] = { "\nF", "\n>", "\n", "F", "\r>", "\nf", "\n\n",
		"\n\nF" };
	(void)state;
	char text[N + 4];
	check(SL_SPAN_NULL);
	for (size_t n = 0; n <= N; n += n < 70 ? 1 : 13) {
		for (size_t at = 0; at < n; at++) {
			for (size_t i = 0; i < SL_LEN(marks); i++) {
				memset(text, 'x', sizeof(text));
				memcpy(text + at, marks[i], strlen(marks[i]));
				check(sl_span_of(text, n));
			}
		}
	}
}

static void random_lines(void **state)
{
	(void)state;
	char text[N];
	uint32_t seed = 3;
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < N; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = "\n\n\r>Fromxyzabcdefgh"[(seed >> 16) % (round % 2 ? 18 : 5)];
		}
		check(sl_span_of(text + round % 7, seed >> 8 & 0x7f));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everywhere),
		cmocka_unit_test(random_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
