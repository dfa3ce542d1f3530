/* SPDX-License-Identifier: Apache-2.0 */
#include "span.h"

int sl_hex_value(char c)
{
	if (sl_is_digit(c))
		return c - '0';
	c = sl_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool sl_span_eq(struct sl_span a, struct sl_span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool sl_span_ieq(struct sl_span a, struct sl_span b)
{
	return a.n == b.n && sl_span_istarts(a, b);
}

int sl_span_cmp(struct sl_span a, struct sl_span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool sl_span_starts(struct sl_span s, struct sl_span prefix)
{
	return s.n >= prefix.n && sl_span_eq(sl_span_head(s, prefix.n), prefix);
}

bool sl_span_istarts(struct sl_span s, struct sl_span prefix)
{
	if (s.n < prefix.n)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (sl_lower(s.p[i]) != sl_lower(prefix.p[i]))
			return false;
	return true;
}

bool sl_span_ends(struct sl_span s, struct sl_span suffix)
{
	return s.n >= suffix.n && sl_span_eq(sl_span_from(s, s.n - suffix.n), suffix);
}

bool sl_span_iends(struct sl_span s, struct sl_span suffix)
{
	return s.n >= suffix.n && sl_span_ieq(sl_span_from(s, s.n - suffix.n), suffix);
}

ssize_t sl_span_chr(struct sl_span s, char c, size_t from)
{
	if (from >= s.n)
		return -1;
	const char *hit = memchr(s.p + from, c, s.n - from);
	return hit ? hit - s.p : -1;
}

ssize_t sl_span_find(struct sl_span s, struct sl_span needle, size_t from)
{
	if (from > s.n || needle.n > s.n - from)
		return -1;
	if (needle.n == 0)
		return (ssize_t)from;
	const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);
	return hit ? hit - s.p : -1;
}

ssize_t sl_span_ifind(struct sl_span s, struct sl_span needle, size_t from)
{
	if (needle.n > s.n)
		return -1;
	for (size_t i = from; i + needle.n <= s.n; i++)
		if (sl_span_istarts(sl_span_from(s, i), needle))
			return (ssize_t)i;
	return -1;
}

struct sl_span sl_span_trim(struct sl_span s)
{
	while (s.n && sl_is_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && sl_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool sl_span_split(struct sl_span *rest, char sep, struct sl_span *field_r)
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

bool sl_span_u64(struct sl_span s, uint64_t *value_r)
{
	uint64_t value = 0;
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!sl_is_digit(s.p[i]))
			return false;
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value))
			return false;
	}
	*value_r = value;
	return true;
}
