/* SPDX-License-Identifier: Apache-2.0 */
/* span.h - borrowed bytes.
 *
 * A span owns nothing and is valid as long as what it points into. It may hold any byte,
 * NUL included, and is never NUL-terminated by promise. All functions are O(length).
 */
#ifndef SL_SPAN_H
#define SL_SPAN_H

#include "base.h"

#include <string.h>
#include <sys/types.h>

struct sl_span {
	const char *p; /* may be NULL only when n is 0 */
	size_t n;
};

#define SL_SPAN_NULL ((struct sl_span){ NULL, 0 })
/* A span of a string literal. */
#define SL_SPAN(literal) ((struct sl_span){ (literal), sizeof(literal) - 1 })
/* For printf("%.*s", SL_ARG(span)). Spans longer than INT_MAX are cut. */
#define SL_ARG(s) (int)((s).n > INT_MAX ? INT_MAX : (s).n), ((s).p ? (s).p : "")

static inline struct sl_span sl_span_of(const void *p, size_t n)
{
	return (struct sl_span){ p, n };
}

/* A span of a C string; NULL gives the empty span. */
static inline struct sl_span sl_span_str(const char *s)
{
	return (struct sl_span){ s, s ? strlen(s) : 0 };
}

/* The part from `from` on; empty when `from` is at or behind the end. */
static inline struct sl_span sl_span_from(struct sl_span s, size_t from)
{
	return from >= s.n ? (struct sl_span){ s.p ? s.p + s.n : NULL, 0 }
			   : (struct sl_span){ s.p + from, s.n - from };
}

/* The first `n` bytes, or all when there are fewer. */
static inline struct sl_span sl_span_head(struct sl_span s, size_t n)
{
	return (struct sl_span){ s.p, n < s.n ? n : s.n };
}

/* ASCII only, so that results are the same under every locale. */
static inline char sl_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
static inline bool sl_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool sl_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool sl_is_alnum(char c)
{
	return sl_is_alpha(c) || sl_is_digit(c);
}
/* Space, tab, CR, LF, VT, FF. */
static inline bool sl_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
/* Value of a base64 digit of either alphabet (RFC 4648, sections 4 and 5), or -1. */
static inline int sl_base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (sl_is_digit(c))
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}
/* Value of a hexadecimal digit, or -1. */
static inline int sl_hex_value(char c)
{
	if (sl_is_digit(c))
		return c - '0';
	c = sl_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Most spans that differ do so in length or first byte: no call then. */
static inline bool sl_span_eq(struct sl_span a, struct sl_span b)
{
	return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));
}
static inline bool sl_span_starts(struct sl_span s, struct sl_span prefix)
{
	return s.n >= prefix.n && sl_span_eq(sl_span_head(s, prefix.n), prefix);
}
/* ... but for the case of ASCII letters. */
static inline bool sl_span_istarts(struct sl_span s, struct sl_span prefix)
{
	if (s.n < prefix.n)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (sl_lower(s.p[i]) != sl_lower(prefix.p[i]))
			return false;
	return true;
}
/* Equal but for the case of ASCII letters. */
static inline bool sl_span_ieq(struct sl_span a, struct sl_span b)
{
	return a.n == b.n && sl_span_istarts(a, b);
}
static inline bool sl_span_ends(struct sl_span s, struct sl_span suffix)
{
	return s.n >= suffix.n && sl_span_eq(sl_span_from(s, s.n - suffix.n), suffix);
}
static inline bool sl_span_iends(struct sl_span s, struct sl_span suffix)
{
	return s.n >= suffix.n && sl_span_ieq(sl_span_from(s, s.n - suffix.n), suffix);
}
/* Order of bytes; a prefix comes first. */
int sl_span_cmp(struct sl_span a, struct sl_span b);
/* Offset of the first such byte or sequence at or after `from`, or -1. */
static inline ssize_t sl_span_chr(struct sl_span s, char c, size_t from)
{
	if (from >= s.n)
		return -1;
	const char *hit = (const char *)memchr(s.p + from, c, s.n - from);
	return hit ? hit - s.p : -1;
}
ssize_t sl_span_find(struct sl_span s, struct sl_span needle, size_t from);
ssize_t sl_span_ifind(struct sl_span s, struct sl_span needle, size_t from);
/* Two neighbours, both compared with bit 0x20 set (`a` and `b` have it): finds letters of either
 * case, and some other pairs, which the caller sorts out. 16 bytes at a time. */
ssize_t sl_span_ipair(struct sl_span s, char a, char b, size_t from);
/* Without ASCII white space at both ends. */
static inline struct sl_span sl_span_trim(struct sl_span s)
{
	while (s.n && sl_is_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && sl_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}
/* Take what stands before the first `sep` and move `rest` behind it; false at the end.
 * An empty `rest` gives no field. */
static inline bool sl_span_split(struct sl_span *rest, char sep, struct sl_span *field_r)
{
	if (rest->n == 0)
		return false;
	ssize_t at = sl_span_chr(*rest, sep, 0);
	if (at < 0) {
		*field_r = *rest;
		*rest = sl_span_from(*rest, rest->n);
		return true;
	}
	*field_r = sl_span_head(*rest, (size_t)at);
	*rest = sl_span_from(*rest, (size_t)at + 1);
	return true;
}
/* A decimal number that fills the whole span; false on anything else or on overflow. */
bool sl_span_u64(struct sl_span s, uint64_t *value_r);

#endif
