/* SPDX-License-Identifier: Apache-2.0 */
/* feedguard.h - the kill-switch of blocking feeds.
 *
 * A feed that blocks is loaded by machines, so a night in which it suddenly is ten times as long,
 * or nearly empty, or was made without a warninglist, must not reach them before somebody looked.
 * Such a feed is held back: the file of the last time stays, what would have been written lies in
 * OUT/held, the run says why and exits 1. --force lets it through, for this night and as the
 * measure of the nights to come.
 *
 * Measured by the store alone (storage/feedsizes.h): a feed's size by the median of the last 7
 * nights that were let through; fewer than 3 are no measure. A night that was held is none either.
 * Lists of less than 50 entries are never held for their size. The warninglists are those that the
 * last night had. --since and --until choose a part, which is not measured.
 */
#ifndef SL_FEEDGUARD_H
#define SL_FEEDGUARD_H

#include "pipeline/feed.h"

enum {
	SL_FEEDGUARD_NIGHTS = 7,
	SL_FEEDGUARD_KNOWN = 3,
	SL_FEEDGUARD_LEAST = 50,
	SL_FEEDGUARD_TIMES = 10
};

struct sl_feedguard;

/* The guard of this writing: the kept one, or a new one that is then kept with `out`. */
enum sl_rc sl_feedguard_of(const struct sl_feed_input *in, struct sl_outdir *out,
	struct sl_feedguard **guard_r, struct sl_err *err);
void sl_feedguard_free(struct sl_feedguard **guard);

struct sl_feedguard_question {
	const char *feed; /* a literal, "lists/domains.txt" */
	uint64_t entries;
	/* Asked when it is held for its size: say more, as "; words". */
	void (*tell)(const void *arg, bool grown, struct sl_buf *to);
	const void *arg;
	uint64_t fresh; /* of the entries, first seen in the last night */
};
/* May it be written? Each feed is asked about once. */
bool sl_feedguard_lets(struct sl_feedguard *guard, const struct sl_feedguard_question *question);

#endif
