/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <stdlib.h>

enum { PIECE = 32 };

struct judge {
	struct sl_search *search;
	struct sl_link_edge *edges;
	size_t n, room;
};

/* Items [from, to) against those of [b_from, b_to) that come behind them. */
struct court {
	struct sl_comparer *comparer;
	struct judge judges[SL_CREW_MOST];
	unsigned hands;
	size_t from, b_from, b_to;
};

static struct sl_link_edge *next_edge(struct judge *judge)
{
	if (judge->n == judge->room) {
		judge->room = judge->room ? judge->room + judge->room / 2 : 4096;
		judge->edges = sl_realloc(judge->edges, judge->room * sizeof(*judge->edges));
	}
	return &judge->edges[judge->n++];
}

static void judge_item(const struct court *court, struct judge *judge, uint32_t a)
{
	const uint32_t *found;
	size_t n = sl_search_run(judge->search, a, court->b_from, court->b_to, &found);

	for (size_t i = 0; i < n; i++) {
		struct sl_match m;

		sl_comparer_judge(court->comparer, a, found[i], &m);
		if (m.edge)
			*next_edge(judge) =
				(struct sl_link_edge){ a, found[i], m.score, (uint16_t)m.evidence };
	}
}

static void judge_some(void *court_p, unsigned hand, size_t from, size_t to)
{
	struct court *court = court_p;

	for (size_t i = from; i < to; i++)
		judge_item(court, &court->judges[hand], (uint32_t)(court->from + i));
}

static void sit(struct court *court, size_t a_from, size_t a_to, size_t b_from, size_t b_to)
{
	court->from = a_from;
	court->b_from = b_from;
	court->b_to = b_to;
	sl_crew_run(court->hands, a_to - a_from, PIECE, judge_some, court);
}

/* One block, as a rule. */
static void judge_blocks(struct court *court, size_t n)
{
	for (size_t a = 0, a_to; a < n; a = a_to) {
		a_to = sl_comparer_reach(court->comparer, a);
		sl_comparer_hold(court->comparer, 1, 0, 0, 1); /* may be of items in a..a_to */
		sl_comparer_hold(court->comparer, 0, a, a_to, court->hands);
		sit(court, a, a_to, a, a_to);
		for (size_t b = a_to, b_to; b < n; b = b_to) {
			b_to = sl_comparer_reach(court->comparer, b);
			sl_comparer_hold(court->comparer, 1, b, b_to, court->hands);
			sit(court, a, a_to, b, b_to);
		}
	}
}

/* The edges of the other hands behind those of the first. */
static size_t gather_edges(struct court *court, struct sl_link_edge **edges_r)
{
	struct judge *first = &court->judges[0];
	size_t n = first->n;

	for (unsigned i = 1; i < court->hands; i++)
		n += court->judges[i].n;
	first->edges = sl_realloc(first->edges, (n ? n : 1) * sizeof(*first->edges));
	for (unsigned i = 1; i < court->hands; i++) {
		struct judge *judge = &court->judges[i];

		if (judge->n)
			memcpy(first->edges + first->n, judge->edges,
				judge->n * sizeof(*judge->edges));
		first->n += judge->n;
		free(judge->edges);
	}
	sl_assert(first->n == n);
	*edges_r = first->edges;
	return n;
}

size_t sl_judge_all(struct sl_comparer *comparer, const struct sl_candidates *candidates, size_t n,
	unsigned hands, struct sl_link_edge **edges_r)
{
	struct court court = { .comparer = comparer, .hands = hands };

	sl_assert(hands > 0 && hands <= SL_CREW_MOST);
	for (unsigned i = 0; i < hands; i++)
		court.judges[i].search = sl_search_new(candidates);
	judge_blocks(&court, n);
	for (unsigned i = 0; i < hands; i++)
		sl_search_free(&court.judges[i].search);
	return gather_edges(&court, edges_r);
}
