/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - one code point at a time, by RFC 3629: no overlong forms, no surrogates. */
#ifndef SL_UTF8_H
#define SL_UTF8_H

#include "span.h"

/* Length of the sequence at the start of `s` and its code point; 0 when the bytes there are
 * no UTF-8 or `s` is empty. */
size_t sl_utf8_decode_wide(struct sl_span s, uint32_t *code_point_r); /* the same, out of line */
static inline size_t sl_utf8_decode(struct sl_span s, uint32_t *code_point_r)
{
	if (s.n && !(s.p[0] & (char)0x80)) {
		*code_point_r = (unsigned char)s.p[0];
		return 1;
	}
	return sl_utf8_decode_wide(s, code_point_r);
}
/* Write at most 4 bytes; the count. U+FFFD for what is no scalar value. */
size_t sl_utf8_encode(uint32_t code_point, char bytes_r[4]);
/* Offset of the first byte that is no UTF-8, or s.n when all is well. ASCII runs at 8 bytes a
 * step. */
size_t sl_utf8_valid_prefix(struct sl_span s);
/* Offset of the first byte that is not ASCII, at or behind `from`, or s.n. */
static inline size_t sl_ascii_end(struct sl_span s, size_t from)
{
	size_t i = from;
	for (; i + 16 <= s.n; i += 16) {
		uint64_t eight[2];
		memcpy(eight, s.p + i, sizeof(eight));
		if ((eight[0] | eight[1]) & 0x8080808080808080u)
			break;
	}
	while (i < s.n && !(s.p[i] & (char)0x80))
		i++;
	return i;
}

#endif
