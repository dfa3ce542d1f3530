/* SPDX-License-Identifier: Apache-2.0 */
/* row_lines.h - many things of one table as lines of a CSV file, of a JSON file, or of both.
 *
 * The same bytes as the functions of field_rows.h write, but what two files have in common is made
 * once: the value of each row, its digits, the text of a time, whether a text can be copied as it
 * is. Keys are laid out before the first thing. Costs 3 KB.
 */
#ifndef SL_ROW_LINES_H
#define SL_ROW_LINES_H

#include "field_rows.h"

struct sl_row_lines;

/* `table` is borrowed. */
struct sl_row_lines *sl_row_lines_new(const struct sl_field_table *table);
/* Sets the pointer NULL. */
void sl_row_lines_free(struct sl_row_lines **lines);
/* Appends a line to each buffer that is not NULL. Values live in the arena, which the caller
 * resets. */
void sl_row_lines_add(struct sl_row_lines *lines, const void *thing, struct sl_arena *arena,
	struct sl_buf *csv, struct sl_buf *json);

#endif
