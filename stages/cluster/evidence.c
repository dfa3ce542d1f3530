/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence.h"

#include <stdlib.h>

enum {
	TEXT_ALONE = 650, /* T */
	TEXT_EQUAL = 900,
	TEXT_SOME = 300,   /* TS */
	TEXT_MORE = 400,   /* TS where only the sender is the same */
	TEXT_LITTLE = 120, /* TA */
	SUBJECT_SAME = 600,
	SUBJECT_LIKE = 500,
	SENDER_SAME = 500,
	SENDER_LIKE = 300,
	SENDER_STRONG = 800,
	TAGS_LIKE = 250,
	TEXT_GRAMS = 30,  /* fewer grams of core text tell nothing */
	TEXT_ENOUGH = 80, /* fewer are not enough without another sign */
	RARE_LURES = 4,   /* senders under which an anchor, a file or a form may occur */
	CACHE_BYTES = 48 << 20,
	PAIRS_MOST = 1 << 22,
	PAIRS_FIRST = 1 << 14
};

static unsigned max2(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static void offer(struct sl_match *best, enum sl_evidence evidence, unsigned score)
{
	if (best->edge && best->score >= score)
		return;
	best->edge = true;
	best->evidence = evidence;
	best->score = (uint16_t)(score > 1000 ? 1000 : score);
}

static bool has_lure_support(const struct sl_facts *f)
{
	return f->sender >= SENDER_LIKE || f->subject >= SUBJECT_LIKE;
}

static bool has_form_support(const struct sl_facts *f)
{
	return f->tags >= TAGS_LIKE || f->same_skeleton || f->subject >= SUBJECT_LIKE ||
	       (f->sender >= SENDER_STRONG && f->text >= TEXT_MORE);
}

/* Is the text alone enough? Short stock phrases are not, unless the form is the same too. */
static bool text_is_lure(const struct sl_facts *f)
{
	return !f->padded && (!f->short_text || (f->text >= TEXT_EQUAL && f->same_skeleton));
}

static void judge_text(const struct sl_facts *f, struct sl_match *best)
{
	unsigned lure = max2(f->subject, f->sender);

	if (f->text >= TEXT_ALONE && (text_is_lure(f) || has_lure_support(f)))
		offer(best, SL_EVIDENCE_TEXT, f->text);
	if (f->text >= TEXT_SOME && has_lure_support(f) && has_form_support(f))
		offer(best, SL_EVIDENCE_TEXT_LURE, f->text / 2 + lure / 4 + 150);
	if (f->text >= TEXT_LITTLE && f->same_anchor &&
		(has_lure_support(f) || f->same_skeleton || f->tags >= TAGS_LIKE))
		offer(best, SL_EVIDENCE_TEXT_ANCHOR, f->text / 2 + lure / 8 + 200);
}

static void judge_thin(const struct sl_facts *f, struct sl_match *best)
{
	bool one_field = f->subject >= SUBJECT_LIKE || f->sender >= SENDER_SAME;

	if (f->subject >= SUBJECT_SAME && f->sender >= SENDER_SAME)
		offer(best, SL_EVIDENCE_LURE, (f->subject + f->sender) / 2);
	if (f->rare_skeleton && one_field)
		offer(best, SL_EVIDENCE_FORM, 300 + max2(f->subject, f->sender) / 3);
}

void sl_evidence_judge(const struct sl_facts *facts, struct sl_match *match_r)
{
	*match_r = (struct sl_match){ .veto = facts->brand_conflict || facts->language_conflict };
	if (match_r->veto)
		return;
	judge_text(facts, match_r);
	if (facts->no_text || facts->padded)
		judge_thin(facts, match_r);
	if (facts->same_file && (facts->subject >= SUBJECT_LIKE || facts->sender >= SENDER_SAME))
		offer(match_r, SL_EVIDENCE_FILE, 400 + max2(facts->subject, facts->sender) / 3);
	sl_assert(match_r->score <= 1000);
}

/* ---- the comparer ---- */

struct body {
	uint32_t generation; /* of the cache; 0: never made */
	bool padded;
	struct sl_grams grams;
};

struct pair {
	uint64_t key; /* 0: free */
	struct sl_match match;
};

struct sl_comparer {
	const struct sl_corpus *corpus;
	const struct sl_lure *lures;
	size_t n;
	struct body *bodies;
	struct sl_arena *cache, *scratch;
	uint32_t generation;
	struct sl_gram_room *room;
	struct pair *pairs; /* open addressing, a power of two */
	size_t n_pairs, size;
};

struct sl_comparer *sl_comparer_new(
	const struct sl_corpus *corpus, const struct sl_lure *lures, size_t n)
{
	struct sl_comparer *c = sl_calloc(1, sizeof(*c));

	c->corpus = corpus;
	c->lures = lures;
	c->n = n;
	c->bodies = sl_calloc(n ? n : 1, sizeof(*c->bodies));
	c->cache = sl_arena_new(CACHE_BYTES);
	c->scratch = sl_arena_new(0);
	c->generation = 1;
	c->room = sl_gram_room_new();
	c->size = PAIRS_FIRST;
	c->pairs = sl_calloc(c->size, sizeof(*c->pairs));
	return c;
}

void sl_comparer_free(struct sl_comparer **comparer)
{
	struct sl_comparer *c = *comparer;

	if (c) {
		sl_gram_room_free(&c->room);
		sl_arena_free(&c->cache);
		sl_arena_free(&c->scratch);
		free(c->bodies);
		free(c->pairs);
		free(c);
	}
	*comparer = NULL;
}

/* Without the lines that many senders share. Of most texts the corpus has made the set. */
static void make_body(struct sl_comparer *c, uint32_t item, struct body *body)
{
	const struct sl_lure *lure = &c->lures[item];
	struct sl_span core = lure->text;
	bool whole = !sl_corpus_has_boilerplate(c->corpus, lure->text);

	sl_arena_reset(c->scratch);
	if (!whole)
		core = sl_corpus_core(c->corpus, c->scratch, lure->text);
	body->grams = lure->grams;
	if (!whole || !lure->grams.v)
		sl_grams_make(c->room, core, &body->grams);
	body->padded = sl_corpus_padded(lure, core, &body->grams);
	if (!whole || !lure->grams.v)
		body->grams = sl_grams_copy(c->cache, &body->grams);
	sl_grams_weigh(c->cache, c->corpus->weights, &body->grams);
}

static const struct body *body_of(struct sl_comparer *c, uint32_t item)
{
	struct body *body = &c->bodies[item];

	sl_assert(item < c->n);
	if (body->generation == c->generation)
		return body;
	if (sl_arena_used(c->cache) > CACHE_BYTES) {
		sl_arena_reset(c->cache);
		c->generation++;
	}
	make_body(c, item, body);
	body->generation = c->generation;
	return body;
}

const struct sl_grams *sl_comparer_grams(struct sl_comparer *comparer, uint32_t item)
{
	return &body_of(comparer, item)->grams;
}

static bool has_text(const struct body *body)
{
	return body->grams.n >= TEXT_GRAMS;
}

static unsigned tags_alike(const struct sl_lure *a, const struct sl_lure *b)
{
	unsigned same = 0;

	if (!a->has_tags || !b->has_tags)
		return 0;
	for (unsigned i = 0; i < SL_TAG_SKETCH; i++)
		same += a->tags[i] == b->tags[i];
	return same * 1000 / SL_TAG_SKETCH;
}

static bool shares_rare(
	const struct sl_diversity *spread, const struct sl_hashes *a, const struct sl_hashes *b)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (sl_hashes_have(b, a->v[i]) &&
			sl_diversity_of(spread, a->v[i]).identities <= RARE_LURES)
			return true;
	return false;
}

static bool brands_conflict(const struct sl_lure *a, const struct sl_lure *b)
{
	return a->claimed.n && b->claimed.n && !sl_hashes_meet(&a->claimed, &b->named) &&
	       !sl_hashes_meet(&b->claimed, &a->named);
}

static struct sl_facts facts_without_text(const struct sl_comparer *comparer,
	const struct sl_lure *x, const struct sl_lure *y, const struct body *xb,
	const struct body *yb)
{
	const struct sl_corpus *corpus = comparer->corpus;
	struct sl_facts facts = { .subject = sl_name_alike(&x->subject_grams, &y->subject_grams),
		.sender = sl_name_alike(&x->sender_grams, &y->sender_grams),
		.tags = tags_alike(x, y),
		.same_skeleton = x->skeleton && x->skeleton == y->skeleton,
		.rare_skeleton =
			x->skeleton && x->skeleton == y->skeleton &&
			sl_diversity_of(corpus->skeletons, x->skeleton).identities <= RARE_LURES,
		.no_text = !has_text(xb) || !has_text(yb),
		.short_text = xb->grams.n < TEXT_ENOUGH || yb->grams.n < TEXT_ENOUGH,
		.padded = xb->padded || yb->padded,
		.brand_conflict = brands_conflict(x, y) };

	facts.same_anchor = shares_rare(corpus->anchors, &x->anchors, &y->anchors);
	facts.same_file = shares_rare(corpus->files, &x->files, &y->files);
	facts.language_conflict = x->language.n && y->language.n &&
				  !sl_span_eq(x->language, y->language) && !facts.no_text;
	return facts;
}

/* The smallest likeness of texts that a rule asks for, once the other facts are known. */
static unsigned least_text(const struct sl_facts *f)
{
	return f->same_anchor ? TEXT_LITTLE : has_lure_support(f) ? TEXT_SOME : TEXT_ALONE;
}

/* `all`: also where no rule would look at the likeness of the texts, which costs most. */
static void find_facts(const struct sl_comparer *comparer, uint32_t a, uint32_t b, bool all,
	struct sl_facts *facts_r)
{
	const struct body *x = &comparer->bodies[a], *y = &comparer->bodies[b];
	bool veto;

	sl_assert(x->generation == comparer->generation && y->generation == comparer->generation);
	*facts_r = facts_without_text(comparer, &comparer->lures[a], &comparer->lures[b], x, y);
	veto = facts_r->brand_conflict || facts_r->language_conflict;
	if (facts_r->no_text || (!all && (veto || !sl_grams_may_be_alike(&x->grams, &y->grams,
							  least_text(facts_r)))))
		return;
	facts_r->text = sl_grams_alike(&x->grams, &y->grams);
}

static void make_bodies(struct sl_comparer *comparer, uint32_t a, uint32_t b)
{
	body_of(comparer, a);
	body_of(comparer, b);
	body_of(comparer, a); /* again: the second may have emptied the cache */
}

void sl_comparer_facts(
	struct sl_comparer *comparer, uint32_t a, uint32_t b, struct sl_facts *facts_r)
{
	make_bodies(comparer, a, b);
	find_facts(comparer, a, b, true, facts_r);
}

static struct pair *pair_slot(struct pair *pairs, size_t size, uint64_t key)
{
	size_t at = (size_t)sl_mix(key, 7) & (size - 1);

	while (pairs[at].key && pairs[at].key != key)
		at = (at + 1) & (size - 1);
	return &pairs[at];
}

/* Room for one more pair: twice the table, or an empty one when it is large enough. */
static void pairs_grow(struct sl_comparer *c)
{
	size_t size = c->size < PAIRS_MOST ? 2 * c->size : c->size;
	struct pair *pairs;

	if (2 * (c->n_pairs + 1) <= c->size)
		return;
	pairs = sl_calloc(size, sizeof(*pairs));
	if (size > c->size)
		for (size_t i = 0; i < c->size; i++)
			if (c->pairs[i].key)
				*pair_slot(pairs, size, c->pairs[i].key) = c->pairs[i];
	if (size == c->size)
		c->n_pairs = 0;
	free(c->pairs);
	c->pairs = pairs;
	c->size = size;
}

bool sl_comparer_is_whole(const struct sl_comparer *comparer)
{
	for (size_t i = 0; i < comparer->n; i++)
		if (comparer->bodies[i].generation != comparer->generation)
			return false;
	return true;
}

void sl_comparer_judge(
	const struct sl_comparer *comparer, uint32_t a, uint32_t b, struct sl_match *match_r)
{
	struct sl_facts facts;

	sl_assert(a < b && b < comparer->n);
	find_facts(comparer, a, b, false, &facts);
	sl_evidence_judge(&facts, match_r);
}

static uint64_t key_of(uint32_t a, uint32_t b)
{
	return ((uint64_t)a << 32 | b) + 1;
}

void sl_comparer_keep(
	struct sl_comparer *comparer, uint32_t a, uint32_t b, const struct sl_match *match)
{
	struct pair *pair;

	sl_assert(a < b && b < comparer->n);
	pairs_grow(comparer);
	pair = pair_slot(comparer->pairs, comparer->size, key_of(a, b));
	sl_assert(!pair->key);
	*pair = (struct pair){ key_of(a, b), *match };
	comparer->n_pairs++;
}

void sl_comparer_match(
	struct sl_comparer *comparer, uint32_t a, uint32_t b, struct sl_match *match_r)
{
	uint32_t low = a < b ? a : b, high = a < b ? b : a;
	const struct pair *pair;

	sl_assert(a != b && high < comparer->n);
	pair = pair_slot(comparer->pairs, comparer->size, key_of(low, high));
	if (pair->key) {
		*match_r = pair->match;
		return;
	}
	make_bodies(comparer, low, high);
	sl_comparer_judge(comparer, low, high, match_r);
	sl_comparer_keep(comparer, low, high, match_r);
}
