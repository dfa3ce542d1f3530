/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - whole groups of base64, as fast as the machine can.
 *
 * What is between the groups (line ends, padding, damage) is transfer.c's business. Both alphabets
 * count (RFC 4648, sections 4 and 5). With AVX2: W. Mula and D. Lemire, "Faster Base64 Encoding and
 * Decoding Using AVX2 Instructions", made to know both alphabets at once.
 */
#ifndef SL_BASE64_H
#define SL_BASE64_H

#include "pipeline/base/span.h"

/* Decode the groups of four digits that stand at the start of `s`, three bytes each; the digits
 * taken. Where a vector ends, bytes behind the result are written, too: `to` needs room for s.n. */
size_t sl_base64_groups(struct sl_span s, char *to);
/* The same, one group after the other, and nothing is written behind the result. */
size_t sl_base64_groups_plain(struct sl_span s, char *to);

#endif
