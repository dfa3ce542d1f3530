/* SPDX-License-Identifier: Apache-2.0 */
/* html_entity.h - character references of HTML (HTML Living Standard, section 13.2.5.72 on). */
#ifndef SL_HTML_ENTITY_H
#define SL_HTML_ENTITY_H

#include "pipeline/base/span.h"

/* The reference at the start of `s` (which begins with '&'): its length and code point; 0: it is
 * none. As a browser does: without semicolon for numbers and old names, but in an attribute not
 * before '=' or a letter. Constant time. */
size_t sl_entity_read(struct sl_span s, bool attribute, uint32_t *code_point_r);

/* Rows of html_entities.c, in the order of strcmp(). */
struct sl_entity_row {
	const char *name; /* without '&' and ';' */
	uint32_t code_point;
};
extern const struct sl_entity_row sl_entity_rows[];
extern const size_t sl_entity_row_count;

#endif
