/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

static void keeps_bytes_apart(void **state)
{
	(void)state;
	struct sl_arena *arena = sl_arena_new(0);
	char *all[2000];
	for (size_t i = 0; i < SL_LEN(all); i++) {
		size_t n = i * 37 % 900;
		all[i] = sl_arena_alloc(arena, n + 1);
		assert_int_equal((uintptr_t)all[i] % 16, 0);
		memset(all[i], (int)(i % 251), n + 1);
	}
	for (size_t i = 0; i < SL_LEN(all); i++)
		for (size_t k = 0; k <= i * 37 % 900; k++)
			assert_int_equal((unsigned char)all[i][k], i % 251);
	sl_arena_free(&arena);
	assert_null(arena);
	sl_arena_free(&arena);
}

static void gives_big_blocks_back(void **state)
{
	(void)state;
	struct sl_arena *arena = sl_arena_new(1 << 20);
	for (int round = 0; round < 3; round++) {
		memset(sl_arena_alloc(arena, 5 << 20), 1, 5 << 20);
		memset(sl_arena_alloc(arena, 100), 2, 100);
		assert_true(sl_arena_used(arena) >= (5 << 20) + 100);
		sl_arena_reset(arena);
		assert_int_equal(sl_arena_used(arena), 0);
	}
	sl_arena_free(&arena);
}

static void grows_arrays(void **state)
{
	(void)state;
	struct sl_arena *arena = sl_arena_new(0);
	uint64_t *items = NULL;
	size_t n = 0, room = 0;
	for (uint64_t i = 0; i < 10000; i++) {
		*SL_ARENA_PUSH(arena, items, n, room) = i;
		if (i % 7 == 0)
			sl_arena_alloc(arena, 3); /* so that it cannot always grow in place */
	}
	assert_int_equal(n, 10000);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(items[i], i);
	sl_arena_free(&arena);
}

static void copies_and_prints(void **state)
{
	(void)state;
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_span copy = sl_arena_copy(arena, SL_SPAN("a\0b"));
	assert_true(sl_span_eq(copy, SL_SPAN("a\0b")));
	assert_int_equal(copy.p[3], 0);
	CHECK_SPAN(sl_arena_printf(arena, "%s-%d", "x", 7), "x-7");
	CHECK_SPAN(sl_arena_copy(arena, SL_SPAN_NULL), "");
	struct sl_span joined = SL_ARENA_JOIN(arena, SL_SPAN("a\0"), SL_SPAN_NULL, SL_SPAN("bc"));
	assert_true(sl_span_eq(joined, SL_SPAN("a\0bc")));
	assert_int_equal(joined.p[4], 0);
	sl_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_bytes_apart),
		cmocka_unit_test(gives_big_blocks_back),
		cmocka_unit_test(grows_arrays),
		cmocka_unit_test(copies_and_prints),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
