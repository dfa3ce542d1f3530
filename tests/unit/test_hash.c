/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/hash.h"
#include "storage/keys.h"

#include <stdlib.h>
#include <xxhash.h>

static struct sl_secret secret_of(uint8_t first)
{
	struct sl_secret secret;
	for (size_t i = 0; i < sizeof(secret.b); i++)
		secret.b[i] = (uint8_t)(first + i * 37);
	return secret;
}

static bool same_key(struct sl_span a, struct sl_span b, const struct sl_secret *secret)
{
	struct sl_id x = sl_hash_key(a, secret), y = sl_hash_key(b, secret);
	return sl_id_eq(&x, &y);
}

/* A key is of bytes and length: what only adds zeros, or nothing, is another thing. */
static void case_82_length_is_part_of_a_key(void **state)
{
	(void)state;
	char zeros[2048] = { 0 };
	struct sl_secret secret = secret_of(1);
	for (size_t n = 0; n < sizeof(zeros); n++)
		if (same_key(sl_span_of(zeros, n), sl_span_of(zeros, n + 1), &secret))
			fail_msg("%zu and %zu zeros have one key", n, n + 1);
	assert_true(same_key(SL_SPAN_NULL, SL_SPAN(""), &secret));
}

/* Who knows the unseeded hash of a mail knows nothing of its key, at every length that XXH3 treats
 * in a way of its own. */
static void case_82_keys_are_seeded(void **state)
{
	static const size_t lengths[] = { 0, 1, 3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 1024,
		5000 };
	(void)state;
	char bytes[5000];
	memset(bytes, 'x', sizeof(bytes));
	struct sl_secret one = secret_of(1), two = secret_of(2);
	for (size_t i = 0; i < SL_LEN(lengths); i++) {
		struct sl_span s = sl_span_of(bytes, lengths[i]);
		struct sl_id name = sl_hash_name(s), a = sl_hash_key(s, &one),
			     b = sl_hash_key(s, &two);
		if (sl_id_eq(&a, &b) || sl_id_eq(&a, &name) || sl_id_eq(&b, &name))
			fail_msg("%zu bytes: a key does not depend on the secret", lengths[i]);
	}
}

/* Swapped stripes, swapped halves, one bit: no merge of what is nearly equal. */
static void case_82_near_misses(void **state)
{
	(void)state;
	char a[512], b[512];
	struct sl_secret secret = secret_of(3);
	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = (char)((uint32_t)i * 2654435761U >> 13);
	for (size_t bit = 0; bit < 8 * sizeof(a); bit++) {
		memcpy(b, a, sizeof(b));
		b[bit / 8] = (char)(b[bit / 8] ^ (1 << bit % 8));
		if (same_key(sl_span_of(a, sizeof(a)), sl_span_of(b, sizeof(b)), &secret))
			fail_msg("bit %zu does not count", bit);
	}
	for (size_t at = 64; at < sizeof(a); at += 64) {
		memcpy(b, a + at, sizeof(a) - at);
		memcpy(b + sizeof(a) - at, a, at);
		assert_false(same_key(sl_span_of(a, sizeof(a)), sl_span_of(b, sizeof(b)), &secret));
	}
}

/* The key of a stream is that of its bytes, however they were cut. */
static void case_82_pieces_give_the_same_key(void **state)
{
	(void)state;
	char bytes[3000];
	struct sl_secret secret = secret_of(4);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i ^ i >> 8);
	struct sl_hasher *seeded = sl_hasher_new(&secret), *plain = sl_hasher_new(NULL);
	struct sl_id key = sl_hash_key(sl_span_of(bytes, sizeof(bytes)), &secret);
	struct sl_id name = sl_hash_name(sl_span_of(bytes, sizeof(bytes)));
	for (size_t piece = 1; piece <= sizeof(bytes); piece = piece * 2 + 1) {
		sl_hasher_reset(seeded);
		sl_hasher_reset(plain);
		for (size_t at = 0; at < sizeof(bytes); at += piece) {
			struct sl_span s =
				sl_span_head(sl_span_of(bytes + at, sizeof(bytes) - at), piece);
			sl_hasher_add(seeded, s);
			sl_hasher_add(plain, s);
		}
		struct sl_id got = sl_hasher_id(seeded);
		assert_true(sl_id_eq(&got, &key));
		got = sl_hasher_id(plain);
		assert_true(sl_id_eq(&got, &name));
	}
	sl_hasher_free(&seeded);
	sl_hasher_free(&plain);
}

/* Rows whose names the sender chooses lie at places that the sender cannot know. */
static void case_83_keys_of_rows_are_seeded(void **state)
{
	(void)state;
	struct sl_secret one = secret_of(5), two = secret_of(6);
	struct sl_id message = { { 1 } };
	struct sl_origin origin = { .entry = SL_SPAN("a/b.eml"), .ordinal = 3 };
	struct sl_buf scratch = sl_buf_make(1 << 16);
	struct sl_key a = sl_key_of_sighting(&one, &message, &origin);
	struct sl_key b = sl_key_of_sighting(&two, &message, &origin);
	assert_false(sl_span_eq(sl_key_span(&a), sl_key_span(&b)));
	a = sl_key_of_lookup(&one, "geo", SL_KIND_DOMAIN, SL_SPAN("kestrel-login.example"));
	b = sl_key_of_lookup(&two, "geo", SL_KIND_DOMAIN, SL_SPAN("kestrel-login.example"));
	assert_false(sl_span_eq(sl_key_span(&a), sl_key_span(&b)));
	struct sl_id x = sl_indicator_key(&one, SL_KIND_DOMAIN, SL_SPAN("x.example"), &scratch);
	struct sl_id y = sl_indicator_key(&two, SL_KIND_DOMAIN, SL_SPAN("x.example"), &scratch);
	assert_false(sl_id_eq(&x, &y));
	sl_buf_free(&scratch);
}

static bool is_hash(struct sl_id id, XXH128_hash_t hash)
{
	XXH128_canonical_t want;
	XXH128_canonicalFromHash(&want, hash);
	return memcmp(&id, want.digest, sizeof(id)) == 0;
}

/* The vectors of this machine give what every other machine gives: stores are carried about. */
static void vectors_change_nothing(void **state)
{
	enum { N = 70000 };
	(void)state;
	struct sl_secret secret = secret_of(4);
	char *bytes = sl_malloc(N);
	for (size_t i = 0; i < N; i++)
		bytes[i] = (char)((uint32_t)i * 2654435761U >> 19);
	struct sl_hasher *hasher = sl_hasher_new(&secret);
	for (size_t n = 0; n <= N; n += n < 1100 ? 1 : 997) {
		struct sl_span s = sl_span_of(bytes + n % 7, n - (n > 7 ? 7 : n));
		assert_true(is_hash(sl_hash_name(s), XXH3_128bits(s.p, s.n)));
		XXH128_hash_t want = XXH3_128bits_withSecret(s.p, s.n, secret.b, sizeof(secret.b));
		assert_true(is_hash(sl_hash_key(s, &secret), want));
		sl_hasher_reset(hasher);
		sl_hasher_add(hasher, sl_span_head(s, n / 3));
		sl_hasher_add(hasher, sl_span_from(s, n / 3));
		assert_true(is_hash(sl_hasher_id(hasher), want));
		assert_int_equal(sl_hash64(s, n), XXH3_64bits_withSeed(s.p, s.n, n));
	}
	sl_hasher_free(&hasher);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_82_length_is_part_of_a_key),
		cmocka_unit_test(case_82_keys_are_seeded),
		cmocka_unit_test(case_82_near_misses),
		cmocka_unit_test(case_82_pieces_give_the_same_key),
		cmocka_unit_test(case_83_keys_of_rows_are_seeded),
		cmocka_unit_test(vectors_change_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
