/* SPDX-License-Identifier: Apache-2.0 */
/* How an alias is found in one pass over a text:
 *
 * The automaton runs over the text without its separators (spaces, punctuation). Beside it run two
 * 64-bit registers, one bit for each byte: was there a separator in front of it, was there a
 * letter. When an alias ends, its masks say at which places a separator may or must stand, so
 * "trust wallet" is found in "Trust Wallet" and "trustwallet", "at&t" not in "att", and "visa" not
 * in "vis a vis". A text with a separator between all letters of the alias ("a m a z o n") is a hit
 * as well: spacing is how lures hide a name from filters. Latin aliases must not touch other
 * letters, digits not other digits; other scripts have no word edges and match anywhere.
 */
#include "base/unicode.h"
#include "tables_internal.h"

#include <stdlib.h>

/* Length of the separator at the start of `s`, or 0: ASCII that is no letter or digit, general
 * punctuation and spaces, CJK brackets and stops, the middle dot of katakana. `s` is not empty. */
static size_t separator(struct sl_span s)
{
	unsigned char a = (unsigned char)s.p[0];
	if (a < 0x80)
		return sl_is_alnum((char)a) ? 0 : 1;
	unsigned char b = s.n > 1 ? (unsigned char)s.p[1] : 0;
	unsigned char c = s.n > 2 ? (unsigned char)s.p[2] : 0;
	if (a == 0xc2 && b >= 0xa0 && b < 0xc0)
		return 2;
	if (a == 0xe2 && (b == 0x80 || b == 0x81) && c)
		return 3;
	if (a == 0xe3 && b == 0x80 && c >= 0x80 && c <= 0x9f && c != 0x85)
		return 3;
	if (a == 0xe3 && b == 0x83 && c == 0xbb)
		return 3;
	return 0;
}

/* ASCII letters, and the lead bytes of U+00C0..U+024F: Latin letters with marks. */
static bool latin_letter(unsigned char c)
{
	return sl_is_alpha((char)c) || (c >= 0xc3 && c <= 0xc9);
}

static bool may_lack(struct sl_span separator_text)
{
	char c = separator_text.p[0];
	return c == ' ' || c == '-' || (unsigned char)c >= 0x80;
}

/* Copies the letters of the folded text and notes where separators stood. */
static bool shape(struct sl_alias *alias, struct sl_arena *arena, struct sl_span folded)
{
	char bytes[SL_ALIAS_MAX];
	bool gap = false, must = false, may[SL_ALIAS_MAX] = { 0 }, need[SL_ALIAS_MAX] = { 0 };
	size_t n = 0;
	for (size_t i = 0; i < folded.n;) {
		struct sl_span rest = sl_span_from(folded, i);
		size_t skip = separator(rest);
		if (skip) {
			gap = true;
			must = must || !may_lack(rest);
			i += skip;
			continue;
		}
		if (n == SL_ALIAS_MAX)
			return false;
		may[n] = gap;
		need[n] = must;
		bytes[n++] = folded.p[i++];
		gap = must = false;
	}
	for (size_t i = 1; i < n; i++) {
		size_t bit = n - 1 - i;
		alias->allowed |= may[i] ? SL_BIT(bit) : 0;
		alias->required |= need[i] ? SL_BIT(bit) : 0;
		alias->letters |= ((unsigned char)bytes[i] & 0xc0) != 0x80 ? SL_BIT(bit) : 0;
	}
	alias->bytes = sl_arena_copy(arena, sl_span_of(bytes, n));
	alias->latin = n > 0 && (sl_is_alnum(bytes[0]) || latin_letter((unsigned char)bytes[0]));
	return n > 1;
}

static bool is_small(char c)
{
	return c >= 'a' && c <= 'z';
}

static size_t trigram(unsigned a, unsigned b, unsigned c)
{
	return (a * 26 + b) * 26 + c;
}

/* Which words an alias may begin: where its first three bytes are not all letters, many. */
static void note_begin(struct sl_aliases *aliases, struct sl_span bytes)
{
	unsigned low[3] = { 0, 0, 0 }, high[3] = { 25, 25, 25 };
	for (size_t i = 0; i < 3 && i < bytes.n && is_small(bytes.p[i]); i++)
		low[i] = high[i] = (unsigned)(bytes.p[i] - 'a');
	for (unsigned a = low[0]; a <= high[0]; a++)
		for (unsigned b = low[1]; b <= high[1]; b++)
			for (unsigned c = low[2]; c <= high[2]; c++)
				aliases->begins[trigram(a, b, c) / 64] |=
					SL_BIT(trigram(a, b, c) % 64);
}

/* A word of the text begins with three letters with which no alias begins. */
static bool begins_none(const struct sl_aliases *aliases, struct sl_span text, size_t at)
{
	const char *p = text.p + at;
	if (text.n - at < 3 || !is_small(p[0]) || !is_small(p[1]) || !is_small(p[2]))
		return false;
	size_t i = trigram((unsigned)(p[0] - 'a'), (unsigned)(p[1] - 'a'), (unsigned)(p[2] - 'a'));
	return !(aliases->begins[i / 64] >> (i % 64) & 1);
}

bool sl_aliases_add(struct sl_aliases *aliases, struct sl_arena *arena, struct sl_span text,
	uint32_t owner, bool strong)
{
	struct sl_alias alias = { .owner = owner, .strong = strong };
	if (!shape(&alias, arena, sl_unicode_fold(arena, text)))
		return false;
	if (!aliases->matcher)
		aliases->matcher = sl_matcher_new();
	sl_matcher_add(aliases->matcher, alias.bytes, (uint32_t)aliases->n);
	if (is_small(alias.bytes.p[0]))
		note_begin(aliases, alias.bytes);
	*SL_ARENA_PUSH(arena, aliases->items, aliases->n, aliases->room) = alias;
	return true;
}

/* ---- the scan ---- */

struct pending {
	uint32_t alias;
	size_t start, at; /* byte number without separators; offset in the text */
};
struct scan {
	const struct sl_aliases *aliases;
	sl_alias_hit_fn *hit;
	void *arg;
	bool strong_only;
	uint64_t gaps, after_letter, after_digit; /* registers, newest byte in bit 0 */
	struct pending pending[SL_ALIAS_MAX + 1];
	size_t n_pending;
};

static void flush(struct scan *s, size_t n)
{
	sl_assert(n <= s->n_pending);
	for (size_t i = 0; i < n; i++)
		s->hit(s->arg, &s->aliases->items[s->pending[i].alias], s->pending[i].at);
	s->n_pending -= n;
	memmove(s->pending, s->pending + n, s->n_pending * sizeof(*s->pending));
}

static bool spaced_out(const struct sl_alias *alias, uint64_t gaps)
{
	return gaps == alias->letters && __builtin_popcountll(alias->letters) >= 3;
}

/* Do the separators inside and the neighbours outside suit the alias? `next`: the byte behind. */
static bool suits(const struct scan *s, const struct sl_alias *alias, unsigned char next)
{
	size_t n = alias->bytes.n;
	uint64_t first = SL_BIT(n - 1), gaps = s->gaps & (first - 1);
	if (((gaps & ~alias->allowed) || (alias->required & ~gaps)) && !spaced_out(alias, gaps))
		return false;
	unsigned char a = (unsigned char)alias->bytes.p[0];
	unsigned char z = (unsigned char)alias->bytes.p[n - 1];
	if (sl_is_digit((char)a) ? (s->after_digit & first) != 0
				 : latin_letter(a) && (s->after_letter & first) != 0)
		return false;
	if (sl_is_digit((char)z))
		return !sl_is_digit((char)next);
	return !alias->latin || !latin_letter(next);
}

/* "pay pal" and "paypal" are the same bytes: one hit. */
static bool counted(const struct scan *s, const struct sl_alias *alias, size_t start)
{
	for (size_t i = s->n_pending; i > 0 && s->pending[i - 1].start == start; i--)
		if (s->aliases->items[s->pending[i - 1].alias].owner == alias->owner)
			return true;
	return false;
}

/* Of the aliases that end here only the longest counts; it also covers what lies inside it. */
static void accept(struct scan *s, uint32_t state, size_t at, size_t text_at, unsigned char next)
{
	struct sl_match_walk walk = sl_matcher_walk(s->aliases->matcher, state);
	uint32_t id;
	size_t longest = 0;
	while (sl_matcher_hit(s->aliases->matcher, &walk, &id)) {
		const struct sl_alias *alias = &s->aliases->items[id];
		if (alias->bytes.n < longest)
			return;
		if ((s->strong_only && !alias->strong) || !suits(s, alias, next))
			continue;
		size_t start = at + 1 - alias->bytes.n;
		if (!longest)
			while (s->n_pending && s->pending[s->n_pending - 1].start >= start)
				s->n_pending--;
		longest = alias->bytes.n;
		if (counted(s, alias, start))
			continue;
		if (s->n_pending == SL_LEN(s->pending))
			flush(s, 1);
		s->pending[s->n_pending++] = (struct pending){ id, start, text_at };
	}
}

/* Letters of one word while no pattern is under way: none can begin there. */
static size_t skip_letters(struct scan *s, struct sl_span text, size_t i)
{
	size_t from = i;
	while (i < text.n && sl_is_alpha(text.p[i]))
		i++;
	size_t n = i - from;
	s->gaps = n < 64 ? s->gaps << n : 0;
	s->after_digit = n < 64 ? s->after_digit << n : 0;
	s->after_letter = n < 64 ? s->after_letter << n | (SL_BIT(n) - 1) : UINT64_MAX;
	return n;
}

void sl_aliases_scan(const struct sl_aliases *aliases, struct sl_span text, bool strong_only,
	sl_alias_hit_fn *hit, void *arg)
{
	struct scan s = { .aliases = aliases, .hit = hit, .arg = arg, .strong_only = strong_only };
	if (!aliases->matcher)
		return;
	bool gap = true, letter = false, digit = false;
	bool first = false; /* what is under way began with the word at hand */
	uint32_t state = 0;
	for (size_t i = 0, at = 0; i < text.n;) {
		if (state == 0 && letter) {
			size_t n = skip_letters(&s, text, i);
			i += n;
			at += n;
			if (i == text.n)
				break;
		}
		bool plain = sl_is_alnum(text.p[i]);
		size_t skip = plain ? 0 : separator(sl_span_from(text, i));
		if (skip) {
			gap = true;
			letter = digit = first = false;
			i += skip;
			continue;
		}
		bool none = state == 0 && !letter && begins_none(aliases, text, i);
		unsigned char c = (unsigned char)text.p[i++];
		bool tail = (c & 0xc0) == 0x80;
		s.gaps = s.gaps << 1 | (gap ? 1u : 0u);
		s.after_letter = s.after_letter << 1 | (letter ? 1u : 0u);
		s.after_digit = s.after_digit << 1 | (digit ? 1u : 0u);
		/* A Latin alias cannot begin in the middle of a word. */
		bool begin = !(letter && sl_is_alpha((char)c));
		gap = false;
		letter = tail ? letter : latin_letter(c);
		digit = sl_is_digit((char)c);
		/* What begins within the word would not suit: see there. */
		if (none)
			state = 0;
		else if (first && !begin)
			state = sl_matcher_go_on(aliases->matcher, state, c);
		else {
			first = state == 0;
			state = sl_matcher_next(aliases->matcher, state, c, begin);
		}
		if (sl_matcher_ends(aliases->matcher, state))
			accept(&s, state, at, i, i < text.n ? (unsigned char)text.p[i] : ' ');
		at++;
		if (s.n_pending && s.pending[0].start + 2 * SL_ALIAS_MAX < at)
			flush(&s, 1);
	}
	flush(&s, s.n_pending);
}
