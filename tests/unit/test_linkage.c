/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/cluster/linkage.h"

enum { ITEMS = 32 };

/* A made-up world: which pairs match, and which are vetoed. */
struct world {
	uint16_t score[ITEMS][ITEMS];
	bool veto[ITEMS][ITEMS];
};

static void match(void *arg, uint32_t a, uint32_t b, struct sl_match *match_r)
{
	const struct world *w = arg;
	uint32_t low = a < b ? a : b, high = a < b ? b : a;

	*match_r = (struct sl_match){ .edge = w->score[low][high] > 0,
		.veto = w->veto[low][high],
		.evidence = SL_EVIDENCE_TEXT,
		.score = w->score[low][high] };
}

static void group(const struct world *w, size_t n, const uint32_t *given, bool backwards,
	struct sl_linkage *linkage_r)
{
	struct sl_link_edge edges[ITEMS * ITEMS];
	struct world copy = *w;
	size_t count = 0;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = i + 1; j < n; j++)
			if (w->score[i][j])
				edges[count++] = (struct sl_link_edge){ i, j, w->score[i][j],
					SL_EVIDENCE_TEXT };
	for (size_t i = 0; backwards && i < count / 2; i++) {
		struct sl_link_edge e = edges[i];

		edges[i] = edges[count - 1 - i];
		edges[count - 1 - i] = e;
	}
	sl_linkage_make(n, given, edges, count, match, &copy, linkage_r);
}

static void check_groups(
	const struct world *w, size_t n, const uint32_t *given, const uint32_t *want)
{
	for (int backwards = 0; backwards < 2; backwards++) {
		struct sl_linkage linkage;

		group(w, n, given, backwards, &linkage);
		for (size_t i = 0; i < n; i++)
			if (linkage.group[i] != want[i])
				fail_msg("item %zu: group %u, want %u", i, linkage.group[i],
					want[i]);
		sl_linkage_clear(&linkage);
	}
}

static void clique(struct world *w, uint32_t from, uint32_t to, uint16_t score)
{
	for (uint32_t i = from; i < to; i++)
		for (uint32_t j = i + 1; j < to; j++)
			w->score[i][j] = score;
}

static void test_small(void **state)
{
	struct world w = { .score = { { 0 } } };

	(void)state;
	check_groups(&w, 0, NULL, NULL);
	check_groups(&w, 3, NULL, (uint32_t[]){ 0, 1, 2 });
	w.score[0][2] = 700;
	check_groups(&w, 3, NULL, (uint32_t[]){ 0, 1, 0 });
}

/* Two tight groups and one mail that is like one of each: the groups stay apart. */
static void test_bridge(void **state)
{
	struct world w = { .score = { { 0 } } };
	uint32_t want[9] = { 0, 0, 0, 0, 0, 4, 4, 4, 4 };

	(void)state;
	clique(&w, 0, 4, 900);
	clique(&w, 5, 9, 900);
	w.score[3][4] = 800;
	w.score[2][4] = 790;
	w.score[4][5] = 700;
	want[4] = 0;
	for (int i = 5; i < 9; i++)
		want[i] = 5;
	check_groups(&w, 9, NULL, want);
}

/* a - b - c - ...: neighbours alike, ends not. A chain must not become one group. */
static void test_chain(void **state)
{
	struct world w = { .score = { { 0 } } };
	struct sl_linkage linkage;
	size_t largest = 0;

	(void)state;
	for (uint32_t i = 0; i + 1 < ITEMS; i++)
		w.score[i][i + 1] = (uint16_t)(900 - i);
	group(&w, ITEMS, NULL, false, &linkage);
	for (uint32_t i = 0; i < ITEMS; i++) {
		size_t size = 0;

		for (uint32_t j = 0; j < ITEMS; j++)
			size += linkage.group[j] == i;
		largest = size > largest ? size : largest;
	}
	assert_in_range(largest, 2, 5);
	sl_linkage_clear(&linkage);
}

static void test_veto(void **state)
{
	struct world w = { .score = { { 0 } } };

	(void)state;
	clique(&w, 0, 3, 900);
	clique(&w, 3, 6, 900);
	for (uint32_t i = 0; i < 3; i++)
		for (uint32_t j = 3; j < 6; j++)
			w.score[i][j] = 600;
	check_groups(&w, 6, NULL, (uint32_t[]){ 0, 0, 0, 0, 0, 0 });
	/* 1 of 9 pairs vetoed passes, 2 of 9 do not */
	w.score[0][3] = 0;
	w.veto[0][3] = true;
	check_groups(&w, 6, NULL, (uint32_t[]){ 0, 0, 0, 0, 0, 0 });
	w.score[1][4] = 0;
	w.veto[1][4] = true;
	check_groups(&w, 6, NULL, (uint32_t[]){ 0, 0, 0, 3, 3, 3 });
}

/* Groups of earlier nights stay whole, and new items join or bridge them. */
static void test_given(void **state)
{
	struct world w = { .score = { { 0 } } };
	uint32_t given[] = { 0, 0, 2, 2, 4 };

	(void)state;
	check_groups(&w, 5, given, given);
	w.score[0][4] = w.score[1][4] = 800;
	check_groups(&w, 5, given, (uint32_t[]){ 0, 0, 2, 2, 0 });
	w.score[2][4] = w.score[3][4] = 700;
	check_groups(&w, 5, given, (uint32_t[]){ 0, 0, 0, 0, 0 });
}

/* The tree holds one edge for each join, so that every member can be explained. */
static void test_tree(void **state)
{
	struct world w = { .score = { { 0 } } };
	struct sl_linkage linkage;

	(void)state;
	clique(&w, 0, 20, 950);
	group(&w, 20, NULL, false, &linkage);
	assert_int_equal(linkage.n_tree, 19);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(linkage.group[i], 0);
	sl_linkage_clear(&linkage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_small),
		cmocka_unit_test(test_bridge), cmocka_unit_test(test_chain),
		cmocka_unit_test(test_veto), cmocka_unit_test(test_given),
		cmocka_unit_test(test_tree) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
