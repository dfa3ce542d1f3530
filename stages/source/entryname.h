/* SPDX-License-Identifier: Apache-2.0 */
/* entryname.h - names of archive members as text for records, and the time in Maildir names.
 *
 * Names are bytes as stored. Records promise UTF-8, so a byte that is none becomes "\xNN". A
 * name of more than SL_ENTRYNAME_MAX bytes is cut, and a hash of the whole keeps it distinct.
 */
#ifndef SL_ENTRYNAME_H
#define SL_ENTRYNAME_H

#include "pipeline/base/buf.h"
#include "pipeline/base/clock.h"

enum { SL_ENTRYNAME_MAX = 1024 };

/* Append the name to `path`. */
void sl_entryname_add(struct sl_buf *path, struct sl_span name);

/* Delivery time out of a Maildir file name ("1790000000.M1P2.host:2,S"), else SL_TIME_NONE.
 * The last component of `path` counts. */
int64_t sl_entryname_time(struct sl_span path);

#endif
