/* SPDX-License-Identifier: Apache-2.0 */
/* corpus.h - what the whole store teaches about single texts, frozen for a night.
 *
 * Weights of grams, lines that many unrelated lures carry, anchors and files that are not rare.
 * Filled with every variant of the store before anything is compared; the order does not matter.
 * From the freeze on it is constant and may be shared by threads.
 */
#ifndef SL_CORPUS_H
#define SL_CORPUS_H

#include "crew.h"
#include "diversity.h"
#include "lure.h"

struct sl_corpus {
	struct sl_weights *weights;
	struct sl_diversity *lines; /* until the freeze */
	struct sl_diversity *anchors, *files, *skeletons;
	struct sl_corpus_hand *hands; /* until the freeze */
	unsigned n_hands;
	struct sl_arena *kept[SL_CREW_MOST]; /* gram sets; bounded */
	uint64_t *boilerplate; /* hashes of lines that are of no one lure; ascending */
	size_t n_boilerplate;
};

/* One lure that goes into the corpus. */
struct sl_corpus_entry {
	struct sl_lure *lure;
	bool keep; /* it gets the gram set of its whole text, for as long as the corpus lives; while
		    * there is room: what is not kept is made again */
	struct sl_grams grams; /* the corpus's own */
};

/* For about `documents` lures, added by `hands` hands. */
struct sl_corpus *sl_corpus_new(size_t documents, unsigned hands);
void sl_corpus_free(struct sl_corpus **corpus);
/* Some thousands at a time pay for the threads. */
void sl_corpus_add(struct sl_corpus *corpus, struct sl_corpus_entry *entries, size_t n);
void sl_corpus_freeze(struct sl_corpus *corpus);

bool sl_corpus_has_boilerplate(const struct sl_corpus *corpus, struct sl_span text);
/* The text without its boilerplate lines, in the arena. */
struct sl_span sl_corpus_core(
	const struct sl_corpus *corpus, struct sl_arena *arena, struct sl_span text);
/* Is the body something else than the lure? Long, and it names next to nothing of what subject and
 * sender say. */
bool sl_corpus_padded(
	const struct sl_lure *lure, struct sl_span core, const struct sl_grams *grams);

#endif
