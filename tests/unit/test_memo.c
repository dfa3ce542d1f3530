/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker remembers of texts: bounded, and the same as what was put in. */
#include "check.h"
#include "pipeline/memo.h"

enum { ROOM = 1 << 20, ANSWER = 1000 };

static const struct sl_secret secret = { { 1 } };
static struct sl_arena *arena;

static struct sl_id key_of(unsigned number)
{
	return sl_hash_key(sl_span_of((const char *)&number, sizeof(number)), &secret);
}

static struct sl_span answer_of(unsigned number)
{
	static char answer[ANSWER];
	memset(answer, (int)number, sizeof(answer));
	return sl_span_of(answer, number % ANSWER);
}

static void add(struct sl_memo *memo, unsigned number)
{
	struct sl_id key = key_of(number);
	sl_memo_add(memo, &key, answer_of(number));
}

static bool has(struct sl_memo *memo, unsigned number)
{
	struct sl_id key = key_of(number);
	struct sl_span answer;
	if (!sl_memo_find(memo, &key, arena, &answer))
		return false;
	assert_true(sl_span_eq(answer, answer_of(number)));
	return true;
}

static void what_is_put_is_found(void **state)
{
	(void)state;
	struct sl_memo *memo = sl_memo_new(ROOM);
	assert_false(has(memo, 1));
	add(memo, 0); /* an empty answer is an answer */
	add(memo, 1);
	assert_true(has(memo, 0) && has(memo, 1));
	assert_false(has(memo, 2));
	sl_memo_free(&memo);
	assert_null(memo);
	sl_memo_free(&memo);
}

/* Far more than there is room for: the last ones are there, the first are gone, and one that is
 * asked for now and then stays. */
static void what_is_used_stays(void **state)
{
	(void)state;
	struct sl_memo *memo = sl_memo_new(ROOM);
	for (unsigned i = 0; i < 20000; i++) {
		add(memo, i);
		if (i % 50 == 0) {
			sl_arena_reset(arena);
			assert_true(has(memo, 0));
		}
	}
	assert_true(has(memo, 19999) && has(memo, 19900));
	assert_false(has(memo, 1));
	sl_memo_free(&memo);
}

/* The slots of small answers run out before the bytes do. */
static void many_small_answers(void **state)
{
	(void)state;
	struct sl_memo *memo = sl_memo_new(ROOM);
	for (unsigned i = 0; i < 100000; i++) {
		struct sl_id key = key_of(i);
		sl_memo_add(memo, &key, SL_SPAN_NULL);
	}
	struct sl_span answer;
	struct sl_id first = key_of(0), last = key_of(99999);
	assert_false(sl_memo_find(memo, &first, arena, &answer));
	assert_true(sl_memo_find(memo, &last, arena, &answer) && answer.n == 0);
	sl_memo_free(&memo);
}

static void what_is_not_kept(void **state)
{
	(void)state;
	struct sl_memo *memo = sl_memo_new(0);
	add(memo, 1);
	assert_false(has(memo, 1));
	sl_memo_free(&memo);
	static char large[ROOM / 16];
	struct sl_id key = key_of(1);
	struct sl_span answer;
	memo = sl_memo_new(ROOM);
	sl_memo_add(memo, &key, sl_span_of(large, sizeof(large)));
	assert_false(sl_memo_find(memo, &key, arena, &answer));
	sl_memo_free(&memo);
}

static int setup(void **state)
{
	(void)state;
	arena = sl_arena_new(0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sl_arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_found),
		cmocka_unit_test(what_is_used_stays),
		cmocka_unit_test(many_small_answers),
		cmocka_unit_test(what_is_not_kept),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
