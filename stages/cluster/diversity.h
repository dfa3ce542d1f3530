/* SPDX-License-Identifier: Apache-2.0 */
/* diversity.h - under how many different lures does a thing occur?
 *
 * A line of text, an anchor, a skeleton or a file that many unrelated senders use says nothing
 * about a campaign: stolen newsletters, footers, stock pictures.
 * Things and identities are 64-bit hashes; adding is a push, freezing one sort, asking a binary
 * search. 16 bytes for each pair that was added, until it is frozen.
 */
#ifndef SL_DIVERSITY_H
#define SL_DIVERSITY_H

#include "pipeline/base/span.h"

struct sl_diversity;

struct sl_spread {
	uint32_t times;      /* occurrences */
	uint32_t identities; /* distinct */
};

struct sl_diversity *sl_diversity_new(void);
void sl_diversity_free(struct sl_diversity **diversity);
void sl_diversity_add(struct sl_diversity *diversity, uint64_t thing, uint64_t identity);
/* No sl_diversity_add() after this; no sl_diversity_of() before it. */
void sl_diversity_freeze(struct sl_diversity *diversity);
/* {0, 0}: never added. */
struct sl_spread sl_diversity_of(const struct sl_diversity *diversity, uint64_t thing);
/* All things whose spread `takes` likes, ascending; malloc()ed, NULL when there is none. */
size_t sl_diversity_pick(const struct sl_diversity *diversity,
	bool (*takes)(const void *arg, struct sl_spread spread), const void *arg,
	uint64_t **things_r);

#endif
