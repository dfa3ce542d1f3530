/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pack.h"

#include "stages/source/inflate.h"

#include <stdlib.h>

enum { N = 300000, HEADER = 10, TRAILER = 8, ROOM = 128 * 1024 };

/* Words out of a few hundred, so that there are matches near and far, and runs. */
static struct sl_span text_of(uint32_t seed)
{
	static char text[N];
	for (size_t i = 0; i < N;) {
		seed = seed * 1664525 + 1013904223;
		uint32_t word = (seed >> 16) % 300;
		size_t length = word % 17 == 0 ? 60 : 2 + word % 7;
		for (size_t k = 0; k < length && i < N; k++)
			text[i++] = length == 60 ? '-' : (char)('a' + (word * 7 + k * 5) % 26);
		if (i < N)
			text[i++] = word % 11 == 0 ? '\n' : ' ';
	}
	return sl_span_of(text, N);
}

/* A member of `text` without its header. */
static struct sl_buf member_of(struct sl_span text)
{
	struct sl_buf gz = squeeze("gzip", text);
	memmove(gz.p, gz.p + HEADER, gz.n - HEADER);
	gz.n -= HEADER;
	return gz;
}

struct told {
	char *bytes; /* the first N */
	size_t n;
	enum sl_inflated verdict;
	struct sl_span rest;
};

static struct told inflate_with(
	struct sl_inflate *inflate, struct sl_span in, size_t piece, size_t room)
{
	static char out[ROOM];
	struct told told = { .bytes = malloc(N), .verdict = SL_INFLATED_MORE };
	while (told.verdict == SL_INFLATED_MORE) {
		struct sl_span part = sl_span_head(in, piece);
		size_t had = part.n, made;
		told.verdict = sl_inflate_step(inflate, &part, out, room, &made);
		assert_true(made == 0 || told.verdict == SL_INFLATED_MORE);
		assert_true(made <= room);
		if (told.n < N)
			memcpy(told.bytes + told.n, out, made < N - told.n ? made : N - told.n);
		told.n += made;
		in = sl_span_from(in, had - part.n);
	}
	told.rest = in;
	return told;
}

static struct told inflate(struct sl_span in, size_t piece, size_t room)
{
	struct sl_inflate *one = sl_inflate_new();
	struct told told = inflate_with(one, in, piece, room);
	sl_inflate_free(&one);
	return told;
}

static void check_told(const struct told *told, struct sl_span want, enum sl_inflated verdict)
{
	assert_int_equal(told->verdict, verdict);
	assert_true(told->n <= N);
	assert_true(sl_span_eq(sl_span_of(told->bytes, told->n), want));
	free(told->bytes);
}

/* However the bytes come and go; what stands behind the member is left. */
static void pieces(void **state)
{
	static const size_t sizes[] = { 1, 7, 1000, 65536, ROOM };
	(void)state;
	struct sl_span text = text_of(1);
	struct sl_buf gz = member_of(text);
	sl_buf_add(&gz, SL_SPAN("behind it"));
	struct sl_inflate *one = sl_inflate_new();
	for (size_t i = 0; i < SL_LEN(sizes); i++)
		for (size_t k = 0; k < SL_LEN(sizes); k++) {
			struct told told = inflate_with(one, sl_buf_span(&gz), sizes[i], sizes[k]);
			CHECK_SPAN(told.rest, "behind it");
			check_told(&told, text, SL_INFLATED_END);
			sl_inflate_reset(one);
		}
	sl_inflate_free(&one);
	sl_buf_free(&gz);
}

/* Every bit of the trailer counts; no byte of the text is lost. */
static void wrong_sums(void **state)
{
	(void)state;
	struct sl_span text = text_of(2);
	struct sl_buf gz = member_of(text);
	for (size_t bit = 0; bit < 8 * TRAILER; bit += 3) {
		char *at = gz.p + gz.n - TRAILER + bit / 8;
		*at ^= (char)(1 << bit % 8);
		struct told told = inflate(sl_buf_span(&gz), 4096, ROOM);
		*at ^= (char)(1 << bit % 8);
		assert_int_equal(told.rest.n, 0);
		check_told(&told, text, SL_INFLATED_BAD_SUM);
	}
	sl_buf_free(&gz);
}

static void cut_trailer(void **state)
{
	(void)state;
	struct sl_span text = text_of(3);
	struct sl_buf gz = member_of(text);
	for (size_t back = 1; back <= TRAILER; back++) {
		struct told told = inflate(sl_span_head(sl_buf_span(&gz), gz.n - back), ROOM, ROOM);
		check_told(&told, text, SL_INFLATED_CUT_TRAILER);
	}
	sl_buf_free(&gz);
}

/* The codes of RFC 1952's fixed table, where one of A to Z takes eight bits: what each cut leaves
 * is known to the letter. */
static void cut_literals(void **state)
{
	enum { LETTERS = 100 };
	(void)state;
	char text[LETTERS], packed[LETTERS + 3] = { 3 };
	size_t bit = 3;
	for (size_t i = 0; i < LETTERS; i++) {
		text[i] = (char)('A' + i * i % 26);
		unsigned code = 0x30u + (unsigned char)text[i];
		for (int k = 7; k >= 0; k--, bit++)
			packed[bit / 8] |= (char)((code >> k & 1) << bit % 8);
	}
	for (size_t n = 1; n < LETTERS; n++) {
		struct told told = inflate(sl_span_of(packed, n), ROOM, ROOM);
		check_told(&told, sl_span_of(text, n - 1), SL_INFLATED_CUT);
	}
}

/* A cut gives a beginning of the text, and one behind it no shorter one. */
static void cut_anywhere(void **state)
{
	(void)state;
	struct sl_span text = text_of(4);
	struct sl_buf gz = member_of(text);
	size_t before = 0;
	for (size_t n = 0; n < gz.n - TRAILER; n += n < 2000 ? 1 : 997) {
		struct told told = inflate(sl_span_head(sl_buf_span(&gz), n), ROOM, ROOM);
		assert_true(told.n >= before);
		before = told.n;
		enum sl_inflated want = told.n < text.n ? SL_INFLATED_CUT : told.verdict;
		check_told(&told, sl_span_head(text, told.n), want);
	}
	assert_true(before > N / 2);
	sl_buf_free(&gz);
}

/* What was decoded in front of the damage comes out, also when there is hardly room for it. */
static void damage(void **state)
{
	static const size_t rooms[] = { 1, 100, ROOM };
	(void)state;
	/* stored: 20 bytes; then a block of the third kind, which there is not */
	static const char packed[] = "\0\x14\0\xeb\xff"
				     "twenty bytes of text\6";
	for (size_t i = 0; i < SL_LEN(rooms); i++) {
		struct told told = inflate(sl_span_of(packed, sizeof(packed) - 1), ROOM, rooms[i]);
		check_told(&told, SL_SPAN("twenty bytes of text"), SL_INFLATED_BAD_DATA);
	}
}

/* Hostile bytes end, and never give other beginnings than the sound ones in front of them. */
static void flips(void **state)
{
	(void)state;
	struct sl_span text = text_of(5);
	struct sl_buf gz = member_of(text);
	uint32_t seed = 9;
	for (int round = 0; round < 300; round++) {
		seed = seed * 1664525 + 1013904223;
		size_t at = seed % gz.n;
		struct told good = inflate(sl_span_head(sl_buf_span(&gz), at), ROOM, ROOM);
		gz.p[at] ^= (char)(1 << round % 8);
		struct told told = inflate(sl_buf_span(&gz), ROOM, 4096);
		gz.p[at] ^= (char)(1 << round % 8);
		assert_true(told.verdict != SL_INFLATED_END);
		assert_true(told.n >= good.n);
		assert_memory_equal(told.bytes, good.bytes, good.n);
		free(good.bytes);
		free(told.bytes);
	}
	sl_buf_free(&gz);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces),
		cmocka_unit_test(wrong_sums),
		cmocka_unit_test(cut_trailer),
		cmocka_unit_test(cut_literals),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(damage),
		cmocka_unit_test(flips),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
