/* SPDX-License-Identifier: Apache-2.0 */
/* coding_out.h - between coding.c and the decoders that are our own: where UTF-8 goes. */
#ifndef SL_CODING_OUT_H
#define SL_CODING_OUT_H

#include "coding.h"
#include "pipeline/base/utf8.h"

/* Room for three bytes for each byte of input: decoders need not check. */
struct sl_out {
	char *p;
	size_t n, room;
	size_t lost;
	bool cut;
};

static inline void sl_out_code_point(struct sl_out *out, uint32_t code_point)
{
	out->n += sl_utf8_encode(code_point, out->p + out->n);
}

static inline void sl_out_lost(struct sl_out *out)
{
	memcpy(out->p + out->n, "\xef\xbf\xbd", 3);
	out->n += 3;
	out->lost++;
}

/* Cell of JIS X 0208 (set 208) or 0212 (set 212), row and column from 0; 0: no character. */
uint32_t sl_jis_code_point(unsigned set, unsigned row, unsigned column);

/* RFC 1468, 1554, 2237 and CP50221, as mailers really write it: state ends with the line. */
void sl_iso2022jp_decode(struct sl_span s, struct sl_out *out);
/* RFC 2152. */
void sl_utf7_decode(struct sl_span s, struct sl_out *out);
/* RFC 2781; without mark and name the byte order is guessed. */
void sl_utf16_decode(struct sl_span s, enum sl_coding coding, struct sl_out *out);
void sl_utf32_decode(struct sl_span s, enum sl_coding coding, struct sl_out *out);

#endif
