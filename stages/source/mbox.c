/* SPDX-License-Identifier: Apache-2.0 */
#include "mbox.h"

#include "linescan.h"
#include "mailhead.h"

enum state {
	LINE_START,
	RETURN,    /* "\r" at the start of a line */
	QUOTE,     /* one '>' is held back */
	MATCH,     /* a part of "From " */
	FROM_LINE, /* collecting a line that may be one */
	NEXT_LINE, /* it may be one: collecting what follows */
	IN_LINE
};

#define FROM SL_SPAN("From ")

void sl_mbox_init(struct sl_mbox *mbox, struct sl_emit *emit, char eol, uint64_t skip)
{
	sl_assert(eol == '\n' || eol == '\r');
	mbox->emit = emit;
	mbox->at = skip;
	mbox->line_at = skip;
	mbox->state = LINE_START;
	mbox->eol = eol;
	mbox->quoted = false;
	mbox->after_blank = true;
	mbox->n_blank = mbox->n_match = mbox->n_line = mbox->n_hold = 0;
}

static void out(struct sl_mbox *mbox, const char *p, size_t n)
{
	sl_emit_write(mbox->emit, sl_span_of(p, n));
}

/* The empty line was no separator: it belongs to the message. */
static void flush_blank(struct sl_mbox *mbox)
{
	out(mbox, mbox->blank, mbox->n_blank);
	mbox->n_blank = 0;
}

static void set_blank(struct sl_mbox *mbox, struct sl_span blank)
{
	sl_assert(blank.n <= sizeof(mbox->blank));
	flush_blank(mbox);
	memcpy(mbox->blank, blank.p, blank.n);
	mbox->n_blank = blank.n;
	mbox->after_blank = true;
	mbox->state = LINE_START;
}

/* What is held was an ordinary line, or the beginning of one. */
static void plain(struct sl_mbox *mbox, struct sl_span held, enum state next)
{
	flush_blank(mbox);
	out(mbox, held.p, held.n);
	mbox->after_blank = false;
	mbox->state = (int)next;
}

static bool is_special(const struct sl_mbox *mbox, char c)
{
	return c == mbox->eol || c == '\r' || c == '>' || c == 'F';
}

/* ordinary() for lines that end in '\r'. */
static size_t ordinary_mac(struct sl_mbox *mbox, struct sl_span s, size_t i)
{
	for (;;) {
		const char *end = memchr(s.p + i, mbox->eol, s.n - i);
		if (!end)
			return s.n;
		i = (size_t)(end - s.p) + 1;
		if (i == s.n || is_special(mbox, s.p[i])) {
			mbox->state = LINE_START;
			return i;
		}
	}
}

/* May a message, or a quoted From_ line, begin at `at`? Yes when the end is too near to say. */
static bool may_begin(struct sl_span s, size_t at)
{
	while (at < s.n && s.p[at] == '>')
		at++;
	struct sl_span line = sl_span_head(sl_span_from(s, at), FROM.n);
	return sl_span_eq(line, sl_span_head(FROM, line.n));
}

/* Where the empty line in front of the line at `at` begins; there is none: `at`. What is in front
 * of `from` is a line that is not empty. */
static size_t behind_blank(struct sl_span s, size_t from, size_t at)
{
	size_t end = at - 1; /* of the line in front */
	if (end > from && s.p[end - 1] == '\n')
		return end;
	if (end > from + 1 && s.p[end - 1] == '\r' && s.p[end - 2] == '\n')
		return end - 1;
	return at;
}

/* The same for the end of these bytes, where nobody knows what follows. */
static size_t ordinary_end(struct sl_mbox *mbox, struct sl_span s, size_t i)
{
	const char *last = memrchr(s.p + i, mbox->eol, s.n - i);
	if (!last)
		return s.n;
	size_t at = (size_t)(last - s.p) + 1;
	if (at < s.n && !is_special(mbox, s.p[at]))
		return s.n;
	mbox->state = LINE_START;
	return behind_blank(s, i, at);
}

/* The bytes from `i` on that need no look: the rest of this line, and all lines up to one that may
 * be a From_ line, or is empty in front of one. Returns where they end. */
static size_t ordinary(struct sl_mbox *mbox, struct sl_span s, size_t i)
{
	size_t at = i;
	if (mbox->eol != '\n')
		return ordinary_mac(mbox, s, i);
	while ((at += sl_linescan(sl_span_from(s, at))) < s.n) {
		at++;
		if (may_begin(s, at)) {
			mbox->state = LINE_START;
			return behind_blank(s, i, at);
		}
	}
	return ordinary_end(mbox, s, i);
}

static void replay(struct sl_mbox *mbox, const char *tail, size_t n);

/* The held line starts a message. Bytes behind it are read again. */
static void accept_line(struct sl_mbox *mbox)
{
	char tail[SL_MBOX_AHEAD + 2];
	size_t n_tail = mbox->n_hold - mbox->n_line;
	sl_assert(n_tail <= sizeof(tail));
	memcpy(tail, mbox->hold + mbox->n_line, n_tail);
	bool first = !mbox->emit->open;
	sl_emit_end(mbox->emit, mbox->line_at);
	sl_emit_begin(mbox->emit, first ? 0 : mbox->line_at, mbox->from.time);
	mbox->n_blank = 0;
	mbox->after_blank = true;
	mbox->state = LINE_START;
	replay(mbox, tail, n_tail);
}

/* It does not. */
static void refuse_line(struct sl_mbox *mbox)
{
	char tail[SL_MBOX_AHEAD + 2];
	size_t n_tail = mbox->n_hold - mbox->n_line;
	sl_assert(n_tail <= sizeof(tail));
	memcpy(tail, mbox->hold + mbox->n_line, n_tail);
	plain(mbox, sl_span_of(mbox->hold, mbox->n_line), LINE_START);
	replay(mbox, tail, n_tail);
}

/* A whole line "From ..." is held. */
static void judge_line(struct sl_mbox *mbox)
{
	struct sl_span line = sl_span_of(mbox->hold, mbox->n_hold);
	while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	mbox->n_line = mbox->n_hold;
	bool possible = sl_fromline_read(line, &mbox->from);
	bool date = possible && mbox->from.date;
	if (!mbox->emit->open || (date && mbox->after_blank))
		accept_line(mbox);
	else if (date || (possible && mbox->from.address && mbox->after_blank))
		mbox->state = NEXT_LINE;
	else
		refuse_line(mbox);
}

/* Enough of the line behind it is held. */
static void judge_next(struct sl_mbox *mbox)
{
	sl_assert(mbox->n_line <= mbox->n_hold);
	struct sl_span tail = sl_span_of(mbox->hold + mbox->n_line, mbox->n_hold - mbox->n_line);
	enum sl_fieldname name = sl_fieldname_of(tail);
	if (name == SL_FIELDNAME_STRONG || name == SL_FIELDNAME_WEAK ||
		sl_span_starts(tail, SL_SPAN(">From ")))
		accept_line(mbox);
	else
		refuse_line(mbox);
}

static void hold(struct sl_mbox *mbox, char c)
{
	sl_assert(mbox->n_hold < sizeof(mbox->hold));
	mbox->hold[mbox->n_hold++] = c;
}

static void step_from_line(struct sl_mbox *mbox, char c)
{
	hold(mbox, c);
	if (c == mbox->eol)
		judge_line(mbox);
	else if (mbox->n_hold > SL_FROMLINE_MAX)
		plain(mbox, sl_span_of(mbox->hold, mbox->n_hold), IN_LINE);
}

static void step_next_line(struct sl_mbox *mbox, char c)
{
	hold(mbox, c);
	if (c == ':' || c == mbox->eol || mbox->n_hold - mbox->n_line > SL_MBOX_AHEAD)
		judge_next(mbox);
}

/* Returns false when the byte is to be looked at again as part of a line. */
static bool step_line_start(struct sl_mbox *mbox, char c)
{
	mbox->line_at = mbox->at;
	mbox->quoted = false;
	mbox->n_match = 0;
	if (c == mbox->eol) {
		set_blank(mbox, sl_span_of(&c, 1));
	} else if (c == '\r') {
		mbox->state = RETURN;
	} else if (c == '>') {
		flush_blank(mbox);
		mbox->quoted = true;
		mbox->state = QUOTE;
	} else if (c == 'F') {
		mbox->n_match = 1;
		mbox->state = MATCH;
	} else {
		plain(mbox, SL_SPAN_NULL, IN_LINE);
		return false;
	}
	return true;
}

static bool step_quote(struct sl_mbox *mbox, char c)
{
	if (c == '>') {
		out(mbox, ">", 1);
	} else if (c == 'F') {
		mbox->n_match = 1;
		mbox->state = MATCH;
	} else {
		plain(mbox, SL_SPAN(">"), IN_LINE);
		return false;
	}
	return true;
}

/* "From " was not completed. */
static void no_match(struct sl_mbox *mbox)
{
	if (mbox->quoted)
		out(mbox, ">", 1);
	plain(mbox, sl_span_head(FROM, mbox->n_match), IN_LINE);
}

static bool step_match(struct sl_mbox *mbox, char c)
{
	sl_assert(mbox->n_match >= 1 && mbox->n_match < FROM.n);
	if (c != FROM.p[mbox->n_match]) {
		no_match(mbox);
		return false;
	}
	if (++mbox->n_match < FROM.n)
		return true;
	if (mbox->quoted) {
		plain(mbox, FROM, IN_LINE);
		return true;
	}
	memcpy(mbox->hold, FROM.p, FROM.n);
	mbox->n_hold = FROM.n;
	mbox->state = FROM_LINE;
	return true;
}

static bool step_return(struct sl_mbox *mbox, char c)
{
	if (c == '\n') {
		set_blank(mbox, SL_SPAN("\r\n"));
		return true;
	}
	plain(mbox, SL_SPAN("\r"), IN_LINE);
	return false;
}

/* Returns false when the byte was not used up. */
static bool step(struct sl_mbox *mbox, char c)
{
	switch ((enum state)mbox->state) {
	case LINE_START:
		return step_line_start(mbox, c);
	case RETURN:
		return step_return(mbox, c);
	case QUOTE:
		return step_quote(mbox, c);
	case MATCH:
		return step_match(mbox, c);
	case FROM_LINE:
	case NEXT_LINE:
	case IN_LINE:
		break;
	}
	return false;
}

static void take(struct sl_mbox *mbox, struct sl_span bytes)
{
	size_t i = 0;
	while (i < bytes.n && mbox->emit->rc == SL_OK) {
		if (mbox->state == IN_LINE) {
			size_t end = ordinary(mbox, bytes, i);
			out(mbox, bytes.p + i, end - i);
			mbox->at += end - i;
			i = end;
			continue;
		}
		/* counted before the step: it may read bytes again */
		if (mbox->state == FROM_LINE || mbox->state == NEXT_LINE) {
			mbox->at++;
			if (mbox->state == FROM_LINE)
				step_from_line(mbox, bytes.p[i++]);
			else
				step_next_line(mbox, bytes.p[i++]);
		} else if (step(mbox, bytes.p[i])) {
			mbox->at++;
			i++;
		}
	}
}

/* Read bytes again that were held to judge the line in front of them. They hold at most the end
 * of one line, so no second line is judged by its successor here: the depth is two. */
static void replay(struct sl_mbox *mbox, const char *tail, size_t n)
{
	sl_assert(mbox->at >= n);
	mbox->at -= n;
	take(mbox, sl_span_of(tail, n));
}

void sl_mbox_feed(struct sl_mbox *mbox, struct sl_span bytes)
{
	take(mbox, bytes);
}

void sl_mbox_finish(struct sl_mbox *mbox)
{
	if (mbox->state == NEXT_LINE)
		judge_next(mbox);
	if (mbox->state == FROM_LINE)
		judge_line(mbox);
	if (mbox->state == NEXT_LINE)
		refuse_line(mbox);
	if (mbox->state == QUOTE)
		plain(mbox, SL_SPAN(">"), IN_LINE);
	else if (mbox->state == RETURN)
		plain(mbox, SL_SPAN("\r"), IN_LINE);
	else if (mbox->state == MATCH)
		no_match(mbox);
	sl_emit_end(mbox->emit, mbox->at);
}
