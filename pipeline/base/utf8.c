/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

size_t sl_utf8_decode_wide(struct sl_span s, uint32_t *code_point_r)
{
	if (s.n == 0)
		return 0;
	const unsigned char *b = (const unsigned char *)s.p;
	if (b[0] < 0x80) {
		*code_point_r = b[0];
		return 1;
	}
	size_t len = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	if (b[0] < 0xc2 || b[0] > 0xf4 || s.n < len)
		return 0;
	uint32_t c = b[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (b[i] & 0x3fu);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code_point_r = c;
	return len;
}

size_t sl_utf8_encode(uint32_t c, char bytes_r[4])
{
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		bytes_r[0] = (char)c;
		return 1;
	}
	size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--) {
		bytes_r[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	bytes_r[0] = (char)(lead[len] | c);
	return len;
}

size_t sl_utf8_valid_prefix(struct sl_span s)
{
	size_t at = 0;
	while (at < s.n) {
		if (!(s.p[at] & (char)0x80)) {
			at = sl_ascii_end(s, at);
			continue;
		}
		uint32_t c;
		size_t len = sl_utf8_decode_wide(sl_span_from(s, at), &c);
		if (len == 0)
			return at;
		at += len;
	}
	return at;
}
