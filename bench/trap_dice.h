/* SPDX-License-Identifier: Apache-2.0 */
/* trap_dice.h - random numbers that are the same on every machine.
 *
 * A die is made of a seed, a purpose and a number, not handed on: what mail 2,000,000 looks like
 * can be known without making the mails before it, and does not depend on how they are dealt out to
 * files. Integers only (splitmix64), because floating point rounds as the compiler likes. ~1 ns.
 */
#ifndef TRAP_DICE_H
#define TRAP_DICE_H

#include "pipeline/base/buf.h"

struct trap_dice {
	uint64_t state;
};

/* Shares are counted in millionths. */
enum { TRAP_WHOLE = 1000000 };

static inline uint64_t trap_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static inline struct trap_dice trap_dice_of(uint64_t seed, uint64_t purpose, uint64_t number)
{
	uint64_t state = trap_mix(seed + 0x9e3779b97f4a7c15u);
	state = trap_mix(state ^ (purpose * 0xd6e8feb86659fd93u));
	return (struct trap_dice){ trap_mix(state + number * 0x9e3779b97f4a7c15u) };
}

static inline uint64_t trap_roll(struct trap_dice *dice)
{
	dice->state += 0x9e3779b97f4a7c15u;
	return trap_mix(dice->state);
}

/* 0 to n - 1, without a division; n > 0. */
static inline uint32_t trap_below(struct trap_dice *dice, uint32_t n)
{
	return (uint32_t)(((trap_roll(dice) >> 32) * n) >> 32);
}

/* True for this many in a million. */
static inline bool trap_chance(struct trap_dice *dice, uint32_t share)
{
	return trap_below(dice, TRAP_WHOLE) < share;
}

/* `n` characters out of `letters`. */
static inline void trap_letters(
	struct trap_dice *dice, struct sl_buf *to, size_t n, struct sl_span letters)
{
	char *at = sl_buf_reserve(to, n);
	if (!at)
		return;
	for (size_t i = 0; i < n; i++)
		at[i] = letters.p[trap_below(dice, (uint32_t)letters.n)];
	sl_buf_filled(to, n);
}

#endif
