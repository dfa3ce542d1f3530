/* SPDX-License-Identifier: Apache-2.0 */
/* night.c - night.json: under which options and data these outputs were made, and how much there
 * is.
 *
 * Everything here is a function of the store, the options and the clock; what belongs to one
 * process (times, rates, memory) is in run.json. Trap addresses are secret: only their number is
 * told.
 */
#include "feeds.h"
#include "field_rows.h"
#include "outdir.h"
#include "redact.h"
#include "tally.h"

#include "pipeline/base/unicode.h"
#include "storage/store.h"

#include <stdlib.h>

struct told {
	const struct sl_feed_input *in;
	struct sl_outdir *out;
	const struct sl_redact *redact;
	struct sl_night_row last;
	bool any;                               /* there was a night */
	uint64_t messages, embedded, sightings; /* messages: embedded ones among them */
	uint64_t last_embedded;                 /* first seen in the last night */
	uint64_t living, merged;                /* campaigns */
	struct sl_archive_row *archives;        /* sorted by name, key */
	size_t n_archives;
	const struct sl_span
		*editions; /* of cached answers: "asn.mmdb@2026-06-17 country.mmdb@..." */
	size_t n_editions;
};

static void get_as_of(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	const struct told *t = thing;
	(void)arena;
	*value_r = sl_value_time(t->in->as_of);
}

static void put_night(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct told *t = thing;
	(void)arena;
	if (!t->any) {
		sl_json_null(to);
		return;
	}
	sl_json_object(to);
	sl_json_key(to, "serial");
	sl_json_u64(to, t->last.serial);
	sl_json_key(to, "as_of");
	sl_json_time(to, t->last.as_of);
	sl_json_key(to, "messages");
	sl_json_u64(to, t->last.messages - t->last_embedded);
	sl_json_key(to, "embedded");
	sl_json_u64(to, t->last_embedded);
	sl_json_key(to, "sightings");
	sl_json_u64(to, t->last.sightings);
	sl_json_object_end(to);
}

static void put_strings(const struct told *t, struct sl_arena *arena, struct sl_json *to,
	const char *key, const struct sl_strings *strings)
{
	sl_json_key(to, key);
	sl_json_array(to);
	for (size_t i = 0; i < strings->n; i++)
		sl_json_text(to, sl_redact_text(t->redact, arena, sl_span_str(strings->items[i])));
	sl_json_array_end(to);
}

/* Lists can be long and say who we are: number and digest tell whether two runs had the same. */
static void put_digest(struct sl_json *to, const char *key, const struct sl_strings *strings)
{
	struct sl_buf all = sl_buf_make(SL_LINE_MAX);
	for (size_t i = 0; i < strings->n; i++) {
		sl_buf_str(&all, strings->items[i]);
		sl_buf_char(&all, '\n');
	}
	struct sl_sha256 sum = sl_sha256_of(sl_buf_span(&all));
	sl_buf_free(&all);
	sl_json_key(to, key);
	sl_json_object(to);
	sl_json_key(to, "count");
	sl_json_u64(to, strings->n);
	sl_json_key(to, "sha256");
	sl_json_hex(to, sum.b, sizeof(sum.b));
	sl_json_object_end(to);
}

static void put_limits(struct sl_json *to, const struct sl_limits *limits)
{
	sl_json_key(to, "limits");
	sl_json_object(to);
	for (size_t i = 0; i < sl_limit_row_count; i++) {
		uint64_t value;
		memcpy(&value, (const char *)limits + sl_limit_rows[i].offset, sizeof(value));
		sl_json_key(to, sl_limit_rows[i].name);
		sl_json_u64(to, value);
	}
	sl_json_object_end(to);
}

static void put_flag(struct sl_json *to, const char *key, bool value)
{
	sl_json_key(to, key);
	sl_json_bool(to, value);
}

static void put_options(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct told *t = thing;
	const struct sl_config *c = t->in->config;
	sl_json_object(to);
	put_strings(t, arena, to, "trust", &c->trust);
	put_strings(t, arena, to, "authserv-id", &c->authserv_ids);
	put_strings(t, arena, to, "envelope-header", &c->envelope_headers);
	sl_json_key(to, "trap-addresses");
	sl_json_u64(to, c->trap_addresses.n);
	put_digest(to, "own", &c->own);
	put_digest(to, "allow", &c->allow);
	sl_json_key(to, "region");
	sl_json_text_or_null(to, sl_span_str(c->region));
	put_flag(to, "offline", c->offline);
	put_flag(to, "all", c->all);
	put_flag(to, "sha256-all", c->sha256_all);
	sl_json_key(to, "since");
	sl_json_time(to, c->since);
	sl_json_key(to, "until");
	sl_json_time(to, c->until);
	sl_json_key(to, "wave-days");
	sl_json_u64(to, c->wave_days);
	sl_json_key(to, "confidence");
	sl_json_u64(to, c->confidence);
	put_limits(to, &c->limits);
	sl_json_object_end(to);
}

static void put_source(struct sl_json *to, struct sl_span name, struct sl_span date)
{
	sl_json_object(to);
	sl_json_key(to, "name");
	sl_json_text(to, name);
	sl_json_key(to, "date");
	sl_json_text_or_null(to, date);
	sl_json_object_end(to);
}

/* "asn.mmdb@2026-06-17" is a name and a date. */
static void put_editions(struct sl_json *to, struct sl_span editions)
{
	struct sl_span one;
	while (sl_span_split(&editions, ' ', &one)) {
		ssize_t at = -1, next = -1;
		while ((next = sl_span_chr(one, '@', (size_t)(next + 1))) >= 0)
			at = next;
		if (at >= 0)
			put_source(to, sl_span_head(one, (size_t)at),
				sl_span_from(one, (size_t)at + 1));
		else if (one.n)
			put_source(to, one, SL_SPAN_NULL);
	}
}

static void put_data(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct told *t = thing;
	struct sl_span name, date;
	(void)arena;
	sl_json_array(to);
	for (size_t i = 0; sl_tables_source(t->in->tables, i, &name, &date); i++)
		put_source(to, name, date);
	if (t->in->psl_name.n)
		put_source(to, t->in->psl_name, t->in->psl_date);
	for (size_t i = 0; i < t->n_editions; i++)
		put_editions(to, t->editions[i]);
	put_source(to, sl_span_str(sl_unicode_version()), SL_SPAN_NULL);
	sl_json_array_end(to);
}

static void put_counts(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct told *t = thing;
	struct sl_view *view = t->in->view;
	const struct {
		const char *key;
		uint64_t value;
	} counts[] = { { "messages", t->messages - t->embedded }, { "embedded", t->embedded },
		{ "sightings", t->sightings },
		{ "contents", sl_view_count(view, SL_TABLE_CONTENTS) },
		{ "variants", sl_view_count(view, SL_TABLE_VARIANTS) }, { "campaigns", t->living },
		{ "campaigns_merged", t->merged },
		{ "indicators", sl_view_count(view, SL_TABLE_INDICATORS) },
		{ "archives", t->n_archives },
		{ "rejects", sl_view_count(view, SL_TABLE_REJECTS) } };
	(void)arena;
	sl_json_object(to);
	for (size_t i = 0; i < SL_LEN(counts); i++) {
		sl_json_key(to, counts[i].key);
		sl_json_u64(to, counts[i].value);
	}
	sl_json_object_end(to);
}

static void put_members(struct sl_json *to, const uint64_t members[SL_MEMBERS])
{
	sl_json_object(to);
	for (unsigned i = 0; i < SL_MEMBERS; i++) {
		if (!members[i])
			continue;
		sl_json_key(to, sl_member_name((enum sl_member)i));
		sl_json_u64(to, members[i]);
	}
	sl_json_object_end(to);
}

static void put_archive(const struct told *t, const struct sl_archive_row *row,
	struct sl_arena *arena, struct sl_json *to)
{
	sl_json_object(to);
	sl_json_key(to, "name");
	sl_json_text(to, sl_redact_text(t->redact, arena, row->name));
	sl_json_key(to, "size");
	sl_json_u64(to, row->size);
	sl_json_key(to, "messages");
	sl_json_u64(to, row->messages);
	put_flag(to, "complete", row->complete);
	put_flag(to, "damaged", row->damaged);
	sl_json_key(to, "members");
	put_members(to, row->members);
	sl_json_key(to, "rejects");
	sl_json_u64(to, row->rejects);
	sl_json_object_end(to);
}

static void put_archives(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct told *t = thing;
	sl_json_array(to);
	for (size_t i = 0; i < t->n_archives; i++)
		put_archive(t, &t->archives[i], arena, to);
	sl_json_array_end(to);
}

static void put_held(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	const struct told *t = thing;
	const struct sl_held *held;
	size_t n = sl_feeds_held(t->out, &held);
	(void)arena;
	sl_json_array(to);
	for (size_t i = 0; i < n; i++) {
		sl_json_object(to);
		sl_json_key(to, "feed");
		sl_json_str(to, held[i].feed);
		sl_json_key(to, "why");
		sl_json_str(to, held[i].why);
		sl_json_key(to, "entries");
		sl_json_u64(to, held[i].entries);
		sl_json_key(to, "usual");
		sl_json_u64(to, held[i].usual);
		sl_json_key(to, "new");
		sl_json_u64(to, held[i].fresh);
		sl_json_key(to, "reason");
		sl_json_text(to, held[i].reason);
		sl_json_object_end(to);
	}
	sl_json_array_end(to);
}

static const struct sl_field_row rows[] = {
	{ "schema", "number", 1, "version of this layout", NULL, sl_get_schema },
	{ "as_of", "time", 1, "the clock that these outputs were made by", get_as_of, NULL },
	{ "night", "object or null", 1,
		"the last run: serial, clock, and its new messages, embedded mails and sightings",
		NULL, put_night },
	{ "options", "object", 1,
		"options that affect results; trap addresses as a number, long lists as number and "
		"digest",
		NULL, put_options },
	{ "data", "list of object", 1,
		"name and date of every data file: tables in force, databases that the answers "
		"came from",
		NULL, put_data },
	{ "counts", "object", 1, "what the store holds", NULL, put_counts },
	{ "archives", "list of object", 1, "what was read: sizes, messages, members by kind", NULL,
		put_archives },
	{ "held", "list of object", 1,
		"lists that were not let through: feed, why, entries, usual (median of the nights "
		"before), new (first seen in this night), reason",
		NULL, put_held },
};

const struct sl_field_table sl_fields_night = { "night", "night.json. One object.", false, rows,
	SL_LEN(rows) };

static void add_nights(struct told *t, struct sl_arena *scratch)
{
	struct sl_night_row row;
	struct sl_scan *scan = sl_scan_open(t->in->view, SL_TABLE_NIGHTS, SL_SPAN_NULL);
	while (sl_scan_next(scan, scratch, &row)) {
		t->messages += row.messages;
		t->sightings += row.sightings;
	}
	sl_scan_close(&scan);
	t->any = sl_view_last_night(t->in->view, &t->last);
}

/* A message that was ever seen on its own is no embedded one, whichever sighting came first: that
 * is only known when all are in. */
static void count_embedded(struct told *t, struct sl_arena *scratch)
{
	struct sl_message_row row;
	struct sl_scan *scan = sl_scan_open_brief(t->in->view);
	while (sl_scan_next(scan, scratch, &row)) {
		if (!sl_id_is_zero(&row.message.parent)) {
			t->embedded++;
			t->last_embedded += t->any && row.night == t->last.serial;
		}
		sl_arena_reset(scratch);
	}
	sl_scan_close(&scan);
}

static void add_campaigns(struct told *t, struct sl_arena *scratch)
{
	struct sl_campaign_row row;
	struct sl_scan *scan = sl_scan_open(t->in->view, SL_TABLE_CAMPAIGNS, SL_SPAN_NULL);
	while (sl_scan_next(scan, scratch, &row)) {
		if (row.merged_into.text[0])
			t->merged++;
		else
			t->living++;
		sl_arena_reset(scratch);
	}
	sl_scan_close(&scan);
}

/* The key is seeded, so it may break a tie only between rows that print alike. */
static int by_name(const void *a, const void *b)
{
	const struct sl_archive_row *x = a, *y = b;
	int order = sl_span_cmp(x->name, y->name);
	if (!order && x->size != y->size)
		return x->size < y->size ? -1 : 1;
	if (!order && x->messages != y->messages)
		return x->messages < y->messages ? -1 : 1;
	return order ? order : sl_id_cmp(&x->key, &y->key);
}

static void add_archives(struct told *t, struct sl_arena *arena)
{
	struct sl_archive_row row;
	size_t room = 0;
	struct sl_scan *scan = sl_scan_open(t->in->view, SL_TABLE_ARCHIVES, SL_SPAN_NULL);
	while (sl_scan_next(scan, arena, &row))
		*SL_ARENA_PUSH(arena, t->archives, t->n_archives, room) = row;
	sl_scan_close(&scan);
	if (t->n_archives)
		qsort(t->archives, t->n_archives, sizeof(*t->archives), by_name);
}

static bool has_edition(const struct sl_span *editions, size_t n, struct sl_span edition)
{
	for (size_t i = 0; i < n; i++) {
		if (sl_span_eq(editions[i], edition))
			return true;
	}
	return false;
}

static int by_text(const void *a, const void *b)
{
	const struct sl_span *x = a, *y = b;
	return sl_span_cmp(*x, *y);
}

static void collect_editions(struct told *t, struct sl_arena *arena, struct sl_arena *scratch)
{
	struct sl_indicator_row row;
	struct sl_answer answer;
	struct sl_span edition, *editions = NULL;
	size_t n = 0, room = 0;
	struct sl_scan *scan = sl_scan_open(t->in->view, SL_TABLE_INDICATORS, SL_SPAN_NULL);
	while (sl_scan_next(scan, scratch, &row)) {
		if ((sl_lookup_geo.kinds >> row.kind & 1) &&
			sl_view_lookup(t->in->view, sl_lookup_geo.name, row.kind, row.value,
				scratch, &edition, &answer) &&
			!has_edition(editions, n, edition))
			*SL_ARENA_PUSH(arena, editions, n, room) = sl_arena_copy(arena, edition);
		sl_arena_reset(scratch);
	}
	sl_scan_close(&scan);
	if (n)
		qsort(editions, n, sizeof(*editions), by_text);
	t->editions = editions;
	t->n_editions = n;
}

/* Which data the answers in the store came from: what the files say now may be something else. */
static void add_editions(struct told *t, struct sl_arena *arena, struct sl_arena *scratch)
{
	const struct sl_tally *tally = sl_outdir_tally(t->out, NULL, NULL);
	if (!tally) {
		collect_editions(t, arena, scratch);
		return;
	}
	t->editions = tally->editions;
	t->n_editions = tally->n_editions;
}

static enum sl_rc write_object(
	struct told *told, struct sl_outdir *out, struct sl_arena *arena, struct sl_err *err)
{
	struct sl_outfile *file;
	enum sl_rc rc = sl_outfile_open(out, "night.json", true, &file, err);
	if (rc != SL_OK)
		return rc;
	struct sl_buf line = sl_buf_make(SL_LINE_MAX);
	struct sl_json json = sl_json_make(&line);
	sl_rows_json(&json, &sl_fields_night, told, arena);
	sl_json_line(&json);
	sl_outfile_take(file, &line);
	sl_buf_free(&line);
	return sl_outfile_close(&file, err);
}

static enum sl_rc write_night(
	const struct sl_feed_input *in, struct sl_outdir *out, struct sl_err *err)
{
	struct sl_arena *arena = sl_arena_new(0), *scratch = sl_arena_new(0);
	struct sl_redact *redact = sl_redact_new(in->config);
	struct told told = { .in = in, .out = out, .redact = redact };
	add_nights(&told, scratch);
	count_embedded(&told, scratch);
	add_campaigns(&told, scratch);
	add_archives(&told, arena);
	add_editions(&told, arena, scratch);
	enum sl_rc rc = write_object(&told, out, arena, err);
	sl_redact_free(&redact);
	sl_arena_free(&scratch);
	sl_arena_free(&arena);
	return rc;
}

const struct sl_feed sl_feed_night = { "night", "night.json: options, data files and counts", true,
	write_night, false };
