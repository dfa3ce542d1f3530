/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - the only door to xxhash. 15 GB/s, with AVX2 or AVX-512 (libxxhash looks) up to 40; fast,
 * not a proof.
 *
 * Keys inside the store are seeded with the store's secret: unseeded XXH3 can be made to collide
 * at will. Unseeded values are names for outputs.
 */
#ifndef SL_HASH_H
#define SL_HASH_H

#include "span.h"

/* 128 bits, big-endian, so that memcmp order is the order of the numbers. */
struct sl_id {
	uint8_t b[16];
};

static inline bool sl_id_eq(const struct sl_id *a, const struct sl_id *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}
static inline int sl_id_cmp(const struct sl_id *a, const struct sl_id *b)
{
	return memcmp(a, b, sizeof(*a));
}
static inline bool sl_id_is_zero(const struct sl_id *a)
{
	static const struct sl_id zero;
	return sl_id_eq(a, &zero);
}

/* Where a table in memory looks for the id first. Any 8 bytes of a hash are as good as all of it.
 */
static inline size_t sl_id_slot(const struct sl_id *id)
{
	uint64_t slot;
	memcpy(&slot, id->b, sizeof(slot));
	return (size_t)slot;
}

enum { SL_SECRET_SIZE = 192 };
/* What seeds the keys of one store; made once, kept in its meta table. */
struct sl_secret {
	uint8_t b[SL_SECRET_SIZE];
};

uint64_t sl_hash64(struct sl_span s, uint64_t seed);
/* For tables in memory whose keys the sender chooses: seeded by the process, so that nobody can
 * make names that fall into one slot. Never stored, never printed, no result in its order. The
 * first call asks the kernel for the seed: make it before a sandbox closes and before a fork. */
uint64_t sl_hash_table(struct sl_span s, uint64_t kind);
/* The name of these bytes in outputs (unseeded XXH3-128). */
struct sl_id sl_hash_name(struct sl_span s);
/* The key of these bytes in a store. */
struct sl_id sl_hash_key(struct sl_span s, const struct sl_secret *secret);

/* The same over pieces. */
struct sl_hasher;
struct sl_hasher *sl_hasher_new(const struct sl_secret *secret); /* NULL: unseeded */
void sl_hasher_free(struct sl_hasher **hasher);
void sl_hasher_reset(struct sl_hasher *hasher);
void sl_hasher_add(struct sl_hasher *hasher, struct sl_span s);
struct sl_id sl_hasher_id(const struct sl_hasher *hasher);

#endif
