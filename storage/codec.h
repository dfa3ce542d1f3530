/* SPDX-License-Identifier: Apache-2.0 */
/* codec.h - records to flat bytes and back.
 *
 * The one decoder: the store reads rows with it and the engine reads what a worker hands over
 * (later: a sandboxed cell that may have been taken over), so it trusts nothing: every length,
 * count, enumeration and text is checked, every loop is bounded by the bytes that are there.
 * Layout: a version byte, then the fields in the order of the functions in codec.c; integers are
 * LEB128, texts are length + bytes, or the place of an earlier text that they end. Encoding costs
 * about a memcpy; decoded spans point into the input, arrays into the arena. Records of version 1
 * can be read.
 *
 * A message has two parts: its face is what all copies of a lure have in common (sender, subject,
 * what was found in them, names of content and variant), the rest is of one copy (id, size, times,
 * the way it came). The store keeps a face once. Indicators come back with those of the face first.
 */
#ifndef SL_CODEC_H
#define SL_CODEC_H

#include "pipeline/base/arena.h"
#include "pipeline/base/buf.h"
#include "pipeline/record.h"

enum { SL_CODEC_VERSION = 2, SL_CODEC_OLDEST = 1 };

void sl_message_encode(struct sl_buf *to, const struct sl_message *message);
void sl_content_encode(struct sl_buf *to, const struct sl_content *content);
void sl_result_encode(struct sl_buf *to, const struct sl_result *result);
/* The same with a content that was encoded before: result->content is not looked at. */
void sl_result_encode_with(
	struct sl_buf *to, const struct sl_result *result, struct sl_span content);

/* Is it one of what the way of a copy has left in its header, and so not of the face? */
bool sl_indicator_is_of_copy(const struct sl_indicator *indicator);

/* False: the bytes are not what an encoder of this version writes (also: bytes left over). */
bool sl_message_decode(struct sl_span from, struct sl_arena *arena, struct sl_message *message_r);
/* The same when its face was decoded before and need not be looked at: of that the message gets
 * only the names of content and variant. sl_face_decode() makes it whole. */
bool sl_message_decode_copy(
	struct sl_span from, struct sl_arena *arena, struct sl_message *message_r);
/* The parts of an encoded message, for rows of the store. */
bool sl_message_parts(struct sl_span message, struct sl_span *face_r, struct sl_span *copy_r);
/* Put the face into a message that has its other part. */
bool sl_face_decode(struct sl_span from, struct sl_arena *arena, struct sl_message *message);
/* The key of an encoded content; the rest of it is not looked at. */
bool sl_content_key(struct sl_span from, struct sl_id *key_r);
bool sl_content_decode(struct sl_span from, struct sl_arena *arena, struct sl_content *content_r);
/* A result whose records are not decoded yet: so a content that is known can be left alone. */
struct sl_parcel {
	uint32_t index;
	struct sl_span inner;
	uint64_t length;
	int64_t time;
	struct sl_span message, content; /* for sl_message_decode(), sl_content_decode() */
};
/* Take one result off the front of `from`. */
bool sl_result_take(struct sl_span *from, struct sl_parcel *parcel_r);
bool sl_result_decode(struct sl_span *from, struct sl_arena *arena, struct sl_result *result_r);

#endif
