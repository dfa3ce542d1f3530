/* SPDX-License-Identifier: Apache-2.0 */
/* messagerow.h - rows of messages out of records that are encoded already, and into records.
 *
 * Most messages come as the bytes that a worker made. Their row is put together from these, and a
 * message that is met again is compared with its row as bytes: nothing is decoded. Internal to
 * storage/.
 */
#ifndef SL_MESSAGEROW_H
#define SL_MESSAGEROW_H

#include "rows.h"
#include "visit.h"

/* What the sightings of a message add up to, and its home. The record is behind it: one of version
 * 1 when v->version says so. */
void sl_visit_message_head(struct sl_visit *v, struct sl_message_row *row);
/* That of a row; the record is not looked at. */
bool sl_row_message_head(struct sl_span key, struct sl_span value, struct sl_message_row *row_r);
/* The same, the face's key, and of the record id, digest and parent. All of a row of version 1. */
bool sl_row_message_brief(struct sl_span key, struct sl_span value, struct sl_arena *arena,
	struct sl_message_row *row_r);
/* Of a face all but its indicators. */
bool sl_row_face_look(struct sl_span key, struct sl_span value, struct sl_message *message);
/* Replace what is in `to` by the fields of a message whose part is encoded already. */
void sl_row_message_fields(
	const struct sl_message_row *row, struct sl_span message_copy, struct sl_buf *to);
/* Is the row sound, and of that face and that encoded part? Then its sums and its home. */
bool sl_row_message_same(struct sl_span key, struct sl_span value, const struct sl_id *face,
	struct sl_span message_copy, struct sl_message_row *sums_r);
/* Put the face into a message that has its other part. */
bool sl_row_face_decode(struct sl_span key, struct sl_span value, struct sl_arena *arena,
	struct sl_message *message);

#endif
