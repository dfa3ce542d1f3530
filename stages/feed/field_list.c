/* SPDX-License-Identifier: Apache-2.0 */
#include "field_rows.h"

const struct sl_field_table *const sl_field_tables[] = { &sl_fields_indicators,
	&sl_fields_campaigns, &sl_fields_messages, &sl_fields_rejects, &sl_fields_night, NULL };

static void list_table(struct sl_buf *to, const struct sl_field_table *table)
{
	sl_buf_printf(to, "### %s\n\nFiles: %s\n\n", table->name, table->files);
	sl_buf_str(to, table->csv
			       ? "| name | type | CSV | since | meaning |\n|---|---|---|---|---|\n"
			       : "| name | type | since | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct sl_field_row *row = &table->rows[i];
		sl_buf_printf(to, "| `%s` | %s |", row->name, row->type);
		if (table->csv)
			sl_buf_str(to, row->get ? " yes |" : " |");
		sl_buf_printf(to, " %u | %s |\n", row->since, row->help);
	}
}

void sl_fields_list(struct sl_buf *to)
{
	for (size_t i = 0; sl_field_tables[i]; i++) {
		if (i)
			sl_buf_char(to, '\n');
		list_table(to, sl_field_tables[i]);
	}
}
