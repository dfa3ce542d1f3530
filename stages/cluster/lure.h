/* SPDX-License-Identifier: Apache-2.0 */
/* lure.h - what of a variant is compared: text, lure identity, form, files, brands.
 *
 * Made of the record of the variant's exemplar and of its content. Spans are borrowed from the view
 * that the records came from; lists live in the arena. About 400 bytes.
 */
#ifndef SL_LURE_H
#define SL_LURE_H

#include "sketch.h"

#include "pipeline/record.h"
#include "pipeline/tables.h"

enum { SL_LURE_LIST = 24 }; /* anchors, files, brands that are looked at */

struct sl_hashes {
	uint64_t *v;   /* ascending, distinct */
	uint64_t bits; /* one for each: two sets without a bit in common do not meet */
	uint32_t n;
};

struct sl_lure {
	struct sl_id key, name;             /* of the variant */
	struct sl_id exemplar, exemplar_id; /* message: key, name */
	int64_t time;                       /* of the exemplar, or SL_TIME_NONE */
	uint64_t messages;
	struct sl_span subject, sender, text;
	uint64_t language;     /* 0: not known */
	struct sl_grams grams; /* of the text; v is NULL when they were not kept */
	struct sl_name_grams subject_grams, sender_grams;
	uint64_t head;     /* first word of the sender's name: the lure identity; 0: no sender */
	uint64_t skeleton; /* 0: no HTML, or too few tags to tell */
	uint16_t tags[SL_TAG_SKETCH];
	bool has_tags;
	struct sl_hashes anchors, files;
	struct sl_hashes claimed; /* brands in subject and sender */
	struct sl_hashes named;   /* brands anywhere */
};

/* Does (time, id) of `a` come before that of `b`? No time sorts last. */
bool sl_lure_before(const struct sl_lure *a, const struct sl_lure *b);

/* Features of a message; key, name, exemplar, time and count are the caller's. `tables` may be
 * NULL: then only brands that the records name count. */
void sl_lure_make(struct sl_arena *arena, const struct sl_tables *tables,
	const struct sl_message *message, const struct sl_content *content, struct sl_lure *lure_r);

/* Hash of a line of the text, white space at its ends apart; 0: too short to mean anything. */
uint64_t sl_line_hash(struct sl_span line);
bool sl_hashes_have(const struct sl_hashes *hashes, uint64_t value);
bool sl_hashes_meet(const struct sl_hashes *a, const struct sl_hashes *b);

#endif
