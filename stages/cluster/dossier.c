/* SPDX-License-Identifier: Apache-2.0 */
/* The dossiers of a view: what pipeline/phase.h promises. */
#include "dossier_maker.h"

#include "template.h"

#include "pipeline/verdict.h"

#include <stdlib.h>

/* One line without control characters. */
static struct sl_span one_line(struct sl_arena *arena, struct sl_span text)
{
	char *to = sl_arena_alloc(arena, text.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool space = c <= ' ' || c == 0x7f;

		if (!space)
			to[n++] = (char)c;
		else if (n && to[n - 1] != ' ')
			to[n++] = ' ';
	}
	return sl_span_trim(sl_span_of(to, n));
}

static struct sl_span make_name(struct sl_dossier_maker *maker)
{
	struct sl_dossier *d = &maker->dossier;
	const struct sl_brand *brand = NULL;
	struct sl_span subject = one_line(maker->arena, d->exemplar.subject);

	if (subject.n == 0)
		subject = SL_SPAN("(no subject)");
	if (maker->tables && d->brand.n)
		brand = sl_tables_brand_by_id(maker->tables, d->brand);
	return brand ? sl_arena_printf(
			       maker->arena, "%.*s: %.*s", SL_ARG(brand->name), SL_ARG(subject))
		     : subject;
}

static void fill_head(struct sl_dossier_maker *maker, size_t at)
{
	struct sl_dossier *d = &maker->dossier;
	struct sl_campaign_row row;

	d->id = maker->roster->campaigns[at].id;
	d->status = SL_STATUS_ONGOING;
	if (!sl_view_campaign(maker->view, &d->id, maker->arena, &row))
		return;
	d->brand = row.brand;
	if (row.born == maker->last_night)
		d->status = SL_STATUS_NEW;
}

bool sl_dossier_make(struct sl_dossier_maker *maker, size_t at)
{
	struct sl_dossier *d = &maker->dossier;

	sl_assert(at < maker->roster->n_campaigns);
	sl_arena_reset(maker->arena);
	*d = (struct sl_dossier){ .n_used = 0 };
	fill_head(maker, at);
	if (!sl_dossier_add_messages(maker, at))
		return false;
	d->name = make_name(maker);
	d->pretext = sl_template_line(maker->arena, d->exemplar.subject_norm);
	if (d->n_languages == 0 && d->exemplar_content.language.n) {
		d->languages = sl_arena_alloc(maker->arena, sizeof(*d->languages));
		d->languages[0] = (struct sl_counted){ d->exemplar_content.language, d->messages };
		d->n_languages = 1;
	}
	sl_verdict_judge(maker->tables, &d->exemplar, &d->exemplar_content, &d->verdict);
	sl_dossier_add_support(maker, at);
	sl_dossier_add_uses(maker, at);
	sl_dossier_add_relations(maker, at);
	return true;
}

static const struct sl_dossier *next_dossier(void *state)
{
	struct sl_dossier_maker *maker = state;

	while (maker->next < maker->roster->n_campaigns) {
		size_t at = maker->next++;
		if (!maker->config->all && maker->roster->campaigns[at].messages < 2)
			continue;
		if (sl_dossier_make(maker, at))
			return &maker->dossier;
	}
	return NULL;
}

static void rewind_dossiers(void *state)
{
	((struct sl_dossier_maker *)state)->next = 0;
}

enum sl_rc sl_dossiers_open(struct sl_view *view, const struct sl_config *config,
	const struct sl_tables *tables, int64_t as_of, struct sl_dossiers *dossiers_r,
	struct sl_err *err)
{
	struct sl_dossier_maker *maker = sl_calloc(1, sizeof(*maker));
	struct sl_night_row night;

	(void)as_of; /* times are told as they are; status is relative to the last night */
	(void)err;
	maker->view = view;
	maker->config = config;
	maker->tables = tables;
	if (sl_view_last_night(view, &night))
		maker->last_night = night.serial;
	maker->roster = sl_roster_new(view);
	maker->arena = sl_arena_new(0);
	maker->lasting = sl_arena_new(0);
	*dossiers_r = (struct sl_dossiers){ maker, next_dossier, rewind_dossiers };
	return SL_OK;
}

void sl_dossiers_close(struct sl_dossiers *dossiers)
{
	struct sl_dossier_maker *maker = dossiers->state;

	if (maker) {
		sl_roster_free(&maker->roster);
		sl_arena_free(&maker->arena);
		sl_arena_free(&maker->lasting);
		free(maker);
	}
	*dossiers = (struct sl_dossiers){ NULL, NULL, NULL };
}

const struct sl_dossier *sl_dossier_one(
	const struct sl_dossiers *dossiers, const struct sl_campaign_id *id)
{
	struct sl_dossier_maker *maker = dossiers->state;
	struct sl_campaign_id living;
	ssize_t at;

	if (!sl_view_resolve(maker->view, id, &living) ||
		(at = sl_roster_find(maker->roster, &living)) < 0)
		return NULL;
	return sl_dossier_make(maker, (size_t)at) ? &maker->dossier : NULL;
}
