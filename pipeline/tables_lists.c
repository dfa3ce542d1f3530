/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of warninglists as MISP publishes them (JSON: name, type, list, matching_attributes,
 * version), and of plain lists, one name or "rank,name" a line. A hit never drops an indicator: it
 * says why it is not fed to blockers. What a list says depends on its file name: top lists speak of
 * whole sites, lists of shorteners and hosting of platforms whose customers are strangers. */
#include "base/json_read.h"
#include "tables_internal.h"

#include <dirent.h>
#include <stdlib.h>

struct list {
	struct sl_span file, type;
	uint32_t bits;
};

static const struct {
	const char *in_name;
	uint32_t bits;
} meanings[] = {
	{ "url-shortener", SL_KNOWN_SHORTENER },
	{ "link-in-bio", SL_KNOWN_SHARED },
	{ "lots-project", SL_KNOWN_SHARED | SL_KNOWN_PER_HOST },
	{ "dynamic-dns", SL_KNOWN_SHARED | SL_KNOWN_PER_HOST },
	{ "ipfs", SL_KNOWN_SHARED | SL_KNOWN_PER_HOST },
	{ "disposable", SL_KNOWN_FREEMAIL },
	{ "smtp-sending", SL_KNOWN_RELAY },
	{ "gmail-sending", SL_KNOWN_RELAY },
	{ "office365", SL_KNOWN_RELAY | SL_KNOWN_GOOD },
	{ "amazon-aws", SL_KNOWN_SHARED },
	{ "microsoft-azure", SL_KNOWN_SHARED },
	{ "google-gcp", SL_KNOWN_SHARED },
	{ "oracle-oci", SL_KNOWN_SHARED },
	{ "tranco", SL_KNOWN_TOPLIST },
	{ "alexa", SL_KNOWN_TOPLIST },
	{ "majestic", SL_KNOWN_TOPLIST },
	{ "umbrella", SL_KNOWN_TOPLIST },
	{ "top", SL_KNOWN_TOPLIST },
	{ "bank-website", SL_KNOWN_GOOD },
	{ "university", SL_KNOWN_GOOD },
	{ "google", SL_KNOWN_GOOD },
	{ "microsoft", SL_KNOWN_GOOD },
};

static uint32_t meaning(struct sl_span file)
{
	for (size_t i = 0; i < SL_LEN(meanings); i++)
		if (sl_span_ifind(file, sl_span_str(meanings[i].in_name), 0) >= 0)
			return meanings[i].bits;
	return SL_KNOWN_WARNINGLIST;
}

/* The platform itself, "sites.example", is in these lists beside its customers' names. */
static void add_exact(struct sl_tables *t, struct sl_span name, uint32_t bits)
{
	name = sl_span_trim(name);
	if (name.n == 0 || name.n > 255 || sl_span_chr(name, '.', 0) < 0)
		return;
	char *copy = sl_arena_alloc(t->arena, name.n);
	for (size_t i = 0; i < name.n; i++)
		copy[i] = sl_lower(name.p[i]);
	*sl_nameset_put(&t->exact, sl_span_of(copy, name.n)) |= bits & ~(uint32_t)SL_KNOWN_PER_HOST;
}

/* A list of abused sites names facebook.com: what our own tables call good stays good. */
static uint32_t bits_for(const struct sl_tables *t, const struct list *list, struct sl_span item)
{
	item = sl_span_from(item, sl_span_starts(item, SL_SPAN(".")));
	if (list->bits & SL_KNOWN_SHARED &&
		sl_tables_known(t, item, SL_SPAN_NULL) & (SL_KNOWN_GOOD | SL_KNOWN_BRAND))
		return SL_KNOWN_WARNINGLIST;
	return list->bits;
}

static void add_item(struct sl_tables *t, const struct list *list, struct sl_span item)
{
	item = sl_span_trim(item);
	if (sl_prefixes_add(&t->networks, t->arena, item, list->bits) ||
		sl_span_eq(list->type, SL_SPAN("cidr")))
		return;
	if (sl_span_eq(list->type, SL_SPAN("hostname")) || list->bits & SL_KNOWN_FREEMAIL) {
		if (sl_span_chr(item, '.', 1) > 0)
			sl_tables_add_name(t, item, bits_for(t, list, item));
	} else if (sl_span_eq(list->type, SL_SPAN("string"))) {
		if (sl_span_starts(item, SL_SPAN(".")))
			sl_tables_add_name(t, item, list->bits);
		else
			add_exact(t, item, list->bits);
	} else if (sl_span_eq(list->type, SL_SPAN("substring")) && item.n >= 4) {
		if (!t->substrings)
			t->substrings = sl_matcher_new();
		sl_matcher_add(t->substrings, sl_arena_copy(t->arena, item), 1);
	}
}

/* Only lists that speak of hosts or addresses; hashes and phone numbers are not looked up here. */
static bool speaks_of_hosts(const struct sl_jsonin *attributes)
{
	static const char *const wanted[] = { "hostname", "domain", "url", "ip-src", "ip-dst",
		"domain|ip" };
	for (size_t i = 0; i < sl_jsonin_length(attributes); i++)
		for (size_t k = 0; k < SL_LEN(wanted); k++)
			if (sl_span_eq(sl_jsonin_text(sl_jsonin_at(attributes, i)),
				    sl_span_str(wanted[k])))
				return true;
	return sl_jsonin_length(attributes) == 0;
}

static void add_list(
	struct sl_tables *t, const struct list *list, struct sl_span date, uint64_t entries)
{
	*SL_ARENA_PUSH(t->arena, t->lists, t->n_lists, t->room_lists) =
		(struct sl_warninglist){ sl_arena_copy(t->arena, list->file),
			sl_arena_copy(t->arena, date), entries };
}

bool sl_tables_warninglist(const struct sl_tables *t, size_t i, struct sl_span *name_r,
	struct sl_span *date_r, uint64_t *entries_r)
{
	if (i >= t->n_lists)
		return false;
	*name_r = t->lists[i].name;
	*date_r = t->lists[i].date;
	*entries_r = t->lists[i].entries;
	return true;
}

static enum sl_rc load_json(
	struct sl_tables *t, struct list *list, struct sl_span text, struct sl_err *err)
{
	struct sl_jsonin *document = sl_jsonin_parse(text);
	if (!document)
		return sl_err_set(err, SL_EXIT_CONFIG, "%.*s is no JSON", SL_ARG(list->file));
	const struct sl_jsonin *items = sl_jsonin_member(document, "list");
	list->type = sl_jsonin_text(sl_jsonin_member(document, "type"));
	int64_t number;
	struct sl_span version = sl_jsonin_text(sl_jsonin_member(document, "version"));
	if (sl_jsonin_number(sl_jsonin_member(document, "version"), &number))
		version = sl_arena_printf(t->arena, "%lld", (long long)number);
	add_list(t, list, version, sl_jsonin_length(items));
	if (speaks_of_hosts(sl_jsonin_member(document, "matching_attributes"))) {
		for (size_t i = 0; i < sl_jsonin_length(items); i++)
			add_item(t, list, sl_jsonin_text(sl_jsonin_at(items, i)));
		if (sl_jsonin_length(items))
			sl_tables_add_source(t, list->file, version);
	}
	sl_jsonin_free(&document);
	return SL_OK;
}

/* "name" or "rank,name"; # starts a comment. */
static void load_plain(struct sl_tables *t, struct list *list, struct sl_span text)
{
	struct sl_span line, date = sl_tsv_head(text, SL_SPAN("date"));
	uint64_t entries = 0;
	list->type = SL_SPAN("string");
	sl_tables_add_source(t, list->file, date);
	while (sl_span_split(&text, '\n', &line)) {
		line = sl_span_trim(line);
		ssize_t comma = sl_span_chr(line, ',', 0);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		entries++;
		add_item(t, list, comma < 0 ? line : sl_span_from(line, (size_t)comma + 1));
	}
	add_list(t, list, date, entries);
}

static int visible_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum sl_rc load_file(
	struct sl_tables *t, const char *folder, const char *name, struct sl_err *err)
{
	struct sl_span text, path = sl_arena_printf(t->arena, "%s/%s", folder, name);
	struct list list = { .file = sl_span_str(name), .bits = meaning(sl_span_str(name)) };
	bool json = sl_span_iends(list.file, SL_SPAN(".json"));
	bool plain = sl_span_iends(list.file, SL_SPAN(".txt")) ||
		     sl_span_iends(list.file, SL_SPAN(".csv"));
	if (!json && !plain)
		return SL_OK;
	if (sl_tables_read(t, path.p, &text, err) != SL_OK)
		return SL_FATAL;
	if (json)
		return load_json(t, &list, text, err);
	load_plain(t, &list, text);
	return SL_OK;
}

enum sl_rc sl_tables_load_lists(struct sl_tables *t, const char *folder, struct sl_err *err)
{
	struct dirent **entries = NULL;
	enum sl_rc rc = SL_OK;
	int n = scandir(folder, &entries, visible_file, by_name);
	if (n < 0)
		return sl_err_errno(err, SL_EXIT_CONFIG, "cannot read folder %s", folder);
	for (int i = 0; i < n; i++) {
		if (rc == SL_OK)
			rc = load_file(t, folder, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	if (t->substrings)
		sl_matcher_finish(t->substrings);
	return rc == SL_OK ? SL_OK : sl_err_context(err, "option --warninglists");
}
