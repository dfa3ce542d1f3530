/* SPDX-License-Identifier: Apache-2.0 */
#include "ordinals.h"

#include "pipeline/base/hash.h"

#include <stdlib.h>

struct sl_ordinal_slot {
	uint64_t key; /* 0: free */
	uint64_t next;
};

void sl_ordinals_free(struct sl_ordinals *ordinals)
{
	free(ordinals->slots);
	*ordinals = (struct sl_ordinals){ .slots = NULL };
}

static uint64_t key_of(struct sl_span entry)
{
	return sl_hash_table(entry, 0) | 1;
}

/* The slot of the key, or the free one where it would go. The table is never full. */
static struct sl_ordinal_slot *find(const struct sl_ordinals *ordinals, uint64_t key)
{
	sl_assert(ordinals->used < ordinals->room);
	size_t i = (key >> 1) & (ordinals->room - 1);
	while (ordinals->slots[i].key && ordinals->slots[i].key != key)
		i = (i + 1) & (ordinals->room - 1);
	return &ordinals->slots[i];
}

uint64_t sl_ordinals_get(const struct sl_ordinals *ordinals, struct sl_span entry)
{
	return ordinals->room ? find(ordinals, key_of(entry))->next : 0;
}

static void grow(struct sl_ordinals *ordinals)
{
	struct sl_ordinals old = *ordinals;
	ordinals->room = old.room ? old.room * 2 : 64;
	ordinals->slots = sl_calloc(ordinals->room, sizeof(*ordinals->slots));
	for (size_t i = 0; i < old.room; i++) {
		if (old.slots[i].key)
			*find(ordinals, old.slots[i].key) = old.slots[i];
	}
	free(old.slots);
}

void sl_ordinals_set(struct sl_ordinals *ordinals, struct sl_span entry, uint64_t next)
{
	if (ordinals->used * 2 >= ordinals->room && ordinals->used < SL_ORDINALS_MAX)
		grow(ordinals);
	struct sl_ordinal_slot *slot = find(ordinals, key_of(entry));
	if (!slot->key) {
		if (ordinals->used == SL_ORDINALS_MAX)
			return;
		ordinals->used++;
		slot->key = key_of(entry);
	}
	slot->next = next;
}
