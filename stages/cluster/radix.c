/* SPDX-License-Identifier: Apache-2.0 */
/* McIlroy, Bostic, McIlroy, "Engineering Radix Sort" (1993): each item is swapped to the place of
 * its digit, then the items of each digit are sorted by the next one. */
#include "radix.h"

#include <string.h>

enum { DIGITS = 256, LEVELS = 16, FEW = 24 };

static unsigned digit(const struct sl_keyed *item, unsigned level)
{
	uint64_t number = level < LEVELS / 2 ? item->key : item->value;

	return (unsigned)(number >> (56 - level % 8 * 8)) & (DIGITS - 1);
}

static bool is_before(const struct sl_keyed *a, const struct sl_keyed *b)
{
	return a->key != b->key ? a->key < b->key : a->value < b->value;
}

static void insertion_sort(struct sl_keyed *items, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sl_keyed x = items[i];
		size_t at = i;

		for (; at > 0 && is_before(&x, &items[at - 1]); at--)
			items[at] = items[at - 1];
		items[at] = x;
	}
}

/* Where each digit begins, by the first of `levels` that is not the same everywhere. */
static unsigned lay_out(
	const struct sl_keyed *items, size_t n, unsigned level, size_t begin_r[DIGITS + 1])
{
	for (; level < LEVELS; level++) {
		size_t sum = 0;

		memset(begin_r, 0, (DIGITS + 1) * sizeof(*begin_r));
		for (size_t i = 0; i < n; i++)
			begin_r[digit(&items[i], level) + 1]++;
		if (begin_r[digit(&items[0], level) + 1] == n)
			continue;
		for (unsigned d = 0; d <= DIGITS; d++)
			begin_r[d] = sum += begin_r[d];
		break;
	}
	return level;
}

static void swap_home(struct sl_keyed *items, unsigned level, const size_t begin[DIGITS + 1])
{
	size_t at[DIGITS];

	memcpy(at, begin, sizeof(at));
	for (unsigned d = 0; d < DIGITS; d++)
		while (at[d] < begin[d + 1]) {
			struct sl_keyed x = items[at[d]];
			unsigned home;

			while ((home = digit(&x, level)) != d) {
				struct sl_keyed y = items[at[home]];

				items[at[home]++] = x;
				x = y;
			}
			items[at[d]++] = x;
		}
}

/* As deep as there are levels at most. */
static void sort(struct sl_keyed *items, size_t n, unsigned level)
{
	size_t begin[DIGITS + 1];

	if (n <= FEW) {
		insertion_sort(items, n);
		return;
	}
	level = lay_out(items, n, level, begin);
	if (level == LEVELS)
		return;
	swap_home(items, level, begin);
	for (unsigned d = 0; d < DIGITS; d++)
		sort(items + begin[d], begin[d + 1] - begin[d], level + 1);
}

void sl_radix_keyed(struct sl_keyed *items, size_t n)
{
	sort(items, n, 0);
}
