/* SPDX-License-Identifier: Apache-2.0 */
#include "row_lines.h"

#include "pipeline/base/plain.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEY_MAX = 32, TIMES = 64, DIGITS = 20 };

/* `,"name":`, the first one without the comma. Always copied whole: that is no call. */
struct key {
	char text[KEY_MAX];
	size_t n;
};

/* Neighbours in a feed were often seen at the same times. */
struct known_time {
	int64_t time;
	char text[SL_TIME_TEXT];
};

struct sl_row_lines {
	const struct sl_field_table *table;
	struct key *keys; /* beside the table's rows; n 0: writes nothing */
	struct known_time times[TIMES];
};

/* The line that is being written. */
struct line {
	struct sl_row_lines *lines;
	struct sl_csv csv;   /* to: or NULL */
	struct sl_json json; /* to: or NULL */
	const struct key *key;
	bool in_csv, in_json; /* the value at hand */
};

static void lay_out_keys(struct sl_row_lines *lines)
{
	bool first = true;
	for (size_t i = 0; i < lines->table->n_rows; i++) {
		const struct sl_field_row *row = &lines->table->rows[i];
		struct key *key = &lines->keys[i];
		size_t n = strlen(row->name);
		if (!row->get && !row->nested)
			continue;
		sl_assert(n + 4 < KEY_MAX);
		key->n = (size_t)snprintf(
			key->text, KEY_MAX, "%s\"%s\":", first ? "" : ",", row->name);
		first = false;
	}
}

struct sl_row_lines *sl_row_lines_new(const struct sl_field_table *table)
{
	struct sl_row_lines *lines = sl_calloc(1, sizeof(*lines));
	lines->table = table;
	lines->keys = sl_calloc(table->n_rows + 1, sizeof(*lines->keys));
	lay_out_keys(lines);
	for (size_t i = 0; i < TIMES; i++)
		lines->times[i].time = SL_TIME_NONE;
	return lines;
}

void sl_row_lines_free(struct sl_row_lines **lines)
{
	if (!*lines)
		return;
	free((*lines)->keys);
	free(*lines);
	*lines = NULL;
}

/* ---- values that need no escape ---- */

/* The key, then `text` between two `quote` characters, or bare. */
static void add_json(struct line *l, struct sl_span text, bool quoted)
{
	size_t n = l->key->n + text.n + (quoted ? 2 : 0);
	char *to = sl_buf_reserve(l->json.to, n < KEY_MAX ? KEY_MAX : n);
	if (!to)
		return;
	memcpy(to, l->key->text, KEY_MAX);
	to += l->key->n;
	if (quoted)
		*to++ = '"';
	if (text.n)
		memcpy(to, text.p, text.n);
	if (quoted)
		to[text.n] = '"';
	sl_buf_filled(l->json.to, n);
}

static void add_plain(struct line *l, struct sl_span text, bool quoted)
{
	if (l->in_csv)
		sl_csv_plain(&l->csv, text);
	if (l->in_json)
		add_json(l, text, quoted);
}

static void add_number(struct line *l, uint64_t number)
{
	char digits[DIGITS];
	size_t at = DIGITS;
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	add_plain(l, sl_span_of(digits + at, DIGITS - at), false);
}

static void add_time(struct line *l, int64_t time)
{
	struct known_time *known = &l->lines->times[(uint64_t)time * 0x9e3779b97f4a7c15u >> 58];
	_Static_assert(TIMES == 1 << 6, "6 bits of a product");
	if (known->time != time) {
		known->time = time;
		sl_time_text(time, known->text);
	}
	add_plain(l, sl_span_str(known->text), true);
}

static void add_none(struct line *l)
{
	if (l->in_csv)
		sl_csv_plain(&l->csv, SL_SPAN_NULL);
	if (l->in_json)
		add_json(l, SL_SPAN("null"), false);
}

/* ---- texts ---- */

/* What begins so is no formula to anybody, and what is plain in JSON is so in CSV. */
static bool is_harmless(const struct sl_value *value)
{
	struct sl_span text = value->text;
	bool named = value->type == SL_VALUE_TEXT || text.n == 0 || sl_is_alnum(text.p[0]);
	return named && sl_plain_end(text, 0, '"', '\\', '<') == text.n;
}

/* The key alone; its value is due. */
static void begin_json(struct line *l)
{
	sl_buf_add(l->json.to, sl_span_of(l->key->text, l->key->n));
	l->json.keyed = true;
}

static void add_text(struct line *l, const struct sl_value *value)
{
	if (is_harmless(value)) {
		add_plain(l, value->text, true);
		return;
	}
	if (l->in_csv && value->type == SL_VALUE_FREE_TEXT)
		sl_csv_free_text(&l->csv, value->text);
	else if (l->in_csv)
		sl_csv_field(&l->csv, value->text);
	if (l->in_json) {
		begin_json(l);
		sl_json_text(&l->json, value->text);
	}
}

static void add_list(struct line *l, const struct sl_value *value)
{
	if (l->in_csv && value->n_items == 0)
		sl_csv_plain(&l->csv, SL_SPAN_NULL);
	else if (l->in_csv)
		sl_csv_list(&l->csv, value->items, value->n_items, SL_CELL_BYTES);
	if (l->in_json && value->n_items == 0) {
		add_json(l, SL_SPAN("[]"), false);
	} else if (l->in_json) {
		begin_json(l);
		sl_rows_json_list(&l->json, value);
	}
}

static void add_value(struct line *l, const struct sl_value *value)
{
	switch (value->type) {
	case SL_VALUE_NONE:
		add_none(l);
		break;
	case SL_VALUE_NAME:
		add_plain(l, value->text, true);
		break;
	case SL_VALUE_TEXT:
	case SL_VALUE_FREE_TEXT:
		add_text(l, value);
		break;
	case SL_VALUE_NUMBER:
		add_number(l, value->number);
		break;
	case SL_VALUE_BOOL:
		add_plain(l, value->yes ? SL_SPAN("true") : SL_SPAN("false"), false);
		break;
	case SL_VALUE_TIME:
		add_time(l, value->time);
		break;
	case SL_VALUE_LIST:
		add_list(l, value);
		break;
	}
}

/* ---- lines ---- */

static void add_row(
	struct line *l, const struct sl_field_row *row, const void *thing, struct sl_arena *arena)
{
	struct sl_value value;
	l->in_csv = l->csv.to && row->get;
	l->in_json = l->json.to && !row->nested;
	if (l->in_csv || (l->in_json && row->get)) {
		memset(&value, 0, sizeof(value));
		row->get(thing, arena, &value);
		add_value(l, &value);
	}
	if (l->json.to && row->nested) {
		begin_json(l);
		row->nested(thing, arena, &l->json);
	}
}

void sl_row_lines_add(struct sl_row_lines *lines, const void *thing, struct sl_arena *arena,
	struct sl_buf *csv, struct sl_buf *json)
{
	struct line l = { .lines = lines, .csv = sl_csv_make(csv), .json = sl_json_make(json) };
	if (json)
		sl_json_object(&l.json);
	for (size_t i = 0; i < lines->table->n_rows; i++) {
		l.key = &lines->keys[i];
		if (l.key->n)
			add_row(&l, &lines->table->rows[i], thing, arena);
	}
	if (csv)
		sl_csv_end(&l.csv);
	if (json) {
		sl_json_object_end(&l.json);
		sl_json_line(&l.json);
	}
}
