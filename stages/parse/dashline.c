/* SPDX-License-Identifier: Apache-2.0 */
#include "dashline.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

static bool begins_here(struct sl_span s, size_t at)
{
	return s.n - at >= 2 && s.p[at] == '-' && s.p[at + 1] == '-';
}

size_t sl_dashline_next_plain(struct sl_span s, size_t at)
{
	while (at < s.n && !begins_here(s, at)) {
		ssize_t end = sl_span_chr(s, '\n', at);
		at = end < 0 ? s.n : (size_t)end + 1;
	}
	return at;
}

#ifdef __x86_64__

enum { STEP = 32 };

/* Lanes where a line ends and the next one begins with '-'. */
__attribute__((target("avx2"))) static __m256i ends_at(const char *p)
{
	__m256i c = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i next = _mm256_loadu_si256((const __m256i *)(const void *)(p + 1));
	return _mm256_and_si256(_mm256_cmpeq_epi8(c, _mm256_set1_epi8('\n')),
		_mm256_cmpeq_epi8(next, _mm256_set1_epi8('-')));
}

__attribute__((target("avx2"))) static uint64_t mask_at(const char *p)
{
	__m256i low = ends_at(p), high = ends_at(p + STEP);
	if (_mm256_testz_si256(_mm256_or_si256(low, high), _mm256_or_si256(low, high)))
		return 0;
	return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
							     << STEP;
}

__attribute__((target("avx2"))) static size_t next_avx2(struct sl_span s, size_t at)
{
	if (at < s.n && begins_here(s, at))
		return at;
	/* the last byte of a step is compared with the one behind it */
	for (; s.n - at > 2 * STEP; at += 2 * STEP)
		for (uint64_t ends = mask_at(s.p + at); ends; ends &= ends - 1) {
			size_t line = at + (size_t)__builtin_ctzll(ends) + 1;
			if (begins_here(s, line))
				return line;
		}
	/* a line that begins at `at` itself was looked at, or is no line start */
	ssize_t end = sl_span_chr(s, '\n', at);
	return end < 0 ? s.n : sl_dashline_next_plain(s, (size_t)end + 1);
}

#endif

size_t sl_dashline_next(struct sl_span s, size_t at)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return next_avx2(s, at);
#endif
	return sl_dashline_next_plain(s, at);
}
