/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h - the shape of one column or key of an output, and the list of all of them.
 *
 * One row makes a CSV column, a JSON key, a line of --list-fields and a line of docs/FORMATS.md, so
 * that these cannot tell different things. Rows are only ever added at the end of a table. A row
 * whose name has a dot or [] in it describes a member of the key in front of it and writes nothing.
 */
#ifndef SL_FIELDS_H
#define SL_FIELDS_H

#include "base/arena.h"
#include "base/json.h"

enum { SL_OUTPUT_SCHEMA = 1 };

enum sl_value_type {
	SL_VALUE_NONE,      /* null, or an empty cell */
	SL_VALUE_NAME,      /* a word of ours: plain in every format */
	SL_VALUE_TEXT,      /* a name or value of a known form */
	SL_VALUE_FREE_TEXT, /* what a stranger wrote: neutralised in CSV */
	SL_VALUE_NUMBER,
	SL_VALUE_BOOL,
	SL_VALUE_TIME,
	SL_VALUE_LIST /* texts of a known form; joined by a space in CSV */
};

struct sl_value {
	enum sl_value_type type;
	struct sl_span text;
	uint64_t number;
	int64_t time;
	bool yes;
	const struct sl_span *items;
	size_t n_items;
};

struct sl_field_row {
	const char *name;
	const char *type; /* for people: "time", "list of text" */
	unsigned since;   /* schema version */
	const char *help;
	/* The flat value; what it points to may live in the arena. NULL: no CSV column. */
	void (*get)(const void *thing, struct sl_arena *arena, struct sl_value *value_r);
	/* The JSON value where it is not flat. NULL: get() is used. */
	void (*nested)(const void *thing, struct sl_arena *arena, struct sl_json *to);
};

struct sl_field_table {
	const char *name;  /* "indicators" */
	const char *files; /* "indicators.csv, indicators.jsonl" */
	bool csv;          /* has a CSV form */
	const struct sl_field_row *rows;
	size_t n_rows;
};

/* All tables in the order of the documentation; ends with NULL (stages/feed/field_list.c). */
extern const struct sl_field_table *const sl_field_tables[];

/* All rows as Markdown tables: --list-fields prints it, docs/FORMATS.md contains it. */
void sl_fields_list(struct sl_buf *to);

#endif
