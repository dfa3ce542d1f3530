/* SPDX-License-Identifier: Apache-2.0 */
#include "candidates.h"

#include "radix.h"

#include "pipeline/base/hash.h"

#include <stdlib.h>

enum {
	BANDS = 40,
	BAND_BINS = 3,
	BAND_GRAMS = 8, /* texts with fewer grams have no bands */
	LIST_ALL = 24,  /* up to here every pair of a list is a candidate */
	LIST_ENDS = 8,  /* beyond: each with so many at both ends */
	LIST_NEAR = 4,  /* and with the next ones */
	PAIRS_COMPACT = 1 << 20
};

struct work {
	struct sl_keyed *postings; /* keys and items */
	size_t n, room;
	uint64_t *pairs;
	size_t n_pairs, room_pairs;
};

static void post(struct work *w, uint32_t item, uint64_t key)
{
	if (w->n == w->room) {
		w->room = w->room ? 2 * w->room : 4096;
		w->postings = sl_realloc(w->postings, w->room * sizeof(*w->postings));
	}
	w->postings[w->n++] = (struct sl_keyed){ key, item };
}

static void post_bands(struct work *w, uint32_t item, const struct sl_grams *grams)
{
	uint16_t bins[SL_BINS];

	if (grams->n < BAND_GRAMS)
		return;
	sl_grams_bins(grams, bins);
	for (unsigned band = 0; band < BANDS; band++) {
		const uint16_t *v = bins + (size_t)band * BAND_BINS;
		uint64_t three = (uint64_t)v[0] << 32 | (uint64_t)v[1] << 16 | v[2];

		post(w, item, sl_mix(three, band));
	}
	sl_assert(BANDS * BAND_BINS <= SL_BINS);
}

/* Subjects differ by a word: the whole, and both halves of its words. */
static void post_subject(struct work *w, uint32_t item, struct sl_span subject)
{
	size_t half = subject.n / 2;

	if (subject.n < 4)
		return;
	post(w, item, sl_mix(sl_hash64(subject, 0), 101));
	while (half < subject.n && subject.p[half] != ' ')
		half++;
	if (half < 8 || half + 8 > subject.n)
		return;
	post(w, item, sl_mix(sl_hash64(sl_span_head(subject, half), 0), 102));
	post(w, item, sl_mix(sl_hash64(sl_span_from(subject, half), 0), 103));
}

static void post_item(
	struct work *w, struct sl_comparer *comparer, const struct sl_lure *lure, uint32_t item)
{
	post_bands(w, item, sl_comparer_grams(comparer, item));
	post_subject(w, item, lure->subject);
	if (lure->sender.n)
		post(w, item, sl_mix(sl_hash64(lure->sender, 0), 104));
	if (lure->skeleton) {
		post(w, item, sl_mix(lure->skeleton, 105));
		post(w, item, sl_mix(sl_mix(lure->skeleton, lure->head), 106));
	}
	for (uint32_t i = 0; i < lure->anchors.n; i++)
		post(w, item, sl_mix(lure->anchors.v[i], 107));
	for (uint32_t i = 0; i < lure->files.n; i++)
		post(w, item, sl_mix(lure->files.v[i], 108));
}

static size_t unique_pairs(uint64_t *pairs, size_t n)
{
	uint64_t *room = sl_malloc((n ? n : 1) * sizeof(*room));
	size_t out = 0;

	sl_radix_numbers(pairs, room, n);
	free(room);
	for (size_t i = 0; i < n; i++)
		if (out == 0 || pairs[out - 1] != pairs[i])
			pairs[out++] = pairs[i];
	return out;
}

/* Before the list grows large its repeats are taken out: most pairs share many keys. */
static void pairs_more(struct work *w)
{
	if (w->room_pairs >= PAIRS_COMPACT)
		w->n_pairs = unique_pairs(w->pairs, w->n_pairs);
	if (2 * w->n_pairs < w->room_pairs)
		return;
	w->room_pairs = w->room_pairs ? 2 * w->room_pairs : 4096;
	w->pairs = sl_realloc(w->pairs, w->room_pairs * sizeof(*w->pairs));
}

static void add_pair(struct work *w, uint64_t a, uint64_t b)
{
	if (a == b)
		return;
	sl_assert(w->n_pairs <= w->room_pairs);
	if (w->n_pairs == w->room_pairs)
		pairs_more(w);
	w->pairs[w->n_pairs++] = a < b ? a << 32 | b : b << 32 | a;
}

static void pair_long_list(struct work *w, const struct sl_keyed *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < LIST_ENDS; j++) {
			add_pair(w, list[i].value, list[j].value);
			add_pair(w, list[i].value, list[n - 1 - j].value);
		}
		for (size_t j = i + 1; j < n && j <= i + LIST_NEAR; j++)
			add_pair(w, list[i].value, list[j].value);
	}
}

static void pair_list(struct work *w, const struct sl_keyed *list, size_t n, const bool *fresh)
{
	bool any = fresh == NULL;

	sl_assert(n > 0);
	for (size_t i = 0; i < n && !any; i++)
		any = fresh[list[i].value];
	if (!any)
		return;
	if (n > LIST_ALL) {
		pair_long_list(w, list, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			add_pair(w, list[i].value, list[j].value);
}

/* Items were posted in their order, and stay in it. */
static void sort_postings(struct work *w)
{
	struct sl_keyed *room = sl_malloc((w->n ? w->n : 1) * sizeof(*room));

	sl_radix_keyed(w->postings, room, w->n);
	free(room);
}

size_t sl_candidates_find(struct sl_comparer *comparer, const struct sl_lure *lures, size_t n,
	const bool *fresh, struct sl_candidate **candidates_r)
{
	struct work w = { NULL, 0, 0, NULL, 0, 0 };

	sl_assert(n < UINT32_MAX);
	for (size_t i = 0; i < n; i++)
		post_item(&w, comparer, &lures[i], (uint32_t)i);
	sort_postings(&w);
	for (size_t i = 0, end; i < w.n; i = end) {
		for (end = i + 1; end < w.n && w.postings[end].key == w.postings[i].key;)
			end++;
		pair_list(&w, w.postings + i, end - i, fresh);
	}
	free(w.postings);
	n = unique_pairs(w.pairs, w.n_pairs);
	*candidates_r = sl_malloc((n ? n : 1) * sizeof(**candidates_r));
	for (size_t i = 0; i < n; i++)
		(*candidates_r)[i] =
			(struct sl_candidate){ (uint32_t)(w.pairs[i] >> 32), (uint32_t)w.pairs[i] };
	free(w.pairs);
	return n;
}
