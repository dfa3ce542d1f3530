/* SPDX-License-Identifier: Apache-2.0 */
#include "urlhost.h"

#include "pipeline/base/unicode.h"
#include "whatwg.h"

#include <stdio.h>

enum { LABEL_MAX = 63, NAME_MAX_DNS = 253, PIECES = 8 };

static struct sl_span ip4_text(struct sl_arena *arena, const uint8_t b[4])
{
	return sl_arena_printf(arena, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
}

/* First piece of the longest run of at least two zero pieces, or -1; the first one wins. */
static int zero_run(const uint16_t piece[PIECES], int *length_r)
{
	int best = -1, best_length = 1;
	for (int i = 0; i < PIECES;) {
		int from = i;
		while (i < PIECES && piece[i] == 0)
			i++;
		if (i - from > best_length) {
			best = from;
			best_length = i - from;
		}
		if (i == from)
			i++;
	}
	*length_r = best_length;
	return best;
}

static struct sl_span ip6_text(struct sl_arena *arena, const uint16_t piece[PIECES])
{
	char text[48];
	size_t n = 0;
	int length, run = zero_run(piece, &length);
	sl_assert(run < 0 || run + length <= PIECES);
	for (int i = 0; i < PIECES; i++) {
		if (i == run) {
			n += (size_t)snprintf(text + n, sizeof(text) - n, i ? ":" : "::");
			i += length - 1;
			continue;
		}
		n += (size_t)snprintf(
			text + n, sizeof(text) - n, "%x%s", piece[i], i < PIECES - 1 ? ":" : "");
	}
	sl_assert(n < sizeof(text));
	return sl_arena_copy(arena, sl_span_of(text, n));
}

/* Decimal parts of a dotted tail, "1.2.3.4", strictly. */
static bool dotted_tail(struct sl_span s, uint8_t b_r[4])
{
	struct sl_span part;
	int n = 0;
	while (sl_span_split(&s, '.', &part)) {
		uint64_t value;
		if (n == 4 || part.n == 0 || part.n > 3 || (part.n > 1 && part.p[0] == '0') ||
			!sl_span_u64(part, &value) || value > 255)
			return false;
		b_r[n++] = (uint8_t)value;
	}
	return n == 4;
}

struct ip6_reader {
	struct sl_span s;
	size_t at;
	uint16_t piece[PIECES];
	int n, compress;
};

static bool read_piece(struct ip6_reader *r)
{
	unsigned value = 0;
	size_t from = r->at;
	while (r->at < r->s.n && r->at - from < 4 && sl_hex_value(r->s.p[r->at]) >= 0)
		value = value * 16 + (unsigned)sl_hex_value(r->s.p[r->at++]);
	if (r->at < r->s.n && r->s.p[r->at] == '.') {
		uint8_t b[4];
		if (r->at == from || r->n > PIECES - 2 || !dotted_tail(sl_span_from(r->s, from), b))
			return false;
		r->piece[r->n++] = (uint16_t)(b[0] << 8 | b[1]);
		r->piece[r->n++] = (uint16_t)(b[2] << 8 | b[3]);
		r->at = r->s.n;
		return true;
	}
	if (r->at == from)
		return false;
	r->piece[r->n++] = (uint16_t)value;
	if (r->at == r->s.n)
		return true;
	return r->s.p[r->at++] == ':' && r->at < r->s.n;
}

/* The pieces behind "::" go to the end. */
static bool spread(struct ip6_reader *r)
{
	if (r->compress < 0)
		return r->n == PIECES;
	if (r->n == PIECES)
		return false;
	int tail = r->n - r->compress;
	sl_assert(tail >= 0 && r->compress + tail <= PIECES);
	for (int i = 0; i < tail; i++)
		r->piece[PIECES - 1 - i] = r->piece[r->n - 1 - i];
	for (int i = r->compress; i < PIECES - tail; i++)
		r->piece[i] = 0;
	return true;
}

static bool ip6_parse(struct sl_span s, uint16_t piece_r[PIECES])
{
	struct ip6_reader r = { .s = s, .compress = -1 };
	if (s.n >= 2 && s.p[0] == ':') {
		if (s.p[1] != ':')
			return false;
		r.at = 2;
		r.compress = 0;
	}
	while (r.at < s.n) {
		if (r.n == PIECES)
			return false;
		if (s.p[r.at] == ':') {
			if (r.compress >= 0 || r.n == 0)
				return false;
			r.compress = r.n;
			r.at++;
			continue;
		}
		if (!read_piece(&r))
			return false;
	}
	if (!spread(&r))
		return false;
	memcpy(piece_r, r.piece, sizeof(r.piece));
	return true;
}

static bool bracketed(struct sl_arena *arena, struct sl_span raw, struct sl_url_host *host_r)
{
	uint16_t piece[PIECES] = { 0 };
	if (raw.n < 4 || raw.p[raw.n - 1] != ']' ||
		!ip6_parse(sl_span_of(raw.p + 1, raw.n - 2), piece))
		return false;
	host_r->flags |= (uint32_t)SL_BIT(SL_IND_IP);
	struct sl_span text = ip6_text(arena, piece);
	host_r->written = sl_arena_printf(arena, "[%.*s]", SL_ARG(text));
	host_r->name = text;
	bool mapped = piece[5] == 0xffff;
	for (int i = 0; i < 5; i++)
		mapped = mapped && piece[i] == 0;
	for (int i = 0; i < PIECES; i++) {
		host_r->ip.b[2 * i] = (uint8_t)(piece[i] >> 8);
		host_r->ip.b[2 * i + 1] = (uint8_t)piece[i];
	}
	host_r->ip.family = 6;
	if (mapped) {
		memmove(host_r->ip.b, host_r->ip.b + 12, 4);
		memset(host_r->ip.b + 4, 0, 12);
		host_r->ip.family = 4;
		host_r->name = ip4_text(arena, host_r->ip.b);
	}
	return true;
}

/* A number of the IPv4 parser: decimal, 0octal, 0xhex; "0x" is 0. */
static bool number(struct sl_span s, uint64_t *value_r)
{
	unsigned base = 10;
	if (s.n == 0)
		return false;
	if (s.n >= 2 && s.p[0] == '0') {
		bool hex = sl_lower(s.p[1]) == 'x';
		base = hex ? 16 : 8;
		s = sl_span_from(s, hex ? 2 : 1);
	}
	uint64_t value = 0;
	for (size_t i = 0; i < s.n; i++) {
		int digit = sl_hex_value(s.p[i]);
		if (digit < 0 || (unsigned)digit >= base)
			return false;
		if (value <= UINT32_MAX)
			value = value * base + (unsigned)digit;
	}
	*value_r = value;
	return true;
}

static struct sl_span without_root_dot(struct sl_span name)
{
	return name.n > 1 && name.p[name.n - 1] == '.' ? sl_span_head(name, name.n - 1) : name;
}

static bool ends_in_number(struct sl_span name)
{
	name = without_root_dot(name);
	size_t from = name.n;
	while (from > 0 && name.p[from - 1] != '.')
		from--;
	struct sl_span last = sl_span_from(name, from);
	if (last.n == 0)
		return false;
	size_t digits = 0;
	while (digits < last.n && sl_is_digit(last.p[digits]))
		digits++;
	uint64_t unused;
	return digits == last.n || (sl_span_istarts(last, SL_SPAN("0x")) && number(last, &unused));
}

static bool ip4_parse(struct sl_span name, uint8_t b_r[4])
{
	uint64_t part[4];
	int n = 0;
	struct sl_span rest = without_root_dot(name), word;
	while (sl_span_split(&rest, '.', &word))
		if (n == 4 || !number(word, &part[n++]))
			return false;
	if (n == 0 || (name.n > 1 && name.p[name.n - 1] == '.' && name.p[name.n - 2] == '.'))
		return false;
	sl_assert(n >= 1 && n <= 4);
	uint64_t value = part[n - 1];
	if (value >= (uint64_t)1 << (8 * (5 - n)))
		return false;
	for (int i = 0; i < n - 1; i++) {
		if (part[i] > 255)
			return false;
		value += part[i] << (8 * (3 - i));
	}
	for (int i = 0; i < 4; i++)
		b_r[i] = (uint8_t)(value >> (8 * (3 - i)));
	return true;
}

/* Lengths that the DNS allows, and no label empty. */
static bool labels_are_sound(struct sl_span name)
{
	size_t label = 0;
	if (name.n == 0 || name.n > NAME_MAX_DNS || name.p[name.n - 1] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		bool dot = name.p[i] == '.';
		if (dot ? label == 0 : label == LABEL_MAX)
			return false;
		label = dot ? 0 : label + 1;
	}
	return true;
}

static bool has_a_label(struct sl_span name)
{
	return sl_span_starts(name, SL_SPAN("xn--")) ||
	       sl_span_find(name, SL_SPAN(".xn--"), 0) >= 0;
}

static bool as_address(struct sl_arena *arena, struct sl_span raw, struct sl_span ascii,
	struct sl_url_host *host_r)
{
	if (!ip4_parse(ascii, host_r->ip.b))
		return false;
	host_r->ip.family = 4;
	host_r->name = host_r->written = ip4_text(arena, host_r->ip.b);
	host_r->flags |= (uint32_t)SL_BIT(SL_IND_IP);
	if (!sl_span_eq(without_root_dot(raw), host_r->name))
		host_r->flags |= (uint32_t)SL_BIT(SL_IND_IP_OBFUSCATED);
	return true;
}

bool sl_url_host_parse(struct sl_arena *arena, struct sl_span raw, struct sl_url_host *host_r)
{
	*host_r = (struct sl_url_host){ 0 };
	if (raw.n == 0)
		return false;
	if (raw.p[0] == '[')
		return bracketed(arena, raw, host_r);
	struct sl_span ascii, decoded = raw;
	bool mapped = false;
	if (memchr(raw.p, '%', raw.n)) {
		decoded = sl_url_decode(arena, raw);
		if (decoded.n != raw.n)
			host_r->flags |= (uint32_t)SL_BIT(SL_IND_PCT_HOST);
	}
	if (!sl_unicode_host_to_ascii(arena, decoded, &ascii, &mapped))
		return false;
	if (mapped)
		host_r->flags |= (uint32_t)SL_BIT(SL_IND_MAPPED);
	if (ends_in_number(ascii))
		return as_address(arena, raw, ascii, host_r);
	host_r->written = ascii;
	host_r->name = without_root_dot(ascii);
	if (!labels_are_sound(host_r->name))
		return false;
	if (has_a_label(host_r->name)) {
		host_r->flags |= (uint32_t)SL_BIT(SL_IND_IDN);
		if (sl_unicode_mixed_script(sl_unicode_host_to_unicode(arena, host_r->name)))
			host_r->flags |= (uint32_t)SL_BIT(SL_IND_MIXED_SCRIPT);
	}
	return true;
}
