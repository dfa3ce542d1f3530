/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus.h"

#include "radix.h"

#include "pipeline/base/utf8.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
	HEADS_LEAST = 8,       /* distinct senders before a line can be boilerplate */
	HEADS_SHARE = 500,     /* and one in so many of all senders */
	RATIO = 150,           /* thousandths: distinct senders to occurrences */
	KEPT_BYTES = 96 << 20, /* of gram sets, for who compares */
	PIECE = 64,
	SHARES = SL_CREW_MOST,
	PAD_GRAMS = 600,
	PAD_SHARE = 200,  /* thousandths of subject and sender words that occur */
	LINES_MAX = 1024, /* of one text */
	TOKENS_MAX = 24,
	TOKEN_LEAST = 4 /* bytes */
};

struct sl_corpus_hand {
	struct sl_gram_room *room;
	struct sl_arena *passing; /* sets that are not kept */
};

struct sl_corpus *sl_corpus_new(size_t documents, unsigned hands)
{
	struct sl_corpus *c = sl_calloc(1, sizeof(*c));

	sl_assert(hands > 0 && hands <= SL_CREW_MOST);
	c->weights = sl_weights_new(documents);
	c->hands = sl_calloc(hands, sizeof(*c->hands));
	c->n_hands = hands;
	for (unsigned i = 0; i < hands; i++) {
		c->kept[i] = sl_arena_new(0);
		c->hands[i].passing = sl_arena_new(0);
		c->hands[i].room = sl_gram_room_new();
	}
	c->lines = sl_diversity_new();
	c->anchors = sl_diversity_new();
	c->files = sl_diversity_new();
	c->skeletons = sl_diversity_new();
	return c;
}

static void free_hands(struct sl_corpus *c)
{
	for (unsigned i = 0; i < c->n_hands; i++) {
		sl_arena_free(&c->hands[i].passing);
		sl_gram_room_free(&c->hands[i].room);
	}
	free(c->hands);
	c->hands = NULL;
	c->n_hands = 0;
}

void sl_corpus_free(struct sl_corpus **corpus)
{
	struct sl_corpus *c = *corpus;

	if (c) {
		sl_weights_free(&c->weights);
		free_hands(c);
		for (unsigned i = 0; i < SL_CREW_MOST; i++)
			sl_arena_free(&c->kept[i]);
		sl_diversity_free(&c->lines);
		sl_diversity_free(&c->anchors);
		sl_diversity_free(&c->files);
		sl_diversity_free(&c->skeletons);
		free(c->boilerplate);
		free(c);
	}
	*corpus = NULL;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Each line once, however often the text repeats it. */
static void add_lines(struct sl_corpus *corpus, const struct sl_lure *lure)
{
	struct sl_keyed lines[LINES_MAX];
	struct sl_span rest = lure->text, line;
	size_t n = 0;

	while (n < LINES_MAX && sl_span_split(&rest, '\n', &line)) {
		lines[n] = (struct sl_keyed){ sl_line_hash(line), 0 };
		n += lines[n].key != 0;
	}
	sl_radix_keyed(lines, n);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || lines[i].key != lines[i - 1].key)
			sl_diversity_add(corpus->lines, lines[i].key, lure->head);
}

static void add_features(struct sl_corpus *corpus, const struct sl_lure *lure)
{
	add_lines(corpus, lure);
	for (uint32_t i = 0; i < lure->anchors.n; i++)
		sl_diversity_add(corpus->anchors, lure->anchors.v[i], lure->head);
	for (uint32_t i = 0; i < lure->files.n; i++)
		sl_diversity_add(corpus->files, lure->files.v[i], lure->head);
	if (lure->skeleton)
		sl_diversity_add(corpus->skeletons, lure->skeleton, lure->head);
	/* Under thing 0 stand all senders: how many distinct ones are there? */
	sl_diversity_add(corpus->anchors, 0, lure->head);
}

struct adding {
	struct sl_corpus *corpus;
	struct sl_corpus_entry *entries;
	size_t n;
	atomic_size_t kept; /* bytes, by all hands */
	unsigned shares;    /* of the weights */
};

static void make_some(void *adding_p, unsigned hand_at, size_t from, size_t to)
{
	struct adding *adding = adding_p;
	struct sl_corpus *corpus = adding->corpus;
	struct sl_corpus_hand *hand = &corpus->hands[hand_at];

	for (size_t i = from; i < to; i++) {
		struct sl_corpus_entry *entry = &adding->entries[i];
		struct sl_grams grams;

		sl_grams_make(hand->room, entry->lure->text, &grams);
		if (entry->keep && atomic_load(&adding->kept) < KEPT_BYTES) {
			atomic_fetch_add(&adding->kept, grams.n * sizeof(*grams.v));
			entry->grams = sl_grams_copy(corpus->kept[hand_at], &grams);
			entry->lure->grams = entry->grams;
		} else {
			entry->grams = sl_grams_copy(hand->passing, &grams);
		}
	}
}

static void weigh_share(void *adding_p, unsigned hand, size_t from, size_t to)
{
	const struct adding *adding = adding_p;

	(void)hand;
	for (size_t share = from; share < to; share++)
		for (size_t i = 0; i < adding->n; i++)
			sl_weights_add(adding->corpus->weights, &adding->entries[i].grams,
				(unsigned)share, adding->shares);
}

void sl_corpus_add(struct sl_corpus *corpus, struct sl_corpus_entry *entries, size_t n)
{
	struct adding adding = { .corpus = corpus,
		.entries = entries,
		.n = n,
		.shares = corpus->n_hands > 1 ? SHARES : 1 };
	size_t kept = 0;

	for (unsigned i = 0; i < corpus->n_hands; i++) {
		kept += sl_arena_used(corpus->kept[i]);
		sl_arena_reset(corpus->hands[i].passing);
	}
	atomic_init(&adding.kept, kept);
	sl_crew_run(corpus->n_hands, n, PIECE, make_some, &adding);
	sl_crew_run(corpus->n_hands, adding.shares, 1, weigh_share, &adding);
	for (size_t i = 0; i < n; i++)
		add_features(corpus, entries[i].lure);
}

/* Under which a line is boilerplate. */
struct bar {
	uint32_t heads;
};

static bool is_boilerplate(const void *bar_p, struct sl_spread spread)
{
	const struct bar *bar = bar_p;

	return spread.identities >= bar->heads &&
	       (uint64_t)spread.identities * 1000 >= (uint64_t)spread.times * RATIO;
}

void sl_corpus_freeze(struct sl_corpus *corpus)
{
	struct bar bar;

	free_hands(corpus);
	sl_weights_freeze(corpus->weights);
	sl_diversity_freeze(corpus->lines);
	sl_diversity_freeze(corpus->anchors);
	sl_diversity_freeze(corpus->files);
	sl_diversity_freeze(corpus->skeletons);
	bar.heads = sl_diversity_of(corpus->anchors, 0).identities / HEADS_SHARE;
	if (bar.heads < HEADS_LEAST)
		bar.heads = HEADS_LEAST;
	corpus->n_boilerplate =
		sl_diversity_pick(corpus->lines, is_boilerplate, &bar, &corpus->boilerplate);
	sl_diversity_free(&corpus->lines);
}

static bool is_shared(const struct sl_corpus *corpus, uint64_t hash)
{
	return hash && corpus->n_boilerplate &&
	       bsearch(&hash, corpus->boilerplate, corpus->n_boilerplate, sizeof(hash),
		       compare_u64) != NULL;
}

bool sl_corpus_has_boilerplate(const struct sl_corpus *corpus, struct sl_span text)
{
	struct sl_span line;

	while (corpus->n_boilerplate && sl_span_split(&text, '\n', &line))
		if (is_shared(corpus, sl_line_hash(line)))
			return true;
	return false;
}

struct sl_span sl_corpus_core(
	const struct sl_corpus *corpus, struct sl_arena *arena, struct sl_span text)
{
	char *to = sl_arena_alloc(arena, text.n + 1);
	struct sl_span rest = text, line;
	size_t n = 0;

	while (sl_span_split(&rest, '\n', &line)) {
		if (is_shared(corpus, sl_line_hash(line)))
			continue;
		if (line.n)
			memcpy(to + n, line.p, line.n);
		n += line.n;
		to[n++] = '\n';
	}
	sl_assert(n <= text.n + 1);
	return sl_span_of(to, n);
}

/* Does the word occur? Scripts without spaces give words of any length: there, any three letters
 * of it are enough. */
static bool occurs(struct sl_span word, struct sl_span core)
{
	size_t at = 0;

	if ((unsigned char)word.p[0] < 0xe3)
		return sl_span_find(core, word, 0) >= 0;
	while (at + 9 <= word.n) {
		if (sl_span_find(core, sl_span_of(word.p + at, 9), 0) >= 0)
			return true;
		at += 3;
	}
	return false;
}

static void count_words(struct sl_span text, struct sl_span core, unsigned *words, unsigned *found)
{
	struct sl_span rest = text, word;

	while (*words < TOKENS_MAX && sl_span_split(&rest, ' ', &word)) {
		if (word.n < TOKEN_LEAST)
			continue;
		(*words)++;
		*found += occurs(word, core);
	}
}

bool sl_corpus_padded(const struct sl_lure *lure, struct sl_span core, const struct sl_grams *grams)
{
	unsigned words = 0, found = 0;

	if (grams->total < PAD_GRAMS)
		return false;
	count_words(lure->subject, core, &words, &found);
	count_words(lure->sender, core, &words, &found);
	sl_assert(found <= words);
	return words > 0 && found * 1000 < words * PAD_SHARE;
}
