/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/cluster/counts.h"

#include <stdio.h>

static void the_most_frequent_come_first(void **state)
{
	(void)state;
	const char *const texts[] = { "b", "a", "c", "", "c", "a", "d", "c", "", "" };
	struct sl_counts counts = { .n = 0 };
	struct sl_counted *list;
	struct sl_arena *arena = sl_arena_new(0);
	assert_int_equal(sl_counts_list(&counts, arena, &list), 0);
	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < SL_LEN(texts); i++) {
			size_t at = sl_counts_find(&counts, sl_span_str(texts[i]));
			counts.entries[at].count++;
		}
		assert_int_equal(sl_counts_list(&counts, arena, &list), 4);
		CHECK_SPAN(list[0].value, "c");
		assert_int_equal(list[0].count, 3);
		CHECK_SPAN(list[1].value, "a");
		assert_int_equal(list[1].count, 2);
		CHECK_SPAN(list[2].value, "b");
		CHECK_SPAN(list[3].value, "d");
		assert_int_equal(list[3].count, 1);
		sl_counts_reset(&counts);
		assert_int_equal(counts.n, 0);
	}
	sl_counts_free(&counts);
	sl_arena_free(&arena);
}

/* Text number i stands i % 5 + 1 times: the list is cut, the table given back. */
static void many_texts(void **state)
{
	enum { MANY = 5000 };
	(void)state;
	struct sl_counts counts = { .n = 0 };
	struct sl_counted *list;
	struct sl_arena *arena = sl_arena_new(0);
	for (unsigned round = 0; round < 5; round++)
		for (unsigned i = 0; i < MANY; i++) {
			struct sl_span text = sl_arena_printf(arena, "%u", i);
			size_t at = sl_counts_find(&counts, text);
			assert_int_equal(at, i);
			counts.entries[at].count += i % 5 >= round;
		}
	assert_int_equal(counts.n, MANY);
	assert_int_equal(sl_counts_list(&counts, arena, &list), SL_DOSSIER_LIST);
	for (size_t i = 0; i < SL_DOSSIER_LIST; i++) {
		assert_int_equal(list[i].count, 5);
		assert_true(list[i].value.p[list[i].value.n - 1] % 5 == '4' % 5);
		assert_true(i == 0 || sl_span_cmp(list[i - 1].value, list[i].value) < 0);
	}
	sl_counts_reset(&counts);
	assert_null(counts.entries);
	assert_int_equal(sl_counts_find(&counts, SL_SPAN("x")), 0);
	sl_counts_free(&counts);
	sl_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_most_frequent_come_first),
		cmocka_unit_test(many_texts) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
