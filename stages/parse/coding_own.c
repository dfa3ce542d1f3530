/* SPDX-License-Identifier: Apache-2.0 */
#include "coding_out.h"

enum jis_set { JIS_ASCII, JIS_ROMAN, JIS_KANA, JIS_208, JIS_212, JIS_OTHER };

struct jis_escape {
	const char *bytes; /* behind ESC */
	enum jis_set set;
};

/* JIS X 0213 plane 1 holds what 0208 holds, at the same places. JIS_OTHER: two bytes a character,
 * but not a set we have. */
static const struct jis_escape jis_escapes[] = {
	{ "(B", JIS_ASCII },
	{ "$B", JIS_208 },
	{ "(J", JIS_ROMAN },
	{ "(H", JIS_ROMAN }, /* wrong, but seen */
	{ "(I", JIS_KANA },
	{ "$@", JIS_208 },
	{ "&@\033$B", JIS_208 },
	{ "$(D", JIS_212 },
	{ "$(@", JIS_208 },
	{ "$(B", JIS_208 },
	{ "$(O", JIS_208 },
	{ "$(Q", JIS_208 },
	{ "$(P", JIS_OTHER },
	{ "$A", JIS_OTHER },
	{ "$(A", JIS_OTHER },
	{ "$(C", JIS_OTHER },
};

struct jis {
	enum jis_set set;
	bool shifted; /* SO: half-width kana in seven bits */
	bool seen;    /* an escape was there: high bytes are half-width kana, not another charset */
};

/* The escape sequence at the start of `s`: its length with ESC, or 0. */
static size_t jis_escape(struct jis *jis, struct sl_span s)
{
	for (size_t i = 0; i < SL_LEN(jis_escapes); i++) {
		struct sl_span bytes = sl_span_str(jis_escapes[i].bytes);
		if (sl_span_starts(sl_span_from(s, 1), bytes)) {
			jis->set = jis_escapes[i].set;
			jis->shifted = false;
			jis->seen = true;
			return bytes.n + 1;
		}
	}
	return 0;
}

static void half_width_kana(unsigned char b, struct sl_out *out)
{
	b |= 0x80;
	if (b >= 0xa1 && b <= 0xdf)
		sl_out_code_point(out, 0xff61u + (b - 0xa1u));
	else
		sl_out_lost(out);
}

static void jis_single(const struct jis *jis, unsigned char b, struct sl_out *out)
{
	if (b > 0x20 && b != 0x7f && (jis->set == JIS_KANA || jis->shifted))
		half_width_kana(b, out);
	else if (b >= 0x80 && jis->seen)
		half_width_kana(b, out);
	else if (b >= 0x80)
		sl_out_lost(out);
	else if (b == '\\' && jis->set == JIS_ROMAN)
		sl_out_code_point(out, 0xa5); /* yen; '~' stays, for the sake of URLs */
	else
		out->p[out->n++] = (char)b;
}

static bool in_94(char c)
{
	return c >= 0x21 && c <= 0x7e;
}

/* One character of a two-byte set; the number of bytes taken. */
static size_t jis_pair(struct jis *jis, struct sl_span s, struct sl_out *out)
{
	/* a mailer that forgot to leave the set, before a link */
	if (s.p[0] == 'h' &&
		(sl_span_starts(s, SL_SPAN("http://")) || sl_span_starts(s, SL_SPAN("https://")))) {
		jis->set = JIS_ASCII;
		return 0;
	}
	if (!in_94(s.p[0])) {
		jis_single(jis, (unsigned char)s.p[0], out);
		return 1;
	}
	if (s.n < 2 || !in_94(s.p[1])) {
		out->cut = s.n < 2;
		sl_out_lost(out);
		return 1;
	}
	uint32_t c = 0;
	if (jis->set != JIS_OTHER)
		c = sl_jis_code_point(jis->set == JIS_212 ? 212 : 208, (unsigned)s.p[0] - 0x21,
			(unsigned)s.p[1] - 0x21);
	if (c)
		sl_out_code_point(out, c);
	else
		sl_out_lost(out);
	return 2;
}

static bool jis_control(struct jis *jis, char c)
{
	if (c != 0x0e && c != 0x0f)
		return false;
	jis->shifted = c == 0x0e;
	return true;
}

void sl_iso2022jp_decode(struct sl_span s, struct sl_out *out)
{
	struct jis jis = { JIS_ASCII, false, false };
	while (s.n) {
		size_t taken = 1;
		char c = s.p[0];
		if (c == '\r' || c == '\n') {
			jis.set = JIS_ASCII;
			jis.shifted = false;
			out->p[out->n++] = c;
		} else if (c == 0x1b && (taken = jis_escape(&jis, s)) > 0) {
			; /* the state has changed */
		} else if (c != 0x1b && jis_control(&jis, c)) {
			taken = 1;
		} else if (jis.set >= JIS_208 && c != 0x1b) {
			taken = jis_pair(&jis, s, out);
		} else {
			jis_single(&jis, (unsigned char)c, out);
			taken = 1;
		}
		s = sl_span_from(s, taken);
	}
}

/* UTF-16 units to code points, whatever they come from. */
struct units {
	struct sl_out *out;
	uint32_t high; /* first half of a pair that waits, or 0 */
};

static void unit_flush(struct units *units)
{
	if (units->high)
		sl_out_lost(units->out);
	units->high = 0;
}

static void unit_add(struct units *units, uint32_t unit)
{
	bool low = unit >= 0xdc00 && unit <= 0xdfff;
	if (low && units->high) {
		sl_out_code_point(
			units->out, 0x10000 + ((units->high - 0xd800) << 10) + (unit - 0xdc00));
		units->high = 0;
		return;
	}
	unit_flush(units);
	if (low)
		sl_out_lost(units->out);
	else if (unit >= 0xd800 && unit <= 0xdbff)
		units->high = unit;
	else
		sl_out_code_point(units->out, unit);
}

/* RFC 2152 has only the first alphabet: '-' ends a run. */
static int utf7_value(char c)
{
	return c == '-' || c == '_' ? -1 : sl_base64_value(c);
}

/* The run behind a '+'; the number of bytes taken, the closing '-' with it. */
static size_t utf7_run(struct sl_span s, struct sl_out *out)
{
	struct units units = { out, 0 };
	uint32_t bits = 0;
	unsigned have = 0;
	size_t i = 0;
	for (int value; i < s.n && (value = utf7_value(s.p[i])) >= 0; i++) {
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have >= 16) {
			have -= 16;
			unit_add(&units, bits >> have & 0xffff);
		}
	}
	unit_flush(&units);
	return i + (i < s.n && s.p[i] == '-');
}

void sl_utf7_decode(struct sl_span s, struct sl_out *out)
{
	while (s.n) {
		size_t taken = 1;
		bool run = s.p[0] == '+' && s.n > 1;
		if (run && s.p[1] == '-') {
			out->p[out->n++] = '+';
			taken = 2;
		} else if (run && utf7_value(s.p[1]) >= 0) {
			taken = 1 + utf7_run(sl_span_from(s, 1), out);
		} else if (s.p[0] & (char)0x80) {
			sl_out_lost(out);
		} else {
			out->p[out->n++] = s.p[0];
		}
		s = sl_span_from(s, taken);
	}
}

static uint32_t unit16(struct sl_span s, size_t i, bool little)
{
	uint32_t a = (unsigned char)s.p[i], b = (unsigned char)s.p[i + 1];
	return little ? b << 8 | a : a << 8 | b;
}

static uint32_t unit32(struct sl_span s, size_t i, bool little)
{
	uint32_t a = unit16(s, i, little), b = unit16(s, i + 2, little);
	return little ? b << 16 | a : a << 16 | b;
}

/* How much a unit looks like text: ASCII, then the ranges that mail is written in. */
static int likely16(uint32_t unit)
{
	if (unit >= 0x20 && unit < 0x7f)
		return 3;
	if (unit == '\r' || unit == '\n' || unit == '\t')
		return 6;
	if ((unit >= 0x3000 && unit < 0x3100) || (unit >= 0xff00 && unit < 0xfff0))
		return 4;
	if ((unit >= 0x4e00 && unit < 0x9fb0) || (unit >= 0xac00 && unit < 0xd7a4) ||
		(unit >= 0xa0 && unit < 0x0700))
		return 1;
	return unit < 0x20 || unit >= 0xd800 ? -3 : -1;
}

static bool looks_little(struct sl_span s)
{
	int little = 0, big = 0;
	for (size_t i = 0; i + 1 < s.n && i < 4096; i += 2) {
		little += likely16(unit16(s, i, true));
		big += likely16(unit16(s, i, false));
	}
	return little >= big;
}

void sl_utf16_decode(struct sl_span s, enum sl_coding coding, struct sl_out *out)
{
	struct units units = { out, 0 };
	bool little = coding == SL_CODING_UTF16LE;
	if (s.n >= 2 && (unit16(s, 0, true) == 0xfeff || unit16(s, 0, false) == 0xfeff)) {
		little = unit16(s, 0, true) == 0xfeff;
		s = sl_span_from(s, 2);
	} else if (coding == SL_CODING_UTF16) {
		little = looks_little(s);
	}
	for (; s.n >= 2; s = sl_span_from(s, 2))
		unit_add(&units, unit16(s, 0, little));
	unit_flush(&units);
	if (s.n)
		sl_out_lost(out);
}

void sl_utf32_decode(struct sl_span s, enum sl_coding coding, struct sl_out *out)
{
	bool little = coding == SL_CODING_UTF32LE;
	if (s.n >= 4 && (unit32(s, 0, true) == 0xfeff || unit32(s, 0, false) == 0xfeff)) {
		little = unit32(s, 0, true) == 0xfeff;
		s = sl_span_from(s, 4);
	} else if (coding == SL_CODING_UTF32 && s.n >= 4) {
		little = unit32(s, 0, true) <= 0x10ffff;
	}
	for (; s.n >= 4; s = sl_span_from(s, 4)) {
		uint32_t c = unit32(s, 0, little);
		if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			sl_out_lost(out);
		else
			sl_out_code_point(out, c);
	}
	if (s.n)
		sl_out_lost(out);
}
