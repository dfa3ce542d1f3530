/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

enum { GROUPS = 8 };

/* One to three digits without a leading zero, which is octal to some readers; the count, or 0. */
static size_t parse_octet(struct sl_span text, uint8_t *value_r)
{
	unsigned value = 0;
	size_t n = 0;
	while (n < text.n && n < 4 && sl_is_digit(text.p[n]))
		value = value * 10 + (unsigned)(text.p[n++] - '0');
	*value_r = (uint8_t)value;
	return n > 3 || value > 255 || (n > 1 && text.p[0] == '0') ? 0 : n;
}

static bool parse_v4(struct sl_span text, uint8_t b_r[4])
{
	for (int i = 0; i < 4; i++) {
		size_t n = parse_octet(text, &b_r[i]);
		bool more = n < text.n;
		if (n == 0 || more != (i < 3) || (more && text.p[n] != '.'))
			return false;
		text = sl_span_from(text, n + 1);
	}
	return true;
}

/* One group of hexadecimal digits at `at`; moves `at` behind it. */
static bool parse_group(struct sl_span text, size_t *at, unsigned *value_r)
{
	size_t digits = 0;
	unsigned value = 0;
	for (; *at < text.n && digits < 5; digits++, ++*at) {
		int digit = sl_hex_value(text.p[*at]);
		if (digit < 0)
			break;
		value = value << 4 | (unsigned)digit;
	}
	*value_r = value;
	return digits >= 1 && digits <= 4;
}

struct v6 {
	uint8_t head[16], tail[16]; /* what stands before and behind "::" */
	int n_head, n_tail;         /* in groups */
	bool gap;
};

static bool v6_push(struct v6 *v, unsigned group)
{
	if (v->n_head + v->n_tail >= GROUPS)
		return false;
	uint8_t *to = v->gap ? v->tail + 2 * v->n_tail++ : v->head + 2 * v->n_head++;
	to[0] = (uint8_t)(group >> 8);
	to[1] = (uint8_t)group;
	return true;
}

static bool v6_push_v4(struct v6 *v, struct sl_span text)
{
	uint8_t b[4];
	return parse_v4(text, b) && v6_push(v, (unsigned)b[0] << 8 | b[1]) &&
	       v6_push(v, (unsigned)b[2] << 8 | b[3]);
}

/* Groups from `at` to the end; "::" may come once. */
static bool v6_groups(struct sl_span text, size_t at, struct v6 *v)
{
	while (at < text.n) {
		size_t start = at;
		unsigned group;
		if (!parse_group(text, &at, &group))
			return false;
		if (at < text.n && text.p[at] == '.')
			return v6_push_v4(v, sl_span_from(text, start));
		if (!v6_push(v, group))
			return false;
		if (at == text.n)
			return true;
		if (text.p[at++] != ':' || at == text.n)
			return false;
		if (text.p[at] == ':') {
			if (v->gap)
				return false;
			v->gap = true;
			at++;
		}
	}
	return true;
}

static bool parse_v6(struct sl_span text, uint8_t b_r[16])
{
	struct v6 v = { 0 };
	size_t at = 0;
	if (sl_span_starts(text, SL_SPAN("::"))) {
		v.gap = true;
		at = 2;
	}
	if (text.n < 2 || !v6_groups(text, at, &v))
		return false;
	int n = v.n_head + v.n_tail;
	sl_assert(n <= GROUPS);
	if (v.gap ? n == GROUPS : n != GROUPS)
		return false;
	memset(b_r, 0, 16);
	memcpy(b_r, v.head, 2 * (size_t)v.n_head);
	memcpy(b_r + 16 - 2 * v.n_tail, v.tail, 2 * (size_t)v.n_tail);
	return true;
}

bool sl_ip_parse(struct sl_span text, struct sl_ip *ip_r)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	struct sl_ip ip = { 0 };
	if (text.n < 2 || text.n > 45)
		return false;
	if (parse_v4(text, ip.b)) {
		ip.family = 4;
	} else if (parse_v6(text, ip.b)) {
		ip.family = 6;
		if (memcmp(ip.b, mapped, sizeof(mapped)) == 0) {
			uint8_t last[4];
			memcpy(last, ip.b + 12, 4);
			memset(&ip, 0, sizeof(ip));
			memcpy(ip.b, last, 4);
			ip.family = 4;
		}
	} else {
		return false;
	}
	*ip_r = ip;
	return true;
}

static size_t put_decimal(char *to, unsigned value)
{
	size_t n = 0;
	if (value >= 100)
		to[n++] = (char)('0' + value / 100);
	if (value >= 10)
		to[n++] = (char)('0' + value / 10 % 10);
	to[n++] = (char)('0' + value % 10);
	return n;
}

static size_t put_hex(char *to, unsigned value)
{
	size_t n = 0;
	for (int shift = 12; shift >= 0; shift -= 4)
		if (n || shift == 0 || value >> shift)
			to[n++] = "0123456789abcdef"[value >> shift & 15];
	return n;
}

static unsigned group_of(const struct sl_ip *ip, int i)
{
	return (unsigned)ip->b[2 * i] << 8 | ip->b[2 * i + 1];
}

/* The longest run of zero groups, at least two, the first of equals (RFC 5952 section 4.2). */
static int longest_gap(const struct sl_ip *ip, int *length_r)
{
	int best = -1;
	*length_r = 1;
	for (int i = 0; i < GROUPS; i++) {
		int n = 0;
		while (i + n < GROUPS && group_of(ip, i + n) == 0)
			n++;
		if (n > *length_r) {
			best = i;
			*length_r = n;
		}
		i += n;
	}
	return best;
}

static size_t text_v6(const struct sl_ip *ip, char *to)
{
	int length, gap = longest_gap(ip, &length);
	size_t n = 0;
	for (int i = 0; i < GROUPS; i++) {
		if (i == gap) {
			to[n++] = ':';
			to[n++] = ':';
			i += length - 1;
			continue;
		}
		if (i && to[n - 1] != ':')
			to[n++] = ':';
		n += put_hex(to + n, group_of(ip, i));
	}
	return n;
}

size_t sl_ip_text(const struct sl_ip *ip, char text_r[46])
{
	sl_assert(ip->family == 0 || ip->family == 4 || ip->family == 6);
	size_t n = 0;
	if (ip->family == 4)
		for (int i = 0; i < 4; i++) {
			if (i)
				text_r[n++] = '.';
			n += put_decimal(text_r + n, ip->b[i]);
		}
	else if (ip->family == 6)
		n = text_v6(ip, text_r);
	sl_assert(n < 46);
	text_r[n] = '\0';
	return n;
}

struct block4 {
	uint32_t first, mask;
};
#define V4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (c) << 8 | (d))
#define BLOCK4(a, b, c, bits)                                                                      \
	{                                                                                          \
		V4(a, b, c, 0), ~(UINT32_MAX >> (bits))                                            \
	}

/* IANA special-purpose registries (RFC 6890 and its updates), multicast and class E. */
static const struct block4 v4_blocks[] = {
	BLOCK4(0, 0, 0, 8),
	BLOCK4(10, 0, 0, 8),
	BLOCK4(100, 64, 0, 10),
	BLOCK4(127, 0, 0, 8),
	BLOCK4(169, 254, 0, 16),
	BLOCK4(172, 16, 0, 12),
	BLOCK4(192, 0, 0, 24),
	BLOCK4(192, 0, 2, 24),
	BLOCK4(192, 88, 99, 24),
	BLOCK4(192, 168, 0, 16),
	BLOCK4(198, 18, 0, 15),
	BLOCK4(198, 51, 100, 24),
	BLOCK4(203, 0, 113, 24),
	BLOCK4(224, 0, 0, 4),
	BLOCK4(240, 0, 0, 4),
};

struct block {
	uint8_t b[6];
	uint8_t bits;
};

/* Inside 2000::/3, which is all that is handed out. */
static const struct block v6_blocks[] = {
	{ { 0x20, 0x01, 0, 0 }, 23 },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
	{ { 0x3f, 0xff }, 20 },
};

/* All blocks but two begin with a byte of their own. */
static bool in_block(const uint8_t *b, const struct block *block)
{
	if (block->bits >= 8 && b[0] != block->b[0])
		return false;
	size_t whole = block->bits / 8;
	unsigned mask = 0xff00u >> block->bits % 8 & 0xff;
	return memcmp(b, block->b, whole) == 0 && (b[whole] & mask) == (block->b[whole] & mask);
}

static bool public_v4(const uint8_t *b)
{
	uint32_t ip = V4(b[0], b[1], b[2], b[3]), special = 0;
	for (size_t i = 0; i < SL_LEN(v4_blocks); i++)
		special |= (ip & v4_blocks[i].mask) == v4_blocks[i].first;
	return !special;
}

static bool public_v6(const uint8_t *b)
{
	static const uint8_t nat64[12] = { 0, 0x64, 0xff, 0x9b };
	if (memcmp(b, nat64, sizeof(nat64)) == 0)
		return public_v4(b + 12);
	if ((b[0] & 0xe0) != 0x20)
		return false;
	if (b[0] == 0x20 && b[1] == 0x02) /* 6to4 carries an IPv4 address */
		return public_v4(b + 2);
	for (size_t i = 0; i < SL_LEN(v6_blocks); i++)
		if (in_block(b, &v6_blocks[i]))
			return false;
	return true;
}

bool sl_ip_is_public(const struct sl_ip *ip)
{
	if (ip->family == 4)
		return public_v4(ip->b);
	return ip->family == 6 && public_v6(ip->b);
}
