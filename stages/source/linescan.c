/* SPDX-License-Identifier: Apache-2.0 */
#include "linescan.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

size_t sl_linescan_plain(struct sl_span s)
{
	const char *p = s.p, *end = s.p + s.n, *line;
	while (p < end && (line = memchr(p, '\n', (size_t)(end - p)))) {
		p = line + 1;
		if (p < end && (*p == 'F' || *p == '>'))
			return (size_t)(line - s.p);
	}
	return s.n;
}

#ifdef __x86_64__
enum { STEP = 32 };

__attribute__((target("avx2"))) static uint32_t marks(const char *p)
{
	__m256i here = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i next = _mm256_loadu_si256((const __m256i *)(const void *)(p + 1));
	__m256i line = _mm256_cmpeq_epi8(here, _mm256_set1_epi8('\n'));
	__m256i from = _mm256_cmpeq_epi8(next, _mm256_set1_epi8('F'));
	__m256i quote = _mm256_cmpeq_epi8(next, _mm256_set1_epi8('>'));
	__m256i mark = _mm256_and_si256(line, _mm256_or_si256(from, quote));
	return (uint32_t)_mm256_movemask_epi8(mark);
}

__attribute__((target("avx2"))) static size_t scan_avx2(struct sl_span s)
{
	size_t at = 0;
	for (; s.n - at > STEP; at += STEP) {
		uint32_t found = marks(s.p + at);
		if (found)
			return at + (unsigned)__builtin_ctz(found);
	}
	return at + sl_linescan_plain(sl_span_from(s, at));
}

size_t sl_linescan(struct sl_span s)
{
	return __builtin_cpu_supports("avx2") ? scan_avx2(s) : sl_linescan_plain(s);
}
#else
size_t sl_linescan(struct sl_span s)
{
	return sl_linescan_plain(s);
}
#endif
