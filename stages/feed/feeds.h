/* SPDX-License-Identifier: Apache-2.0 */
/* feeds.h - the feeds, one in each file. A new one is a line here, one in feeds.c, one in the
 * build. */
#ifndef SL_FEEDS_H
#define SL_FEEDS_H

#include "pipeline/feed.h"

extern const struct sl_feed sl_feed_indicators_csv, sl_feed_indicators_jsonl; /* indicators.c */
extern const struct sl_feed sl_feed_lists;
extern const struct sl_feed sl_feed_campaigns_csv, sl_feed_campaigns_jsonl; /* campaigns_feed.c */
extern const struct sl_feed sl_feed_messages;
extern const struct sl_feed sl_feed_rejects;
extern const struct sl_feed sl_feed_night;

#endif
