/* SPDX-License-Identifier: Apache-2.0 */
/* mime_copy.h - the harmless copy of a body that GMime is given. No library in here.
 *
 * Lines that begin with "--" and the header blocks behind them are copied; of what stands between
 * them only so much that something is there, since GMime would do no more than count it. So a
 * mail of 40 KB is a copy of 2 KB. A long line cannot look like a boundary in the middle of GMime's
 * buffer either. Offsets in the copy are told apart by pieces.
 */
#ifndef SL_MIME_COPY_H
#define SL_MIME_COPY_H

#include "screen.h"

/* A run of the body that lies in the copy as it is, up to where the next one begins. */
struct sl_mime_piece {
	size_t at;   /* in the copy */
	size_t from; /* in the body */
};

struct sl_mime_copy {
	char *p; /* owned */
	size_t n, room;
	size_t prefix;                /* bytes in front of the body */
	struct sl_mime_piece *pieces; /* owned; the first one begins at `prefix` */
	size_t n_pieces, room_pieces;
};

/* Make it: "Content-Type: TYPE", an empty line, what is needed of the body; defanged, and cut as
 * the screen said of this type and this body. TYPE is a raw field value. Linear in the body, by a
 * vector scan; one step a byte only in headers. */
void sl_mime_copy_make(struct sl_mime_copy *copy, struct sl_span type, struct sl_span body,
	const struct sl_screen_body *allowed);
void sl_mime_copy_free(struct sl_mime_copy *copy);
/* Append bytes; begin a piece at `at`. */
void sl_mime_copy_add(struct sl_mime_copy *copy, struct sl_span s);
void sl_mime_copy_piece(struct sl_mime_copy *copy, size_t at, size_t from);
/* Offset behind the empty line that ends the header block at `from`. */
size_t sl_mime_copy_head_end(const struct sl_mime_copy *copy, size_t from);
/* Where in the body the byte lies that lies here, at or behind `prefix`, in the copy. */
size_t sl_mime_copy_to_body(const struct sl_mime_copy *copy, size_t at);

#endif
