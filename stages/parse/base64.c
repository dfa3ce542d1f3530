/* SPDX-License-Identifier: Apache-2.0 */
#include "base64.h"

#include <pthread.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

/* What a digit at each of the four places adds; bit 31: it is none. Written once. */
#define NO_DIGIT 0x80000000u
static struct {
	pthread_once_t once;
	uint32_t at[4][256];
} places = { .once = PTHREAD_ONCE_INIT };

static void make_places(void)
{
	for (unsigned c = 0; c < 256; c++)
		for (unsigned k = 0; k < 4; k++) {
			int value = sl_base64_value((char)c);
			places.at[k][c] = value < 0 ? NO_DIGIT : (uint32_t)value << (18 - 6 * k);
		}
}

static size_t skip_space(struct sl_span s, size_t at)
{
	while (at < s.n && sl_is_space(s.p[at]))
		at++;
	return at;
}

/* Goes on where `run` stands. */
static struct sl_base64_run decode_plain(struct sl_span s, char *to, struct sl_base64_run run)
{
	int failed = pthread_once(&places.once, make_places);
	sl_assert(failed == 0);
	const unsigned char *p = (const unsigned char *)s.p;
	for (size_t at; s.n - (at = skip_space(s, run.taken)) >= 4; run.taken = at + 4) {
		uint32_t bits = places.at[0][p[at]] | places.at[1][p[at + 1]] |
				places.at[2][p[at + 2]] | places.at[3][p[at + 3]];
		if (bits & NO_DIGIT)
			break;
		to[run.made++] = (char)(bits >> 16);
		to[run.made++] = (char)(bits >> 8);
		to[run.made++] = (char)bits;
	}
	run.taken = skip_space(s, run.taken);
	return run;
}

struct sl_base64_run sl_base64_decode_plain(struct sl_span s, char *to)
{
	return decode_plain(s, to, (struct sl_base64_run){ 0, 0 });
}

#ifdef __x86_64__

enum { STEP = 32 };

#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

/* Bits of the bytes that are digits: those whose two halves have one kind in common. Kinds by upper
 * half: 1 signs, 2 the figures, 4 letters from A and a on, 8 P to Z and '_', 16 p to z. */
__attribute__((target("avx2"))) static uint32_t digits_in(__m256i c, __m256i upper)
{
	const __m256i by_lower = TWICE(2 | 8 | 16, 30, 30, 30, 30, 30, 30, 30, 30, 30, 4 | 8 | 16,
		1 | 4, 4, 1 | 4, 4, 1 | 4 | 8);
	const __m256i by_upper = TWICE(0, 0, 1, 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0);
	/* a byte above 127 finds no lower half */
	__m256i kind = _mm256_and_si256(
		_mm256_shuffle_epi8(by_lower, c), _mm256_shuffle_epi8(by_upper, upper));
	return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(kind, _mm256_setzero_si256()));
}

/* Digits to values: what is added goes by the upper half, but for three signs of their own. */
__attribute__((target("avx2"))) static __m256i values_of(__m256i c, __m256i upper)
{
	const __m256i add = TWICE(62 - '-', 63 - '/', 62 - '+', 52 - '0', -'A', -'A', 26 - 'a',
		26 - 'a', 63 - '_', 0, 0, 0, 0, 0, 0, 0);
	__m256i minus = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('-'));
	__m256i slash = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('/'));
	__m256i line = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('_'));
	__m256i row = _mm256_add_epi8(upper, _mm256_add_epi8(slash, _mm256_add_epi8(minus, minus)));
	row = _mm256_add_epi8(row, _mm256_and_si256(line, _mm256_set1_epi8(3)));
	return _mm256_add_epi8(c, _mm256_shuffle_epi8(add, row));
}

/* 32 values of six bits to 24 bytes, at the lower end. */
__attribute__((target("avx2"))) static __m256i packed(__m256i values)
{
	const __m256i order = TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
	__m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
	__m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
	return _mm256_permutevar8x32_epi32(
		_mm256_shuffle_epi8(fours, order), _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

/* The last vector of a line is one that no full 32 digits fill. */
__attribute__((target("avx2"))) static struct sl_base64_run decode_avx2(struct sl_span s, char *to)
{
	struct sl_base64_run run = { skip_space(s, 0), 0 };
	while (s.n - run.taken >= STEP) {
		__m256i c = _mm256_loadu_si256((const __m256i *)(const void *)(s.p + run.taken));
		__m256i upper = _mm256_and_si256(_mm256_srli_epi16(c, 4), _mm256_set1_epi8(15));
		uint64_t ends = ~(uint64_t)digits_in(c, upper);
		size_t groups = (size_t)__builtin_ctzll(ends) / 4;
		_mm256_storeu_si256(
			(__m256i *)(void *)(to + run.made), packed(values_of(c, upper)));
		run.taken += groups * 4;
		run.made += groups * 3;
		if (groups == STEP / 4)
			continue;
		size_t next = skip_space(s, run.taken);
		if (next == run.taken)
			return run;
		run.taken = next;
	}
	return decode_plain(s, to, run);
}

#endif

struct sl_base64_run sl_base64_decode(struct sl_span s, char *to)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return decode_avx2(s, to);
#endif
	return sl_base64_decode_plain(s, to);
}
