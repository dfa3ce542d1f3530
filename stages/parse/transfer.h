/* SPDX-License-Identifier: Apache-2.0 */
/* transfer.h - Content-Transfer-Encoding undone, as leniently as mail clients do (RFC 2045 section
 * 6).
 *
 * Base64: bytes outside the alphabet are passed, padding in the middle starts a new stream, the
 * URL-safe alphabet counts, missing padding is no error. Quoted-printable: soft breaks with spaces
 * behind, lower-case digits, a lone '=' stays. Output is never longer than the input. Linear.
 */
#ifndef SL_TRANSFER_H
#define SL_TRANSFER_H

#include "pipeline/base/arena.h"

enum sl_transfer {
	SL_TRANSFER_NONE, /* 7bit, 8bit, binary, absent */
	SL_TRANSFER_BASE64,
	SL_TRANSFER_QP,
	SL_TRANSFER_UU,
	SL_TRANSFER_UNKNOWN /* a name that is none of these; bytes are taken as they are */
};

/* By the first known name in the field value ("Base64 (comment)", "base64, 7bit"). */
enum sl_transfer sl_transfer_of(struct sl_span value);

struct sl_transferred {
	struct sl_span bytes; /* in the arena, or the input itself */
	bool damaged;         /* some of it was not in the encoding */
};

struct sl_transferred sl_transfer_decode(
	struct sl_arena *arena, enum sl_transfer transfer, struct sl_span raw);

/* A uuencoded file within text: "begin 644 name", lines, "end". */
struct sl_uu {
	struct sl_span name;
	struct sl_span raw;   /* from "begin" to behind "end" */
	struct sl_span bytes; /* decoded, in the arena */
};

/* The first one at or behind `from`; false: none. */
bool sl_uu_find(struct sl_arena *arena, struct sl_span text, size_t from, struct sl_uu *uu_r);

#endif
