/* SPDX-License-Identifier: Apache-2.0 */
#include "campaigns.h"

#include "candidates.h"

#include "pipeline/base/thread.h"
#include "pipeline/phase.h"

#include <stdlib.h>

static void match_items(void *arg, uint32_t a, uint32_t b, struct sl_match *match_r)
{
	sl_comparer_match(arg, a, b, match_r);
}

/* Candidates are judged piece by piece, so that answers need no more room than edges do. */
enum { PIECE = 1 << 15, WORTH_A_THREAD = 1 << 12 };

struct judging {
	struct sl_comparer *comparer;
	const struct sl_candidate *pairs;
	size_t n;
	struct sl_match *matches;
};

static void judge_alone(const struct judging *j)
{
	for (size_t i = 0; i < j->n; i++)
		sl_comparer_match(j->comparer, j->pairs[i].a, j->pairs[i].b, &j->matches[i]);
}

static void judge_part(void *judging)
{
	const struct judging *j = judging;

	for (size_t i = 0; i < j->n; i++)
		sl_comparer_judge(j->comparer, j->pairs[i].a, j->pairs[i].b, &j->matches[i]);
}

/* Half of them on another thread; this one does it all when there is none to have. */
static void judge_together(const struct judging *j)
{
	size_t half = j->n / 2;
	struct judging ours = { j->comparer, j->pairs, half, j->matches };
	struct judging theirs = { j->comparer, j->pairs + half, j->n - half, j->matches + half };
	struct sl_thread thread = { .running = false };
	struct sl_err err;
	bool alone = sl_thread_start(&thread, "campaigns", judge_part, &theirs, &err) != SL_OK;

	judge_part(&ours);
	if (alone)
		judge_part(&theirs);
	sl_thread_join(&thread);
	for (size_t i = 0; i < j->n; i++)
		sl_comparer_keep(j->comparer, j->pairs[i].a, j->pairs[i].b, &j->matches[i]);
}

/* Appends those of the candidates that are edges; the new count. */
static size_t add_edges(
	const struct judging *j, struct sl_link_edge **edges, size_t count, size_t *room)
{
	for (size_t i = 0; i < j->n; i++) {
		const struct sl_match *m = &j->matches[i];

		if (!m->edge)
			continue;
		if (count == *room) {
			*room = *room ? 2 * *room : 4096;
			*edges = sl_realloc(*edges, *room * sizeof(**edges));
		}
		(*edges)[count++] = (struct sl_link_edge){ j->pairs[i].a, j->pairs[i].b, m->score,
			(uint16_t)m->evidence };
	}
	return count;
}

static size_t edges_of(struct sl_comparer *comparer, bool two, const struct sl_candidate *pairs,
	size_t n, struct sl_link_edge **edges_r)
{
	struct sl_match *matches = sl_malloc(PIECE * sizeof(*matches));
	size_t count = 0, room = 0;

	two = two && sl_comparer_is_whole(comparer);
	*edges_r = NULL;
	for (size_t at = 0; at < n; at += PIECE) {
		struct judging j = { comparer, pairs + at, n - at < PIECE ? n - at : PIECE,
			matches };

		if (two && j.n >= WORTH_A_THREAD)
			judge_together(&j);
		else
			judge_alone(&j);
		count = add_edges(&j, edges_r, count, &room);
	}
	free(matches);
	return count;
}

void sl_campaigns_group(
	const struct sl_gathering *gathering, bool two, struct sl_linkage *linkage_r)
{
	struct sl_comparer *comparer =
		sl_comparer_new(gathering->corpus, gathering->lures, gathering->n);
	struct sl_candidate *candidates;
	size_t n = sl_candidates_find(
		comparer, gathering->lures, gathering->n, gathering->fresh, &candidates);
	struct sl_link_edge *edges;
	size_t n_edges = edges_of(comparer, two, candidates, n, &edges);

	free(candidates);
	sl_linkage_make(
		gathering->n, gathering->given, edges, n_edges, match_items, comparer, linkage_r);
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
	rc = sl_gather(view, tables, arena, &gathering, err);
	if (rc == SL_OK && gathering.n > 0) {
		sl_campaigns_group(&gathering, config->jobs != 1, &linkage);
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
