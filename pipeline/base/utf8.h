/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - one code point at a time, by RFC 3629: no overlong forms, no surrogates. */
#ifndef SL_UTF8_H
#define SL_UTF8_H

#include "span.h"

/* Length of the sequence at the start of `s` and its code point; 0 when the bytes there are
 * no UTF-8 or `s` is empty. */
size_t sl_utf8_decode(struct sl_span s, uint32_t *code_point_r);
/* Write at most 4 bytes; the count. U+FFFD for what is no scalar value. */
size_t sl_utf8_encode(uint32_t code_point, char bytes_r[4]);
/* Offset of the first byte that is no UTF-8, or s.n when all is well. ASCII runs at 8 bytes a
 * step. */
size_t sl_utf8_valid_prefix(struct sl_span s);

#endif
