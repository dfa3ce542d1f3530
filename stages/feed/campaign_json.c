/* SPDX-License-Identifier: Apache-2.0 */
#include "campaign_rows.h"
#include "shared_json.h"
#include "tally.h"

static void put_text(const struct sl_told_campaign *t, struct sl_arena *arena, struct sl_json *to,
	struct sl_span s)
{
	sl_json_text(to, sl_redact_text(t->redact, arena, s));
}

/* [{"value":S,"messages":N}] */
static void put_counted(const struct sl_told_campaign *t, struct sl_arena *arena,
	struct sl_json *to, const struct sl_counted *items, size_t n)
{
	sl_json_array(to);
	for (size_t i = 0; i < n; i++) {
		sl_json_object(to);
		sl_json_key(to, "value");
		put_text(t, arena, to, items[i].value);
		sl_json_key(to, "messages");
		sl_json_u64(to, items[i].count);
		sl_json_object_end(to);
	}
	sl_json_array_end(to);
}

void sl_put_waves(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	sl_json_array(to);
	for (size_t i = 0; i < t->dossier->n_waves; i++) {
		const struct sl_wave *wave = &t->dossier->waves[i];
		sl_json_object(to);
		sl_json_key(to, "first");
		sl_json_time(to, wave->first);
		sl_json_key(to, "last");
		sl_json_time(to, wave->last);
		sl_json_key(to, "messages");
		sl_json_u64(to, wave->messages);
		sl_json_object_end(to);
	}
	sl_json_array_end(to);
}

void sl_put_traps(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	put_counted(t, arena, to, t->dossier->traps, t->dossier->n_traps);
}

void sl_put_languages(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	put_counted(t, arena, to, t->dossier->languages, t->dossier->n_languages);
}

void sl_put_subjects(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	put_counted(t, arena, to, t->dossier->subjects, t->dossier->n_subjects);
}

void sl_put_senders(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	put_counted(t, arena, to, t->dossier->senders, t->dossier->n_senders);
}

void sl_put_sender_names(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	put_counted(t, arena, to, t->dossier->sender_names, t->dossier->n_sender_names);
}

void sl_put_mailers(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	put_counted(t, arena, to, t->dossier->mailers, t->dossier->n_mailers);
}

bool sl_used_is_origin(const struct sl_used *used)
{
	return (used->indicator.kind == SL_KIND_IPV4 || used->indicator.kind == SL_KIND_IPV6) &&
	       (used->roles >> SL_ROLE_SENDING_IP & 1);
}

bool sl_used_is_url(const struct sl_used *used)
{
	return used->indicator.kind == SL_KIND_URL;
}

bool sl_used_is_domain(const struct sl_used *used)
{
	return used->indicator.kind == SL_KIND_DOMAIN;
}

static void put_number_or_null(struct sl_json *to, struct sl_span text)
{
	uint64_t value;
	if (sl_span_u64(text, &value))
		sl_json_u64(to, value);
	else
		sl_json_null(to);
}

static void put_empty_list(struct sl_json *to, const char *key)
{
	sl_json_key(to, key);
	sl_json_array(to);
	sl_json_array_end(to);
}

static void put_network(struct sl_json *to, const struct sl_answer *geo)
{
	sl_json_key(to, "asn");
	put_number_or_null(to, sl_answer_get(geo, "asn"));
	sl_json_key(to, "as_name");
	sl_json_text_or_null(to, sl_answer_get(geo, "as_name"));
	sl_json_key(to, "country");
	sl_json_text_or_null(to, sl_answer_get(geo, "country"));
	put_empty_list(to, "listed_by");
}

void sl_put_origin_ips(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	sl_json_array(to);
	for (size_t i = 0; i < t->dossier->n_used; i++) {
		const struct sl_used *used = &t->dossier->used[i];
		if (!sl_used_is_origin(used))
			continue;
		sl_json_object(to);
		sl_json_key(to, "ip");
		sl_json_text(to, used->indicator.value);
		sl_json_key(to, "messages");
		sl_json_u64(to, used->messages);
		put_network(to, &used->geo);
		sl_json_object_end(to);
	}
	sl_json_array_end(to);
}

static void put_used(const struct sl_told_campaign *t, const struct sl_used *used, const char *key,
	struct sl_arena *arena, struct sl_json *to)
{
	size_t n;
	const struct sl_span *roles = sl_role_names(arena, used->roles, &n);
	struct sl_span value = sl_redact_text(t->redact, arena, used->indicator.value);
	bool hidden = sl_redact_changed(used->indicator.value, value);
	sl_json_key(to, key);
	sl_json_text(to, value);
	sl_json_key(to, "roles");
	sl_json_array(to);
	for (size_t i = 0; i < n; i++)
		sl_json_text(to, roles[i]);
	sl_json_array_end(to);
	sl_json_key(to, "messages");
	sl_json_u64(to, used->messages);
	sl_json_key(to, "actionable");
	sl_json_bool(to, used->actionable && !hidden);
	sl_json_key(to, "why");
	sl_json_str(to, hidden ? "trap" : used->why);
}

void sl_put_urls(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	sl_json_array(to);
	for (size_t i = 0; i < t->dossier->n_used; i++) {
		if (!sl_used_is_url(&t->dossier->used[i]))
			continue;
		sl_json_object(to);
		put_used(t, &t->dossier->used[i], "url", arena, to);
		sl_json_object_end(to);
	}
	sl_json_array_end(to);
}

void sl_put_domains(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	sl_json_array(to);
	for (size_t i = 0; i < t->dossier->n_used; i++) {
		if (!sl_used_is_domain(&t->dossier->used[i]))
			continue;
		sl_json_object(to);
		put_used(t, &t->dossier->used[i], "domain", arena, to);
		sl_json_key(to, "registrar");
		sl_json_null(to);
		sl_json_key(to, "registered");
		sl_json_null(to);
		put_empty_list(to, "resolves_to");
		sl_json_object_end(to);
	}
	sl_json_array_end(to);
}

static void put_digest(struct sl_json *to, const char *key, const void *bytes, size_t n)
{
	sl_json_key(to, key);
	sl_json_hex(to, bytes, n);
}

void sl_put_attachments(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	sl_json_attachments(
		to, t->redact, arena, t->dossier->attachments, t->dossier->n_attachments);
}

void sl_put_exemplar(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	const struct sl_dossier *d = t->dossier;
	struct sl_place place = { d->exemplar_archive, d->exemplar_entry, d->exemplar_ordinal,
		d->exemplar_offset, d->exemplar_length };
	sl_json_object(to);
	put_digest(to, "id", d->exemplar.id.b, sizeof(d->exemplar.id.b));
	put_digest(to, "sha256", d->exemplar.sha256.b, sizeof(d->exemplar.sha256.b));
	sl_json_place(to, t->redact, arena, &place);
	sl_json_object_end(to);
}

void sl_put_template(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	sl_json_array(to);
	for (size_t i = 0; i < t->dossier->n_template_lines; i++)
		put_text(t, arena, to, t->dossier->template_lines[i]);
	sl_json_array_end(to);
}

static void put_edge(struct sl_json *to, const struct sl_edge *edge)
{
	sl_json_object(to);
	sl_json_key(to, "kind");
	sl_json_str(to, sl_evidence_name(edge->evidence));
	sl_json_key(to, "score");
	sl_json_u64(to, edge->score);
	put_digest(to, "a", edge->a.b, sizeof(edge->a.b));
	put_digest(to, "b", edge->b.b, sizeof(edge->b.b));
	sl_json_object_end(to);
}

void sl_put_evidence(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	sl_json_object(to);
	sl_json_key(to, "counts");
	sl_json_object(to);
	for (unsigned i = 0; i < SL_EVIDENCES; i++) {
		if (!t->dossier->evidence[i])
			continue;
		sl_json_key(to, sl_evidence_name((enum sl_evidence)i));
		sl_json_u64(to, t->dossier->evidence[i]);
	}
	sl_json_object_end(to);
	sl_json_key(to, "weakest");
	if (t->dossier->has_weakest)
		put_edge(to, &t->dossier->weakest);
	else
		sl_json_null(to);
	sl_json_object_end(to);
}

void sl_put_related(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	sl_json_array(to);
	for (size_t i = 0; i < t->dossier->n_related; i++) {
		const struct sl_relation *r = &t->dossier->related[i];
		sl_json_object(to);
		sl_json_key(to, "type");
		sl_json_str(to, r->type);
		sl_json_key(to, "campaign");
		sl_json_str(to, r->campaign.text);
		sl_json_key(to, "reason");
		put_text(t, arena, to, r->reason);
		sl_json_object_end(to);
	}
	sl_json_array_end(to);
}

void sl_put_lineage(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	sl_json_array(to);
	for (size_t i = 0; i < t->dossier->n_lineage; i++) {
		const struct sl_lineage *line = &t->dossier->lineage[i];
		sl_json_object(to);
		sl_json_key(to, "night");
		sl_json_u64(to, line->night);
		sl_json_key(to, "op");
		sl_json_str(to, line->op);
		sl_json_key(to, "id");
		sl_json_str(to, line->id.text);
		sl_json_key(to, "other");
		sl_json_text_or_null(to, sl_span_str(line->other.text));
		sl_json_key(to, "moved");
		sl_json_u64(to, line->moved);
		sl_json_key(to, "reason");
		put_text(t, arena, to, line->reason);
		sl_json_object_end(to);
	}
	sl_json_array_end(to);
}

void sl_put_verdict(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_campaign *t = thing;
	const struct sl_verdict *v = &t->dossier->verdict;
	(void)arena;
	sl_json_object(to);
	sl_json_key(to, "label");
	sl_json_str(to, sl_verdict_name(v->label));
	sl_json_key(to, "confidence");
	sl_json_u64(to, v->confidence);
	sl_json_key(to, "reasons");
	sl_json_array(to);
	for (size_t i = 0; i < v->n_reasons; i++)
		sl_json_str(to, v->reasons[i]);
	sl_json_array_end(to);
	sl_json_object_end(to);
}
