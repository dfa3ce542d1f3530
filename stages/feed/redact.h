/* SPDX-License-Identifier: Apache-2.0 */
/* redact.h - keeps the trap's own addresses (--trap-address ADDR | @DOMAIN) out of all output.
 *
 * Who reads a feed must not learn where the trap stands, or it is poisoned the next day. An address
 * is found as it is written, percent-encoded (also more than once), with '=' for '@' (VERP), and as
 * base64 or hexadecimal digits of it at any offset; ADDR also as hexadecimal MD5, SHA-1 and
 * SHA-256. What is found becomes "[trap]". Costs nothing without trap addresses, else about four
 * passes over the text; memory is the caller's arena.
 */
#ifndef SL_REDACT_H
#define SL_REDACT_H

#include "pipeline/base/arena.h"
#include "pipeline/config.h"

struct sl_redact;

struct sl_redact *sl_redact_new(const struct sl_config *config);
/* Sets the pointer NULL. */
void sl_redact_free(struct sl_redact **redact);
/* The text itself when there is nothing to hide in it. */
struct sl_span sl_redact_text(
	const struct sl_redact *redact, struct sl_arena *arena, struct sl_span text);
static inline bool sl_redact_changed(struct sl_span before, struct sl_span after)
{
	return before.p != after.p;
}

#endif
