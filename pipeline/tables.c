/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include "data_tables.h"
#include "policy.h"
#include "tables_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 256 << 20, NAME_MAX_BYTES = 255 };

/* ---- rows and files ---- */

bool sl_tsv_row(struct sl_span *rest, struct sl_span fields_r[SL_TSV_FIELDS])
{
	struct sl_span line;
	while (sl_span_split(rest, '\n', &line)) {
		if (sl_span_ends(line, SL_SPAN("\r")))
			line.n--;
		if (sl_span_trim(line).n == 0 || line.p[0] == '#')
			continue;
		for (size_t i = 0; i < SL_TSV_FIELDS; i++)
			if (!sl_span_split(&line, '\t', &fields_r[i]))
				fields_r[i] = SL_SPAN_NULL;
		return true;
	}
	return false;
}

struct sl_span sl_tsv_head(struct sl_span text, struct sl_span name)
{
	struct sl_span line;
	while (sl_span_split(&text, '\n', &line) && sl_span_starts(line, SL_SPAN("#"))) {
		struct sl_span rest = sl_span_trim(sl_span_from(line, 1));
		if (sl_span_starts(rest, name) && rest.n > name.n && rest.p[name.n] == ':')
			return sl_span_trim(sl_span_from(rest, name.n + 1));
	}
	return SL_SPAN_NULL;
}

enum sl_rc sl_tables_read(
	struct sl_tables *t, const char *path, struct sl_span *bytes_r, struct sl_err *err)
{
	struct stat status;
	enum sl_rc rc = SL_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) != 0) {
		rc = sl_err_errno(err, SL_EXIT_CONFIG, "cannot read %s", path);
		goto out;
	}
	if (!S_ISREG(status.st_mode) || status.st_size > FILE_MAX) {
		rc = sl_err_set(err, SL_EXIT_CONFIG, "%s is no file of at most 256 MiB", path);
		goto out;
	}
	size_t size = (size_t)status.st_size, have = 0;
	char *bytes = sl_arena_alloc(t->arena, size + 1);
	while (have < size) {
		ssize_t got = read(fd, bytes + have, size - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			rc = sl_err_errno(err, SL_EXIT_CONFIG, "cannot read %s", path);
			goto out;
		}
		if (got == 0)
			break;
		have += (size_t)got;
	}
	*bytes_r = sl_span_of(bytes, have);
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

void sl_tables_add_source(struct sl_tables *t, struct sl_span name, struct sl_span date)
{
	*SL_ARENA_PUSH(t->arena, t->sources, t->n_sources, t->room_sources) =
		(struct sl_dated){ sl_arena_copy(t->arena, name), sl_arena_copy(t->arena, date) };
}

void sl_tables_add_name(struct sl_tables *t, struct sl_span name, uint32_t bits)
{
	name = sl_span_trim(name);
	if (sl_span_starts(name, SL_SPAN(".")))
		name = sl_span_from(name, 1);
	if (name.n == 0 || name.n > NAME_MAX_BYTES)
		return;
	char *copy = sl_arena_alloc(t->arena, name.n);
	for (size_t i = 0; i < name.n; i++)
		copy[i] = sl_lower(name.p[i]);
	*sl_nameset_put(&t->known, sl_span_of(copy, name.n)) |= bits;
}

/* ---- what is compiled in ---- */

static struct sl_span compiled(const char *name)
{
	for (size_t i = 0; i < sl_data_table_count; i++)
		if (strcmp(sl_data_tables[i].name, name) == 0)
			return sl_span_of(sl_data_tables[i].bytes, sl_data_tables[i].n);
	return SL_SPAN_NULL;
}

/* First column: a name. SHARED: second column "host" or "url" (data/shared.tsv). */
static const struct {
	const char *table;
	uint32_t bits;
} name_tables[] = {
	{ "freemail", SL_KNOWN_FREEMAIL | SL_KNOWN_GOOD },
	{ "good", SL_KNOWN_GOOD },
	{ "namespaces", SL_KNOWN_NAMESPACE },
	{ "redirectors", SL_KNOWN_REDIRECTOR },
	{ "reserved", SL_KNOWN_PLACEHOLDER },
	{ "shared", SL_KNOWN_SHARED },
	{ "shorteners", SL_KNOWN_SHORTENER },
	{ "trackers", SL_KNOWN_TRACKER },
};

/* "s3.amazonaws.com" is shared, so "amazonaws.com" as a whole must not be blocked either; this says
 * nothing on other names below it. */
static void add_above(struct sl_tables *t, struct sl_span name)
{
	name = sl_arena_copy(t->arena, name);
	for (ssize_t dot; (dot = sl_span_chr(name, '.', 0)) >= 0;) {
		name = sl_span_from(name, (size_t)dot + 1);
		if (sl_span_chr(name, '.', 0) > 0)
			*sl_nameset_put(&t->exact, name) |= SL_KNOWN_SHARED;
	}
}

static void load_names(struct sl_tables *t, struct sl_span text, uint32_t bits)
{
	struct sl_span row[SL_TSV_FIELDS];
	while (sl_tsv_row(&text, row)) {
		bool per_host = bits == SL_KNOWN_SHARED && sl_span_eq(row[1], SL_SPAN("host"));
		sl_tables_add_name(t, row[0], bits | (per_host ? SL_KNOWN_PER_HOST : 0));
		if (bits == SL_KNOWN_SHARED)
			add_above(t, row[0]);
	}
}

static void load_relays(struct sl_tables *t, struct sl_span text)
{
	struct sl_span row[SL_TSV_FIELDS];
	while (sl_tsv_row(&text, row)) {
		bool ok = sl_prefixes_add(&t->networks, t->arena, row[0], SL_KNOWN_RELAY);
		sl_assert(ok);
	}
}

static void load_suffixes(struct sl_tables *t, struct sl_span text)
{
	struct sl_span row[SL_TSV_FIELDS];
	char *rules = sl_arena_alloc(t->arena, text.n + 1);
	size_t n = 0;
	while (sl_tsv_row(&text, row)) {
		memcpy(rules + n, row[0].p, row[0].n);
		n += row[0].n;
		rules[n++] = '\n';
	}
	t->suffixes = sl_span_of(rules, n);
}

static const struct {
	const char *name;
	enum sl_phrase phrase;
} phrase_classes[] = {
	{ "pressure", SL_PHRASE_PRESSURE },
	{ "extortion", SL_PHRASE_EXTORTION },
	{ "fee", SL_PHRASE_FEE },
	{ "sale", SL_PHRASE_SALE },
	{ "invoice", SL_PHRASE_INVOICE },
	{ "automatic", SL_PHRASE_AUTOMATIC },
};

static void load_phrases(struct sl_tables *t, struct sl_span text)
{
	struct sl_span row[SL_TSV_FIELDS];
	while (sl_tsv_row(&text, row))
		for (size_t i = 0; i < SL_LEN(phrase_classes); i++)
			if (sl_span_eq(row[0], sl_span_str(phrase_classes[i].name)))
				sl_aliases_add(&t->phrases, t->arena, row[1],
					phrase_classes[i].phrase, true);
	if (t->phrases.matcher)
		sl_matcher_finish(t->phrases.matcher);
}

static void load_compiled(struct sl_tables *t)
{
	for (size_t i = 0; i < sl_data_table_count; i++) {
		struct sl_span text = compiled(sl_data_tables[i].name);
		sl_tables_add_source(
			t, sl_span_str(sl_data_tables[i].name), sl_tsv_head(text, SL_SPAN("date")));
	}
	for (size_t i = 0; i < SL_LEN(name_tables); i++)
		load_names(t, compiled(name_tables[i].table), name_tables[i].bits);
	load_relays(t, compiled("relays"));
	load_suffixes(t, compiled("suffixes"));
	load_phrases(t, compiled("phrases"));
	sl_tables_load_brands(t, compiled("brands"));
}

/* ---- what the user adds ---- */

/* "example.net", "user@example.net", "@example.net", "192.0.2.0/24" */
static void add_listed(struct sl_tables *t, const char *item, uint32_t bits)
{
	struct sl_span name = sl_span_trim(sl_span_str(item));
	if (sl_prefixes_add(&t->networks, t->arena, name, bits))
		return;
	ssize_t at = sl_span_chr(name, '@', 0);
	sl_tables_add_name(t, at < 0 ? name : sl_span_from(name, (size_t)at + 1), bits);
}

/* A single trap address makes its domain the trap's, unless the whole world has mail there. */
static void add_trap(struct sl_tables *t, const char *item)
{
	struct sl_span name = sl_span_trim(sl_span_str(item));
	ssize_t at = sl_span_chr(name, '@', 0);
	if (at < 0)
		return;
	struct sl_span domain = sl_span_from(name, (size_t)at + 1);
	if (at > 0 &&
		sl_tables_known(t, domain, SL_SPAN_NULL) & (SL_KNOWN_GOOD | SL_KNOWN_FREEMAIL))
		return;
	sl_tables_add_name(t, domain, SL_KNOWN_TRAP);
}

static enum sl_rc load_user(struct sl_tables *t, const struct sl_config *config, struct sl_err *err)
{
	struct sl_span text;
	if (config->brands_file && *config->brands_file) {
		if (sl_tables_read(t, config->brands_file, &text, err) != SL_OK)
			return sl_err_context(err, "option --brands");
		sl_tables_load_brands(t, text);
		sl_tables_add_source(t, SL_SPAN("user-brands"), sl_tsv_head(text, SL_SPAN("date")));
	}
	for (size_t i = 0; i < config->allow.n; i++)
		add_listed(t, config->allow.items[i], SL_KNOWN_ALLOWED);
	for (size_t i = 0; i < config->own.n; i++)
		add_listed(t, config->own.items[i], SL_KNOWN_OWN);
	for (size_t i = 0; i < config->trap_addresses.n; i++)
		add_trap(t, config->trap_addresses.items[i]);
	if (config->warninglists && *config->warninglists)
		return sl_tables_load_lists(t, config->warninglists, err);
	return SL_OK;
}

enum sl_rc sl_tables_load(
	const struct sl_config *config, struct sl_tables **tables_r, struct sl_err *err)
{
	struct sl_tables *t = sl_calloc(1, sizeof(*t));
	t->arena = sl_arena_new(0);
	load_compiled(t);
	enum sl_rc rc = load_user(t, config, err);
	sl_tables_finish_brands(t);
	if (rc != SL_OK)
		sl_tables_free(&t);
	*tables_r = t;
	return rc;
}

void sl_tables_free(struct sl_tables **tables)
{
	struct sl_tables *t = *tables;
	if (!t)
		return;
	sl_nameset_free(&t->known);
	sl_nameset_free(&t->exact);
	sl_nameset_free(&t->networks.set);
	sl_nameset_free(&t->brand_domains);
	sl_nameset_free(&t->brand_ids);
	sl_nameset_free(&t->near);
	sl_matcher_free(&t->substrings);
	sl_matcher_free(&t->brand_aliases.matcher);
	sl_matcher_free(&t->phrases.matcher);
	sl_arena_free(&t->arena);
	free(t);
	*tables = NULL;
}

/* ---- lookups ---- */

/* These say whose name it is; the most specific one that says anything decides. */
enum { WHOSE = SL_KNOWN_GOOD | SL_KNOWN_BRAND | SL_KNOWN_SHARED | SL_KNOWN_TOPLIST };

/* A name and its form with the second label open: "s3.us-east-1.amazonaws.com" is also
 * "s3.*.amazonaws.com". */
static uint32_t bits_of(const struct sl_tables *t, struct sl_span name)
{
	const uint32_t *value = sl_nameset_get(&t->known, name);
	uint32_t bits = value ? *value : 0;
	ssize_t first = sl_span_chr(name, '.', 0);
	ssize_t second = first < 0 ? -1 : sl_span_chr(name, '.', (size_t)first + 1);
	char open[NAME_MAX_BYTES + 2];
	if (second < 0 || name.n > NAME_MAX_BYTES)
		return bits;
	size_t head = (size_t)first + 1, tail = name.n - (size_t)second;
	memcpy(open, name.p, head);
	open[head] = '*';
	memcpy(open + head + 1, name.p + second, tail);
	value = sl_nameset_get(&t->known, sl_span_of(open, head + 1 + tail));
	return bits | (value ? *value : 0);
}

static uint32_t add_level(uint32_t all, uint32_t bits, bool below)
{
	if (all & WHOSE)
		bits &= ~(uint32_t)WHOSE;
	if (bits & SL_KNOWN_SHARED)
		bits &= ~(uint32_t)(SL_KNOWN_GOOD | SL_KNOWN_TOPLIST | SL_KNOWN_BRAND);
	if (bits & SL_KNOWN_SHARED && bits & SL_KNOWN_PER_HOST && below)
		bits |= SL_KNOWN_CUSTOMER;
	return all | (bits & ~(uint32_t)SL_KNOWN_PER_HOST);
}

unsigned sl_tables_known(const struct sl_tables *t, struct sl_span host, struct sl_span domain)
{
	struct sl_span name = host.n ? host : domain;
	uint32_t all = 0;
	const uint32_t *exact = sl_nameset_get(&t->exact, name);
	if (!exact)
		exact = sl_nameset_get(&t->exact, domain);
	if (t->substrings && sl_matcher_any(t->substrings, name))
		all |= SL_KNOWN_WARNINGLIST;
	size_t www = sl_span_starts(name, SL_SPAN("www.")) ? 4 : 0;
	for (struct sl_span rest = name; rest.n;) {
		/* "www" of a platform is the platform itself, no customer. */
		all = add_level(all, bits_of(t, rest), rest.n + www < name.n);
		ssize_t dot = sl_span_chr(rest, '.', 0);
		rest = dot < 0 ? SL_SPAN_NULL : sl_span_from(rest, (size_t)dot + 1);
	}
	return add_level(all, exact ? *exact : 0, false);
}

unsigned sl_tables_known_ip(const struct sl_tables *t, struct sl_span text)
{
	struct sl_ip ip;
	if (!sl_ip_parse(text, &ip))
		return 0;
	return sl_prefixes_find(&t->networks, &ip);
}

struct sl_span sl_tables_suffix_supplement(const struct sl_tables *t)
{
	return t->suffixes;
}

bool sl_tables_source(
	const struct sl_tables *t, size_t i, struct sl_span *name_r, struct sl_span *date_r)
{
	if (i >= t->n_sources)
		return false;
	*name_r = t->sources[i].name;
	*date_r = t->sources[i].date;
	return true;
}

/* ---- phrases ---- */

struct phrase_counts {
	const struct sl_aliases *phrases;
	uint64_t *seen; /* one bit for each phrase */
	unsigned *counts;
};

static void count_phrase(void *arg, const struct sl_alias *alias, size_t at)
{
	struct phrase_counts *c = arg;
	(void)at;
	size_t i = (size_t)(alias - c->phrases->items);
	sl_assert(i < c->phrases->n && alias->owner < SL_PHRASES);
	if (!(c->seen[i / 64] & SL_BIT(i % 64)))
		c->counts[alias->owner]++;
	c->seen[i / 64] |= SL_BIT(i % 64);
}

void sl_tables_phrases(
	const struct sl_tables *t, struct sl_span folded, unsigned counts_r[SL_PHRASES])
{
	memset(counts_r, 0, SL_PHRASES * sizeof(*counts_r));
	struct phrase_counts c = { &t->phrases, sl_calloc(t->phrases.n / 64 + 1, sizeof(uint64_t)),
		counts_r };
	sl_aliases_scan(&t->phrases, folded, false, count_phrase, &c);
	free(c.seen);
}
