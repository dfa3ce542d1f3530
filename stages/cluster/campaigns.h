/* SPDX-License-Identifier: Apache-2.0 */
/* campaigns.h - the inside of sl_campaigns_run() (pipeline/phase.h): groups, and what they change.
 *
 * A gathering becomes groups (evidence, candidates, linkage), groups become a plan (who joins, what
 * is born, what merges), the plan is written in one transaction. Planning is pure.
 */
#ifndef SL_CAMPAIGNS_H
#define SL_CAMPAIGNS_H

#include "gather.h"
#include "linkage.h"

struct sl_change {
	struct sl_variant_row *assigned; /* by key; only what sl_store_assign() reads is set */
	size_t n_assigned;
	struct sl_campaign_row *campaigns; /* new and changed ones, by id */
	size_t n_campaigns, room_campaigns;
	struct sl_event *events;
	size_t n_events, room_events;
};

/* Group the lures of a gathering, on as many threads as there are jobs (0: processors). Free with
 * sl_linkage_clear(). */
void sl_campaigns_group(
	const struct sl_gathering *gathering, unsigned jobs, struct sl_linkage *linkage_r);
/* What the groups mean; lists live in the arena of the gathering. */
void sl_campaigns_plan(const struct sl_gathering *gathering, const struct sl_linkage *linkage,
	uint64_t night, struct sl_change *change_r);

#endif
