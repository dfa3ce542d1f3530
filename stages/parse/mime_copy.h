/* SPDX-License-Identifier: Apache-2.0 */
/* mime_copy.h - the harmless copy of a body that GMime is given. No library in here. */
#ifndef SL_MIME_COPY_H
#define SL_MIME_COPY_H

#include "screen.h"

struct sl_mime_copy {
	char *p; /* owned */
	size_t n, room;
	size_t prefix; /* bytes in front of the body */
};

/* Make it: "Content-Type: TYPE", an empty line, the body; defanged, and cut as the screen said of
 * this type and this body. TYPE is a raw field value. */
void sl_mime_copy_make(struct sl_mime_copy *copy, struct sl_span type, struct sl_span body,
	const struct sl_screen_body *allowed);
void sl_mime_copy_free(struct sl_mime_copy *copy);
/* Offset behind the empty line that ends the header block at `from`. */
size_t sl_mime_copy_head_end(const struct sl_mime_copy *copy, size_t from);

#endif
