/* SPDX-License-Identifier: Apache-2.0 */
/* date.h - dates as mail writes them (RFC 5322 section 3.3 and 4.3, asctime, ISO 8601, worse).
 *
 * Only the first 160 bytes are looked at, so any length costs the same. Nothing depends on the
 * clock.
 */
#ifndef SL_DATE_H
#define SL_DATE_H

#include "pipeline/base/clock.h"

/* Bytes that are looked at. */
enum { SL_DATE_LOOK = 160 };

/* Seconds since 1970, or SL_TIME_NONE when there is no date in it. Two-digit years are 1950 to
 * 2049; an unknown or absurd zone counts as UTC; years outside 1..9999 are no date. */
int64_t sl_date_parse(struct sl_span text);

#endif
