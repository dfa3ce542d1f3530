/* SPDX-License-Identifier: Apache-2.0 */
#include "campaign_rows.h"

static struct sl_span redacted(
	const struct sl_told_campaign *t, struct sl_arena *arena, struct sl_span text)
{
	return sl_redact_text(t->redact, arena, text);
}

static void get_id(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_text(sl_span_str(t->dossier->id.text));
}

static void get_aliases(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	size_t n = t->dossier->n_aliases;
	struct sl_span *ids = sl_arena_alloc(arena, (n + 1) * sizeof(*ids));
	for (size_t i = 0; i < n; i++)
		ids[i] = sl_span_str(t->dossier->aliases[i].text);
	*value_r = sl_value_list(ids, n);
}

static void get_name(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	*value_r = sl_value_free_text(redacted(t, arena, t->dossier->name));
}

static void get_status(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_text(sl_span_str(sl_status_name(t->dossier->status)));
}

static void get_brand(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_text(t->dossier->brand);
}

static void get_pretext(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	*value_r = sl_value_free_text(redacted(t, arena, t->dossier->pretext));
}

/* Values of a counted list, for a cell. */
static struct sl_value cell_of(const struct sl_told_campaign *t, struct sl_arena *arena,
	const struct sl_counted *items, size_t n)
{
	size_t most = n < SL_CELL_LIST ? n : SL_CELL_LIST;
	struct sl_span *texts = sl_arena_alloc(arena, (most + 1) * sizeof(*texts));
	for (size_t i = 0; i < most; i++)
		texts[i] = redacted(t, arena, items[i].value);
	return sl_value_list(texts, most);
}

static void get_languages(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	*value_r = cell_of(t, arena, t->dossier->languages, t->dossier->n_languages);
}

static void get_first_seen(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_time(t->dossier->first_seen);
}

static void get_last_seen(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_time(t->dossier->last_seen);
}

static void get_waves(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_number(t->dossier->n_waves);
}

static void get_messages(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_number(t->dossier->messages);
}

static void get_variants(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_number(t->dossier->variants);
}

static void get_sightings(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_number(t->dossier->sightings);
}

static void get_traps(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_number(t->dossier->n_traps);
}

static void get_confidence(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_number(t->dossier->confidence);
}

static void get_subjects(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_number(t->dossier->n_subjects);
}

static void get_senders(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	*value_r = cell_of(t, arena, t->dossier->senders, t->dossier->n_senders);
}

/* Values of those indicators, for a cell. */
static struct sl_value cell_of_used(const struct sl_told_campaign *t, struct sl_arena *arena,
	bool (*wanted)(const struct sl_used *used))
{
	const struct sl_dossier *d = t->dossier;
	struct sl_span *texts = sl_arena_alloc(arena, SL_CELL_LIST * sizeof(*texts));
	size_t n = 0;
	for (size_t i = 0; i < d->n_used && n < SL_CELL_LIST; i++) {
		if (wanted(&d->used[i]))
			texts[n++] = redacted(t, arena, d->used[i].indicator.value);
	}
	return sl_value_list(texts, n);
}

static void get_origin_ips(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	*value_r = cell_of_used(thing, arena, sl_used_is_origin);
}

static void get_urls(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	*value_r = cell_of_used(thing, arena, sl_used_is_url);
}

static void get_domains(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	*value_r = cell_of_used(thing, arena, sl_used_is_domain);
}

static struct sl_span hex_of(struct sl_arena *arena, const void *bytes, size_t n)
{
	struct sl_buf to = sl_buf_make(4096);
	sl_buf_hex(&to, bytes, n);
	struct sl_span text = sl_arena_copy(arena, sl_buf_span(&to));
	sl_buf_free(&to);
	return text;
}

static void get_attachments(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	const struct sl_dossier *d = t->dossier;
	size_t n = d->n_attachments < SL_CELL_LIST ? d->n_attachments : SL_CELL_LIST;
	struct sl_span *texts = sl_arena_alloc(arena, (n + 1) * sizeof(*texts));
	for (size_t i = 0; i < n; i++)
		texts[i] = hex_of(
			arena, d->attachments[i].sha256.b, sizeof(d->attachments[i].sha256.b));
	*value_r = sl_value_list(texts, n);
}

static void get_exemplar(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	*value_r = sl_value_text(
		hex_of(arena, t->dossier->exemplar.id.b, sizeof(t->dossier->exemplar.id.b)));
}

static void get_evidence(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	struct sl_span *texts = sl_arena_alloc(arena, SL_EVIDENCES * sizeof(*texts));
	size_t n = 0;
	for (unsigned i = 0; i < SL_EVIDENCES; i++) {
		if (t->dossier->evidence[i])
			texts[n++] = sl_arena_printf(arena, "%s:%llu",
				sl_evidence_name((enum sl_evidence)i),
				(unsigned long long)t->dossier->evidence[i]);
	}
	*value_r = sl_value_list(texts, n);
}

static void get_related(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	const struct sl_dossier *d = t->dossier;
	size_t n = d->n_related < SL_CELL_LIST ? d->n_related : SL_CELL_LIST;
	struct sl_span *texts = sl_arena_alloc(arena, (n + 1) * sizeof(*texts));
	for (size_t i = 0; i < n; i++)
		texts[i] = sl_arena_printf(
			arena, "%s:%s", d->related[i].type, d->related[i].campaign.text);
	*value_r = sl_value_list(texts, n);
}

static void get_verdict(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct sl_told_campaign *t = thing;
	(void)arena;
	*value_r = sl_value_text(sl_span_str(sl_verdict_name(t->dossier->verdict.label)));
}

static const struct sl_field_row rows[] = {
	{ "schema", "number", 1, "version of this layout", NULL, sl_get_schema },
	{ "id", "text", 1, "`c` and 16 characters of base32; the same tomorrow", get_id, NULL },
	{ "aliases", "list of text", 1, "ids of campaigns that were merged into it", get_aliases,
		NULL },
	{ "name", "free text", 1, "brand and subject of the exemplar", get_name, NULL },
	{ "status", "name", 1, "`new ongoing returned`", get_status, NULL },
	{ "brand", "text", 1, "id of the party it claims to be, data/brands.tsv", get_brand, NULL },
	{ "pretext", "free text", 1, "subject of the exemplar, slots masked", get_pretext, NULL },
	{ "languages", "list", 1, "with counts of messages in JSON", get_languages,
		sl_put_languages },
	{ "first_seen", "time", 1, "first message", get_first_seen, NULL },
	{ "last_seen", "time", 1, "last message", get_last_seen, NULL },
	{ "waves", "list", 1, "first, last, messages of each; CSV: their number", get_waves,
		sl_put_waves },
	{ "messages", "number", 1, "distinct messages", get_messages, NULL },
	{ "variants", "number", 1, "distinct texts after masking", get_variants, NULL },
	{ "traps", "list", 1, "messages per archive; CSV: number of archives", get_traps,
		sl_put_traps },
	{ "confidence", "number", 1, "0 to 100: how well its messages belong together",
		get_confidence, NULL },
	{ "subjects", "list", 1, "with counts of messages; CSV: their number", get_subjects,
		sl_put_subjects },
	{ "senders", "list", 1,
		"From addresses with counts of messages; CSV: the first 100, at most 64 KB",
		get_senders, sl_put_senders },
	{ "origin_ips", "list", 1,
		"sending addresses with `asn`, `as_name`, `country`, `listed_by`; CSV: the first "
		"100, at most 64 KB",
		get_origin_ips, sl_put_origin_ips },
	{ "urls", "list", 1,
		"with roles and the policy's answer; CSV: the first 100, at most 64 KB", get_urls,
		sl_put_urls },
	{ "domains", "list", 1,
		"registered domains; `registrar`, `registered`, `resolves_to` are null or empty "
		"when "
		"not asked; CSV: the first 100, at most 64 KB",
		get_domains, sl_put_domains },
	{ "attachments", "list", 1, "name, type, size, digests; CSV: SHA-256 of the first 100",
		get_attachments, sl_put_attachments },
	{ "exemplar", "object", 1, "the first message: id, sha256, origin; CSV: its id",
		get_exemplar, sl_put_exemplar },
	{ "template", "list of text", 1, "text of the lure; slots stand in U+27E6 U+27E7", NULL,
		sl_put_template },
	{ "evidence", "object", 1,
		"why its variants are together: counts by kind, and the weakest link", get_evidence,
		sl_put_evidence },
	{ "related", "list", 1, "campaigns of the same family or operation, or a rewrite",
		get_related, sl_put_related },
	{ "lineage", "list", 1, "what happened to it, night by night", NULL, sl_put_lineage },
	{ "verdict", "object", 1, "label, confidence, names of rules; CSV: the label", get_verdict,
		sl_put_verdict },
	{ "sightings", "number", 1, "places where its messages were found", get_sightings, NULL },
	{ "sender_names", "list", 1, "display names with counts of messages", NULL,
		sl_put_sender_names },
	{ "mailers", "list", 1, "X-Mailer and User-Agent with counts of messages", NULL,
		sl_put_mailers },
};

const struct sl_field_table sl_fields_campaigns = { "campaigns",
	"campaigns.csv, campaigns.jsonl. Sorted by id. Campaigns of one message only with `--all`.",
	true, rows, SL_LEN(rows) };
