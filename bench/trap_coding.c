/* SPDX-License-Identifier: Apache-2.0 */
#include "trap_coding.h"

enum { LINE = 76, WORD_CHARACTERS = 12, LONGEST_CHARACTER = 8 };

static const char base64_letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void trap_coding_close(struct trap_converters *converters)
{
	while (converters->n)
		iconv_close(converters->open[--converters->n].handle);
}

static iconv_t converter(struct trap_converters *c, const char *charset)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->open[i].charset == charset || strcmp(c->open[i].charset, charset) == 0)
			return c->open[i].handle;
	sl_assert(c->n < TRAP_CODING_CHARSETS);
	c->open[c->n].charset = charset;
	c->open[c->n].handle = iconv_open(charset, "UTF-8");
	sl_assert(c->open[c->n].handle != (iconv_t)-1);
	return c->open[c->n++].handle;
}

static size_t ascii_run(struct sl_span text)
{
	size_t n = 0;
	uint64_t eight;
	for (; n + 8 <= text.n; n += 8) {
		memcpy(&eight, text.p + n, 8);
		if (eight & UINT64_C(0x8080808080808080))
			break;
	}
	while (n < text.n && (unsigned char)text.p[n] < 0x80)
		n++;
	return n;
}

static void convert_run(iconv_t handle, struct sl_span run, struct sl_buf *to)
{
	size_t room = run.n * 2 + 2 * LONGEST_CHARACTER, left = room, n = run.n;
	char *out = sl_buf_reserve(to, room), *copy = (char *)(uintptr_t)run.p;
	sl_assert(out);
	size_t lossy = iconv(handle, &copy, &n, &out, &left);
	sl_assert(lossy == 0 && n == 0);
	iconv(handle, NULL, NULL, &out, &left);
	sl_buf_filled(to, room - left);
}

void trap_coding_convert(struct trap_converters *converters, const char *charset,
	struct sl_span text, struct sl_buf *to)
{
	if (strcmp(charset, "utf-8") == 0) {
		sl_buf_add(to, text);
		return;
	}
	while (text.n) {
		size_t n = ascii_run(text);
		sl_buf_add(to, sl_span_head(text, n));
		text = sl_span_from(text, n);
		for (n = 0; n < text.n && (unsigned char)text.p[n] >= 0x80;)
			n++;
		if (n)
			convert_run(converter(converters, charset), sl_span_head(text, n), to);
		text = sl_span_from(text, n);
	}
}

static char *put_group(char *to, const unsigned char *from, size_t n)
{
	uint32_t bits = (uint32_t)from[0] << 16 | (n > 1 ? (uint32_t)from[1] << 8 : 0) |
			(n > 2 ? from[2] : 0u);
	*to++ = base64_letters[bits >> 18];
	*to++ = base64_letters[bits >> 12 & 63];
	*to++ = n > 1 ? base64_letters[bits >> 6 & 63] : '=';
	*to++ = n > 2 ? base64_letters[bits & 63] : '=';
	return to;
}

static void base64_of(struct sl_span bytes, size_t line, struct sl_buf *to)
{
	size_t letters = (bytes.n + 2) / 3 * 4, room = letters + letters / line + 1;
	char *start = sl_buf_reserve(to, room), *out = start;
	const unsigned char *from = (const unsigned char *)bytes.p;
	sl_assert(start);
	for (size_t i = 0, column = 0; i < bytes.n; i += 3) {
		out = put_group(out, from + i, bytes.n - i);
		if ((column += 4) == line && i + 3 < bytes.n) {
			*out++ = '\n';
			column = 0;
		}
	}
	sl_buf_filled(to, (size_t)(out - start));
}

void trap_coding_base64(struct sl_span bytes, struct sl_buf *to)
{
	base64_of(bytes, LINE, to);
	sl_buf_char(to, '\n');
}

/* What needs no escape anywhere but, for a space, at the end of a line. */
static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x7f && c != '=';
}

static char *escape(char *to, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	*to++ = '=';
	*to++ = digits[c >> 4];
	*to++ = digits[c & 15];
	return to;
}

/* As many plain bytes as fit; a space in front of a line end or of the end of all is left. */
static size_t plain_run(struct sl_span bytes, size_t room)
{
	size_t n = 0;
	if (room > bytes.n)
		room = bytes.n;
	while (n < room && is_plain((unsigned char)bytes.p[n]))
		n++;
	bool ends = n == bytes.n || bytes.p[n] == '\n';
	return ends && n && bytes.p[n - 1] == ' ' ? n - 1 : n;
}

void trap_coding_quoted(struct sl_span bytes, struct sl_buf *to)
{
	size_t room = bytes.n * 3 + bytes.n * 3 / (LINE - 4) * 2 + 8;
	char *start = sl_buf_reserve(to, room), *out = start, *line = start;
	sl_assert(start);
	while (bytes.n) {
		if (bytes.p[0] != '\n' && out - line > LINE - 4) {
			*out++ = '=';
			*out++ = '\n';
			line = out;
		}
		size_t n = plain_run(bytes, (size_t)(LINE - 3 - (out - line)));
		if (n) {
			memcpy(out, bytes.p, n);
			out += n;
		} else if (bytes.p[0] == '\n') {
			*out++ = '\n';
			line = out;
			n = 1;
		} else {
			out = escape(out, (unsigned char)bytes.p[0]);
			n = 1;
		}
		bytes = sl_span_from(bytes, n);
	}
	sl_buf_filled(to, (size_t)(out - start));
}

static struct sl_span some_characters(struct sl_span text)
{
	size_t n = 0;
	for (size_t left = WORD_CHARACTERS; n < text.n && left; left--)
		do
			n++;
		while (n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80);
	return sl_span_head(text, n);
}

void trap_coding_words(struct trap_converters *converters, const char *charset, struct sl_span text,
	struct sl_buf *to)
{
	struct sl_buf raw = sl_buf_make(1024);
	if (ascii_run(text) == text.n) {
		sl_buf_add(to, text);
		return;
	}
	for (bool first = true; text.n; first = false) {
		struct sl_span part = some_characters(text);
		sl_buf_reset(&raw);
		trap_coding_convert(converters, charset, part, &raw);
		sl_buf_str(to, first ? "=?" : "\n =?");
		sl_buf_str(to, charset);
		sl_buf_str(to, "?B?");
		base64_of(sl_buf_span(&raw), SIZE_MAX, to);
		sl_buf_str(to, "?=");
		text = sl_span_from(text, part.n);
	}
	sl_buf_free(&raw);
}
