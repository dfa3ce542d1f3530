/* SPDX-License-Identifier: Apache-2.0 */
/* judge.h - which candidates are edges.
 *
 * Every candidate is looked at once, and nothing is kept of those that are none. When the gram sets
 * of all items do not fit into memory, items are taken a block against a block, and the sets of
 * each block are made again for each other one.
 */
#ifndef SL_JUDGE_H
#define SL_JUDGE_H

#include "candidates.h"
#include "linkage.h"

/* All edges between `n` items, in no order; malloc'ed. */
size_t sl_judge_all(struct sl_comparer *comparer, const struct sl_candidates *candidates, size_t n,
	unsigned hands, struct sl_link_edge **edges_r);

#endif
