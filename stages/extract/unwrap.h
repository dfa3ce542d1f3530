/* SPDX-License-Identifier: Apache-2.0 */
/* unwrap.h - what is behind a redirector, found without asking anybody.
 *
 * Link rewriters of mail gateways, click counters and open redirects that carry their target in the
 * URL, in plain, percent, base64 or a coding of their own. One table row a service. O(length of the
 * URL).
 */
#ifndef SL_UNWRAP_H
#define SL_UNWRAP_H

#include "pipeline/tables.h"
#include "whatwg.h"

enum sl_unwrap {
	SL_UNWRAP_NONE,   /* no redirector */
	SL_UNWRAP_TARGET, /* one step done */
	SL_UNWRAP_EMPTY,  /* a redirector of this kind names its target, but not a web page here */
	SL_UNWRAP_OPAQUE  /* its target is known to its operator only */
};

enum { SL_UNWRAP_STEPS = 8 };

/* One step. `tables` tells shorteners, trackers and redirectors; `domain` is the registered domain.
 */
enum sl_unwrap sl_unwrap_step(struct sl_arena *arena, const struct sl_tables *tables,
	const struct sl_url *url, struct sl_span domain, struct sl_url *target_r);

#endif
