/* SPDX-License-Identifier: Apache-2.0 */
/* html_tags.h - the element names of HTML and what matters about each for reading mail. */
#ifndef SL_HTML_TAGS_H
#define SL_HTML_TAGS_H

#include "pipeline/base/span.h"

/* Bits. */
enum sl_tag_trait {
	SL_TAG_BLOCK = 1,   /* line break before and behind */
	SL_TAG_CELL = 2,    /* white space before and behind */
	SL_TAG_VOID = 4,    /* has no end tag */
	SL_TAG_RAW = 8,     /* content is text up to the end tag */
	SL_TAG_SILENT = 16, /* content is shown nowhere */
	SL_TAG_TABLE = 32,  /* table structure: other end tags do not close it */
	SL_TAG_AGAIN = 64   /* a second one closes an open one (p, li, td ...) */
};

/* Those that are asked for by name; all others have a number too. */
enum sl_tag {
	SL_TAG_NONE,
	SL_TAG_A,
	SL_TAG_AREA,
	SL_TAG_AUDIO,
	SL_TAG_BASE,
	SL_TAG_BGSOUND,
	SL_TAG_BODY,
	SL_TAG_BR,
	SL_TAG_BUTTON,
	SL_TAG_EMBED,
	SL_TAG_FONT,
	SL_TAG_FORM,
	SL_TAG_FRAME,
	SL_TAG_IFRAME,
	SL_TAG_IMAGE,
	SL_TAG_IMG,
	SL_TAG_INPUT,
	SL_TAG_LI,
	SL_TAG_LINK,
	SL_TAG_META,
	SL_TAG_OBJECT,
	SL_TAG_P,
	SL_TAG_PRE,
	SL_TAG_SCRIPT,
	SL_TAG_SOURCE,
	SL_TAG_STYLE,
	SL_TAG_TABLE_TAG,
	SL_TAG_TD,
	SL_TAG_TH,
	SL_TAG_TR,
	SL_TAG_TRACK,
	SL_TAG_VIDEO,
	SL_TAG_NAMED,          /* the first number of the rest */
	SL_TAG_PREFIXED = 253, /* o:p and the like */
	SL_TAG_VML = 254,      /* v:roundrect and the like */
	SL_TAG_UNKNOWN = 255
};

struct sl_tag_info {
	const char *name;
	uint8_t id; /* 0 in the table: SL_TAG_NAMED + place */
	uint8_t traits;
};

/* Never NULL. Case does not matter. About 20 ns. */
const struct sl_tag_info *sl_tag_find(struct sl_span name, uint8_t *id_r);

#endif
