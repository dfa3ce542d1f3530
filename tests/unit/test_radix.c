/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/cluster/radix.h"

#include <stdlib.h>

enum { N = 5000 };

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed ^ *seed >> 29;
}

/* All bits, few bits, the high ones only, and all the same. */
static const uint64_t masks[] = { UINT64_MAX, 0xfff, UINT64_C(0xff) << 56, 0x0000fff000000fff, 0 };

static void sorts_numbers(void **state)
{
	static uint64_t got[N], want[N], room[N];
	uint64_t seed = 1;

	(void)state;
	for (size_t m = 0; m < SL_LEN(masks); m++)
		for (size_t n = 0; n <= N; n = n * 3 + 1) {
			for (size_t i = 0; i < n; i++)
				got[i] = want[i] = next(&seed) & masks[m];
			qsort(want, n, sizeof(*want), compare_numbers);
			sl_radix_numbers(got, room, n);
			assert_memory_equal(got, want, n * sizeof(*got));
		}
}

static void keeps_the_order_of_equal_keys(void **state)
{
	static struct sl_keyed items[N], room[N];
	uint64_t seed = 2;

	(void)state;
	for (size_t m = 0; m < SL_LEN(masks); m++) {
		uint64_t sum = 0;

		for (size_t i = 0; i < N; i++) {
			items[i] = (struct sl_keyed){ next(&seed) & masks[m] & ~UINT64_C(1), i };
			sum += items[i].key ^ i;
		}
		sl_radix_keyed(items, room, N);
		for (size_t i = 0; i < N; i++) {
			sum -= items[i].key ^ items[i].value;
			if (i)
				assert_true(items[i - 1].key < items[i].key ||
					    (items[i - 1].key == items[i].key &&
						    items[i - 1].value < items[i].value));
		}
		assert_int_equal(sum, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_numbers),
		cmocka_unit_test(keeps_the_order_of_equal_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
