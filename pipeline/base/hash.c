/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <xxhash.h>
#ifdef SL_HAVE_XXH_DISPATCH
#include <xxh_x86dispatch.h> /* puts its functions in the place of those of xxhash.h */
#endif

_Static_assert(SL_SECRET_SIZE >= XXH3_SECRET_SIZE_MIN, "XXH3 wants a longer secret");

struct sl_hasher {
	XXH3_state_t *state;
	const struct sl_secret *secret;
};

static struct sl_id to_id(XXH128_hash_t hash)
{
	XXH128_canonical_t canonical;
	struct sl_id id;
	XXH128_canonicalFromHash(&canonical, hash);
	memcpy(&id, canonical.digest, sizeof(id));
	return id;
}

/* xxhash does not take NULL for "no bytes" everywhere. */
static const void *bytes_of(struct sl_span s)
{
	return s.p ? s.p : "";
}

uint64_t sl_hash64(struct sl_span s, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes_of(s), s.n, seed);
}

static uint64_t table_seed;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void draw_seed(void)
{
	/* no entropy this early is no reason to end: the table is then as good as an unseeded one
	 */
	if (getrandom(&table_seed, sizeof(table_seed), GRND_NONBLOCK) != sizeof(table_seed))
		table_seed = (uint64_t)(uintptr_t)&table_seed;
}

uint64_t sl_hash_table(struct sl_span s, uint64_t kind)
{
	pthread_once(&table_once, draw_seed);
	return XXH3_64bits_withSeed(bytes_of(s), s.n, table_seed ^ kind * 0x9e3779b97f4a7c15);
}

struct sl_id sl_hash_name(struct sl_span s)
{
	return to_id(XXH3_128bits(bytes_of(s), s.n));
}

struct sl_id sl_hash_key(struct sl_span s, const struct sl_secret *secret)
{
	return to_id(XXH3_128bits_withSecret(bytes_of(s), s.n, secret->b, sizeof(secret->b)));
}

struct sl_hasher *sl_hasher_new(const struct sl_secret *secret)
{
	struct sl_hasher *hasher = sl_calloc(1, sizeof(*hasher));
	hasher->state = XXH3_createState();
	sl_assert(hasher->state != NULL);
	hasher->secret = secret;
	sl_hasher_reset(hasher);
	return hasher;
}

void sl_hasher_free(struct sl_hasher **hasher)
{
	if (!*hasher)
		return;
	XXH3_freeState((*hasher)->state);
	free(*hasher);
	*hasher = NULL;
}

void sl_hasher_reset(struct sl_hasher *hasher)
{
	if (hasher->secret)
		XXH3_128bits_reset_withSecret(
			hasher->state, hasher->secret->b, sizeof(hasher->secret->b));
	else
		XXH3_128bits_reset(hasher->state);
}

void sl_hasher_add(struct sl_hasher *hasher, struct sl_span s)
{
	XXH3_128bits_update(hasher->state, bytes_of(s), s.n);
}

struct sl_id sl_hasher_id(const struct sl_hasher *hasher)
{
	return to_id(XXH3_128bits_digest(hasher->state));
}
