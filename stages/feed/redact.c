/* SPDX-License-Identifier: Apache-2.0 */
#include "redact.h"

#include "pipeline/base/buf.h"
#include "pipeline/base/digest.h"

#include <stdlib.h>

enum { LOCAL_MAX = 64, DOMAIN_MAX = 253, RUN_MIN = 8, HASHES = 3, HASH_MAX = 32 };

struct trap {
	struct sl_span local;  /* lower case; empty: every address of the domain */
	struct sl_span domain; /* lower case */
};

struct hash {
	size_t n;
	uint8_t b[HASH_MAX];
};

struct sl_redact {
	struct sl_arena *arena;
	struct trap *traps; /* sorted by domain, local */
	size_t n_traps;
	struct hash *hashes; /* sorted */
	size_t n_hashes;
};

static int trap_cmp(const void *a, const void *b)
{
	const struct trap *x = a, *y = b;
	int order = sl_span_cmp(x->domain, y->domain);
	return order ? order : sl_span_cmp(x->local, y->local);
}

static int hash_cmp(const void *a, const void *b)
{
	const struct hash *x = a, *y = b;
	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return memcmp(x->b, y->b, x->n);
}

static void hash_set(struct hash *hash, const void *bytes, size_t n)
{
	sl_assert(n <= HASH_MAX);
	memset(hash, 0, sizeof(*hash));
	hash->n = n;
	memcpy(hash->b, bytes, n);
}

static void add_hashes(struct sl_redact *redact, struct sl_span address)
{
	struct hash *to = redact->hashes + redact->n_hashes;
	struct sl_md5 md5 = sl_md5_of(address);
	struct sl_sha1 sha1 = sl_sha1_of(address);
	struct sl_sha256 sha256 = sl_sha256_of(address);
	hash_set(&to[0], md5.b, sizeof(md5.b));
	hash_set(&to[1], sha1.b, sizeof(sha1.b));
	hash_set(&to[2], sha256.b, sizeof(sha256.b));
	redact->n_hashes += HASHES;
}

static struct sl_span lower_copy(struct sl_arena *arena, struct sl_span s)
{
	char *to = sl_arena_alloc(arena, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		to[i] = sl_lower(s.p[i]);
	return sl_span_of(to, s.n);
}

static void add_trap(struct sl_redact *redact, struct sl_span given)
{
	given = sl_span_trim(given);
	ssize_t at = sl_span_chr(given, '@', 0);
	if (at < 0 || (size_t)at + 1 == given.n)
		return;
	struct sl_span lower = lower_copy(redact->arena, given);
	struct trap *trap = &redact->traps[redact->n_traps++];
	trap->local = sl_span_head(lower, (size_t)at);
	trap->domain = sl_span_from(lower, (size_t)at + 1);
	if (!trap->local.n)
		return;
	add_hashes(redact, lower);
	if (!sl_span_eq(lower, given))
		add_hashes(redact, given);
}

struct sl_redact *sl_redact_new(const struct sl_config *config)
{
	const struct sl_strings *given = &config->trap_addresses;
	struct sl_redact *redact = sl_calloc(1, sizeof(*redact));
	redact->arena = sl_arena_new(0);
	if (!given->n)
		return redact;
	redact->traps = sl_arena_alloc(redact->arena, given->n * sizeof(*redact->traps));
	redact->hashes =
		sl_arena_alloc(redact->arena, given->n * 2 * HASHES * sizeof(*redact->hashes));
	for (size_t i = 0; i < given->n; i++)
		add_trap(redact, sl_span_str(given->items[i]));
	qsort(redact->traps, redact->n_traps, sizeof(*redact->traps), trap_cmp);
	qsort(redact->hashes, redact->n_hashes, sizeof(*redact->hashes), hash_cmp);
	return redact;
}

void sl_redact_free(struct sl_redact **redact)
{
	if (!*redact)
		return;
	sl_arena_free(&(*redact)->arena);
	free(*redact);
	*redact = NULL;
}

static bool has_trap(const struct sl_redact *redact, struct sl_span local, struct sl_span domain)
{
	struct trap key = { local, domain };
	return bsearch(&key, redact->traps, redact->n_traps, sizeof(key), trap_cmp) != NULL;
}

/* Is there any trap in this domain? The first not below (domain, "") tells. */
static bool has_domain(const struct sl_redact *redact, struct sl_span domain)
{
	size_t low = 0, high = redact->n_traps;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sl_span_cmp(redact->traps[middle].domain, domain) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < redact->n_traps && sl_span_eq(redact->traps[low].domain, domain);
}

static bool is_domain_char(char c)
{
	return sl_is_alnum(c) || c == '-' || c == '.';
}

static bool is_local_char(char c)
{
	return is_domain_char(c) || c == '_' || c == '+';
}

/* Length of the trap's local part that ends right before `at`, or 0. A longer local part that
 * ends alike counts too: the address itself must not stand anywhere. */
static size_t match_local(
	const struct sl_redact *redact, struct sl_span text, size_t at, struct sl_span domain)
{
	char lower[LOCAL_MAX];
	size_t most = at < LOCAL_MAX ? at : LOCAL_MAX;
	for (size_t n = 1; n <= most; n++) {
		lower[LOCAL_MAX - n] = sl_lower(text.p[at - n]);
		if (has_trap(redact, sl_span_of(lower + LOCAL_MAX - n, n), domain))
			return n;
	}
	return 0;
}

/* Where every address of the domain is a trap: what looks like a local part. */
static size_t any_local(
	const struct sl_redact *redact, struct sl_span text, size_t at, struct sl_span domain)
{
	size_t n = 0, most = at < LOCAL_MAX ? at : LOCAL_MAX;
	if (!has_trap(redact, SL_SPAN_NULL, domain))
		return 0;
	while (n < most && is_local_char(text.p[at - 1 - n]))
		n++;
	return n;
}

/* An address around the '@' (or '=') at `at`; its bounds. A whole address counts even where more
 * letters follow; a domain must end there, or it is another one. */
static bool match_at(const struct sl_redact *redact, struct sl_span text, size_t at, size_t *from_r,
	size_t *to_r)
{
	char lower[DOMAIN_MAX + 1];
	size_t n = 0;
	while (n < DOMAIN_MAX && at + 1 + n < text.n && is_domain_char(text.p[at + 1 + n])) {
		lower[n] = sl_lower(text.p[at + 1 + n]);
		n++;
	}
	for (; n > 0; n--) {
		bool edge = at + 1 + n == text.n || !sl_is_alnum(text.p[at + 1 + n]);
		struct sl_span domain = sl_span_of(lower, n);
		if (!has_domain(redact, domain))
			continue;
		size_t local = match_local(redact, text, at, domain);
		if (!local && edge)
			local = any_local(redact, text, at, domain);
		if (!local)
			continue;
		*from_r = at - local;
		*to_r = at + 1 + n;
		return true;
	}
	return false;
}

struct range {
	size_t from, to;
};

/* Bytes behind a decoding, and where each came from in the text. */
struct decoded {
	struct sl_arena *arena;
	char *p;
	size_t *at; /* n + 1 of them */
	size_t n;
	struct range *found;
	size_t n_found, room_found;
};

static void hide(struct decoded *d, size_t from, size_t to)
{
	struct range *range = SL_ARENA_PUSH(d->arena, d->found, d->n_found, d->room_found);
	sl_assert(from < to);
	range->from = from;
	range->to = to;
}

/* "%41", and "%2541" as often as it was encoded. */
static size_t percent(struct sl_span s, size_t i, char *c_r)
{
	size_t from = i++;
	while (i + 1 < s.n && s.p[i] == '2' && s.p[i + 1] == '5')
		i += 2;
	if (i + 1 < s.n && sl_hex_value(s.p[i]) >= 0 && sl_hex_value(s.p[i + 1]) >= 0) {
		*c_r = (char)(sl_hex_value(s.p[i]) << 4 | sl_hex_value(s.p[i + 1]));
		return i + 2 - from;
	}
	*c_r = '%';
	return 1;
}

static void undo_percent(struct decoded *d, struct sl_span text)
{
	d->p = sl_arena_alloc(d->arena, text.n + 1);
	d->at = sl_arena_alloc(d->arena, (text.n + 1) * sizeof(*d->at));
	for (size_t i = 0; i < text.n;) {
		size_t n = 1;
		char c = text.p[i];
		if (c == '%')
			n = percent(text, i, &c);
		d->p[d->n] = c;
		d->at[d->n++] = i;
		i += n;
	}
	d->at[d->n] = text.n;
}

static void find_plain(const struct sl_redact *redact, struct decoded *d)
{
	struct sl_span text = sl_span_of(d->p, d->n);
	for (size_t i = 0; i < d->n; i++) {
		size_t from, to;
		if ((d->p[i] == '@' || d->p[i] == '=') && match_at(redact, text, i, &from, &to))
			hide(d, d->at[from], d->at[to]);
	}
}

static int hex_digit(char c)
{
	return sl_hex_value(c);
}

/* A digit-wise encoding: `bits` a digit. */
struct alphabet {
	int (*value)(char c);
	unsigned bits;
	size_t phases; /* offsets at which a byte may begin */
};

/* Decode the run [from, to) from one offset on, and hide the digits of what is found. */
static void find_in_run(const struct sl_redact *redact, struct decoded *d,
	const struct alphabet *alphabet, size_t from, size_t to)
{
	char *bytes = sl_arena_alloc(d->arena, (to - from) * alphabet->bits / 8 + 1);
	size_t n = 0;
	unsigned have = 0;
	uint32_t bits = 0;
	for (size_t i = from; i < to; i++) {
		bits = bits << alphabet->bits | (uint32_t)alphabet->value(d->p[i]);
		have += alphabet->bits;
		if (have >= 8) {
			have -= 8;
			bytes[n++] = (char)(bits >> have & 0xff);
		}
	}
	struct sl_span text = sl_span_of(bytes, n);
	for (ssize_t at = -1; (at = sl_span_chr(text, '@', (size_t)(at + 1))) >= 0;) {
		size_t first, end;
		if (!match_at(redact, text, (size_t)at, &first, &end))
			continue;
		size_t last = from + (end * 8 + alphabet->bits - 1) / alphabet->bits;
		hide(d, d->at[from + first * 8 / alphabet->bits], d->at[last < to ? last : to]);
	}
}

static void find_hash(const struct sl_redact *redact, struct decoded *d, size_t from, size_t to)
{
	struct hash hash;
	uint8_t bytes[HASH_MAX];
	size_t n = (to - from) / 2;
	if ((to - from) % 2 || n > HASH_MAX || !redact->n_hashes)
		return;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(sl_hex_value(d->p[from + 2 * i]) << 4 |
				     sl_hex_value(d->p[from + 2 * i + 1]));
	hash_set(&hash, bytes, n);
	if (bsearch(&hash, redact->hashes, redact->n_hashes, sizeof(hash), hash_cmp))
		hide(d, d->at[from], d->at[to]);
}

static void find_encoded(
	const struct sl_redact *redact, struct decoded *d, const struct alphabet *alphabet)
{
	size_t to;
	for (size_t from = 0; from < d->n; from = to + 1) {
		to = from;
		while (to < d->n && alphabet->value(d->p[to]) >= 0)
			to++;
		if (to - from < RUN_MIN)
			continue;
		for (size_t phase = 0; phase < alphabet->phases; phase++)
			find_in_run(redact, d, alphabet, from + phase, to);
		if (alphabet->bits == 4)
			find_hash(redact, d, from, to);
	}
}

static int range_cmp(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

static struct sl_span cut_out(struct decoded *d, struct sl_span text)
{
	static const char mark[] = "[trap]";
	char *to = sl_arena_alloc(d->arena, text.n + d->n_found * sizeof(mark));
	size_t n = 0, at = 0;
	qsort(d->found, d->n_found, sizeof(*d->found), range_cmp);
	for (size_t i = 0; i < d->n_found; i++) {
		if (d->found[i].to <= at)
			continue;
		if (d->found[i].from >= at) {
			memcpy(to + n, text.p + at, d->found[i].from - at);
			n += d->found[i].from - at;
			memcpy(to + n, mark, sizeof(mark) - 1);
			n += sizeof(mark) - 1;
		}
		at = d->found[i].to;
	}
	memcpy(to + n, text.p + at, text.n - at);
	return sl_span_of(to, n + text.n - at);
}

struct sl_span sl_redact_text(
	const struct sl_redact *redact, struct sl_arena *arena, struct sl_span text)
{
	static const struct alphabet base64 = { sl_base64_value, 6, 4 };
	static const struct alphabet hex = { hex_digit, 4, 2 };
	struct decoded d = { .arena = arena };
	if (!redact->n_traps || text.n < 3)
		return text;
	undo_percent(&d, text);
	find_plain(redact, &d);
	find_encoded(redact, &d, &base64);
	find_encoded(redact, &d, &hex);
	return d.n_found ? cut_out(&d, text) : text;
}
