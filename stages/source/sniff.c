/* SPDX-License-Identifier: Apache-2.0 */
#include "sniff.h"

#include "mailhead.h"

/* One in so many bytes may be a control character before a file is binary. */
enum { CONTROLS_PER = 32 };

/* How a name of the closed list is compared: whole, by its start, by its end. */
enum match { WHOLE, START, END };

static const struct {
	const char *name;
	enum match match;
} housekeeping[] = {
	{ "cmds", WHOLE },  /* SpamAssassin corpus */
	{ "index", WHOLE }, /* TREC corpora */
	{ "readme", WHOLE },
	{ "readme.txt", WHOLE },
	{ ".ds_store", WHOLE },
	{ "thumbs.db", WHOLE },
	{ "desktop.ini", WHOLE },
	{ "._", START }, /* AppleDouble */
	{ "dovecot", START },
	{ "courierimap", START },
	{ "cyrus.", START },
	{ "maildirsize", WHOLE },
	{ "maildirfolder", WHOLE },
	{ "subscriptions", WHOLE },
	{ ".mh_sequences", WHOLE },
	{ ".xmhcache", WHOLE },
	{ ".msf", END },   /* Thunderbird index */
	{ ".cmeta", END }, /* Evolution */
	{ ".ibex.index", END },
};

bool sl_sniff_is_housekeeping(struct sl_span path)
{
	size_t from = path.n;
	while (from && path.p[from - 1] != '/')
		from--;
	struct sl_span name = sl_span_from(path, from);
	for (size_t i = 0; i < SL_LEN(housekeeping); i++) {
		struct sl_span want = sl_span_str(housekeeping[i].name);
		enum match match = housekeeping[i].match;
		if (match == WHOLE       ? sl_span_ieq(name, want)
			: match == START ? sl_span_istarts(name, want)
					 : sl_span_iends(name, want))
			return true;
	}
	return false;
}

/* NUL or many control characters: not text. Escape is text (ISO-2022-JP). */
static bool is_binary(struct sl_span head)
{
	size_t controls = 0;
	if (sl_span_starts(head, SL_SPAN("\xff\xfe")) || sl_span_starts(head, SL_SPAN("\xfe\xff")))
		return false;
	for (size_t i = 0; i < head.n; i++) {
		unsigned char c = (unsigned char)head.p[i];
		if (c == '\0')
			return true;
		if (c < ' ' && !sl_is_space((char)c) && c != '\b' && c != 0x1b)
			controls++;
	}
	return controls * CONTROLS_PER > head.n;
}

/* Behind a UTF-8 byte order mark and empty lines. */
static size_t text_start(struct sl_span head)
{
	size_t at = sl_span_starts(head, SL_SPAN("\xef\xbb\xbf")) ? 3 : 0;
	while (at < head.n && (head.p[at] == '\n' || head.p[at] == '\r'))
		at++;
	return at;
}

/* A line with nothing but a number, then a mail. */
static bool is_emlx(struct sl_span head, bool whole, struct sl_sniff *sniff)
{
	struct sl_span line, rest = head;
	uint64_t length;
	if (!sl_span_split(&rest, '\n', &line) || line.n > 24 ||
		!sl_span_u64(sl_span_trim(line), &length) ||
		sl_mailhead_of(rest, '\n', whole) != SL_MAILHEAD_MAIL)
		return false;
	sniff->start = head.n - rest.n;
	sniff->length = length;
	return true;
}

static enum sl_sniff_kind mail_kind(struct sl_span head, bool whole, struct sl_sniff *sniff)
{
	size_t start = text_start(head);
	struct sl_span text = sl_span_from(head, start);
	bool has_lf = sl_span_chr(text, '\n', 0) >= 0;
	sniff->eol = has_lf || sl_span_chr(text, '\r', 0) < 0 ? '\n' : '\r';
	sniff->start = start;
	if (sl_span_starts(text, SL_SPAN("\1\1\1\1\n")) ||
		sl_span_starts(text, SL_SPAN("\1\1\1\1\r\n")))
		return SL_SNIFF_MMDF;
	switch (sl_mailhead_of(text, sniff->eol, whole)) {
	case SL_MAILHEAD_MBOX:
		return SL_SNIFF_MBOX;
	case SL_MAILHEAD_MAIL:
		return SL_SNIFF_MAIL;
	case SL_MAILHEAD_NONE:
		break;
	}
	return is_emlx(head, whole, sniff) ? SL_SNIFF_EMLX : SL_SNIFF_EMPTY;
}

void sl_sniff_head(struct sl_span head, bool whole, struct sl_sniff *sniff_r)
{
	*sniff_r = (struct sl_sniff){ .kind = SL_SNIFF_EMPTY, .format = "", .eol = '\n' };
	head = sl_span_head(head, SL_SNIFF_WINDOW);
	if (head.n == 0)
		return;
	sniff_r->kind = sl_magic_binary(head, &sniff_r->format);
	if (sniff_r->kind == SL_SNIFF_EMPTY)
		sniff_r->kind = mail_kind(head, whole, sniff_r);
	if (sniff_r->kind == SL_SNIFF_EMPTY)
		sniff_r->kind = sl_magic_text(head, &sniff_r->format);
	if (sniff_r->kind == SL_SNIFF_EMPTY)
		sniff_r->kind = is_binary(head) ? SL_SNIFF_BINARY : SL_SNIFF_TEXT;
	sl_assert(sniff_r->kind != SL_SNIFF_EMPTY);
	sl_assert(sniff_r->start <= head.n);
}
