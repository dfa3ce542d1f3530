/* SPDX-License-Identifier: Apache-2.0 */
#include "memo.h"

#include <stdlib.h>

/* A table's share of the room, and what one answer may take of a generation. */
enum { TABLE_SHARE = 16, ANSWER_SHARE = 16, SLOTS_LEAST = 16 };

struct entry {
	struct sl_id key;
	size_t n;
	char bytes[];
};

struct generation {
	struct sl_arena *arena; /* of the entries; NULL: nothing was kept yet */
	struct entry **slots;   /* at most half full */
	size_t n, n_slots;      /* a power of two, or 0 */
};

struct sl_memo {
	size_t arena_room, slots_most; /* of one generation */
	struct generation young, old;
};

_Static_assert(
	SL_SHARE_CONTENTS + SL_SHARE_TEXTS + SL_SHARE_BRANDS + SL_SHARE_FIELDS + SL_SHARE_FILES ==
		SL_SHARES,
	"shares");

struct sl_memo *sl_memo_new(uint64_t room)
{
	struct sl_memo *memo = sl_calloc(1, sizeof(*memo));
	size_t half = room / 2;
	memo->slots_most = SLOTS_LEAST;
	while (memo->slots_most * 2 * sizeof(struct entry *) <= half / TABLE_SHARE)
		memo->slots_most *= 2;
	size_t table = memo->slots_most * sizeof(struct entry *);
	memo->arena_room = half > table ? half - table : 0;
	return memo;
}

static void empty(struct generation *g)
{
	sl_arena_free(&g->arena);
	free(g->slots);
	*g = (struct generation){ 0 };
}

void sl_memo_free(struct sl_memo **memo)
{
	if (!*memo)
		return;
	empty(&(*memo)->young);
	empty(&(*memo)->old);
	free(*memo);
	*memo = NULL;
}

/* The slot of that key, or the free one where it belongs. */
static struct entry **slot_of(const struct generation *g, const struct sl_id *key)
{
	size_t at;
	memcpy(&at, key, sizeof(at));
	for (at &= g->n_slots - 1; g->slots[at]; at = (at + 1) & (g->n_slots - 1))
		if (sl_id_eq(&g->slots[at]->key, key))
			break;
	return &g->slots[at];
}

static const struct entry *look(const struct generation *g, const struct sl_id *key)
{
	return g->slots ? *slot_of(g, key) : NULL;
}

static void more_slots(struct generation *g)
{
	struct generation old = *g;
	g->n_slots = old.n_slots ? old.n_slots * 2 : SLOTS_LEAST;
	g->slots = sl_calloc(g->n_slots, sizeof(struct entry *));
	for (size_t i = 0; i < old.n_slots; i++)
		if (old.slots[i])
			*slot_of(g, &old.slots[i]->key) = old.slots[i];
	free(old.slots);
}

/* Room for one more entry of that size in the young generation. */
static void make_room(struct sl_memo *memo, size_t size)
{
	struct generation *g = &memo->young;
	if (g->arena && (g->n * 2 >= memo->slots_most ||
				sl_arena_used(g->arena) + size > memo->arena_room)) {
		empty(&memo->old);
		memo->old = *g;
		*g = (struct generation){ 0 };
	}
	if (!g->arena)
		g->arena = sl_arena_new(0);
	if (g->n * 2 >= g->n_slots)
		more_slots(g);
}

void sl_memo_add(struct sl_memo *memo, const struct sl_id *key, struct sl_span answer)
{
	size_t size = sizeof(struct entry) + answer.n;
	if (size > memo->arena_room / ANSWER_SHARE)
		return;
	make_room(memo, size);
	struct generation *g = &memo->young;
	struct entry **slot = slot_of(g, key);
	sl_assert(*slot == NULL);
	*slot = sl_arena_alloc(g->arena, size);
	(*slot)->key = *key;
	(*slot)->n = answer.n;
	if (answer.n)
		memcpy((*slot)->bytes, answer.p, answer.n);
	g->n++;
}

bool sl_memo_find(struct sl_memo *memo, const struct sl_id *key, struct sl_arena *arena,
	struct sl_span *answer_r)
{
	const struct entry *found = look(&memo->young, key);
	bool young = found != NULL;
	if (!found)
		found = look(&memo->old, key);
	if (!found)
		return false;
	*answer_r = sl_arena_copy(arena, sl_span_of(found->bytes, found->n));
	if (!young) /* what is found lives on; by the copy, as the old generation may go now */
		sl_memo_add(memo, key, *answer_r);
	return true;
}
