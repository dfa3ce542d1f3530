/* SPDX-License-Identifier: Apache-2.0 */
#include "html_entity.h"

#include <pthread.h>

enum { NAME_MAX_LEN = 31, DIGITS_MAX = 40 };

/* Names that count without a semicolon, for the sake of old pages. */
static const char old_names[] = " AElig AMP Aacute Acirc Agrave Aring Atilde Auml COPY Ccedil ETH "
				"Eacute Ecirc Egrave Euml GT "
				"Iacute Icirc Igrave Iuml LT Ntilde Oacute Ocirc Ograve Oslash "
				"Otilde Ouml QUOT REG THORN Uacute "
				"Ucirc Ugrave Uuml Yacute aacute acirc acute aelig agrave amp "
				"aring atilde auml brvbar ccedil "
				"cedil cent copy curren deg divide eacute ecirc egrave eth euml "
				"frac12 frac14 frac34 gt iacute "
				"icirc iexcl igrave iquest iuml laquo lt macr micro middot nbsp "
				"not ntilde oacute ocirc ograve "
				"ordf ordm oslash otilde ouml para plusmn pound quot raquo reg "
				"sect shy sup1 sup2 sup3 szlig "
				"thorn times uacute ucirc ugrave uml uuml yacute yen yuml ";

/* 0x80 to 0x9F mean windows-1252. */
static const uint16_t c1[32] = { 0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,
	0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d,
	0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178 };

static size_t read_number(struct sl_span s, uint32_t *code_point_r)
{
	bool hex = s.n > 2 && (s.p[2] == 'x' || s.p[2] == 'X');
	size_t i = hex ? 3 : 2, first = i;
	uint32_t value = 0;
	for (; i < s.n && i - first < DIGITS_MAX; i++) {
		int digit = hex ? sl_hex_value(s.p[i]) : sl_is_digit(s.p[i]) ? s.p[i] - '0' : -1;
		if (digit < 0)
			break;
		value = value > 0x110000 ? value : value * (hex ? 16 : 10) + (uint32_t)digit;
	}
	if (i == first)
		return 0;
	if (value == 0 || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		value = 0xfffd;
	if (value >= 0x80 && value <= 0x9f)
		value = c1[value - 0x80];
	*code_point_r = value;
	return i + (i < s.n && s.p[i] == ';');
}

/* Numbers of rows + 1, by a hash of the name; open addressing. Written once. */
enum { SLOTS = 4096 };
static struct {
	pthread_once_t once;
	uint16_t slot[SLOTS];
} index_of = { .once = PTHREAD_ONCE_INIT };

/* The slot of the name, or the free one in its place. Names are no longer than NAME_MAX_LEN. */
static uint16_t *slot_of(struct sl_span name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < name.n; i++)
		hash = (hash ^ (unsigned char)name.p[i]) * 16777619u;
	size_t at = (hash ^ hash >> 16) % SLOTS;
	for (; index_of.slot[at]; at = (at + 1) % SLOTS) {
		const char *other = sl_entity_rows[index_of.slot[at] - 1].name;
		if (strncmp(other, name.p, name.n) == 0 && other[name.n] == '\0')
			break;
	}
	return &index_of.slot[at];
}

static void make_index(void)
{
	sl_assert(sl_entity_row_count < SLOTS / 2);
	for (size_t i = 0; i < sl_entity_row_count; i++)
		*slot_of(sl_span_str(sl_entity_rows[i].name)) = (uint16_t)(i + 1);
}

static const struct sl_entity_row *find_name(struct sl_span name)
{
	int failed = pthread_once(&index_of.once, make_index);
	sl_assert(failed == 0);
	uint16_t number = *slot_of(name);
	return number ? &sl_entity_rows[number - 1] : NULL;
}

static bool is_old(struct sl_span name)
{
	char key[12];
	if (name.n < 2 || name.n > 6)
		return false;
	key[0] = ' ';
	memcpy(key + 1, name.p, name.n);
	key[name.n + 1] = ' ';
	key[name.n + 2] = '\0';
	return strstr(old_names, key) != NULL;
}

/* "&notit" is "&not" and "it": the longest old name at the start; not within a query ("&copy=3").
 */
static size_t read_old_name(
	struct sl_span name, bool attribute, bool equals, uint32_t *code_point_r)
{
	for (size_t n = name.n < 6 ? name.n : 6; n >= 2; n--) {
		struct sl_span head = sl_span_head(name, n);
		if (!is_old(head))
			continue;
		if (attribute && (n < name.n || equals))
			return 0;
		const struct sl_entity_row *row = find_name(head);
		sl_assert(row != NULL);
		*code_point_r = row->code_point;
		return n + 1;
	}
	return 0;
}

size_t sl_entity_read(struct sl_span s, bool attribute, uint32_t *code_point_r)
{
	sl_assert(s.n > 0 && s.p[0] == '&');
	if (s.n < 3)
		return 0;
	if (s.p[1] == '#')
		return read_number(s, code_point_r);
	size_t n = 0;
	while (n <= NAME_MAX_LEN && n + 1 < s.n && sl_is_alnum(s.p[n + 1]))
		n++;
	struct sl_span name = sl_span_of(s.p + 1, n);
	const struct sl_entity_row *row;
	if (n > 1 && n + 1 < s.n && s.p[n + 1] == ';' && (row = find_name(name)) != NULL) {
		*code_point_r = row->code_point;
		return n + 2;
	}
	bool equals = n + 1 < s.n && s.p[n + 1] == '=';
	return read_old_name(name, attribute, equals, code_point_r);
}
