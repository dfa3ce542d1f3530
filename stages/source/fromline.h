/* SPDX-License-Identifier: Apache-2.0 */
/* fromline.h - the From_ line of mbox files (RFC 4155 and what real programs write).
 *
 * "From " address date: asctime with or without zone ("Tue Nov  3 10:15:01 2026"), the zone before
 * or behind the year (Google Takeout), day before month (RFC 5322 order), "remote from" behind it.
 * O(length), nothing allocated.
 */
#ifndef SL_FROMLINE_H
#define SL_FROMLINE_H

#include "pipeline/base/clock.h"

/* A longer line is never a From_ line. */
enum { SL_FROMLINE_MAX = 1024 };

struct sl_fromline {
	bool date;    /* holds month, day, time and year */
	bool address; /* what follows "From " looks like a sender, not like a word */
	int64_t time; /* UTC, numeric zones applied; SL_TIME_NONE without a date and for the epoch,
		       * which public-inbox writes into every line */
};

/* Does the text begin as a From_ line does ("From :" is a header field)? */
bool sl_fromline_starts(struct sl_span line);
/* `line` without its line end. False when it cannot be a From_ line at all. */
bool sl_fromline_read(struct sl_span line, struct sl_fromline *line_r);

#endif
