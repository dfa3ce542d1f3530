/* SPDX-License-Identifier: Apache-2.0 */
/* coding.h - one byte encoding to UTF-8, with every loss counted. Below charset.h, which chooses.
 *
 * The only door to iconv, and only for a closed list. Tables of one-byte charsets and of JIS X
 * 0208/0212 are made once for the process; ISO-2022-JP (as CP50221), ISO-2022-KR, HZ, UTF-7, UTF-16
 * and UTF-32 are read by our own code, since glibc stops or invents there. Linear in the input.
 */
#ifndef SL_CODING_H
#define SL_CODING_H

#include "pipeline/base/arena.h"

enum sl_coding {
	SL_CODING_NONE, /* not known */
	SL_CODING_UTF8,
	SL_CODING_CP932,
	SL_CODING_EUC_JP,
	SL_CODING_GB18030,
	SL_CODING_BIG5,
	SL_CODING_CP949,
	SL_CODING_ISO_2022_JP,
	SL_CODING_ISO_2022_KR,
	SL_CODING_HZ,
	SL_CODING_UTF7,
	SL_CODING_UTF16, /* byte order by mark or by content */
	SL_CODING_UTF16LE,
	SL_CODING_UTF16BE,
	SL_CODING_UTF32,
	SL_CODING_UTF32LE,
	SL_CODING_UTF32BE,
	SL_CODING_CP1252, /* first of the one-byte charsets; also for us-ascii and iso-8859-1 */
	SL_CODING_CP1250,
	SL_CODING_CP1251,
	SL_CODING_CP1253,
	SL_CODING_CP1254,
	SL_CODING_CP1255,
	SL_CODING_CP1256,
	SL_CODING_CP1257,
	SL_CODING_CP1258,
	SL_CODING_CP874,
	SL_CODING_ISO_8859_2,
	SL_CODING_ISO_8859_3,
	SL_CODING_ISO_8859_4,
	SL_CODING_ISO_8859_5,
	SL_CODING_ISO_8859_6,
	SL_CODING_ISO_8859_7,
	SL_CODING_ISO_8859_8,
	SL_CODING_ISO_8859_10,
	SL_CODING_ISO_8859_13,
	SL_CODING_ISO_8859_14,
	SL_CODING_ISO_8859_15,
	SL_CODING_ISO_8859_16,
	SL_CODING_KOI8_R,
	SL_CODING_KOI8_U,
	SL_CODING_MACINTOSH,
	SL_CODING_MAC_CYRILLIC,
	SL_CODING_CP437,
	SL_CODING_CP850,
	SL_CODING_CP852,
	SL_CODING_CP855,
	SL_CODING_CP857,
	SL_CODING_CP862,
	SL_CODING_CP866,
	SL_CODINGS
};

/* Converters of one thread. */
struct sl_codings;

struct sl_codings *sl_codings_new(void);
void sl_codings_free(struct sl_codings **codings);

/* "cp932"; a literal. */
const char *sl_coding_name(enum sl_coding coding);
/* A charset label as mail writes it: case, quotes and junk round it do not matter. */
enum sl_coding sl_coding_of_label(struct sl_span label);

struct sl_coded {
	struct sl_span text; /* in the arena; for UTF-8 without loss a part of the input */
	size_t lost;         /* U+FFFD put in */
	bool cut;            /* the last loss is a character that the end of the input cut */
};

/* A byte order mark at the start is taken off. Control characters stay, NUL too. */
struct sl_coded sl_coding_decode(struct sl_codings *codings, struct sl_arena *arena,
	enum sl_coding coding, struct sl_span bytes);

#endif
