/* SPDX-License-Identifier: Apache-2.0 */
#include "campaigns.h"

#include "judge.h"

#include "pipeline/phase.h"

#include <stdlib.h>

enum {
	ITEMS_A_HAND = 256,
	MEMORY = 192 << 20 /* of gram sets */
};

static void match_items(void *arg, uint32_t a, uint32_t b, struct sl_match *match_r)
{
	sl_comparer_match(arg, a, b, match_r);
}

void sl_campaigns_group(
	const struct sl_gathering *gathering, unsigned jobs, struct sl_linkage *linkage_r)
{
	const struct sl_gathering *g = gathering;
	unsigned hands = sl_crew_hands(jobs, g->n, ITEMS_A_HAND);
	struct sl_comparer *comparer = sl_comparer_new(g->corpus, g->lures, g->n, MEMORY);
	struct sl_candidates *candidates =
		sl_candidates_new(comparer, g->lures, g->n, g->fresh, hands);
	struct sl_link_edge *edges;
	size_t n_edges = sl_judge_all(comparer, candidates, g->n, hands, &edges);

	sl_candidates_free(&candidates);
	sl_linkage_make(g->n, g->given, edges, n_edges, match_items, comparer, linkage_r);
	free(edges);
	sl_comparer_free(&comparer);
}

static enum sl_rc write_change(struct sl_store *store, struct sl_arena *arena, uint64_t night,
	const struct sl_change *change, struct sl_err *err)
{
	enum sl_rc rc = SL_OK;

	for (size_t i = 0; i < change->n_campaigns && rc == SL_OK; i++)
		rc = sl_store_put_campaign(store, &change->campaigns[i], err);
	for (size_t i = 0; i < change->n_assigned && rc == SL_OK; i++)
		rc = sl_store_assign(store, &change->assigned[i], err);
	for (size_t i = 0; i < change->n_events && rc == SL_OK; i++)
		rc = sl_event_write(store, arena, night, &change->events[i], err);
	return rc;
}

/* Read and think; `changed_r`: there is something to write. All spans of the change are in the
 * arena, because rows of the view are gone with the first write. */
static enum sl_rc think(struct sl_store *store, const struct sl_config *config,
	const struct sl_tables *tables, uint64_t night, struct sl_arena *arena,
	struct sl_change *change_r, struct sl_err *err)
{
	struct sl_gathering gathering = { .n = 0 };
	struct sl_linkage linkage = { .n = 0 };
	struct sl_view *view = NULL;
	enum sl_rc rc = sl_view_open(store, true, &view, err);

	*change_r = (struct sl_change){ .n_events = 0 };
	if (rc != SL_OK)
		return rc;
	rc = sl_gather(view, tables, config->jobs, arena, &gathering, err);
	if (rc == SL_OK && gathering.n > 0) {
		sl_campaigns_group(&gathering, config->jobs, &linkage);
		sl_campaigns_plan(&gathering, &linkage, night, change_r);
	}
	sl_linkage_clear(&linkage);
	sl_gathering_clear(&gathering);
	sl_view_close(&view);
	return rc;
}

enum sl_rc sl_campaigns_run(struct sl_store *store, uint64_t night, const struct sl_config *config,
	const struct sl_tables *tables, struct sl_err *err)
{
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_change change;
	enum sl_rc rc = sl_store_begin(store, err);

	if (rc == SL_OK) {
		rc = think(store, config, tables, night, arena, &change, err);
		if (rc == SL_OK)
			rc = write_change(store, arena, night, &change, err);
		if (rc == SL_OK)
			rc = sl_store_commit(store, err);
		else
			sl_store_abort(store);
	}
	sl_arena_free(&arena);
	return rc == SL_OK ? SL_OK : sl_err_context(err, "cannot make campaigns");
}
