/* SPDX-License-Identifier: Apache-2.0 */
#include "unicode.h"

#include "lanes.h"
#include "utf8.h"

#include <pthread.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

/* Constant objects of ICU, opened once; ICU allows their use from all threads. */
static struct {
	pthread_once_t once;
	const UIDNA *idna;
	const UNormalizer2 *nfc, *nfkc, *fold;
} icu = { .once = PTHREAD_ONCE_INIT };

static void open_icu(void)
{
	UErrorCode code = U_ZERO_ERROR;
	icu.idna = uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
					   UIDNA_NONTRANSITIONAL_TO_ASCII |
					   UIDNA_NONTRANSITIONAL_TO_UNICODE,
		&code);
	icu.nfc = unorm2_getNFCInstance(&code);
	icu.nfkc = unorm2_getNFKCInstance(&code);
	icu.fold = unorm2_getNFKCCasefoldInstance(&code);
	sl_assert(U_SUCCESS(code));
}

static void need_icu(void)
{
	int failed = pthread_once(&icu.once, open_icu);
	sl_assert(failed == 0);
}

static bool is_ascii(struct sl_span s)
{
	size_t i = 0;
	for (; i + 8 <= s.n; i += 8) {
		uint64_t eight;
		memcpy(&eight, s.p + i, sizeof(eight));
		if (eight & 0x8080808080808080u)
			return false;
	}
	for (; i < s.n; i++)
		if (s.p[i] & (char)0x80)
			return false;
	return true;
}

static sl_lanes is_capital(sl_lanes v)
{
	return sl_lanes_in(v, 'A', 'Z');
}

static struct sl_span ascii_lower(struct sl_arena *arena, struct sl_span s)
{
	if (sl_lanes_find(s, 0, is_capital) == s.n)
		return s;
	char *to = sl_arena_alloc(arena, s.n);
	sl_lanes_lower(to, s.p, s.n);
	return sl_span_of(to, s.n);
}

/* UTF-16, as ICU wants it. Longer input than INT32_MAX / 4 never comes: messages are limited. */
struct wide {
	UChar *p;
	int32_t n;
};

static struct wide widen(struct sl_arena *arena, struct sl_span s)
{
	sl_assert(s.n < INT32_MAX / 4);
	struct wide w = { sl_arena_alloc(arena, (s.n + 1) * sizeof(UChar)), 0 };
	UErrorCode code = U_ZERO_ERROR;
	u_strFromUTF8WithSub(
		w.p, (int32_t)s.n + 1, &w.n, s.p ? s.p : "", (int32_t)s.n, 0xfffd, NULL, &code);
	sl_assert(U_SUCCESS(code));
	return w;
}

static struct sl_span narrow(struct sl_arena *arena, struct wide w)
{
	size_t room = (size_t)w.n * 3 + 1;
	char *to = sl_arena_alloc(arena, room);
	int32_t n = 0;
	UErrorCode code = U_ZERO_ERROR;
	u_strToUTF8WithSub(to, (int32_t)room, &n, w.p, w.n, 0xfffd, NULL, &code);
	sl_assert(U_SUCCESS(code));
	return sl_span_of(to, (size_t)n);
}

static struct sl_span normalise(
	struct sl_arena *arena, const UNormalizer2 *form, struct sl_span text)
{
	struct wide w = widen(arena, text);
	int32_t room = w.n + 32;
	for (bool grown = false;; grown = true) {
		UErrorCode code = U_ZERO_ERROR;
		struct wide out = { sl_arena_alloc(arena, (size_t)room * sizeof(UChar)), 0 };
		out.n = unorm2_normalize(form, w.p, w.n, out.p, room, &code);
		if (code != U_BUFFER_OVERFLOW_ERROR) {
			sl_assert(U_SUCCESS(code));
			return narrow(arena, out);
		}
		sl_assert(!grown);
		room = out.n + 1;
	}
}

struct sl_span sl_unicode_fold(struct sl_arena *arena, struct sl_span text)
{
	if (is_ascii(text))
		return ascii_lower(arena, text);
	need_icu();
	return normalise(arena, icu.fold, text);
}

struct sl_span sl_unicode_nfc(struct sl_arena *arena, struct sl_span text)
{
	if (is_ascii(text))
		return text;
	need_icu();
	return normalise(arena, icu.nfc, text);
}

struct sl_span sl_unicode_nfkc(struct sl_arena *arena, struct sl_span text)
{
	if (is_ascii(text))
		return text;
	need_icu();
	return normalise(arena, icu.nfkc, text);
}

/* What a byte means in a host name. The forbidden ones are the WHATWG's "forbidden domain code
 * points", without the controls and what is not ASCII, which class_in_host() knows. */
enum { FORBIDDEN = 1, WIDE = 2, UPPER = 4, HYPHEN = 8 };
static const uint8_t host_classes[128] = { [' '] = FORBIDDEN,
	['#'] = FORBIDDEN,
	['%'] = FORBIDDEN,
	['/'] = FORBIDDEN,
	[':'] = FORBIDDEN,
	['<'] = FORBIDDEN,
	['>'] = FORBIDDEN,
	['?'] = FORBIDDEN,
	['@'] = FORBIDDEN,
	['['] = FORBIDDEN,
	['\\'] = FORBIDDEN,
	[']'] = FORBIDDEN,
	['^'] = FORBIDDEN,
	['|'] = FORBIDDEN,
	[0x7f] = FORBIDDEN,
	['-'] = HYPHEN };

static unsigned class_in_host(char c)
{
	unsigned char u = (unsigned char)c;
	if (u >= 0x80)
		return WIDE;
	if (u < 0x20)
		return FORBIDDEN;
	return c >= 'A' && c <= 'Z' ? UPPER : host_classes[u];
}

/* All classes that occur in the name. */
static unsigned classes_in_host(struct sl_span host)
{
	unsigned classes = 0;
	for (size_t i = 0; i < host.n; i++)
		classes |= class_in_host(host.p[i]);
	return classes;
}

static bool valid_ascii_host(struct sl_span host)
{
	return host.n > 0 && !(classes_in_host(host) & (FORBIDDEN | WIDE));
}

static bool has_a_label(struct sl_span host)
{
	struct sl_span label;
	while (sl_span_split(&host, '.', &label))
		if (sl_span_istarts(label, SL_SPAN("xn--")))
			return true;
	return false;
}

enum { TO_ASCII, TO_UNICODE };
/* Lengths and hyphens are no errors for a browser (beStrict is false). */
enum {
	LENIENT = UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG |
		  UIDNA_ERROR_DOMAIN_NAME_TOO_LONG | UIDNA_ERROR_LEADING_HYPHEN |
		  UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4
};

/* Host names beyond this are no names; UTS #46 is quadratic in the length of a label. */
enum { HOST_MAX = 4096 };

static bool convert_host(
	struct sl_arena *arena, struct sl_span host, int direction, struct sl_span *out_r)
{
	if (host.n > HOST_MAX)
		return false;
	struct wide w = widen(arena, host);
	int32_t room = w.n * 10 + 64;
	struct wide out = { sl_arena_alloc(arena, (size_t)room * sizeof(UChar)), 0 };
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UErrorCode code = U_ZERO_ERROR;
	out.n = direction == TO_ASCII
			? uidna_nameToASCII(icu.idna, w.p, w.n, out.p, room, &info, &code)
			: uidna_nameToUnicode(icu.idna, w.p, w.n, out.p, room, &info, &code);
	if (U_FAILURE(code) || (info.errors & ~(uint32_t)LENIENT))
		return false;
	*out_r = narrow(arena, out);
	return true;
}

/* Compare label by label what was written with its mapped form; A-labels that were written say
 * nothing. Other dots than '.' give other counts. */
static bool host_was_mapped(struct sl_arena *arena, struct sl_span host)
{
	struct sl_span mapped, a, b;
	if (is_ascii(host))
		return false;
	if (!convert_host(arena, host, TO_UNICODE, &mapped))
		return true;
	while (sl_span_split(&host, '.', &a)) {
		if (!sl_span_split(&mapped, '.', &b))
			return true;
		if (!sl_span_istarts(a, SL_SPAN("xn--")) && !sl_span_ieq(a, b))
			return true;
	}
	return mapped.n > 0;
}

bool sl_unicode_host_to_ascii(
	struct sl_arena *arena, struct sl_span host, struct sl_span *ascii_r, bool *mapped_r)
{
	*mapped_r = false;
	unsigned classes = classes_in_host(host);
	if (!(classes & WIDE) && !((classes & HYPHEN) && has_a_label(host))) {
		*ascii_r = classes & UPPER ? ascii_lower(arena, host) : host;
		return host.n > 0 && !(classes & FORBIDDEN);
	}
	need_icu();
	if (!convert_host(arena, host, TO_ASCII, ascii_r) || !valid_ascii_host(*ascii_r))
		return false;
	*mapped_r = host_was_mapped(arena, host);
	return true;
}

struct sl_span sl_unicode_host_to_unicode(struct sl_arena *arena, struct sl_span ascii)
{
	struct sl_span out;
	if (!has_a_label(ascii))
		return ascii;
	need_icu();
	return convert_host(arena, ascii, TO_UNICODE, &out) ? out : ascii;
}

static UScriptCode script_code(uint32_t c)
{
	UErrorCode code = U_ZERO_ERROR;
	return uscript_getScript((UChar32)c, &code);
}

enum sl_script sl_unicode_script(uint32_t c)
{
	if (c < 0x80)
		return (c | 32) >= 'a' && (c | 32) <= 'z' ? SL_SCRIPT_LATIN : SL_SCRIPT_OTHER;
	if (c > 0x10ffff)
		return SL_SCRIPT_OTHER;
	switch (script_code(c)) {
	case USCRIPT_COMMON:
	case USCRIPT_INHERITED:
	case USCRIPT_UNKNOWN:
		return SL_SCRIPT_OTHER;
	case USCRIPT_LATIN:
		return SL_SCRIPT_LATIN;
	case USCRIPT_HAN:
		return SL_SCRIPT_HAN;
	case USCRIPT_HIRAGANA:
		return SL_SCRIPT_HIRAGANA;
	case USCRIPT_KATAKANA:
		return SL_SCRIPT_KATAKANA;
	case USCRIPT_HANGUL:
		return SL_SCRIPT_HANGUL;
	case USCRIPT_CYRILLIC:
		return SL_SCRIPT_CYRILLIC;
	case USCRIPT_GREEK:
		return SL_SCRIPT_GREEK;
	case USCRIPT_ARABIC:
		return SL_SCRIPT_ARABIC;
	case USCRIPT_HEBREW:
		return SL_SCRIPT_HEBREW;
	case USCRIPT_THAI:
		return SL_SCRIPT_THAI;
	default:
		return SL_SCRIPT_FOREIGN;
	}
}

/* Scripts of one label, as bits of the classes that UTS #39 lets stand together. */
enum { LATIN = 1, HAN = 2, KANA = 4, HANGUL = 8, BOPOMOFO = 16 };

static unsigned class_of(UScriptCode script)
{
	switch (script) {
	case USCRIPT_LATIN:
		return LATIN;
	case USCRIPT_HAN:
		return HAN;
	case USCRIPT_HIRAGANA:
	case USCRIPT_KATAKANA:
		return KANA;
	case USCRIPT_HANGUL:
		return HANGUL;
	case USCRIPT_BOPOMOFO:
		return BOPOMOFO;
	default:
		return 0;
	}
}

static bool may_mix(unsigned classes)
{
	return !(classes & ~(unsigned)(LATIN | HAN | KANA)) ||
	       !(classes & ~(unsigned)(LATIN | HAN | HANGUL)) ||
	       !(classes & ~(unsigned)(LATIN | HAN | BOPOMOFO));
}

static bool label_mixed(struct sl_span label)
{
	UScriptCode other = USCRIPT_INVALID_CODE;
	unsigned classes = 0;
	uint32_t c;
	for (size_t len; (len = sl_utf8_decode(label, &c)) > 0; label = sl_span_from(label, len)) {
		UScriptCode script = script_code(c);
		if (script == USCRIPT_COMMON || script == USCRIPT_INHERITED ||
			script == USCRIPT_UNKNOWN)
			continue;
		unsigned bit = class_of(script);
		classes |= bit;
		if (!bit && other != USCRIPT_INVALID_CODE && other != script)
			return true;
		if (!bit)
			other = script;
	}
	return other == USCRIPT_INVALID_CODE ? !may_mix(classes) : classes != 0;
}

bool sl_unicode_mixed_script(struct sl_span host)
{
	struct sl_span label;
	if (is_ascii(host))
		return false;
	while (sl_span_split(&host, '.', &label))
		if (label_mixed(label))
			return true;
	return false;
}

bool sl_unicode_is_letter(uint32_t c)
{
	if (c < 0x80)
		return (c | 32) >= 'a' && (c | 32) <= 'z';
	return c <= 0x10ffff && u_isalpha((UChar32)c);
}

bool sl_unicode_is_space(uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r');
	return c <= 0x10ffff && u_isUWhiteSpace((UChar32)c);
}

bool sl_unicode_is_invisible(uint32_t c)
{
	if (c < 0xad)
		return false;
	if (c == 0x2800 || (c >= 0xfff9 && c <= 0xfffb))
		return true;
	return c <= 0x10ffff && u_hasBinaryProperty((UChar32)c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

bool sl_unicode_is_bidi_control(uint32_t c)
{
	return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

bool sl_unicode_is_mark(uint32_t c)
{
	return c >= 0x300 && c <= 0x10ffff && (U_GET_GC_MASK((UChar32)c) & U_GC_M_MASK) != 0;
}

static size_t columns(uint32_t c)
{
	if (c < 0x20 || c == 0x7f)
		return 0;
	if (c < 0x300)
		return 1;
	if (sl_unicode_is_invisible(c) ||
		(U_GET_GC_MASK((UChar32)c) & (U_GC_MN_MASK | U_GC_ME_MASK)))
		return 0;
	int wide = u_getIntPropertyValue((UChar32)c, UCHAR_EAST_ASIAN_WIDTH);
	return wide == U_EA_FULLWIDTH || wide == U_EA_WIDE ? 2 : 1;
}

size_t sl_unicode_width(struct sl_span text)
{
	size_t width = 0;
	while (text.n) {
		uint32_t c;
		size_t len = sl_utf8_decode(text, &c);
		width += len ? columns(c) : 1;
		text = sl_span_from(text, len ? len : 1);
	}
	return width;
}

struct lookalike {
	uint16_t from;
	char to;
};

/* By code point. The letters that lures use in place of Latin ones; not the whole of UTS #39. */
static const struct lookalike lookalikes[] = { { 0x0131, 'i' }, { 0x0237, 'j' }, { 0x0251, 'a' },
	{ 0x0261, 'g' }, { 0x0262, 'g' }, { 0x026a, 'i' }, { 0x0274, 'n' }, { 0x0280, 'r' },
	{ 0x028f, 'y' }, { 0x0299, 'b' }, { 0x029c, 'h' }, { 0x029f, 'l' }, { 0x0370, 'h' },
	{ 0x0391, 'A' }, { 0x0392, 'B' }, { 0x0395, 'E' }, { 0x0396, 'Z' }, { 0x0397, 'H' },
	{ 0x0399, 'I' }, { 0x039a, 'K' }, { 0x039c, 'M' }, { 0x039d, 'N' }, { 0x039f, 'O' },
	{ 0x03a1, 'P' }, { 0x03a4, 'T' }, { 0x03a5, 'Y' }, { 0x03a7, 'X' }, { 0x03b1, 'a' },
	{ 0x03b2, 'b' }, { 0x03b3, 'y' }, { 0x03b5, 'e' }, { 0x03b7, 'n' }, { 0x03b9, 'i' },
	{ 0x03ba, 'k' }, { 0x03bd, 'v' }, { 0x03bf, 'o' }, { 0x03c1, 'p' }, { 0x03c3, 'o' },
	{ 0x03c4, 't' }, { 0x03c5, 'u' }, { 0x03c7, 'x' }, { 0x03c9, 'w' }, { 0x03f2, 'c' },
	{ 0x03f3, 'j' }, { 0x03f9, 'C' }, { 0x0405, 'S' }, { 0x0406, 'I' }, { 0x0408, 'J' },
	{ 0x0410, 'A' }, { 0x0412, 'B' }, { 0x0415, 'E' }, { 0x041a, 'K' }, { 0x041c, 'M' },
	{ 0x041d, 'H' }, { 0x041e, 'O' }, { 0x0420, 'P' }, { 0x0421, 'C' }, { 0x0422, 'T' },
	{ 0x0423, 'Y' }, { 0x0425, 'X' }, { 0x0430, 'a' }, { 0x0432, 'b' }, { 0x0433, 'r' },
	{ 0x0435, 'e' }, { 0x0438, 'u' }, { 0x043a, 'k' }, { 0x043c, 'm' }, { 0x043d, 'h' },
	{ 0x043e, 'o' }, { 0x043f, 'n' }, { 0x0440, 'p' }, { 0x0441, 'c' }, { 0x0442, 't' },
	{ 0x0443, 'y' }, { 0x0445, 'x' }, { 0x0448, 'w' }, { 0x0451, 'e' }, { 0x0455, 's' },
	{ 0x0456, 'i' }, { 0x0457, 'i' }, { 0x0458, 'j' }, { 0x0461, 'w' }, { 0x0475, 'v' },
	{ 0x04ae, 'Y' }, { 0x04af, 'y' }, { 0x04bb, 'h' }, { 0x04c0, 'I' }, { 0x04cf, 'l' },
	{ 0x0501, 'd' }, { 0x051b, 'q' }, { 0x051c, 'W' }, { 0x051d, 'w' }, { 0x0555, 'O' },
	{ 0x0561, 'w' }, { 0x0563, 'q' }, { 0x0566, 'q' }, { 0x0570, 'h' }, { 0x0578, 'n' },
	{ 0x057d, 'u' }, { 0x0581, 'g' }, { 0x0584, 'f' }, { 0x0585, 'o' }, { 0x1d00, 'a' },
	{ 0x1d04, 'c' }, { 0x1d05, 'd' }, { 0x1d07, 'e' }, { 0x1d0a, 'j' }, { 0x1d0b, 'k' },
	{ 0x1d0d, 'm' }, { 0x1d0f, 'o' }, { 0x1d18, 'p' }, { 0x1d1b, 't' }, { 0x1d1c, 'u' },
	{ 0x1d20, 'v' }, { 0x1d21, 'w' }, { 0x1d22, 'z' }, { 0x2d4f, 'I' }, { 0xa731, 's' } };

static int compare_lookalike(const void *key, const void *row)
{
	uint32_t c = *(const uint32_t *)key;
	uint32_t from = ((const struct lookalike *)row)->from;
	return (c > from) - (c < from);
}

uint32_t sl_unicode_latin_lookalike(uint32_t c)
{
	if (c < lookalikes[0].from || c > UINT16_MAX)
		return 0;
	const struct lookalike *row = bsearch(
		&c, lookalikes, SL_LEN(lookalikes), sizeof(lookalikes[0]), compare_lookalike);
	return row ? (uint32_t)row->to : 0;
}

uint32_t sl_unicode_latin_base(uint32_t c)
{
	static const struct lookalike strokes[] = { { 0xd8, 'O' }, { 0xf8, 'o' }, { 0x110, 'D' },
		{ 0x111, 'd' }, { 0x126, 'H' }, { 0x127, 'h' }, { 0x141, 'L' }, { 0x142, 'l' } };
	UChar parts[8];
	UErrorCode code = U_ZERO_ERROR;
	if (c < 0xc0 || c > 0x1eff || (c > 0x24f && c < 0x1e00))
		return c;
	for (size_t i = 0; i < SL_LEN(strokes); i++)
		if (strokes[i].from == c)
			return (uint32_t)strokes[i].to;
	need_icu();
	int32_t n =
		unorm2_getDecomposition(icu.nfc, (UChar32)c, parts, (int32_t)SL_LEN(parts), &code);
	bool letter = U_SUCCESS(code) && n > 1 && (parts[0] | 32) >= 'a' && (parts[0] | 32) <= 'z';
	return letter ? parts[0] : c;
}

const char *sl_unicode_version(void)
{
	return "ICU " U_ICU_VERSION ", Unicode " U_UNICODE_VERSION;
}
