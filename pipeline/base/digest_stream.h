/* SPDX-License-Identifier: Apache-2.0 */
/* digest_stream.h - SHA-256 over bytes that come piece by piece, for files being written.
 *
 * The caller owns the object; one thread at a time. Beside digest.c the only user of libcrypto.
 */
#ifndef SL_DIGEST_STREAM_H
#define SL_DIGEST_STREAM_H

#include "digest.h"

struct sl_digest;

struct sl_digest *sl_digest_new(void);
void sl_digest_add(struct sl_digest *digest, struct sl_span s);
/* The sum of all that was added; nothing can be added afterwards. */
struct sl_sha256 sl_digest_final(struct sl_digest *digest);
/* Sets the pointer NULL. A NULL pointer in it is fine. */
void sl_digest_free(struct sl_digest **digest);

#endif
