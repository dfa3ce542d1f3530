/* SPDX-License-Identifier: Apache-2.0 */
/* html_style.h - as much CSS as is needed to tell text that is seen from text that is not.
 *
 * Inline declarations, and simple rules of style sheets (".x", "td.x", "#x") outside of @media. It
 * is a reading of habits, not a layout: a colour is compared with the nearest known background, a
 * size with nothing. Linear in the text.
 */
#ifndef SL_HTML_STYLE_H
#define SL_HTML_STYLE_H

#include "pipeline/base/span.h"

#define SL_COLOUR_NONE 0xff000000u  /* not said */
#define SL_COLOUR_CLEAR 0xff000001u /* transparent */
#define SL_COLOUR_OTHER 0xff000002u /* a picture, a gradient, or not understood */

/* What the declarations of one element say. */
struct sl_look {
	bool hidden;                 /* whatever its children say */
	bool sized, tiny;            /* a font size is given; it is nearly nothing */
	uint32_t colour, background; /* 0xRRGGBB or one of the above */
};

#define SL_LOOK_NONE ((struct sl_look){ false, false, false, SL_COLOUR_NONE, SL_COLOUR_NONE })

/* Add what the declarations say to *look. Entities are decoded already. */
void sl_style_read(struct sl_span css, struct sl_look *look);
/* "#fff", "#ffffff", "ffffff", "white", "rgb(1, 2, 3)". */
uint32_t sl_colour_read(struct sl_span text);
/* Both known and hardly to be told apart. */
bool sl_colours_alike(uint32_t a, uint32_t b);

/* Next URL in css, by url(...) or @import; false: no more. *at moves on. `import_r`: it is a sheet.
 */
bool sl_css_url(struct sl_span css, size_t *at, struct sl_span *url_r, bool *import_r);

enum { SL_SHEET_ROOM = 512 };
/* Class and id names that a style sheet hides. */
struct sl_sheet {
	uint64_t names[SL_SHEET_ROOM]; /* open addressing; 0: free */
	size_t n;
};
void sl_sheet_read(struct sl_sheet *sheet, struct sl_span css);
/* Does it hide an element with these attributes? */
bool sl_sheet_hides(const struct sl_sheet *sheet, struct sl_span class_names, struct sl_span id);

#endif
