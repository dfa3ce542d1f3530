/* SPDX-License-Identifier: Apache-2.0 */
/* partkind.h - how a leaf is to be read: by its type, its name, and its first bytes. */
#ifndef SL_PARTKIND_H
#define SL_PARTKIND_H

#include "pipeline/mail.h"

enum sl_part_kind {
	SL_PART_FILE, /* not text */
	SL_PART_TEXT,
	SL_PART_HTML, /* also XHTML and SVG */
	SL_PART_MAIL  /* a whole message */
};

/* Needs type, name and decoded. What is called a file but is text is text: lures come as page.html
 * of type application/octet-stream. */
enum sl_part_kind sl_part_kind(const struct sl_part *part);

#endif
