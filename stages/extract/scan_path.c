/* SPDX-License-Identifier: Apache-2.0 */
#include "scan_internal.h"

/* Brackets in pairs: opening at even places. */
static const char pairs[] = "()[]{}";

struct balance {
	size_t count[sizeof(pairs)];
};

static int pair_index(char c)
{
	for (int i = 0; sl_find_is(c, SL_C_BRACKET) && pairs[i]; i++)
		if (pairs[i] == c)
			return i;
	return -1;
}

/* Trailing punctuation, closing brackets without a partner, and opening ones. */
static size_t trimmed(struct sl_span text, size_t from, size_t end)
{
	sl_assert(from <= end && end <= text.n);
	if (end == from || !sl_find_is(text.p[end - 1], SL_C_TRAIL | SL_C_BRACKET))
		return end;
	struct balance b = { { 0 } };
	for (size_t i = from; i < end; i++) {
		int at = pair_index(text.p[i]);
		if (at >= 0)
			b.count[at]++;
	}
	while (end > from) {
		char c = text.p[end - 1];
		int at = pair_index(c);
		bool lone = at >= 0 && (at % 2 == 0 || b.count[at] > b.count[at - 1]);
		if (!lone && !sl_find_is(c, SL_C_TRAIL))
			break;
		if (at >= 0)
			b.count[at]--;
		end--;
	}
	return end;
}

static bool behind_escape(struct sl_span text, size_t at)
{
	return at >= 3 && text.p[at - 3] == '%' && sl_hex_value(text.p[at - 2]) >= 0 &&
	       sl_hex_value(text.p[at - 1]) >= 0;
}

/* A scheme in the middle begins another URL, unless it looks like a part of this one: behind '/',
 * '=', '_' or an escape. Where it begins, or 0. */
static size_t next_url(struct sl_span text, size_t from, size_t colon)
{
	static const char *const schemes[] = { "https", "http" };
	for (size_t i = 0; i < SL_LEN(schemes); i++) {
		struct sl_span want = sl_span_str(schemes[i]);
		if (colon < from + want.n + 1)
			continue;
		size_t at = colon - want.n;
		if (!sl_span_ieq(sl_span_of(text.p + at, want.n), want))
			continue;
		char before = text.p[at - 1];
		bool apart = sl_is_alnum(before) || (before && strchr(",;)]}!*'", before));
		return apart && !behind_escape(text, at) ? at : 0;
	}
	return 0;
}

static size_t port_end(struct sl_span text, size_t from)
{
	size_t at = from + 1;
	if (from >= text.n || text.p[from] != ':')
		return from;
	while (at < text.n && at - from <= 5 && sl_is_digit(text.p[at]))
		at++;
	return at == from + 1 ? from : at;
}

size_t sl_find_tail(struct sl_span text, size_t from, char open)
{
	sl_assert(from < text.n);
	size_t at = from + 1;
	for (; at < text.n && sl_find_is(text.p[at], SL_C_URL); at++) {
		if (text.p[at] == '\'' && open == '\'')
			break;
		if (text.p[at] != ':' || at + 2 >= text.n || text.p[at + 1] != '/' ||
			text.p[at + 2] != '/')
			continue;
		size_t other = next_url(text, from, at);
		if (other > from) {
			at = other;
			break;
		}
	}
	return trimmed(text, from, at);
}

size_t sl_find_path(struct sl_span text, size_t from, char open)
{
	size_t start = port_end(text, from);
	if (start >= text.n ||
		!(text.p[start] == '/' || text.p[start] == '?' || text.p[start] == '#'))
		return start;
	return sl_find_tail(text, start, open);
}
