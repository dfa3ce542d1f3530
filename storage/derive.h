/* SPDX-License-Identifier: Apache-2.0 */
/* derive.h - what messages add up to: rows of variants, indicators and uses, and how two merge.
 *
 * Every merge is commutative, associative and, but for the count of messages, idempotent: min, max,
 * union, sum over distinct messages, the smallest exemplar. So it is the same whether a row is
 * merged message by message, in the order of any night, or summed up in memory first; the writer
 * (ingest.c), the rebuild and the check all use this one. Internal to storage/.
 */
#ifndef SL_DERIVE_H
#define SL_DERIVE_H

#include "familiar.h"
#include "pending.h"

/* Times over sightings: SL_TIME_NONE is no time at all. */
int64_t sl_time_first(int64_t a, int64_t b);
int64_t sl_time_last(int64_t a, int64_t b);

/* A variant row without its campaign, and the digest of its exemplar's bytes: ids of messages are
 * unseeded and can be made equal by an enemy, so the digest decides between such twins. */
struct sl_variant_sum {
	struct sl_variant_row row;
	struct sl_sha256 sha256;
};

struct sl_use_sum {
	struct sl_use_row row;
	uint64_t serial; /* of the message that was counted last */
};

/* New messages of one face (faces.h) and a known content, whose variant, and whose indicators but
 * those of a copy, are one and the same: summed up as one until somebody looks. */
struct sl_face_sum {
	struct sl_id face;
	struct sl_variant_sum sum;
	struct sl_familiar_use *uses; /* by indicator, each once; in the arena */
	size_t n;
};

struct sl_derived {
	const struct sl_secret *secret;
	struct sl_indicators_met *met; /* merged before, or NULL: nobody knows */
	struct sl_pending faces;       /* struct sl_face_sum */
	size_t n_face_uses;            /* of all of them */
	struct sl_pending variants;    /* struct sl_variant_sum */
	struct sl_pending indicators;  /* struct sl_indicator_row, texts in the arena */
	struct sl_pending uses;        /* struct sl_use_sum */
	struct sl_arena *arena;        /* owned */
	struct sl_buf scratch;         /* owned */
	uint64_t serial;
};

void sl_derived_init(struct sl_derived *derived, const struct sl_secret *secret);
void sl_derived_free(struct sl_derived *derived);
void sl_derived_reset(struct sl_derived *derived);

/* Add a message as it stands in `row`. `count` is 1 for a message that is not counted yet, 0 when
 * only its times or night have widened. `content` may be NULL when it is lost. */
void sl_derived_add(struct sl_derived *derived, const struct sl_message_row *row,
	const struct sl_content *content, uint64_t count);

/* A new message of a known content goes to the sum of its face. NULL: there is none yet for its
 * night; then make one, for which all indicators of the message are looked at. What is found is
 * good until the next is made. */
struct sl_face_sum *sl_derived_face(
	const struct sl_derived *derived, const struct sl_message_row *row);
struct sl_face_sum *sl_derived_make_face(struct sl_derived *derived,
	const struct sl_message_row *row, const struct sl_familiar *known)
	__attribute__((returns_nonnull));
/* Of the indicators only those of the copy are looked at. */
void sl_derived_add_copy(
	struct sl_derived *derived, const struct sl_message_row *row, struct sl_face_sum *face);
/* Before variants and uses are looked at: put the sums of faces into them. */
void sl_derived_spread(struct sl_derived *derived);

/* Merge `from` into `into`; they have the same key. A zero exemplar is none. */
void sl_variant_merge(struct sl_variant_sum *into, const struct sl_variant_sum *from);
/* Do the exemplars of both tie but for the digest? */
bool sl_variant_tie(const struct sl_variant_row *a, const struct sl_variant_row *b);
void sl_use_merge(struct sl_use_row *into, const struct sl_use_row *from);
/* True: `into` has changed. */
bool sl_indicator_merge(struct sl_indicator_row *into, const struct sl_indicator_row *from);

#endif
