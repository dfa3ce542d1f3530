/* SPDX-License-Identifier: Apache-2.0 */
#include "exemplars.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 1 << 10, SLOTS_MOST = 1 << 16 };

struct slot {
	struct sl_id variant, id;
	int64_t time;
	uint32_t archive;
	bool used;
};

struct sl_exemplars {
	size_t n, room;
	struct slot *slots;
};

struct sl_exemplars *sl_exemplars_new(void)
{
	struct sl_exemplars *exemplars = sl_calloc(1, sizeof(*exemplars));
	exemplars->room = SLOTS_FIRST;
	exemplars->slots = sl_calloc(exemplars->room, sizeof(struct slot));
	return exemplars;
}

void sl_exemplars_free(struct sl_exemplars **exemplars)
{
	if (!*exemplars)
		return;
	free((*exemplars)->slots);
	free(*exemplars);
	*exemplars = NULL;
}

static struct slot *slot_of(
	struct sl_exemplars *exemplars, const struct sl_id *variant, uint32_t archive)
{
	for (size_t at = sl_id_slot(variant) + archive;; at++) {
		struct slot *slot = &exemplars->slots[at & (exemplars->room - 1)];
		if (!slot->used || (slot->archive == archive && sl_id_eq(&slot->variant, variant)))
			return slot;
	}
}

/* Twice the table; the largest is emptied. */
static void make_room(struct sl_exemplars *exemplars)
{
	struct slot *old = exemplars->slots;
	size_t room = exemplars->room;
	exemplars->n = 0;
	if (room == SLOTS_MOST) {
		memset(old, 0, room * sizeof(*old));
		return;
	}
	exemplars->room = room * 2;
	exemplars->slots = sl_calloc(exemplars->room, sizeof(struct slot));
	for (size_t i = 0; i < room; i++) {
		if (!old[i].used)
			continue;
		*slot_of(exemplars, &old[i].variant, old[i].archive) = old[i];
		exemplars->n++;
	}
	free(old);
}

/* In the order of exemplars; a time that is not known comes last. */
static bool is_behind(int64_t time, const struct sl_id *id, const struct slot *slot)
{
	if (time != slot->time)
		return time == SL_TIME_NONE || (slot->time != SL_TIME_NONE && slot->time < time);
	return sl_id_cmp(id, &slot->id) > 0;
}

bool sl_exemplars_meet(struct sl_exemplars *exemplars, const struct sl_id *variant,
	uint32_t archive, int64_t time, const struct sl_id *id)
{
	struct slot *slot = slot_of(exemplars, variant, archive);
	if (slot->used && is_behind(time, id, slot))
		return false;
	if (!slot->used && exemplars->n >= exemplars->room / 4 * 3) {
		make_room(exemplars);
		slot = slot_of(exemplars, variant, archive);
	}
	exemplars->n += !slot->used;
	*slot = (struct slot){ *variant, *id, time, archive, true };
	return true;
}
