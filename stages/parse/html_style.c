/* SPDX-License-Identifier: Apache-2.0 */
#include "html_style.h"

#include "pipeline/base/hash.h"
#include "pipeline/base/lanes.h"

/* Numbers in hundredths; a size that is not given in px or pt is scaled as if 1em were 16px. */
enum { TINY = 199, ALIKE = 10, OFF_SCREEN = 40000, OPACITY_LEAST = 6 };

static uint32_t hex_colour(struct sl_span s)
{
	uint32_t value = 0;
	if (s.n != 3 && s.n != 6)
		return SL_COLOUR_OTHER;
	for (size_t i = 0; i < s.n; i++) {
		int digit = sl_hex_value(s.p[i]);
		if (digit < 0)
			return SL_COLOUR_OTHER;
		value = value << 4 | (uint32_t)digit;
		if (s.n == 3)
			value = value << 4 | (uint32_t)digit;
	}
	return value;
}

/* A decimal number at the start, in hundredths; moves the span behind it. */
static bool read_number(struct sl_span *s, long *value_r)
{
	size_t i = 0, digits = 0;
	long value = 0, scale = 100;
	bool minus = s->n && s->p[0] == '-', point = false;
	if (s->n && (s->p[0] == '-' || s->p[0] == '+'))
		i = 1;
	for (; i < s->n; i++) {
		if (s->p[i] == '.' && !point) {
			point = true;
		} else if (!sl_is_digit(s->p[i])) {
			break;
		} else if (point) {
			scale /= 10;
			value += (s->p[i] - '0') * scale;
			digits++;
		} else {
			if (value < 100000000)
				value = value * 10 + (s->p[i] - '0') * 100;
			digits++;
		}
	}
	*s = sl_span_from(*s, i);
	*value_r = minus ? -value : value;
	return digits > 0;
}

/* "rgb(" or "rgba(": three numbers, and an alpha. */
static uint32_t rgb_colour(struct sl_span s)
{
	long part[4] = { 0, 0, 0, 100 };
	size_t n = 0;
	while (s.n && n < 4) {
		if (!sl_is_digit(s.p[0]) && s.p[0] != '.' && s.p[0] != '-') {
			s = sl_span_from(s, 1);
			continue;
		}
		size_t before = s.n;
		bool number = read_number(&s, &part[n]);
		if (s.n == before)
			s = sl_span_from(s, 1);
		if (number && s.n && s.p[0] == '%')
			part[n] = n < 3 ? part[n] * 255 / 100 : part[n] / 100;
		n += number;
	}
	if (n < 3)
		return SL_COLOUR_OTHER;
	if (part[3] <= OPACITY_LEAST)
		return SL_COLOUR_CLEAR;
	uint32_t value = 0;
	for (size_t i = 0; i < 3; i++) {
		long channel = part[i] / 100;
		value = value << 8 | (uint32_t)(channel < 0 ? 0 : channel > 255 ? 255 : channel);
	}
	return value;
}

uint32_t sl_colour_read(struct sl_span s)
{
	static const struct {
		const char *name;
		uint32_t value;
	} names[] = { { "white", 0xffffff }, { "black", 0 }, { "transparent", SL_COLOUR_CLEAR },
		{ "red", 0xff0000 }, { "green", 0x008000 }, { "blue", 0x0000ff },
		{ "yellow", 0xffff00 }, { "gray", 0x808080 }, { "grey", 0x808080 },
		{ "silver", 0xc0c0c0 }, { "whitesmoke", 0xf5f5f5 }, { "snow", 0xfffafa },
		{ "ivory", 0xfffff0 }, { "lightgray", 0xd3d3d3 }, { "lightgrey", 0xd3d3d3 },
		{ "orange", 0xffa500 }, { "navy", 0x000080 }, { "maroon", 0x800000 } };
	s = sl_span_trim(s);
	size_t word = 0;
	while (word < s.n && (sl_is_alnum(s.p[word]) || s.p[word] == '#'))
		word++;
	struct sl_span first = sl_span_head(s, word);
	if (sl_span_istarts(first, SL_SPAN("rgb")))
		return rgb_colour(sl_span_from(s, 3));
	if (first.n && first.p[0] == '#')
		return hex_colour(sl_span_from(first, 1));
	char letter = first.n ? sl_lower(first.p[0]) : ' ';
	for (size_t i = 0; i < SL_LEN(names); i++)
		if (names[i].name[0] == letter && sl_span_ieq(first, sl_span_str(names[i].name)))
			return names[i].value;
	return first.n == 6 ? hex_colour(first) : SL_COLOUR_OTHER;
}

bool sl_colours_alike(uint32_t a, uint32_t b)
{
	if (a > 0xffffff || b > 0xffffff)
		return false;
	for (unsigned shift = 0; shift < 24; shift += 8) {
		int difference = (int)(a >> shift & 255) - (int)(b >> shift & 255);
		if (difference > ALIKE || difference < -ALIKE)
			return false;
	}
	return true;
}

/* A length in hundredths of a pixel; false when it is none ("auto"). */
static bool read_length(struct sl_span s, long *length_r)
{
	s = sl_span_trim(s);
	if (!read_number(&s, length_r))
		return false;
	if (sl_span_istarts(s, SL_SPAN("em")) || sl_span_istarts(s, SL_SPAN("rem")))
		*length_r *= 16;
	else if (sl_span_istarts(s, SL_SPAN("%")))
		*length_r = *length_r * 16 / 100;
	return true;
}

/* What only counts together with another declaration. */
struct half {
	bool overflow_hidden, zero_size, positioned, moved_away, far_off;
};

static bool has_word(struct sl_span value, const char *word)
{
	for (size_t i = 0; i < value.n; i++)
		if (sl_lower(value.p[i]) == word[0] &&
			sl_span_istarts(sl_span_from(value, i), sl_span_str(word)))
			return true;
	return false;
}

static void read_size(struct sl_span value, bool maximum, struct half *half)
{
	long length;
	if (!read_length(value, &length) || length > 100 || length < 0)
		return;
	half->zero_size = true;
	/* max-height without overflow is how preheaders are hidden, and nothing else */
	if (maximum && length == 0)
		half->overflow_hidden = true;
}

static void read_font(struct sl_span value, struct sl_look *look)
{
	long length;
	/* shorthand: the size is the first number, "font: bold 0/0 Arial" */
	for (size_t i = 0; i < value.n; i++)
		if (sl_is_digit(value.p[i]) && (i == 0 || !sl_is_alnum(value.p[i - 1]))) {
			if (read_length(sl_span_from(value, i), &length) && length < 10000) {
				look->sized = true;
				look->tiny = length <= TINY;
			}
			return;
		}
}

static void read_background(struct sl_span value, struct sl_look *look)
{
	if (has_word(value, "url(") || has_word(value, "gradient")) {
		look->background = SL_COLOUR_OTHER;
		return;
	}
	uint32_t colour = sl_colour_read(value);
	if (colour != SL_COLOUR_CLEAR && !has_word(value, "none"))
		look->background = colour;
}

enum property {
	DISPLAY,
	VISIBILITY,
	MSO_HIDE,
	OPACITY,
	FONT_SIZE,
	FONT,
	COLOR,
	BACKGROUND,
	BACKGROUND_IMAGE,
	MAX_SIZE,
	SIZE,
	OVERFLOW,
	POSITION,
	LEFT,
	MARGIN_LEFT,
	TEXT_INDENT,
	OTHER
};

static const struct {
	struct sl_span name;
	enum property property;
} properties[] = {
	{ { "display", 7 }, DISPLAY },
	{ { "visibility", 10 }, VISIBILITY },
	{ { "mso-hide", 8 }, MSO_HIDE },
	{ { "opacity", 7 }, OPACITY },
	{ { "font-size", 9 }, FONT_SIZE },
	{ { "font", 4 }, FONT },
	{ { "color", 5 }, COLOR },
	{ { "background", 10 }, BACKGROUND },
	{ { "background-color", 16 }, BACKGROUND },
	{ { "background-image", 16 }, BACKGROUND_IMAGE },
	{ { "max-height", 10 }, MAX_SIZE },
	{ { "max-width", 9 }, MAX_SIZE },
	{ { "height", 6 }, SIZE },
	{ { "width", 5 }, SIZE },
	{ { "overflow", 8 }, OVERFLOW },
	{ { "overflow-y", 10 }, OVERFLOW },
	{ { "position", 8 }, POSITION },
	{ { "left", 4 }, LEFT },
	{ { "top", 3 }, LEFT },
	{ { "margin-left", 11 }, MARGIN_LEFT },
	{ { "text-indent", 11 }, TEXT_INDENT },
};

/* Lengths of the names above by first letter, as bits: sorts out most others. */
#define LETTER(c) [(c) - 'a']
#define LENGTH(n) (1u << (n))
static const uint32_t lengths[26] = {
	LETTER('d') = LENGTH(7),
	LETTER('v') = LENGTH(10),
	LETTER('m') = LENGTH(8) | LENGTH(10) | LENGTH(9) | LENGTH(11),
	LETTER('o') = LENGTH(7) | LENGTH(8) | LENGTH(10),
	LETTER('f') = LENGTH(9) | LENGTH(4),
	LETTER('c') = LENGTH(5),
	LETTER('b') = LENGTH(10) | LENGTH(16),
	LETTER('h') = LENGTH(6),
	LETTER('w') = LENGTH(5),
	LETTER('p') = LENGTH(8),
	LETTER('l') = LENGTH(4),
	LETTER('t') = LENGTH(3) | LENGTH(11),
};

static enum property property_of(struct sl_span name)
{
	char first = name.n ? sl_lower(name.p[0]) : ' ';
	if (first < 'a' || first > 'z' || name.n > 16 || !(lengths[first - 'a'] >> name.n & 1))
		return OTHER;
	for (size_t i = 0; i < SL_LEN(properties); i++)
		if (properties[i].name.n == name.n && name.n &&
			properties[i].name.p[0] == sl_lower(name.p[0]) &&
			sl_span_ieq(properties[i].name, name))
			return properties[i].property;
	return OTHER;
}

static bool is_far_off(struct sl_span value)
{
	long length;
	return read_length(value, &length) && length <= -OFF_SCREEN;
}

static bool is_clear(struct sl_span value)
{
	long length;
	return read_length(value, &length) && length >= 0 && length <= OPACITY_LEAST;
}

static void read_font_size(struct sl_span value, struct sl_look *look)
{
	long length;
	look->sized = read_length(value, &length);
	look->tiny = look->sized && length <= TINY;
}

static void read_declaration(
	enum property property, struct sl_span value, struct sl_look *look, struct half *half)
{
	switch (property) {
	case DISPLAY:
		look->hidden = look->hidden || has_word(value, "none");
		break;
	case VISIBILITY:
		look->hidden =
			look->hidden || has_word(value, "hidden") || has_word(value, "collapse");
		break;
	case MSO_HIDE:
		look->hidden = look->hidden || has_word(value, "all");
		break;
	case OPACITY:
		look->hidden = look->hidden || is_clear(value);
		break;
	case FONT_SIZE:
		read_font_size(value, look);
		break;
	case FONT:
		read_font(value, look);
		break;
	case COLOR:
		look->colour = sl_colour_read(value);
		break;
	case BACKGROUND:
		read_background(value, look);
		break;
	case BACKGROUND_IMAGE:
		if (!has_word(value, "none"))
			look->background = SL_COLOUR_OTHER;
		break;
	case SIZE:
	case MAX_SIZE:
		read_size(value, property == MAX_SIZE, half);
		break;
	case OVERFLOW:
		half->overflow_hidden = half->overflow_hidden || has_word(value, "hidden");
		break;
	case POSITION:
		half->positioned = has_word(value, "absolute") || has_word(value, "fixed");
		break;
	case MARGIN_LEFT:
	case LEFT:
		half->moved_away = half->moved_away || is_far_off(value);
		break;
	case TEXT_INDENT:
		half->far_off = half->far_off || is_far_off(value);
		break;
	case OTHER:
		break;
	}
}

static sl_lanes parts_declarations(sl_lanes c)
{
	return sl_lanes_in(c, '\'', ')') | sl_lanes_eq(c, '"') | sl_lanes_eq(c, ';');
}

/* Up to the next ';' that stands in no bracket or quote. */
static struct sl_span take_declaration(struct sl_span *css)
{
	char quote = '\0';
	int depth = 0;
	size_t i = 0;
	for (; (i = sl_lanes_find(*css, i, parts_declarations)) < css->n; i++) {
		char c = css->p[i];
		if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == ';' && depth == 0)
			break;
		else if (c != ';')
			depth = c == '(' ? depth + 1 : depth > 0 ? depth - 1 : 0;
	}
	struct sl_span one = sl_span_head(*css, i);
	*css = sl_span_from(*css, i + 1);
	return one;
}

void sl_style_read(struct sl_span css, struct sl_look *look)
{
	struct half half = { false, false, false, false, false };
	while (css.n) {
		struct sl_span one = take_declaration(&css);
		ssize_t colon = sl_span_chr(one, ':', 0);
		if (colon > 0)
			read_declaration(
				property_of(sl_span_trim(sl_span_head(one, (size_t)colon))),
				sl_span_from(one, (size_t)colon + 1), look, &half);
	}
	if ((half.zero_size && half.overflow_hidden) || half.far_off ||
		(half.moved_away && half.positioned) || look->colour == SL_COLOUR_CLEAR)
		look->hidden = true;
}

static struct sl_span css_string(struct sl_span s, char end)
{
	s = sl_span_trim(sl_span_head(s, 8192));
	if (s.n && (s.p[0] == '"' || s.p[0] == '\'')) {
		end = s.p[0];
		s = sl_span_from(s, 1);
	}
	ssize_t stop = sl_span_chr(s, end, 0);
	return sl_span_trim(stop < 0 ? s : sl_span_head(s, (size_t)stop));
}

static sl_lanes opens_url(sl_lanes c)
{
	return sl_lanes_eq(c, '(') | sl_lanes_eq(c, '@');
}

static sl_lanes opens_url_or_ends_import(sl_lanes c)
{
	return opens_url(c) | sl_lanes_eq(c, ';') | sl_lanes_eq(c, '}');
}

static size_t next_in_css(struct sl_span css, size_t at, bool import)
{
	return import ? sl_lanes_find(css, at, opens_url_or_ends_import)
		      : sl_lanes_find(css, at, opens_url);
}

bool sl_css_url(struct sl_span css, size_t *at, struct sl_span *url_r, bool *import_r)
{
	size_t first = *at;
	for (; (*at = next_in_css(css, *at, *import_r)) < css.n; (*at)++) {
		char c = css.p[*at];
		struct sl_span rest = sl_span_from(css, *at);
		if (c == '(' && *at >= first + 3 && rest.n > 1 &&
			sl_span_ieq(sl_span_of(rest.p - 3, 3), SL_SPAN("url"))) {
			*url_r = css_string(sl_span_from(rest, 1), ')');
			*at += 1 + url_r->n;
			return true;
		}
		if (c == ';' || c == '}')
			*import_r = false;
		if (c == '@' && sl_span_istarts(rest, SL_SPAN("@import"))) {
			struct sl_span value = sl_span_trim(sl_span_from(rest, 7));
			*import_r = true;
			*at += 6;
			if (value.n && (value.p[0] == '"' || value.p[0] == '\'')) {
				*url_r = css_string(value, ';');
				*at = (size_t)(url_r->p - css.p) + url_r->n;
				return true;
			}
		}
	}
	return false;
}

static uint64_t name_of(struct sl_span name, char kind)
{
	uint64_t hash = sl_hash_table(name, (uint64_t)kind);
	return hash ? hash : 1;
}

static void sheet_add(struct sl_sheet *sheet, uint64_t name)
{
	size_t at = name % SL_SHEET_ROOM;
	while (sheet->names[at] && sheet->names[at] != name)
		at = (at + 1) % SL_SHEET_ROOM;
	if (!sheet->names[at] && sheet->n < SL_SHEET_ROOM / 2) {
		sheet->names[at] = name;
		sheet->n++;
	}
}

static bool sheet_has(const struct sl_sheet *sheet, uint64_t name)
{
	for (size_t at = name % SL_SHEET_ROOM; sheet->names[at]; at = (at + 1) % SL_SHEET_ROOM)
		if (sheet->names[at] == name)
			return true;
	return false;
}

static bool is_name_char(char c)
{
	return sl_is_alnum(c) || c == '-' || c == '_' || (c & (char)0x80);
}

/* ".x", "td.x", "#x": others depend on what stands around and are passed. */
static void sheet_add_selector(struct sl_sheet *sheet, struct sl_span selector)
{
	size_t i = 0;
	selector = sl_span_trim(selector);
	while (i < selector.n && is_name_char(selector.p[i]))
		i++;
	if (i >= selector.n || (selector.p[i] != '.' && selector.p[i] != '#'))
		return;
	struct sl_span name = sl_span_from(selector, i + 1);
	for (size_t k = 0; k < name.n; k++)
		if (!is_name_char(name.p[k]))
			return;
	if (name.n)
		sheet_add(sheet, name_of(name, selector.p[i]));
}

static void sheet_rule(struct sl_sheet *sheet, struct sl_span selectors, struct sl_span block)
{
	struct sl_look look = SL_LOOK_NONE;
	struct sl_span one;
	sl_style_read(block, &look);
	if (!look.hidden && !look.tiny)
		return;
	while (sl_span_split(&selectors, ',', &one))
		sheet_add_selector(sheet, one);
}

static sl_lanes parts_block(sl_lanes c)
{
	return sl_lanes_eq(c, '/') | sl_lanes_eq(c, '{') | sl_lanes_eq(c, '}');
}

static sl_lanes parts_rule(sl_lanes c)
{
	return parts_block(c) | sl_lanes_eq(c, ';');
}

void sl_sheet_read(struct sl_sheet *sheet, struct sl_span css)
{
	size_t depth = 0, from = 0, open = 0;
	bool at_rule = false;
	for (size_t i = 0; i < css.n; i++) {
		i = depth ? sl_lanes_find(css, i, parts_block) : sl_lanes_find(css, i, parts_rule);
		if (i == css.n)
			break;
		char c = css.p[i];
		if (c == '/' && i + 1 < css.n && css.p[i + 1] == '*') {
			ssize_t end = sl_span_find(css, SL_SPAN("*/"), i + 2);
			if (end < 0)
				return;
			i = (size_t)end + 1;
			from = depth == 0 ? i + 1 : from;
		} else if (c == '{' && depth++ == 0) {
			struct sl_span head = sl_span_trim(sl_span_of(css.p + from, i - from));
			at_rule = head.n && head.p[0] == '@';
			open = i;
		} else if (c == '}' && depth > 0 && --depth == 0) {
			if (!at_rule)
				sheet_rule(sheet, sl_span_of(css.p + from, open - from),
					sl_span_of(css.p + open + 1, i - open - 1));
			from = i + 1;
		} else if (c == ';' && depth == 0) {
			from = i + 1;
		}
	}
}

bool sl_sheet_hides(const struct sl_sheet *sheet, struct sl_span class_names, struct sl_span id)
{
	if (sheet->n == 0)
		return false;
	if (id.n && sheet_has(sheet, name_of(sl_span_trim(id), '#')))
		return true;
	while (class_names.n) {
		size_t n = 0;
		while (n < class_names.n && !sl_is_space(class_names.p[n]))
			n++;
		if (n && sheet_has(sheet, name_of(sl_span_head(class_names, n), '.')))
			return true;
		class_names = sl_span_from(class_names, n + 1);
	}
	return false;
}
