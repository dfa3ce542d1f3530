/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "base/arena.h"
#include "configfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FILE_MAX_BYTES = 64 << 20, ROWS_MAX = 128 };
/* Address space is reserved for one message of the largest size for each reader. */
#define MESSAGE_MOST ((uint64_t)1 << 32)
#define LIMIT_MOST ((uint64_t)1 << 40)
enum origin { FROM_DEFAULT, FROM_FILE, FROM_ARGV };

struct sl_options {
	struct sl_config config;
	struct sl_arena *arena;           /* all strings */
	struct sl_opt_row rows[ROWS_MAX]; /* sl_opt_rows, then one row per limit */
	size_t n_rows;
	enum origin origins[ROWS_MAX];
};

static void add_limit_rows(struct sl_options *o)
{
	for (size_t i = 0; i < sl_limit_row_count; i++) {
		const struct sl_limit_row *limit = &sl_limit_rows[i];
		struct sl_span name = sl_arena_printf(o->arena, "limit.%s", limit->name);
		for (char *c = strchr(name.p, '_'); c; c = strchr(c, '_'))
			*c = '-';
		struct sl_span standard =
			sl_arena_printf(o->arena, "%llu", (unsigned long long)limit->value);
		o->rows[o->n_rows++] = (struct sl_opt_row){ name.p, 0, SL_OPT_SIZE,
			offsetof(struct sl_config, limits) + limit->offset, 1,
			limit->offset == offsetof(struct sl_limits, message) ? MESSAGE_MOST
									     : LIMIT_MOST,
			"N", standard.p, limit->help, "run explain feed" };
	}
}

static enum sl_rc set_value(struct sl_options *o, size_t row, struct sl_span value,
	enum origin origin, struct sl_err *err);

struct sl_options *sl_options_new(void)
{
	struct sl_options *o = sl_calloc(1, sizeof(*o));
	o->arena = sl_arena_new(0);
	sl_assert(sl_opt_row_count + sl_limit_row_count <= ROWS_MAX);
	memcpy(o->rows, sl_opt_rows, sl_opt_row_count * sizeof(o->rows[0]));
	o->n_rows = sl_opt_row_count;
	add_limit_rows(o);
	sl_limits_default(&o->config.limits);
	o->config.as_of = o->config.since = o->config.until = SL_TIME_NONE;
	o->config.language = "en";
	for (size_t i = 0; i < o->n_rows; i++) {
		struct sl_err err;
		struct sl_span standard = sl_span_str(o->rows[i].standard);
		if (standard.n && o->rows[i].type != SL_OPT_FLAG)
			sl_assert(set_value(o, i, standard, FROM_DEFAULT, &err) == SL_OK);
		o->origins[i] = FROM_DEFAULT;
	}
	return o;
}

void sl_options_free(struct sl_options **options)
{
	if (!*options)
		return;
	sl_arena_free(&(*options)->arena);
	free(*options);
	*options = NULL;
}

struct sl_config *sl_options_config(struct sl_options *options)
{
	return &options->config;
}

static enum sl_exit code_of(enum origin origin)
{
	return origin == FROM_FILE ? SL_EXIT_CONFIG : SL_EXIT_USAGE;
}

static enum sl_rc bad_value(const struct sl_opt_row *row, struct sl_span value, enum origin origin,
	struct sl_err *err, const char *want)
{
	return sl_err_set(err, code_of(origin), "option %s: \"%.*s\" is not %s", row->name,
		SL_ARG(sl_span_head(value, 100)), want);
}

/* 10, 10K (1024), 10KB (1000), 10MiB ... */
static bool parse_size(struct sl_span s, uint64_t *value_r)
{
	size_t digits = 0;
	while (digits < s.n && sl_is_digit(s.p[digits]))
		digits++;
	struct sl_span unit = sl_span_from(s, digits);
	uint64_t scale = 1, value;
	if (!sl_span_u64(sl_span_head(s, digits), &value))
		return false;
	static const char letters[] = "kmgt";
	if (unit.n) {
		const char *letter = strchr(letters, sl_lower(unit.p[0]));
		bool decimal = sl_span_ieq(sl_span_from(unit, 1), SL_SPAN("b"));
		bool binary = unit.n == 1 || sl_span_ieq(sl_span_from(unit, 1), SL_SPAN("ib"));
		if (!letter || (!decimal && !binary))
			return false;
		for (ptrdiff_t i = 0; i <= letter - letters; i++)
			scale *= decimal ? 1000 : 1024;
	}
	return !__builtin_mul_overflow(value, scale, value_r);
}

static void add_string(struct sl_options *o, struct sl_strings *list, struct sl_span value)
{
	value = sl_span_trim(value);
	if (value.n == 0)
		return;
	const char **items = sl_arena_alloc(o->arena, (list->n + 1) * sizeof(*items));
	if (list->n)
		memcpy(items, list->items, list->n * sizeof(*items));
	items[list->n++] = sl_arena_copy(o->arena, value).p;
	list->items = items;
}

/* A list that is cut or ends at a NUL would block, or hide, less than it says. */
static enum sl_rc add_file(struct sl_options *o, struct sl_strings *list, const char *path,
	enum origin origin, struct sl_err *err)
{
	struct sl_span rest, line;
	struct sl_arena *text = sl_arena_new(0);
	enum sl_rc rc =
		sl_configfile_bytes(path, FILE_MAX_BYTES, text, code_of(origin), &rest, err);
	while (rc == SL_OK && sl_span_split(&rest, '\n', &line))
		if (line.n && line.p[0] != '#')
			add_string(o, list, line);
	sl_arena_free(&text);
	return rc;
}

static bool is_addresses(const struct sl_opt_row *row)
{
	return sl_span_starts(sl_span_str(row->range), SL_SPAN("ADDR"));
}

/* The name of a file that is not there must not pass for a domain: what it lists would not be
 * hidden. */
static bool is_literal(const struct sl_opt_row *row, struct sl_span item)
{
	if (sl_span_chr(item, '/', 0) >= 0)
		return false;
	return !is_addresses(row) || sl_span_chr(item, '@', 0) >= 0;
}

/* Commas part a list, in a file semicolons too. */
static bool next_item(struct sl_span *rest, enum origin origin, struct sl_span *item_r)
{
	size_t n = 0;
	if (rest->n == 0)
		return false;
	while (n < rest->n && rest->p[n] != ',' && (rest->p[n] != ';' || origin != FROM_FILE))
		n++;
	*item_r = sl_span_head(*rest, n);
	*rest = sl_span_from(*rest, n + 1);
	return true;
}

static enum sl_rc set_list(struct sl_options *o, const struct sl_opt_row *row,
	struct sl_strings *list, struct sl_span value, enum origin origin, struct sl_err *err)
{
	struct stat info;
	const char *path = sl_arena_copy(o->arena, value).p;
	if (row->type == SL_OPT_LIST_OR_FILE && stat(path, &info) == 0 && S_ISREG(info.st_mode))
		return add_file(o, list, path, origin, err);
	struct sl_span rest = value, item;
	while (next_item(&rest, origin, &item)) {
		if (row->type == SL_OPT_LIST_OR_FILE && !is_literal(row, item))
			return sl_err_set(err, code_of(origin),
				"option %s: %.*s is no readable file and no %s", row->name,
				SL_ARG(sl_span_head(item, 200)),
				is_addresses(row) ? "ADDR or @DOMAIN" : "domain");
		add_string(o, list, item);
	}
	return SL_OK;
}

static bool parse_bool(struct sl_span s, bool *value_r)
{
	*value_r = s.n == 0 || sl_span_ieq(s, SL_SPAN("yes")) || sl_span_ieq(s, SL_SPAN("true")) ||
		   sl_span_eq(s, SL_SPAN("1"));
	return *value_r || sl_span_ieq(s, SL_SPAN("no")) || sl_span_ieq(s, SL_SPAN("false")) ||
	       sl_span_eq(s, SL_SPAN("0"));
}

static bool parse_choice(const char *words, struct sl_span s, bool *first_r)
{
	struct sl_span rest = sl_span_str(words), first;
	if (!sl_span_split(&rest, '|', &first))
		return false;
	*first_r = sl_span_eq(s, first);
	return *first_r || sl_span_eq(s, rest);
}

static enum sl_rc set_number(struct sl_config *config, const struct sl_opt_row *row,
	struct sl_span value, enum origin origin, struct sl_err *err)
{
	uint64_t number;
	char want[96];
	if (!parse_size(value, &number) || number < row->least || number > row->most) {
		snprintf(want, sizeof(want), "a number from %llu to %llu",
			(unsigned long long)row->least, (unsigned long long)row->most);
		return bad_value(row, value, origin, err, want);
	}
	char *to = (char *)config + row->offset;
	if (row->type == SL_OPT_SIZE)
		memcpy(to, &number, sizeof(number));
	else
		*(unsigned *)(void *)to = (unsigned)number;
	return SL_OK;
}

static enum sl_rc set_value(struct sl_options *o, size_t index, struct sl_span value,
	enum origin origin, struct sl_err *err)
{
	const struct sl_opt_row *row = &o->rows[index];
	void *to = (char *)&o->config + row->offset;
	if (origin == FROM_ARGV && o->origins[index] != FROM_ARGV &&
		(row->type == SL_OPT_LIST || row->type == SL_OPT_LIST_OR_FILE))
		*(struct sl_strings *)to = (struct sl_strings){ 0 };
	o->origins[index] = origin;
	switch (row->type) {
	case SL_OPT_FLAG:
		return parse_bool(value, to) ? SL_OK
					     : bad_value(row, value, origin, err, "yes or no");
	case SL_OPT_COUNT:
		if (value.n == 0) {
			++*(unsigned *)to;
			return SL_OK;
		}
		return set_number(&o->config, row, value, origin, err);
	case SL_OPT_UNSIGNED:
	case SL_OPT_SIZE:
		return set_number(&o->config, row, value, origin, err);
	case SL_OPT_TEXT:
		*(const char **)to = sl_arena_copy(o->arena, value).p;
		return SL_OK;
	case SL_OPT_LIST:
	case SL_OPT_LIST_OR_FILE:
		return set_list(o, row, to, value, origin, err);
	case SL_OPT_TIME:
		if (value.n == 0 && origin == FROM_FILE) { /* as it is printed when not given */
			*(int64_t *)to = SL_TIME_NONE;
			return SL_OK;
		}
		return sl_time_parse(value, to) ? SL_OK
						: bad_value(row, value, origin, err,
							  "a time like 2026-11-24T04:00:00Z");
	case SL_OPT_CHOICE:
		return parse_choice(row->range, value, to)
			       ? SL_OK
			       : bad_value(row, value, origin, err, row->range);
	}
	sl_assert(!"an option type without a reader");
}

static bool belongs(const struct sl_opt_row *row, const char *command)
{
	struct sl_span rest = sl_span_str(row->commands), word;
	if (rest.n == 0)
		return true;
	while (sl_span_split(&rest, ' ', &word))
		if (sl_span_eq(word, sl_span_str(command)))
			return true;
	return false;
}

static size_t row_named(const struct sl_options *o, struct sl_span name)
{
	for (size_t i = 0; i < o->n_rows; i++)
		if (sl_span_eq(name, sl_span_str(o->rows[i].name)))
			return i;
	return SIZE_MAX;
}

static size_t row_lettered(const struct sl_options *o, char letter)
{
	for (size_t i = 0; i < o->n_rows; i++)
		if (o->rows[i].letter == letter)
			return i;
	return SIZE_MAX;
}

static bool takes_value(const struct sl_opt_row *row)
{
	return row->type != SL_OPT_FLAG && row->type != SL_OPT_COUNT;
}

/* The option whose name is nearest to what was written, if it is near at all. */
static const char *nearest(const struct sl_options *o, const char *command, struct sl_span name)
{
	const char *best = NULL;
	unsigned least = name.n < 6 ? 2 : 3; /* one or two slips of the finger */
	for (size_t i = 0; i < o->n_rows; i++) {
		unsigned distance = sl_configfile_distance(name, sl_span_str(o->rows[i].name));
		if (distance < least && belongs(&o->rows[i], command)) {
			best = o->rows[i].name;
			least = distance;
		}
	}
	return best;
}

/* A value of another command's option is looked at, too: a slip must not wait for that command. */
static enum sl_rc use_pair(struct sl_options *o, const char *command,
	const struct sl_configfile *file, const struct sl_configpair *pair, struct sl_err *err)
{
	size_t row = row_named(o, pair->key);
	if (row == SIZE_MAX) {
		const char *near = nearest(o, command, pair->key);
		return sl_configfile_error(file, pair->line, pair->key_column, err,
			"unknown key \"%.*s\"%s%s%s", SL_ARG(sl_span_head(pair->key, 100)),
			near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	}
	struct sl_config kept = o->config;
	enum origin origin = o->origins[row];
	struct sl_err why;
	if (set_value(o, row, pair->value, FROM_FILE, &why) != SL_OK)
		return sl_configfile_error(
			file, pair->line, pair->value_column, err, "%s", why.text);
	if (!belongs(&o->rows[row], command)) {
		o->config = kept;
		o->origins[row] = origin;
	}
	return SL_OK;
}

static enum sl_rc read_file(
	struct sl_options *o, const char *command, const char *path, struct sl_err *err)
{
	struct sl_configfile file;
	if (sl_configfile_read(path, "spamloom", o->arena, &file, err) != SL_OK)
		return SL_FATAL;
	for (size_t i = 0; i < file.n; i++)
		if (use_pair(o, command, &file, &file.pairs[i], err) != SL_OK)
			return SL_FATAL;
	return SL_OK;
}

struct cursor {
	struct sl_options *o;
	const char *command;
	int argc, at;
	char **argv;
	bool from_config_pass; /* first pass: only -c counts */
};

static enum sl_rc no_option(const struct cursor *c, const char *shown, struct sl_err *err)
{
	const char *near =
		shown[1] == '-' ? nearest(c->o, c->command, sl_span_str(shown + 2)) : NULL;
	return sl_err_set(err, SL_EXIT_USAGE, "%s: no option of \"%s\"; %s%s%s", shown, c->command,
		near ? "did you mean --" : "see --help", near ? near : "", near ? "?" : "");
}

static enum sl_rc use_option(struct cursor *c, size_t row, const char *inline_value,
	const char *shown, struct sl_err *err)
{
	if (row == SIZE_MAX || !belongs(&c->o->rows[row], c->command))
		return no_option(c, shown, err);
	const struct sl_opt_row *r = &c->o->rows[row];
	if (!takes_value(r) && inline_value)
		return sl_err_set(err, SL_EXIT_USAGE, "%s takes no value", shown);
	if (takes_value(r) && !inline_value) {
		if (c->at + 1 >= c->argc)
			return sl_err_set(
				err, SL_EXIT_USAGE, "%s wants a value: %s", shown, r->range);
		inline_value = c->argv[++c->at];
	}
	if (c->from_config_pass)
		return SL_OK;
	return set_value(c->o, row, sl_span_str(inline_value), FROM_ARGV, err);
}

static enum sl_rc use_config(struct cursor *c, const char *inline_value, struct sl_err *err)
{
	if (!inline_value) {
		if (c->at + 1 >= c->argc)
			return sl_err_set(err, SL_EXIT_USAGE, "-c wants a FILE");
		inline_value = c->argv[++c->at];
	}
	return c->from_config_pass ? read_file(c->o, c->command, inline_value, err) : SL_OK;
}

static enum sl_rc one_long(struct cursor *c, char *word, struct sl_err *err)
{
	char shown[96];
	struct sl_span rest = sl_span_str(word + 2), name;
	char *equals = strchr(word, '=');
	if (!sl_span_split(&rest, '=', &name))
		name = SL_SPAN_NULL;
	snprintf(shown, sizeof(shown), "--%.*s", SL_ARG(name));
	if (sl_span_eq(name, SL_SPAN("config")))
		return use_config(c, equals ? equals + 1 : NULL, err);
	return use_option(c, row_named(c->o, name), equals ? equals + 1 : NULL, shown, err);
}

static enum sl_rc one_short(struct cursor *c, char *word, struct sl_err *err)
{
	for (char *letter = word + 1; *letter; letter++) {
		char shown[3] = { '-', *letter, '\0' };
		size_t row = row_lettered(c->o, *letter);
		bool value = *letter == 'c' || (row != SIZE_MAX && takes_value(&c->o->rows[row]));
		char *rest = value && letter[1] ? letter + 1 : NULL;
		enum sl_rc rc = *letter == 'c' ? use_config(c, rest, err)
					       : use_option(c, row, rest, shown, err);
		if (rc != SL_OK || value)
			return rc;
	}
	return SL_OK;
}

static enum sl_rc walk(struct cursor *c, struct sl_strings *operands_r, struct sl_err *err)
{
	bool options_over = false;
	for (c->at = 0; c->at < c->argc; c->at++) {
		char *word = c->argv[c->at];
		enum sl_rc rc = SL_OK;
		if (!options_over && strcmp(word, "--") == 0)
			options_over = true;
		else if (options_over || word[0] != '-' || word[1] == '\0')
			operands_r->items[operands_r->n++] = word;
		else
			rc = word[1] == '-' ? one_long(c, word, err) : one_short(c, word, err);
		if (rc != SL_OK)
			return rc;
	}
	return SL_OK;
}

enum sl_rc sl_options_parse(struct sl_options *o, const char *command, int argc, char **argv,
	struct sl_strings *operands_r, struct sl_err *err)
{
	const char **room = sl_arena_alloc(o->arena, ((size_t)argc + 1) * sizeof(*room));
	struct cursor c = { .o = o, .command = command, .argc = argc, .argv = argv };
	for (int pass = 0; pass < 2; pass++) {
		*operands_r = (struct sl_strings){ room, 0 };
		c.from_config_pass = pass == 0;
		if (walk(&c, operands_r, err) != SL_OK)
			return SL_FATAL;
	}
	o->config.as_of_given = o->config.as_of != SL_TIME_NONE;
	return SL_OK;
}

void sl_options_help(struct sl_buf *to, const char *command)
{
	struct sl_options *o = sl_options_new();
	for (size_t i = 0; i < o->n_rows; i++) {
		const struct sl_opt_row *row = &o->rows[i];
		char left[64];
		if (!belongs(row, command))
			continue;
		snprintf(left, sizeof(left), "%c%c%s--%s%s%s", row->letter ? '-' : ' ',
			row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name,
			row->range[0] ? "=" : "", row->range);
		sl_buf_printf(to, "  %-34s %s", left, row->help);
		if (row->standard[0] && row->type != SL_OPT_FLAG && row->type != SL_OPT_COUNT)
			sl_buf_printf(to, " [%s]", row->standard);
		sl_buf_char(to, '\n');
	}
	sl_options_free(&o);
}

static void print_value(
	const struct sl_opt_row *row, const struct sl_config *config, struct sl_buf *to)
{
	const void *from = (const char *)config + row->offset;
	char time[SL_TIME_TEXT];
	struct sl_span words = sl_span_str(row->range), first = SL_SPAN_NULL;
	switch (row->type) {
	case SL_OPT_FLAG:
		sl_buf_str(to, *(const bool *)from ? "yes" : "no");
		return;
	case SL_OPT_COUNT:
	case SL_OPT_UNSIGNED:
		sl_buf_u64(to, *(const unsigned *)from);
		return;
	case SL_OPT_SIZE:
		sl_buf_u64(to, *(const uint64_t *)from);
		return;
	case SL_OPT_TEXT:
		sl_configfile_escape(to, sl_span_str(*(const char *const *)from));
		return;
	case SL_OPT_LIST:
	case SL_OPT_LIST_OR_FILE: {
		const struct sl_strings *list = from;
		for (size_t i = 0; i < list->n; i++) {
			sl_configfile_escape(to, sl_span_str(list->items[i]));
			sl_buf_char(to, ';');
		}
		return;
	}
	case SL_OPT_TIME:
		if (*(const int64_t *)from != SL_TIME_NONE)
			sl_buf_str(to, sl_time_text(*(const int64_t *)from, time));
		return;
	case SL_OPT_CHOICE:
		sl_span_split(&words, '|', &first);
		sl_buf_add(to, *(const bool *)from ? first : words);
		return;
	}
}

void sl_options_print(const struct sl_options *o, bool all, struct sl_buf *to)
{
	static const char *const origins[] = { "default", "file", "command line" };
	sl_buf_str(to, "[spamloom]\n");
	for (size_t i = 0; i < o->n_rows; i++) {
		if (!all && o->origins[i] == FROM_DEFAULT)
			continue;
		sl_buf_printf(to, "# %s (%s)\n%s=", o->rows[i].help, origins[o->origins[i]],
			o->rows[i].name);
		print_value(&o->rows[i], &o->config, to);
		sl_buf_char(to, '\n');
	}
}

void sl_options_dump(struct sl_buf *to)
{
	static const char *const types[] = { "flag", "count", "unsigned", "size", "text", "list",
		"list-or-file", "time", "choice" };
	struct sl_options *o = sl_options_new();
	sl_buf_str(to, "name\tletter\ttype\trange\tdefault\tcommands\thelp\n");
	for (size_t i = 0; i < o->n_rows; i++) {
		const struct sl_opt_row *row = &o->rows[i];
		sl_buf_printf(to, "%s\t%c\t%s\t%s\t%s\t%s\t%s\n", row->name,
			row->letter ? row->letter : '-', types[row->type], row->range,
			row->standard, row->commands, row->help);
	}
	sl_options_free(&o);
}
