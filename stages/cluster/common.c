/* SPDX-License-Identifier: Apache-2.0 */
#include "common.h"

typedef uint32_t four __attribute__((vector_size(16)));
typedef uint16_t four_short __attribute__((vector_size(8)));
typedef uint32_t eight __attribute__((vector_size(32)));
typedef uint16_t eight_short __attribute__((vector_size(16)));

/* A comparison of two sets that has come to grams i and j. */
struct walk {
	const struct sl_grams *a, *b;
	uint32_t i, j;
	uint64_t both; /* weight so far; 2,048 weights have room in 32 bits */
	uint64_t least;
};

/* Can what lies ahead still make it `least`? Asked where `i` begins a stride. */
static bool is_lost(const struct walk *w, uint64_t both)
{
	uint32_t x = w->a->rest[w->i / SL_GRAM_STRIDE], y = w->b->rest[w->j / SL_GRAM_STRIDE];

	return both + (x < y ? x : y) < w->least;
}

static uint64_t one_by_one(struct walk *w)
{
	while (w->i < w->a->n && w->j < w->b->n) {
		uint32_t x = w->a->v[w->i], y = w->b->v[w->j];

		w->both += x == y ? w->a->weights[w->i] : 0;
		w->i += x <= y;
		w->j += y <= x;
	}
	return w->both;
}

static four four_at(const uint32_t *v)
{
	four x;

	memcpy(&x, v, sizeof(x));
	return x;
}

static four four_weights(const uint16_t *v)
{
	four_short x;

	memcpy(&x, v, sizeof(x));
	return __builtin_convertvector(x, four);
}

/* All bits of those of the four `x` that are among the four `y`. */
static four among_four(four x, four y)
{
	return (four)(x == y) | (four)(x == __builtin_shufflevector(y, y, 1, 2, 3, 0)) |
	       (four)(x == __builtin_shufflevector(y, y, 2, 3, 0, 1)) |
	       (four)(x == __builtin_shufflevector(y, y, 3, 0, 1, 2));
}

static uint64_t sum_of_four(four x)
{
	return (uint64_t)x[0] + x[1] + x[2] + x[3];
}

/* Of two blocks the one that ends first can meet nothing more. */
static bool by_fours(struct walk *w)
{
	const struct sl_grams *a = w->a, *b = w->b;
	four sums = { 0 };

	while (w->i + 4 <= a->n && w->j + 4 <= b->n) {
		uint32_t x = a->v[w->i + 3], y = b->v[w->j + 3];

		sums += among_four(four_at(a->v + w->i), four_at(b->v + w->j)) &
			four_weights(a->weights + w->i);
		w->j += y <= x ? 4 : 0;
		if (x > y)
			continue;
		w->i += 4;
		if (w->i % SL_GRAM_STRIDE == 0 && is_lost(w, sum_of_four(sums)))
			return false;
	}
	w->both = sum_of_four(sums);
	return true;
}

uint64_t sl_common_weight_plain(const struct sl_grams *a, const struct sl_grams *b, uint64_t least)
{
	struct walk w = { .a = a, .b = b, .least = least };

	return by_fours(&w) ? one_by_one(&w) : 0;
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static inline eight eight_at(const uint32_t *v)
{
	eight x;

	memcpy(&x, v, sizeof(x));
	return x;
}

__attribute__((target("avx2"))) static inline eight eight_weights(const uint16_t *v)
{
	eight_short x;

	memcpy(&x, v, sizeof(x));
	return __builtin_convertvector(x, eight);
}

__attribute__((target("avx2"))) static inline eight among_eight(eight x, eight y)
{
	eight z = __builtin_shufflevector(y, y, 4, 5, 6, 7, 0, 1, 2, 3);

	return (eight)(x == y) | (eight)(x == z) |
	       (eight)(x == __builtin_shufflevector(y, y, 1, 2, 3, 0, 5, 6, 7, 4)) |
	       (eight)(x == __builtin_shufflevector(y, y, 2, 3, 0, 1, 6, 7, 4, 5)) |
	       (eight)(x == __builtin_shufflevector(y, y, 3, 0, 1, 2, 7, 4, 5, 6)) |
	       (eight)(x == __builtin_shufflevector(z, z, 1, 2, 3, 0, 5, 6, 7, 4)) |
	       (eight)(x == __builtin_shufflevector(z, z, 2, 3, 0, 1, 6, 7, 4, 5)) |
	       (eight)(x == __builtin_shufflevector(z, z, 3, 0, 1, 2, 7, 4, 5, 6));
}

__attribute__((target("avx2"))) static inline uint64_t sum_of_eight(eight x)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < 8; i++)
		sum += x[i];
	return sum;
}

__attribute__((target("avx2"))) static bool by_eights(struct walk *w)
{
	const struct sl_grams *a = w->a, *b = w->b;
	uint32_t i = 0, j = 0;
	eight sums = { 0 };

	while (i + 8 <= a->n && j + 8 <= b->n) {
		uint32_t x = a->v[i + 7], y = b->v[j + 7];

		sums += among_eight(eight_at(a->v + i), eight_at(b->v + j)) &
			eight_weights(a->weights + i);
		i += x <= y ? 8 : 0;
		j += y <= x ? 8 : 0;
		w->i = i;
		w->j = j;
		if (x <= y && i % SL_GRAM_STRIDE == 0 && is_lost(w, sum_of_eight(sums)))
			return false;
	}
	w->both = sum_of_eight(sums);
	return true;
}

static bool has_eights(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
static bool by_eights(struct walk *w)
{
	return by_fours(w);
}

static bool has_eights(void)
{
	return false;
}
#endif

uint64_t sl_common_weight(const struct sl_grams *a, const struct sl_grams *b, uint64_t least)
{
	struct walk w = { .a = a, .b = b, .least = least };

	if (!has_eights())
		return sl_common_weight_plain(a, b, least);
	return by_eights(&w) ? one_by_one(&w) : 0;
}
