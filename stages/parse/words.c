/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include "headfields.h"
#include "pipeline/base/lanes.h"
#include "pipeline/base/utf8.h"

enum { LABEL_MAX = 64 };

/* Bytes of neighbouring words of one charset, collected before they are decoded: a character may be
 * cut between two words. `bits` carry an unfinished base64 quantum over the cut. */
struct run {
	struct sl_span label; /* p NULL: no run is open */
	char *bytes;
	size_t n, room;
	uint32_t bits;
	int n_bits;
};

struct decoder {
	struct sl_charset *charset;
	struct sl_arena *arena;
	uint64_t *flags;
	struct run run;
	char *out;
	size_t n, room;
};

static void put(struct decoder *d, struct sl_span s)
{
	if (d->n + s.n > d->room) {
		size_t room = d->room * 2 > d->n + s.n ? d->room * 2 : d->n + s.n;
		d->out = sl_arena_grow(d->arena, d->out, d->room, room);
		d->room = room;
	}
	if (s.n)
		memcpy(d->out + d->n, s.p, s.n);
	d->n += s.n;
}

static void note(struct decoder *d, const struct sl_decoded *decoded)
{
	if (decoded->lost)
		*d->flags |= SL_BIT(SL_MSG_CHARSET_LOSS);
	if (decoded->repaired)
		*d->flags |= SL_BIT(SL_MSG_CHARSET_REPAIRED);
}

static void close_run(struct decoder *d)
{
	struct run *run = &d->run;
	if (!run->label.p)
		return;
	struct sl_span bytes = sl_span_of(run->bytes, run->n);
	if (bytes.n) {
		struct sl_decoded decoded =
			sl_charset_decode(d->charset, d->arena, run->label, bytes, false);
		note(d, &decoded);
		put(d, decoded.text);
	}
	*run = (struct run){ .label = SL_SPAN_NULL };
}

static void run_byte(struct decoder *d, char byte)
{
	struct run *run = &d->run;
	sl_assert(run->n < run->room);
	run->bytes[run->n++] = byte;
}

/* Bits that are left and not zero belong to the next word: the base64 text was cut anywhere. */
static void add_base64(struct decoder *d, struct sl_span text)
{
	struct run *run = &d->run;
	for (size_t i = 0; i < text.n; i++) {
		int value = sl_base64_value(text.p[i]);
		if (text.p[i] == '=')
			run->n_bits = 0;
		if (value < 0)
			continue;
		run->bits = (run->bits << 6 | (uint32_t)value) & 0xffff;
		run->n_bits += 6;
		if (run->n_bits >= 8) {
			run->n_bits -= 8;
			run_byte(d, (char)(run->bits >> run->n_bits));
		}
	}
	if (run->n_bits < 6 && (run->bits & ((1u << run->n_bits) - 1)) == 0)
		run->n_bits = 0;
}

static void add_quoted(struct decoder *d, struct sl_span text)
{
	d->run.n_bits = 0;
	for (size_t i = 0; i < text.n; i++) {
		int high = -1, low = -1;
		if (text.p[i] == '=' && i + 2 < text.n) {
			high = sl_hex_value(text.p[i + 1]);
			low = sl_hex_value(text.p[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			run_byte(d, (char)(high << 4 | low));
			i += 2;
		} else {
			run_byte(d, text.p[i] == '_' ? ' ' : text.p[i]);
		}
	}
}

static bool has_high(struct sl_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

/* Text that stands outside encoded words. */
static void add_literal(struct decoder *d, struct sl_span text)
{
	bool high = has_high(text);
	if (high)
		*d->flags |= SL_BIT(SL_MSG_RAW_8BIT);
	if (high || sl_span_chr(text, 0x1b, 0) >= 0) { /* ISO-2022-JP is 7-bit */
		struct sl_decoded decoded = sl_charset_guess(d->charset, d->arena, text);
		note(d, &decoded);
		text = decoded.text;
	}
	put(d, text);
}

struct word {
	struct sl_span label, text;
	bool base64;
	size_t end; /* behind the word */
};

/* The end of a word's text: "?=", but not where another word begins before it, which is how a word
 * without an end looks. A word cut off at the end of the value counts when it holds no space. */
static bool word_end(struct sl_span s, size_t at, struct word *word)
{
	size_t start = at;
	bool space = false;
	for (; at < s.n; at++) {
		if (at + 1 < s.n && s.p[at] == '?' && s.p[at + 1] == '=') {
			word->text = sl_span_of(s.p + start, at - start);
			word->end = at + 2;
			return true;
		}
		bool opens = at + 1 < s.n && s.p[at] == '=' && s.p[at + 1] == '?';
		if (opens && !(at + 2 < s.n && s.p[at + 2] == '='))
			return false;
		space |= s.p[at] == ' ' || s.p[at] == '"';
	}
	word->text = sl_span_from(s, start);
	word->end = s.n;
	return !space;
}

/* An encoded word at `at`, where "=?" stands: charset[*language] ? B or Q ? text ?= */
static bool word_at(struct sl_span s, size_t at, struct word *word)
{
	size_t label = at + 2, i = label;
	while (i < s.n && i - label <= LABEL_MAX && s.p[i] != '?' && s.p[i] != ' ')
		i++;
	if (i == label || i + 2 >= s.n || s.p[i] != '?' || s.p[i + 2] != '?')
		return false;
	char code = sl_lower(s.p[i + 1]);
	if (code != 'b' && code != 'q')
		return false;
	word->base64 = code == 'b';
	word->label = sl_span_of(s.p + label, i - label);
	ssize_t star = sl_span_chr(word->label, '*', 0);
	if (star > 0)
		word->label.n = (size_t)star;
	return word_end(s, i + 3, word);
}

static void add_word(struct decoder *d, const struct word *word)
{
	struct run *run = &d->run;
	if (run->label.p && !sl_span_ieq(run->label, word->label))
		close_run(d);
	run->label = word->label;
	if (has_high(word->text))
		*d->flags |= SL_BIT(SL_MSG_RAW_8BIT);
	if (run->n + word->text.n > run->room) {
		size_t room = 2 * run->room + word->text.n;
		run->bytes = sl_arena_grow(d->arena, run->bytes, run->room, room);
		run->room = room;
	}
	if (word->base64)
		add_base64(d, word->text);
	else
		add_quoted(d, word->text);
}

static bool all_space(struct sl_span s)
{
	return sl_span_trim(s).n == 0;
}

static ssize_t find_opening(struct sl_span s, size_t from)
{
	ssize_t at = (ssize_t)from - 1;
	while ((at = sl_span_chr(s, '=', (size_t)(at + 1))) >= 0)
		if ((size_t)at + 1 < s.n && s.p[at + 1] == '?')
			break;
	return at;
}

static void decode_all(struct decoder *d, struct sl_span s)
{
	size_t literal = 0, at = 0;
	for (;;) {
		struct word word;
		ssize_t hit = find_opening(s, at);
		if (hit < 0)
			break;
		at = (size_t)hit;
		if (!word_at(s, at, &word)) {
			at += 2;
			continue;
		}
		struct sl_span between = sl_span_of(s.p + literal, at - literal);
		if (!d->run.label.p || !all_space(between)) {
			close_run(d);
			add_literal(d, between);
		}
		add_word(d, &word);
		literal = at = word.end;
	}
	close_run(d);
	add_literal(d, sl_span_from(s, literal));
}

/* Valid UTF-8 without control characters, whatever the decoders gave. */
static struct sl_span clean(struct sl_arena *arena, struct sl_span text)
{
	size_t i = 0;
	while (i < text.n && (unsigned char)text.p[i] >= 0x20 && text.p[i] != 0x7f)
		i++;
	if (i == text.n && sl_utf8_valid_prefix(text) == text.n)
		return text;
	char *to = sl_arena_alloc(arena, text.n * 3);
	size_t n = 0;
	for (i = 0; i < text.n;) {
		uint32_t c;
		size_t used = sl_utf8_decode(sl_span_from(text, i), &c);
		if (used == 0)
			c = 0xfffd;
		if (c < 0x20 || c == 0x7f)
			c = ' ';
		n += sl_utf8_encode(c, to + n);
		i += used ? used : 1;
	}
	return sl_span_trim(sl_span_of(to, n));
}

static struct sl_span decode(
	struct sl_charset *charset, struct sl_arena *arena, struct sl_span value, uint64_t *flags_r)
{
	struct decoder d = { .charset = charset, .arena = arena, .flags = flags_r };
	decode_all(&d, value);
	return clean(arena, sl_span_of(d.out, d.n));
}

static sl_lanes may_change(sl_lanes v)
{
	return ~sl_lanes_in(v, 0x20, 0x7e) | sl_lanes_eq(v, '=');
}

/* Nothing in it that decoding would change. */
static bool is_plain(struct sl_span s)
{
	size_t i = 0;
	while ((i = sl_lanes_find(s, i, may_change)) < s.n) {
		if (s.p[i] != '=' || (i + 1 < s.n && s.p[i + 1] == '?'))
			return false;
		i++;
	}
	return true;
}

struct sl_span sl_words_decode(
	struct sl_charset *charset, struct sl_arena *arena, struct sl_span value, uint64_t *flags_r)
{
	value = sl_field_unfold(arena, value);
	return is_plain(value) ? value : sl_span_trim(decode(charset, arena, value, flags_r));
}
