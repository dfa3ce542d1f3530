/* SPDX-License-Identifier: Apache-2.0 */
#include "comparer.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
	ANSWERS_FIRST = 1 << 14,
	ANSWERS_MOST = 1 << 20,
	MEMORY_LEAST = 1 << 16, /* half of it is more than two sets */
	GRAM_BYTES = 4,
	WEIGHT_BYTES = 2,
	PIECE = 64
};

struct holding {
	struct sl_body body; /* not held: grams.n only, once the item was visited */
	bool held, own;      /* own: the grams are not those that the corpus keeps */
};

struct half {
	size_t from, to; /* items that may have their sets here */
	struct sl_arena *arenas[SL_CREW_MOST];
};

struct hand {
	struct sl_gram_room *room;
	struct sl_arena *scratch;
	struct sl_body passing;
};

struct answer {
	uint64_t key; /* 0: free */
	struct sl_match match;
};

struct sl_comparer {
	const struct sl_corpus *corpus;
	const struct sl_lure *lures;
	size_t n, memory;
	struct holding *holdings; /* of each item */
	struct half halves[2];
	struct hand hands[SL_CREW_MOST];
	atomic_size_t used;     /* by visits */
	struct answer *answers; /* open addressing, a power of two */
	size_t n_answers, size;
};

struct sl_comparer *sl_comparer_new(
	const struct sl_corpus *corpus, const struct sl_lure *lures, size_t n, size_t memory)
{
	struct sl_comparer *c = sl_calloc(1, sizeof(*c));

	c->corpus = corpus;
	c->lures = lures;
	c->n = n;
	c->memory = memory > MEMORY_LEAST ? memory : MEMORY_LEAST;
	c->holdings = sl_calloc(n ? n : 1, sizeof(*c->holdings));
	c->halves[0].to = n;
	c->size = ANSWERS_FIRST;
	c->answers = sl_calloc(c->size, sizeof(*c->answers));
	return c;
}

void sl_comparer_free(struct sl_comparer **comparer)
{
	struct sl_comparer *c = *comparer;

	for (unsigned i = 0; c && i < SL_CREW_MOST; i++) {
		sl_gram_room_free(&c->hands[i].room);
		sl_arena_free(&c->hands[i].scratch);
		sl_arena_free(&c->halves[0].arenas[i]);
		sl_arena_free(&c->halves[1].arenas[i]);
	}
	if (c) {
		free(c->holdings);
		free(c->answers);
		free(c);
	}
	*comparer = NULL;
}

/* Made by the hand itself when it first has something to do. */
static struct sl_arena *arena_of(struct sl_arena **arena)
{
	if (!*arena)
		*arena = sl_arena_new(0);
	return *arena;
}

/* Without the lines that many senders share. Of most texts the corpus has made the set. */
static void make_body(struct sl_comparer *c, struct hand *hand, uint32_t item,
	struct sl_arena *arena, struct sl_body *body_r)
{
	const struct sl_lure *lure = &c->lures[item];
	struct sl_span core = lure->text;
	bool whole = !sl_corpus_has_boilerplate(c->corpus, lure->text);

	if (!hand->room)
		hand->room = sl_gram_room_new();
	if (!whole)
		core = sl_corpus_core(c->corpus, hand->scratch, lure->text);
	body_r->grams = lure->grams;
	if (!whole || !lure->grams.v)
		sl_grams_make(hand->room, core, &body_r->grams);
	body_r->padded = sl_corpus_padded(lure, core, &body_r->grams);
	if (!whole || !lure->grams.v)
		body_r->grams = sl_grams_copy(arena, &body_r->grams);
	sl_grams_weigh(arena, c->corpus->weights, &body_r->grams);
}

static void hold(struct sl_comparer *c, unsigned half, unsigned hand_at, uint32_t item)
{
	struct hand *hand = &c->hands[hand_at];
	struct holding *holding = &c->holdings[item];

	if (holding->held)
		return;
	sl_arena_reset(arena_of(&hand->scratch));
	make_body(c, hand, item, arena_of(&c->halves[half].arenas[hand_at]), &holding->body);
	holding->held = true;
	holding->own = holding->body.grams.v != c->lures[item].grams.v;
}

static void release(struct sl_comparer *c, struct half *half)
{
	for (size_t i = half->from; i < half->to; i++)
		c->holdings[i].held = false;
	for (unsigned i = 0; i < SL_CREW_MOST; i++)
		if (half->arenas[i])
			sl_arena_reset(half->arenas[i]);
	half->from = half->to = 0;
}

/* Of an item that was visited. */
static size_t bytes_of(const struct holding *holding)
{
	size_t each = holding->own ? GRAM_BYTES + WEIGHT_BYTES : WEIGHT_BYTES;

	return each * holding->body.grams.n;
}

const struct sl_grams *sl_comparer_visit(
	struct sl_comparer *comparer, unsigned hand_at, uint32_t item)
{
	struct hand *hand = &comparer->hands[hand_at];
	struct holding *holding = &comparer->holdings[item];

	sl_assert(item < comparer->n && hand_at < SL_CREW_MOST);
	if (atomic_load(&comparer->used) < comparer->memory) {
		hold(comparer, 0, hand_at, item);
		atomic_fetch_add(&comparer->used, bytes_of(holding));
		return &holding->body.grams;
	}
	sl_arena_reset(arena_of(&hand->scratch));
	make_body(comparer, hand, item, hand->scratch, &hand->passing);
	holding->body.grams.n = hand->passing.grams.n;
	holding->own = hand->passing.grams.v != comparer->lures[item].grams.v;
	return &hand->passing.grams;
}

size_t sl_comparer_reach(const struct sl_comparer *comparer, size_t from)
{
	size_t to = from, bytes = 0;

	if (atomic_load(&comparer->used) < comparer->memory)
		return comparer->n;
	while (to < comparer->n && bytes < comparer->memory / 2)
		bytes += bytes_of(&comparer->holdings[to++]);
	return to;
}

struct holding_work {
	struct sl_comparer *comparer;
	unsigned half;
	size_t from;
};

static void hold_some(void *work_p, unsigned hand, size_t from, size_t to)
{
	const struct holding_work *work = work_p;

	for (size_t i = from; i < to; i++)
		hold(work->comparer, work->half, hand, (uint32_t)(work->from + i));
}

void sl_comparer_hold(
	struct sl_comparer *comparer, unsigned half, size_t from, size_t to, unsigned hands)
{
	struct holding_work work = { comparer, half, from };

	sl_assert(from <= to && to <= comparer->n);
	if (atomic_load(&comparer->used) < comparer->memory)
		return; /* they are all held, by the visits */
	release(comparer, &comparer->halves[half]);
	comparer->halves[half].from = from;
	comparer->halves[half].to = to;
	sl_crew_run(hands, to - from, PIECE, hold_some, &work);
}

static void look(
	const struct sl_comparer *c, uint32_t a, uint32_t b, bool all, struct sl_facts *facts_r)
{
	struct sl_side x = { &c->lures[a], &c->holdings[a].body };
	struct sl_side y = { &c->lures[b], &c->holdings[b].body };

	sl_assert(c->holdings[a].held && c->holdings[b].held);
	sl_evidence_look(c->corpus, &x, &y, all, facts_r);
}

void sl_comparer_judge(
	const struct sl_comparer *comparer, uint32_t a, uint32_t b, struct sl_match *match_r)
{
	struct sl_facts facts;

	look(comparer, a, b, false, &facts);
	sl_evidence_judge(&facts, match_r);
}

/* By one hand, into the first half: it is emptied when it is full. */
static void hold_one(struct sl_comparer *c, uint32_t item)
{
	struct half *half = &c->halves[0];

	sl_assert(item < c->n);
	if (c->holdings[item].held)
		return;
	if (sl_arena_used(arena_of(&half->arenas[0])) > c->memory / 2)
		release(c, half);
	half->from = 0;
	half->to = c->n;
	hold(c, 0, 0, item);
}

static void hold_both(struct sl_comparer *c, uint32_t a, uint32_t b)
{
	hold_one(c, a);
	hold_one(c, b);
	hold_one(c, a); /* again: it may have had to go for the second */
}

void sl_comparer_facts(
	struct sl_comparer *comparer, uint32_t a, uint32_t b, struct sl_facts *facts_r)
{
	hold_both(comparer, a, b);
	look(comparer, a, b, true, facts_r);
}

static struct answer *slot_of(struct answer *answers, size_t size, uint64_t key)
{
	size_t at = (size_t)sl_mix(key, 7) & (size - 1);

	while (answers[at].key && answers[at].key != key)
		at = (at + 1) & (size - 1);
	return &answers[at];
}

/* Room for one more answer: twice the table, or an empty one when it is large enough. */
static void answers_grow(struct sl_comparer *c)
{
	size_t size = c->size < ANSWERS_MOST ? 2 * c->size : c->size;
	struct answer *answers;

	if (2 * (c->n_answers + 1) <= c->size)
		return;
	answers = sl_calloc(size, sizeof(*answers));
	if (size > c->size)
		for (size_t i = 0; i < c->size; i++)
			if (c->answers[i].key)
				*slot_of(answers, size, c->answers[i].key) = c->answers[i];
	if (size == c->size)
		c->n_answers = 0;
	free(c->answers);
	c->answers = answers;
	c->size = size;
}

void sl_comparer_match(
	struct sl_comparer *comparer, uint32_t a, uint32_t b, struct sl_match *match_r)
{
	uint32_t low = a < b ? a : b, high = a < b ? b : a;
	uint64_t key = ((uint64_t)low << 32 | high) + 1;
	struct answer *answer;

	sl_assert(a != b && high < comparer->n);
	answers_grow(comparer);
	answer = slot_of(comparer->answers, comparer->size, key);
	if (!answer->key) {
		hold_both(comparer, low, high);
		answer->key = key;
		sl_comparer_judge(comparer, low, high, &answer->match);
		comparer->n_answers++;
	}
	*match_r = answer->match;
}
