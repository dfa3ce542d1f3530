/* SPDX-License-Identifier: Apache-2.0 */
#include "mailhead.h"

#include "fromline.h"

/* The longest field name, and strong fields enough for a header that begins with rubbish. */
enum { LONGEST_NAME = 76, ENOUGH = 3 };

/* Lower case. Names that other texts hardly begin lines with. */
static const char *const strong[] = { "received", "from", "to", "subject", "cc", "bcc",
	"return-path", "message-id", "mime-version", "delivered-to", "reply-to", "sender",
	"in-reply-to", "references", "envelope-to", "errors-to", "list-id", "list-unsubscribe",
	"precedence", "received-spf", "authentication-results", "dkim-signature",
	"domainkey-signature", "arc-seal", "arc-message-signature", "arc-authentication-results",
	"resent-from", "resent-to", "resent-date", "resent-message-id", "newsgroups",
	"apparently-to", "disposition-notification-to", "return-receipt-to", "thread-topic",
	"thread-index", "content-transfer-encoding", "x-mailer", "x-originating-ip",
	"x-original-to", "x-spam-status", "x-mozilla-status", "x-uidl", "x-gmail-labels",
	"x-gm-thrid", "x-envelope-from", "x-envelope-to", "x-priority", "x-mimeole",
	"auto-submitted", "feedback-id" };

static const char *const weak[] = { "date", "content-type", "content-disposition", "content-length",
	"content-language", "content-id", "content-description", "status", "lines", "comments",
	"keywords", "organization", "importance", "priority", "user-agent", "bounces-to",
	"mailing-list", "path", "xref", "encoding", "expires" };

static bool in_list(struct sl_span name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (sl_span_ieq(name, sl_span_str(list[i])))
			return true;
	}
	return false;
}

enum sl_fieldname sl_fieldname_of(struct sl_span line)
{
	size_t n = 0;
	while (n < line.n && n < LONGEST_NAME && line.p[n] > ' ' && line.p[n] < 127 &&
		line.p[n] != ':')
		n++;
	size_t colon = n;
	while (colon < line.n && (line.p[colon] == ' ' || line.p[colon] == '\t'))
		colon++;
	if (n == 0 || colon == line.n || line.p[colon] != ':')
		return SL_FIELDNAME_NONE;
	struct sl_span name = sl_span_head(line, n);
	if (in_list(name, strong, SL_LEN(strong)))
		return SL_FIELDNAME_STRONG;
	if (sl_span_istarts(name, SL_SPAN("x-")) || in_list(name, weak, SL_LEN(weak)))
		return SL_FIELDNAME_WEAK;
	return SL_FIELDNAME_OTHER;
}

/* What the lines of a header block are. */
struct block {
	size_t strong, weak, fields, junk;
	bool first_is_field;
};

static bool is_blank(struct sl_span line)
{
	return line.n == 0 || (line.n == 1 && line.p[0] == '\r');
}

static void count_line(struct block *block, struct sl_span line)
{
	enum sl_fieldname kind = sl_fieldname_of(line);
	bool first = block->fields + block->junk == 0;
	if (first)
		block->first_is_field = kind != SL_FIELDNAME_NONE;
	if (kind == SL_FIELDNAME_NONE)
		block->junk++;
	else
		block->fields++;
	if (kind == SL_FIELDNAME_STRONG)
		block->strong++;
	if (kind == SL_FIELDNAME_WEAK)
		block->weak++;
}

/* Of a text that goes on, the last line is cut and says nothing, unless it is all there is. */
static struct sl_span whole_lines(struct sl_span text, char eol)
{
	size_t n = text.n;
	while (n && text.p[n - 1] != eol)
		n--;
	return n ? sl_span_head(text, n) : text;
}

/* Nothing that follows can make this less than a mail, with a From_ line on top or without. */
static bool is_clear(const struct block *b)
{
	return b->first_is_field && b->strong >= 2;
}

/* From_ lines, also quoted ones, are no junk: some programs put them into headers. */
static struct block read_block(struct sl_span rest, char eol, bool whole)
{
	struct block block = { .fields = 0 };
	struct sl_span line;
	if (!whole)
		rest = whole_lines(rest, eol);
	while (!is_clear(&block) && sl_span_split(&rest, eol, &line) && !is_blank(line)) {
		bool continued = line.p[0] == ' ' || line.p[0] == '\t';
		if (continued && block.fields)
			continue;
		if (line.p[0] == '>')
			line = sl_span_from(line, 1);
		if (!sl_fromline_starts(line))
			count_line(&block, line);
	}
	return block;
}

static bool is_mail(const struct block *b)
{
	if (is_clear(b))
		return true;
	if (!b->first_is_field)
		return b->strong >= ENOUGH && b->fields > b->junk;
	if (b->strong == 1)
		return b->junk <= b->fields;
	return b->weak > 0 && b->junk == 0 && b->weak * 2 >= b->fields;
}

static enum sl_mailhead behind_from_line(struct sl_span head, char eol, bool whole)
{
	struct sl_span line, rest = head;
	struct sl_fromline from;
	if (!sl_span_split(&rest, eol, &line))
		return SL_MAILHEAD_NONE;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (!sl_fromline_read(line, &from))
		return SL_MAILHEAD_NONE;
	struct block block = read_block(rest, eol, whole);
	bool nothing = block.fields + block.junk == 0;
	if (from.date && (block.first_is_field || (nothing && (whole || rest.n))))
		return SL_MAILHEAD_MBOX;
	if (block.first_is_field && block.strong)
		return SL_MAILHEAD_MBOX;
	return block.strong >= ENOUGH ? SL_MAILHEAD_MBOX : SL_MAILHEAD_NONE;
}

enum sl_mailhead sl_mailhead_of(struct sl_span head, char eol, bool whole)
{
	if (sl_fromline_starts(head))
		return behind_from_line(head, eol, whole);
	struct block block = read_block(head, eol, whole);
	return is_mail(&block) ? SL_MAILHEAD_MAIL : SL_MAILHEAD_NONE;
}
