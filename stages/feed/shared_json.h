/* SPDX-License-Identifier: Apache-2.0 */
/* shared_json.h - objects that messages.jsonl and campaigns.jsonl both hold, redacted. */
#ifndef SL_SHARED_JSON_H
#define SL_SHARED_JSON_H

#include "redact.h"

#include "pipeline/base/json.h"
#include "pipeline/record.h"

/* Where a message lies, by names for people. Borrowed. */
struct sl_place {
	struct sl_span archive, entry;
	uint64_t ordinal, offset, length;
};

/* The keys of a place, into the object that is open. */
void sl_json_place(struct sl_json *to, const struct sl_redact *redact, struct sl_arena *arena,
	const struct sl_place *place);
/* A list of objects, in the order given. */
void sl_json_attachments(struct sl_json *to, const struct sl_redact *redact, struct sl_arena *arena,
	const struct sl_attachment *attachments, size_t n);

#endif
