/* SPDX-License-Identifier: Apache-2.0 */
/* version.c - what this binary is made of. */
#include "base/unicode.h"
#include "commands.h"
#include "fields.h"
#include "storage/store.h"

void sl_version_text(struct sl_buf *to)
{
	sl_buf_printf(to, "spamloom %s\nstore schema %d, output schema %d\n%s\n", SL_VERSION,
		SL_STORE_SCHEMA, SL_OUTPUT_SCHEMA, sl_unicode_version());
}

void sl_list_fields(struct sl_buf *to)
{
	sl_fields_list(to);
}
