/* SPDX-License-Identifier: Apache-2.0 */
/* sketch.h - texts as sets of character n-grams, their weights, and the small sketch of a set.
 *
 * A text is read without its white space, so that spacing tricks change nothing, and as code
 * points, so that every script counts the same. A gram is a 32-bit hash; a set is sorted and holds
 * at most the SL_GRAMS_MAX smallest values (a bottom-k sample), which bounds time and memory. All
 * values are unseeded: the same mails give the same groups in every store. Similarities are
 * integers, 0 to 1000, so that no floating point decides anything. About 10 us for a text of 650
 * grams.
 */
#ifndef SL_SKETCH_H
#define SL_SKETCH_H

#include "pipeline/base/arena.h"

enum {
	SL_GRAMS_MAX = 2048,
	SL_GRAM_TEXT_MAX = 1 << 15, /* code points of a text that are read */
	SL_SHORT_CHARS = 40,        /* below it, 3-grams take the place of 5-grams */
	SL_GRAM_STRIDE = 64,
	SL_BINS = 128,     /* one-permutation min-hash */
	SL_NAME_GRAMS = 96 /* of a subject or sender */
};

/* A set; `v` belongs to whoever made it. */
struct sl_grams {
	const uint32_t *v; /* ascending, distinct */
	uint32_t n;
	uint32_t limit; /* the sample is complete up to this value; UINT32_MAX: whole set */
	uint32_t total; /* grams before sampling */
	const uint16_t *weights; /* of each, by sl_grams_weigh() */
	const uint32_t *rest;    /* the sum of those from each SL_GRAM_STRIDE-th on */
	uint64_t mass;           /* the sum of all */
};

/* Room for making sets; one per thread. */
struct sl_gram_room;
struct sl_gram_room *sl_gram_room_new(void);
void sl_gram_room_free(struct sl_gram_room **room);

/* The set of a text (valid UTF-8; other bytes count as themselves). The set lives in the room and
 * is gone with the next call. Linear. */
void sl_grams_make(struct sl_gram_room *room, struct sl_span text, struct sl_grams *grams_r);
struct sl_grams sl_grams_copy(struct sl_arena *arena, const struct sl_grams *grams);

/* How rare grams are: document counts in a table of fixed size, then fixed-point logarithms. */
struct sl_weights;
/* For about `documents` texts. */
struct sl_weights *sl_weights_new(size_t documents);
void sl_weights_free(struct sl_weights **weights);
/* All shares of a text must be added: 0 .. shares - 1. Shares touch nothing in common, so each may
 * have a thread of its own. `shares` is a power of two. */
void sl_weights_add(
	struct sl_weights *weights, const struct sl_grams *grams, unsigned share, unsigned shares);
/* No sl_weights_add() after this; no other call before it. */
void sl_weights_freeze(struct sl_weights *weights);
/* Weights of the grams beside them, in the arena: a look into the table costs more than the
 * comparison of two grams. */
void sl_grams_weigh(
	struct sl_arena *arena, const struct sl_weights *weights, struct sl_grams *grams);

/* Weighted Jaccard of two sets that were weighed: weight of what both have over weight of what one
 * has. 0 when one is empty, and when it is below `least`: that is often seen long before the end.
 */
unsigned sl_grams_alike(const struct sl_grams *a, const struct sl_grams *b, unsigned least);
/* False: they cannot be so much alike, by their masses alone. */
bool sl_grams_may_be_alike(const struct sl_grams *a, const struct sl_grams *b, unsigned least);

/* One-permutation min-hash with empty bins filled from others chosen by hash (Shrivastava 2017).
 * All 0 for an empty set. Equal bins / 128 estimates the plain Jaccard: for candidates only. */
void sl_grams_bins(const struct sl_grams *grams, uint16_t bins_r[SL_BINS]);

/* 3-gram set of a subject or sender name; short texts are one gram. */
struct sl_name_grams {
	const uint16_t *v; /* ascending, distinct */
	uint64_t bits[2];  /* one for each gram */
	uint16_t n, twins; /* twins: grams whose bit another one has set */
};
struct sl_name_grams sl_name_grams_make(struct sl_arena *arena, struct sl_span text);
unsigned sl_name_alike(const struct sl_name_grams *a, const struct sl_name_grams *b);
/* False: by their bits alone they cannot be so much alike. */
bool sl_name_may_be_alike(
	const struct sl_name_grams *a, const struct sl_name_grams *b, unsigned least);

/* 64 bits of two, for keys. */
static inline uint64_t sl_mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2))) * 0xff51afd7ed558ccdu;

	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53u;
	return x ^ (x >> 29);
}

#endif
