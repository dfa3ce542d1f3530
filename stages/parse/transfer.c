/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer.h"

#include "base64.h"
#include "pipeline/base/lanes.h"

enum { BAD = 64, BLANK = 65, PAD = 66 };

/* Value of a base64 digit of either alphabet, or one of the three above. */
static const uint8_t base64_values[256] = { BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BLANK,
	BLANK, BLANK, BLANK, BLANK, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BLANK, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, 62, BAD,
	62, BAD, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, BAD, BAD, BAD, PAD, BAD, BAD, BAD, 0,
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
	BAD, BAD, BAD, BAD, 63, BAD, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,
	42, 43, 44, 45, 46, 47, 48, 49, 50, 51, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD };

enum sl_transfer sl_transfer_of(struct sl_span value)
{
	static const struct {
		const char *name;
		enum sl_transfer transfer;
	} names[] = { { "base64", SL_TRANSFER_BASE64 }, { "quoted-printable", SL_TRANSFER_QP },
		{ "x-uuencode", SL_TRANSFER_UU }, { "uuencode", SL_TRANSFER_UU },
		{ "x-uue", SL_TRANSFER_UU }, { "7bit", SL_TRANSFER_NONE },
		{ "8bit", SL_TRANSFER_NONE }, { "binary", SL_TRANSFER_NONE } };
	enum sl_transfer best = SL_TRANSFER_UNKNOWN;
	ssize_t first = SSIZE_MAX;
	value = sl_span_head(sl_span_trim(value), 256);
	if (value.n == 0)
		return SL_TRANSFER_NONE;
	for (size_t i = 0; i < SL_LEN(names); i++) {
		ssize_t at = sl_span_ifind(value, sl_span_str(names[i].name), 0);
		if (at >= 0 && at < first) {
			first = at;
			best = names[i].transfer;
		}
	}
	return best;
}

struct base64 {
	uint32_t bits;
	unsigned have; /* digits in `bits`, 0..3 */
	size_t bad;
	char *to;
	size_t n;
};

static void base64_digit(struct base64 *b, uint8_t value)
{
	b->bits = b->bits << 6 | value;
	if (++b->have < 4)
		return;
	b->to[b->n] = (char)(b->bits >> 16);
	b->to[b->n + 1] = (char)(b->bits >> 8);
	b->to[b->n + 2] = (char)b->bits;
	b->n += 3;
	b->have = 0;
}

/* The end of one stream: what is left over are one or two bytes. */
static void base64_flush(struct base64 *b)
{
	if (b->have == 1)
		b->bad++;
	if (b->have >= 2)
		b->to[b->n++] = (char)(b->have == 2 ? b->bits >> 4 : b->bits >> 10);
	if (b->have == 3)
		b->to[b->n++] = (char)(b->bits >> 2);
	b->have = 0;
}

static struct sl_transferred decode_base64(struct sl_arena *arena, struct sl_span raw)
{
	struct base64 b = { .to = sl_arena_alloc(arena, raw.n + 4) };
	for (size_t i = 0; i < raw.n;) {
		if (b.have == 0) {
			struct sl_base64_run run =
				sl_base64_decode(sl_span_from(raw, i), b.to + b.n);
			b.n += run.made;
			i += run.taken;
			if (i == raw.n)
				break;
		}
		uint8_t value = base64_values[(unsigned char)raw.p[i++]];
		if (value < 64)
			base64_digit(&b, value);
		else if (value == PAD)
			base64_flush(&b);
		else
			b.bad += value == BAD;
	}
	base64_flush(&b);
	sl_assert(b.n <= raw.n + 4);
	sl_arena_trim(arena, b.to, raw.n + 4, b.n);
	return (struct sl_transferred){ sl_span_of(b.to, b.n), b.bad > 0 };
}

/* Length of a soft line break behind the '=' at the start of `s`, blanks included; 0: none. */
static size_t soft_break(struct sl_span s)
{
	size_t i = 0;
	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t'))
		i++;
	if (i == s.n)
		return i;
	if (s.p[i] == '\n')
		return i + 1;
	if (s.p[i] == '\r')
		return i + 1 + (i + 1 < s.n && s.p[i + 1] == '\n');
	return 0;
}

/* Copy what stands before the next '=', up to whole lanes more than that; how much it is. */
static size_t copy_plain(char *to, struct sl_span s)
{
	size_t at = 0;
	for (; s.n - at >= SL_LANES; at += SL_LANES) {
		sl_lanes c = sl_lanes_load(s.p + at);
		memcpy(to + at, &c, sizeof(c));
		unsigned escapes = sl_lanes_mask(sl_lanes_eq(c, '='));
		if (escapes)
			return at + (size_t)__builtin_ctz(escapes);
	}
	for (; at < s.n && s.p[at] != '='; at++)
		to[at] = s.p[at];
	return at;
}

static struct sl_transferred decode_qp(struct sl_arena *arena, struct sl_span raw)
{
	if (sl_span_chr(raw, '=', 0) < 0)
		return (struct sl_transferred){ raw, false };
	char *to = sl_arena_alloc(arena, raw.n);
	size_t n = 0;
	bool damaged = false;
	for (struct sl_span s = raw; s.n;) {
		size_t plain = copy_plain(to + n, s);
		n += plain;
		s = sl_span_from(s, plain);
		if (s.n == 0)
			break;
		int high = s.n > 2 ? sl_hex_value(s.p[1]) : -1;
		int low = s.n > 2 ? sl_hex_value(s.p[2]) : -1;
		struct sl_span rest = sl_span_from(s, 1);
		size_t soft = high < 0 ? soft_break(rest) : 0;
		if (high >= 0 && low >= 0) {
			to[n++] = (char)(high << 4 | low);
			s = sl_span_from(s, 3);
		} else if (soft || rest.n == 0) {
			s = sl_span_from(rest, soft);
		} else {
			to[n++] = '=';
			damaged = true;
			s = rest;
		}
	}
	sl_assert(n <= raw.n);
	sl_arena_trim(arena, to, raw.n, n);
	return (struct sl_transferred){ sl_span_of(to, n), damaged };
}

static struct sl_span take_line(struct sl_span *s)
{
	struct sl_span line;
	if (!sl_span_split(s, '\n', &line))
		return SL_SPAN_NULL;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* "begin", an octal mode, a name. */
static bool uu_begin(struct sl_span line, struct sl_span *name_r)
{
	if (!sl_span_starts(line, SL_SPAN("begin ")))
		return false;
	line = sl_span_from(line, 6);
	size_t digits = 0;
	while (digits < line.n && line.p[digits] >= '0' && line.p[digits] <= '7')
		digits++;
	if (digits < 3 || digits > 5 || digits >= line.n || line.p[digits] != ' ')
		return false;
	*name_r = sl_span_trim(sl_span_from(line, digits));
	return name_r->n > 0;
}

/* One line: a length, then groups of four. False: it is no such line. */
static bool uu_line(struct sl_span line, char *to, size_t *n)
{
	if (line.n == 0 || line.p[0] < ' ' || line.p[0] > '`')
		return false;
	size_t want = (size_t)(line.p[0] - ' ') & 63, groups = (want + 2) / 3;
	line = sl_span_from(line, 1);
	if (line.n + 3 < groups * 4 || line.n > groups * 4 + 4)
		return false;
	for (size_t i = 0; i < want; i++) {
		unsigned v[2];
		for (size_t k = 0; k < 2; k++) {
			size_t at = i / 3 * 4 + i % 3 + k;
			v[k] = at < line.n ? ((unsigned)line.p[at] - ' ') & 63 : 0;
		}
		unsigned shift = (unsigned)(i % 3) * 2;
		to[(*n)++] = (char)(v[0] << (2 + shift) | v[1] >> (4 - shift));
	}
	return true;
}

/* Decode the lines behind "begin"; moves `rest` behind "end" or to what is no such line. */
static struct sl_transferred uu_lines(struct sl_arena *arena, struct sl_span *rest)
{
	char *to = sl_arena_alloc(arena, rest->n + 64);
	size_t room = rest->n + 64, n = 0;
	bool ended = false;
	while (rest->n && !ended) {
		struct sl_span before = *rest, line = take_line(rest);
		ended = sl_span_eq(sl_span_trim(line), SL_SPAN("end"));
		if (!ended && line.n && !uu_line(line, to, &n)) {
			*rest = before;
			break;
		}
	}
	sl_assert(n <= room);
	sl_arena_trim(arena, to, room, n);
	return (struct sl_transferred){ sl_span_of(to, n), !ended };
}

bool sl_uu_find(struct sl_arena *arena, struct sl_span text, size_t from, struct sl_uu *uu_r)
{
	for (ssize_t at; (at = sl_span_find(text, SL_SPAN("begin "), from)) >= 0;
		from = (size_t)at + 6) {
		struct sl_span rest = sl_span_from(text, (size_t)at), start = rest;
		if (at > 0 && text.p[at - 1] != '\n')
			continue;
		struct sl_span next, line = take_line(&rest);
		if (!uu_begin(line, &uu_r->name))
			continue;
		/* a sentence can begin so: the first data line of a file is a full one, or short
		 * and last */
		char probe[64];
		size_t n = 0;
		next = rest;
		if (!uu_line(take_line(&next), probe, &n) || n == 0)
			continue;
		uu_r->bytes = uu_lines(arena, &rest).bytes;
		uu_r->raw = sl_span_of(start.p, (size_t)(rest.p - start.p));
		return true;
	}
	return false;
}

struct sl_transferred sl_transfer_decode(
	struct sl_arena *arena, enum sl_transfer transfer, struct sl_span raw)
{
	struct sl_uu uu;
	switch (transfer) {
	case SL_TRANSFER_BASE64:
		return decode_base64(arena, raw);
	case SL_TRANSFER_QP:
		return decode_qp(arena, raw);
	case SL_TRANSFER_UU:
		if (sl_uu_find(arena, raw, 0, &uu))
			return (struct sl_transferred){ uu.bytes, false };
		return (struct sl_transferred){ raw, true };
	case SL_TRANSFER_UNKNOWN:
		return (struct sl_transferred){ raw, true };
	default:
		return (struct sl_transferred){ raw, false };
	}
}
