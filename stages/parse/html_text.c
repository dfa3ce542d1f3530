/* SPDX-License-Identifier: Apache-2.0 */
#include "html_entity.h"
#include "html_work.h"
#include "pipeline/base/lanes.h"
#include "pipeline/base/utf8.h"

enum { ORDINARY, BLANK, LINE_END, REFERENCE, NUL };

static const uint8_t kinds[256] = { ['\0'] = NUL,
	['\t'] = BLANK,
	['\n'] = LINE_END,
	['\v'] = BLANK,
	['\f'] = BLANK,
	['\r'] = LINE_END,
	[' '] = BLANK,
	['&'] = REFERENCE };

/* What was held back goes out before the next visible character. */
static inline void settle(struct sl_html_stream *stream)
{
	if (stream->n && stream->line)
		stream->p[stream->n++] = '\n';
	else if (stream->n && stream->space)
		stream->p[stream->n++] = ' ';
	stream->line = stream->space = false;
}

static void add_code_point(struct sl_html_stream *stream, uint32_t c)
{
	if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
		stream->space = true;
		return;
	}
	settle(stream);
	stream->n += sl_utf8_encode(c, stream->p + stream->n);
}

/* A blank in front of this byte ends a run. */
static bool blank_waits_before(char c)
{
	return (unsigned char)c <= ' ' || c == '&';
}

/* Where text ends that goes out as it is, from an ordinary byte on: a single space between ordinary
 * bytes is part of it. */
static const char *run_end(const char *p, const char *end)
{
	for (; end - p > SL_LANES; p += SL_LANES) {
		sl_lanes c = sl_lanes_load(p), next = sl_lanes_load(p + 1);
		sl_lanes waits = sl_lanes_in(next, 0, ' ') | sl_lanes_eq(next, '&');
		unsigned stops = sl_lanes_mask(sl_lanes_in(c, 0, ' ' - 1) | sl_lanes_eq(c, '&') |
					       (sl_lanes_eq(c, ' ') & waits));
		if (stops)
			return p + __builtin_ctz(stops);
	}
	while (p < end && (kinds[(unsigned char)*p] == ORDINARY ||
				  (*p == ' ' && p + 1 < end && !blank_waits_before(p[1]))))
		p++;
	return p;
}

static sl_lanes is_shown(sl_lanes c)
{
	return ~(sl_lanes_in(c, '\t', '\r') | sl_lanes_eq(c, ' '));
}

/* Behind the white space that begins at `p`: pages are indented. */
static const char *blanks_end(const char *p, const char *end)
{
	if (++p == end || !sl_is_space(*p))
		return p;
	return p + sl_lanes_find(sl_span_of(p, (size_t)(end - p)), 0, is_shown);
}

static void add_run(struct sl_html_stream *stream, const char *run, size_t n)
{
	settle(stream);
	memcpy(stream->p + stream->n, run, n);
	stream->n += n;
}

void sl_html_text_add(struct sl_html_stream *stream, struct sl_span text, bool pre)
{
	const char *p = text.p, *end = text.p + text.n;
	while (p < end) {
		uint8_t kind = kinds[(unsigned char)*p];
		uint32_t c;
		size_t len = 1;
		if (kind == ORDINARY) {
			len = (size_t)(run_end(p + 1, end) - p);
			add_run(stream, p, len);
		} else if (kind == REFERENCE) {
			len = sl_entity_read(sl_span_of(p, (size_t)(end - p)), false, &c);
			add_code_point(stream, len ? c : '&');
		} else if (kind == LINE_END && pre) {
			stream->line = true;
		} else if (kind != NUL) {
			stream->space = true;
			len = pre ? 1 : (size_t)(blanks_end(p, end) - p);
		}
		p += len ? len : 1;
	}
	sl_assert(stream->n <= stream->room);
}

struct sl_span sl_html_value(struct sl_arena *arena, struct sl_span value, bool *entity_r)
{
	*entity_r = false;
	if (sl_span_chr(value, '&', 0) < 0)
		return value;
	char *to = sl_arena_alloc(arena, value.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < value.n;) {
		uint32_t c;
		size_t len =
			value.p[i] == '&' ? sl_entity_read(sl_span_from(value, i), true, &c) : 0;
		if (len == 0) {
			to[n++] = value.p[i++];
			continue;
		}
		if (c != '&')
			*entity_r = true;
		n += sl_utf8_encode(c, to + n);
		i += len;
	}
	sl_assert(n <= value.n);
	sl_arena_trim(arena, to, value.n + 1, n);
	return sl_span_of(to, n);
}

size_t sl_html_literal_tags(struct sl_span text, size_t enough)
{
	size_t count = 0;
	for (ssize_t at = 0; count < enough && (at = sl_span_chr(text, '<', (size_t)at)) >= 0;
		at++) {
		struct sl_span rest = sl_span_from(text, (size_t)at + 1);
		uint8_t id;
		size_t n = rest.n && rest.p[0] == '/';
		size_t from = n;
		while (n < rest.n && n < 16 && sl_is_alnum(rest.p[n]))
			n++;
		if (n == from || n >= rest.n || !strchr(" >/\t\n", rest.p[n]) || rest.p[n] == '\0')
			continue;
		sl_tag_find(sl_span_of(rest.p + from, n - from), &id);
		count += id < SL_TAG_PREFIXED;
	}
	return count;
}
