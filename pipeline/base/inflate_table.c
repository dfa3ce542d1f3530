/* SPDX-License-Identifier: Apache-2.0 */
#include "inflate_table.h"

#include <string.h>

enum { END_OF_BLOCK = 256, LENGTHS = 29, DISTANCES = 30, ONE_BIT = 1 };

struct run {
	uint16_t base;
	uint8_t extra;
};

/* RFC 1951, 3.2.5. */
static const struct run length_runs[LENGTHS] = { { 3, 0 }, { 4, 0 }, { 5, 0 }, { 6, 0 }, { 7, 0 },
	{ 8, 0 }, { 9, 0 }, { 10, 0 }, { 11, 1 }, { 13, 1 }, { 15, 1 }, { 17, 1 }, { 19, 2 },
	{ 23, 2 }, { 27, 2 }, { 31, 2 }, { 35, 3 }, { 43, 3 }, { 51, 3 }, { 59, 3 }, { 67, 4 },
	{ 83, 4 }, { 99, 4 }, { 115, 4 }, { 131, 5 }, { 163, 5 }, { 195, 5 }, { 227, 5 },
	{ 258, 0 } };
static const struct run distance_runs[DISTANCES] = { { 1, 0 }, { 2, 0 }, { 3, 0 }, { 4, 0 },
	{ 5, 1 }, { 7, 1 }, { 9, 2 }, { 13, 2 }, { 17, 3 }, { 25, 3 }, { 33, 4 }, { 49, 4 },
	{ 65, 5 }, { 97, 5 }, { 129, 6 }, { 193, 6 }, { 257, 7 }, { 385, 7 }, { 513, 8 },
	{ 769, 8 }, { 1025, 9 }, { 1537, 9 }, { 2049, 10 }, { 3073, 10 }, { 4097, 11 },
	{ 6145, 11 }, { 8193, 12 }, { 12289, 12 }, { 16385, 13 }, { 24577, 13 } };

static uint32_t run_entry(const struct run *run)
{
	return (uint32_t)run->base << 16 | (uint32_t)run->extra << 8;
}

/* The entry of a symbol but for the bits of its code. */
static uint32_t entry_of(enum sl_code_kind kind, unsigned symbol)
{
	if (kind == SL_CODE_OF_LENGTHS)
		return symbol << 16;
	if (kind == SL_CODE_OF_DISTANCES)
		return symbol < DISTANCES ? run_entry(&distance_runs[symbol]) : SL_CODE_INVALID;
	if (symbol < END_OF_BLOCK)
		return symbol << 16 | SL_CODE_LITERAL;
	if (symbol == END_OF_BLOCK)
		return SL_CODE_END;
	symbol -= END_OF_BLOCK + 1;
	return symbol < LENGTHS ? run_entry(&length_runs[symbol]) : SL_CODE_INVALID;
}

static unsigned root_of(enum sl_code_kind kind)
{
	static const uint8_t roots[] = { SL_CODE_LENGTH_ROOT, SL_CODE_LITERAL_ROOT,
		SL_CODE_DISTANCE_ROOT };
	return roots[kind];
}

struct build {
	uint32_t *table;
	enum sl_code_kind kind;
	unsigned root, longest;
	unsigned count[SL_CODE_LONGEST + 1]; /* codes of a length that have no entry yet */
	uint16_t sorted[SL_CODE_SYMBOLS];    /* symbols by the length of their code */
	unsigned codes;
	unsigned code;     /* the next one, its first bit lowest */
	unsigned used;     /* entries of the table */
	unsigned sub_bits; /* of the second table in hand */
	uint32_t *sub;
};

static void sort(struct build *b, const uint8_t *lengths, unsigned n)
{
	unsigned at[SL_CODE_LONGEST + 2] = { 0 };
	for (unsigned i = 0; i < n; i++)
		b->count[lengths[i]]++;
	b->count[0] = 0;
	for (unsigned i = 1; i <= SL_CODE_LONGEST; i++) {
		at[i + 1] = at[i] + b->count[i];
		if (b->count[i])
			b->longest = i;
	}
	b->codes = at[SL_CODE_LONGEST + 1];
	for (unsigned i = 0; i < n; i++) {
		if (lengths[i])
			b->sorted[at[lengths[i]]++] = (uint16_t)i;
	}
}

static bool is_code(const struct build *b)
{
	int left = 1; /* codes of this length that are free */
	for (unsigned i = 1; i <= SL_CODE_LONGEST; i++) {
		left = 2 * left - (int)b->count[i];
		if (left < 0)
			return false;
	}
	bool may_lack = b->kind != SL_CODE_OF_LENGTHS && b->longest == 1;
	return left == 0 || may_lack || b->longest == 0;
}

/* What no code leads to. Lengths without a code read as zeros, as in zlib: the block is then
 * refused for the end that it lacks. */
static void fill_nothing(struct build *b)
{
	uint32_t entry = (b->kind == SL_CODE_OF_LENGTHS ? 0 : SL_CODE_INVALID) | ONE_BIT;
	for (unsigned i = 0; i < 1u << b->root; i++)
		b->table[i] = entry;
}

/* Add one to a code whose first bit is the lowest. */
static unsigned next_code(unsigned code, unsigned length)
{
	unsigned bit = 1u << (length - 1);
	while (code & bit)
		bit >>= 1;
	return bit ? (code & (bit - 1)) + bit : 0;
}

/* Open the second table for codes that begin as `code`; it takes all that do. */
static void link_table(struct build *b, unsigned length)
{
	unsigned bits = length - b->root;
	int left = 1 << bits;
	while (bits + b->root < b->longest) {
		left -= (int)b->count[bits + b->root];
		if (left <= 0)
			break;
		bits++;
		left <<= 1;
	}
	b->sub = b->table + b->used;
	b->sub_bits = bits;
	b->table[b->code & ((1u << b->root) - 1)] =
		(uint32_t)b->used << 16 | SL_CODE_LINK | bits << 8 | b->root;
	b->used += 1u << bits;
}

static void put(struct build *b, uint32_t entry, unsigned length)
{
	if (length <= b->root) {
		for (unsigned i = b->code; i < 1u << b->root; i += 1u << length)
			b->table[i] = entry | length;
		return;
	}
	length -= b->root;
	for (unsigned i = b->code >> b->root; i < 1u << b->sub_bits; i += 1u << length)
		b->sub[i] = entry | length;
}

static void fill(struct build *b, const uint8_t *lengths)
{
	unsigned mask = (1u << b->root) - 1, prefix = ~0u;
	b->used = 1u << b->root;
	for (unsigned i = 0; i < b->codes; i++) {
		unsigned length = lengths[b->sorted[i]];
		if (length > b->root && (b->code & mask) != prefix) {
			prefix = b->code & mask;
			link_table(b, length);
		}
		put(b, entry_of(b->kind, b->sorted[i]), length);
		b->count[length]--;
		b->code = next_code(b->code, length);
	}
}

bool sl_code_build(uint32_t *table, enum sl_code_kind kind, const uint8_t *lengths, unsigned n)
{
	struct build b = { .table = table, .kind = kind, .root = root_of(kind) };
	sl_assert(n <= SL_CODE_SYMBOLS);
	sort(&b, lengths, n);
	if (!is_code(&b))
		return false;
	if (b.longest <= 1)
		fill_nothing(&b);
	fill(&b, lengths);
	return true;
}
