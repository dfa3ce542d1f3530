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
#include "base/lanes.h"
#include "base/unicode.h"
#include "tables_internal.h"

#include <endian.h>
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

/* ---- where an alias may begin ---- */

/* The filter knows this many bytes. */
enum { BEGIN_MOST = 8 };

/* The first byte lowest, whatever the machine; bytes behind the end are 0. */
static uint64_t first_bytes(struct sl_span text)
{
	uint64_t bytes = 0;
	if (text.n >= BEGIN_MOST)
		memcpy(&bytes, text.p, BEGIN_MOST);
	else
		memcpy(&bytes, text.p, text.n);
	return le64toh(bytes);
}

/* The high bit of each byte from `first` to `last`; in all of them the high bits are 0. */
static uint64_t bytes_in(uint64_t low, char first, char last)
{
	const uint64_t each = ~UINT64_C(0) / 0xff;
	return (low + each * (0x80u - (unsigned char)first)) &
	       ~(low + each * (0x7fu - (unsigned char)last));
}

/* How the text begins, as far as that fits in: the small letters of a word, the digits of a number,
 * or one code point that is not ASCII. What comes behind them may be the end of an alias. */
static inline uint64_t begin_key(struct sl_span text)
{
	const uint64_t high = ~UINT64_C(0) / 0xff << 7;
	uint64_t v = first_bytes(text), low = v & ~high, more;
	if (v & 0x80)
		more = v & ~(v << 1);
	else if (v & 0x40)
		more = bytes_in(low, 'a', 'z') & ~v;
	else
		more = bytes_in(low, '0', '9') & ~v;
	uint64_t end = ~(more | 0x80) & high; /* the first byte stands in any case */
	return v & (((end & -end) >> 7) - 1);
}

static size_t begin_bit(uint64_t key)
{
	return key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SL_ALIAS_BEGIN_BITS);
}

static inline bool may_begin(const struct sl_aliases *aliases, struct sl_span text, size_t at)
{
	size_t bit = begin_bit(begin_key(sl_span_from(text, at)));
	return aliases->begins[bit / 64] >> (bit % 64) & 1;
}

static bool may_be_spaced_out(const struct sl_alias *alias)
{
	return __builtin_popcountll(alias->letters) >= 3;
}

/* The ways in which a text with this alias may begin: all of the letters that the filter knows, or
 * fewer where a separator may follow. */
static void note_begin(struct sl_aliases *aliases, const struct sl_alias *alias)
{
	struct sl_span bytes = alias->bytes;
	for (size_t n = 1; n <= BEGIN_MOST && n <= bytes.n; n++) {
		bool gap = n < bytes.n && alias->allowed >> (bytes.n - 1 - n) & 1;
		if (!gap && n < BEGIN_MOST && n < bytes.n && !(n == 1 && may_be_spaced_out(alias)))
			continue;
		size_t bit = begin_bit(begin_key(sl_span_head(bytes, n)));
		aliases->begins[bit / 64] |= SL_BIT(bit % 64);
	}
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
	note_begin(aliases, &alias);
	*SL_ARENA_PUSH(arena, aliases->items, aliases->n, aliases->room) = alias;
	return true;
}

/* ---- the scan ---- */

struct pending {
	uint32_t alias;
	size_t start, at; /* byte number without separators; offset in the text */
};
/* What stands before a byte; 0: a letter that is not Latin. */
enum { GAP = 1, LETTER = 2, DIGIT = 4, RING = 64 };
struct scan {
	const struct sl_aliases *aliases;
	sl_alias_hit_fn *hit;
	void *arg;
	bool strong_only;
	size_t n_pending;
	/* not set up: long, and short texts are many */
	unsigned char before[RING]; /* by byte number */
	struct pending pending[SL_ALIAS_MAX + 1];
};
_Static_assert((int)SL_ALIAS_MAX < (int)RING, "the bytes of an alias");

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
	return gaps == alias->letters && may_be_spaced_out(alias);
}

/* A mask as in struct sl_alias: the separators within the n bytes up to the byte `at`. */
static uint64_t gaps_of(const struct scan *s, size_t at, size_t n)
{
	uint64_t gaps = 0;
	for (size_t bit = 0; bit + 1 < n; bit++)
		gaps |= s->before[(at - bit) % RING] & GAP ? SL_BIT(bit) : 0;
	return gaps;
}

/* Do the separators inside and the neighbours outside suit the alias, whose last byte is `at`?
 * `next`: the byte behind. */
static bool suits(const struct scan *s, const struct sl_alias *alias, size_t at, unsigned char next)
{
	size_t n = alias->bytes.n;
	uint64_t gaps = gaps_of(s, at, n);
	if (((gaps & ~alias->allowed) || (alias->required & ~gaps)) && !spaced_out(alias, gaps))
		return false;
	unsigned char a = (unsigned char)alias->bytes.p[0];
	unsigned char z = (unsigned char)alias->bytes.p[n - 1];
	unsigned char before = s->before[(at + 1 - n) % RING];
	if (before & (sl_is_digit((char)a) ? DIGIT : latin_letter(a) ? LETTER : 0))
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
		if ((s->strong_only && !alias->strong) || !suits(s, alias, at, next))
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

/* What is known of sixteen bytes: a bit for each. */
struct classes {
	unsigned letters, digits, leads; /* leads: first bytes of code points that are not ASCII */
};

static struct classes classify(struct sl_span text)
{
	char rest[SL_LANES] = { 0 };
	if (text.n < SL_LANES) {
		memcpy(rest, text.p, text.n);
		text.p = rest;
	}
	sl_lanes v = sl_lanes_load(text.p);
	return (struct classes){ sl_lanes_mask(sl_lanes_in(v | sl_lanes_all(0x20), 'a', 'z')),
		sl_lanes_mask(sl_lanes_in(v, '0', '9')),
		sl_lanes_mask(sl_lanes_in(v, 0xc0, 0xff)) };
}

/* The next byte at which an alias may begin while none is under way: the first letter of a word,
 * the first digit of a number, or what is not ASCII. */
static size_t next_begin(const struct sl_aliases *aliases, struct sl_span text, size_t at)
{
	unsigned letter = at > 0 && sl_is_alpha(text.p[at - 1]);
	unsigned digit = at > 0 && sl_is_digit(text.p[at - 1]);
	for (size_t i = at; i < text.n; i += SL_LANES) {
		struct classes c = classify(sl_span_from(text, i));
		unsigned begins = (c.letters & ~(c.letters << 1 | letter)) |
				  (c.digits & ~(c.digits << 1 | digit)) | c.leads;
		for (; begins; begins &= begins - 1) {
			size_t hit = i + (unsigned)__builtin_ctz(begins);
			if (may_begin(aliases, text, hit))
				return hit;
		}
		letter = c.letters >> (SL_LANES - 1);
		digit = c.digits >> (SL_LANES - 1);
	}
	return text.n;
}

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static unsigned char kind_of(unsigned char c)
{
	return latin_letter(c) ? LETTER : sl_is_digit((char)c) ? DIGIT : 0;
}

/* What stands before `at`, where no alias is under way: a gap is nothing then. */
static unsigned char kind_before(struct sl_span text, size_t at)
{
	size_t lead = at;
	while (lead > 0 && is_tail(text.p[lead - 1]))
		lead--;
	unsigned char kind = lead ? kind_of((unsigned char)text.p[lead - 1]) : 0;
	return lead == at ? kind : kind & LETTER;
}

/* Latin letters and digits in the middle of a word or number begin nothing. */
static bool inside(unsigned char before, unsigned char c)
{
	return (before & LETTER && sl_is_alpha((char)c)) ||
	       (before & DIGIT && sl_is_digit((char)c));
}

void sl_aliases_scan(const struct sl_aliases *aliases, struct sl_span text, bool strong_only,
	sl_alias_hit_fn *hit, void *arg)
{
	struct scan s;
	s.aliases = aliases;
	s.hit = hit;
	s.arg = arg;
	s.strong_only = strong_only;
	s.n_pending = 0;
	if (!aliases->matcher)
		return;
	unsigned char before = GAP;
	bool first = false; /* what is under way began with the word at hand */
	uint32_t state = 0;
	/* `at` numbers the bytes of what may be a hit: without gaps while one is under way */
	for (size_t i = 0, at = 0; i < text.n;) {
		size_t begin_at = state ? i : next_begin(aliases, text, i);
		if (begin_at > i) {
			at += begin_at - i;
			i = begin_at;
			before = kind_before(text, i);
			if (i == text.n)
				break;
		}
		unsigned char c = (unsigned char)text.p[i];
		size_t skip = sl_is_alnum((char)c) ? 0 : separator(sl_span_from(text, i));
		if (skip) {
			before = GAP;
			first = false;
			i += skip;
			continue;
		}
		bool begin = !inside(before, c) && (!state || may_begin(aliases, text, i));
		i++;
		s.before[at % RING] = before;
		before = (c & 0xc0) == 0x80 ? before & LETTER : kind_of(c);
		/* What begins within the word would not suit: see there. */
		if (first && !begin)
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
