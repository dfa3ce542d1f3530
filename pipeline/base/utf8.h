/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - one code point at a time, by RFC 3629: no overlong forms, no surrogates. */
#ifndef SL_UTF8_H
#define SL_UTF8_H

#include "lanes.h"

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
/* Offset of the first byte that is no UTF-8, or s.n when all is well. ASCII runs at 64 bytes
 * a step. */
size_t sl_utf8_valid_prefix(struct sl_span s);
/* Offset of the first byte that is not ASCII, at or behind `from`, or s.n. */
static inline size_t sl_ascii_end(struct sl_span s, size_t from)
{
	size_t i = from;
	for (; i < s.n && i - from < 8; i++) /* words between other letters are short */
		if (s.p[i] & (char)0x80)
			return i;
	for (; i + 4 * SL_LANES <= s.n; i += 4 * SL_LANES) {
		const char *p = s.p + i;
		sl_lanes low = sl_lanes_load(p) | sl_lanes_load(p + SL_LANES);
		sl_lanes high = sl_lanes_load(p + 2 * SL_LANES) | sl_lanes_load(p + 3 * SL_LANES);
		if (sl_lanes_mask(low | high))
			break;
	}
	for (; i + SL_LANES <= s.n; i += SL_LANES) {
		unsigned wide = sl_lanes_mask(sl_lanes_load(s.p + i));
		if (wide)
			return i + (size_t)__builtin_ctz(wide);
	}
	while (i < s.n && !(s.p[i] & (char)0x80))
		i++;
	return i;
}

#endif
