/* SPDX-License-Identifier: Apache-2.0 */
#include "digest_stream.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct sl_digest {
	EVP_MD_CTX *context;
	bool final;
};

struct sl_digest *sl_digest_new(void)
{
	struct sl_digest *digest = sl_malloc(sizeof(*digest));
	digest->context = EVP_MD_CTX_new();
	digest->final = false;
	sl_assert(digest->context);
	int ok = EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL);
	sl_assert(ok == 1);
	return digest;
}

void sl_digest_add(struct sl_digest *digest, struct sl_span s)
{
	sl_assert(!digest->final);
	if (!s.n)
		return;
	int ok = EVP_DigestUpdate(digest->context, s.p, s.n);
	sl_assert(ok == 1);
}

struct sl_sha256 sl_digest_final(struct sl_digest *digest)
{
	struct sl_sha256 sum;
	unsigned n = 0;
	sl_assert(!digest->final);
	int ok = EVP_DigestFinal_ex(digest->context, sum.b, &n);
	sl_assert(ok == 1 && n == sizeof(sum.b));
	digest->final = true;
	return sum;
}

void sl_digest_free(struct sl_digest **digest)
{
	if (!*digest)
		return;
	EVP_MD_CTX_free((*digest)->context);
	free(*digest);
	*digest = NULL;
}
