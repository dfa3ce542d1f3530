/* SPDX-License-Identifier: Apache-2.0 */
/* candidates.h - which pairs of variants are worth comparing.
 *
 * Every item gives some 50 keys: 40 bands of 3 bins of its text's min-hash, subject, sender,
 * skeleton with sender, anchors, files. Items that share a key are candidates; a candidate is never
 * more than that. Keys that very many share link each item to a few others only, so the number of
 * pairs is linear in the number of items. Pairs are never listed, only looked up: 16 bytes a key
 * while the index is made, then 8 for each that items share.
 */
#ifndef SL_CANDIDATES_H
#define SL_CANDIDATES_H

#include "comparer.h"

struct sl_candidates;
/* All items are visited by the comparer, by `hands` hands. A key counts when one of its items is
 * fresh; `fresh` may be NULL: all are. */
struct sl_candidates *sl_candidates_new(struct sl_comparer *comparer, const struct sl_lure *lures,
	size_t n, const bool *fresh, unsigned hands);
void sl_candidates_free(struct sl_candidates **candidates);

/* What a search needs; one for each thread. */
struct sl_search;
struct sl_search *sl_search_new(const struct sl_candidates *candidates);
void sl_search_free(struct sl_search **search);
/* The candidates b of an item with item < b and from <= b < to, each once, in no order. A search
 * may ask for an item again when the range is another one, without a b in common. The list lives
 * until the next call. */
size_t sl_search_run(
	struct sl_search *search, uint32_t item, size_t from, size_t to, const uint32_t **found_r);

#endif
