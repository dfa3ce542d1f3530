/* SPDX-License-Identifier: Apache-2.0 */
#include "exemplars.h"

#include <stdlib.h>

enum { SLOTS = 1 << 16, FULL = SLOTS / 4 * 3 };

struct slot {
	struct sl_id variant, id;
	int64_t time;
	uint32_t archive;
	bool used;
};

struct sl_exemplars {
	size_t n;
	struct slot slots[SLOTS];
};

struct sl_exemplars *sl_exemplars_new(void)
{
	return sl_calloc(1, sizeof(struct sl_exemplars));
}

void sl_exemplars_free(struct sl_exemplars **exemplars)
{
	free(*exemplars);
	*exemplars = NULL;
}

static struct slot *slot_of(
	struct sl_exemplars *exemplars, const struct sl_id *variant, uint32_t archive)
{
	size_t at;
	memcpy(&at, variant, sizeof(at));
	for (at += archive;; at++) {
		struct slot *slot = &exemplars->slots[at % SLOTS];
		if (!slot->used || (slot->archive == archive && sl_id_eq(&slot->variant, variant)))
			return slot;
	}
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
	if (!slot->used && exemplars->n == FULL) {
		memset(exemplars, 0, sizeof(*exemplars));
		slot = slot_of(exemplars, variant, archive);
	}
	exemplars->n += !slot->used;
	*slot = (struct slot){ *variant, *id, time, archive, true };
	return true;
}
