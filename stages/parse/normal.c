/* SPDX-License-Identifier: Apache-2.0 */
#include "normal.h"

#include "anchors.h"
#include "pipeline/base/lanes.h"
#include "pipeline/base/unicode.h"
#include "pipeline/base/utf8.h"
#include "textfold.h"

/* A mixed identifier has so many characters and digits at least. */
enum { ID_LEAST = 6, ID_DIGITS = 2, SOURCE_FACTOR = 4, SOFT_HYPHENS = 3, BEFORE = 16 };

struct work {
	struct sl_span s; /* folded text */
	size_t at;
	size_t no_address; /* up to here no address begins */
	size_t no_host;    /* up to here no host before a slash begins */
	char *to;
	size_t n, max;
	bool space, line; /* wait for the next character */
	bool mixed;
	struct sl_anchors anchors;
};

static void put(struct work *w, const char *bytes, size_t n)
{
	bool gap = w->n && (w->line || w->space);
	if (w->n + gap + n > w->max) {
		w->at = w->s.n; /* full: what comes next is of no use */
		return;
	}
	if (gap)
		w->to[w->n++] = w->line ? '\n' : ' ';
	w->line = w->space = false;
	memcpy(w->to + w->n, bytes, n);
	w->n += n;
}

static void put_code_point(struct work *w, uint32_t c)
{
	char bytes[4];
	put(w, bytes, sl_utf8_encode(c, bytes));
}

/* Two equal masks with nothing but space between them are one: "12 34" and "12 34 56" are slots
 * alike. */
static void put_mask(struct work *w, char mask)
{
	if (w->n && w->to[w->n - 1] == mask && !w->line) {
		w->space = false;
		return;
	}
	put(w, &mask, 1);
}

static bool joins_words(uint32_t c)
{
	enum sl_script script = sl_unicode_script(c);
	return (script != SL_SCRIPT_OTHER && script != SL_SCRIPT_FOREIGN &&
		       script != SL_SCRIPT_ARABIC && script != SL_SCRIPT_HEBREW &&
		       script != SL_SCRIPT_THAI) ||
	       (c >= '0' && c <= '9');
}

/* What can only be seen before folding takes it away. */
static void look_for_tricks(struct sl_span s, struct sl_normal *normal)
{
	uint32_t before = 0, c = 0;
	size_t hidden = 0, soft = 0;
	bool pending = false, pending_soft = false;
	for (size_t len; (len = sl_utf8_decode(s, &c)) > 0; s = sl_span_from(s, len)) {
		bool ordinary = c < 0x80 || sl_fold_simply(c) != 0;
		bool bidi = !ordinary && sl_unicode_is_bidi_control(c);
		/* the marks alone are part of honest Arabic and Hebrew */
		normal->bidi = normal->bidi || (bidi && c != 0x200e && c != 0x200f && c != 0x061c);
		if (!ordinary && sl_unicode_is_invisible(c)) {
			pending = pending || joins_words(before);
			pending_soft = c == 0xad;
			continue;
		}
		if (pending && joins_words(c))
			*(pending_soft ? &soft : &hidden) += 1;
		pending = false;
		before = c;
		/* the rest of a run can only stand before something */
		if (c < 0x80) {
			len = sl_ascii_end(s, 1);
			before = (unsigned char)s.p[len - 1];
		} else if (sl_is_east(c)) {
			len = sl_east_end(s, len);
		}
	}
	normal->invisible = normal->invisible || hidden > 0 || soft >= SOFT_HYPHENS;
}

static bool is_url_end(char c)
{
	return (unsigned char)c <= ' ' || (c & (char)0x80) || c == '<' || c == '>' || c == '"' ||
	       c == '\x7f';
}

static bool has_scheme(struct sl_span s)
{
	if (s.p[0] != 'h' && s.p[0] != 'w' && s.p[0] != 'f')
		return false;
	static const char *const starts[] = { "http://", "https://", "hxxp://", "hxxps://", "www.",
		"ftp://" };
	for (size_t i = 0; i < SL_LEN(starts); i++)
		if (sl_span_starts(s, sl_span_str(starts[i])))
			return true;
	return false;
}

static size_t until_url_end(struct sl_span s, size_t n)
{
	while (n < s.n && !is_url_end(s.p[n]))
		n++;
	return n;
}

/* A host before a slash: "example.com/x". *run_r: no other one begins within so many bytes. */
static size_t bare_url_length(struct sl_span s, size_t *run_r)
{
	size_t n = 0, dot = 0;
	for (; n < s.n && (sl_is_alnum(s.p[n]) || s.p[n] == '-' || s.p[n] == '.'); n++)
		dot = s.p[n] == '.' ? n : dot;
	*run_r = n;
	if (dot == 0 || n - dot < 3 || n - dot > 12 || n + 1 >= s.n || s.p[n] != '/' ||
		is_url_end(s.p[n + 1]) || !sl_is_alpha(s.p[dot + 1]))
		return 0;
	return until_url_end(s, n);
}

static bool take_url(struct work *w)
{
	struct sl_span rest = sl_span_from(w->s, w->at);
	size_t n = 0, run;
	if (has_scheme(rest)) {
		n = until_url_end(rest, 0);
	} else if (w->at >= w->no_host) {
		n = bare_url_length(rest, &run);
		w->no_host = w->at + run;
	}
	if (n == 0)
		return false;
	put_mask(w, SL_MASK_URL);
	w->at += n;
	return true;
}

static bool is_local(char c)
{
	return sl_is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}

/* The e-mail address at the start of `s`, or 0; *run_r: no address begins within so many bytes. */
static size_t address_length(struct sl_span s, size_t *run_r)
{
	size_t at = 0, end, dot = 0;
	while (at < s.n && is_local(s.p[at]))
		at++;
	*run_r = at;
	if (at == 0 || at >= s.n || s.p[at] != '@')
		return 0;
	for (end = at + 1;
		end < s.n && (sl_is_alnum(s.p[end]) || s.p[end] == '-' || s.p[end] == '.');)
		end++;
	while (end > at && (s.p[end - 1] == '.' || s.p[end - 1] == '-'))
		end--;
	for (size_t i = at + 2; i < end; i++)
		dot = s.p[i] == '.' ? i : dot;
	return dot && end > dot + 2 ? end : 0;
}

static bool take_address(struct work *w)
{
	size_t run;
	if (w->at < w->no_address)
		return false;
	struct sl_span rest = sl_span_from(w->s, w->at);
	size_t n = address_length(rest, &run);
	if (n == 0) {
		w->no_address = w->at + run;
		return false;
	}
	sl_anchors_add(&w->anchors, "email", sl_span_head(rest, n));
	put_mask(w, SL_MASK_ADDRESS);
	w->at += n;
	return true;
}

/* Letters and digits mixed, long enough: an order number, a token. */
static size_t id_length(struct sl_span s)
{
	size_t n = 0, digits = 0;
	while (n < s.n && sl_is_alnum(s.p[n]))
		digits += sl_is_digit(s.p[n++]);
	bool joined = n < s.n && (s.p[n] & (char)0x80) && s.n > n + 1 && digits == 0;
	return n >= ID_LEAST && digits >= ID_DIGITS && digits < n && !joined ? n : 0;
}

static bool take_number(struct work *w)
{
	struct sl_span rest = sl_span_from(w->s, w->at);
	size_t n = id_length(rest);
	if (n == 0 && sl_is_digit(rest.p[0])) {
		size_t from = w->at > BEFORE ? w->at - BEFORE : 0;
		n = sl_anchors_number(&w->anchors, sl_span_of(w->s.p + from, w->at - from), rest);
	}
	if (n == 0)
		return false;
	put_mask(w, SL_MASK_NUMBER);
	w->at += n;
	return true;
}

static bool in_word(uint32_t c)
{
	return sl_unicode_is_letter(c) || sl_unicode_is_mark(c);
}

/* Up to what is no letter. *latin_r: there is a Latin one; *alike_r: one that looks so. */
static size_t word_end(struct sl_span s, size_t at, bool *latin_r, bool *alike_r)
{
	uint32_t c;
	for (size_t len;; at += len) {
		at = sl_east_end(s, at);
		len = sl_utf8_decode(sl_span_from(s, at), &c);
		if (len == 0 || !in_word(c))
			return at;
		*latin_r = *latin_r || sl_unicode_script(c) == SL_SCRIPT_LATIN;
		*alike_r = *alike_r || (c > 0x36f && sl_unicode_latin_lookalike(c) != 0);
	}
}

/* Characters of SL_EAST_BYTES each: those that find room. */
static void put_east(struct work *w, size_t end)
{
	struct sl_span run = sl_span_of(w->s.p + w->at, end - w->at);
	size_t gap = w->n && (w->line || w->space), room = w->max - w->n;
	if (room < gap + run.n)
		run.n = room < gap + SL_EAST_BYTES ? SL_EAST_BYTES
						   : (room - gap) / SL_EAST_BYTES * SL_EAST_BYTES;
	w->at = end;
	put(w, run.p, run.n);
	if (w->s.p + end != run.p + run.n)
		w->at = w->s.n;
}

/* Letters up to what is none. Look-alikes count as Latin where a Latin letter is, too. */
static void take_word(struct work *w)
{
	bool latin = false, alike = false, after_latin = false;
	size_t end = word_end(w->s, w->at, &latin, &alike);
	w->mixed = w->mixed || (latin && alike);
	while (w->at < end) {
		uint32_t c;
		size_t east = sl_east_end(sl_span_head(w->s, end), w->at);
		if (east > w->at) {
			put_east(w, east);
			after_latin = false;
			continue;
		}
		size_t len = sl_utf8_decode(sl_span_from(w->s, w->at), &c);
		w->at += len;
		bool mark = c >= 0x300 && sl_unicode_is_mark(c);
		uint32_t other = latin ? sl_unicode_latin_lookalike(c) : 0;
		if (mark && after_latin)
			continue;
		c = other ? (uint32_t)sl_lower((char)other) : sl_unicode_latin_base(c);
		after_latin = mark ? after_latin : sl_unicode_script(c) == SL_SCRIPT_LATIN;
		put_code_point(w, c);
	}
}

/* What quoted-printable leaves behind when it was not undone: "=\n", "=3d", "=20". */
static size_t residue_length(struct work *w, struct sl_span s)
{
	if (s.n > 1 && s.p[1] == '\n')
		return 2;
	if (!sl_span_starts(s, SL_SPAN("=20")) && !sl_span_starts(s, SL_SPAN("=3d")))
		return 0;
	w->space = true;
	return 3;
}

/* Neither letter nor digit: white space, lines, punctuation. */
static void take_other(struct work *w, uint32_t c, size_t len)
{
	struct sl_span rest = sl_span_from(w->s, w->at);
	size_t n = c == '=' ? residue_length(w, rest) : 0;
	if (n) {
		w->at += n;
		return;
	}
	if (c == '{' || c == '%' || c == '[' || c == '<' || c == '$' || c == '*' || c == '#')
		sl_anchors_macro(&w->anchors, rest);
	if (c == '\n' || c == 0x2028 || c == 0x2029)
		w->line = true;
	else if (c < 0x80 || !sl_unicode_is_invisible(c))
		w->space = true;
	w->at += len;
}

/* ASCII that needs no thought. OPEN: letters may be joined by it to a URL, an address or a number.
 */
enum { HARD, GAP, LINE, LETTER, OPEN };
#define REPEAT4(x) x, x, x, x
#define REPEAT26(x) REPEAT4(x), REPEAT4(x), REPEAT4(x), REPEAT4(x), REPEAT4(x), REPEAT4(x), x, x
#define REPEAT32(x) REPEAT26(x), REPEAT4(x), x, x
static const uint8_t easy[256] = { REPEAT4(GAP), REPEAT4(GAP), GAP, GAP, LINE, REPEAT4(GAP),
	REPEAT4(GAP), REPEAT4(GAP), REPEAT4(GAP), REPEAT4(GAP), GAP,
	/* ' ' to '?' */
	GAP, GAP, GAP, HARD, HARD, HARD, GAP, GAP, GAP, GAP, HARD, OPEN, GAP, OPEN, OPEN, OPEN,
	REPEAT4(HARD), REPEAT4(HARD), HARD, HARD, OPEN, GAP, HARD, HARD, GAP, GAP,
	/* '@' to DEL */
	OPEN, REPEAT26(LETTER), HARD, GAP, GAP, GAP, OPEN, GAP, REPEAT26(LETTER), HARD, GAP, GAP,
	GAP, GAP, REPEAT32(HARD), REPEAT32(HARD), REPEAT32(HARD), REPEAT32(HARD) };
#undef REPEAT4
#undef REPEAT26
#undef REPEAT32

static bool ends_plainly(struct sl_span s, size_t end)
{
	uint8_t next = end < s.n ? easy[(unsigned char)s.p[end]] : GAP;
	return next == GAP || next == LINE;
}

static sl_lanes is_no_word(sl_lanes v)
{
	return ~(sl_lanes_in(v | sl_lanes_all(0x20), 'a', 'z') | sl_lanes_eq(v, ' '));
}

/* The end of words of ASCII letters, one space between two of them, before `most`, with nothing
 * behind the last one that could make it more than a word: what the long way would do with them. */
static size_t plain_words(struct sl_span s, size_t at, size_t most)
{
	size_t end = sl_lanes_find(sl_span_head(s, most), at, is_no_word);
	ssize_t two = sl_span_ipair(sl_span_head(s, end), ' ', ' ', at);
	if (two >= 0)
		return (size_t)two;
	bool plain = ends_plainly(s, end);
	while (end > at && (s.p[end - 1] == ' ' || !plain))
		plain = s.p[--end] == ' ';
	return end;
}

static bool take_plain_words(struct work *w)
{
	bool gap = w->n && (w->line || w->space);
	if (w->n + gap >= w->max)
		return false;
	size_t n = plain_words(w->s, w->at, w->at + (w->max - w->n - gap)) - w->at;
	if (n)
		put(w, w->s.p + w->at, n);
	w->at += n;
	return n > 0;
}

static void walk(struct work *w)
{
	bool word_before = false;
	while (w->at < w->s.n) {
		uint8_t kind = easy[(unsigned char)w->s.p[w->at]];
		if (kind == LETTER && take_plain_words(w)) {
			word_before = true;
			continue;
		}
		if (kind == GAP || kind == LINE) {
			*(kind == LINE ? &w->line : &w->space) = true;
			word_before = false;
			w->at++;
			continue;
		}
		struct sl_span rest = sl_span_from(w->s, w->at);
		uint32_t c;
		size_t len = sl_utf8_decode(rest, &c);
		if (len == 0) {
			w->at++;
			continue;
		}
		bool alnum = c < 0x80 && sl_is_alnum((char)c);
		if (alnum && !word_before && (take_url(w) || take_address(w)))
			continue;
		if (alnum && take_number(w)) {
			word_before = true;
			continue;
		}
		if (in_word(c)) {
			take_word(w);
			word_before = true;
		} else {
			take_other(w, c, len);
			word_before = false;
		}
	}
}

static struct sl_span cut(struct sl_span s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max > 0 && (s.p[max] & 0xc0) == 0x80)
		max--;
	return sl_span_head(s, max);
}

void sl_normal_make(
	struct sl_arena *arena, struct sl_span text, size_t max, struct sl_normal *normal_r)
{
	*normal_r = (struct sl_normal){ 0 };
	text = cut(text, max * SOURCE_FACTOR);
	struct work w = { .max = max, .anchors = { .arena = arena } };
	if (sl_ascii_end(text, 0) < text.n)
		look_for_tricks(text, normal_r);
	sl_anchors_wallets(&w.anchors, text);
	w.s = sl_text_fold(arena, text);
	normal_r->source = text;
	normal_r->folded = w.s;
	size_t room = w.s.n + 16 < max ? w.s.n + 16 : max;
	w.max = room;
	w.to = sl_arena_alloc(arena, room);
	walk(&w);
	sl_assert(w.n <= room);
	sl_arena_trim(arena, w.to, room, w.n);
	sl_anchors_finish(&w.anchors);
	normal_r->text = sl_span_of(w.to, w.n);
	normal_r->anchors = w.anchors.items;
	normal_r->n_anchors = w.anchors.n;
	normal_r->mixed = w.mixed;
}
