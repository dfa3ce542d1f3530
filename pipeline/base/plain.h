/* SPDX-License-Identifier: Apache-2.0 */
/* plain.h - how far a text can be copied as it is.
 *
 * Plain is printable ASCII but for three bytes that the caller's format cares about. Eight bytes at
 * a step: writers of feeds go over every byte that they print.
 */
#ifndef SL_PLAIN_H
#define SL_PLAIN_H

#include "span.h"

#include <endian.h>

#define SL_EIGHT(c) (UINT64_C(0x0101010101010101) * (unsigned char)(c))

static inline bool sl_is_plain(char byte, char a, char b, char c)
{
	return byte >= 0x20 && byte < 0x7f && byte != a && byte != b && byte != c;
}

/* The high bit of the first byte that is zero; those of bytes behind it may be wrong. */
static inline uint64_t sl_first_zero(uint64_t eight)
{
	return (eight - SL_EIGHT(1)) & ~eight & SL_EIGHT(0x80);
}

/* Offset of the first byte at or behind `from` that is not plain, or s.n. Borrows and carries only
 * spoil the marks behind the first true one. */
static inline size_t sl_plain_end(struct sl_span s, size_t from, char a, char b, char c)
{
	size_t i = from;
	for (; i + 8 <= s.n; i += 8) {
		uint64_t x;
		memcpy(&x, s.p + i, sizeof(x));
		x = le64toh(x);
		uint64_t marks = (x | (x - SL_EIGHT(0x20)) | (x + SL_EIGHT(1))) & SL_EIGHT(0x80);
		marks |= sl_first_zero(x ^ SL_EIGHT(a)) | sl_first_zero(x ^ SL_EIGHT(b)) |
			 sl_first_zero(x ^ SL_EIGHT(c));
		if (marks)
			return i + (size_t)__builtin_ctzll(marks) / 8;
	}
	while (i < s.n && sl_is_plain(s.p[i], a, b, c))
		i++;
	return i;
}

#endif
