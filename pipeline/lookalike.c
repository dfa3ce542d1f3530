/* SPDX-License-Identifier: Apache-2.0 */
/* Which brand a host name imitates. Four ways, from the surest to the weakest: the brand's name or
 * real domain stands in it as a word; a word is the name after digits and pairs that look like
 * letters are read as these ("paypa1", "arnazon"); a word is one letter away from the name
 * ("amaezon"); a long name lies inside a word ("loginpaypalsecure"). The public suffix is no part
 * of it. */
#include "base/unicode.h"
#include "base/utf8.h"
#include "policy.h"
#include "tables_internal.h"
#include "verdict.h"

enum { INSIDE_LEAST = 6, HOST_MAX = 255, TOKEN_MAX = 63 };

/* The host without its public suffix: up to the end of the registered domain's first label. */
static struct sl_span without_suffix(struct sl_span host, struct sl_span domain)
{
	ssize_t dot = sl_span_chr(domain, '.', 0);
	if (!sl_span_ends(host, domain) || dot < 0) {
		ssize_t last = -1;
		for (size_t i = 0; i < host.n; i++)
			if (host.p[i] == '.')
				last = (ssize_t)i;
		return last < 0 ? host : sl_span_head(host, (size_t)last);
	}
	return sl_span_head(host, host.n - domain.n + (size_t)dot);
}

/* What the customer of a shared platform chose himself; the whole host when there is none. */
static struct sl_span without_platform(const struct sl_tables *t, struct sl_span host)
{
	for (struct sl_span rest = host; rest.n;) {
		const uint32_t *bits = sl_nameset_get(&t->known, rest);
		if (bits && *bits & SL_KNOWN_SHARED)
			return sl_span_head(host, host.n - rest.n);
		ssize_t dot = sl_span_chr(rest, '.', 0);
		rest = dot < 0 ? SL_SPAN_NULL : sl_span_from(rest, (size_t)dot + 1);
	}
	return host;
}

static const struct sl_brand *named_in(const struct sl_tables *t, struct sl_span text)
{
	const struct sl_brand *brand;
	return sl_tables_brands_in(t, text, true, &brand, 1) ? brand : NULL;
}

/* Reads what looks like a letter as that letter: 0 o, 1 l, 3 e, 4 a, 5 s, rn m, vv w. */
static size_t disguise_off(struct sl_span token, char out_r[TOKEN_MAX])
{
	static const char digits[] = "ol2eas6789";
	size_t n = 0;
	for (size_t i = 0; i < token.n && n < TOKEN_MAX; i++) {
		char c = token.p[i];
		bool pair = i + 1 < token.n;
		if (pair && c == 'r' && token.p[i + 1] == 'n') {
			out_r[n++] = 'm';
			i++;
		} else if (pair && c == 'v' && token.p[i + 1] == 'v') {
			out_r[n++] = 'w';
			i++;
		} else {
			out_r[n++] = sl_is_digit(c) ? digits[c - '0'] : c;
		}
	}
	return n;
}

/* Are the two one insertion, deletion, substitution or swap of neighbours apart (or equal)? */
static bool one_edit(struct sl_span a, struct sl_span b)
{
	size_t head = 0, tail = 0, least = a.n < b.n ? a.n : b.n;
	while (head < least && a.p[head] == b.p[head])
		head++;
	while (tail < least - head && a.p[a.n - 1 - tail] == b.p[b.n - 1 - tail])
		tail++;
	size_t left_a = a.n - head - tail, left_b = b.n - head - tail;
	if (left_a <= 1 && left_b <= 1)
		return true;
	return left_a == 2 && left_b == 2 && a.p[head] == b.p[head + 1] &&
	       a.p[head + 1] == b.p[head];
}

static const struct sl_brand *probe(
	const struct sl_tables *t, struct sl_span key, struct sl_span token)
{
	const uint32_t *number = sl_nameset_get(&t->near, key);
	if (!number)
		return NULL;
	const struct sl_alias *alias = &t->brand_aliases.items[*number - 1];
	return one_edit(alias->bytes, token) ? &t->brands[alias->owner] : NULL;
}

/* Words of every day that happen to be one letter away from a name. */
static bool common_word(struct sl_span token)
{
	static const char *const words[] = { "cloud", "clouds", "email", "emails", "stream",
		"market", "master", "western", "telecom", "discovery", "capital", "medical" };
	for (size_t i = 0; i < SL_LEN(words); i++)
		if (sl_span_eq(token, sl_span_str(words[i])))
			return true;
	return false;
}

/* The token itself and all its forms with one letter left out. */
static const struct sl_brand *near_name(const struct sl_tables *t, struct sl_span token)
{
	char form[TOKEN_MAX];
	if (common_word(token))
		return NULL;
	const struct sl_brand *brand = probe(t, token, token);
	for (size_t skip = 0; !brand && skip < token.n; skip++) {
		size_t n = 0;
		for (size_t i = 0; i < token.n; i++)
			if (i != skip)
				form[n++] = token.p[i];
		brand = probe(t, sl_span_of(form, n), token);
	}
	return brand;
}

/* A long name at the start or the end of a word. */
static const struct sl_brand *inside_word(const struct sl_tables *t, struct sl_span token)
{
	const struct sl_aliases *aliases = &t->brand_aliases;
	uint32_t state = 0, id;
	for (size_t i = 0; i < token.n; i++) {
		state = sl_matcher_step(aliases->matcher, state, (unsigned char)token.p[i]);
		struct sl_match_walk walk = sl_matcher_walk(aliases->matcher, state);
		while (sl_matcher_hit(aliases->matcher, &walk, &id)) {
			const struct sl_alias *alias = &aliases->items[id];
			size_t n = alias->bytes.n;
			bool at_edge = i + 1 == n || i + 1 == token.n;
			if (alias->strong && n >= INSIDE_LEAST && !alias->allowed && at_edge)
				return &t->brands[alias->owner];
		}
	}
	return NULL;
}

static const struct sl_brand *token_imitates(const struct sl_tables *t, struct sl_span token)
{
	char plain[TOKEN_MAX];
	if (token.n < 5 || token.n > TOKEN_MAX)
		return NULL;
	struct sl_span read = sl_span_of(plain, disguise_off(token, plain));
	const struct sl_brand *brand = NULL;
	if (!sl_span_eq(read, token))
		brand = named_in(t, read);
	if (!brand)
		brand = near_name(t, token);
	return brand ? brand : inside_word(t, token);
}

static const struct sl_brand *imitated(const struct sl_tables *t, struct sl_span name)
{
	const struct sl_brand *brand = named_in(t, name);
	struct sl_span labels = name, label, token;
	while (!brand && sl_span_split(&labels, '.', &label))
		while (!brand && sl_span_split(&label, '-', &token))
			brand = token_imitates(t, token);
	return brand;
}

/* Internationalised names: letters that look Latin are read as Latin. */
static const struct sl_brand *imitated_idn(const struct sl_tables *t, struct sl_span name)
{
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_span shown = sl_unicode_host_to_unicode(arena, name);
	struct sl_span folded = sl_unicode_fold(arena, shown);
	char *latin = sl_arena_alloc(arena, folded.n * 2 + 8);
	size_t n = 0;
	for (size_t i = 0, step; i < folded.n; i += step) {
		uint32_t c;
		step = sl_utf8_decode(sl_span_from(folded, i), &c);
		uint32_t twin = step ? sl_unicode_latin_lookalike(c) : 0;
		step = step ? step : 1;
		if (twin && twin < 0x80) {
			latin[n++] = (char)twin;
		} else {
			memcpy(latin + n, folded.p + i, step);
			n += step;
		}
	}
	const struct sl_brand *brand = imitated(t, sl_span_of(latin, n));
	sl_arena_free(&arena);
	return brand;
}

const struct sl_brand *sl_lookalike_of(
	const struct sl_tables *tables, struct sl_span host, struct sl_span domain)
{
	enum {
		HONEST = SL_KNOWN_GOOD | SL_KNOWN_BRAND | SL_KNOWN_TOPLIST | SL_KNOWN_OWN |
			 SL_KNOWN_ALLOWED
	};
	struct sl_span whole = host.n ? host : domain;
	struct sl_ip ip;
	if (whole.n == 0 || whole.n > HOST_MAX || sl_ip_parse(whole, &ip) ||
		sl_tables_known(tables, whole, domain) & HONEST)
		return NULL;
	struct sl_span name = without_platform(tables, whole);
	if (name.n == whole.n)
		name = without_suffix(whole, domain);
	bool idn = sl_span_find(name, SL_SPAN("xn--"), 0) >= 0;
	const struct sl_brand *brand = idn ? imitated_idn(tables, name) : imitated(tables, name);
	return brand && !sl_brand_owns(brand, whole) ? brand : NULL;
}
