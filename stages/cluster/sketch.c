/* SPDX-License-Identifier: Apache-2.0 */
#include "sketch.h"

#include "common.h"

#include "pipeline/base/utf8.h"

#include <stdlib.h>

enum {
	LONG_GRAM = 5,
	SHORT_GRAM = 3,
	RADIX_BITS = 11,
	RADIX = 1 << RADIX_BITS,
	RADIX_LAST = 1 << (32 - 2 * RADIX_BITS),
	SPREAD_LEAST = 4, /* bits */
	SPREAD_MOVES = 8, /* places a hash, before a text is taken for hostile */
	TABLE_LEAST = 16, /* bits */
	TABLE_MOST = 25,
	COUNT_MAX = UINT16_MAX,
	WEIGHT_ONE = 64, /* one bit of information */
	WEIGHT_BASE = 4 * WEIGHT_ONE
};

struct sl_gram_room {
	uint32_t points[SL_GRAM_TEXT_MAX];
	uint32_t a[SL_GRAM_TEXT_MAX], b[SL_GRAM_TEXT_MAX];
	uint32_t counts[3][RADIX];
};

struct sl_gram_room *sl_gram_room_new(void)
{
	return sl_malloc(sizeof(struct sl_gram_room));
}

void sl_gram_room_free(struct sl_gram_room **room)
{
	free(*room);
	*room = NULL;
}

static bool is_space(uint32_t point)
{
	return point == ' ' || (point >= '\t' && point <= '\r');
}

/* Code points without white space; the count. White space is overwritten rather than jumped over:
 * no processor can guess where words end. */
static size_t points_of(struct sl_span text, uint32_t *points_r, size_t max)
{
	size_t n = 0;

	for (size_t at = 0; at < text.n && n < max;) {
		uint32_t point = (unsigned char)text.p[at];
		size_t step = 1;

		if (point >= 0x80) {
			step = sl_utf8_decode(sl_span_from(text, at), &point);
			if (step == 0)
				step = 1;
		}
		at += step;
		points_r[n] = point;
		n += !is_space(point);
	}
	return n;
}

/* Rolling polynomial over `width` code points, mixed down to 32 bits. */
static size_t hash_grams(const uint32_t *points, size_t n, unsigned width, uint32_t *hashes_r)
{
	const uint64_t base = 0x9e3779b97f4a7c15u;
	uint64_t lead = 1, x = 0;

	if (n < width || width == 0)
		return 0;
	for (unsigned i = 1; i < width; i++)
		lead *= base;
	for (unsigned i = 0; i + 1 < width; i++)
		x = x * base + points[i] + 1;
	for (size_t i = 0; i + width <= n; i++) {
		uint64_t y;

		x = x * base + points[i + width - 1] + 1;
		y = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
		hashes_r[i] = (uint32_t)(y >> 32);
		x -= lead * (points[i] + (uint64_t)1);
	}
	return n - width + 1;
}

static void radix_pass(const uint32_t *from, uint32_t *to, size_t n, uint32_t *counts,
	size_t buckets, unsigned shift)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < buckets; i++) {
		uint32_t c = counts[i];

		counts[i] = sum;
		sum += c;
	}
	for (size_t i = 0; i < n; i++)
		to[counts[(from[i] >> shift) & (buckets - 1)]++] = from[i];
}

/* Sorts room->a[0..n) into room->b. */
static void radix_sort(struct sl_gram_room *room, size_t n)
{
	memset(room->counts, 0, sizeof(room->counts));
	for (size_t i = 0; i < n; i++) {
		room->counts[0][room->a[i] & (RADIX - 1)]++;
		room->counts[1][(room->a[i] >> RADIX_BITS) & (RADIX - 1)]++;
		room->counts[2][room->a[i] >> (2 * RADIX_BITS)]++;
	}
	sl_assert(n <= SL_GRAM_TEXT_MAX);
	radix_pass(room->a, room->b, n, room->counts[0], RADIX, 0);
	radix_pass(room->b, room->a, n, room->counts[1], RADIX, RADIX_BITS);
	radix_pass(room->a, room->b, n, room->counts[2], RADIX_LAST, 2 * RADIX_BITS);
}

/* What a pass by the leading bits left out of order, moving at most `budget` places; false: it
 * would take more. */
static bool insertion_sort(uint32_t *v, size_t n, size_t budget)
{
	for (size_t i = 1; i < n; i++) {
		uint32_t x = v[i];
		size_t at = i;

		for (; at > 0 && v[at - 1] > x; at--)
			v[at] = v[at - 1];
		v[at] = x;
		if (i - at > budget)
			return false;
		budget -= i - at;
	}
	return true;
}

/* Buckets of two to four hashes, as far as there are counts. */
static unsigned leading_bits(size_t n)
{
	unsigned bits = SPREAD_LEAST;

	while (bits < RADIX_BITS && (size_t)4 << bits < n)
		bits++;
	return bits;
}

/* Hashes are spread evenly, so that one pass by their leading bits leaves little to do; texts that
 * were made to defeat that are sorted by all bits. The result is room->b. */
static void sort_hashes(struct sl_gram_room *room, size_t n)
{
	unsigned bits = leading_bits(n), shift = 32 - bits;
	uint32_t *counts = room->counts[0];

	memset(counts, 0, sizeof(*counts) << bits);
	for (size_t i = 0; i < n; i++)
		counts[room->a[i] >> shift]++;
	radix_pass(room->a, room->b, n, counts, (size_t)1 << bits, shift);
	if (!insertion_sort(room->b, n, SPREAD_MOVES * n)) /* room->a still has them all */
		radix_sort(room, n);
}

static uint32_t unique(uint32_t *v, size_t n)
{
	size_t out = 0;

	if (n == 0)
		return 0;
	for (size_t i = 1; i < n; i++) {
		out += v[out] != v[i];
		v[out] = v[i];
	}
	return (uint32_t)out + 1;
}

void sl_grams_make(struct sl_gram_room *room, struct sl_span text, struct sl_grams *grams_r)
{
	size_t points = points_of(text, room->points, SL_GRAM_TEXT_MAX);
	unsigned width = points < SL_SHORT_CHARS ? SHORT_GRAM : LONG_GRAM;
	size_t n = hash_grams(room->points, points, width, room->a);

	sort_hashes(room, n);
	*grams_r = (struct sl_grams){ .v = room->b, .limit = UINT32_MAX };
	grams_r->total = unique(room->b, n);
	grams_r->n = grams_r->total;
	if (grams_r->n > SL_GRAMS_MAX) {
		grams_r->n = SL_GRAMS_MAX;
		grams_r->limit = room->b[SL_GRAMS_MAX - 1];
	}
}

struct sl_grams sl_grams_copy(struct sl_arena *arena, const struct sl_grams *grams)
{
	struct sl_grams copy = *grams;
	uint32_t *v = sl_arena_alloc(arena, (grams->n ? grams->n : 1) * sizeof(*v));

	sl_assert(grams->n <= SL_GRAMS_MAX);
	if (grams->n)
		memcpy(v, grams->v, grams->n * sizeof(*v));
	copy.v = v;
	return copy;
}

struct sl_weights {
	uint16_t *counts;  /* 1 << bits */
	uint16_t *weights; /* by count, COUNT_MAX + 1 */
	unsigned bits;
	uint64_t documents;
	bool frozen;
};

struct sl_weights *sl_weights_new(size_t documents)
{
	struct sl_weights *w = sl_calloc(1, sizeof(*w));

	/* 256 slots a text: a text has some hundred grams that no other campaign has. */
	w->bits = TABLE_LEAST;
	while (w->bits < TABLE_MOST && ((size_t)1 << w->bits) < documents * 256)
		w->bits++;
	w->counts = sl_calloc((size_t)1 << w->bits, sizeof(*w->counts));
	w->weights = sl_calloc((size_t)COUNT_MAX + 1, sizeof(*w->weights));
	return w;
}

void sl_weights_free(struct sl_weights **weights)
{
	if (*weights) {
		free((*weights)->counts);
		free((*weights)->weights);
		free(*weights);
	}
	*weights = NULL;
}

/* The place of the first gram that is not below `least`. */
static uint32_t first_from(const struct sl_grams *grams, uint32_t least)
{
	uint32_t low = 0, high = grams->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (grams->v[middle] < least)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void sl_weights_add(
	struct sl_weights *weights, const struct sl_grams *grams, unsigned share, unsigned shares)
{
	uint32_t from = (uint32_t)(((uint64_t)share << 32) / shares);
	uint32_t to = (uint32_t)((((uint64_t)share + 1) << 32) / shares - 1);

	sl_assert(!weights->frozen && share < shares);
	for (uint32_t i = first_from(grams, from); i < grams->n && grams->v[i] <= to; i++) {
		uint16_t *count = &weights->counts[grams->v[i] >> (32 - weights->bits)];

		if (*count < COUNT_MAX)
			(*count)++;
	}
	if (share == 0)
		weights->documents++;
}

/* 64 * log2(x) of a 32.32 fixed-point number, by squaring; integers only. */
static uint32_t log2_64(uint64_t x)
{
	uint32_t whole = 0, part = 0;

	sl_assert(x != 0);
	while (x < ((uint64_t)1 << 32))
		x <<= 1;
	while (x >= ((uint64_t)1 << 33)) {
		x >>= 1;
		whole++;
	}
	for (unsigned i = 0; i < 6; i++) {
		uint64_t y = x >> 16;

		x = y * y; /* (x / 2^32) squared, again with 32 bits behind the point */
		part <<= 1;
		if (x >= ((uint64_t)1 << 33)) {
			x >>= 1;
			part |= 1;
		}
	}
	return whole * WEIGHT_ONE + part;
}

void sl_weights_freeze(struct sl_weights *weights)
{
	uint64_t documents = weights->documents + 1;

	sl_assert(!weights->frozen);

	/* The base keeps a campaign together that is half of a store: its common grams are not
	 * rare, its random slots are. With a base of 1 to 60 bits the groups on real mail are the
	 * same. */
	for (uint64_t c = 0; c <= COUNT_MAX; c++) {
		uint64_t count = c ? c : 1;
		uint64_t ratio = documents / count;
		uint64_t rest = documents % count;
		uint32_t bits =
			count >= documents ? 0 : log2_64((ratio << 32) + (rest << 32) / count);

		weights->weights[c] = (uint16_t)(WEIGHT_BASE + bits);
	}
	weights->frozen = true;
}

static uint16_t weight_of(const struct sl_weights *w, uint32_t gram)
{
	return w->weights[w->counts[gram >> (32 - w->bits)]];
}

void sl_grams_weigh(
	struct sl_arena *arena, const struct sl_weights *weights, struct sl_grams *grams)
{
	uint32_t strides = grams->n / SL_GRAM_STRIDE + 1;
	uint32_t *rest = sl_arena_alloc(arena, strides * sizeof(*rest));
	uint16_t *to = sl_arena_alloc(arena, (grams->n + 1) * sizeof(*to));
	uint32_t sum = 0;

	sl_assert(weights->frozen && grams->n <= SL_GRAMS_MAX);
	for (uint32_t i = grams->n; i > 0; i--) {
		if (i % SL_GRAM_STRIDE == 0)
			rest[i / SL_GRAM_STRIDE] = sum;
		to[i - 1] = weight_of(weights, grams->v[i - 1]);
		sum += to[i - 1]; /* 2,048 weights have room in 32 bits */
	}
	rest[0] = sum;
	grams->mass = sum;
	grams->weights = to;
	grams->rest = rest;
}

/* The part up to `limit`. */
static struct sl_grams part_to(const struct sl_grams *grams, uint32_t limit)
{
	struct sl_grams part = *grams;

	while (part.n && part.v[part.n - 1] > limit)
		part.mass -= part.weights[--part.n];
	return part;
}

unsigned sl_grams_alike(const struct sl_grams *a, const struct sl_grams *b, unsigned least)
{
	uint32_t limit = a->limit < b->limit ? a->limit : b->limit;
	struct sl_grams x = part_to(a, limit), y = part_to(b, limit);
	uint64_t all = x.mass + y.mass; /* both / (all - both) is the likeness */
	uint64_t both = sl_common_weight(&x, &y, all * least / (1000 + least));
	unsigned alike;

	sl_assert(both <= all / 2); /* a mass that was never taken */
	all -= both;
	alike = all == 0 ? 0 : (unsigned)(both * 1000 / all);
	return alike < least ? 0 : alike;
}

bool sl_grams_may_be_alike(const struct sl_grams *a, const struct sl_grams *b, unsigned least)
{
	uint64_t less = a->mass < b->mass ? a->mass : b->mass;
	uint64_t more = a->mass < b->mass ? b->mass : a->mass;

	return a->limit != UINT32_MAX || b->limit != UINT32_MAX || less * 1000 >= more * least;
}

/* The full bin that lends its value to the empty bin `i`. */
static unsigned lender(unsigned i, const bool full[SL_BINS])
{
	for (unsigned attempt = 0; attempt < 8 * SL_BINS; attempt++) {
		unsigned bin = (unsigned)(sl_mix(i, attempt) % SL_BINS);

		if (full[bin])
			return bin;
	}
	for (unsigned bin = 0;; bin++) {
		sl_assert(bin < SL_BINS); /* the set was not empty */
		if (full[bin])
			return bin;
	}
}

void sl_grams_bins(const struct sl_grams *grams, uint16_t bins_r[SL_BINS])
{
	bool full[SL_BINS] = { false };

	memset(bins_r, 0, SL_BINS * sizeof(*bins_r));
	if (grams->n == 0)
		return;
	for (uint32_t i = 0; i < grams->n; i++) {
		uint32_t bin = grams->v[i] >> 25;

		if (full[bin])
			continue;
		full[bin] = true;
		bins_r[bin] = (uint16_t)(sl_mix(grams->v[i], 1) >> 48);
	}
	for (unsigned i = 0; i < SL_BINS; i++)
		if (!full[i])
			bins_r[i] = bins_r[lender(i, full)];
}

/* Masked places (control characters) are in every second name: they make nothing alike. */
static size_t drop_masks(uint32_t *points, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++)
		if (points[i] >= ' ')
			points[out++] = points[i];
	return out;
}

static struct sl_name_grams with_bits(const uint16_t *v, uint32_t n)
{
	struct sl_name_grams grams = { .v = v, .n = (uint16_t)n };

	for (uint32_t i = 0; i < n; i++) {
		uint64_t bit = (uint64_t)1 << v[i] % 64, *bits = &grams.bits[v[i] / 64 % 2];

		if (*bits & bit)
			grams.twins++;
		*bits |= bit;
	}
	return grams;
}

struct sl_name_grams sl_name_grams_make(struct sl_arena *arena, struct sl_span text)
{
	uint32_t points[SL_NAME_GRAMS + SHORT_GRAM], hashes[SL_NAME_GRAMS + SHORT_GRAM];
	size_t n = drop_masks(points, points_of(text, points, SL_LEN(points)));
	unsigned width = n < SHORT_GRAM ? (unsigned)n : SHORT_GRAM;
	size_t count = n ? hash_grams(points, n, width, hashes) : 0;
	uint16_t *v = sl_arena_alloc(arena, (count ? count : 1) * sizeof(*v));
	uint32_t out = 0;

	/* They are few: each goes to its place. */
	for (size_t i = 0; i < count; i++) {
		uint16_t x = (uint16_t)(hashes[i] >> 16);
		uint32_t at = out;

		while (at > 0 && v[at - 1] > x)
			at--;
		if (at > 0 && v[at - 1] == x)
			continue;
		memmove(v + at + 1, v + at, (out - at) * sizeof(*v));
		v[at] = x;
		out++;
	}
	return with_bits(v, out);
}

unsigned sl_name_alike(const struct sl_name_grams *a, const struct sl_name_grams *b)
{
	uint32_t i = 0, j = 0, both = 0;

	if (a->n == 0 || b->n == 0)
		return 0;
	while (i < a->n && j < b->n) {
		uint16_t x = a->v[i], y = b->v[j];

		both += x == y;
		i += x <= y;
		j += y <= x;
	}
	sl_assert(both <= a->n && both <= b->n);
	return both * 1000 / (a->n + b->n - both);
}

bool sl_name_may_be_alike(
	const struct sl_name_grams *a, const struct sl_name_grams *b, unsigned least)
{
	unsigned both = a->twins < b->twins ? a->twins : b->twins;

	for (unsigned i = 0; i < SL_LEN(a->bits); i++)
		both += (unsigned)__builtin_popcountll(a->bits[i] & b->bits[i]);
	return both * (1000 + least) >= least * ((unsigned)a->n + b->n);
}
