/* SPDX-License-Identifier: Apache-2.0 */
/* feedsizes.h - how large the blocking feeds of each night were, and which warninglists were there.
 *
 * The next nights are measured by it (stages/feed/feedguard.h). One row a night, in table meta
 * under "feeds" and the serial, sealed as all rows are. It is part of what another machine with the
 * same nights knows, so nothing of a process or of the output folder is in it.
 */
#ifndef SL_FEEDSIZES_H
#define SL_FEEDSIZES_H

#include "store.h"

struct sl_feed_size {
	struct sl_span name; /* "lists/domains.txt", or the file name of a warninglist */
	uint64_t entries;
	bool held; /* the feed was not let through */
};

struct sl_feed_night_row {
	uint64_t night;
	bool forced; /* --force let something through: nights before it are no measure any more */
	struct sl_feed_size *feeds;
	size_t n_feeds;
	struct sl_feed_size *lists; /* warninglists that the next night must have, too */
	size_t n_lists;
};

/* Replace the row of the night. */
enum sl_rc sl_store_put_feed_night(
	struct sl_store *store, const struct sl_feed_night_row *row, struct sl_err *err);
/* Forget the row of the night; SL_OK also when there is none. */
enum sl_rc sl_store_drop_feed_night(struct sl_store *store, uint64_t night, struct sl_err *err);
/* As the functions of store.h; everything lives in the arena. */
bool sl_view_feed_night(struct sl_view *view, uint64_t night, struct sl_arena *arena,
	struct sl_feed_night_row *row_r);

#endif
