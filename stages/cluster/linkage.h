/* SPDX-License-Identifier: Apache-2.0 */
/* linkage.h - guarded average-link: groups out of edges, without chains.
 *
 * Edges are taken by falling score. Two groups become one only if at least SL_LINK_SHARE of the
 * pairs between their samples (8 x 8 at most) are edges, and at most SL_LINK_VETOES are vetoed: so
 * a - b - c does not join a to c, and one odd mail cannot bridge two campaigns. A group's sample is
 * the members of smallest number; numbers are given by content (the name of a variant), so a sample
 * is fair, and the same whatever the order in which members came. O(E log E + merges * 64).
 */
#ifndef SL_LINKAGE_H
#define SL_LINKAGE_H

#include "evidence.h"

enum {
	SL_LINK_SAMPLE = 8,
	SL_LINK_SHARE = 300, /* thousandths */
	SL_LINK_VETOES = 200
};

struct sl_link_edge {
	uint32_t a, b; /* a < b */
	uint16_t score;
	uint16_t evidence; /* enum sl_evidence */
};

struct sl_linkage {
	uint32_t *group; /* per item: smallest item of its group */
	size_t n;
	struct sl_link_edge *tree; /* the edges that joined groups, in order of joining */
	size_t n_tree;
};

/* What the guard asks about two items. */
typedef void sl_link_match(void *arg, uint32_t a, uint32_t b, struct sl_match *match_r);

/* `given`: NULL, or for each item the smallest item of the group that it is in already; such groups
 * are never split. Edges are sorted in place. */
void sl_linkage_make(size_t n, const uint32_t *given, struct sl_link_edge *edges, size_t n_edges,
	sl_link_match *match, void *arg, struct sl_linkage *linkage_r);
void sl_linkage_clear(struct sl_linkage *linkage);

#endif
