/* SPDX-License-Identifier: Apache-2.0 */
/* textfold.h - NFKC and case folding of long texts: what sl_unicode_fold() gives, but that ICU only
 * reads what it must.
 *
 * Most characters of mail fold to themselves, or by a rule of one line, and no character in front
 * of them joins them. Linear; about 1 ns a byte of ASCII, 5 ns a character of Kana and Han.
 */
#ifndef SL_TEXTFOLD_H
#define SL_TEXTFOLD_H

#include "pipeline/base/arena.h"

/* In the arena, or the input itself. */
struct sl_span sl_text_fold(struct sl_arena *arena, struct sl_span text);

/* What an ordinary character folds to; 0: only ICU knows. Ordinary ones are no marks, no controls
 * and not invisible. Not for ASCII. */
uint32_t sl_fold_simply(uint32_t c);

/* Kana and Han: letters that are no marks, nobody's look-alikes, and fold to themselves. */
static inline bool sl_is_east(uint32_t c)
{
	return (c >= 0x3041 && c <= 0x3096) || (c >= 0x30a1 && c <= 0x30fa) ||
	       (c >= 0x4e00 && c <= 0x9fff);
}
/* Bytes of each in UTF-8, the first one out of seven. */
enum { SL_EAST_BYTES = 3 };
size_t sl_east_run(struct sl_span s, size_t at);
/* Behind the run of these at `at`, or `at`. */
static inline size_t sl_east_end(struct sl_span s, size_t at)
{
	bool may = at < s.n && (unsigned char)s.p[at] >= 0xe3 && (unsigned char)s.p[at] <= 0xe9;
	return may ? sl_east_run(s, at) : at;
}

#endif
