/* SPDX-License-Identifier: Apache-2.0 */
/* inflate_table.h - the Huffman codes of a deflate block as tables: a part of inflate.c.
 *
 * A table is looked up by the next bits of the stream, the first bit lowest. What is longer than
 * the root of the table goes on in a second table behind it. Pure functions; the caller owns the
 * tables.
 */
#ifndef SL_INFLATE_TABLE_H
#define SL_INFLATE_TABLE_H

#include "base.h"

enum {
	SL_CODE_LONGEST = 15,
	SL_CODE_SYMBOLS = 288,
	/* bits of the root; entries for the worst complete code (zlib's enough.c) */
	SL_CODE_LITERAL_ROOT = 11,
	SL_CODE_LITERAL_ROOM = 2342,
	SL_CODE_DISTANCE_ROOT = 8,
	SL_CODE_DISTANCE_ROOM = 402,
	SL_CODE_LENGTH_ROOT = 7,
	SL_CODE_LENGTH_ROOM = 128
};

/* An entry: value << 16 | flags | extra bits << 8 | bits of the code. */
enum {
	SL_CODE_LITERAL = 0x8000,
	SL_CODE_SPECIAL = 0x4000, /* one of these: */
	SL_CODE_LINK = 0x5000,    /* value: where the second table is; extra bits: its index */
	SL_CODE_END = 0x6000,
	SL_CODE_INVALID = 0x7000,
	SL_CODE_KIND = 0x7000
};

static inline unsigned sl_code_bits(uint32_t entry)
{
	return entry & 0xff;
}
static inline unsigned sl_code_extra(uint32_t entry)
{
	return entry >> 8 & 0xf;
}
static inline uint32_t sl_code_value(uint32_t entry)
{
	return entry >> 16;
}

enum sl_code_kind { SL_CODE_OF_LENGTHS, SL_CODE_OF_LITERALS, SL_CODE_OF_DISTANCES };

/* `lengths`: of the codes of `n` symbols, 0 for none. False: they are no code. Too many codes are
 * none, and so are too few, but for a single code of one bit, and for no code at all. */
bool sl_code_build(uint32_t *table, enum sl_code_kind kind, const uint8_t *lengths, unsigned n);

#endif
