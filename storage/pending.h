/* SPDX-License-Identifier: Apache-2.0 */
/* pending.h - a set of fixed-size items by key: what a transaction will merge when it ends.
 *
 * An item begins with its key of 16 or 32 bytes (seeded hashes, so a slot is found without hashing
 * again). Adding costs about 50 ns, and memory stays with the set over a reset. Internal to
 * storage/.
 */
#ifndef SL_PENDING_H
#define SL_PENDING_H

#include "pipeline/base/base.h"

/* The tag tells most keys that differ apart, so that few items are looked at. */
struct sl_pending_slot {
	uint32_t tag;
	uint32_t item; /* number + 1, 0: free */
};

/* The first 24 bytes of a key as numbers: sorting by them needs no look at the items. */
struct sl_pending_place {
	uint64_t words[3];
	size_t item;
};

struct sl_pending {
	size_t item_size, key_size;
	char *items; /* owned */
	size_t n, room;
	struct sl_pending_slot *slots;  /* owned */
	size_t n_slots;                 /* power of two */
	struct sl_pending_place *order; /* owned; of sl_pending_sort() */
	size_t room_order;
};

struct sl_pending sl_pending_make(size_t item_size, size_t key_size);
void sl_pending_free(struct sl_pending *set);
void sl_pending_reset(struct sl_pending *set);
/* The item of that key; a new one is zero but for its key. Valid until the next add. */
void *sl_pending_add(struct sl_pending *set, const void *key, bool *new_r)
	__attribute__((returns_nonnull));
/* NULL: not there. */
void *sl_pending_find(const struct sl_pending *set, const void *key);
/* Item number `i` in the order in which they were added. */
static inline void *sl_pending_at(const struct sl_pending *set, size_t i)
{
	return set->items + i * set->item_size;
}
/* Find the order of keys, for sl_pending_sorted(), which holds until the next add. */
void sl_pending_sort(struct sl_pending *set);
static inline void *sl_pending_sorted(const struct sl_pending *set, size_t i)
{
	return sl_pending_at(set, set->order[i].item);
}

#endif
