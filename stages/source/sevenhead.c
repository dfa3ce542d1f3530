/* SPDX-License-Identifier: Apache-2.0 */
#include "sevenhead.h"

#include "dictionary.h"

#include <stdlib.h>

enum {
	START = 32, /* the signature header: magic, version, sum, then where the header lies */
	WINDOW = 16 * 1024,
	FOLDERS = 1 << 22,   /* libarchive takes some 200 bytes for each */
	PACKED_STREAMS = 16, /* of a packed header; 7-Zip makes one of each */
	CODERS = 32,
	PROPERTIES = 5, /* as many as a coder has that takes memory */
	LONG_ID = 0x0f,
	COMPLEX = 0x10,
	HAS_PROPERTIES = 0x20
};

/* Property ids. */
enum {
	END = 0x00,
	HEADER = 0x01,
	ARCHIVE_PROPERTIES = 0x02,
	MAIN_STREAMS = 0x04,
	FILES = 0x05,
	PACK_INFO = 0x06,
	UNPACK_INFO = 0x07,
	SUBSTREAMS = 0x08,
	SIZE = 0x09,
	CRC = 0x0a,
	FOLDER = 0x0b,
	UNPACK_SIZE = 0x0c,
	UNPACK_STREAMS = 0x0d,
	PACKED_HEADER = 0x17
};

/* Coders that take memory by what their properties say. */
enum { LZMA2 = 0x21, LZMA = 0x030101, PPMD = 0x030401 };

struct head {
	struct sl_infile *file;
	uint64_t at,
		end;   /* next byte in the file that is not in the window; where the header ends */
	uint64_t most; /* of anything that is counted */
	bool overstates;  /* a count was larger */
	bool greedy;      /* a coder wants too much memory */
	uint8_t *digests; /* a folder: its sum is known */
	uint64_t folders;
	uint64_t outs;    /* streams that all coders of all folders give */
	struct sl_span s; /* what is left of the window */
	char window[WINDOW];
};

/* The next byte; false: the header is at its end. */
static bool byte(struct head *h, unsigned *byte_r)
{
	if (h->s.n == 0) {
		size_t want = h->end - h->at < WINDOW ? (size_t)(h->end - h->at) : WINDOW;
		h->s = sl_infile_fill(h->file, h->at, h->window, want);
		h->at += h->s.n;
		if (h->s.n == 0)
			return false;
	}
	*byte_r = (unsigned char)h->s.p[0];
	h->s = sl_span_from(h->s, 1);
	return true;
}

static bool skip(struct head *h, uint64_t n)
{
	if (n > h->s.n) {
		n -= h->s.n;
		h->s = SL_SPAN_NULL;
		if (n > h->end - h->at)
			return false;
		h->at += n;
		return true;
	}
	h->s = sl_span_from(h->s, (size_t)n);
	return true;
}

/* Ones in front of the first zero of the first byte say how many bytes follow, the lowest first;
 * what is left of the first byte is on top of them. */
static bool number(struct head *h, uint64_t *value_r)
{
	unsigned first, next;
	uint64_t value = 0;
	if (!byte(h, &first))
		return false;
	for (unsigned i = 0, mask = 0x80; i < 8; i++, mask >>= 1) {
		if (!(first & mask)) {
			*value_r = value + ((uint64_t)(first & (mask - 1)) << (8 * i));
			return true;
		}
		if (!byte(h, &next))
			return false;
		value |= (uint64_t)next << (8 * i);
	}
	*value_r = value;
	return true;
}

static bool numbers(struct head *h, uint64_t n)
{
	uint64_t value;
	for (uint64_t i = 0; i < n; i++) {
		if (!number(h, &value))
			return false;
	}
	return true;
}

/* A number by which libarchive allocates. */
static bool count(struct head *h, uint64_t *count_r)
{
	if (!number(h, count_r))
		return false;
	h->overstates = *count_r > h->most;
	return !h->overstates;
}

static bool is_next(struct head *h, unsigned id)
{
	unsigned got;
	return byte(h, &got) && got == id;
}

/* Sums of n things; `known` (may be NULL) gets which have one. */
static bool digests(struct head *h, uint64_t n, uint8_t *known)
{
	unsigned all, bits = 0;
	uint64_t sums = 0;
	if (!byte(h, &all))
		return false;
	for (uint64_t i = 0; i < n; i++) {
		if (!all && i % 8 == 0 && !byte(h, &bits))
			return false;
		bool has = all || (bits << (i % 8) & 0x80);
		sums += has;
		if (known)
			known[i] = has;
	}
	return skip(h, 4 * sums);
}

/* "sums if there are any, END" behind the sizes, and no more of both than one. */
static bool digests_end(struct head *h, uint64_t n, uint8_t *known)
{
	unsigned id;
	if (!byte(h, &id))
		return false;
	return id == END || (id == CRC && digests(h, n, known) && is_next(h, END));
}

static bool pack_info(struct head *h)
{
	uint64_t at, n;
	unsigned id;
	if (!number(h, &at) || !count(h, &n) || !byte(h, &id))
		return false;
	return id == END || (id == SIZE && numbers(h, n) && digests_end(h, n, NULL));
}

static bool bytes(struct head *h, char *to, size_t n)
{
	unsigned next;
	for (size_t i = 0; i < n; i++) {
		if (!byte(h, &next))
			return false;
		to[i] = (char)next;
	}
	return true;
}

/* The highest byte first; zeros in front mean nothing. */
static bool coder_id(struct head *h, unsigned n, uint64_t *id_r)
{
	unsigned next;
	*id_r = 0;
	for (unsigned i = 0; i < n; i++) {
		if (!byte(h, &next))
			return false;
		*id_r = *id_r << 8 | next;
	}
	return true;
}

static uint64_t memory_of(uint64_t id, struct sl_span properties)
{
	switch (id) {
	case LZMA:
		return sl_dictionary_lzma(properties);
	case LZMA2:
		return sl_dictionary_lzma2(properties);
	case PPMD:
		return sl_dictionary_ppmd(properties);
	default:
		return 0;
	}
}

static bool properties(struct head *h, uint64_t id)
{
	char held[PROPERTIES];
	uint64_t size;
	if (!number(h, &size))
		return false;
	size_t n = size < PROPERTIES ? (size_t)size : PROPERTIES;
	if (!bytes(h, held, n) || !skip(h, size - n))
		return false;
	h->greedy = memory_of(id, sl_span_of(held, n)) > SL_DICTIONARY_MOST;
	return !h->greedy;
}

static bool coder(struct head *h, uint64_t *ins_r, uint64_t *outs_r)
{
	unsigned flags;
	uint64_t id;
	*ins_r = *outs_r = 1;
	if (!byte(h, &flags) || !coder_id(h, flags & LONG_ID, &id))
		return false;
	if (flags & COMPLEX && (!count(h, ins_r) || !count(h, outs_r)))
		return false;
	return !(flags & HAS_PROPERTIES) || properties(h, id);
}

static bool folder(struct head *h)
{
	uint64_t coders, ins = 0, outs = 0, in, out;
	if (!count(h, &coders) || coders > CODERS)
		return false;
	for (uint64_t i = 0; i < coders; i++) {
		if (!coder(h, &in, &out))
			return false;
		ins += in;
		outs += out;
	}
	h->outs += outs;
	h->overstates = h->outs > h->most || ins > h->most;
	if (h->overstates || outs == 0 || ins < outs - 1)
		return false;
	uint64_t packed = ins - (outs - 1);
	return numbers(h, 2 * (outs - 1)) && (packed == 1 || numbers(h, packed));
}

static bool unpack_info(struct head *h)
{
	unsigned external;
	if (!is_next(h, FOLDER) || !count(h, &h->folders) || !byte(h, &external) || external)
		return false;
	h->overstates = h->folders > FOLDERS;
	if (h->overstates)
		return false;
	for (uint64_t i = 0; i < h->folders; i++) {
		if (!folder(h))
			return false;
	}
	sl_assert(!h->digests);
	h->digests = sl_calloc(h->folders + 1, 1);
	return is_next(h, UNPACK_SIZE) && numbers(h, h->outs) &&
	       digests_end(h, h->folders, h->digests);
}

/* Streams of all folders, and how many sizes and sums of them are told. */
struct substreams {
	uint64_t streams, sizes, sums;
};

static bool add_folder(struct head *h, struct substreams *all, uint64_t n, bool known)
{
	all->streams += n;
	all->sizes += n ? n - 1 : 0;
	all->sums += n == 1 && known ? 0 : n;
	h->overstates = all->streams > h->most;
	return !h->overstates;
}

static bool substreams(struct head *h)
{
	struct substreams all = { 0 };
	unsigned id;
	if (!byte(h, &id))
		return false;
	bool stated = id == UNPACK_STREAMS;
	for (uint64_t i = 0; i < h->folders; i++) {
		uint64_t n = 1;
		if ((stated && !count(h, &n)) || !add_folder(h, &all, n, h->digests[i]))
			return false;
	}
	if (stated && !byte(h, &id))
		return false;
	if (id == SIZE && (!numbers(h, all.sizes) || !byte(h, &id)))
		return false;
	if (id == CRC)
		return digests(h, all.sums, NULL) && is_next(h, END);
	return id == END;
}

static bool streams(struct head *h)
{
	unsigned id;
	if (!byte(h, &id))
		return false;
	if (id == PACK_INFO && (!pack_info(h) || !byte(h, &id)))
		return false;
	if (id == UNPACK_INFO && (!unpack_info(h) || !byte(h, &id)))
		return false;
	if (id == SUBSTREAMS && (!substreams(h) || !byte(h, &id)))
		return false;
	return id == END;
}

static bool archive_properties(struct head *h)
{
	unsigned id;
	uint64_t size;
	while (byte(h, &id)) {
		if (id == END)
			return true;
		if (!number(h, &size) || !skip(h, size))
			return false;
	}
	return false;
}

static void walk(struct head *h)
{
	unsigned id;
	uint64_t files;
	if (!byte(h, &id))
		return;
	if (id == PACKED_HEADER) {
		h->most = h->most < PACKED_STREAMS ? h->most : PACKED_STREAMS;
		streams(h);
		return;
	}
	if (id != HEADER || !byte(h, &id))
		return;
	if (id == ARCHIVE_PROPERTIES && (!archive_properties(h) || !byte(h, &id)))
		return;
	if (id == MAIN_STREAMS && (!streams(h) || !byte(h, &id)))
		return;
	if (id == FILES)
		count(h, &files);
}

static const char *words_of(const struct head *h)
{
	if (h->greedy)
		return "dictionary";
	return h->overstates ? "the header states more than it has room for" : NULL;
}

static uint64_t u64(const char *p)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < 8; i++)
		value |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return value;
}

const char *sl_sevenhead_refusal(struct sl_infile *file)
{
	char start[START];
	uint64_t file_size = file->size;
	if (file_size < START || sl_infile_fill(file, 0, start, START).n != START)
		return NULL;
	uint64_t offset = u64(start + 12), size = u64(start + 20);
	if (offset > file_size - START || size > file_size - START - offset)
		return NULL;
	struct head *h = sl_calloc(1, sizeof(*h));
	h->file = file;
	h->at = START + offset;
	h->end = h->at + size;
	h->most = size;
	walk(h);
	const char *words = words_of(h);
	free(h->digests);
	free(h);
	return sl_infile_failed(file) ? NULL : words;
}
