/* SPDX-License-Identifier: Apache-2.0 */
/* html.h - HTML of a mail to what a reader sees, what is hidden from him, and where it leads.
 *
 * A tokenizer of our own: one pass, no tree, no network, no entity of a document is ever expanded.
 * It follows the HTML Living Standard (13.2.5) in what is a tag, an attribute, a comment or raw
 * text, and is more lenient where a mail client could be: a tag cut by the end counts, raw text
 * that is never closed is markup. Work is bounded by the limits html (by the caller), html_depth,
 * tags and urls.
 *
 * Places that give links: docs/ARCHITECTURE.md has the list, html_links.c the code.
 */
#ifndef SL_HTML_H
#define SL_HTML_H

#include "pipeline/mail.h"

/* Scratch memory of one thread. */
struct sl_html;

struct sl_html *sl_html_new(void);
void sl_html_free(struct sl_html **html);

struct sl_html_text {
	struct sl_span visible, hidden; /* in the arena; lines by blocks, white space collapsed */
	struct sl_span tags; /* numbers of the start tags, one byte each; until the next call */
	struct sl_span rest; /* markup behind the limit of tags, not read */
	uint64_t flags;      /* LIMIT_HTML_DEPTH, LIMIT_TAGS, LIMIT_URLS */
};

/* Read the markup (UTF-8) of one part; links are added to the mail. */
void sl_html_read(struct sl_html *html, struct sl_mail *mail, uint32_t part, struct sl_span markup,
	struct sl_html_text *text_r);

/* Number of "<name" and "</name" in a text that should have none: escaped HTML within HTML. */
size_t sl_html_literal_tags(struct sl_span text, size_t enough);

#endif
