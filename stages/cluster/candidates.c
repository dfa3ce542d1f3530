/* SPDX-License-Identifier: Apache-2.0 */
#include "candidates.h"

#include "radix.h"

#include "pipeline/base/hash.h"

#include <stdlib.h>

enum {
	BANDS = 40,
	BAND_BINS = 3,
	BAND_GRAMS = 8, /* texts with fewer grams have no bands */
	FIELD_KEYS = 6, /* of subject, sender and skeleton */
	LIST_ALL = 24,  /* up to here every pair of a list is a candidate */
	LIST_ENDS = 8,  /* beyond: each with so many at both ends */
	LIST_NEAR = 4,  /* and with the next ones */
	PIECE = 64
};

/* Lists of items that share a key, and for each item the lists that it is in. */
struct sl_candidates {
	size_t n;
	uint32_t *members; /* list by list; ascending in each */
	size_t n_members;
	size_t *lists; /* where each begins; one more than there are */
	size_t n_lists;
	size_t *seats;    /* per item: where its lists begin; n + 1 */
	uint32_t *seated; /* lists */
};

/* The keys of all items, each item's from its own place on. */
struct posting {
	struct sl_comparer *comparer;
	const struct sl_lure *lures;
	size_t *places; /* per item; n + 1 */
	struct sl_keyed *keys;
};

struct writer {
	struct sl_keyed *to;
	uint32_t item;
};

static void post(struct writer *w, uint64_t key)
{
	*w->to++ = (struct sl_keyed){ key, w->item };
}

static void post_bands(struct writer *w, const struct sl_grams *grams)
{
	uint16_t bins[SL_BINS];

	if (grams->n < BAND_GRAMS)
		return;
	sl_grams_bins(grams, bins);
	for (unsigned band = 0; band < BANDS; band++) {
		const uint16_t *v = bins + (size_t)band * BAND_BINS;
		uint64_t three = (uint64_t)v[0] << 32 | (uint64_t)v[1] << 16 | v[2];

		post(w, sl_mix(three, band));
	}
	sl_assert(BANDS * BAND_BINS <= SL_BINS);
}

/* Subjects differ by a word: the whole, and both halves of its words. */
static void post_subject(struct writer *w, struct sl_span subject)
{
	size_t half = subject.n / 2;

	if (subject.n < 4)
		return;
	post(w, sl_mix(sl_hash64(subject, 0), 101));
	while (half < subject.n && subject.p[half] != ' ')
		half++;
	if (half < 8 || half + 8 > subject.n)
		return;
	post(w, sl_mix(sl_hash64(sl_span_head(subject, half), 0), 102));
	post(w, sl_mix(sl_hash64(sl_span_from(subject, half), 0), 103));
}

static void post_lure(struct writer *w, const struct sl_lure *lure)
{
	post_subject(w, lure->subject);
	if (lure->sender.n)
		post(w, sl_mix(sl_hash64(lure->sender, 0), 104));
	if (lure->skeleton) {
		post(w, sl_mix(lure->skeleton, 105));
		post(w, sl_mix(sl_mix(lure->skeleton, lure->head), 106));
	}
	for (uint32_t i = 0; i < lure->anchors.n; i++)
		post(w, sl_mix(lure->anchors.v[i], 107));
	for (uint32_t i = 0; i < lure->files.n; i++)
		post(w, sl_mix(lure->files.v[i], 108));
}

/* Room for the most keys that each may have. */
static size_t *give_places(const struct sl_lure *lures, size_t n)
{
	size_t *places = sl_malloc((n + 1) * sizeof(*places));

	places[0] = 0;
	for (size_t i = 0; i < n; i++)
		places[i + 1] =
			places[i] + BANDS + FIELD_KEYS + lures[i].anchors.n + lures[i].files.n;
	return places;
}

/* A key of an item that has fewer than it might: it is the item's alone. */
static const struct sl_keyed no_key = { 0, UINT32_MAX };

static void post_some(void *posting_p, unsigned hand, size_t from, size_t to)
{
	const struct posting *p = posting_p;

	for (size_t i = from; i < to; i++) {
		struct writer w = { p->keys + p->places[i], (uint32_t)i };
		struct sl_keyed *end = p->keys + p->places[i + 1];

		post_bands(&w, sl_comparer_visit(p->comparer, hand, w.item));
		post_lure(&w, &p->lures[i]);
		sl_assert(w.to <= end);
		while (w.to < end)
			*w.to++ = no_key;
	}
}

static size_t without_gaps(struct sl_keyed *keys, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++)
		if (keys[i].value != no_key.value)
			keys[out++] = keys[i];
	return out;
}

/* All keys, sorted, and items that share one in their order. */
static size_t sorted_keys(struct posting *p, size_t n, unsigned hands)
{
	size_t count;

	p->places = give_places(p->lures, n);
	count = p->places[n];
	p->keys = sl_malloc((count ? count : 1) * sizeof(*p->keys));
	sl_crew_run(hands, n, PIECE, post_some, p);
	free(p->places);
	count = without_gaps(p->keys, count);
	sl_radix_keyed(p->keys, count);
	return count;
}

static bool is_any_fresh(const struct sl_keyed *list, size_t n, const bool *fresh)
{
	for (size_t i = 0; fresh && i < n; i++)
		if (fresh[list[i].value])
			return true;
	return !fresh;
}

/* The next list from *at on that gives a pair; false: none. */
static bool next_list(
	const struct sl_keyed *keys, size_t n, const bool *fresh, size_t *at, size_t *end_r)
{
	size_t end;

	for (; *at < n; *at = end) {
		for (end = *at + 1; end < n && keys[end].key == keys[*at].key;)
			end++;
		*end_r = end;
		if (end - *at > 1 && is_any_fresh(keys + *at, end - *at, fresh))
			return true;
	}
	return false;
}

static void count_lists(
	struct sl_candidates *c, const struct sl_keyed *keys, size_t n, const bool *fresh)
{
	for (size_t at = 0, end; next_list(keys, n, fresh, &at, &end); at = end) {
		c->n_lists++;
		c->n_members += end - at;
	}
	sl_assert(c->n_lists < UINT32_MAX);
}

static void fill_lists(
	struct sl_candidates *c, const struct sl_keyed *keys, size_t n, const bool *fresh)
{
	size_t lists = 0, members = 0;

	c->members = sl_malloc((c->n_members + 1) * sizeof(*c->members));
	c->lists = sl_malloc((c->n_lists + 1) * sizeof(*c->lists));
	for (size_t at = 0, end; next_list(keys, n, fresh, &at, &end); at = end) {
		c->lists[lists++] = members;
		for (size_t i = at; i < end; i++)
			c->members[members++] = (uint32_t)keys[i].value;
	}
	c->lists[lists] = members;
	sl_assert(lists == c->n_lists && members == c->n_members);
}

/* By counting; the seats of an item begin where those of the one before it end. */
static void fill_seats(struct sl_candidates *c)
{
	c->seats = sl_calloc(c->n + 2, sizeof(*c->seats));
	c->seated = sl_malloc((c->n_members + 1) * sizeof(*c->seated));
	for (size_t i = 0; i < c->n_members; i++)
		c->seats[c->members[i] + 2]++;
	for (size_t i = 2; i < c->n + 2; i++)
		c->seats[i] += c->seats[i - 1];
	for (size_t list = 0; list < c->n_lists; list++)
		for (size_t i = c->lists[list]; i < c->lists[list + 1]; i++)
			c->seated[c->seats[c->members[i] + 1]++] = (uint32_t)list;
}

struct sl_candidates *sl_candidates_new(struct sl_comparer *comparer, const struct sl_lure *lures,
	size_t n, const bool *fresh, unsigned hands)
{
	struct sl_candidates *c = sl_calloc(1, sizeof(*c));
	struct posting posting = { .comparer = comparer, .lures = lures };
	size_t count;

	sl_assert(n < UINT32_MAX);
	c->n = n;
	count = sorted_keys(&posting, n, hands);
	count_lists(c, posting.keys, count, fresh);
	fill_lists(c, posting.keys, count, fresh);
	free(posting.keys);
	fill_seats(c);
	return c;
}

void sl_candidates_free(struct sl_candidates **candidates)
{
	struct sl_candidates *c = *candidates;

	if (c) {
		free(c->members);
		free(c->lists);
		free(c->seats);
		free(c->seated);
		free(c);
	}
	*candidates = NULL;
}

struct sl_search {
	const struct sl_candidates *in;
	uint32_t *found;
	size_t n;
	uint32_t *stamps; /* per item: for which it was found last, plus 1 */
};

struct sl_search *sl_search_new(const struct sl_candidates *candidates)
{
	struct sl_search *s = sl_calloc(1, sizeof(*s));

	s->in = candidates;
	s->found = sl_malloc((candidates->n + 1) * sizeof(*s->found));
	s->stamps = sl_calloc(candidates->n + 1, sizeof(*s->stamps));
	return s;
}

void sl_search_free(struct sl_search **search)
{
	if (*search) {
		free((*search)->found);
		free((*search)->stamps);
		free(*search);
	}
	*search = NULL;
}

struct query {
	uint32_t item;
	size_t from, to; /* from > item */
};

static void find_among(
	struct sl_search *s, const struct query *q, const uint32_t *members, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t b = members[i];

		if (b < q->from || b >= q->to || s->stamps[b] == q->item + 1)
			continue;
		s->stamps[b] = q->item + 1;
		s->found[s->n++] = b;
	}
}

static size_t position_of(uint32_t item, const uint32_t *members, size_t n)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (members[middle] < item)
			low = middle + 1;
		else
			high = middle;
	}
	sl_assert(low < n && members[low] == item);
	return low;
}

/* Of a list that is too long for all pairs: those behind the item. */
static void find_in_long(
	struct sl_search *s, const struct query *q, const uint32_t *members, size_t n)
{
	size_t at = position_of(q->item, members, n), near = at + 1 + LIST_NEAR;

	if (at < LIST_ENDS || near > n - LIST_ENDS) {
		find_among(s, q, members + at + 1, n - at - 1);
		return;
	}
	find_among(s, q, members + at + 1, LIST_NEAR);
	find_among(s, q, members + n - LIST_ENDS, LIST_ENDS);
}

size_t sl_search_run(
	struct sl_search *search, uint32_t item, size_t from, size_t to, const uint32_t **found_r)
{
	const struct sl_candidates *c = search->in;
	struct query q = { item, from > item ? from : (size_t)item + 1, to };

	sl_assert(item < c->n && to <= c->n);
	search->n = 0;
	for (size_t i = c->seats[item]; i < c->seats[item + 1]; i++) {
		const size_t *list = &c->lists[c->seated[i]];
		size_t n = list[1] - list[0];

		if (n > LIST_ALL)
			find_in_long(search, &q, c->members + list[0], n);
		else
			find_among(search, &q, c->members + list[0], n);
	}
	*found_r = search->found;
	return search->n;
}
