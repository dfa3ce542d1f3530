/* SPDX-License-Identifier: Apache-2.0 */
#include "dictionary.h"

enum {
	XZ_HEADER = 12,
	XZ_BLOCK_FIXED = 2,    /* length and flags of a block */
	XZ_PACKED_SIZE = 0x40, /* flags: these sizes are told */
	XZ_UNPACKED_SIZE = 0x80,
	XZ_FILTERS = 3,
	XZ_LZMA2 = 0x21,
	LZMA2_LARGEST = 40,
	ZIP_LZMA_PROPERTIES = 4 /* version and length stand in front of them */
};

static uint64_t le32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;
	return b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24;
}

uint64_t sl_dictionary_lzma(struct sl_span properties)
{
	return properties.n >= 5 ? le32(properties.p + 1) : 0;
}

/* PPMd has its properties in the same places. */
uint64_t sl_dictionary_ppmd(struct sl_span properties)
{
	return sl_dictionary_lzma(properties);
}

uint64_t sl_dictionary_lzma2(struct sl_span properties)
{
	unsigned bits = properties.n ? (unsigned char)properties.p[0] : LZMA2_LARGEST + 1;
	if (bits > LZMA2_LARGEST)
		return 0;
	return bits == LZMA2_LARGEST ? UINT32_MAX : (uint64_t)(2 | (bits & 1)) << (bits / 2 + 11);
}

uint64_t sl_dictionary_zip_lzma(struct sl_span head)
{
	return sl_dictionary_lzma(sl_span_from(head, ZIP_LZMA_PROPERTIES));
}

/* A number of 7 bits a byte, the lowest first, taken off the front of `s`. */
static bool take_number(struct sl_span *s, uint64_t *value_r)
{
	*value_r = 0;
	for (unsigned shift = 0; s->n && shift < 63; shift += 7) {
		unsigned byte = (unsigned char)s->p[0];
		*s = sl_span_from(*s, 1);
		*value_r |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* `s`: the filters of a block. LZMA2 is the last of them. */
static uint64_t largest_of(struct sl_span s, unsigned filters)
{
	uint64_t id, n, most = 0;
	for (unsigned i = 0; i < filters; i++) {
		if (!take_number(&s, &id) || !take_number(&s, &n) || n > s.n)
			return 0;
		if (id == XZ_LZMA2)
			most = sl_dictionary_lzma2(sl_span_head(s, (size_t)n));
		s = sl_span_from(s, (size_t)n);
	}
	return most;
}

uint64_t sl_dictionary_xz(struct sl_span head)
{
	uint64_t size;
	struct sl_span block = sl_span_from(head, XZ_HEADER);
	if (block.n < XZ_BLOCK_FIXED)
		return 0;
	unsigned flags = (unsigned char)block.p[1];
	block = sl_span_from(block, XZ_BLOCK_FIXED);
	if (flags & XZ_PACKED_SIZE && !take_number(&block, &size))
		return 0;
	if (flags & XZ_UNPACKED_SIZE && !take_number(&block, &size))
		return 0;
	return largest_of(block, (flags & XZ_FILTERS) + 1);
}
