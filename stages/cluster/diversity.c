/* SPDX-License-Identifier: Apache-2.0 */
#include "diversity.h"

#include <stdlib.h>

struct pair {
	uint64_t thing, identity;
};

struct entry {
	uint64_t thing;
	struct sl_spread spread;
};

struct sl_diversity {
	struct pair *pairs;
	size_t n_pairs, room;
	struct entry *entries; /* sorted by thing */
	size_t n_entries;
	bool frozen;
};

struct sl_diversity *sl_diversity_new(void)
{
	return sl_calloc(1, sizeof(struct sl_diversity));
}

void sl_diversity_free(struct sl_diversity **diversity)
{
	if (*diversity) {
		free((*diversity)->pairs);
		free((*diversity)->entries);
		free(*diversity);
	}
	*diversity = NULL;
}

void sl_diversity_add(struct sl_diversity *diversity, uint64_t thing, uint64_t identity)
{
	sl_assert(!diversity->frozen);
	if (diversity->n_pairs == diversity->room) {
		diversity->room = diversity->room ? 2 * diversity->room : 1024;
		diversity->pairs =
			sl_realloc(diversity->pairs, diversity->room * sizeof(*diversity->pairs));
	}
	diversity->pairs[diversity->n_pairs++] = (struct pair){ thing, identity };
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->thing != y->thing)
		return x->thing < y->thing ? -1 : 1;
	return x->identity < y->identity ? -1 : x->identity > y->identity;
}

static size_t count_things(const struct pair *pairs, size_t n)
{
	size_t things = 0;

	for (size_t i = 0; i < n; i++)
		things += i == 0 || pairs[i].thing != pairs[i - 1].thing;
	return things;
}

void sl_diversity_freeze(struct sl_diversity *diversity)
{
	struct pair *pairs = diversity->pairs;
	struct entry *last = NULL;
	size_t things;

	sl_assert(!diversity->frozen);
	if (diversity->n_pairs)
		qsort(pairs, diversity->n_pairs, sizeof(*pairs), compare_pairs);
	things = count_things(pairs, diversity->n_pairs);
	diversity->entries = sl_calloc(things ? things : 1, sizeof(*diversity->entries));
	for (size_t i = 0; i < diversity->n_pairs; i++) {
		bool fresh = !last || last->thing != pairs[i].thing;

		if (fresh) {
			last = &diversity->entries[diversity->n_entries++];
			last->thing = pairs[i].thing;
		}
		last->spread.times++;
		last->spread.identities += fresh || pairs[i].identity != pairs[i - 1].identity;
	}
	sl_assert(diversity->n_entries == things);
	free(diversity->pairs);
	diversity->pairs = NULL;
	diversity->n_pairs = diversity->room = 0;
	diversity->frozen = true;
}

struct sl_spread sl_diversity_of(const struct sl_diversity *diversity, uint64_t thing)
{
	size_t low = 0, high = diversity->n_entries;

	sl_assert(diversity->frozen);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (diversity->entries[middle].thing < thing)
			low = middle + 1;
		else
			high = middle;
	}
	sl_assert(low <= diversity->n_entries);
	if (low < diversity->n_entries && diversity->entries[low].thing == thing)
		return diversity->entries[low].spread;
	return (struct sl_spread){ 0, 0 };
}
