/* SPDX-License-Identifier: Apache-2.0 */
/* Aho and Corasick, "Efficient string matching", CACM 18 (1975). A dense table for 20,000 states
 * would be 10 MB and cold; edges are kept in one hash table instead, and those of the root, where
 * most bytes are met, in an array. */
#include "tables_internal.h"

#include <stdlib.h>

static uint32_t next_state(const struct sl_matcher *m, uint32_t state, unsigned char c)
{
	if (state == 0)
		return m->root[c];
	return sl_matcher_edge(m, (state << 8 | c) + 1)->to;
}

static void more_edges(struct sl_matcher *m)
{
	struct sl_match_edge *old = m->edges;
	size_t room = m->room_edges;
	m->room_edges = room ? room * 2 : 1024;
	m->edges = sl_calloc(m->room_edges, sizeof(*m->edges));
	for (size_t i = 0; i < room; i++)
		if (old[i].key)
			*sl_matcher_edge(m, old[i].key) = old[i];
	free(old);
}

static uint32_t new_state(struct sl_matcher *m, uint32_t parent, unsigned char byte)
{
	if (m->n_states == m->room_states) {
		m->room_states = m->room_states ? m->room_states * 2 : 256;
		m->states = sl_realloc(m->states, m->room_states * sizeof(*m->states));
	}
	sl_assert(m->n_states < SL_MATCH_STATES);
	uint32_t depth = m->n_states ? m->states[parent].depth + 1 : 0;
	m->states[m->n_states] =
		(struct sl_match_state){ .parent = parent, .byte = byte, .depth = depth };
	return (uint32_t)m->n_states++;
}

static uint32_t add_edge(struct sl_matcher *m, uint32_t from, unsigned char byte)
{
	uint32_t to = next_state(m, from, byte);
	if (to)
		return to;
	to = new_state(m, from, byte);
	if (from == 0) {
		m->root[byte] = to;
		return to;
	}
	if ((m->n_edges + 1) * 2 >= m->room_edges)
		more_edges(m);
	uint32_t key = (from << 8 | byte) + 1;
	*sl_matcher_edge(m, key) = (struct sl_match_edge){ key, to };
	m->states[from].edges |= SL_BIT(byte & 63);
	m->n_edges++;
	return to;
}

struct sl_matcher *sl_matcher_new(void)
{
	struct sl_matcher *m = sl_calloc(1, sizeof(*m));
	more_edges(m);
	new_state(m, 0, 0);
	return m;
}

void sl_matcher_free(struct sl_matcher **matcher)
{
	if (*matcher) {
		free((*matcher)->states);
		free((*matcher)->patterns);
		free((*matcher)->edges);
		free(*matcher);
	}
	*matcher = NULL;
}

void sl_matcher_add(struct sl_matcher *m, struct sl_span pattern, uint32_t id)
{
	sl_assert(!m->finished);
	if (pattern.n == 0 || m->n_states + pattern.n >= SL_MATCH_STATES)
		return;
	uint32_t state = 0;
	for (size_t i = 0; i < pattern.n; i++)
		state = add_edge(m, state, (unsigned char)pattern.p[i]);
	if (m->n_patterns == m->room_patterns) {
		m->room_patterns = m->room_patterns ? m->room_patterns * 2 : 256;
		m->patterns = sl_realloc(m->patterns, m->room_patterns * sizeof(*m->patterns));
	}
	m->patterns[m->n_patterns++] = (struct sl_match_pattern){ id, m->states[state].hits };
	m->states[state].hits = (uint32_t)m->n_patterns;
}

/* States by depth: the fail link of a state hangs on those of shallower ones. */
static uint32_t *by_depth(const struct sl_matcher *m)
{
	uint32_t deepest = 0;
	for (size_t i = 0; i < m->n_states; i++)
		if (m->states[i].depth > deepest)
			deepest = m->states[i].depth;
	uint32_t *order = sl_calloc(m->n_states, sizeof(*order));
	size_t *first = sl_calloc((size_t)deepest + 2, sizeof(*first));
	for (size_t i = 0; i < m->n_states; i++)
		first[m->states[i].depth + 1]++;
	for (uint32_t d = 1; d <= deepest; d++)
		first[d] += first[d - 1];
	for (size_t i = 0; i < m->n_states; i++)
		order[first[m->states[i].depth]++] = (uint32_t)i;
	free(first);
	return order;
}

void sl_matcher_finish(struct sl_matcher *m)
{
	uint32_t *order = by_depth(m);
	for (size_t i = 1; i < m->n_states; i++) {
		struct sl_match_state *s = &m->states[order[i]];
		sl_assert(s->depth > 0);
		if (s->depth > 1)
			s->fail = sl_matcher_step(m, m->states[s->parent].fail, s->byte);
		const struct sl_match_state *f = &m->states[s->fail];
		s->shorter = f->hits ? s->fail : f->shorter;
	}
	free(order);
	m->finished = true;
}

struct sl_match_walk sl_matcher_walk(const struct sl_matcher *m, uint32_t state)
{
	sl_assert(m->finished && state < m->n_states);
	return (struct sl_match_walk){ state, m->states[state].hits };
}

bool sl_matcher_hit(const struct sl_matcher *m, struct sl_match_walk *walk, uint32_t *id_r)
{
	while (!walk->entry) {
		walk->state = m->states[walk->state].shorter;
		if (!walk->state)
			return false;
		walk->entry = m->states[walk->state].hits;
	}
	const struct sl_match_pattern *pattern = &m->patterns[walk->entry - 1];
	walk->entry = pattern->next;
	*id_r = pattern->id;
	return true;
}

bool sl_matcher_any(const struct sl_matcher *m, struct sl_span text)
{
	uint32_t state = 0;
	for (size_t i = 0; i < text.n; i++) {
		state = sl_matcher_step(m, state, (unsigned char)text.p[i]);
		if (sl_matcher_ends(m, state))
			return true;
	}
	return false;
}
