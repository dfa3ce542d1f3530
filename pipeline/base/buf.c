/* SPDX-License-Identifier: Apache-2.0 */
#include "buf.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void sl_buf_free(struct sl_buf *buf)
{
	free(buf->p);
	*buf = sl_buf_make(buf->max);
}

void sl_buf_reset(struct sl_buf *buf)
{
	buf->n = 0;
	buf->overflow = false;
	if (buf->p)
		buf->p[0] = '\0';
}

char *sl_buf_grow(struct sl_buf *buf, size_t n)
{
	sl_assert(buf->n <= buf->max);
	if (buf->overflow || n > buf->max - buf->n) {
		buf->overflow = true;
		return NULL;
	}
	size_t need = buf->n + n + 1;
	if (need > buf->room) {
		size_t room = buf->room ? buf->room : 64;
		while (room < need)
			room *= 2;
		if (room - 1 > buf->max)
			room = buf->max + 1;
		buf->p = sl_realloc(buf->p, room);
		buf->room = room;
	}
	return buf->p + buf->n;
}

void sl_buf_u64(struct sl_buf *buf, uint64_t value)
{
	char digits[20];
	size_t n = 0;
	do {
		digits[sizeof(digits) - ++n] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	sl_buf_add(buf, sl_span_of(digits + sizeof(digits) - n, n));
}

void sl_buf_printf(struct sl_buf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	sl_assert(n >= 0);
	char *to = sl_buf_reserve(buf, (size_t)n);
	if (!to)
		return;
	va_start(args, format);
	vsnprintf(to, (size_t)n + 1, format, args);
	va_end(args);
	sl_buf_filled(buf, (size_t)n);
}

void sl_buf_hex(struct sl_buf *buf, const void *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = bytes;
	char *to = sl_buf_reserve(buf, 2 * n);
	if (!to)
		return;
	for (size_t i = 0; i < n; i++) {
		*to++ = digits[from[i] >> 4];
		*to++ = digits[from[i] & 15];
	}
	sl_buf_filled(buf, 2 * n);
}

void sl_buf_utf8(struct sl_buf *buf, uint32_t code_point)
{
	char bytes[4];
	sl_buf_add(buf, sl_span_of(bytes, sl_utf8_encode(code_point, bytes)));
}

bool sl_is_unsafe_char(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void sl_buf_escaped(struct sl_buf *buf, struct sl_span s, size_t max)
{
	struct sl_span rest = sl_span_head(s, max);
	while (rest.n) {
		uint32_t c;
		size_t len = sl_utf8_decode(rest, &c);
		if (len == 0) {
			sl_buf_printf(buf, "\\x%02x", (unsigned char)rest.p[0]);
			len = 1;
		} else if (sl_is_unsafe_char(c)) {
			sl_buf_printf(buf, c < 0x100 ? "\\x%02x" : "\\u{%04x}", (unsigned)c);
		} else {
			sl_buf_add(buf, sl_span_head(rest, len));
		}
		rest = sl_span_from(rest, len);
	}
	if (s.n > max)
		sl_buf_str(buf, "...");
}
