/* SPDX-License-Identifier: Apache-2.0 */
#include "explain_work.h"

#include "pipeline/base/unicode.h"
#include "pipeline/base/utf8.h"

enum { PARTS_MOST = 8, FILES_MOST = 20, SHORT = 240, PART_HEAD = 4096, LOOK_AT = 65536 };

/* The Content-Transfer-Encoding in a block of header lines; empty: none. */
static struct sl_span encoding_in(struct sl_span head)
{
	struct sl_span name = SL_SPAN("content-transfer-encoding:");
	struct sl_span line, found = SL_SPAN_NULL;
	while (sl_span_split(&head, '\n', &line)) {
		if (sl_span_istarts(line, name))
			found = sl_span_trim(sl_span_from(line, name.n));
	}
	return found;
}

/* The header lines in front of a part: back to the boundary line, within reason. */
static struct sl_span head_of(const struct sl_mail *mail, const struct sl_part *part)
{
	if (!part->raw.n || part->raw.p < mail->body.p || part->raw.p > mail->body.p + mail->body.n)
		return SL_SPAN_NULL;
	size_t end = (size_t)(part->raw.p - mail->body.p);
	size_t from = end > PART_HEAD ? end - PART_HEAD : 0;
	struct sl_span before = sl_span_of(mail->body.p + from, end - from);
	ssize_t at;
	while ((at = sl_span_find(before, SL_SPAN("\n--"), 0)) >= 0)
		before = sl_span_from(before, (size_t)at + 3);
	return before;
}

static struct sl_span encoding_of(const struct sl_mail *mail, const struct sl_part *part)
{
	struct sl_span found = encoding_in(head_of(mail, part));
	if (!found.n && mail->n_parts == 1) {
		const struct sl_field *field = sl_mail_field(mail, "content-transfer-encoding");
		found = field ? sl_span_trim(field->value) : found;
	}
	return found.n && found.n <= 40 ? found : SL_SPAN("7bit");
}

static void say_part(struct sl_explain *e, const struct sl_part *part, bool first)
{
	struct sl_span number = sl_page_number(&e->page, part->number);
	struct sl_span encoding = encoding_of(e->mail, part);
	struct sl_span line = part->charset.n ? SL_FILL(&e->page, SL_TEXT_PART, number, part->type,
							encoding, part->charset)
					      : SL_FILL(&e->page, SL_TEXT_PART_NO_CHARSET, number,
							part->type, encoding);
	if (first)
		sl_page_say(&e->page, SL_TEXT_DECODED_FROM, line);
	else
		sl_page_more(&e->page, line);
}

static void say_parts(struct sl_explain *e)
{
	uint64_t n = 0;
	for (size_t i = 0; i < e->mail->n_parts; i++) {
		const struct sl_part *part = &e->mail->parts[i];
		if (part->attachment || !sl_span_starts(part->type, SL_SPAN("text/")))
			continue;
		if (n++ < PARTS_MOST)
			say_part(e, part, n == 1);
	}
	if (!n)
		sl_page_say(&e->page, SL_TEXT_DECODED_FROM, sl_explain_word(e, SL_TEXT_NO_TEXT));
	if (n > PARTS_MOST)
		sl_page_more(&e->page,
			SL_FILL(&e->page, SL_TEXT_MORE, sl_page_number(&e->page, n - PARTS_MOST)));
}

/* White space of any kind as one blank, what draws nothing left out, cut at SHORT characters. */
static struct sl_span one_line(struct sl_explain *e, struct sl_span text)
{
	struct sl_buf line = sl_buf_make(SHORT * 8);
	size_t count = 0;
	bool gap = false;
	text = sl_redact_text(e->page.redact, e->page.arena, sl_span_head(text, LOOK_AT));
	while (text.n && count < SHORT) {
		uint32_t c;
		size_t n = sl_utf8_decode(text, &c);
		text = sl_span_from(text, n ? n : 1);
		if (n && sl_unicode_is_space(c)) {
			gap = line.n > 0;
		} else if (!n || !sl_unicode_is_invisible(c)) {
			if (gap)
				sl_buf_char(&line, ' ');
			sl_buf_utf8(&line, n ? c : 0xfffd);
			gap = false;
			count++;
		}
	}
	if (text.n)
		sl_buf_str(&line, " \xe2\x80\xa6");
	struct sl_span span = sl_arena_copy(e->page.arena, sl_buf_span(&line));
	sl_buf_free(&line);
	return span;
}

static void say_flags(struct sl_explain *e)
{
	static const struct {
		enum sl_msg_flag flag;
		enum sl_text text;
	} rows[] = {
		{ SL_MSG_CHARSET_REPAIRED, SL_TEXT_CHARSET_REPAIRED },
		{ SL_MSG_CHARSET_LOSS, SL_TEXT_CHARSET_LOSS },
		{ SL_MSG_MIME_DAMAGED, SL_TEXT_MIME_DAMAGED },
		{ SL_MSG_HIDDEN_TEXT, SL_TEXT_HIDDEN },
	};
	uint64_t flags = e->mail->message.flags | e->mail->content.flags;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		if (flags & SL_BIT(rows[i].flag))
			sl_page_more(&e->page, sl_explain_word(e, rows[i].text));
	}
}

static void say_limits(struct sl_explain *e)
{
	uint64_t flags = e->mail->message.flags | e->mail->content.flags;
	struct sl_buf names = sl_buf_make(SL_PAGE_VALUE);
	for (unsigned i = SL_MSG_LIMIT_MESSAGE; i <= SL_MSG_LIMIT_EMBEDDED; i++) {
		if (!(flags & SL_BIT(i)))
			continue;
		if (names.n)
			sl_buf_str(&names, ", ");
		sl_buf_str(&names, sl_msg_flag_name((enum sl_msg_flag)i));
	}
	if (names.n)
		sl_page_say(&e->page, SL_TEXT_NOTE,
			SL_FILL(&e->page, SL_TEXT_LIMITS, sl_buf_span(&names)));
	sl_buf_free(&names);
}

void sl_explain_body(struct sl_explain *e)
{
	const struct sl_mail *mail = e->mail;
	struct sl_span language =
		mail->message.language.n ? mail->message.language : mail->content.language;
	sl_page_head(&e->page, SL_TEXT_HEAD_BODY);
	say_parts(e);
	say_flags(e);
	sl_page_say(&e->page, SL_TEXT_LANGUAGE,
		language.n ? language : sl_explain_word(e, SL_TEXT_UNKNOWN));
	sl_page_say(&e->page, SL_TEXT_IT_SAYS, one_line(e, mail->visible));
	say_limits(e);
}

static struct sl_span hex_of(struct sl_explain *e, const void *bytes, size_t n)
{
	struct sl_buf to = sl_buf_make(256);
	sl_buf_hex(&to, bytes, n);
	struct sl_span span = sl_arena_copy(e->page.arena, sl_buf_span(&to));
	sl_buf_free(&to);
	return span;
}

void sl_explain_files(struct sl_explain *e)
{
	const struct sl_content *c = &e->mail->content;
	sl_page_head(&e->page, SL_TEXT_HEAD_FILES);
	if (!c->n_attachments)
		sl_page_say(&e->page, SL_TEXT_FILE, sl_explain_word(e, SL_TEXT_NONE));
	for (size_t i = 0; i < c->n_attachments && i < FILES_MOST; i++) {
		const struct sl_attachment *a = &c->attachments[i];
		struct sl_span name = a->name.n ? a->name : sl_explain_word(e, SL_TEXT_EMPTY);
		sl_page_say(&e->page, SL_TEXT_FILE,
			SL_FILL(&e->page, SL_TEXT_FILE_LINE, name, a->type,
				sl_page_number(&e->page, a->size)));
		sl_page_row(
			&e->page, SL_SPAN("SHA-256"), hex_of(e, a->sha256.b, sizeof(a->sha256.b)));
	}
	if (c->n_attachments > FILES_MOST)
		sl_page_more(
			&e->page, SL_FILL(&e->page, SL_TEXT_MORE,
					  sl_page_number(&e->page, c->n_attachments - FILES_MOST)));
}
