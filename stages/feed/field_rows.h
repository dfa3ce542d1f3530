/* SPDX-License-Identifier: Apache-2.0 */
/* field_rows.h - writes things by their field rows: CSV head and lines, JSON objects. */
#ifndef SL_FIELD_ROWS_H
#define SL_FIELD_ROWS_H

#include "csv.h"

#include "pipeline/feed.h"
#include "pipeline/fields.h"

enum {
	SL_LINE_MAX = 256 << 20, /* no line is longer than this; a message is cut at 64 MB */
	/* Bytes of a list in one cell of a CSV: Python's csv module refuses cells of more than
	 * 131,072 characters, and half of that is room enough for what quoting adds. */
	SL_CELL_BYTES = 64 << 10
};

/* The tables of the feeds, each beside its feed. */
extern const struct sl_field_table sl_fields_indicators, sl_fields_campaigns, sl_fields_messages,
	sl_fields_rejects, sl_fields_night;

/* The line of column names. */
void sl_rows_csv_head(struct sl_csv *csv, const struct sl_field_table *table);
/* One object; the caller ends the line. */
void sl_rows_json(struct sl_json *json, const struct sl_field_table *table, const void *thing,
	struct sl_arena *arena);
/* Its members only, into an object that is open. */
void sl_rows_json_members(struct sl_json *json, const struct sl_field_table *table,
	const void *thing, struct sl_arena *arena);

/* The value of a list. */
void sl_rows_json_list(struct sl_json *json, const struct sl_value *value);

/* A comment block: title, as-of, number of rows. The same for all CSV files. */
void sl_rows_csv_comments(
	struct sl_csv *csv, const struct sl_field_table *table, int64_t as_of, uint64_t rows);

/* Getters that several tables share. */
void sl_get_schema(const void *thing, struct sl_arena *arena, struct sl_json *to);

/* Values. */
static inline struct sl_value sl_value_text(struct sl_span text)
{
	return (struct sl_value){ .type = text.n ? SL_VALUE_TEXT : SL_VALUE_NONE, .text = text };
}
static inline struct sl_value sl_value_name(const char *name)
{
	return (struct sl_value){ .type = SL_VALUE_NAME, .text = sl_span_str(name) };
}
static inline struct sl_value sl_value_free_text(struct sl_span text)
{
	return (struct sl_value){ .type = SL_VALUE_FREE_TEXT, .text = text };
}
static inline struct sl_value sl_value_number(uint64_t number)
{
	return (struct sl_value){ .type = SL_VALUE_NUMBER, .number = number };
}
static inline struct sl_value sl_value_time(int64_t time)
{
	return (struct sl_value){ .type = time == SL_TIME_NONE ? SL_VALUE_NONE : SL_VALUE_TIME,
		.time = time };
}
static inline struct sl_value sl_value_list(const struct sl_span *items, size_t n)
{
	return (struct sl_value){ .type = SL_VALUE_LIST, .items = items, .n_items = n };
}

#endif
