/* SPDX-License-Identifier: Apache-2.0 */
/* Why the mails of a campaign are together: evidence, confidence, template, attachments. */
#include "dossier_maker.h"

#include "template.h"

#include <stdlib.h>

enum { MANY_FILES = 4 * SL_DOSSIER_LIST };

static int compare_files(const void *a, const void *b)
{
	const struct sl_attachment *x = a, *y = b;
	int order = memcmp(x->sha256.b, y->sha256.b, sizeof(x->sha256.b));

	if (order == 0)
		order = sl_span_cmp(x->name, y->name);
	return order ? order : sl_span_cmp(x->type, y->type);
}

/* One of each digest, the first ones. */
static void unite_files(struct sl_dossier *d)
{
	size_t out = 0;

	if (d->n_attachments)
		qsort(d->attachments, d->n_attachments, sizeof(*d->attachments), compare_files);
	for (size_t i = 0; i < d->n_attachments && out < SL_DOSSIER_LIST; i++)
		if (out == 0 || memcmp(d->attachments[out - 1].sha256.b, d->attachments[i].sha256.b,
					32) != 0)
			d->attachments[out++] = d->attachments[i];
	d->n_attachments = out;
}

struct support {
	uint64_t scores; /* sum */
	size_t n;
	struct sl_span texts[SL_TEMPLATE_TEXTS];
	size_t n_texts;
	size_t room_files;
};

static void add_text(
	struct sl_dossier_maker *maker, const struct sl_content *content, struct support *s)
{
	struct sl_dossier *d = &maker->dossier;

	if (s->n_texts < SL_TEMPLATE_TEXTS && !sl_id_eq(&content->key, &d->exemplar_content.key))
		s->texts[s->n_texts++] = content->norm;
	for (size_t i = 0; i < content->n_attachments; i++) {
		if (d->n_attachments == MANY_FILES)
			unite_files(d);
		*SL_ARENA_PUSH(maker->arena, d->attachments, d->n_attachments, s->room_files) =
			content->attachments[i];
	}
}

static void add_variant(struct sl_dossier_maker *maker, const struct sl_id *key, struct support *s)
{
	struct sl_variant_row row;
	struct sl_message_row message;
	struct sl_message look;
	struct sl_content content;

	if (!sl_view_variant(maker->view, key, &row))
		return;
	sl_assert(row.score <= 1000 && row.evidence < SL_EVIDENCES);
	s->scores += row.score;
	s->n++;
	if (row.evidence != SL_EVIDENCE_VARIANT)
		maker->dossier.evidence[row.evidence]++;
	if (sl_view_message_brief(maker->view, &row.exemplar, maker->scratch, &message) &&
		sl_view_look(maker->view, &message, &look) &&
		sl_view_content(maker->view, &look.content, maker->scratch, &content))
		add_text(maker, &content, s);
	sl_arena_reset(maker->scratch);
}

/* The store keeps keys; people see names. */
static void name_edge(struct sl_dossier_maker *maker, const struct sl_campaign_row *row)
{
	struct sl_dossier *d = &maker->dossier;
	struct sl_variant_row a, b;

	if (!row->has_weakest || !sl_view_variant(maker->view, &row->weakest.a, &a) ||
		!sl_view_variant(maker->view, &row->weakest.b, &b))
		return;
	d->weakest = row->weakest;
	d->weakest.a = a.name;
	d->weakest.b = b.name;
	d->has_weakest = true;
}

void sl_dossier_add_support(struct sl_dossier_maker *maker, size_t at)
{
	const struct sl_roster_campaign *c = &maker->roster->campaigns[at];
	struct sl_dossier *d = &maker->dossier;
	struct support s = { .n = 0 };
	struct sl_campaign_row row;

	s.texts[s.n_texts++] = d->exemplar_content.norm;
	for (size_t i = 0; i < c->n; i++)
		add_variant(maker, &maker->roster->variants[c->first + i].key, &s);
	sl_assert(d->messages >= d->variants);
	d->evidence[SL_EVIDENCE_VARIANT] = d->messages - d->variants;
	d->confidence = s.n ? (unsigned)((s.scores / s.n + 5) / 10) : 0;
	unite_files(d);
	d->n_template_lines =
		sl_template_make(maker->arena, s.texts, s.n_texts, &d->template_lines);
	if (sl_view_campaign(maker->view, &c->id, maker->arena, &row))
		name_edge(maker, &row);
}
