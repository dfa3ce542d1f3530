/* SPDX-License-Identifier: Apache-2.0 */
/* What stands beside a campaign and is no part of it: family, operation, history.
 *
 * Family: the same layout with another brand. Operation: a registered domain that a blocking feed
 * would list, used by few campaigns. Both are links, never a reason to merge.
 */
#include "dossier_maker.h"

#include <stdlib.h>

enum {
	RARE = 40, /* campaigns that use a domain before it tells nothing */
	RELATED_MOST = 50
};

struct work {
	struct sl_dossier_maker *m;
	size_t at, room;
};

static bool is_related(
	const struct sl_dossier *d, const char *type, const struct sl_campaign_id *id)
{
	for (size_t i = 0; i < d->n_related; i++)
		if (strcmp(d->related[i].type, type) == 0 &&
			sl_campaign_id_eq(&d->related[i].campaign, id))
			return true;
	return false;
}

static void relate(struct work *w, const char *type, uint32_t campaign, struct sl_span reason)
{
	struct sl_dossier *d = &w->m->dossier;
	const struct sl_campaign_id *id = &w->m->roster->campaigns[campaign].id;

	if (campaign == w->at || d->n_related >= RELATED_MOST || is_related(d, type, id))
		return;
	*SL_ARENA_PUSH(w->m->arena, d->related, d->n_related, w->room) =
		(struct sl_relation){ type, *id, reason };
}

static void add_family(struct work *w)
{
	const struct sl_roster *r = w->m->roster;
	const struct sl_roster_campaign *c = &r->campaigns[w->at];
	const struct sl_keyed *run;
	size_t n;

	if (!c->skeleton || !c->brand)
		return;
	n = sl_roster_run(r->forms, r->n_forms, c->skeleton, &run);
	for (size_t i = 0; i < n; i++) {
		const struct sl_roster_campaign *other = &r->campaigns[run[i].value];

		if (other->brand && other->brand != c->brand)
			relate(w, "family", (uint32_t)run[i].value,
				SL_SPAN("the same layout, another brand"));
	}
}

static void add_operation(struct work *w, size_t use)
{
	const struct sl_roster *r = w->m->roster;
	const struct sl_used *used = &w->m->dossier.used[use];
	const struct sl_keyed *run;
	size_t n =
		sl_roster_run(r->uses, r->n_uses, sl_roster_trait_of(&w->m->used_keys[use]), &run);

	for (size_t i = 0; i < n && n <= RARE; i++)
		relate(w, "operation", (uint32_t)run[i].value,
			sl_arena_printf(
				w->m->arena, "both use %.*s", SL_ARG(used->indicator.value)));
}

static int compare_relations(const void *a, const void *b)
{
	const struct sl_relation *x = a, *y = b;
	int order = strcmp(x->type, y->type);

	return order ? order : sl_campaign_id_cmp(&x->campaign, &y->campaign);
}

/* Campaigns that ended in this one, out of its log. */
static void add_history(struct work *w)
{
	const struct sl_roster_campaign *c = &w->m->roster->campaigns[w->at];
	struct sl_dossier *d = &w->m->dossier;
	size_t n = c->n_lines < SL_DOSSIER_LIST ? c->n_lines : SL_DOSSIER_LIST;
	size_t room = 0;

	d->lineage = sl_arena_alloc(w->m->arena, (n ? n : 1) * sizeof(*d->lineage));
	for (size_t i = 0; i < n; i++) {
		const struct sl_lineage *line = &w->m->roster->lines[c->first_line + i].line;

		d->lineage[d->n_lineage++] = *line;
		if (strcmp(line->op, "merge") == 0)
			*SL_ARENA_PUSH(w->m->arena, d->aliases, d->n_aliases, room) = line->other;
	}
}

static int compare_ids(const void *a, const void *b)
{
	return sl_campaign_id_cmp(a, b);
}

void sl_dossier_add_relations(struct sl_dossier_maker *maker, size_t at)
{
	struct work w = { .m = maker, .at = at };
	struct sl_dossier *d = &maker->dossier;

	add_family(&w);
	for (size_t i = 0; i < d->n_used; i++)
		if (d->used[i].actionable && d->used[i].indicator.kind == SL_KIND_DOMAIN)
			add_operation(&w, i);
	if (d->n_related)
		qsort(d->related, d->n_related, sizeof(*d->related), compare_relations);
	add_history(&w);
	if (d->n_aliases)
		qsort(d->aliases, d->n_aliases, sizeof(*d->aliases), compare_ids);
	sl_assert(d->n_related <= RELATED_MOST);
}
