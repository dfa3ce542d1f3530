/* SPDX-License-Identifier: Apache-2.0 */
#include "coding.h"

#include "coding_out.h"
#include "pipeline/base/utf8.h"

#include <iconv.h>
#include <pthread.h>
#include <stdlib.h>

enum { FIRST_SINGLE = SL_CODING_CP1252, SINGLES = SL_CODINGS - FIRST_SINGLE };
enum { JIS_ROWS = 94, JIS_CELLS = JIS_ROWS * JIS_ROWS };
enum { MULTI_FIRST = SL_CODING_CP932, MULTIS = SL_CODING_CP949 - MULTI_FIRST + 1 };

struct coding_row {
	const char *name;  /* ours */
	const char *iconv; /* NULL: our own decoder */
};

static const struct coding_row rows[SL_CODINGS] = {
	[SL_CODING_NONE] = { "unknown", NULL },
	[SL_CODING_UTF8] = { "utf-8", NULL },
	[SL_CODING_CP932] = { "cp932", "CP932" },
	[SL_CODING_EUC_JP] = { "euc-jp", "EUC-JP-MS" },
	[SL_CODING_GB18030] = { "gb18030", "GB18030" },
	[SL_CODING_BIG5] = { "big5-hkscs", "BIG5-HKSCS" },
	[SL_CODING_CP949] = { "cp949", "UHC" },
	[SL_CODING_ISO_2022_JP] = { "iso-2022-jp", NULL },
	[SL_CODING_ISO_2022_KR] = { "iso-2022-kr", NULL },
	[SL_CODING_HZ] = { "hz-gb-2312", NULL },
	[SL_CODING_UTF7] = { "utf-7", NULL },
	[SL_CODING_UTF16] = { "utf-16", NULL },
	[SL_CODING_UTF16LE] = { "utf-16le", NULL },
	[SL_CODING_UTF16BE] = { "utf-16be", NULL },
	[SL_CODING_UTF32] = { "utf-32", NULL },
	[SL_CODING_UTF32LE] = { "utf-32le", NULL },
	[SL_CODING_UTF32BE] = { "utf-32be", NULL },
	[SL_CODING_CP1252] = { "windows-1252", "CP1252" },
	[SL_CODING_CP1250] = { "windows-1250", "CP1250" },
	[SL_CODING_CP1251] = { "windows-1251", "CP1251" },
	[SL_CODING_CP1253] = { "windows-1253", "CP1253" },
	[SL_CODING_CP1254] = { "windows-1254", "CP1254" },
	[SL_CODING_CP1255] = { "windows-1255", "CP1255" },
	[SL_CODING_CP1256] = { "windows-1256", "CP1256" },
	[SL_CODING_CP1257] = { "windows-1257", "CP1257" },
	[SL_CODING_CP1258] = { "windows-1258", "CP1258" },
	[SL_CODING_CP874] = { "windows-874", "CP874" },
	[SL_CODING_ISO_8859_2] = { "iso-8859-2", "ISO-8859-2" },
	[SL_CODING_ISO_8859_3] = { "iso-8859-3", "ISO-8859-3" },
	[SL_CODING_ISO_8859_4] = { "iso-8859-4", "ISO-8859-4" },
	[SL_CODING_ISO_8859_5] = { "iso-8859-5", "ISO-8859-5" },
	[SL_CODING_ISO_8859_6] = { "iso-8859-6", "ISO-8859-6" },
	[SL_CODING_ISO_8859_7] = { "iso-8859-7", "ISO-8859-7" },
	[SL_CODING_ISO_8859_8] = { "iso-8859-8", "ISO-8859-8" },
	[SL_CODING_ISO_8859_10] = { "iso-8859-10", "ISO-8859-10" },
	[SL_CODING_ISO_8859_13] = { "iso-8859-13", "ISO-8859-13" },
	[SL_CODING_ISO_8859_14] = { "iso-8859-14", "ISO-8859-14" },
	[SL_CODING_ISO_8859_15] = { "iso-8859-15", "ISO-8859-15" },
	[SL_CODING_ISO_8859_16] = { "iso-8859-16", "ISO-8859-16" },
	[SL_CODING_KOI8_R] = { "koi8-r", "KOI8-R" },
	[SL_CODING_KOI8_U] = { "koi8-u", "KOI8-U" },
	[SL_CODING_MACINTOSH] = { "macintosh", "MACINTOSH" },
	[SL_CODING_MAC_CYRILLIC] = { "x-mac-cyrillic", "MAC-CYRILLIC" },
	[SL_CODING_CP437] = { "ibm437", "CP437" },
	[SL_CODING_CP850] = { "ibm850", "CP850" },
	[SL_CODING_CP852] = { "ibm852", "CP852" },
	[SL_CODING_CP855] = { "ibm855", "CP855" },
	[SL_CODING_CP857] = { "ibm857", "CP857" },
	[SL_CODING_CP862] = { "ibm862", "CP862" },
	[SL_CODING_CP866] = { "ibm866", "CP866" },
};

/* Written once by make_tables(), constant from then on. */
static struct {
	pthread_once_t once;
	uint16_t single[SINGLES][128]; /* upper half; 0: no character */
	uint16_t jis208[JIS_CELLS], jis212[JIS_CELLS];
} tables = { .once = PTHREAD_ONCE_INIT };

struct sl_codings {
	iconv_t multi[MULTIS];
};

static iconv_t open_converter(const char *to, const char *from)
{
	iconv_t cd = iconv_open(to, from);
	sl_assert(cd != (iconv_t)-1);
	return cd;
}

/* The one UTF-16 unit that the bytes stand for, or 0. */
static uint16_t one_unit(iconv_t cd, const char *bytes, size_t n)
{
	char in[4], out[8];
	memcpy(in, bytes, n);
	char *ip = in, *op = out;
	size_t in_left = n, out_left = sizeof(out);
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &ip, &in_left, &op, &out_left) == (size_t)-1 || in_left)
		return 0;
	iconv(cd, NULL, NULL, &op, &out_left); /* vietnamese and the like hold a letter back */
	if (op - out != 2)
		return 0;
	return (uint16_t)((unsigned char)out[0] | (unsigned char)out[1] << 8);
}

static void make_single(size_t i)
{
	iconv_t cd = open_converter("UTF-16LE", rows[FIRST_SINGLE + i].iconv);
	for (unsigned b = 0; b < 128; b++) {
		char byte = (char)(b | 0x80);
		tables.single[i][b] = one_unit(cd, &byte, 1);
	}
	iconv_close(cd);
}

/* JIS X 0208 as cp932 has it, with NEC and IBM extensions; JIS X 0212 by EUC. */
static void make_jis(void)
{
	iconv_t sjis = open_converter("UTF-16LE", "CP932");
	iconv_t euc = open_converter("UTF-16LE", "EUC-JP-MS");
	for (unsigned cell = 0; cell < JIS_CELLS; cell++) {
		unsigned row = cell / JIS_ROWS, column = cell % JIS_ROWS;
		unsigned lead = row / 2 + (row < 62 ? 0x81 : 0xc1);
		unsigned trail = row % 2 ? column + 0x9f : column + (column < 63 ? 0x40 : 0x41);
		char two[2] = { (char)lead, (char)trail };
		char three[3] = { (char)0x8f, (char)(row + 0xa1), (char)(column + 0xa1) };
		tables.jis208[cell] = one_unit(sjis, two, 2);
		tables.jis212[cell] = one_unit(euc, three, 3);
	}
	iconv_close(sjis);
	iconv_close(euc);
}

static void make_tables(void)
{
	for (size_t i = 0; i < SINGLES; i++)
		make_single(i);
	make_jis();
}

struct sl_codings *sl_codings_new(void)
{
	struct sl_codings *codings = sl_calloc(1, sizeof(*codings));
	int failed = pthread_once(&tables.once, make_tables);
	sl_assert(failed == 0);
	for (size_t i = 0; i < MULTIS; i++)
		codings->multi[i] = open_converter("UTF-8", rows[MULTI_FIRST + i].iconv);
	return codings;
}

void sl_codings_free(struct sl_codings **codings)
{
	if (!*codings)
		return;
	for (size_t i = 0; i < MULTIS; i++)
		iconv_close((*codings)->multi[i]);
	free(*codings);
	*codings = NULL;
}

const char *sl_coding_name(enum sl_coding coding)
{
	sl_assert(coding < SL_CODINGS);
	return rows[coding].name;
}

uint32_t sl_jis_code_point(unsigned set, unsigned row, unsigned column)
{
	sl_assert(row < JIS_ROWS && column < JIS_ROWS);
	const uint16_t *table = set == 212 ? tables.jis212 : tables.jis208;
	return table[row * JIS_ROWS + column];
}

static void decode_single(const uint16_t table[128], struct sl_span s, struct sl_out *out)
{
	for (size_t i = 0; i < s.n; i++) {
		size_t high = sl_ascii_end(s, i);
		memcpy(out->p + out->n, s.p + i, high - i);
		out->n += high - i;
		i = high;
		if (i == s.n)
			break;
		unsigned char b = (unsigned char)s.p[i];
		if (table[b - 0x80])
			sl_out_code_point(out, table[b - 0x80]);
		else
			sl_out_lost(out);
	}
}

/* Bytes of the undecodable character at the start: both of a well-formed pair, so that its second
 * byte is never taken for ASCII; one byte otherwise. */
static size_t bad_length(enum sl_coding coding, struct sl_span s)
{
	if (s.n < 2 || !((unsigned char)s.p[0] & 0x80))
		return 1;
	unsigned char trail = (unsigned char)s.p[1];
	if (coding == SL_CODING_EUC_JP)
		return trail >= 0xa1 ? 2 : 1;
	return trail >= 0x40 && trail != 0x7f && trail != 0xff ? 2 : 1;
}

static void decode_multi(
	struct sl_codings *codings, enum sl_coding coding, struct sl_span s, struct sl_out *out)
{
	size_t index = (size_t)coding - MULTI_FIRST;
	sl_assert(index < MULTIS);
	iconv_t cd = codings->multi[index];
	union {
		const char *in;
		char *iconv; /* iconv() does not write there; its prototype only says so */
	} at = { s.p };
	size_t left = s.n;
	iconv(cd, NULL, NULL, NULL, NULL);
	while (left) {
		char *to = out->p + out->n;
		size_t room = out->room - out->n;
		size_t rc = iconv(cd, &at.iconv, &left, &to, &room);
		out->n = out->room - room;
		if (rc != (size_t)-1 || left == 0)
			break;
		size_t bad = bad_length(coding, sl_span_of(at.in, left));
		out->cut = left <= 3 && bad == left;
		sl_out_lost(out);
		at.in += bad;
		left -= bad;
	}
	char *to = out->p + out->n;
	size_t room = out->room - out->n;
	iconv(cd, NULL, NULL, &to, &room); /* BIG5-HKSCS holds a letter back for its accent */
	out->n = out->room - room;
}

/* The Unicode standard's "maximal subpart" practice: one U+FFFD for each. */
static size_t bad_utf8_length(struct sl_span s)
{
	const unsigned char *b = (const unsigned char *)s.p;
	if (b[0] < 0xc2 || b[0] > 0xf4)
		return 1;
	size_t want = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2, i = 1;
	unsigned low = b[0] == 0xe0 ? 0xa0 : b[0] == 0xf0 ? 0x90 : 0x80;
	unsigned high = b[0] == 0xed ? 0x9f : b[0] == 0xf4 ? 0x8f : 0xbf;
	for (; i < want && i < s.n && b[i] >= low && b[i] <= high; i++) {
		low = 0x80;
		high = 0xbf;
	}
	return i;
}

static void decode_utf8(struct sl_span s, struct sl_out *out)
{
	while (s.n) {
		size_t good = sl_utf8_valid_prefix(s);
		memcpy(out->p + out->n, s.p, good);
		out->n += good;
		s = sl_span_from(s, good);
		if (s.n == 0)
			break;
		size_t bad = bad_utf8_length(s);
		out->cut = bad == s.n;
		sl_out_lost(out);
		s = sl_span_from(s, bad);
	}
}

/* HZ (RFC 1843) and ISO-2022-KR (RFC 1557) are EUC with the top bit taken off: put it back. */
static struct sl_span hz_to_euc(struct sl_arena *arena, struct sl_span s)
{
	char *to = sl_arena_alloc(arena, s.n + 1);
	size_t n = 0;
	bool pairs = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], next = i + 1 < s.n ? s.p[i + 1] : '\0';
		if (c == '~' && (next == '{' || next == '}' || next == '\n' || next == '~')) {
			if (next == '~' && !pairs)
				to[n++] = '~';
			else if (next != '\n')
				pairs = next == '{';
			i++;
		} else {
			pairs = pairs && c != '\n';
			to[n++] = pairs && c > ' ' ? (char)(c | 0x80) : c;
		}
	}
	return sl_span_of(to, n);
}

static struct sl_span iso2022kr_to_euc(struct sl_arena *arena, struct sl_span s)
{
	char *to = sl_arena_alloc(arena, s.n + 1);
	size_t n = 0;
	bool pairs = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (sl_span_starts(sl_span_from(s, i), SL_SPAN("\033$)C"))) {
			i += 3;
		} else if (c == 0x0e || c == 0x0f) {
			pairs = c == 0x0e;
		} else {
			pairs = pairs && c != '\n';
			to[n++] = pairs && c > ' ' ? (char)(c | 0x80) : c;
		}
	}
	return sl_span_of(to, n);
}

static void decode_into(struct sl_codings *codings, struct sl_arena *arena, enum sl_coding coding,
	struct sl_span s, struct sl_out *out)
{
	switch (coding) {
	case SL_CODING_UTF8:
		decode_utf8(s, out);
		break;
	case SL_CODING_ISO_2022_JP:
		sl_iso2022jp_decode(s, out);
		break;
	case SL_CODING_ISO_2022_KR:
		decode_multi(codings, SL_CODING_CP949, iso2022kr_to_euc(arena, s), out);
		break;
	case SL_CODING_HZ:
		decode_multi(codings, SL_CODING_GB18030, hz_to_euc(arena, s), out);
		break;
	case SL_CODING_UTF7:
		sl_utf7_decode(s, out);
		break;
	case SL_CODING_UTF16:
	case SL_CODING_UTF16LE:
	case SL_CODING_UTF16BE:
		sl_utf16_decode(s, coding, out);
		break;
	case SL_CODING_UTF32:
	case SL_CODING_UTF32LE:
	case SL_CODING_UTF32BE:
		sl_utf32_decode(s, coding, out);
		break;
	default:
		if (coding >= SL_CODING_CP1252)
			decode_single(tables.single[coding - FIRST_SINGLE], s, out);
		else
			decode_multi(codings, coding, s, out);
	}
}

struct sl_coded sl_coding_decode(struct sl_codings *codings, struct sl_arena *arena,
	enum sl_coding coding, struct sl_span bytes)
{
	sl_assert(coding > SL_CODING_NONE && coding < SL_CODINGS);
	if (coding == SL_CODING_UTF8 && sl_span_starts(bytes, SL_SPAN("\xef\xbb\xbf")))
		bytes = sl_span_from(bytes, 3);
	if (bytes.n == 0 || (coding == SL_CODING_UTF8 && sl_utf8_valid_prefix(bytes) == bytes.n))
		return (struct sl_coded){ bytes, 0, false };
	/* No byte of any coding grows to more than three (U+FFFD, or two code points of HKSCS). */
	struct sl_out out = { .room = bytes.n * 3 + 16 };
	out.p = sl_arena_alloc(arena, out.room);
	decode_into(codings, arena, coding, bytes, &out);
	sl_assert(out.n <= out.room);
	sl_arena_trim(arena, out.p, out.room, out.n);
	return (struct sl_coded){ sl_span_of(out.p, out.n), out.lost, out.cut };
}
