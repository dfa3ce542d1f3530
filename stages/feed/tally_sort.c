/* SPDX-License-Identifier: Apache-2.0 */
/* tally_sort.c - items by kind name and value.
 *
 * Values lie all over the store, so that looking at one costs more than anything else. A quicksort
 * over eight bytes of each, kept beside its number, looks at a value once for every eight bytes
 * that it has in common with others (multikey quicksort: Bentley, Sedgewick, "Fast algorithms for
 * sorting and searching strings", 1997). Items come by seeded hashes, so nobody who makes values
 * can choose an order that is bad for it.
 */
#include "tally.h"

#include <endian.h>
#include <stdlib.h>

enum { EIGHT = 8, FEW = 12 };

struct place {
	uint64_t head; /* the eight bytes from some offset on, zeros behind the end */
	uint32_t item;
};

struct sorting {
	const struct sl_tallied *items;
	struct place *places;
};

static uint64_t head_of(struct sl_span value, size_t at)
{
	uint64_t head = 0;
	struct sl_span rest = at < value.n ? sl_span_from(value, at) : SL_SPAN_NULL;
	if (rest.n)
		memcpy(&head, rest.p, rest.n < EIGHT ? rest.n : EIGHT);
	return be64toh(head);
}

static struct sl_span value_of(const struct sorting *s, size_t i)
{
	return s->items[s->places[i].item].value;
}

static void swap(struct sorting *s, size_t a, size_t b)
{
	struct place kept = s->places[a];
	s->places[a] = s->places[b];
	s->places[b] = kept;
}

/* Both have the same bytes up to `at`. */
static bool comes_before(const struct sorting *s, const struct place *a, const struct place *b)
{
	if (a->head != b->head)
		return a->head < b->head;
	return sl_span_cmp(s->items[a->item].value, s->items[b->item].value) < 0;
}

static void sort_few(struct sorting *s, size_t from, size_t to)
{
	for (size_t i = from + 1; i < to; i++) {
		struct place moved = s->places[i];
		size_t at = i;
		for (; at > from && comes_before(s, &moved, &s->places[at - 1]); at--)
			s->places[at] = s->places[at - 1];
		s->places[at] = moved;
	}
}

/* [from, to) have the same bytes up to `at`; their heads are loaded anew from there on. Those that
 * have ended come first, the shorter in front: only zeros tell these apart. The first that goes on.
 */
static size_t load_heads(struct sorting *s, size_t from, size_t to, size_t at)
{
	size_t going_on = from;
	for (size_t i = from; i < to; i++)
		if (value_of(s, i).n <= at)
			swap(s, i, going_on++);
	sort_few(s, from, going_on);
	for (size_t i = going_on; i < to; i++)
		s->places[i].head = head_of(value_of(s, i), at);
	return going_on;
}

static uint64_t middle_of_three(const struct sorting *s, size_t from, size_t to)
{
	uint64_t a = s->places[from].head, b = s->places[from + (to - from) / 2].head,
		 c = s->places[to - 1].head;
	if (a > b) {
		uint64_t kept = a;
		a = b;
		b = kept;
	}
	return c <= a ? a : c < b ? c : b;
}

/* Heads of [from, to) are of offset `at`. */
static void sort(struct sorting *s, size_t from, size_t to, size_t at)
{
	while (to - from > FEW) {
		uint64_t pivot = middle_of_three(s, from, to);
		size_t below = from, above = to;
		for (size_t i = from; i < above;) {
			uint64_t head = s->places[i].head;
			if (head < pivot)
				swap(s, i++, below++);
			else if (head > pivot)
				swap(s, i, --above);
			else
				i++;
		}
		sort(s, from, below, at);
		sort(s, above, to, at);
		at += EIGHT;
		from = load_heads(s, below, above, at);
		to = above;
	}
	sort_few(s, from, to);
}

/* Kinds by name: ranks[kind]. */
static void rank_kinds(size_t ranks[SL_KINDS])
{
	for (unsigned kind = 0; kind < SL_KINDS; kind++) {
		const char *name = sl_kind_name((enum sl_kind)kind);
		ranks[kind] = 0;
		for (unsigned other = 0; other < SL_KINDS; other++)
			ranks[kind] += strcmp(sl_kind_name((enum sl_kind)other), name) < 0;
	}
}

/* Items of each kind into a stretch of their own; where they end. */
static void deal_out(struct sorting *s, size_t n, size_t ends_r[SL_KINDS])
{
	size_t ranks[SL_KINDS];
	size_t counts[SL_KINDS + 1] = { 0 };
	rank_kinds(ranks);
	for (size_t i = 0; i < n; i++)
		counts[ranks[s->items[i].kind] + 1]++;
	for (size_t rank = 0; rank < SL_KINDS; rank++)
		counts[rank + 1] += counts[rank];
	memcpy(ends_r, counts, SL_KINDS * sizeof(*ends_r));
	for (size_t i = 0; i < n; i++)
		s->places[ends_r[ranks[s->items[i].kind]]++] =
			(struct place){ head_of(s->items[i].value, 0), (uint32_t)i };
}

/* Each place of the cycle through `i` gets the item it names; the names are used up. */
static void turn_cycle(struct sl_tallied *items, struct place *places, size_t i)
{
	struct sl_tallied first = items[i];
	size_t at = i;
	while (places[at].item != i) {
		size_t from = places[at].item;
		items[at] = items[from];
		places[at].item = UINT32_MAX;
		at = from;
	}
	items[at] = first;
	places[at].item = UINT32_MAX;
}

void sl_tally_sort(struct sl_tallied *items, size_t n)
{
	struct sorting s = { items, sl_malloc((n + 1) * sizeof(*s.places)) };
	size_t ends[SL_KINDS];
	sl_assert(n < UINT32_MAX);
	deal_out(&s, n, ends);
	for (size_t rank = 0; rank < SL_KINDS; rank++)
		sort(&s, rank ? ends[rank - 1] : 0, ends[rank], 0);
	for (size_t i = 0; i < n; i++)
		if (s.places[i].item != UINT32_MAX)
			turn_cycle(items, s.places, i);
	free(s.places);
}
