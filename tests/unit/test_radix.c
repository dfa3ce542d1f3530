/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/cluster/radix.h"

enum { N = 5000 };

static uint64_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed ^ *seed >> 29;
}

/* All bits, few bits, the high ones only, and all the same. */
static const uint64_t masks[] = { UINT64_MAX, 0xfff, UINT64_C(0xff) << 56, 0x0000fff000000fff, 0 };

static void sorts(void **state)
{
	static struct sl_keyed items[N];
	uint64_t seed = 2;

	(void)state;
	for (size_t m = 0; m < SL_LEN(masks) * SL_LEN(masks); m++)
		for (size_t n = 0; n <= N; n = n * 3 + 1) {
			uint64_t sum = 0;

			for (size_t i = 0; i < n; i++) {
				items[i].key = next(&seed) & masks[m / SL_LEN(masks)];
				items[i].value = next(&seed) & masks[m % SL_LEN(masks)];
				sum += items[i].key * 3 ^ items[i].value;
			}
			sl_radix_keyed(items, n);
			for (size_t i = 0; i < n; i++) {
				sum -= items[i].key * 3 ^ items[i].value;
				if (i)
					assert_true(items[i - 1].key < items[i].key ||
						    (items[i - 1].key == items[i].key &&
							    items[i - 1].value <= items[i].value));
			}
			assert_int_equal(sum, 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sorts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
