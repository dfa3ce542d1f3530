/* SPDX-License-Identifier: Apache-2.0 */
/* auth.h - what the trap's own receiver found out about SPF, DKIM, DMARC and ARC.
 *
 * Authentication-Results (RFC 8601), the dialect of Microsoft without an id, and Received-SPF (RFC
 * 7208 section 9.1). Only headers that stand above the boundary hop can be the receiver's own;
 * Google writes its results right below its own Received line. ARC copies and headers of other
 * names do not count.
 */
#ifndef SL_AUTH_H
#define SL_AUTH_H

#include "received.h"

struct sl_auth {
	struct sl_span spf, dkim, dmarc, arc; /* lower case; empty: not known */
	struct sl_span by;                    /* whose results they are; empty: not known */
	struct sl_ip client_ip; /* of the receiver's own Received-SPF; family 0: none */
};

/* With `authserv_ids`, headers with one of these ids count (exact, case ignored; the empty id
 * allows headers without one). Without, the topmost header above the boundary names the id. Linear.
 */
void sl_auth_read(struct sl_arena *arena, const struct sl_field *fields, size_t n_fields,
	const struct sl_chain *chain, const struct sl_trust *trust,
	const struct sl_strings *authserv_ids, struct sl_auth *auth_r);

#endif
