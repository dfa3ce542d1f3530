/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - calendar without time zones, and the monotonic clock.
 *
 * Times are seconds since 1970-01-01T00:00:00Z in the proleptic Gregorian calendar. Nothing here
 * reads the wall clock but sl_clock_now(): results depend on an injected time.
 */
#ifndef SL_CLOCK_H
#define SL_CLOCK_H

#include "span.h"

#define SL_TIME_NONE INT64_MIN /* "not known" in every time field */

struct sl_civil {
	int64_t year;
	int month, day, hour, minute, second; /* month and day from 1 */
};

/* Days and seconds are not range-checked: 32 January is 1 February. O(1). */
int64_t sl_civil_to_time(const struct sl_civil *civil);
void sl_time_to_civil(int64_t time, struct sl_civil *civil_r);
enum { SL_TIME_TEXT = 32 };
/* "2026-11-24T08:25:11Z"; years outside 0..9999 keep their sign and digits. Returns text_r. */
char *sl_time_text(int64_t time, char text_r[SL_TIME_TEXT]);
/* Reads "2026-11-24", "2026-11-24T08:25:11Z" or decimal seconds "@1790000000". */
bool sl_time_parse(struct sl_span text, int64_t *time_r);
/* Wall clock, seconds. */
int64_t sl_clock_now(void);
/* Monotonic clock, seconds. */
double sl_clock_monotonic(void);
/* User + system CPU of this process and its waited-for children, seconds. */
double sl_clock_cpu(void);

#endif
