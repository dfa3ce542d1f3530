/* SPDX-License-Identifier: Apache-2.0 */
/* headfields.h - a header block cut into fields (RFC 5322 section 2.2, read leniently).
 *
 * Works for the header of a message and of a MIME part. Lines end by CR LF or LF; by CR only where
 * there is no LF in the first 64 KB. Nothing is copied until sl_field_unfold(). One pass,
 * O(length).
 */
#ifndef SL_HEADFIELDS_H
#define SL_HEADFIELDS_H

#include "pipeline/limits.h"
#include "pipeline/mail.h"

/* What limits kept out: spans of the message, for the byte scan. */
struct sl_cuts {
	struct sl_span *items; /* in the arena */
	size_t n, room;
};
/* Add what stands in `whole` from `from` on. A word that is cut in two is taken whole: it may be a
 * link. */
void sl_cuts_add(struct sl_cuts *cuts, struct sl_arena *arena, struct sl_span whole, size_t from);

/* A message, parted. */
struct sl_head {
	struct sl_span head, body;
	struct sl_field *fields; /* of the head, in order, in the arena */
	size_t n;
};
/* Cut at the first empty line. The head begins where raw begins and keeps the line end of its last
 * field; the body begins behind the empty line. Without an empty line all is head. A line that can
 * be no field ends the head and begins the body, unless well-known fields go on within the next
 * lines (a fold without its space, junk on top). `offset` of a field counts from head.p. Lines that
 * are no field are passed. What is beyond a limit is cut: its bytes are added to *cuts_r, its flag
 * to *flags_r (HEADER_BLOCK, HEADER_LINE, HEADERS, FOLDS). */
void sl_head_split(struct sl_arena *arena, struct sl_span raw, const struct sl_limits *limits,
	struct sl_head *head_r, struct sl_cuts *cuts_r, uint64_t *flags_r);

/* The fields of a head that is known to be one, by the same rules; the count. */
size_t sl_fields_split(struct sl_arena *arena, struct sl_span head, const struct sl_limits *limits,
	struct sl_field **fields_r, struct sl_cuts *cuts_r, uint64_t *flags_r);

/* Does the field have that name (case ignored)? The length, told first, sorts out most. */
static inline bool sl_field_named(const struct sl_field *field, struct sl_span name)
{
	return field->name.n == name.n && sl_span_ieq(field->name, name);
}

/* The first field of that name (case ignored), or NULL. */
const struct sl_field *sl_fields_find(
	const struct sl_field *fields, size_t n_fields, const char *name);

/* The value on one line: a line end and the white space behind it become one space, NUL too; white
 * space at both ends is taken off. Part of the input itself when nothing is to be replaced. */
struct sl_span sl_field_unfold(struct sl_arena *arena, struct sl_span value);

#endif
