/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/feed/tally.h"

#include <stdlib.h>

enum { MANY = 20000 };

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* Texts out of two letters and a zero, most with a long head in common: no two alike. */
static struct sl_span make_value(struct sl_arena *arena, uint64_t *dice, uint32_t number)
{
	static const char head[] = "https://example.org/a/long/way/to/go/";
	static const char letters[] = "ab";
	size_t n = next(dice) % sizeof(head), more = next(dice) % 40;
	char *text = sl_arena_alloc(arena, n + more + 32);
	memcpy(text, head, n);
	for (size_t i = 0; i < more; i++)
		text[n++] = letters[next(dice) % sizeof(letters)];
	for (; number; number /= 3)
		text[n++] = letters[number % 3];
	text[n++] = 'c';
	return sl_span_of(text, n);
}

static int by_name(const void *a, const void *b)
{
	const struct sl_tallied *x = a, *y = b;
	int order =
		strcmp(sl_kind_name((enum sl_kind)x->kind), sl_kind_name((enum sl_kind)y->kind));
	return order ? order : sl_span_cmp(x->value, y->value);
}

static void check_sort(struct sl_tallied *items, size_t n)
{
	struct sl_tallied *want = sl_malloc((n + 1) * sizeof(*want));
	memcpy(want, items, n * sizeof(*want));
	qsort(want, n, sizeof(*want), by_name);
	sl_tally_sort(items, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(items[i].kind, want[i].kind);
		assert_true(sl_span_eq(items[i].value, want[i].value));
		assert_int_equal(items[i].roles, want[i].roles);
	}
	free(want);
}

static void values_come_in_order(void **state)
{
	(void)state;
	uint64_t dice = 1;
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_tallied *items = sl_calloc(MANY, sizeof(*items));
	for (uint32_t i = 0; i < MANY; i++) {
		items[i].value = make_value(arena, &dice, i);
		items[i].kind = (uint8_t)(next(&dice) % SL_KINDS);
		items[i].roles = i;
	}
	check_sort(items, 0);
	check_sort(items, 1);
	check_sort(items, MANY);
	check_sort(items, MANY); /* sorted already */
	free(items);
	sl_arena_free(&arena);
}

/* Each is the head of the next, and some differ by zeros alone. */
static void heads_come_first(void **state)
{
	enum { LONG = 3000 };
	static char zeros[LONG];
	(void)state;
	struct sl_tallied *items = sl_calloc(LONG, sizeof(*items));
	for (uint32_t i = 0; i < LONG; i++) {
		items[i].value = sl_span_of(zeros, (i * 7) % LONG);
		items[i].roles = i;
	}
	check_sort(items, LONG);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(values_come_in_order),
		cmocka_unit_test(heads_come_first) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
