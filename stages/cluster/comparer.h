/* SPDX-License-Identifier: Apache-2.0 */
/* comparer.h - the items of a night, and what any two of them say about each other.
 *
 * Holds the weighed gram sets of items, six bytes a gram, as far as `memory` goes, and answers that
 * were given; what is not held is made again, so neither ever changes an answer. One thread, but
 * for what says otherwise; there `hand` is the number of the caller's hand (crew.h).
 */
#ifndef SL_COMPARER_H
#define SL_COMPARER_H

#include "crew.h"
#include "evidence.h"

struct sl_comparer;
/* `lures` and `corpus` are borrowed; indices into `lures` name the items. `memory` in bytes, of
 * gram sets beyond those that the corpus keeps. */
struct sl_comparer *sl_comparer_new(
	const struct sl_corpus *corpus, const struct sl_lure *lures, size_t n, size_t memory);
void sl_comparer_free(struct sl_comparer **comparer);

/* ---- by many hands ---- */

/* The core gram set of an item, until the hand asks for the next one. What is made is held while
 * there is memory. */
const struct sl_grams *sl_comparer_visit(
	struct sl_comparer *comparer, unsigned hand, uint32_t item);
/* After a visit of each item: the end of the longest run of items from `from` on whose sets take
 * half of the memory; or all, if all are held. */
size_t sl_comparer_reach(const struct sl_comparer *comparer, size_t from);
/* Hold the sets of items [from, to): one of the two halves of the memory. Made by `hands` hands. */
void sl_comparer_hold(
	struct sl_comparer *comparer, unsigned half, size_t from, size_t to, unsigned hands);
/* The answer for two items whose sets are held; not kept. Any number of threads. */
void sl_comparer_judge(
	const struct sl_comparer *comparer, uint32_t a, uint32_t b, struct sl_match *match_r);

/* ---- by one ---- */

/* Symmetric, and kept. About 3 us the first time, 20 ns again. */
void sl_comparer_match(
	struct sl_comparer *comparer, uint32_t a, uint32_t b, struct sl_match *match_r);
void sl_comparer_facts(
	struct sl_comparer *comparer, uint32_t a, uint32_t b, struct sl_facts *facts_r);

#endif
