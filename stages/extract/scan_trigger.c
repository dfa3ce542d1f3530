/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a text a candidate may be seen: the loop that all bytes of all texts go through. */
#include "scan_internal.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

static bool is_wide_mark(char lead, char second, char third)
{
	if (lead == (char)0xe3) /* U+3002 */
		return second == (char)0x80 && third == (char)0x82;
	if (second == (char)0xbc) /* U+FF0E, U+FF1A */
		return third == (char)0x8e || third == (char)0x9a;
	return second == (char)0xbd && third == (char)0xa1; /* U+FF61 */
}

/* Is the trigger at `at` one by its neighbours, too? */
static bool is_seen_from(struct sl_span text, size_t at)
{
	sl_assert(at + 1 < text.n);
	char next = text.p[at + 1], before = at > 0 ? text.p[at - 1] : ' ';
	switch (text.p[at]) {
	case '.':
		return sl_find_is(next, SL_C_NAME) && sl_find_is(before, SL_C_NAME);
	case '@':
		return sl_find_is(next, SL_C_NAME);
	case ':':
		return next == '/' || next == '[' || next == ':' || next == '.' ||
		       sl_hex_value(next) >= 0;
	case '(':
	case '[':
	case '{':
		return next == '.' || next == '@' || next == ':' || sl_lower(next) == 'd' ||
		       sl_lower(next) == 'a';
	default:
		return is_wide_mark(text.p[at], next, at + 2 < text.n ? text.p[at + 2] : 0);
	}
}

size_t sl_find_trigger_plain(struct sl_span text, size_t at)
{
	for (; at + 1 < text.n; at++)
		if (sl_find_is(text.p[at], SL_C_TRIGGER) && is_seen_from(text, at))
			return at;
	return text.n;
}

#ifdef __x86_64__

enum { STEP = 32 };

/* A byte is a trigger when the bits of its two halves have one in common. */
#define HALVES(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

/* Bits of the triggers among 32 bytes, and of no other bytes. E3 counts when 80 follows it: it
 * begins most letters of Japanese text. Reads one byte more. */
__attribute__((target("avx2"))) static uint32_t triggers_at(const char *p)
{
	const __m256i low = HALVES(4, 0, 0, 16, 0, 0, 0, 0, 1, 0, 2, 8, 0, 0, 1, 16);
	const __m256i high = HALVES(0, 0, 1, 2, 4, 8, 0, 8, 0, 0, 0, 0, 0, 0, 16, 0);
	const __m256i half = _mm256_set1_epi8(15), none = _mm256_setzero_si256();
	__m256i c = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i next = _mm256_loadu_si256((const __m256i *)(const void *)(p + 1));
	__m256i top = _mm256_and_si256(_mm256_srli_epi16(c, 4), half);
	__m256i kind = _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(c, half)),
		_mm256_shuffle_epi8(high, top));
	__m256i letter = _mm256_andnot_si256(_mm256_cmpeq_epi8(next, _mm256_set1_epi8((char)0x80)),
		_mm256_cmpeq_epi8(c, _mm256_set1_epi8((char)0xe3)));
	__m256i not_one = _mm256_or_si256(_mm256_cmpeq_epi8(kind, none), letter);
	return ~(uint32_t)_mm256_movemask_epi8(not_one);
}

__attribute__((target("avx2"))) static size_t find_trigger_avx2(struct sl_span text, size_t at)
{
	for (; at + STEP < text.n; at += STEP)
		for (uint32_t bits = triggers_at(text.p + at); bits; bits &= bits - 1) {
			size_t place = at + (size_t)__builtin_ctz(bits);
			if (is_seen_from(text, place))
				return place;
		}
	return sl_find_trigger_plain(text, at);
}

#endif

size_t sl_find_trigger(struct sl_span text, size_t at)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return find_trigger_avx2(text, at);
#endif
	return sl_find_trigger_plain(text, at);
}
