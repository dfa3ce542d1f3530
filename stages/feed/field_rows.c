/* SPDX-License-Identifier: Apache-2.0 */
#include "field_rows.h"

#include <stdio.h>

static bool writes_nothing(const struct sl_field_row *row)
{
	return !row->get && !row->nested;
}

void sl_rows_csv_head(struct sl_csv *csv, const struct sl_field_table *table)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		if (table->rows[i].get)
			sl_csv_field(csv, sl_span_str(table->rows[i].name));
	}
	sl_csv_end(csv);
}

void sl_rows_json_list(struct sl_json *json, const struct sl_value *value)
{
	sl_json_array(json);
	for (size_t i = 0; i < value->n_items; i++)
		sl_json_text(json, value->items[i]);
	sl_json_array_end(json);
}

static void json_value(struct sl_json *json, const struct sl_value *value)
{
	switch (value->type) {
	case SL_VALUE_NONE:
		sl_json_null(json);
		break;
	case SL_VALUE_NAME:
	case SL_VALUE_TEXT:
	case SL_VALUE_FREE_TEXT:
		sl_json_text(json, value->text);
		break;
	case SL_VALUE_NUMBER:
		sl_json_u64(json, value->number);
		break;
	case SL_VALUE_BOOL:
		sl_json_bool(json, value->yes);
		break;
	case SL_VALUE_TIME:
		sl_json_time(json, value->time);
		break;
	case SL_VALUE_LIST:
		sl_rows_json_list(json, value);
		break;
	}
}

void sl_rows_json_members(struct sl_json *json, const struct sl_field_table *table,
	const void *thing, struct sl_arena *arena)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct sl_field_row *row = &table->rows[i];
		struct sl_value value = { 0 };
		if (writes_nothing(row))
			continue;
		sl_json_key(json, row->name);
		if (row->nested) {
			row->nested(thing, arena, json);
			continue;
		}
		row->get(thing, arena, &value);
		json_value(json, &value);
	}
}

void sl_rows_json(struct sl_json *json, const struct sl_field_table *table, const void *thing,
	struct sl_arena *arena)
{
	sl_json_object(json);
	sl_rows_json_members(json, table, thing, arena);
	sl_json_object_end(json);
}

void sl_rows_csv_comments(
	struct sl_csv *csv, const struct sl_field_table *table, int64_t as_of, uint64_t rows)
{
	char line[128], time[SL_TIME_TEXT];
	snprintf(line, sizeof(line), "spamloom %s, schema %d", table->name, SL_OUTPUT_SCHEMA);
	sl_csv_comment(csv, sl_span_str(line));
	snprintf(line, sizeof(line), "as of %s", sl_time_text(as_of, time));
	sl_csv_comment(csv, sl_span_str(line));
	snprintf(line, sizeof(line), "%llu rows", (unsigned long long)rows);
	sl_csv_comment(csv, sl_span_str(line));
}

void sl_get_schema(const void *thing, struct sl_arena *arena, struct sl_json *to)
{
	(void)thing;
	(void)arena;
	sl_json_u64(to, SL_OUTPUT_SCHEMA);
}
