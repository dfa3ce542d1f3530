/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include <openssl/evp.h>
#include <sys/random.h>

static void digest_of(const EVP_MD *type, struct sl_span a, struct sl_span b, uint8_t *to, size_t n)
{
	unsigned len = 0;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	sl_assert(context != NULL && EVP_MD_get_size(type) == (int)n);
	int ok = EVP_DigestInit_ex(context, type, NULL) && EVP_DigestUpdate(context, a.p, a.n) &&
		 EVP_DigestUpdate(context, b.p, b.n) && EVP_DigestFinal_ex(context, to, &len);
	sl_assert(ok && len == n);
	EVP_MD_CTX_free(context);
}

struct sl_sha256 sl_sha256_of_two(struct sl_span a, struct sl_span b)
{
	struct sl_sha256 digest;
	digest_of(EVP_sha256(), a, b, digest.b, sizeof(digest.b));
	return digest;
}

struct sl_sha256 sl_sha256_of(struct sl_span s)
{
	return sl_sha256_of_two(s, SL_SPAN_NULL);
}

struct sl_sha1 sl_sha1_of(struct sl_span s)
{
	struct sl_sha1 digest;
	digest_of(EVP_sha1(), s, SL_SPAN_NULL, digest.b, sizeof(digest.b));
	return digest;
}

struct sl_md5 sl_md5_of(struct sl_span s)
{
	struct sl_md5 digest;
	digest_of(EVP_md5(), s, SL_SPAN_NULL, digest.b, sizeof(digest.b));
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
