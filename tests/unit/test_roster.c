/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/cluster/roster.h"

enum { MANY = 3000 };

static void check_run(const struct sl_keyed *traits, size_t n, uint64_t trait)
{
	const struct sl_keyed *run;
	size_t from = 0, count = 0;
	while (from < n && traits[from].key < trait)
		from++;
	while (from + count < n && traits[from + count].key == trait)
		count++;
	assert_int_equal(sl_roster_run(traits, n, trait, &run), count);
	if (count)
		assert_ptr_equal(run, traits + from);
}

static void check_runs(const struct sl_keyed *traits, size_t n)
{
	const uint64_t edges[] = { 0, 1, UINT64_C(1) << 32, UINT64_MAX - 1, UINT64_MAX };
	for (size_t i = 0; i < SL_LEN(edges); i++)
		check_run(traits, n, edges[i]);
	for (size_t i = 0; i < n; i++) {
		check_run(traits, n, traits[i].key);
		check_run(traits, n, traits[i].key + 1);
		check_run(traits, n, traits[i].key - 1);
	}
}

/* Spread evenly, with runs of many lengths. */
static void runs_of_hashes(void **state)
{
	(void)state;
	static struct sl_keyed traits[MANY];
	for (size_t n = 0; n <= MANY; n += n < 20 ? 1 : 331) {
		uint64_t step = n ? UINT64_MAX / n : 0;
		for (size_t i = 0; i < n; i++)
			traits[i] = (struct sl_keyed){ (i - i % (1 + i / 7 % 9)) * step, i };
		for (size_t i = 1; i < n; i++)
			if (traits[i].key < traits[i - 1].key)
				traits[i].key = traits[i - 1].key;
		check_runs(traits, n);
	}
}

/* All at one end or the other, as nobody expects them. */
static void runs_of_others(void **state)
{
	(void)state;
	static struct sl_keyed traits[MANY];
	for (size_t i = 0; i < MANY; i++)
		traits[i] = (struct sl_keyed){ i / 3, i };
	check_runs(traits, MANY);
	for (size_t i = 0; i < MANY; i++)
		traits[i] = (struct sl_keyed){ UINT64_MAX - (MANY - 1 - i) / 5, i };
	check_runs(traits, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(runs_of_hashes),
		cmocka_unit_test(runs_of_others) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
