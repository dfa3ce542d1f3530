/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - lays out text for people: a column of labels, a column of values, 80 columns in all.
 *
 * All that is printed goes through here: trap addresses are taken out, then control characters,
 * bidi controls and broken bytes are escaped, then lines are filled by display width. Words are
 * never broken, so a long URL stands whole on a line of its own; between wide characters a line may
 * end, but not in front of closing punctuation.
 */
#ifndef SL_PAGE_H
#define SL_PAGE_H

#include "redact.h"
#include "texts.h"

#include "pipeline/base/arena.h"
#include "pipeline/base/buf.h"
#include "pipeline/kinds.h"

enum { SL_PAGE_WIDTH = 80, SL_PAGE_LABEL = 18, SL_PAGE_VALUE = 2000 };

struct sl_page {
	struct sl_buf *to;        /* borrowed */
	struct sl_arena *arena;   /* owned; short-lived texts */
	struct sl_redact *redact; /* owned */
	enum sl_language language;
};

struct sl_page sl_page_make(const struct sl_config *config, struct sl_buf *to);
void sl_page_end(struct sl_page *page);

/* The sentence, filled in, in the page's arena. */
struct sl_span sl_page_text(
	struct sl_page *page, enum sl_text text, const struct sl_span *args, size_t n);
#define SL_FILL(page, text, ...)                                                                   \
	sl_page_text((page), (text), (const struct sl_span[]){ __VA_ARGS__ },                      \
		SL_LEN(((const struct sl_span[]){ __VA_ARGS__ })))
struct sl_span sl_page_number(struct sl_page *page, uint64_t value);
/* "not known" for SL_TIME_NONE. */
struct sl_span sl_page_time(struct sl_page *page, int64_t time);

/* The trap's addresses taken out first - afterwards nobody would find them -, then disarmed. */
struct sl_span sl_page_defang(struct sl_page *page, enum sl_kind kind, struct sl_span value);

void sl_page_title(struct sl_page *page, struct sl_span text);
void sl_page_head(struct sl_page *page, enum sl_text text);
/* Label and value; an empty label continues the one above. */
void sl_page_row(struct sl_page *page, struct sl_span label, struct sl_span value);
/* The same with a label out of the table. */
void sl_page_say(struct sl_page *page, enum sl_text label, struct sl_span value);
/* More of the value above, on a line of its own. */
void sl_page_more(struct sl_page *page, struct sl_span value);
/* A line that keeps its blanks: template text, tables. Cut at the width. */
void sl_page_line(struct sl_page *page, size_t indent, struct sl_span line);
/* The same, but never cut: rows that end in a URL. */
void sl_page_whole(struct sl_page *page, size_t indent, struct sl_span line);

#endif
