/* SPDX-License-Identifier: Apache-2.0 */
/* message_rows.h - one message as the JSON object of messages.jsonl; `explain --json` uses it too.
 */
#ifndef SL_MESSAGE_ROWS_H
#define SL_MESSAGE_ROWS_H

#include "field_rows.h"
#include "redact.h"

/* What is told of a message. All borrowed. */
struct sl_told_message {
	const struct sl_tables *tables;
	const struct sl_config *config;
	const struct sl_redact *redact;
	const struct sl_message *message;
	const struct sl_content *content;
	struct sl_span archive, entry;
	uint64_t ordinal, offset, length;
	uint64_t sightings;
	bool with_sha256;
	struct sl_span campaign; /* empty: not known */
};

/* Header and body indicators together, sorted by kind, value, role, view, part; without the trap's
 * own addresses. */
struct sl_indicator *sl_told_indicators(
	const struct sl_told_message *told, struct sl_arena *arena, size_t *n_r);
/* Text for output: redacted. */
struct sl_span sl_told_text(
	const struct sl_told_message *told, struct sl_arena *arena, struct sl_span text);

#endif
