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
	free(set->order);
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

/* The first half of a use is one and the same for all uses of a variant. */
static uint64_t mix(const struct sl_pending *set, const void *key)
{
	uint64_t first, last;
	memcpy(&first, key, sizeof(first));
	memcpy(&last, (const char *)key + set->key_size - sizeof(last), sizeof(last));
	uint64_t mixed = (first ^ last * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
	return mixed ^ mixed >> 32;
}

/* The slot that holds the key, or the free one where it belongs. */
static struct sl_pending_slot *slot_for(
	const struct sl_pending *set, const void *key, uint64_t mixed)
{
	size_t at = (size_t)mixed & (set->n_slots - 1);
	uint32_t tag = (uint32_t)(mixed >> 32);
	while (set->slots[at].item) {
		const struct sl_pending_slot *slot = &set->slots[at];
		if (slot->tag == tag &&
			memcmp(sl_pending_at(set, slot->item - 1), key, set->key_size) == 0)
			break;
		at = (at + 1) & (set->n_slots - 1);
	}
	return &set->slots[at];
}

static void take_slot(struct sl_pending_slot *slot, uint64_t mixed, size_t i)
{
	sl_assert(slot->item == 0 && i < UINT32_MAX);
	slot->tag = (uint32_t)(mixed >> 32);
	slot->item = (uint32_t)(i + 1);
}

static void widen_slots(struct sl_pending *set)
{
	size_t n = set->n_slots ? set->n_slots * 2 : SLOTS_MIN;
	free(set->slots);
	set->slots = sl_calloc(n, sizeof(*set->slots));
	set->n_slots = n;
	for (size_t i = 0; i < set->n; i++) {
		const void *key = sl_pending_at(set, i);
		uint64_t mixed = mix(set, key);
		take_slot(slot_for(set, key, mixed), mixed, i);
	}
}

void *sl_pending_find(const struct sl_pending *set, const void *key)
{
	if (set->n == 0)
		return NULL;
	const struct sl_pending_slot *slot = slot_for(set, key, mix(set, key));
	return slot->item ? sl_pending_at(set, slot->item - 1) : NULL;
}

void *sl_pending_add(struct sl_pending *set, const void *key, bool *new_r)
{
	if (set->n * 2 >= set->n_slots)
		widen_slots(set);
	uint64_t mixed = mix(set, key);
	struct sl_pending_slot *slot = slot_for(set, key, mixed);
	*new_r = slot->item == 0;
	if (slot->item)
		return sl_pending_at(set, slot->item - 1);
	if (set->n == set->room) {
		set->room = set->room ? set->room * 2 : SLOTS_MIN;
		set->items = sl_realloc(set->items, set->room * set->item_size);
	}
	take_slot(slot, mixed, set->n);
	char *item = sl_pending_at(set, set->n++);
	memset(item, 0, set->item_size);
	memcpy(item, key, set->key_size);
	return item;
}

static struct sl_pending_place place_of(const struct sl_pending *set, size_t i)
{
	struct sl_pending_place place = { .item = i };
	size_t n = set->key_size < sizeof(place.words) ? set->key_size : sizeof(place.words);
	memcpy(place.words, sl_pending_at(set, i), n);
	for (size_t k = 0; k < SL_LEN(place.words); k++)
		place.words[k] = __builtin_bswap64(place.words[k]);
	return place;
}

static int compare(const void *a, const void *b, void *set_p)
{
	const struct sl_pending_place *x = a, *y = b;
	const struct sl_pending *set = set_p;
	for (size_t k = 0; k < SL_LEN(x->words); k++)
		if (x->words[k] != y->words[k])
			return x->words[k] < y->words[k] ? -1 : 1;
	return memcmp(sl_pending_at(set, x->item), sl_pending_at(set, y->item), set->key_size);
}

void sl_pending_sort(struct sl_pending *set)
{
	if (set->n > set->room_order) {
		set->room_order = set->room;
		free(set->order);
		set->order = sl_calloc(set->room_order, sizeof(*set->order));
	}
	for (size_t i = 0; i < set->n; i++)
		set->order[i] = place_of(set, i);
	if (set->n)
		qsort_r(set->order, set->n, sizeof(*set->order), compare, set);
}
