/* SPDX-License-Identifier: Apache-2.0 */
#include "radix.h"

#include <stdlib.h>
#include <string.h>

enum { BITS = 11, DIGITS = 1 << BITS, PASSES = (64 + BITS - 1) / BITS };

struct counts {
	size_t of[PASSES][DIGITS];
};

static size_t digit(uint64_t number, unsigned pass)
{
	return (size_t)(number >> pass * BITS) & (DIGITS - 1);
}

static void count(struct counts *counts, uint64_t number)
{
	for (unsigned pass = 0; pass < PASSES; pass++)
		counts->of[pass][digit(number, pass)]++;
}

/* Counts become places; false: all have this digit in common. */
static bool lay_out(size_t of[DIGITS], size_t n, size_t sample)
{
	size_t sum = 0;

	if (of[sample] == n)
		return false;
	for (size_t i = 0; i < DIGITS; i++) {
		size_t here = of[i];

		of[i] = sum;
		sum += here;
	}
	sl_assert(sum == n);
	return true;
}

void sl_radix_numbers(uint64_t *numbers, uint64_t *room, size_t n)
{
	struct counts *counts;
	uint64_t *from = numbers, *to = room;

	if (n < 2)
		return;
	counts = sl_calloc(1, sizeof(*counts));
	for (size_t i = 0; i < n; i++)
		count(counts, numbers[i]);
	for (unsigned pass = 0; pass < PASSES; pass++) {
		size_t *of = counts->of[pass];

		if (!lay_out(of, n, digit(from[0], pass)))
			continue;
		for (size_t i = 0; i < n; i++)
			to[of[digit(from[i], pass)]++] = from[i];
		from = to;
		to = from == room ? numbers : room;
	}
	if (from == room)
		memcpy(numbers, room, n * sizeof(*numbers));
	free(counts);
}

void sl_radix_keyed(struct sl_keyed *items, struct sl_keyed *room, size_t n)
{
	struct counts *counts;
	struct sl_keyed *from = items, *to = room;

	if (n < 2)
		return;
	counts = sl_calloc(1, sizeof(*counts));
	for (size_t i = 0; i < n; i++)
		count(counts, items[i].key);
	for (unsigned pass = 0; pass < PASSES; pass++) {
		size_t *of = counts->of[pass];

		if (!lay_out(of, n, digit(from[0].key, pass)))
			continue;
		for (size_t i = 0; i < n; i++)
			to[of[digit(from[i].key, pass)]++] = from[i];
		from = to;
		to = from == room ? items : room;
	}
	if (from == room)
		memcpy(items, room, n * sizeof(*items));
	free(counts);
}
