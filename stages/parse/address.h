/* SPDX-License-Identifier: Apache-2.0 */
/* address.h - address lists (RFC 5322 section 3.4, read as mail clients do).
 *
 * Groups, nested comments, quoted strings, routes, encoded words inside or outside quotes, raw
 * 8-bit, missing brackets, stray commas. No recursion, one pass, O(length). The address between
 * the last pair of angle brackets wins over whatever the display name pretends.
 */
#ifndef SL_ADDRESS_H
#define SL_ADDRESS_H

#include "charset.h"
#include "pipeline/limits.h"

struct sl_address {
	struct sl_span name; /* display name or, without one, the comment; UTF-8; may be empty */
	struct sl_span addr; /* local@host: host as A-label in lower case, local as written; may be
				empty */
	struct sl_span local, host; /* the halves; host empty when there is no @ */
	bool damaged;               /* two @, no host, or bytes that no address has */
};

/* The addresses of a raw field value; the count. Sets LIMIT_COLONS, LIMIT_ADDRESSES and what
 * sl_words_decode() sets in *flags_r. */
size_t sl_addresses(struct sl_charset *charset, struct sl_arena *arena, struct sl_span value,
	const struct sl_limits *limits, struct sl_address **addresses_r, uint64_t *flags_r);

#endif
