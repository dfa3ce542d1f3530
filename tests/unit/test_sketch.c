/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/cluster/common.h"

#include <stdlib.h>

static struct sl_gram_room *room;
static struct sl_arena *arena;

static struct sl_grams grams_of(struct sl_span text)
{
	struct sl_grams grams;

	sl_grams_make(room, text, &grams);
	return sl_grams_copy(arena, &grams);
}

static unsigned alike(const char *a, const char *b)
{
	struct sl_weights *weights = sl_weights_new(2);
	struct sl_grams x = grams_of(sl_span_str(a)), y = grams_of(sl_span_str(b));
	unsigned result;

	sl_weights_add(weights, &x, 0, 1);
	sl_weights_add(weights, &y, 0, 1);
	sl_weights_freeze(weights);
	sl_grams_weigh(arena, weights, &x);
	sl_grams_weigh(arena, weights, &y);
	result = sl_grams_alike(&x, &y, 0);
	assert_int_equal(result, sl_grams_alike(&y, &x, 0));
	sl_weights_free(&weights);
	return result;
}

static void test_sets(void **state)
{
	static const struct {
		const char *text;
		unsigned n;
	} rows[] = { { "", 0 }, { "ab", 0 }, { "abc", 1 }, { "a b\nc", 1 }, { "abcabc", 3 },
		{ "aaaaaaaa", 1 }, { "\xe3\x81\x82\xe3\x81\x84\xe3\x81\x86", 1 },
		{ "\xff\xfe\xfd", 1 },
		{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmn", 26 } /* 40 letters: 5-grams */ };

	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_grams grams = grams_of(sl_span_str(rows[i].text));

		if (grams.n != rows[i].n)
			fail_msg("row %zu: %u grams, want %u", i, grams.n, rows[i].n);
		for (uint32_t j = 1; j < grams.n; j++)
			assert_true(grams.v[j - 1] < grams.v[j]);
		assert_true(grams.limit == UINT32_MAX && grams.total == grams.n);
	}
}

static void test_alike(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned least, most;
	} rows[] = {
		{ "", "", 0, 0 },
		{ "", "the parcel waits for you", 0, 0 },
		{ "the parcel waits for you", "the parcel waits for you", 1000, 1000 },
		{ "t h e p a r c e l waits for you", "the parcel waits for y o u", 1000, 1000 },
		{ "the parcel waits for you until monday", "the parcel waits for you until friday",
			600, 900 },
		{ "the parcel waits for you", "your mailbox is almost full", 0, 60 },
	};

	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		unsigned got = alike(rows[i].a, rows[i].b);

		if (got < rows[i].least || got > rows[i].most)
			fail_msg("row %zu: %u not in %u..%u", i, got, rows[i].least, rows[i].most);
	}
}

/* A text of `n` different words. */
static struct sl_span words(unsigned from, unsigned n)
{
	char *text = sl_arena_alloc(arena, (size_t)n * 6 + 1);
	size_t at = 0;

	for (unsigned i = from; i < from + n; i++) {
		unsigned x = i * 2654435761u;

		for (int j = 0; j < 5; j++, x /= 26)
			text[at++] = (char)('a' + x % 26);
		text[at++] = ' ';
	}
	return sl_span_of(text, at);
}

/* Long texts are sampled: the similarity stays what it is. */
static void test_long(void **state)
{
	struct sl_weights *weights = sl_weights_new(2);
	struct sl_grams a = grams_of(words(0, 3000)), b = grams_of(words(1000, 3000));
	unsigned got;

	(void)state;
	assert_int_equal(a.n, SL_GRAMS_MAX);
	assert_true(a.total > 14000 && a.limit < UINT32_MAX);
	sl_weights_freeze(weights);
	sl_grams_weigh(arena, weights, &a);
	sl_grams_weigh(arena, weights, &b);
	got = sl_grams_alike(&a, &b, 0);
	assert_true(got > 460 && got < 540); /* 2000 of 4000 words */
	sl_weights_free(&weights);
}

static void same_on_any_processor(
	const struct sl_grams *a, const struct sl_grams *b, uint64_t least)
{
	uint64_t exact = sl_common_weight_plain(a, b, 0);
	uint64_t x = sl_common_weight(a, b, least), y = sl_common_weight_plain(a, b, least);

	assert_int_equal(sl_common_weight(a, b, 0), exact);
	assert_true(x == exact || (x == 0 && exact < least));
	assert_true(y == exact || (y == 0 && exact < least));
}

/* Who asks for a least likeness gets the same number, or 0 when it is below that. */
static void test_least(void **state)
{
	struct sl_weights *weights = sl_weights_new(2);
	struct sl_grams a = grams_of(words(0, 300));

	(void)state;
	sl_weights_add(weights, &a, 0, 1);
	sl_weights_freeze(weights);
	sl_grams_weigh(arena, weights, &a);
	for (unsigned from = 0; from <= 300; from += 7) {
		struct sl_grams b = grams_of(words(from, 300 + from % 5 * 40));
		unsigned exact;

		sl_grams_weigh(arena, weights, &b);
		exact = sl_grams_alike(&a, &b, 0);
		for (unsigned least = 0; least <= 1000; least += 50) {
			unsigned want = exact < least ? 0 : exact;

			assert_int_equal(sl_grams_alike(&a, &b, least), want);
			assert_int_equal(sl_grams_alike(&b, &a, least), want);
			assert_true(!want || sl_grams_may_be_alike(&a, &b, least));
			same_on_any_processor(&a, &b, a.mass * least / 1000);
		}
		assert_int_equal(sl_grams_alike(&a, &b, exact), exact);
		assert_int_equal(sl_grams_alike(&a, &b, exact + 1), 0);
	}
	sl_weights_free(&weights);
}

/* All shares of a text are what it is in one. */
static void test_shares(void **state)
{
	struct sl_weights *whole = sl_weights_new(9), *parts = sl_weights_new(9);
	struct sl_grams a = grams_of(words(0, 300)), b = a;

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		struct sl_grams text = grams_of(words(i * 20, 100));

		sl_weights_add(whole, &text, 0, 1);
		for (unsigned share = 0; share < 16; share++)
			sl_weights_add(parts, &text, share, 16);
	}
	sl_weights_freeze(whole);
	sl_weights_freeze(parts);
	sl_grams_weigh(arena, whole, &a);
	sl_grams_weigh(arena, parts, &b);
	assert_memory_equal(a.weights, b.weights, a.n * sizeof(*a.weights));
	sl_weights_free(&whole);
	sl_weights_free(&parts);
}

static void test_weights(void **state)
{
	struct sl_weights *weights = sl_weights_new(100);
	struct sl_grams common = grams_of(SL_SPAN("unsubscribe here"));
	struct sl_grams rare = grams_of(SL_SPAN("quetzal feathers"));

	(void)state;
	for (int i = 0; i < 99; i++)
		sl_weights_add(weights, &common, 0, 1);
	sl_weights_add(weights, &rare, 0, 1);
	sl_weights_freeze(weights);
	assert_int_equal(common.n, rare.n);
	sl_grams_weigh(arena, weights, &rare);
	sl_grams_weigh(arena, weights, &common);
	assert_true(rare.mass > 2 * common.mass);
	sl_weights_free(&weights);
}

static unsigned equal_bins(struct sl_span a, struct sl_span b)
{
	struct sl_grams x = grams_of(a), y = grams_of(b);
	uint16_t p[SL_BINS], q[SL_BINS];
	unsigned same = 0;

	sl_grams_bins(&x, p);
	sl_grams_bins(&y, q);
	for (unsigned i = 0; i < SL_BINS; i++)
		same += p[i] == q[i];
	return same;
}

static void test_bins(void **state)
{
	(void)state;
	assert_int_equal(equal_bins(SL_SPAN(""), SL_SPAN("")), SL_BINS);
	assert_int_equal(equal_bins(words(0, 50), words(0, 50)), SL_BINS);
	assert_true(equal_bins(words(0, 200), words(500, 200)) < 10);
	assert_in_range(equal_bins(words(0, 200), words(50, 200)), 55, 95); /* J 0.6 */
	assert_int_equal(equal_bins(SL_SPAN("abcd"), SL_SPAN("ab cd")), SL_BINS);
}

static void test_names(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned least, most;
	} rows[] = { { "", "", 0, 0 }, { "a", "a", 1000, 1000 }, { "\x02", "\x02", 0, 0 },
		{ "example bank", "example bank", 1000, 1000 },
		{ "example bank", "Example bank", 600, 999 },
		{ "example bank", "parcel service", 0, 100 },
		{ "order \x03 is late", "order is late", 1000, 1000 } };

	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_name_grams a = sl_name_grams_make(arena, sl_span_str(rows[i].a));
		struct sl_name_grams b = sl_name_grams_make(arena, sl_span_str(rows[i].b));
		unsigned got = sl_name_alike(&a, &b);

		if (got < rows[i].least || got > rows[i].most)
			fail_msg("row %zu: %u not in %u..%u", i, got, rows[i].least, rows[i].most);
		assert_true(got == 0 || sl_name_may_be_alike(&a, &b, got));
	}
}

/* What the bits say may be too much, but not too little; mostly it is not far off. */
static void test_name_bits(void **state)
{
	unsigned told = 0;

	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		struct sl_span text = words(i * 3, 2 + i % 9);
		struct sl_name_grams a = sl_name_grams_make(arena, text);
		struct sl_name_grams b = sl_name_grams_make(arena, words(i * 3 + i % 4, 1 + i % 7));
		unsigned alike = sl_name_alike(&a, &b);

		assert_true(alike == 0 || sl_name_may_be_alike(&a, &b, alike));
		told += alike < 300 && !sl_name_may_be_alike(&a, &b, 300);
	}
	assert_true(told > 50);
}

/* The hash of five characters, as sketch.c makes it. */
static uint32_t gram_of(const char *five)
{
	uint64_t x = 0;

	for (int i = 0; i < 5; i++)
		x = x * 0x9e3779b97f4a7c15u + (unsigned char)five[i] + 1;
	return (uint32_t)(((x ^ (x >> 32)) * 0xd6e8feb86659fd93u) >> 32);
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void check_grams(struct sl_span text)
{
	uint32_t *want = sl_calloc(text.n, sizeof(*want)), n = 0;
	struct sl_grams got;

	for (size_t i = 0; i + 5 <= text.n; i++)
		want[i] = gram_of(text.p + i);
	qsort(want, text.n - 4, sizeof(*want), compare_u32);
	for (size_t i = 0; i < text.n - 4; i++)
		if (n == 0 || want[n - 1] != want[i])
			want[n++] = want[i];
	sl_grams_make(room, text, &got);
	assert_int_equal(got.total, n);
	assert_int_equal(got.n, n < SL_GRAMS_MAX ? n : SL_GRAMS_MAX);
	assert_memory_equal(got.v, want, got.n * sizeof(*want));
	free(want);
}

/* Texts of any length, and one made of grams that begin alike. */
static void test_sorting(void **state)
{
	enum { MOST = 12000 };
	char *text = sl_malloc(MOST);
	uint32_t seed = 3;

	(void)state;
	for (size_t n = 40; n < MOST; n = n * 3 / 2) {
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = (char)('a' + (seed >> 24) % 26);
		}
		check_grams(sl_span_of(text, n));
	}
	for (size_t n = 0; n + 5 <= MOST;) {
		for (size_t i = 0; i < 5; i++) {
			seed = seed * 1664525 + 1013904223;
			text[n + i] = (char)('!' + (seed >> 24) % 90);
		}
		n += gram_of(text + n) >> 22 == 0 ? 5 : 0;
	}
	check_grams(sl_span_of(text, MOST));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_sets),
		cmocka_unit_test(test_alike), cmocka_unit_test(test_long),
		cmocka_unit_test(test_weights), cmocka_unit_test(test_least),
		cmocka_unit_test(test_name_bits), cmocka_unit_test(test_shares),
		cmocka_unit_test(test_bins), cmocka_unit_test(test_names),
		cmocka_unit_test(test_sorting) };
	int failed;

	room = sl_gram_room_new();
	arena = sl_arena_new(0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	sl_gram_room_free(&room);
	sl_arena_free(&arena);
	return failed;
}
