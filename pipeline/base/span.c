/* SPDX-License-Identifier: Apache-2.0 */
#include "span.h"

#include "lanes.h"

int sl_span_cmp(struct sl_span a, struct sl_span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	return order ? order : (a.n > b.n) - (a.n < b.n);
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

ssize_t sl_span_ipair(struct sl_span s, char a, char b, size_t from)
{
	size_t i = from;
	for (; s.n > SL_LANES && i < s.n - SL_LANES; i += SL_LANES) {
		sl_lanes x = sl_lanes_eq(sl_lanes_load(s.p + i) | sl_lanes_all(0x20), a);
		sl_lanes y = sl_lanes_eq(sl_lanes_load(s.p + i + 1) | sl_lanes_all(0x20), b);
		unsigned mask = sl_lanes_mask(x & y);
		if (mask)
			return (ssize_t)(i + (unsigned)__builtin_ctz(mask));
	}
	for (; i + 1 < s.n; i++)
		if ((s.p[i] | 0x20) == a && (s.p[i + 1] | 0x20) == b)
			return (ssize_t)i;
	return -1;
}

static ssize_t ifind_char(struct sl_span s, char c, size_t from)
{
	for (size_t i = from; i < s.n; i++)
		if (sl_lower(s.p[i]) == sl_lower(c))
			return (ssize_t)i;
	return -1;
}

ssize_t sl_span_ifind(struct sl_span s, struct sl_span needle, size_t from)
{
	if (needle.n > s.n || from > s.n - needle.n)
		return -1;
	if (needle.n < 2)
		return needle.n ? ifind_char(s, needle.p[0], from) : (ssize_t)from;
	ssize_t at = (ssize_t)from;
	while ((at = sl_span_ipair(s, (char)(needle.p[0] | 0x20), (char)(needle.p[1] | 0x20),
			(size_t)at)) >= 0) {
		if (sl_span_istarts(sl_span_from(s, (size_t)at), needle))
			return at;
		at++;
	}
	return -1;
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
