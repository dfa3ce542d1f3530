/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"

#include "pipeline/base/clock.h"
#include "pipeline/base/unicode.h"
#include "pipeline/base/utf8.h"
#include "pipeline/policy.h"

enum { INDENT = 2, TEXT_MAX = 64 * 1024 };

struct sl_page sl_page_make(const struct sl_config *config, struct sl_buf *to)
{
	return (struct sl_page){ to, sl_arena_new(0), sl_redact_new(config),
		sl_language_of(config) };
}

void sl_page_end(struct sl_page *page)
{
	sl_redact_free(&page->redact);
	sl_arena_free(&page->arena);
}

struct sl_span sl_page_text(
	struct sl_page *page, enum sl_text text, const struct sl_span *args, size_t n)
{
	struct sl_buf filled = sl_buf_make(TEXT_MAX);
	sl_text_fill(&filled, page->language, text, args, n);
	struct sl_span span = sl_arena_copy(page->arena, sl_buf_span(&filled));
	sl_buf_free(&filled);
	return span;
}

struct sl_span sl_page_number(struct sl_page *page, uint64_t value)
{
	return sl_arena_printf(page->arena, "%llu", (unsigned long long)value);
}

struct sl_span sl_page_time(struct sl_page *page, int64_t time)
{
	char text[SL_TIME_TEXT];
	if (time == SL_TIME_NONE)
		return sl_span_str(sl_text(page->language, SL_TEXT_UNKNOWN));
	return sl_arena_copy(page->arena, sl_span_str(sl_time_text(time, text)));
}

struct sl_span sl_page_defang(struct sl_page *page, enum sl_kind kind, struct sl_span value)
{
	return sl_defang(page->arena, kind, sl_redact_text(page->redact, page->arena, value));
}

/* Schemes in running text: terminals make links of them. */
static void disarm(struct sl_buf *text)
{
	for (ssize_t at = -1;
		(at = sl_span_ifind(sl_buf_span(text), SL_SPAN("http"), (size_t)(at + 1))) >= 0;) {
		struct sl_span rest = sl_span_from(sl_buf_span(text), (size_t)at + 4);
		if (sl_span_istarts(rest, SL_SPAN("://")) || sl_span_istarts(rest, SL_SPAN("s://")))
			memcpy(text->p + at + 1, "xx", 2);
	}
}

/* What may be printed of foreign text. */
static struct sl_span printable(struct sl_page *page, struct sl_span text)
{
	struct sl_buf safe = sl_buf_make(16 * TEXT_MAX);
	sl_buf_escaped(&safe, sl_redact_text(page->redact, page->arena, text), SL_PAGE_VALUE);
	disarm(&safe);
	struct sl_span span = sl_arena_copy(page->arena, sl_buf_span(&safe));
	sl_buf_free(&safe);
	return span;
}

static void blanks(struct sl_page *page, size_t n)
{
	while (n--)
		sl_buf_char(page->to, ' ');
}

/* Must not begin a line (Japanese typesetting, JIS X 4051, the common ones). */
static bool is_closing(uint32_t c)
{
	return c == 0x3001 || c == 0x3002 || c == 0x300d || c == 0x300f || c == 0x3011 ||
	       c == 0x3015 || c == 0xff01 || c == 0xff09 || c == 0xff0c || c == 0xff0e ||
	       c == 0xff1f || c == 0x30fc;
}

/* The next piece that is not broken: a wide character with its closing punctuation, or a run of
 * narrow ones up to a blank. */
static size_t piece(struct sl_span rest)
{
	size_t n = 0;
	while (n < rest.n && rest.p[n] != ' ') {
		uint32_t c = 0;
		size_t len = sl_utf8_decode(sl_span_from(rest, n), &c);
		len = len ? len : 1;
		bool wide = sl_unicode_width(sl_span_of(rest.p + n, len)) > 1;
		if (n && wide && !is_closing(c))
			break;
		n += len;
		if (!wide)
			continue;
		while (sl_utf8_decode(sl_span_from(rest, n), &c) && is_closing(c))
			n += sl_utf8_decode(sl_span_from(rest, n), &c);
		break;
	}
	return n;
}

/* Fill lines from column `at` on; lines after the first begin at column `left`. */
static void fill(struct sl_page *page, size_t left, struct sl_span text)
{
	size_t at = left;
	bool gap = false;
	while (text.n) {
		if (text.p[0] == ' ') {
			gap = true;
			text = sl_span_from(text, 1);
			continue;
		}
		size_t n = piece(text), width = sl_unicode_width(sl_span_head(text, n));
		if (at > left && at + gap + width > SL_PAGE_WIDTH) {
			sl_buf_char(page->to, '\n');
			blanks(page, left);
			at = left;
		} else if (at > left && gap) {
			sl_buf_char(page->to, ' ');
			at++;
		}
		gap = false;
		sl_buf_add(page->to, sl_span_head(text, n));
		at += width;
		text = sl_span_from(text, n);
	}
	sl_buf_char(page->to, '\n');
}

void sl_page_title(struct sl_page *page, struct sl_span text)
{
	struct sl_span safe = printable(page, text);
	fill(page, 0, safe);
	size_t width = sl_unicode_width(safe);
	for (size_t i = 0; i < width && i < SL_PAGE_WIDTH; i++)
		sl_buf_char(page->to, '=');
	sl_buf_char(page->to, '\n');
}

void sl_page_head(struct sl_page *page, enum sl_text text)
{
	sl_buf_printf(page->to, "\n%s\n", sl_text(page->language, text));
}

void sl_page_row(struct sl_page *page, struct sl_span label, struct sl_span value)
{
	size_t left = INDENT + SL_PAGE_LABEL;
	struct sl_span name = printable(page, label);
	size_t width = sl_unicode_width(name);
	blanks(page, INDENT);
	sl_buf_add(page->to, name);
	if (!value.n)
		value = sl_span_str(sl_text(page->language, SL_TEXT_EMPTY));
	blanks(page, width < SL_PAGE_LABEL ? SL_PAGE_LABEL - width : 1);
	fill(page, left, printable(page, value));
}

void sl_page_say(struct sl_page *page, enum sl_text label, struct sl_span value)
{
	sl_page_row(page, sl_span_str(sl_text(page->language, label)), value);
}

void sl_page_more(struct sl_page *page, struct sl_span value)
{
	sl_page_row(page, SL_SPAN_NULL, value);
}

void sl_page_line(struct sl_page *page, size_t indent, struct sl_span line)
{
	struct sl_span rest = printable(page, line);
	size_t at = indent;
	blanks(page, indent);
	while (rest.n) {
		uint32_t c;
		size_t n = sl_utf8_decode(rest, &c);
		n = n ? n : 1;
		size_t width = sl_unicode_width(sl_span_head(rest, n));
		bool last = n == rest.n;
		if (at + width + !last > SL_PAGE_WIDTH) {
			sl_buf_str(page->to, "\xe2\x80\xa6");
			break;
		}
		sl_buf_add(page->to, sl_span_head(rest, n));
		at += width;
		rest = sl_span_from(rest, n);
	}
	sl_buf_char(page->to, '\n');
}

void sl_page_whole(struct sl_page *page, size_t indent, struct sl_span line)
{
	blanks(page, indent);
	sl_buf_add(page->to, printable(page, line));
	sl_buf_char(page->to, '\n');
}
