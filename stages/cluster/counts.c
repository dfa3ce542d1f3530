/* SPDX-License-Identifier: Apache-2.0 */
#include "counts.h"

#include "pipeline/base/hash.h"

#include <stdlib.h>

enum { SLOTS_LEAST = 64, SLOTS_KEPT = 4096 };

void sl_counts_free(struct sl_counts *counts)
{
	free(counts->entries);
	free(counts->slots);
	*counts = (struct sl_counts){ .n = 0 };
}

void sl_counts_reset(struct sl_counts *counts)
{
	if (counts->n_slots > SLOTS_KEPT)
		sl_counts_free(counts);
	else if (counts->n)
		memset(counts->slots, 0, counts->n_slots * sizeof(*counts->slots));
	counts->n = 0;
}

/* The slot of the text, or the free one where it belongs. */
static uint32_t *slot_of(const struct sl_counts *counts, struct sl_span text)
{
	size_t mask = counts->n_slots - 1, at = (size_t)sl_hash_table(text, 0) & mask;
	while (counts->slots[at] && !sl_span_eq(counts->entries[counts->slots[at] - 1].text, text))
		at = (at + 1) & mask;
	return &counts->slots[at];
}

static void grow(struct sl_counts *counts)
{
	size_t n_slots = counts->n_slots ? 2 * counts->n_slots : SLOTS_LEAST;
	free(counts->slots);
	counts->slots = sl_calloc(n_slots, sizeof(*counts->slots));
	counts->n_slots = n_slots;
	counts->room = n_slots / 2;
	counts->entries = sl_realloc(counts->entries, counts->room * sizeof(*counts->entries));
	for (size_t i = 0; i < counts->n; i++)
		*slot_of(counts, counts->entries[i].text) = (uint32_t)(i + 1);
}

size_t sl_counts_find(struct sl_counts *counts, struct sl_span text)
{
	if (counts->n == counts->room)
		grow(counts);
	uint32_t *slot = slot_of(counts, text);
	if (*slot)
		return *slot - 1;
	sl_assert(counts->n < UINT32_MAX);
	counts->entries[counts->n] = (struct sl_counts_entry){ .text = text };
	*slot = (uint32_t)++counts->n;
	return counts->n - 1;
}

static int by_count(const void *a, const void *b)
{
	const struct sl_counts_entry *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return sl_span_cmp(x->text, y->text);
}

size_t sl_counts_list(struct sl_counts *counts, struct sl_arena *arena, struct sl_counted **list_r)
{
	size_t n = 0;
	if (counts->n > 1)
		qsort(counts->entries, counts->n, sizeof(*counts->entries), by_count);
	size_t most = counts->n <= SL_DOSSIER_LIST ? counts->n : SL_DOSSIER_LIST + 1;
	struct sl_counted *list = sl_arena_alloc(arena, (most + 1) * sizeof(*list));
	for (size_t i = 0; i < most && n < SL_DOSSIER_LIST; i++)
		if (counts->entries[i].text.n)
			list[n++] = (struct sl_counted){ counts->entries[i].text,
				counts->entries[i].count };
	*list_r = list;
	return n;
}
