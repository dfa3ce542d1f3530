/* SPDX-License-Identifier: Apache-2.0 */
#include "pending.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 256, KEEP_ITEMS = 1 << 16 };

struct sl_pending sl_pending_make(size_t item_size, size_t key_size)
{
	sl_assert((key_size == 16 || key_size == 32) && item_size >= key_size);
	return (struct sl_pending){ .item_size = item_size, .key_size = key_size };
}

void sl_pending_free(struct sl_pending *set)
{
	free(set->items);
	free(set->slots);
	*set = sl_pending_make(set->item_size, set->key_size);
}

void sl_pending_reset(struct sl_pending *set)
{
	/* many slots for few items would cost more to clear than to make anew */
	if (set->n > KEEP_ITEMS || (set->n_slots > SLOTS_MIN && set->n * 16 < set->n_slots)) {
		sl_pending_free(set);
		return;
	}
	if (set->n)
		memset(set->slots, 0, set->n_slots * sizeof(*set->slots));
	set->n = 0;
}

static size_t slot_of(const struct sl_pending *set, const void *key)
{
	uint64_t first, last;
	memcpy(&first, key, sizeof(first));
	memcpy(&last, (const char *)key + set->key_size - sizeof(last), sizeof(last));
	/* The first half of a use is one and the same for all uses of a variant. */
	uint64_t mixed = (first ^ last * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
	return (size_t)(mixed >> 32) & (set->n_slots - 1);
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t *slot_for(const struct sl_pending *set, const void *key)
{
	size_t at = slot_of(set, key);
	while (set->slots[at]) {
		const char *item = sl_pending_at(set, set->slots[at] - 1);
		if (memcmp(item, key, set->key_size) == 0)
			break;
		at = (at + 1) & (set->n_slots - 1);
	}
	return &set->slots[at];
}

static void widen_slots(struct sl_pending *set)
{
	size_t n = set->n_slots ? set->n_slots * 2 : SLOTS_MIN;
	free(set->slots);
	set->slots = sl_calloc(n, sizeof(*set->slots));
	set->n_slots = n;
	for (size_t i = 0; i < set->n; i++)
		*slot_for(set, sl_pending_at(set, i)) = (uint32_t)(i + 1);
}

void *sl_pending_find(const struct sl_pending *set, const void *key)
{
	if (set->n == 0)
		return NULL;
	const uint32_t *slot = slot_for(set, key);
	return *slot ? sl_pending_at(set, *slot - 1) : NULL;
}

void *sl_pending_add(struct sl_pending *set, const void *key, bool *new_r)
{
	if (set->n * 2 >= set->n_slots)
		widen_slots(set);
	uint32_t *slot = slot_for(set, key);
	*new_r = *slot == 0;
	if (*slot)
		return sl_pending_at(set, *slot - 1);
	if (set->n == set->room) {
		set->room = set->room ? set->room * 2 : SLOTS_MIN;
		set->items = sl_realloc(set->items, set->room * set->item_size);
	}
	sl_assert(set->n < UINT32_MAX);
	char *item = sl_pending_at(set, set->n++);
	memset(item, 0, set->item_size);
	memcpy(item, key, set->key_size);
	*slot = (uint32_t)set->n;
	return item;
}

static int order_16(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static int order_32(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

void sl_pending_sort(struct sl_pending *set)
{
	if (set->n)
		qsort(set->items, set->n, set->item_size,
			set->key_size == 16 ? order_16 : order_32);
}
