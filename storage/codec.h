/* SPDX-License-Identifier: Apache-2.0 */
/* codec.h - records to flat bytes and back.
 *
 * The one decoder: the store reads rows with it and the engine reads what a worker hands over
 * (later: a sandboxed cell that may have been taken over), so it trusts nothing: every length,
 * count, enumeration and text is checked, every loop is bounded by the bytes that are there.
 * Layout: a version byte, then the fields in the order of the functions in codec.c; integers are
 * LEB128, texts are length + bytes. Encoding costs about a memcpy; decoded spans point into the
 * input, arrays into the arena.
 */
#ifndef SL_CODEC_H
#define SL_CODEC_H

#include "pipeline/base/arena.h"
#include "pipeline/base/buf.h"
#include "pipeline/record.h"

enum { SL_CODEC_VERSION = 1 };

void sl_message_encode(struct sl_buf *to, const struct sl_message *message);
void sl_content_encode(struct sl_buf *to, const struct sl_content *content);
/* `content`: its content as sl_content_encode() writes it; empty: that is done here. */
void sl_result_encode(struct sl_buf *to, const struct sl_result *result, struct sl_span content);

/* False: the bytes are not what an encoder of this version writes (also: bytes left over). */
bool sl_message_decode(struct sl_span from, struct sl_arena *arena, struct sl_message *message_r);
bool sl_content_decode(struct sl_span from, struct sl_arena *arena, struct sl_content *content_r);
/* Takes one result off the front of `from`. */
bool sl_result_decode(struct sl_span *from, struct sl_arena *arena, struct sl_result *result_r);

#endif
