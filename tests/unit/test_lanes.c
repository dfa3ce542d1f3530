/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/base/lanes.h"

#include <stdlib.h>

static sl_lanes is_digit(sl_lanes v)
{
	return sl_lanes_in(v, '0', '9');
}

static sl_lanes is_wide_or_nul(sl_lanes v)
{
	return sl_lanes_in(v, 0x80, 0xff) | sl_lanes_eq(v, '\0');
}

static size_t slowly(struct sl_span s, size_t from, bool wide)
{
	size_t i = from;
	while (i < s.n &&
		!(wide ? s.p[i] == '\0' || (unsigned char)s.p[i] >= 0x80 : sl_is_digit(s.p[i])))
		i++;
	return i < s.n ? i : s.n;
}

/* One hit or none at every offset of spans of every length, on the heap: a byte too far is seen by
 * the sanitizer. */
static void finds_the_first(void **state)
{
	(void)state;
	for (size_t n = 0; n < 70; n++) {
		char *bytes = sl_malloc(n + 1);
		for (size_t hit = 0; hit <= n; hit++) {
			memset(bytes, 'x', n);
			if (hit < n)
				bytes[hit] = '7';
			for (size_t from = 0; from <= n; from++)
				assert_int_equal(
					sl_lanes_find(sl_span_of(bytes, n), from, is_digit),
					hit >= from ? hit : n);
		}
		free(bytes);
	}
}

static void agrees_on_random_bytes(void **state)
{
	(void)state;
	uint32_t random = 1;
	char bytes[61];
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = (char)(random >> 24 | (round & 1 ? 0u : 0x41u));
		}
		struct sl_span s = sl_span_of(bytes, random % sizeof(bytes));
		size_t from = (random >> 8) % (s.n + 1);
		assert_int_equal(sl_lanes_find(s, from, is_digit), slowly(s, from, false));
		assert_int_equal(sl_lanes_find(s, from, is_wide_or_nul), slowly(s, from, true));
		sl_lanes v = sl_lanes_load(bytes);
		assert_int_equal(
			sl_lanes_mask(is_wide_or_nul(v)), sl_lanes_mask_slowly(is_wide_or_nul(v)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_first),
		cmocka_unit_test(agrees_on_random_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
