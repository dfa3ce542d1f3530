/* SPDX-License-Identifier: Apache-2.0 */
/* mend.h - campaigns whose variants changed other than by a night.
 *
 * Internal to storage/.
 */
#ifndef SL_MEND_H
#define SL_MEND_H

#include "store_inner.h"

/* A variant that was another one before its messages were read again. */
struct sl_moved {
	struct sl_id from;
	struct sl_id message; /* id of the smallest message that moved */
	struct sl_id to;
};

/* Make campaigns fit the variants that there are: count their evidence, replace representatives
 * that are gone (by what they became, or by the oldest variants of the campaign), drop a weakest
 * link whose ends are gone. Campaigns without any variant go, with their aliases and their lines in
 * the log; `gone_r` counts them. The derived tables must be built. Costs about 400 bytes a
 * campaign. */
enum sl_rc sl_store_mend_campaigns(struct sl_store *store, const struct sl_pending *moved,
	uint64_t *gone_r, struct sl_err *err) SL_MUST_CHECK;

#endif
