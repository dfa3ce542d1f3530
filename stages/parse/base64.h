/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - lines of base64, as fast as the machine can.
 *
 * Padding, damage and groups that a line end parts are transfer.c's business. Both alphabets count
 * (RFC 4648, sections 4 and 5). With AVX2: W. Mula and D. Lemire, "Faster Base64 Encoding and
 * Decoding Using AVX2 Instructions", made to know both alphabets at once.
 */
#ifndef SL_BASE64_H
#define SL_BASE64_H

#include "pipeline/base/span.h"

struct sl_base64_run {
	size_t taken, made; /* bytes of the input, and of the output */
};

/* Decode from the start of `s` on while whole groups of four digits follow one another, with
 * nothing but white space between them. Where a vector ends, bytes behind the result are written,
 * too: `to` needs room for s.n. */
struct sl_base64_run sl_base64_decode(struct sl_span s, char *to);
/* The same, one group after the other, and nothing is written behind the result. */
struct sl_base64_run sl_base64_decode_plain(struct sl_span s, char *to);

#endif
