/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - a growing string with a compulsory maximum and a sticky error.
 *
 * Owns its memory; sl_buf_free() gives it back. Once an append would pass the maximum, nothing
 * more is appended and `overflow` stays set until sl_buf_reset(): check it once at the end.
 */
#ifndef SL_BUF_H
#define SL_BUF_H

#include "span.h"

struct sl_buf {
	char *p; /* always NUL-terminated once something was appended; owned */
	size_t n, room, max;
	bool overflow;
};

/* An empty buffer that may grow to `max` bytes; allocates nothing yet. */
static inline struct sl_buf sl_buf_make(size_t max)
{
	return (struct sl_buf){ NULL, 0, 0, max, false };
}

void sl_buf_free(struct sl_buf *buf);
/* Empty again; memory is kept. */
void sl_buf_reset(struct sl_buf *buf);
char *sl_buf_grow(struct sl_buf *buf, size_t n); /* sl_buf_reserve(), out of line */
/* Room for `n` more bytes behind the end, or NULL on overflow; then sl_buf_filled(). */
static inline char *sl_buf_reserve(struct sl_buf *buf, size_t n)
{
	/* the room never passes the maximum by more than the NUL */
	return n < buf->room - buf->n && !buf->overflow ? buf->p + buf->n : sl_buf_grow(buf, n);
}
static inline void sl_buf_filled(struct sl_buf *buf, size_t n)
{
	sl_assert(n < buf->room - buf->n);
	buf->n += n;
	buf->p[buf->n] = '\0';
}
static inline void sl_buf_add(struct sl_buf *buf, struct sl_span s)
{
	char *to = sl_buf_reserve(buf, s.n);
	if (!to)
		return;
	if (s.n)
		memcpy(to, s.p, s.n);
	sl_buf_filled(buf, s.n);
}
static inline void sl_buf_char(struct sl_buf *buf, char c)
{
	char *to = sl_buf_reserve(buf, 1);
	if (!to)
		return;
	*to = c;
	sl_buf_filled(buf, 1);
}
static inline void sl_buf_str(struct sl_buf *buf, const char *s)
{
	sl_buf_add(buf, sl_span_str(s));
}
void sl_buf_u64(struct sl_buf *buf, uint64_t value);
void sl_buf_printf(struct sl_buf *buf, const char *format, ...) SL_PRINTF(2, 3);
/* Lower-case hexadecimal digits of the bytes. */
void sl_buf_hex(struct sl_buf *buf, const void *bytes, size_t n);
/* The code point as UTF-8; U+FFFD for surrogates and values above U+10FFFF. */
void sl_buf_utf8(struct sl_buf *buf, uint32_t code_point);
/* Not for a terminal or a line of text: control characters (C0, DEL, C1), bidi controls, the line
 * ends U+2028 and U+2029, and U+FEFF. */
bool sl_is_unsafe_char(uint32_t c);
/* For terminals and logs: such characters, and bytes that are no UTF-8, as \xNN or \u{NNNN}. At
 * most `max` bytes of input, then "...". */
void sl_buf_escaped(struct sl_buf *buf, struct sl_span s, size_t max);

static inline struct sl_span sl_buf_span(const struct sl_buf *buf)
{
	return sl_span_of(buf->p, buf->n);
}

#endif
