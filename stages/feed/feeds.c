/* SPDX-License-Identifier: Apache-2.0 */
/* feeds.c - the list of all feeds, in the order in which each thread writes its own: those that
 * stand apart begin with campaigns, while the tally that indicators need is made. */
#include "feeds.h"

const struct sl_feed *const sl_feeds[] = { &sl_feed_campaigns_csv, &sl_feed_campaigns_jsonl,
	&sl_feed_indicators_csv, &sl_feed_indicators_jsonl, &sl_feed_lists, &sl_feed_messages,
	&sl_feed_rejects, &sl_feed_night, NULL };
