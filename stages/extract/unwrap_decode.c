/* SPDX-License-Identifier: Apache-2.0 */
#include "unwrap_decode.h"

#include "pipeline/base/utf8.h"

struct sl_span sl_unwrap_base64(struct sl_arena *arena, struct sl_span s)
{
	char *to = sl_arena_alloc(arena, s.n / 4 * 3 + 3);
	size_t n = 0;
	uint32_t bits = 0;
	int have = 0;
	for (size_t i = 0; i < s.n; i++) {
		int value = sl_base64_value(s.p[i]);
		if (value < 0)
			break;
		bits = (bits << 6 | (uint32_t)value) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			to[n++] = (char)(bits >> have & 0xff);
		}
	}
	sl_assert(n <= s.n / 4 * 3 + 3);
	return sl_span_of(to, n);
}

struct sl_span sl_unwrap_param(struct sl_span query, struct sl_span name)
{
	struct sl_span field;
	while (sl_span_split(&query, '&', &field)) {
		if (sl_span_istarts(field, SL_SPAN("amp;")))
			field = sl_span_from(field, 4);
		if (field.n > name.n && field.p[name.n] == '=' && sl_span_istarts(field, name))
			return sl_span_from(field, name.n + 1);
	}
	return SL_SPAN_NULL;
}

static bool has_web_scheme(struct sl_span s)
{
	static const char *const schemes[] = { "http:", "https:", "ftp:" };
	for (size_t i = 0; i < SL_LEN(schemes); i++)
		if (sl_span_istarts(s, sl_span_str(schemes[i])))
			return true;
	return false;
}

/* A host with a dot in front of everything else: "example.top/x". */
static bool begins_with_host(struct sl_span s)
{
	size_t n = 0, dots = 0;
	while (n < s.n &&
		(sl_is_alnum(s.p[n]) || s.p[n] == '-' || s.p[n] == '.' || (s.p[n] & (char)0x80)))
		dots += s.p[n++] == '.';
	return dots > 0 && n > 3 && s.p[0] != '.' &&
	       (n == s.n || s.p[n] == '/' || s.p[n] == '?' || s.p[n] == '#' || s.p[n] == ':');
}

static bool is_base64_of_http(struct sl_span s)
{
	return sl_span_starts(s, SL_SPAN("aHR0c"));
}

bool sl_unwrap_target(struct sl_arena *arena, struct sl_span value, struct sl_span scheme,
	struct sl_url *target_r)
{
	struct sl_span s = sl_span_trim(value);
	if (s.n && s.p[0] == '@' && has_web_scheme(sl_span_from(s, 1)))
		s = sl_span_from(s, 1);
	if (is_base64_of_http(s))
		s = sl_unwrap_base64(arena, s);
	if (sl_span_istarts(s, SL_SPAN("http%3a")) || sl_span_istarts(s, SL_SPAN("https%3a")))
		s = sl_url_decode(arena, s);
	if (has_web_scheme(s))
		return sl_url_parse(arena, s, NULL, target_r);
	if (sl_span_starts(s, SL_SPAN("//")))
		s = sl_arena_printf(arena, "%.*s:%.*s", SL_ARG(scheme), SL_ARG(s));
	else if (begins_with_host(s))
		s = sl_arena_printf(arena, "http://%.*s", SL_ARG(s));
	else
		return false;
	return sl_url_parse(arena, s, NULL, target_r);
}

struct sl_span sl_unwrap_defense2(struct sl_arena *arena, struct sl_span value)
{
	char *to = sl_arena_alloc(arena, value.n + 1);
	for (size_t i = 0; i < value.n; i++)
		to[i] = value.p[i] == '-' ? '%' : value.p[i] == '_' ? '/' : value.p[i];
	return sl_url_decode(arena, sl_span_of(to, value.n));
}

/* Take one character of the replacements. */
static size_t next_character(struct sl_span *chars)
{
	uint32_t unused;
	size_t length = sl_utf8_decode(*chars, &unused);
	return length ? length : chars->n > 0;
}

/* How many characters a '*' at `s` stands for, and how many bytes that is written in. */
static size_t run_length(struct sl_span s, size_t *written_r)
{
	*written_r = 1;
	if (s.n < 3 || s.p[1] != '*' || sl_base64_value(s.p[2]) < 0)
		return 1;
	*written_r = 3;
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = strchr(letters, s.p[2]);
	return at ? (size_t)(at - letters) + 2 : 1;
}

struct sl_span sl_unwrap_defense3(struct sl_arena *arena, struct sl_span path)
{
	ssize_t begin = sl_span_find(path, SL_SPAN("__"), 0);
	if (begin < 0)
		return SL_SPAN_NULL;
	ssize_t end = sl_span_find(path, SL_SPAN("__;"), (size_t)begin + 2);
	if (end < 0)
		return SL_SPAN_NULL;
	struct sl_span url = sl_span_of(path.p + begin + 2, (size_t)(end - begin) - 2);
	struct sl_span coded = sl_span_from(path, (size_t)end + 3);
	ssize_t stop = sl_span_find(coded, SL_SPAN("!"), 0);
	struct sl_span chars =
		sl_unwrap_base64(arena, stop < 0 ? coded : sl_span_head(coded, (size_t)stop));
	char *to = sl_arena_alloc(arena, url.n + chars.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < url.n;) {
		size_t written;
		if (url.p[i] != '*' || chars.n == 0) {
			to[n++] = url.p[i++];
			continue;
		}
		size_t count = run_length(sl_span_from(url, i), &written);
		for (i += written; count > 0 && chars.n > 0; count--) {
			size_t length = next_character(&chars);
			sl_assert(length > 0 && length <= chars.n);
			memcpy(to + n, chars.p, length);
			n += length;
			chars = sl_span_from(chars, length);
		}
	}
	return sl_span_of(to, n);
}

struct sl_span sl_unwrap_underscores(struct sl_span path)
{
	ssize_t begin = sl_span_find(path, SL_SPAN("/___"), 0);
	if (begin < 0)
		return SL_SPAN_NULL;
	struct sl_span url = sl_span_from(path, (size_t)begin + 4);
	ssize_t end = sl_span_find(url, SL_SPAN("___."), 0);
	return end < 0 ? SL_SPAN_NULL : sl_span_head(url, (size_t)end);
}

struct sl_span sl_unwrap_json_url(struct sl_arena *arena, struct sl_span json)
{
	ssize_t at = sl_span_find(json, SL_SPAN("\"url"), 0);
	if (at < 0)
		return SL_SPAN_NULL;
	struct sl_span s = sl_span_from(json, (size_t)at + 4);
	while (s.n && (s.p[0] == '\\' || s.p[0] == '"' || s.p[0] == ':' || sl_is_space(s.p[0])))
		s = sl_span_from(s, 1);
	char *to = sl_arena_alloc(arena, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n && s.p[i] != '"'; i++) {
		if (s.p[i] == '\\') {
			bool unicode = i + 5 < s.n && s.p[i + 1] == 'u' && s.p[i + 2] == '0' &&
				       s.p[i + 3] == '0' && sl_hex_value(s.p[i + 4]) >= 0 &&
				       sl_hex_value(s.p[i + 5]) >= 0;
			if (unicode) {
				to[n++] = (char)(sl_hex_value(s.p[i + 4]) * 16 +
						 sl_hex_value(s.p[i + 5]));
				i += 5;
			}
			continue;
		}
		to[n++] = s.p[i];
	}
	return sl_span_of(to, n);
}

/* The query without the parameters of the translator. */
static struct sl_span own_query(struct sl_arena *arena, struct sl_span query)
{
	char *to = sl_arena_alloc(arena, query.n + 1);
	size_t n = 0;
	struct sl_span field;
	while (sl_span_split(&query, '&', &field)) {
		if (sl_span_starts(field, SL_SPAN("_x_tr_")))
			continue;
		to[n] = n ? '&' : '?';
		n++;
		memcpy(to + n, field.p, field.n);
		n += field.n;
	}
	return sl_span_of(to, n);
}

bool sl_unwrap_translate(struct sl_arena *arena, const struct sl_url *url, struct sl_url *target_r)
{
	struct sl_span suffix = SL_SPAN(".translate.goog");
	if (!sl_span_ends(url->host, suffix))
		return false;
	struct sl_span coded = sl_span_head(url->host, url->host.n - suffix.n);
	struct sl_span prefix = sl_unwrap_param(url->query, SL_SPAN("_x_tr_hp"));
	struct sl_span scheme = sl_unwrap_param(url->query, SL_SPAN("_x_tr_sch"));
	coded = sl_arena_printf(arena, "%.*s%.*s", SL_ARG(prefix), SL_ARG(coded));
	char *to = sl_arena_alloc(arena, coded.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < coded.n; i++) {
		bool twice = coded.p[i] == '-' && i + 1 < coded.n && coded.p[i + 1] == '-';
		to[n++] = coded.p[i] == '-' && !twice ? '.' : coded.p[i];
		i += twice;
	}
	struct sl_span query = own_query(arena, url->query);
	struct sl_span text = sl_arena_printf(arena, "%s://%.*s%.*s%.*s",
		sl_span_eq(scheme, SL_SPAN("http")) ? "http" : "https", SL_ARG(sl_span_of(to, n)),
		SL_ARG(url->path), SL_ARG(query));
	return sl_url_parse(arena, text, NULL, target_r);
}
