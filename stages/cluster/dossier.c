/* SPDX-License-Identifier: Apache-2.0 */
/* The dossiers of a view: what pipeline/phase.h promises. */
#include "dossier_maker.h"

#include "template.h"

#include "pipeline/verdict.h"

#include <stdlib.h>

enum { HONEST = 1, OTHER };

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
	maker->honesty[at] = sl_verdict_is_honest(d->verdict.label) ? HONEST : OTHER;
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

static enum sl_verdict_label verdict_of(struct sl_dossier_maker *maker, size_t at)
{
	const struct sl_id *key = &maker->roster->campaigns[at].exemplar;
	struct sl_message_row message;
	struct sl_content content;
	struct sl_verdict verdict = { .label = SL_VERDICT_UNKNOWN };

	sl_arena_reset(maker->arena);
	if (!sl_id_is_zero(key) && sl_view_message(maker->view, key, maker->arena, &message) &&
		sl_verdict_may_be_honest(maker->tables, &message.message) &&
		sl_view_content(maker->view, &message.message.content, maker->arena, &content))
		sl_verdict_judge(maker->tables, &message.message, &content, &verdict);
	return verdict.label;
}

static bool brief_dossier(void *state, size_t number, struct sl_campaign_brief *brief_r)
{
	const struct sl_dossier_maker *maker = state;

	if (number >= maker->roster->n_campaigns)
		return false;
	*brief_r = (struct sl_campaign_brief){ maker->roster->campaigns[number].id,
		maker->roster->campaigns[number].messages };
	return true;
}

static bool is_honest(void *state, size_t number)
{
	struct sl_dossier_maker *maker = state;

	sl_assert(number < maker->roster->n_campaigns);
	if (!maker->honesty[number])
		maker->honesty[number] =
			sl_verdict_is_honest(verdict_of(maker, number)) ? HONEST : OTHER;
	return maker->honesty[number] == HONEST;
}

static void rewind_dossiers(void *state)
{
	((struct sl_dossier_maker *)state)->next = 0;
}

static void make_maker(struct sl_view *view, const struct sl_config *config,
	const struct sl_tables *tables, const struct sl_dossier_maker *with,
	struct sl_dossiers *dossiers_r)
{
	struct sl_dossier_maker *maker = sl_calloc(1, sizeof(*maker));
	struct sl_night_row night;

	maker->view = view;
	maker->config = config;
	maker->tables = tables;
	if (sl_view_last_night(view, &night))
		maker->last_night = night.serial;
	maker->own_roster = with ? NULL : sl_roster_new(view);
	maker->roster = with ? with->roster : maker->own_roster;
	maker->arena = sl_arena_new(0);
	maker->scratch = sl_arena_new(0);
	maker->lasting = sl_arena_new(0);
	maker->memo = sl_hostmemo_new(tables);
	maker->honesty = sl_calloc(maker->roster->n_campaigns + 1, 1);
	*dossiers_r = (struct sl_dossiers){ maker, next_dossier, rewind_dossiers, brief_dossier,
		is_honest };
}

enum sl_rc sl_dossiers_open(struct sl_view *view, const struct sl_config *config,
	const struct sl_tables *tables, int64_t as_of, struct sl_dossiers *dossiers_r,
	struct sl_err *err)
{
	(void)as_of; /* times are told as they are; status is relative to the last night */
	(void)err;
	make_maker(view, config, tables, NULL, dossiers_r);
	return SL_OK;
}

void sl_dossiers_share(
	const struct sl_dossiers *with, struct sl_view *view, struct sl_dossiers *dossiers_r)
{
	const struct sl_dossier_maker *maker = with->state;

	make_maker(view, maker->config, maker->tables, maker, dossiers_r);
}

static void free_counts(struct sl_dossier_maker *maker)
{
	for (size_t i = 0; i < SL_DOSSIER_TEXTS; i++)
		sl_counts_free(&maker->texts[i]);
	sl_counts_free(&maker->traps);
	sl_counts_free(&maker->archive_keys);
}

void sl_dossiers_close(struct sl_dossiers *dossiers)
{
	struct sl_dossier_maker *maker = dossiers->state;

	if (maker) {
		sl_roster_free(&maker->own_roster);
		sl_hostmemo_free(&maker->memo);
		sl_arena_free(&maker->arena);
		sl_arena_free(&maker->scratch);
		sl_arena_free(&maker->lasting);
		free_counts(maker);
		free(maker->honesty);
		free(maker);
	}
	*dossiers = (struct sl_dossiers){ 0 };
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
