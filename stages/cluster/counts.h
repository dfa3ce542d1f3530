/* SPDX-License-Identifier: Apache-2.0 */
/* counts.h - how many messages of a campaign have each text.
 *
 * An entry of 32 bytes and a slot or two of 4 bytes for each distinct text, however many messages
 * there are. Texts are borrowed. Senders choose them, so the table is seeded.
 */
#ifndef SL_COUNTS_H
#define SL_COUNTS_H

#include "pipeline/base/arena.h"
#include "pipeline/dossier.h"

struct sl_counts_entry {
	struct sl_span text;
	uint64_t count;
	uint64_t last; /* for the caller: the message that was counted last */
};

/* Empty when zero. */
struct sl_counts {
	struct sl_counts_entry *entries; /* owned; in the order in which they came */
	size_t n, room;
	uint32_t *slots; /* owned; number of an entry plus one, or zero */
	size_t n_slots;
};

/* Empty again. Gives large tables back. */
void sl_counts_reset(struct sl_counts *counts);
void sl_counts_free(struct sl_counts *counts);
/* The number of the text's entry; a new one counts zero. */
size_t sl_counts_find(struct sl_counts *counts, struct sl_span text);
/* Sorted by count descending, then bytes; cut at SL_DOSSIER_LIST. The empty text does not count.
 * The list lives in the arena; the table may only be reset afterwards. */
size_t sl_counts_list(struct sl_counts *counts, struct sl_arena *arena, struct sl_counted **list_r);

#endif
