/* SPDX-License-Identifier: Apache-2.0 */
#include "diversity.h"

#include "radix.h"

#include <stdlib.h>

struct entry {
	uint64_t thing;
	struct sl_spread spread;
};

struct sl_diversity {
	struct sl_keyed *pairs; /* things and identities */
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
	diversity->pairs[diversity->n_pairs++] = (struct sl_keyed){ thing, identity };
}

static size_t count_things(const struct sl_keyed *pairs, size_t n)
{
	size_t things = 0;

	for (size_t i = 0; i < n; i++)
		things += i == 0 || pairs[i].key != pairs[i - 1].key;
	return things;
}

void sl_diversity_freeze(struct sl_diversity *diversity)
{
	struct sl_keyed *pairs = diversity->pairs;
	struct entry *last = NULL;
	size_t things;

	sl_assert(!diversity->frozen);
	sl_radix_keyed(pairs, diversity->n_pairs);
	things = count_things(pairs, diversity->n_pairs);
	diversity->entries = sl_calloc(things ? things : 1, sizeof(*diversity->entries));
	for (size_t i = 0; i < diversity->n_pairs; i++) {
		bool fresh = !last || last->thing != pairs[i].key;

		if (fresh) {
			last = &diversity->entries[diversity->n_entries++];
			last->thing = pairs[i].key;
		}
		last->spread.times++;
		last->spread.identities += fresh || pairs[i].value != pairs[i - 1].value;
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

size_t sl_diversity_pick(const struct sl_diversity *diversity,
	bool (*takes)(const void *arg, struct sl_spread spread), const void *arg,
	uint64_t **things_r)
{
	size_t n = 0, room = 0;

	*things_r = NULL;
	sl_assert(diversity->frozen);
	for (size_t i = 0; i < diversity->n_entries; i++) {
		if (!takes(arg, diversity->entries[i].spread))
			continue;
		if (n == room) {
			room = room ? 2 * room : 64;
			*things_r = sl_realloc(*things_r, room * sizeof(**things_r));
		}
		(*things_r)[n++] = diversity->entries[i].thing;
	}
	return n;
}
