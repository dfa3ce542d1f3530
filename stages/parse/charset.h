/* SPDX-License-Identifier: Apache-2.0 */
/* charset.h - bytes in a named, misnamed or unnamed charset to UTF-8.
 *
 * Nothing vanishes silently: a byte that cannot be decoded becomes U+FFFD and is counted; when a
 * labelled decoding loses bytes the text is detected anew. Nothing is invented. Labels are mapped
 * as mail clients do (shift_jis: cp932, gb2312 and gbk: gb18030, iso-2022-jp: CP50221, euc-jp:
 * eucJP-ms, iso-8859-1 and us-ascii: windows-1252 when high bytes are there). A label outside the
 * closed list never reaches iconv. One struct per thread: it keeps converters open.
 */
#ifndef SL_CHARSET_H
#define SL_CHARSET_H

#include "pipeline/base/arena.h"

struct sl_charset;

struct sl_charset *sl_charset_new(void);
void sl_charset_free(struct sl_charset **charset);

struct sl_decoded {
	struct sl_span text; /* UTF-8, in the arena, or the input itself when it is UTF-8 */
	const char *charset; /* what was used, a literal: "cp932" */
	bool repaired;       /* not what the label said */
	size_t lost;         /* U+FFFD put in */
};

/* Decode a whole text. `label` may be empty, quoted, or anything. `html`: a <meta charset> in the
 * first KB counts after the label. */
struct sl_decoded sl_charset_decode(struct sl_charset *charset, struct sl_arena *arena,
	struct sl_span label, struct sl_span bytes, bool html);
/* A guess without a label, for raw 8-bit headers: valid UTF-8 first, then ISO-2022-JP escapes, then
 * the best of cp932, euc-jp, gb18030, windows-1252 by plausibility. */
struct sl_decoded sl_charset_guess(
	struct sl_charset *charset, struct sl_arena *arena, struct sl_span bytes);
/* True when the label is one we can decode. */
bool sl_charset_known(struct sl_span label);

#endif
