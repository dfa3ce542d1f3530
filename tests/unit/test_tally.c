/* SPDX-License-Identifier: Apache-2.0 */
/* The feeds over a real store: what is counted, what is hidden, and that JSON says what is
 * documented. */
#include "check.h"
#include "putresult.h"

#include "pipeline/fields.h"
#include "pipeline/phase.h"
#include "stages/feed/outdir.h"
#include "stages/feed/tally.h"
#include "storage/store.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const traps[] = { "spamtrap@trap.example" };

static const struct sl_config config = { .wave_days = 30,
	.since = SL_TIME_NONE,
	.until = SL_TIME_NONE,
	.offline = true,
	.all = true,
	.region = "",
	.confidence = 1,
	.trap_addresses = { (const char **)(uintptr_t)traps, 1 } };

static const char lure[] = "Your parcel could not be delivered please confirm the address and pay "
			   "the small fee within two days or it goes back to where it came from";

struct seed {
	int number; /* makes the message distinct */
	const char *text, *url, *host, *domain, *sender, *ip;
	int64_t time;
	const char *type; /* of the attached program, beside a picture; NULL: nothing attached */
};

static const struct seed seeds[] = {
	{ 1, lure, "https://pay.parcel-fee.top/a?u=spamtrap%40trap.example", "pay.parcel-fee.top",
		"parcel-fee.top", "post@parcel-fee.top", "203.0.113.9", 1000000, "image/png" },
	{ 2, lure, "https://pay.parcel-fee.top/a?u=SpamTrap@trap.example", "pay.parcel-fee.top",
		"parcel-fee.top", "spamtrap@trap.example", "203.0.113.9", 2000000,
		"application/x-dosexec" },
	{ 3, "Completely other words about nothing much to see here in the least, says the man",
		"https://other.shop-now.top/", "other.shop-now.top", "shop-now.top",
		"a@shop-now.top", "203.0.113.10", SL_TIME_NONE, NULL },
};

static struct sl_indicator indicator_of(
	enum sl_kind kind, enum sl_role role, const struct seed *seed, const char *value)
{
	return (struct sl_indicator){ .kind = kind,
		.role = role,
		.view = role == SL_ROLE_LINK ? SL_VIEW_HTML : SL_VIEW_HEADER,
		.value = sl_span_str(value),
		.host = role == SL_ROLE_LINK ? sl_span_str(seed->host) : SL_SPAN_NULL,
		.domain = role == SL_ROLE_LINK ? sl_span_str(seed->domain) : SL_SPAN_NULL };
}

/* A file of the mail, and its hash as an indicator. */
static void attach(struct sl_arena *arena, const char *bytes, const char *type,
	struct sl_attachment *file_r, struct sl_indicator *hash_r)
{
	struct sl_buf hex = sl_buf_make(100);
	*file_r = (struct sl_attachment){ .type = sl_span_str(type),
		.sha256 = sl_sha256_of(sl_span_str(bytes)) };
	sl_buf_hex(&hex, file_r->sha256.b, sizeof(file_r->sha256.b));
	*hash_r = (struct sl_indicator){ .kind = SL_KIND_SHA256,
		.role = SL_ROLE_ATTACHMENT,
		.view = SL_VIEW_RAW,
		.value = sl_arena_copy(arena, sl_buf_span(&hex)) };
	sl_buf_free(&hex);
}

static void put(struct sl_store *store, const struct seed *seed)
{
	const struct sl_secret *secret = sl_store_secret(store);
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_result result = { .time = seed->time };
	struct sl_message *m = &result.message;
	struct sl_err err;
	enum sl_seen seen;
	bool fresh;
	struct sl_span raw = sl_arena_printf(arena, "%d %s", seed->number, seed->text);
	struct sl_indicator header[] = {
		indicator_of(SL_KIND_EMAIL, SL_ROLE_SENDER, seed, seed->sender),
		indicator_of(SL_KIND_IPV4, SL_ROLE_SENDING_IP, seed, seed->ip),
	};
	struct sl_indicator body[] = {
		indicator_of(SL_KIND_URL, SL_ROLE_LINK, seed, seed->url),
		indicator_of(SL_KIND_HOST, SL_ROLE_LINK, seed, seed->host),
		indicator_of(SL_KIND_DOMAIN, SL_ROLE_LINK, seed, seed->domain),
		{ 0 },
		{ 0 },
	};
	struct sl_attachment files[2];
	const size_t n_files = seed->type ? SL_LEN(files) : 0;
	if (n_files) {
		attach(arena, "picture", "image/png", &files[0], &body[3]);
		attach(arena, "program", seed->type, &files[1], &body[4]);
	}
	m->id = sl_hash_name(raw);
	m->key = sl_hash_key(raw, secret);
	m->sha256 = sl_sha256_of(raw);
	m->content = result.content.key = m->key;
	m->variant = sl_hash_key(sl_span_str(seed->text), secret);
	m->variant_name = sl_hash_name(sl_span_str(seed->text));
	m->subject = m->subject_norm = SL_SPAN("=cmd for spamtrap@trap.example");
	m->from_name = m->sender_norm = SL_SPAN("Parcel \"Post\"");
	m->from_addr = sl_span_str(seed->sender);
	m->date = m->received = seed->time;
	m->origin_ip = (struct sl_ip){ 4, { 203, 0, 113, 9 } };
	m->origin_hop = 0;
	m->origin_reason = SL_IP_BOUNDARY;
	m->indicators = header;
	m->n_indicators = SL_LEN(header);
	result.content.norm = sl_span_str(seed->text);
	result.content.indicators = body;
	result.content.n_indicators = SL_LEN(body) - SL_LEN(files) + n_files;
	result.content.attachments = files;
	result.content.n_attachments = n_files;
	struct sl_origin origin = { .entry = SL_SPAN("box/spamtrap@trap.example"),
		.ordinal = (uint64_t)seed->number,
		.length = raw.n };
	origin.archive = sl_hash_key(SL_SPAN("archive"), secret);
	assert_int_equal(
		sl_store_put_archive(store, 1, &origin.archive, SL_SPAN("t.tar"), 1, 1, 1, &err),
		SL_OK);
	assert_int_equal(put_result(store, 1, &result, &origin, &seen, &fresh, &err), SL_OK);
	sl_arena_free(&arena);
}

static char root[64];
static struct sl_store *store;
static struct sl_tables *tables;

static void need(enum sl_rc rc, const struct sl_err *err)
{
	if (rc != SL_OK)
		fail_msg("%s", err->text);
}

static int set_up(void **state)
{
	struct sl_err err = { .text = "" };
	char path[96];
	(void)state;
	snprintf(root, sizeof(root), "/tmp/sl-tally-XXXXXX");
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/store", root);
	need(sl_tables_load(&config, &tables, &err), &err);
	need(sl_store_open(path, SL_STORE_WRITE, &store, &err), &err);
	need(sl_store_begin(store, &err), &err);
	for (size_t i = 0; i < SL_LEN(seeds); i++)
		put(store, &seeds[i]);
	struct sl_reject_row reject = { .entry = SL_SPAN("bad\x1b[2J"),
		.reason = SL_SPAN("truncated"),
		.detail = SL_SPAN("words"),
		.night = 1 };
	need(sl_store_put_reject(store, &reject, &err), &err);
	struct sl_night_row night = { .serial = 1, .as_of = 3000000, .messages = 3 };
	need(sl_store_put_night(store, &night, &err), &err);
	need(sl_store_commit(store, &err), &err);
	need(sl_campaigns_run(store, 1, &config, tables, &err), &err);
	need(sl_lookups_run(store, &config, 3000000, &err), &err);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];
	(void)state;
	sl_store_close(&store);
	sl_tables_free(&tables);
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

struct opened {
	struct sl_feed_input in;
	struct sl_outdir *out;
};

static struct opened open_all(const char *name)
{
	struct opened o = { .in = { .config = &config, .tables = tables, .as_of = 3000000 } };
	struct sl_err err = { .text = "" };
	char path[96];
	snprintf(path, sizeof(path), "%s/%s", root, name);
	need(sl_view_open(store, false, &o.in.view, &err), &err);
	need(sl_dossiers_open(o.in.view, &config, tables, 3000000, &o.in.campaigns, &err), &err);
	need(sl_outdir_open(path, &o.out, &err), &err);
	need(sl_outdir_begin(o.out, &err), &err);
	return o;
}

static void close_all(struct opened *o)
{
	sl_outdir_free(&o->out);
	sl_dossiers_close(&o->in.campaigns);
	sl_view_close(&o->in.view);
}

static const struct sl_tallied *find(
	const struct sl_tally *tally, enum sl_kind kind, const char *value)
{
	for (size_t i = 0; i < tally->n; i++) {
		if (tally->items[i].kind == kind &&
			sl_span_eq(tally->items[i].value, sl_span_str(value)))
			return &tally->items[i];
	}
	return NULL;
}

static void counts_are_right(void **state)
{
	struct sl_err err = { .text = "" };
	const struct sl_tally *tally;
	(void)state;
	struct opened o = open_all("counts");
	need(sl_tally_of(&o.in, o.out, &tally, &err), &err);
	const struct sl_tallied *domain = find(tally, SL_KIND_DOMAIN, "parcel-fee.top");
	assert_non_null(domain);
	assert_int_equal(domain->messages, 2);
	assert_int_equal(domain->n_campaigns, 1);
	assert_int_equal(domain->first, 1000000);
	assert_int_equal(domain->last, 2000000);
	assert_int_equal(domain->roles, 1u << SL_ROLE_LINK);
	assert_true(domain->actionable);
	const struct sl_tallied *timeless = find(tally, SL_KIND_DOMAIN, "shop-now.top");
	assert_non_null(timeless);
	assert_int_equal(timeless->first, SL_TIME_NONE);
	for (size_t i = 1; i < tally->n; i++) {
		const struct sl_tallied *a = &tally->items[i - 1], *b = &tally->items[i];
		int kinds = strcmp(
			sl_kind_name((enum sl_kind)a->kind), sl_kind_name((enum sl_kind)b->kind));
		assert_true(kinds < 0 || (kinds == 0 && sl_span_cmp(a->value, b->value) < 0));
	}
	close_all(&o);
}

static const struct sl_tallied *find_file(const struct sl_tally *tally, const char *bytes)
{
	struct sl_attachment file;
	struct sl_indicator hash;
	struct sl_arena *arena = sl_arena_new(0);
	attach(arena, bytes, "", &file, &hash);
	const char *hex = sl_arena_printf(arena, "%.*s", SL_ARG(hash.value)).p;
	const struct sl_tallied *found = find(tally, SL_KIND_SHA256, hex);
	sl_arena_free(&arena);
	return found;
}

/* A hash is blocked unless all that is known of the file says that it is a picture. */
static void files_have_a_type(void **state)
{
	struct sl_err err = { .text = "" };
	const struct sl_tally *tally;
	(void)state;
	struct opened o = open_all("files");
	need(sl_tally_of(&o.in, o.out, &tally, &err), &err);
	const struct sl_tallied *picture = find_file(tally, "picture");
	assert_non_null(picture);
	assert_int_equal(picture->messages, 2);
	assert_false(picture->actionable);
	assert_string_equal(picture->why, "image");
	const struct sl_tallied *program = find_file(tally, "program");
	assert_non_null(program);
	assert_true(program->actionable);
	assert_int_equal(program->confidence, 60); /* 50 without a type */
	close_all(&o);
}

/* Two URLs that differ in how the trap's address is written become one that is never blocked. */
static void hidden_values_are_one(void **state)
{
	struct sl_err err = { .text = "" };
	const struct sl_tally *tally;
	(void)state;
	struct opened o = open_all("hidden");
	need(sl_tally_of(&o.in, o.out, &tally, &err), &err);
	const struct sl_tallied *url =
		find(tally, SL_KIND_URL, "https://pay.parcel-fee.top/a?u=[trap]");
	assert_non_null(url);
	assert_int_equal(url->messages, 2);
	assert_false(url->actionable);
	assert_string_equal(url->why, "trap");
	assert_null(find(tally, SL_KIND_EMAIL, "spamtrap@trap.example"));
	assert_null(find(tally, SL_KIND_EMAIL, "[trap]"));
	close_all(&o);
}

static char *read_out(const char *folder, const char *name)
{
	char path[160];
	snprintf(path, sizeof(path), "%s/%s/%s", root, folder, name);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("no %s", path);
	char *text = sl_calloc(1, 1 << 20);
	size_t n = fread(text, 1, (1 << 20) - 1, file);
	assert_true(n < (1 << 20) - 1);
	fclose(file);
	return text;
}

static void write_all(const char *folder)
{
	struct sl_err err = { .text = "" };
	struct opened o = open_all(folder);
	for (size_t i = 0; sl_feeds[i]; i++)
		need(sl_feeds[i]->write(&o.in, o.out, &err), &err);
	need(sl_outdir_finish(o.out, &err), &err);
	close_all(&o);
}

static const char *const files[] = { "indicators.csv", "indicators.jsonl", "campaigns.csv",
	"campaigns.jsonl", "messages.jsonl", "rejects.jsonl", "night.json", "lists/domains.txt",
	"lists/hosts.txt", "lists/urls.txt", "lists/ips.txt", "MANIFEST.sha256" };

static void the_trap_is_in_no_file_and_bytes_are_the_same(void **state)
{
	(void)state;
	write_all("one");
	write_all("two");
	for (size_t i = 0; i < SL_LEN(files); i++) {
		char *one = read_out("one", files[i]), *two = read_out("two", files[i]);
		assert_string_equal(one, two);
		if (sl_span_ifind(sl_span_str(one), SL_SPAN("spamtrap@trap"), 0) >= 0 ||
			sl_span_ifind(sl_span_str(one), SL_SPAN("spamtrap%40trap"), 0) >= 0)
			fail_msg("the trap is in %s", files[i]);
		free(one);
		free(two);
	}
}

static void lists_hold_values_only(void **state)
{
	(void)state;
	write_all("lists");
	char *text = read_out("lists", "lists/domains.txt");
	assert_string_equal(text, "# spamloom: registered domains to block\n"
				  "# as of 1970-02-04T17:20:00Z\n# 2 entries\n"
				  "parcel-fee.top\nshop-now.top\n");
	free(text);
}

static void csv_has_its_head(void **state)
{
	(void)state;
	write_all("csv");
	char *text = read_out("csv", "indicators.csv");
	assert_non_null(strstr(text, "# spamloom indicators, schema 1\n"));
	assert_non_null(strstr(text, "\n\"first_seen\",\"last_seen\",\"kind\",\"value\","));
	assert_non_null(strstr(text,
		"\"1970-01-12T13:46:40Z\",\"1970-01-24T03:33:20Z\",\"domain\",\"parcel-fee.top\","
		"\"parcel-fee[.]top\",\"link\",\"2\",\"1\",\"true\""));
	free(text);
	text = read_out("csv", "campaigns.csv");
	assert_null(strstr(text, ",\"=cmd")); /* the subject begins like a formula */
	free(text);
}

static bool is_documented(const struct sl_field_table *table, const char *path)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		if (strcmp(table->rows[i].name, path) == 0)
			return true;
	}
	return false;
}

/* Keys of messages.jsonl are documented down to the leaves. */
static void check_keys(const struct sl_field_table *table, struct json_object *object,
	const char *prefix, bool deep)
{
	json_object_object_foreach(object, key, value)
	{
		char path[200];
		snprintf(path, sizeof(path), "%s%s", prefix, key);
		if (!is_documented(table, path))
			fail_msg("%s: %s is not documented", table->name, path);
		char below[220];
		if (deep && json_object_is_type(value, json_type_object)) {
			snprintf(below, sizeof(below), "%s.", path);
			check_keys(table, value, below, deep);
		}
		if (deep && json_object_is_type(value, json_type_array) &&
			json_object_array_length(value) &&
			json_object_is_type(
				json_object_array_get_idx(value, 0), json_type_object)) {
			snprintf(below, sizeof(below), "%s[].", path);
			check_keys(table, json_object_array_get_idx(value, 0), below, deep);
		}
	}
}

static size_t check_lines(const char *file, const char *table_name, bool deep)
{
	const struct sl_field_table *table = NULL;
	char *text = read_out("json", file);
	struct sl_span rest = sl_span_str(text), line;
	size_t n = 0;
	for (size_t i = 0; sl_field_tables[i]; i++) {
		if (strcmp(sl_field_tables[i]->name, table_name) == 0)
			table = sl_field_tables[i];
	}
	assert_non_null(table);
	while (sl_span_split(&rest, '\n', &line)) {
		struct json_tokener *reader = json_tokener_new();
		json_tokener_set_flags(reader, JSON_TOKENER_STRICT);
		struct json_object *object = json_tokener_parse_ex(reader, line.p, (int)line.n);
		assert_non_null(object);
		check_keys(table, object, "", deep);
		json_object_put(object);
		json_tokener_free(reader);
		n++;
	}
	free(text);
	return n;
}

static void json_is_strict_and_documented(void **state)
{
	(void)state;
	write_all("json");
	assert_int_equal(check_lines("messages.jsonl", "messages", true), 3);
	assert_true(check_lines("indicators.jsonl", "indicators", true) >= 9);
	assert_int_equal(check_lines("campaigns.jsonl", "campaigns", false), 2);
	assert_int_equal(check_lines("rejects.jsonl", "rejects", true), 1);
	assert_int_equal(check_lines("night.json", "night", false), 1);
}

static void messages_are_told_whole(void **state)
{
	(void)state;
	write_all("messages");
	char *text = read_out("messages", "messages.jsonl");
	assert_non_null(strstr(text, "\"origin\":{\"archive\":\"t.tar\",\"entry\":\"box/[trap]\","
				     "\"ordinal\":1,\"offset\":0,"));
	assert_non_null(strstr(text, "\"subject\":\"=cmd for [trap]\""));
	assert_non_null(strstr(text, "\"origin_ip\":{\"ip\":\"203.0.113.9\",\"hop\":0,"
				     "\"reason\":\"boundary\",\"forged\":false,\"claimed\":[]}"));
	/* two variants have one exemplar each, the third message has no sha256 */
	struct sl_span rest = sl_span_str(text), line;
	size_t nulls = 0;
	char last[33] = "";
	while (sl_span_split(&rest, '\n', &line)) {
		static const char lead[] = "{\"schema\":1,\"id\":\"";
		assert_true(sl_span_starts(line, SL_SPAN(lead)));
		nulls += sl_span_find(line, SL_SPAN("\"sha256\":null"), 0) >= 0;
		assert_true(memcmp(last, line.p + sizeof(lead) - 1, 32) < 0);
		memcpy(last, line.p + sizeof(lead) - 1, 32);
	}
	assert_int_equal(nulls, 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_right),
		cmocka_unit_test(files_have_a_type),
		cmocka_unit_test(hidden_values_are_one),
		cmocka_unit_test(the_trap_is_in_no_file_and_bytes_are_the_same),
		cmocka_unit_test(lists_hold_values_only),
		cmocka_unit_test(csv_has_its_head),
		cmocka_unit_test(json_is_strict_and_documented),
		cmocka_unit_test(messages_are_told_whole),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
