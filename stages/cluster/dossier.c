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
	maker->verdicts[at] = (uint8_t)(d->verdict.label + 1);
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

/* No time sorts last, as in the store. */
static bool is_before(const struct sl_variant_row *a, const struct sl_variant_row *b)
{
	bool timed = a->exemplar_time != SL_TIME_NONE;

	if (timed != (b->exemplar_time != SL_TIME_NONE))
		return timed;
	if (a->exemplar_time != b->exemplar_time)
		return a->exemplar_time < b->exemplar_time;
	return sl_id_cmp(&a->exemplar_id, &b->exemplar_id) < 0;
}

/* The exemplar of a campaign is the smallest (time, id) of the exemplars of its variants. */
static bool exemplar_of(const struct sl_dossier_maker *maker, size_t at, struct sl_id *message_r)
{
	const struct sl_roster_campaign *c = &maker->roster->campaigns[at];
	struct sl_variant_row row, best = { .messages = 0 };

	for (size_t i = c->first; i < c->first + c->n; i++) {
		if (!sl_view_variant(maker->view, &maker->roster->variants[i].key, &row))
			continue;
		if (!best.messages || is_before(&row, &best))
			best = row;
	}
	*message_r = best.exemplar;
	return best.messages > 0;
}

static enum sl_verdict_label verdict_of(struct sl_dossier_maker *maker, size_t at)
{
	struct sl_id key;
	struct sl_message_row message;
	struct sl_content content;
	struct sl_verdict verdict = { .label = SL_VERDICT_UNKNOWN };

	sl_arena_reset(maker->arena);
	if (exemplar_of(maker, at, &key) &&
		sl_view_message(maker->view, &key, maker->arena, &message) &&
		sl_view_content(maker->view, &message.message.content, maker->arena, &content))
		sl_verdict_judge(maker->tables, &message.message, &content, &verdict);
	return verdict.label;
}

static bool brief_dossier(void *state, size_t number, struct sl_campaign_brief *brief_r)
{
	struct sl_dossier_maker *maker = state;

	if (number >= maker->roster->n_campaigns)
		return false;
	if (!maker->verdicts[number])
		maker->verdicts[number] = (uint8_t)(verdict_of(maker, number) + 1);
	*brief_r = (struct sl_campaign_brief){ maker->roster->campaigns[number].id,
		maker->roster->campaigns[number].messages,
		(enum sl_verdict_label)(maker->verdicts[number] - 1) };
	return true;
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
	maker->verdicts = sl_calloc(maker->roster->n_campaigns + 1, 1);
	*dossiers_r = (struct sl_dossiers){ maker, next_dossier, rewind_dossiers, brief_dossier };
	return SL_OK;
}

void sl_dossiers_close(struct sl_dossiers *dossiers)
{
	struct sl_dossier_maker *maker = dossiers->state;

	if (maker) {
		sl_roster_free(&maker->roster);
		sl_arena_free(&maker->arena);
		sl_arena_free(&maker->lasting);
		free(maker->verdicts);
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
