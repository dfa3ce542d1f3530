/* SPDX-License-Identifier: Apache-2.0 */
#include "familiar.h"

#include <stdlib.h>

void sl_familiar_clear(struct sl_familiar_set *set)
{
	for (size_t i = 0; set->slots && i < SL_FAMILIAR_CONTENTS; i++)
		free(set->slots[i].uses);
	free(set->slots);
	set->slots = NULL;
}

static struct sl_familiar *slot_of(const struct sl_familiar_set *set, const struct sl_id *blob)
{
	return &set->slots[sl_id_slot(blob) % SL_FAMILIAR_CONTENTS];
}

const struct sl_familiar *sl_familiar_find(
	const struct sl_familiar_set *set, const struct sl_id *blob, const struct sl_id *content)
{
	const struct sl_familiar *known = set->slots ? slot_of(set, blob) : NULL;
	return known && sl_id_eq(&known->blob, blob) && sl_id_eq(&known->content, content) ? known
											   : NULL;
}

void sl_familiar_add(struct sl_familiar_set *set, const struct sl_id *blob,
	const struct sl_content *content, uint64_t night, const struct sl_secret *secret,
	struct sl_buf *scratch)
{
	if (content->n_indicators > SL_FAMILIAR_USES)
		return;
	if (!set->slots)
		set->slots = sl_calloc(SL_FAMILIAR_CONTENTS, sizeof(*set->slots));
	struct sl_familiar *known = slot_of(set, blob);
	free(known->uses);
	*known = (struct sl_familiar){ .blob = *blob,
		.content = content->key,
		.night = night,
		.uses = sl_calloc(content->n_indicators + 1, sizeof(*known->uses)),
		.n = content->n_indicators };
	for (size_t i = 0; i < known->n; i++) {
		const struct sl_indicator *indicator = &content->indicators[i];
		known->uses[i] = (struct sl_familiar_use){ .indicator = sl_indicator_key(secret,
								   indicator->kind,
								   indicator->value, scratch),
			.roles = (uint32_t)SL_BIT(indicator->role),
			.views = (uint32_t)SL_BIT(indicator->view) };
	}
}

void sl_indicators_forget(struct sl_indicators_met *met)
{
	free(met->slots);
	met->slots = NULL;
}

bool sl_indicators_met(struct sl_indicators_met *met, const struct sl_indicator_row *row)
{
	if (!met->slots)
		met->slots = sl_calloc(SL_INDICATORS_MET, sizeof(*met->slots));
	struct sl_indicator_met *slot = &met->slots[sl_id_slot(&row->key) % SL_INDICATORS_MET];
	uint64_t reading = sl_hash64(row->domain, sl_hash64(row->host, row->flags));
	if (sl_id_eq(&slot->key, &row->key) && slot->reading == reading &&
		slot->night <= row->night)
		return true;
	*slot = (struct sl_indicator_met){ row->key, row->night, reading };
	return false;
}
