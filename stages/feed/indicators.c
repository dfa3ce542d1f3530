/* SPDX-License-Identifier: Apache-2.0 */
/* indicators.c - indicators.csv and indicators.jsonl: one row for each distinct indicator. */
#include "feeds.h"
#include "field_rows.h"
#include "outdir.h"
#include "row_lines.h"
#include "tally.h"

#include "storage/store.h"

struct told {
	const struct sl_tally *tally;
	const struct sl_tallied *item;
	struct sl_answer geo; /* about an address */
	bool known;           /* there is one */
};

static struct sl_span geo_of(const struct told *t, const char *name)
{
	return t->known ? sl_answer_get(&t->geo, name) : SL_SPAN_NULL;
}

static enum sl_kind kind_of(const struct told *t)
{
	return (enum sl_kind)t->item->kind;
}

static void get_first_seen(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_time(t->item->first);
}

static void get_last_seen(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_time(t->item->last);
}

static void get_kind(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_name(sl_kind_name(kind_of(t)));
}

/* A local part may begin like a formula, and so may a host (with a hyphen). The plus of a phone
 * number stays bare: digits follow and nothing else. */
static struct sl_value value_of(const struct told *t, struct sl_span text)
{
	return t->item->kind == SL_KIND_PHONE ? sl_value_text(text) : sl_value_free_text(text);
}

static void get_value(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = value_of(t, t->item->value);
}

static void get_defanged(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	*value_r = value_of(t, sl_defang(arena, kind_of(t), t->item->value));
}

static void get_roles(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	size_t n;
	const struct sl_span *names = sl_role_names(arena, t->item->roles, &n);
	*value_r = sl_value_list(names, n);
}

static void get_messages(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_number(t->item->messages);
}

static void get_campaigns(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_number(t->item->n_campaigns);
}

static void get_actionable(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = (struct sl_value){ .type = SL_VALUE_BOOL, .yes = t->item->actionable };
}

static void get_confidence(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_number(t->item->confidence);
}

static void get_expires(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_time(sl_tallied_expires(t->item));
}

static void get_why(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_name(t->item->why);
}

static void get_asn(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	uint64_t asn;
	(void)arena;
	if (sl_span_u64(geo_of(t, "asn"), &asn))
		*value_r = sl_value_number(asn);
}

static void get_as_name(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	struct sl_span name = geo_of(t, "as_name");
	(void)arena;
	if (name.n)
		*value_r = sl_value_free_text(name);
}

static void get_country(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_text(geo_of(t, "country"));
}

static void get_unknown(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	(void)thing;
	(void)arena;
	value_r->type = SL_VALUE_NONE;
}

static void get_empty_list(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	(void)thing;
	(void)arena;
	*value_r = sl_value_list(NULL, 0);
}

static void get_campaign_ids(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	struct sl_span *ids =
		sl_arena_alloc(arena, (t->item->n_campaigns + 1) * sizeof(struct sl_span));
	for (uint32_t i = 0; i < t->item->n_campaigns; i++)
		ids[i] = sl_span_str(t->tally->ids[t->item->campaigns[i]].text);
	*value_r = sl_value_list(ids, t->item->n_campaigns);
}

static const struct sl_field_row rows[] = {
	{ "schema", "number", 1, "version of this layout", NULL, sl_get_schema },
	{ "first_seen", "time", 1, "first message that has it; empty when no time is known",
		get_first_seen, NULL },
	{ "last_seen", "time", 1, "last message that has it", get_last_seen, NULL },
	{ "kind", "name", 1,
		"`url host domain ipv4 ipv6 email sha256 btc eth xmr ltc trx doge sol phone`",
		get_kind, NULL },
	{ "value", "text", 1, "canonical and live: take care", get_value, NULL },
	{ "defanged", "text", 1, "the same for people: it cannot be clicked", get_defanged, NULL },
	{ "roles", "list of name", 1, "why it is there, over all messages", get_roles, NULL },
	{ "messages", "number", 1, "distinct messages that have it", get_messages, NULL },
	{ "campaigns", "number", 1, "distinct campaigns that have it", get_campaigns, NULL },
	{ "actionable", "true or false", 1, "a blocking feed would list it", get_actionable, NULL },
	{ "confidence", "number", 1, "0 to 100, docs/INDICATORS.md", get_confidence, NULL },
	{ "expires", "time", 1, "when a blocker should forget it", get_expires, NULL },
	{ "why", "name", 1, "the rule that decided, docs/INDICATORS.md", get_why, NULL },
	{ "asn", "number", 1, "autonomous system of an address", get_asn, NULL },
	{ "as_name", "free text", 1, "its holder", get_as_name, NULL },
	{ "country", "text", 1, "ISO 3166-1 code of an address, by the first database that knows",
		get_country, NULL },
	{ "registrar", "free text", 1, "of a domain; empty: not asked", get_unknown, NULL },
	{ "registered", "time", 1, "of a domain; empty: not asked", get_unknown, NULL },
	{ "resolves_to", "list of text", 1, "addresses of a host; empty: not asked", get_empty_list,
		NULL },
	{ "listed_by", "list of name", 1, "block lists that name it; empty: none, or not asked",
		get_empty_list, NULL },
	{ "campaign_ids", "list of text", 1,
		"ids of its campaigns, aliases resolved; CSV: at most 64 KB", get_campaign_ids,
		NULL },
};

const struct sl_field_table sl_fields_indicators = { "indicators",
	"indicators.csv, indicators.jsonl. Sorted by kind, value.", true, rows, SL_LEN(rows) };

struct writing {
	const struct sl_feed_input *in;
	const struct sl_tally *tally;
	struct sl_outfile *csv, *json; /* NULL: not asked for */
};

static void write_csv_head(const struct writing *w)
{
	struct sl_buf line = sl_buf_make(SL_LINE_MAX);
	struct sl_csv csv = sl_csv_make(&line);
	sl_rows_csv_comments(&csv, &sl_fields_indicators, w->in->as_of, w->tally->n);
	sl_rows_csv_head(&csv, &sl_fields_indicators);
	sl_outfile_take(w->csv, &line);
	sl_buf_free(&line);
}

/* What the cache knows about an address; asks nobody. */
static void find_answer(const struct writing *w, struct sl_arena *arena, struct told *t)
{
	struct sl_span edition;
	if (w->tally->n_editions && (sl_lookup_geo.kinds >> kind_of(t) & 1))
		t->known = sl_view_lookup(w->in->view, sl_lookup_geo.name, kind_of(t),
			t->item->value, arena, &edition, &t->geo);
}

static void write_rows(const struct writing *w)
{
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_row_lines *lines = sl_row_lines_new(&sl_fields_indicators);
	struct sl_buf csv = sl_buf_make(SL_LINE_MAX), json = sl_buf_make(SL_LINE_MAX);
	for (size_t i = 0; i < w->tally->n; i++) {
		struct told told = { .tally = w->tally, .item = &w->tally->items[i] };
		find_answer(w, arena, &told);
		sl_row_lines_add(lines, &told, arena, w->csv ? &csv : NULL, w->json ? &json : NULL);
		if (w->csv)
			sl_outfile_take(w->csv, &csv);
		if (w->json)
			sl_outfile_take(w->json, &json);
		sl_arena_reset(arena);
	}
	sl_buf_free(&csv);
	sl_buf_free(&json);
	sl_row_lines_free(&lines);
	sl_arena_free(&arena);
}

/* Both files tell the same of each indicator: they are written in one pass. */
static enum sl_rc write_files(const struct sl_feed_input *in, struct sl_outdir *out, bool with_csv,
	bool with_json, struct sl_err *err)
{
	struct writing w = { .in = in };
	enum sl_rc rc = sl_tally_of(in, out, &w.tally, err);
	if (rc == SL_OK && with_csv)
		rc = sl_outfile_open(out, "indicators.csv", true, &w.csv, err);
	if (rc == SL_OK && with_json)
		rc = sl_outfile_open(out, "indicators.jsonl", true, &w.json, err);
	if (rc == SL_OK) {
		if (w.csv)
			write_csv_head(&w);
		write_rows(&w);
	}
	if (rc == SL_OK && w.csv)
		rc = sl_outfile_close(&w.csv, err);
	if (rc == SL_OK && w.json)
		rc = sl_outfile_close(&w.json, err);
	sl_outfile_abort(&w.csv);
	sl_outfile_abort(&w.json);
	return rc;
}

static bool is_asked(const struct sl_feed_input *in, const struct sl_feed *feed)
{
	return in->wanted && in->wanted(in->config, feed);
}

static enum sl_rc write_csv(
	const struct sl_feed_input *in, struct sl_outdir *out, struct sl_err *err)
{
	return write_files(in, out, true, is_asked(in, &sl_feed_indicators_jsonl), err);
}

static enum sl_rc write_json(
	const struct sl_feed_input *in, struct sl_outdir *out, struct sl_err *err)
{
	if (is_asked(in, &sl_feed_indicators_csv))
		return SL_OK; /* done with the CSV */
	return write_files(in, out, false, true, err);
}

const struct sl_feed sl_feed_indicators_csv = { "indicators-csv",
	"indicators.csv: one row for each distinct indicator", true, write_csv, false };
const struct sl_feed sl_feed_indicators_jsonl = { "indicators-jsonl",
	"indicators.jsonl: the same as JSON lines", true, write_json, false };
