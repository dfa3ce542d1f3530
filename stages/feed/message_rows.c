/* SPDX-License-Identifier: Apache-2.0 */
#include "message_rows.h"
#include "shared_json.h"

#include <stdlib.h>

struct sl_span sl_told_text(
	const struct sl_told_message *told, struct sl_arena *arena, struct sl_span text)
{
	return sl_redact_text(told->redact, arena, text);
}

static void put_text(const struct sl_told_message *told, struct sl_arena *arena, struct sl_json *to,
	struct sl_span text)
{
	sl_json_text(to, sl_told_text(told, arena, text));
}

static void put_text_or_null(const struct sl_told_message *told, struct sl_arena *arena,
	struct sl_json *to, struct sl_span text)
{
	sl_json_text_or_null(to, sl_told_text(told, arena, text));
}

static void put_texts(const struct sl_told_message *told, struct sl_arena *arena,
	struct sl_json *to, const struct sl_span *items, size_t n)
{
	sl_json_array(to);
	for (size_t i = 0; i < n; i++)
		put_text(told, arena, to, items[i]);
	sl_json_array_end(to);
}

static int by_text(const void *a, const void *b)
{
	const struct sl_span *x = a, *y = b;
	return sl_span_cmp(*x, *y);
}

/* Names of the bits that are set, sorted. */
static void put_flags(
	struct sl_json *to, uint64_t bits, unsigned count, const char *(*name)(unsigned))
{
	struct sl_span names[64];
	size_t n = 0;
	sl_assert(count <= 64);
	for (unsigned i = 0; i < count; i++) {
		if (bits >> i & 1)
			names[n++] = sl_span_str(name(i));
	}
	if (n)
		qsort(names, n, sizeof(names[0]), by_text);
	sl_json_array(to);
	for (size_t i = 0; i < n; i++)
		sl_json_text(to, names[i]);
	sl_json_array_end(to);
}

static const char *message_flag(unsigned i)
{
	return sl_msg_flag_name((enum sl_msg_flag)i);
}

static const char *indicator_flag(unsigned i)
{
	return sl_ind_flag_name((enum sl_ind_flag)i);
}

static void put_id(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	(void)arena;
	sl_json_hex(to, t->message->id.b, sizeof(t->message->id.b));
}

static void put_sha256(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	(void)arena;
	if (t->with_sha256)
		sl_json_hex(to, t->message->sha256.b, sizeof(t->message->sha256.b));
	else
		sl_json_null(to);
}

static void put_parent(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	(void)arena;
	if (sl_id_is_zero(&t->message->parent))
		sl_json_null(to);
	else
		sl_json_hex(to, t->message->parent.b, sizeof(t->message->parent.b));
}

static void put_origin(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	struct sl_place place = { t->archive, t->entry, t->ordinal, t->offset, t->length };
	sl_json_object(to);
	sl_json_place(to, t->redact, arena, &place);
	sl_json_object_end(to);
}

static void put_sightings(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	(void)arena;
	sl_json_u64(to, t->sightings);
}

static void put_date(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	(void)arena;
	sl_json_time(to, t->message->date);
}

static void put_received(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	(void)arena;
	sl_json_time(to, t->message->received);
}

static void put_subject(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	put_text(t, arena, to, t->message->subject);
}

static void put_from(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	sl_json_object(to);
	sl_json_key(to, "name");
	put_text(t, arena, to, t->message->from_name);
	sl_json_key(to, "addr");
	put_text(t, arena, to, t->message->from_addr);
	sl_json_key(to, "domain");
	put_text(t, arena, to, t->message->from_domain);
	sl_json_object_end(to);
}

static void put_return_path(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	put_text_or_null(t, arena, to, t->message->return_path);
}

static void put_reply_to(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	put_text_or_null(t, arena, to, t->message->reply_to);
}

static void put_origin_ip(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	const struct sl_message *m = t->message;
	char text[46];
	sl_json_object(to);
	sl_json_key(to, "ip");
	if (m->origin_ip.family)
		sl_json_text(to, sl_span_of(text, sl_ip_text(&m->origin_ip, text)));
	else
		sl_json_null(to);
	sl_json_key(to, "hop");
	if (m->origin_hop != SL_HOP_NONE)
		sl_json_u64(to, m->origin_hop);
	else
		sl_json_null(to);
	sl_json_key(to, "reason");
	sl_json_str(to, sl_ip_reason_name(m->origin_reason));
	sl_json_key(to, "forged");
	sl_json_bool(to, (m->flags & SL_BIT(SL_MSG_FORGED_RECEIVED)) != 0);
	sl_json_key(to, "claimed");
	put_texts(t, arena, to, m->claimed, m->n_claimed);
	sl_json_object_end(to);
}

static void put_relays(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	put_texts(t, arena, to, t->message->relays, t->message->n_relays);
}

static void put_auth(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	const struct sl_message *m = t->message;
	const struct {
		const char *key;
		struct sl_span text;
	} rows[] = { { "spf", m->spf }, { "dkim", m->dkim }, { "dmarc", m->dmarc },
		{ "arc", m->arc }, { "by", m->auth_by } };
	sl_json_object(to);
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		sl_json_key(to, rows[i].key);
		put_text_or_null(t, arena, to, rows[i].text);
	}
	sl_json_object_end(to);
}

static void put_language(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	(void)arena;
	sl_json_text_or_null(
		to, t->message->language.n ? t->message->language : t->content->language);
}

static void put_brand(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	(void)arena;
	sl_json_text_or_null(to, t->message->brand);
}

static void put_variant(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	(void)arena;
	sl_json_hex(to, t->message->variant_name.b, sizeof(t->message->variant_name.b));
}

static void put_campaign(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	(void)arena;
	sl_json_text_or_null(to, t->campaign);
}

static void put_attachments(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	sl_json_attachments(
		to, t->redact, arena, t->content->attachments, t->content->n_attachments);
}

static void put_message_flags(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	(void)arena;
	put_flags(to, t->message->flags | t->content->flags, SL_MSG_FLAGS, message_flag);
}

static int name_order(const char *a, const char *b)
{
	return a == b ? 0 : strcmp(a, b);
}

static int by_kind_value_role(const void *a, const void *b)
{
	const struct sl_indicator *x = a, *y = b;
	int order = name_order(sl_kind_name(x->kind), sl_kind_name(y->kind));
	if (!order)
		order = sl_span_cmp(x->value, y->value);
	if (!order)
		order = name_order(sl_role_name(x->role), sl_role_name(y->role));
	if (!order)
		order = name_order(sl_view_name(x->view), sl_view_name(y->view));
	if (!order)
		order = x->part < y->part ? -1 : x->part > y->part;
	return order ? order : (x->flags > y->flags) - (x->flags < y->flags);
}

static void take_indicators(const struct sl_told_message *t, struct sl_arena *arena,
	const struct sl_indicator *from, size_t n, struct sl_indicator *to, size_t *n_to)
{
	for (size_t i = 0; i < n; i++) {
		struct sl_span value = sl_told_text(t, arena, from[i].value);
		if (from[i].kind == SL_KIND_EMAIL && sl_redact_changed(from[i].value, value))
			continue;
		to[*n_to] = from[i];
		to[(*n_to)++].value = value;
	}
}

struct sl_indicator *sl_told_indicators(
	const struct sl_told_message *t, struct sl_arena *arena, size_t *n_r)
{
	const struct sl_message *m = t->message;
	const struct sl_content *c = t->content;
	struct sl_indicator *all =
		sl_arena_alloc(arena, (m->n_indicators + c->n_indicators + 1) * sizeof(*all));
	*n_r = 0;
	take_indicators(t, arena, m->indicators, m->n_indicators, all, n_r);
	take_indicators(t, arena, c->indicators, c->n_indicators, all, n_r);
	if (*n_r)
		qsort(all, *n_r, sizeof(*all), by_kind_value_role);
	return all;
}

/* Type of the attached file of that part, or empty. */
static struct sl_span type_of_part(const struct sl_content *content, uint32_t part)
{
	for (size_t i = 0; i < content->n_attachments; i++)
		if (content->attachments[i].part == part)
			return content->attachments[i].type;
	return SL_SPAN_NULL;
}

static void put_indicator(const struct sl_told_message *t, const struct sl_indicator *i,
	bool honest, struct sl_arena *arena, struct sl_json *to)
{
	struct sl_policy_answer policy;
	struct sl_policy_facts facts = { .roles = UINT32_C(1) << i->role,
		.messages = 1,
		.campaigns = 1,
		.last_seen = SL_TIME_NONE,
		.genuine_only = honest,
		.file_type = i->kind == SL_KIND_SHA256 ? type_of_part(t->content, i->part)
						       : SL_SPAN_NULL };
	sl_policy_judge(t->tables, t->config, i, &facts, &policy);
	sl_json_object(to);
	sl_json_key(to, "kind");
	sl_json_str(to, sl_kind_name(i->kind));
	sl_json_key(to, "value");
	sl_json_text(to, i->value);
	sl_json_key(to, "host");
	put_text_or_null(t, arena, to, i->host);
	sl_json_key(to, "domain");
	put_text_or_null(t, arena, to, i->domain);
	sl_json_key(to, "role");
	sl_json_str(to, sl_role_name(i->role));
	sl_json_key(to, "view");
	sl_json_str(to, sl_view_name(i->view));
	sl_json_key(to, "part");
	sl_json_u64(to, i->part);
	sl_json_key(to, "flags");
	put_flags(to, i->flags, SL_IND_FLAGS, indicator_flag);
	sl_json_key(to, "actionable");
	sl_json_bool(to, policy.actionable);
	sl_json_key(to, "why");
	sl_json_str(to, policy.why);
	sl_json_object_end(to);
}

static void put_indicators(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct sl_told_message *t = thing;
	size_t n;
	struct sl_indicator *all = sl_told_indicators(t, arena, &n);
	struct sl_verdict verdict;
	sl_verdict_judge(t->tables, t->message, t->content, &verdict);
	bool honest = sl_verdict_is_honest(verdict.label);
	sl_json_array(to);
	for (size_t i = 0; i < n; i++)
		put_indicator(t, &all[i], honest, arena, to);
	sl_json_array_end(to);
}

static const struct sl_field_row rows[] = {
	{ "schema", "number", 1, "version of this layout", NULL, sl_get_schema },
	{ "id", "text", 1, "XXH3-128 of the raw message, hexadecimal", NULL, put_id },
	{ "sha256", "text or null", 1,
		"SHA-256 of the raw message: of each variant's exemplar, of all with "
		"`--sha256=all`",
		NULL, put_sha256 },
	{ "parent", "text or null", 1, "id of the message that this one is embedded in", NULL,
		put_parent },
	{ "origin", "object", 1, "the sighting with the smallest night, archive, entry, ordinal",
		NULL, put_origin },
	{ "origin.archive", "text", 1, "base name of an INPUT file, or path below an INPUT folder",
		NULL, NULL },
	{ "origin.entry", "text", 1, "path inside, levels joined by `!`; empty for a plain file",
		NULL, NULL },
	{ "origin.ordinal", "number", 1, "zero-based within its entry", NULL, NULL },
	{ "origin.offset", "number", 1, "of the slice in the decompressed entry", NULL, NULL },
	{ "origin.length", "number", 1, "of the slice", NULL, NULL },
	{ "sightings", "number", 1, "places where these bytes were found", NULL, put_sightings },
	{ "date", "time or null", 1, "Date header", NULL, put_date },
	{ "received", "time or null", 1, "time of the Received line at the trust boundary", NULL,
		put_received },
	{ "subject", "text", 1, "decoded", NULL, put_subject },
	{ "from", "object", 1, "From header", NULL, put_from },
	{ "from.name", "text", 1, "display name, decoded", NULL, NULL },
	{ "from.addr", "text", 1, "address", NULL, NULL },
	{ "from.domain", "text", 1, "what follows the @, as A-label", NULL, NULL },
	{ "return_path", "text or null", 1, "envelope sender as delivered", NULL, put_return_path },
	{ "reply_to", "text or null", 1, "first address of Reply-To", NULL, put_reply_to },
	{ "origin_ip", "object", 1, "who handed the mail to the trap", NULL, put_origin_ip },
	{ "origin_ip.ip", "text or null", 1, "the sending address", NULL, NULL },
	{ "origin_ip.hop", "number or null", 1, "Received line it stands in, 0 is the top", NULL,
		NULL },
	{ "origin_ip.reason", "name", 1,
		"`boundary top_hop private_only no_peer_ip no_received envelope learned`", NULL,
		NULL },
	{ "origin_ip.forged", "true or false", 1, "Received lines below contradict", NULL, NULL },
	{ "origin_ip.claimed", "list of text", 1, "addresses that are only claimed", NULL, NULL },
	{ "relays", "list of text", 1, "peer addresses of all Received lines, top down", NULL,
		put_relays },
	{ "auth", "object", 1, "results that a trusted receiver wrote", NULL, put_auth },
	{ "auth.spf", "text or null", 1, "RFC 7208 result", NULL, NULL },
	{ "auth.dkim", "text or null", 1, "RFC 6376 result", NULL, NULL },
	{ "auth.dmarc", "text or null", 1, "RFC 7489 result", NULL, NULL },
	{ "auth.arc", "text or null", 1, "RFC 8617 result", NULL, NULL },
	{ "auth.by", "text or null", 1, "who wrote them", NULL, NULL },
	{ "language", "text or null", 1, "ISO 639-1 guess", NULL, put_language },
	{ "brand", "text or null", 1, "id of the party it claims to be, data/brands.tsv", NULL,
		put_brand },
	{ "variant", "text", 1, "name of its masked text", NULL, put_variant },
	{ "campaign", "text or null", 1, "its campaign, aliases resolved", NULL, put_campaign },
	{ "attachments", "list of object", 1, "in order of parts", NULL, put_attachments },
	{ "attachments[].name", "text", 1, "file name, decoded", NULL, NULL },
	{ "attachments[].type", "text", 1, "media type", NULL, NULL },
	{ "attachments[].size", "number", 1, "decoded bytes", NULL, NULL },
	{ "attachments[].sha256", "text", 1, "SHA-256", NULL, NULL },
	{ "attachments[].sha1", "text", 1, "SHA-1", NULL, NULL },
	{ "attachments[].md5", "text", 1, "MD5", NULL, NULL },
	{ "flags", "list of name", 1, "what was odd, and limits that were hit", NULL,
		put_message_flags },
	{ "indicators", "list of object", 1, "sorted by kind, value, role, view, part", NULL,
		put_indicators },
	{ "indicators[].kind", "name", 1, "as in indicators.csv", NULL, NULL },
	{ "indicators[].value", "text", 1, "canonical and live", NULL, NULL },
	{ "indicators[].host", "text or null", 1, "A-label or address", NULL, NULL },
	{ "indicators[].domain", "text or null", 1,
		"registered domain by the public suffix list, private section on", NULL, NULL },
	{ "indicators[].role", "name", 1, "why it is there", NULL, NULL },
	{ "indicators[].view", "name", 1,
		"reading that showed it: `header text html hidden raw pdf office qr`", NULL, NULL },
	{ "indicators[].part", "number", 1, "MIME leaf, from 0", NULL, NULL },
	{ "indicators[].flags", "list of name", 1, "how it was written", NULL, NULL },
	{ "indicators[].actionable", "true or false", 1,
		"a blocking feed would list it, by this message alone", NULL, NULL },
	{ "indicators[].why", "name", 1, "the rule that decided", NULL, NULL },
};

const struct sl_field_table sl_fields_messages = { "messages",
	"messages.jsonl (with `--format messages`). Sorted by id. `explain --json` prints the same "
	"object with two keys more: `text` (the decoded visible text) and `verdict`.",
	false, rows, SL_LEN(rows) };
