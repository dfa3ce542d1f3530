/* SPDX-License-Identifier: Apache-2.0 */
/* What the groups of a night mean for campaigns: who joins, what is born, what merges. */
#include "campaigns.h"

#include <stdlib.h>

enum { REPRESENTATIVES = 8, SCORE_FULL = 1000 };

/* A tree edge seen from one end. */
struct arm {
	uint32_t to, edge;
};

struct work {
	const struct sl_gathering *g;
	const struct sl_linkage *linkage;
	struct sl_change *change;
	uint64_t night;
	uint32_t *members;   /* lures, group by group */
	uint32_t *first_arm; /* per lure, n + 1 */
	struct arm *arms;
	uint32_t *queue;
	bool *reached;
	struct sl_variant_row *rows; /* per lure: what the walk found out */
};

static void index_tree(struct work *w)
{
	const struct sl_linkage *l = w->linkage;
	size_t n = w->g->n;
	uint32_t *fill = sl_arena_zalloc(w->g->arena, (n + 1) * sizeof(*fill));

	w->first_arm = sl_arena_zalloc(w->g->arena, (n + 2) * sizeof(*w->first_arm));
	w->arms = sl_arena_alloc(w->g->arena, (2 * l->n_tree + 1) * sizeof(*w->arms));
	for (size_t i = 0; i < l->n_tree; i++) {
		w->first_arm[l->tree[i].a + 1]++;
		w->first_arm[l->tree[i].b + 1]++;
	}
	for (size_t i = 0; i < n; i++)
		w->first_arm[i + 1] += w->first_arm[i];
	for (uint32_t i = 0; i < l->n_tree; i++) {
		uint32_t a = l->tree[i].a, b = l->tree[i].b;

		w->arms[w->first_arm[a] + fill[a]++] = (struct arm){ b, i };
		w->arms[w->first_arm[b] + fill[b]++] = (struct arm){ a, i };
	}
}

/* Lures sorted by (group, number), by counting. */
static void list_members(struct work *w)
{
	size_t n = w->g->n;
	uint32_t *at = sl_arena_zalloc(w->g->arena, (n + 1) * sizeof(*at));

	w->members = sl_arena_alloc(w->g->arena, (n + 1) * sizeof(*w->members));
	for (size_t i = 0; i < n; i++)
		at[w->linkage->group[i] + 1]++;
	for (size_t i = 0; i < n; i++)
		at[i + 1] += at[i];
	for (uint32_t i = 0; i < n; i++)
		w->members[at[w->linkage->group[i]]++] = i;
}

/* One group at work. */
struct group {
	const uint32_t *members; /* ascending */
	size_t n, n_fresh;
	uint32_t founder;  /* lure that comes first in time, of fresh ones */
	uint32_t survivor; /* standing campaign, or SL_NO_OWNER */
	bool merges;       /* more than one standing campaign */
};

/* The lure of a campaign's founder: its first representative. */
static uint32_t founder_of(const struct work *w, uint32_t owner, const struct group *group)
{
	const struct sl_campaign_row *row = &w->g->standing[owner].row;
	uint32_t found = SL_NO_OWNER;

	for (size_t i = 0; i < group->n; i++) {
		uint32_t m = group->members[i];

		if (w->g->owner[m] != owner)
			continue;
		if (sl_id_eq(&w->g->lures[m].key, &row->representatives[0]))
			return m;
		if (found == SL_NO_OWNER)
			found = m;
	}
	sl_assert(found != SL_NO_OWNER);
	return found;
}

/* Which of two campaigns keeps its id: born in an earlier night, then the earlier founder. */
static bool is_older(const struct work *w, uint32_t a, uint32_t b, const struct group *group)
{
	uint64_t x = w->g->standing[a].row.born, y = w->g->standing[b].row.born;

	if (x != y)
		return x < y;
	return sl_lure_before(
		&w->g->lures[founder_of(w, a, group)], &w->g->lures[founder_of(w, b, group)]);
}

static struct group look_at(const struct work *w, const uint32_t *members, size_t n)
{
	struct group group = { members, n, 0, SL_NO_OWNER, SL_NO_OWNER, false };

	for (size_t i = 0; i < n; i++) {
		uint32_t m = members[i], owner = w->g->owner[m];

		if (w->g->fresh[m]) {
			group.n_fresh++;
			if (group.founder == SL_NO_OWNER ||
				sl_lure_before(&w->g->lures[m], &w->g->lures[group.founder]))
				group.founder = m;
		} else if (group.survivor == SL_NO_OWNER) {
			group.survivor = owner;
		} else if (owner != group.survivor) {
			group.merges = true;
			if (is_older(w, owner, group.survivor, &group))
				group.survivor = owner;
		}
	}
	return group;
}

/* Walk the tree from what is known, or from the founder; every fresh lure learns its evidence
 * and its partner. */
static void walk(struct work *w, const struct group *group)
{
	size_t head = 0, tail = 0;

	for (size_t i = 0; i < group->n; i++) {
		uint32_t m = group->members[i];
		bool root =
			!w->g->fresh[m] || (group->survivor == SL_NO_OWNER && m == group->founder);

		w->reached[m] = root;
		if (root)
			w->queue[tail++] = m;
		if (root && w->g->fresh[m])
			w->rows[m] = (struct sl_variant_row){ .key = w->g->lures[m].key,
				.evidence = SL_EVIDENCE_VARIANT,
				.score = SCORE_FULL };
	}
	while (head < tail) {
		uint32_t m = w->queue[head++];

		for (uint32_t i = w->first_arm[m]; i < w->first_arm[m + 1]; i++) {
			const struct sl_link_edge *edge = &w->linkage->tree[w->arms[i].edge];
			uint32_t to = w->arms[i].to;

			if (w->reached[to])
				continue;
			w->reached[to] = true;
			w->queue[tail++] = to;
			w->rows[to] = (struct sl_variant_row){ .key = w->g->lures[to].key,
				.evidence = (enum sl_evidence)edge->evidence,
				.score = edge->score,
				.partner = w->g->lures[m].key };
		}
	}
	sl_assert(tail == group->n); /* the tree reaches all */
}

static void note_edge(struct sl_campaign_row *row, const struct sl_edge *edge)
{
	if (row->has_weakest && row->weakest.score <= edge->score)
		return;
	row->has_weakest = true;
	row->weakest = *edge;
}

/* Founder's variant first, then the others of smallest name: the same choice in one night or in
 * many. */
static void choose_representatives(
	struct work *w, const struct group *group, uint32_t founder, struct sl_campaign_row *row)
{
	row->representatives =
		sl_arena_alloc(w->g->arena, REPRESENTATIVES * sizeof(*row->representatives));
	row->representatives[0] = w->g->lures[founder].key;
	row->n_representatives = 1;
	sl_assert(group->n > 0);
	for (size_t i = 0; i < group->n && row->n_representatives < REPRESENTATIVES; i++)
		if (group->members[i] != founder)
			row->representatives[row->n_representatives++] =
				w->g->lures[group->members[i]].key;
}

static struct sl_event *new_event(struct work *w, const char *op, const struct sl_campaign_id *id)
{
	struct sl_event *event = SL_ARENA_PUSH(
		w->g->arena, w->change->events, w->change->n_events, w->change->room_events);

	*event = (struct sl_event){ .op = op, .id = *id };
	return event;
}

/* The strongest tree edge that leads out of a campaign's own representatives. */
static struct sl_edge bridge_of(const struct work *w, uint32_t owner, bool names)
{
	const struct sl_linkage *l = w->linkage;
	struct sl_edge edge = { .score = 0 };

	for (size_t i = 0; i < l->n_tree; i++) {
		const struct sl_lure *a = &w->g->lures[l->tree[i].a];
		const struct sl_lure *b = &w->g->lures[l->tree[i].b];
		bool from = w->g->owner[l->tree[i].a] == owner;
		bool to = w->g->owner[l->tree[i].b] == owner;

		if (from == to || l->tree[i].score <= edge.score)
			continue;
		edge = (struct sl_edge){ (enum sl_evidence)l->tree[i].evidence, l->tree[i].score,
			names ? a->name : a->key, names ? b->name : b->key };
	}
	return edge;
}

static void absorb(struct work *w, uint32_t owner, struct sl_campaign_row *survivor)
{
	const struct sl_standing *standing = &w->g->standing[owner];
	struct sl_campaign_row *row = SL_ARENA_PUSH(w->g->arena, w->change->campaigns,
		w->change->n_campaigns, w->change->room_campaigns);
	struct sl_edge edge = bridge_of(w, owner, false);
	struct sl_event *event = new_event(w, "merge", &survivor->id);

	sl_assert(edge.score > 0 && !sl_campaign_id_eq(&standing->row.id, &survivor->id));
	*row = standing->row;
	row->merged_into = survivor->id;
	row->touched = w->night;
	for (int i = 0; i < SL_EVIDENCES; i++)
		survivor->evidence[i] += standing->row.evidence[i];
	if (standing->row.has_weakest)
		note_edge(survivor, &standing->row.weakest);
	note_edge(survivor, &edge);
	event->other = row->id;
	event->messages = standing->messages;
	event->variants = standing->variants;
	event->edge = bridge_of(w, owner, true);
}

static void absorb_all(struct work *w, const struct group *group, struct sl_campaign_row *row)
{
	/* Members of one campaign share their smallest lure: it stands for the campaign. */
	for (size_t i = 0; i < group->n; i++) {
		uint32_t m = group->members[i], owner = w->g->owner[m];

		if (!w->g->fresh[m] && w->g->given[m] == m && owner != group->survivor)
			absorb(w, owner, row);
	}
}

static void assign_fresh(struct work *w, const struct group *group, struct sl_campaign_row *row)
{
	struct sl_event *event =
		new_event(w, group->survivor == SL_NO_OWNER ? "born" : "join", &row->id);

	for (size_t i = 0; i < group->n; i++) {
		uint32_t m = group->members[i];
		struct sl_variant_row *assigned = &w->rows[m];

		if (!w->g->fresh[m])
			continue;
		sl_assert(w->reached[m]);
		assigned->assigned = true;
		assigned->campaign = row->id;
		w->change->assigned[w->change->n_assigned++] = *assigned;
		row->evidence[assigned->evidence]++;
		event->evidence[assigned->evidence]++;
		event->variants++;
		event->messages += w->g->lures[m].messages;
		if (row->brand.n == 0)
			row->brand = w->g->brands[m];
		if (!sl_id_is_zero(&assigned->partner))
			note_edge(row, &(struct sl_edge){ assigned->evidence, assigned->score,
					       assigned->key, assigned->partner });
	}
}

static struct sl_campaign_row birth(const struct work *w, const struct group *group)
{
	const struct sl_lure *founder = &w->g->lures[group->founder];

	return (struct sl_campaign_row){ .id = sl_campaign_id_make(&w->g->digests[group->founder]),
		.founder = founder->exemplar,
		.founder_sha256 = w->g->digests[group->founder],
		.born = w->night,
		.brand = w->g->brands[group->founder] };
}

/* The founding message founded a campaign before (its text is read otherwise since): go there. */
static uint32_t refounded(const struct work *w, const struct group *group)
{
	struct sl_campaign_id id = sl_campaign_id_make(&w->g->digests[group->founder]);

	return sl_gathering_owner(w->g, &id);
}

static void plan_group(struct work *w, struct group *group)
{
	bool old = group->survivor != SL_NO_OWNER;
	struct sl_campaign_row row;

	walk(w, group);
	if (!old)
		group->survivor = refounded(w, group);
	row = group->survivor == SL_NO_OWNER ? birth(w, group)
					     : w->g->standing[group->survivor].row;
	row.touched = w->night;
	if (old || group->survivor == SL_NO_OWNER)
		choose_representatives(w, group,
			old ? founder_of(w, group->survivor, group) : group->founder, &row);
	if (group->merges)
		absorb_all(w, group, &row);
	if (group->n_fresh)
		assign_fresh(w, group, &row);
	*SL_ARENA_PUSH(w->g->arena, w->change->campaigns, w->change->n_campaigns,
		w->change->room_campaigns) = row;
}

static int compare_assigned(const void *a, const void *b)
{
	const struct sl_variant_row *x = a, *y = b;

	return sl_id_cmp(&x->key, &y->key);
}

static int compare_campaigns(const void *a, const void *b)
{
	const struct sl_campaign_row *x = a, *y = b;

	return sl_campaign_id_cmp(&x->id, &y->id);
}

static size_t n_fresh(const struct sl_gathering *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		n += g->fresh[i];
	return n;
}

void sl_campaigns_plan(const struct sl_gathering *gathering, const struct sl_linkage *linkage,
	uint64_t night, struct sl_change *change_r)
{
	struct sl_arena *arena = gathering->arena;
	size_t n = gathering->n;
	struct work w = { .g = gathering, .linkage = linkage, .change = change_r, .night = night };

	sl_assert(linkage->n == n);
	*change_r = (struct sl_change){ .n_events = 0 };
	change_r->assigned =
		sl_arena_alloc(arena, (gathering->n_fresh + 1) * sizeof(*change_r->assigned));
	w.queue = sl_arena_alloc(arena, (n + 1) * sizeof(*w.queue));
	w.reached = sl_arena_zalloc(arena, (n + 1) * sizeof(*w.reached));
	w.rows = sl_arena_zalloc(arena, (n + 1) * sizeof(*w.rows));
	index_tree(&w);
	list_members(&w);
	for (size_t i = 0, end; i < n; i = end) {
		uint32_t root = linkage->group[w.members[i]];
		struct group group;

		for (end = i + 1; end < n && linkage->group[w.members[end]] == root;)
			end++;
		group = look_at(&w, w.members + i, end - i);
		if (group.n_fresh || group.merges)
			plan_group(&w, &group);
	}
	sl_assert(change_r->n_assigned == n_fresh(gathering));
	qsort(change_r->assigned, change_r->n_assigned, sizeof(*change_r->assigned),
		compare_assigned);
	qsort(change_r->campaigns, change_r->n_campaigns, sizeof(*change_r->campaigns),
		compare_campaigns);
	qsort(change_r->events, change_r->n_events, sizeof(*change_r->events), sl_event_compare);
}
