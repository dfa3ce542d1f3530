/* SPDX-License-Identifier: Apache-2.0 */
/* uses.h - how the uses of a variant lie in the store: many in one row.
 *
 * A variant has twenty indicators or so, and a row for each took 97 bytes and two searches whenever
 * a mail of the variant came. So a row holds up to SL_USES_MOST uses, sorted by indicator; a
 * variant that has more is split into rows, keyed by variant and a bound: no indicator of the row
 * is below it, and none of the row before it is at or above it. The bound of the first row is zero.
 * Rows that schema 2 wrote hold one use each, whose indicator is the bound; they are read as they
 * are and grow like all others. Internal to storage/.
 */
#ifndef SL_USES_H
#define SL_USES_H

#include "store_inner.h"

enum { SL_USES_MOST = 48, SL_USES_SPLIT = 32 };

/* Merge what gathered in memory, which is sorted (struct sl_use_sum). */
enum sl_rc sl_uses_flush(
	struct sl_store *store, const struct sl_pending *uses, struct sl_err *err) SL_MUST_CHECK;

#endif
