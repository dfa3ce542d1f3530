/* SPDX-License-Identifier: Apache-2.0 */
#include "linkage.h"

#include <stdlib.h>

enum {
	ROUNDS = 3, /* an edge that failed may hold once its groups have grown */
	SCORE_MOST = 1000
};

/* The sample of a group; kept by its root. */
struct sample {
	uint32_t items[SL_LINK_SAMPLE]; /* ascending */
	uint32_t n;
};

struct work {
	struct sl_linkage *out;
	struct sample *samples;
	sl_link_match *match;
	void *arg;
};

static uint32_t root_of(uint32_t *group, uint32_t item)
{
	while (group[item] != item) {
		group[item] = group[group[item]];
		item = group[item];
	}
	return item;
}

static void sample_add(struct sample *s, uint32_t item)
{
	uint32_t at = s->n;

	while (at > 0 && s->items[at - 1] > item)
		at--;
	if (at == SL_LINK_SAMPLE)
		return;
	if (s->n < SL_LINK_SAMPLE)
		s->n++;
	memmove(&s->items[at + 1], &s->items[at], (s->n - 1 - at) * sizeof(s->items[0]));
	s->items[at] = item;
	sl_assert(s->n <= SL_LINK_SAMPLE);
}

/* Of equal score. */
static int compare_edges(const void *a, const void *b)
{
	const struct sl_link_edge *x = a, *y = b;

	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return x->b < y->b ? -1 : x->b > y->b;
}

static unsigned rank_of(const struct sl_link_edge *edge)
{
	sl_assert(edge->score <= SCORE_MOST);
	return SCORE_MOST - edge->score;
}

/* Edges go to the run of their score, in place: there are very many. */
static void part_by_score(struct sl_link_edge *edges, const size_t begin[SCORE_MOST + 2])
{
	size_t at[SCORE_MOST + 1];

	memcpy(at, begin, sizeof(at));
	for (unsigned rank = 0; rank <= SCORE_MOST; rank++)
		while (at[rank] < begin[rank + 1]) {
			struct sl_link_edge edge = edges[at[rank]];
			unsigned home;

			while ((home = rank_of(&edge)) != rank) {
				struct sl_link_edge other = edges[at[home]];

				edges[at[home]++] = edge;
				edge = other;
			}
			edges[at[rank]++] = edge;
		}
}

/* By falling score, then by items. */
static void sort_edges(struct sl_link_edge *edges, size_t n)
{
	size_t begin[SCORE_MOST + 2] = { 0 };

	for (size_t i = 0; i < n; i++)
		begin[rank_of(&edges[i]) + 1]++;
	for (unsigned rank = 0; rank <= SCORE_MOST; rank++)
		begin[rank + 1] += begin[rank];
	part_by_score(edges, begin);
	for (unsigned rank = 0; rank <= SCORE_MOST; rank++)
		if (begin[rank + 1] - begin[rank] > 1)
			qsort(edges + begin[rank], begin[rank + 1] - begin[rank], sizeof(*edges),
				compare_edges);
}

/* The guard. */
static bool may_join(struct work *w, const struct sample *a, const struct sample *b)
{
	unsigned pairs = a->n * b->n, edges = 0, vetoes = 0;

	sl_assert(pairs > 0);
	for (uint32_t i = 0; i < a->n; i++)
		for (uint32_t j = 0; j < b->n; j++) {
			struct sl_match m;

			w->match(w->arg, a->items[i], b->items[j], &m);
			edges += m.edge;
			vetoes += m.veto;
			if (vetoes * 1000 > pairs * SL_LINK_VETOES)
				return false;
		}
	return edges * 1000 >= pairs * SL_LINK_SHARE;
}

static bool try_edge(struct work *w, const struct sl_link_edge *edge)
{
	uint32_t a = root_of(w->out->group, edge->a), b = root_of(w->out->group, edge->b);
	uint32_t low = a < b ? a : b, high = a < b ? b : a;

	if (a == b || !may_join(w, &w->samples[a], &w->samples[b]))
		return a == b;
	for (uint32_t i = 0; i < w->samples[high].n; i++)
		sample_add(&w->samples[low], w->samples[high].items[i]);
	sl_assert(w->out->n_tree + 1 < w->out->n);
	w->out->group[high] = low;
	w->out->tree[w->out->n_tree++] = *edge;
	return true;
}

/* Edges that neither joined nor lie inside a group stay for the next round; their count. */
static size_t one_round(struct work *w, struct sl_link_edge *edges, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		if (!try_edge(w, &edges[i]))
			edges[left++] = edges[i];
	return left;
}

void sl_linkage_make(size_t n, const uint32_t *given, struct sl_link_edge *edges, size_t n_edges,
	sl_link_match *match, void *arg, struct sl_linkage *linkage_r)
{
	struct work w = { .out = linkage_r, .match = match, .arg = arg };

	*linkage_r = (struct sl_linkage){ .n = n };
	linkage_r->group = sl_malloc((n ? n : 1) * sizeof(*linkage_r->group));
	linkage_r->tree = sl_malloc((n ? n : 1) * sizeof(*linkage_r->tree));
	w.samples = sl_calloc(n ? n : 1, sizeof(*w.samples));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t group = given ? given[i] : i;

		sl_assert(group <= i && (!given || given[group] == group));
		linkage_r->group[i] = group;
		sample_add(&w.samples[group], i);
	}
	sort_edges(edges, n_edges);
	for (int round = 0; round < ROUNDS; round++) {
		size_t joined = linkage_r->n_tree;

		n_edges = one_round(&w, edges, n_edges);
		if (joined == linkage_r->n_tree)
			break;
	}
	for (uint32_t i = 0; i < n; i++)
		linkage_r->group[i] = root_of(linkage_r->group, i);
	free(w.samples);
}

void sl_linkage_clear(struct sl_linkage *linkage)
{
	free(linkage->group);
	free(linkage->tree);
	*linkage = (struct sl_linkage){ 0 };
}
