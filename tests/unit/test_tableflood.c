/* SPDX-License-Identifier: Apache-2.0 */
/* Names that were made to fall into one slot of an unseeded table cost no more than others. */
#include "check.h"
#include "pipeline/base/hash.h"
#include "stages/source/ordinals.h"

#include <time.h>

enum { NAMES = 3000, SLOTS = 8192 };

/* Names whose unseeded hash begins at one slot: SLOTS tries each, on any machine, by anybody. */
static void make_names(char (*names)[24], bool bad)
{
	uint64_t try = 0;
	for (size_t n = 0; n < NAMES; try++) {
		int length =
			snprintf(names[n], sizeof(names[n]), "m%llu.eml", (unsigned long long)try);
		uint64_t hash = sl_hash64(sl_span_of(names[n], (size_t)length), 0);
		n += !bad || (hash >> 1 & (SLOTS - 1)) == 77;
	}
}

static double seconds_of(char (*names)[24])
{
	struct timespec a, b;
	struct sl_ordinals ordinals = { .slots = NULL };
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < NAMES; i++)
			sl_ordinals_set(&ordinals, sl_span_str(names[i]), i);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	for (size_t i = 0; i < NAMES; i++)
		assert_int_equal(sl_ordinals_get(&ordinals, sl_span_str(names[i])), i);
	sl_ordinals_free(&ordinals);
	return (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
}

static void case_83_names_of_entries_cannot_flood(void **state)
{
	static char good[NAMES][24], bad[NAMES][24];
	(void)state;
	make_names(good, false);
	make_names(bad, true);
	seconds_of(good);
	double plain = seconds_of(good), flooded = seconds_of(bad);
	print_message("plain %.2f ms, flooded %.2f ms\n", 1e3 * plain, 1e3 * flooded);
	assert_true(flooded < 8 * plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(
		case_83_names_of_entries_cannot_flood) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
