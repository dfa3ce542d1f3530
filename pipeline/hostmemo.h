/* SPDX-License-Identifier: Apache-2.0 */
/* hostmemo.h - what the tables say of a host, asked once for many indicators in a row.
 *
 * A feed judges every URL, and most of them share their host with the one before; senders and links
 * of a trap's mails name the same hosts again and again. A table of fixed
 * size, half a megabyte, which forgets the older of two hosts in one place; long names are asked
 * each time. An answer out of it is the answer of the tables. Not for two threads.
 */
#ifndef SL_HOSTMEMO_H
#define SL_HOSTMEMO_H

#include "tables.h"

struct sl_hostmemo;

/* `tables` is borrowed. */
struct sl_hostmemo *sl_hostmemo_new(const struct sl_tables *tables);
/* Sets the pointer NULL. */
void sl_hostmemo_free(struct sl_hostmemo **memo);
/* sl_tables_known() */
unsigned sl_hostmemo_known(struct sl_hostmemo *memo, struct sl_span host, struct sl_span domain);
/* sl_lookalike_of() */
const struct sl_brand *sl_hostmemo_like(
	struct sl_hostmemo *memo, struct sl_span host, struct sl_span domain);

#endif
