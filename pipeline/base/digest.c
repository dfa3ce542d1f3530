/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sys/random.h>

enum kind { SHA256, SHA1, MD5, KINDS };

/* Constant once they were fetched. EVP_sha256() and its like are looked up by name each time that
 * one of them is used, which costs more than the digest of a short text. */
static struct {
	pthread_once_t once;
	EVP_MD *type[KINDS];
} fetched = { .once = PTHREAD_ONCE_INIT };

static void fetch(void)
{
	static const char *const names[KINDS] = { "SHA256", "SHA1", "MD5" };
	for (size_t i = 0; i < KINDS; i++)
		fetched.type[i] = EVP_MD_fetch(NULL, names[i], NULL);
}

static void digest_of(enum kind kind, struct sl_span a, struct sl_span b, uint8_t *to, size_t n)
{
	unsigned len = 0;
	pthread_once(&fetched.once, fetch);
	const EVP_MD *type = fetched.type[kind];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	sl_assert(context != NULL && type != NULL && EVP_MD_get_size(type) == (int)n);
	int ok = EVP_DigestInit_ex(context, type, NULL) && EVP_DigestUpdate(context, a.p, a.n) &&
		 EVP_DigestUpdate(context, b.p, b.n) && EVP_DigestFinal_ex(context, to, &len);
	sl_assert(ok && len == n);
	EVP_MD_CTX_free(context);
}

struct sl_sha256 sl_sha256_of_two(struct sl_span a, struct sl_span b)
{
	struct sl_sha256 digest;
	digest_of(SHA256, a, b, digest.b, sizeof(digest.b));
	return digest;
}

struct sl_sha256 sl_sha256_of(struct sl_span s)
{
	return sl_sha256_of_two(s, SL_SPAN_NULL);
}

struct sl_sha1 sl_sha1_of(struct sl_span s)
{
	struct sl_sha1 digest;
	digest_of(SHA1, s, SL_SPAN_NULL, digest.b, sizeof(digest.b));
	return digest;
}

struct sl_md5 sl_md5_of(struct sl_span s)
{
	struct sl_md5 digest;
	digest_of(MD5, s, SL_SPAN_NULL, digest.b, sizeof(digest.b));
	return digest;
}

void sl_random_bytes(void *to, size_t n)
{
	char *at = to;
	while (n) {
		ssize_t got = getrandom(at, n, 0);
		sl_assert(got > 0);
		at += got;
		n -= (size_t)got;
	}
}
