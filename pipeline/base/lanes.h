/* SPDX-License-Identifier: Apache-2.0 */
/* lanes.h - sixteen bytes at a time, by the vector extension of gcc and clang.
 *
 * For loops that look for the next byte of some class: the class is written as a function from
 * lanes to truth (all bits set, or none), and is inlined. No byte behind the end of a span is read.
 */
#ifndef SL_LANES_H
#define SL_LANES_H

#include "span.h"

enum { SL_LANES = 16 };
typedef unsigned char sl_lanes __attribute__((vector_size(SL_LANES)));

static inline sl_lanes sl_lanes_load(const char *p)
{
	sl_lanes v;
	memcpy(&v, p, sizeof(v));
	return v;
}

static inline sl_lanes sl_lanes_all(char c)
{
	unsigned char u = (unsigned char)c;
	return (sl_lanes){ u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u };
}

static inline sl_lanes sl_lanes_eq(sl_lanes v, char c)
{
	return (sl_lanes)(v == sl_lanes_all(c));
}

/* first <= lane <= last, as unsigned bytes */
static inline sl_lanes sl_lanes_in(sl_lanes v, unsigned char first, unsigned char last)
{
	return (sl_lanes)(v - sl_lanes_all((char)first) <= sl_lanes_all((char)(last - first)));
}

/* The same mask, lane by lane: for machines without a way of their own, and for the test. */
static inline unsigned sl_lanes_mask_slowly(sl_lanes truth)
{
	unsigned mask = 0;
	for (unsigned i = 0; i < SL_LANES; i++)
		mask |= (unsigned)(truth[i] >> 7) << i;
	return mask;
}

/* Bit k is set when lane k is true. */
static inline unsigned sl_lanes_mask(sl_lanes truth)
{
#ifdef __SSE2__
	typedef char lanes_of_char __attribute__((vector_size(SL_LANES)));
	return (unsigned)__builtin_ia32_pmovmskb128((lanes_of_char)truth);
#else
	return sl_lanes_mask_slowly(truth);
#endif
}

/* A mask of the lanes at `at`, fewer than sixteen at the end of the span. */
typedef sl_lanes sl_lanes_class(sl_lanes v);
static inline unsigned sl_lanes_at(struct sl_span s, size_t at, sl_lanes_class *is)
{
	if (s.n - at >= SL_LANES)
		return sl_lanes_mask(is(sl_lanes_load(s.p + at)));
	char rest[SL_LANES] = { 0 };
	memcpy(rest, s.p + at, s.n - at);
	return sl_lanes_mask(is(sl_lanes_load(rest))) & ((1u << (s.n - at)) - 1);
}

/* Offset of the first byte of the class at or behind `from`, or s.n. */
static inline size_t sl_lanes_find(struct sl_span s, size_t from, sl_lanes_class *is)
{
	for (size_t i = from; i < s.n; i += SL_LANES) {
		unsigned mask = sl_lanes_at(s, i, is);
		if (mask)
			return i + (unsigned)__builtin_ctz(mask);
	}
	return s.n;
}

/* ASCII letters to lower case, all else as it is. `to` has room for n bytes. */
static inline void sl_lanes_lower(char *to, const char *from, size_t n)
{
	size_t i = 0;
	for (; i + SL_LANES <= n; i += SL_LANES) {
		sl_lanes v = sl_lanes_load(from + i);
		v |= sl_lanes_in(v, 'A', 'Z') & sl_lanes_all(0x20);
		memcpy(to + i, &v, sizeof(v));
	}
	for (; i < n; i++)
		to[i] = sl_lower(from[i]);
}

#endif
