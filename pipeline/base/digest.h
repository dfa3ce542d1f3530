/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h - the only door to libcrypto: SHA-256, SHA-1 and MD5 as names of files and mails.
 *
 * SHA-1 and MD5 are computed because people look attachments up by them, never as a proof.
 */
#ifndef SL_DIGEST_H
#define SL_DIGEST_H

#include "span.h"

struct sl_sha256 {
	uint8_t b[32];
};
struct sl_sha1 {
	uint8_t b[20];
};
struct sl_md5 {
	uint8_t b[16];
};

/* 0.5 s/GB with SHA extensions, 2.3 s/GB without: once per distinct thing. */
struct sl_sha256 sl_sha256_of(struct sl_span s);
struct sl_sha1 sl_sha1_of(struct sl_span s);
struct sl_md5 sl_md5_of(struct sl_span s);

/* Over pieces: two spans, as if they stood one behind the other. */
struct sl_sha256 sl_sha256_of_two(struct sl_span a, struct sl_span b);

/* Fill with random bytes of the operating system; aborts when there are none. */
void sl_random_bytes(void *to, size_t n);

#endif
