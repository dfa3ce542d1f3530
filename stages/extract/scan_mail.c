/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/base/unicode.h"
#include "pipeline/policy.h"
#include "scan_internal.h"

#define FLAG(name) ((uint32_t)SL_BIT(SL_IND_##name))

enum { LOCAL_MAX = 64, IP6_MAX = 46, ID_BACK = 24 };

/* "@" in its spellings at `at`: its length, or 0. */
static size_t at_sign(struct sl_span text, size_t at, uint32_t *flags)
{
	static const char *const spellings[] = { "[at]", "(at)", "{at}", "[@]", "(@)", "{@}" };
	if (at >= text.n)
		return 0;
	struct sl_span rest = sl_span_of(text.p + at, text.n - at);
	if (rest.p[0] == '@')
		return 1;
	if (rest.n < 3 || (rest.p[1] != '@' && sl_lower(rest.p[1]) != 'a'))
		return 0;
	for (size_t i = 0; i < SL_LEN(spellings); i++)
		if (sl_span_istarts(rest, sl_span_str(spellings[i]))) {
			*flags |= FLAG(DEFANGED);
			return strlen(spellings[i]);
		}
	return 0;
}

static bool in_local(char c)
{
	return sl_find_is(c, SL_C_NAME) || c == '.' || c == '+' || c == '%' || c == '&' ||
	       c == '\'' || c == '~' || c == '!' || c == '#' || c == '$' || c == '*';
}

/* Where the local part begins; `end` when there is none. */
static size_t local_begin(const struct sl_finder *scan, size_t end)
{
	struct sl_span text = scan->text;
	size_t begin = end;
	while (begin > scan->floor && in_local(text.p[begin - 1])) {
		begin--;
		if (end - begin > LOCAL_MAX)
			return end;
	}
	sl_assert(begin <= end);
	while (begin < end && !sl_is_alnum(text.p[begin]) && text.p[begin] != '_')
		begin++;
	return begin;
}

/* The word in front of '<' says that this is no address but the name of a message. */
static bool is_message_id(struct sl_span text, size_t begin)
{
	if (begin == 0 || text.p[begin - 1] != '<')
		return false;
	size_t from = begin > ID_BACK ? begin - ID_BACK : 0;
	struct sl_span before = sl_span_trim(sl_span_of(text.p + from, begin - 1 - from));
	if (before.n && before.p[before.n - 1] == ':')
		before = sl_span_trim(sl_span_head(before, before.n - 1));
	return sl_span_iends(before, SL_SPAN("-id")) ||
	       sl_span_iends(before, SL_SPAN("references")) ||
	       sl_span_iends(before, SL_SPAN("reply-to")) || sl_span_iends(before, SL_SPAN(" id"));
}

static bool between(struct sl_span text, size_t begin, size_t end)
{
	if (begin > 0 && strchr("@/", text.p[begin - 1]) && text.p[begin - 1])
		return false;
	return end >= text.n || (text.p[end] != '@' && text.p[end] != '=');
}

bool sl_find_email(struct sl_finder *scan, struct sl_found *found_r)
{
	struct sl_span text = scan->text;
	uint32_t flags = 0;
	struct sl_host_text host;
	struct sl_span ascii;
	bool mapped;
	size_t length = at_sign(text, scan->at, &flags), begin = local_begin(scan, scan->at);
	if (length == 0 || begin == scan->at || text.p[scan->at - 1] == '.')
		return false;
	if (!sl_find_host(scan, scan->at + length, true, &host) || !host.known ||
		!sl_unicode_host_to_ascii(scan->arena, host.text, &ascii, &mapped) ||
		sl_suffixes_domain(scan->suffixes, ascii).n == 0)
		return false;
	if (!between(text, begin, host.end) || !sl_find_host_is_whole(text, &host) ||
		is_message_id(text, begin))
		return false;
	flags |= host.flags & FLAG(DEFANGED);
	*found_r = (struct sl_found){ SL_FOUND_EMAIL, flags, begin, host.end,
		SL_ARENA_JOIN(scan->arena, sl_span_of(text.p + begin, scan->at - begin),
			SL_SPAN("@"), host.text) };
	scan->at = host.end;
	return true;
}

static bool in_ip6(char c)
{
	return sl_hex_value(c) >= 0 || c == ':' || c == '.';
}

bool sl_find_ip6(struct sl_finder *scan, struct sl_found *found_r)
{
	struct sl_span text = scan->text;
	struct sl_ip ip;
	size_t begin = scan->at, end = scan->at;
	if (sl_span_starts(sl_span_from(text, begin), SL_SPAN(":::")))
		return false;
	while (begin > scan->floor && scan->at - begin < IP6_MAX && in_ip6(text.p[begin - 1]))
		begin--;
	while (end < text.n && end - scan->at < IP6_MAX && in_ip6(text.p[end]))
		end++;
	size_t last = end;
	while (last > begin && (text.p[last - 1] == '.' || text.p[last - 1] == ':'))
		last--;
	struct sl_span s = sl_span_of(text.p + begin, last - begin);
	if (last < end && last + 1 < end && text.p[last + 1] == ':')
		s.n += 2; /* "2001:db8::" ends so */
	if (s.n < 8 || (begin > 0 && sl_find_is(text.p[begin - 1], SL_C_NAME | SL_C_USER)) ||
		(end < text.n && sl_find_is(text.p[end], SL_C_NAME)))
		return false;
	if (!sl_ip_parse(s, &ip) || ip.family != 6 || (ip.b[0] & 0xe0) != 0x20 ||
		!sl_ip_is_public(&ip))
		return false;
	*found_r = (struct sl_found){ SL_FOUND_IP, 0, begin, begin + s.n, s };
	scan->at = begin + s.n;
	return true;
}
