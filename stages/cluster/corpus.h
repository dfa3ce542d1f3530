/* SPDX-License-Identifier: Apache-2.0 */
/* corpus.h - what the whole store teaches about single texts, frozen for a night.
 *
 * Weights of grams, lines that many unrelated lures carry, anchors and files that are not rare.
 * Filled with every variant of the store before anything is compared; the order does not matter.
 * From the freeze on it is constant and may be shared by threads.
 */
#ifndef SL_CORPUS_H
#define SL_CORPUS_H

#include "diversity.h"
#include "lure.h"

struct sl_corpus {
	struct sl_weights *weights;
	struct sl_diversity *lines; /* until the freeze */
	struct sl_diversity *anchors, *files, *skeletons;
	struct sl_arena *kept; /* gram sets; bounded */
	uint64_t *boilerplate; /* hashes of lines that are of no one lure; ascending */
	size_t n_boilerplate;
};

struct sl_corpus *sl_corpus_new(size_t documents);
void sl_corpus_free(struct sl_corpus **corpus);
void sl_corpus_add(struct sl_corpus *corpus, struct sl_gram_room *room, const struct sl_lure *lure);
/* The same, and the lure keeps the gram set of its whole text for as long as the corpus lives;
 * while there is room: what is not kept is made again. */
void sl_corpus_add_kept(struct sl_corpus *corpus, struct sl_gram_room *room, struct sl_lure *lure);
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
