/* SPDX-License-Identifier: Apache-2.0 */
/* candidates.h - which pairs of variants are worth comparing.
 *
 * Every item gives some 50 keys: 40 bands of 3 bins of its text's min-hash, subject, sender,
 * skeleton with sender, anchors, files. Items that share a key are candidates; a candidate is never
 * more than that. Keys that very many share link each item to a few others only, so the number of
 * pairs is linear in the number of items.
 */
#ifndef SL_CANDIDATES_H
#define SL_CANDIDATES_H

#include "evidence.h"

struct sl_candidate {
	uint32_t a, b; /* a < b */
};

/* All candidates with at least one fresh item in their key's list, sorted by (a, b), without
 * repeats. `fresh` may be NULL: all are. The list is malloc'ed. */
size_t sl_candidates_find(struct sl_comparer *comparer, const struct sl_lure *lures, size_t n,
	const bool *fresh, struct sl_candidate **candidates_r);

#endif
