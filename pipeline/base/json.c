/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "plain.h"
#include "utf8.h"

static uint64_t level_bit(const struct sl_json *json)
{
	return (uint64_t)1 << json->depth;
}

/* Does a comma stand in front of the next value or key? */
static bool takes_comma(struct sl_json *json)
{
	if (json->keyed) {
		json->keyed = false;
		return false;
	}
	bool comma = (json->filled & level_bit(json)) != 0;
	json->filled |= level_bit(json);
	return comma;
}

static bool value_takes_comma(struct sl_json *json)
{
	sl_assert(json->keyed || !json->depth || !(json->objects & level_bit(json)));
	return takes_comma(json);
}

static void value_lead(struct sl_json *json)
{
	if (value_takes_comma(json))
		sl_buf_char(json->to, ',');
}

static void enter(struct sl_json *json, char open, bool object)
{
	value_lead(json);
	sl_assert(json->depth < SL_JSON_DEPTH);
	json->depth++;
	json->filled &= ~level_bit(json);
	if (object)
		json->objects |= level_bit(json);
	else
		json->objects &= ~level_bit(json);
	sl_buf_char(json->to, open);
}

static void leave(struct sl_json *json, char close, bool object)
{
	sl_assert(json->depth > 0 && !json->keyed);
	sl_assert(((json->objects & level_bit(json)) != 0) == object);
	json->depth--;
	sl_buf_char(json->to, close);
}

void sl_json_object(struct sl_json *json)
{
	enter(json, '{', true);
}

void sl_json_object_end(struct sl_json *json)
{
	leave(json, '}', true);
}

void sl_json_array(struct sl_json *json)
{
	enter(json, '[', false);
}

void sl_json_array_end(struct sl_json *json)
{
	leave(json, ']', false);
}

void sl_json_key(struct sl_json *json, const char *key)
{
	sl_assert(json->depth && (json->objects & level_bit(json)) && !json->keyed);
	size_t n = strlen(key);
	bool comma = takes_comma(json);
	json->keyed = true;
	char *to = sl_buf_reserve(json->to, comma + n + 3);
	if (!to)
		return;
	if (comma)
		*to++ = ',';
	*to++ = '"';
	memcpy(to, key, n);
	to[n] = '"';
	to[n + 1] = ':';
	sl_buf_filled(json->to, comma + n + 3);
}

static void escape(struct sl_buf *to, uint32_t c)
{
	static const char letters[] = "btn?fr";
	if (c >= 8 && c <= 13 && c != 11) {
		char two[2] = { '\\', letters[c - 8] };
		sl_buf_add(to, sl_span_of(two, 2));
		return;
	}
	sl_assert(c <= 0xffff);
	uint8_t bytes[2] = { (uint8_t)(c >> 8), (uint8_t)c };
	sl_buf_str(to, "\\u");
	sl_buf_hex(to, bytes, 2);
}

/* What ends a script element, or opens a comment in it (HTML, 13.2.5.4). */
static bool is_tag(struct sl_span text)
{
	return text.n > 1 && text.p[0] == '<' && (text.p[1] == '/' || text.p[1] == '!');
}

/* One character that is not plain; the bytes taken. */
static size_t add_special(struct sl_buf *to, struct sl_span rest)
{
	uint32_t c;
	size_t n = sl_utf8_decode(rest, &c);
	if (n == 0) {
		sl_buf_utf8(to, 0xfffd);
		return 1;
	}
	if (c == '"' || c == '\\')
		sl_buf_char(to, '\\');
	if (sl_is_unsafe_char(c) || is_tag(rest)) /* valid in JSON as they are, but not elsewhere */
		escape(to, c);
	else
		sl_buf_add(to, sl_span_head(rest, n));
	return n;
}

/* From offset `at` on, which is not plain. */
static void add_rest(struct sl_buf *to, struct sl_span text, size_t at)
{
	while (at < text.n) {
		size_t run;
		at += add_special(to, sl_span_from(text, at));
		run = sl_plain_end(text, at, '"', '\\', '<');
		sl_buf_add(to, sl_span_of(text.p + at, run - at));
		at = run;
	}
}

void sl_json_text(struct sl_json *json, struct sl_span text)
{
	size_t plain = sl_plain_end(text, 0, '"', '\\', '<');
	bool comma = value_takes_comma(json);
	struct sl_buf *buf = json->to;
	char *to = sl_buf_reserve(buf, comma + plain + 2);
	if (!to)
		return;
	if (comma)
		*to++ = ',';
	*to++ = '"';
	if (plain)
		memcpy(to, text.p, plain);
	to[plain] = '"';
	sl_buf_filled(buf, comma + plain + (plain < text.n ? 1 : 2));
	if (plain == text.n)
		return;
	add_rest(buf, text, plain);
	sl_buf_char(buf, '"');
}

void sl_json_str(struct sl_json *json, const char *text)
{
	sl_json_text(json, sl_span_str(text));
}

void sl_json_text_or_null(struct sl_json *json, struct sl_span text)
{
	if (text.n)
		sl_json_text(json, text);
	else
		sl_json_null(json);
}

void sl_json_u64(struct sl_json *json, uint64_t value)
{
	value_lead(json);
	sl_buf_u64(json->to, value);
}

void sl_json_bool(struct sl_json *json, bool value)
{
	value_lead(json);
	sl_buf_str(json->to, value ? "true" : "false");
}

void sl_json_null(struct sl_json *json)
{
	value_lead(json);
	sl_buf_str(json->to, "null");
}

void sl_json_time(struct sl_json *json, int64_t time)
{
	char text[SL_TIME_TEXT];
	if (time == SL_TIME_NONE)
		sl_json_null(json);
	else
		sl_json_str(json, sl_time_text(time, text));
}

void sl_json_hex(struct sl_json *json, const void *bytes, size_t n)
{
	value_lead(json);
	sl_buf_char(json->to, '"');
	sl_buf_hex(json->to, bytes, n);
	sl_buf_char(json->to, '"');
}

void sl_json_line(struct sl_json *json)
{
	sl_assert(json->depth == 0 && !json->keyed);
	sl_buf_char(json->to, '\n');
	json->filled = 0;
}
