/* SPDX-License-Identifier: Apache-2.0 */
#include "archive_names.h"

#include <stdlib.h>

struct name {
	struct sl_id key;
	struct sl_span name;
};

struct sl_names {
	struct sl_arena *arena;
	struct name *items; /* by key, as the table is */
	size_t n, room;
};

struct sl_names *sl_names_new(struct sl_view *view)
{
	struct sl_names *names = sl_calloc(1, sizeof(*names));
	struct sl_arena *scratch = sl_arena_new(0);
	struct sl_archive_row row;
	names->arena = sl_arena_new(0);
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_ARCHIVES, SL_SPAN_NULL);
	while (sl_scan_next(scan, scratch, &row)) {
		struct name *name =
			SL_ARENA_PUSH(names->arena, names->items, names->n, names->room);
		name->key = row.key;
		name->name = sl_arena_copy(names->arena, row.name);
		sl_assert(names->n < 2 || sl_id_cmp(&name[-1].key, &name->key) < 0);
		sl_arena_reset(scratch);
	}
	sl_scan_close(&scan);
	sl_arena_free(&scratch);
	return names;
}

void sl_names_free(struct sl_names **names)
{
	if (!*names)
		return;
	sl_arena_free(&(*names)->arena);
	free(*names);
	*names = NULL;
}

static int by_key(const void *key, const void *element)
{
	const struct name *name = element;
	return sl_id_cmp(key, &name->key);
}

struct sl_span sl_names_of(const struct sl_names *names, const struct sl_id *key)
{
	const struct name *found =
		names->n ? bsearch(key, names->items, names->n, sizeof(*found), by_key) : NULL;
	return found ? found->name : SL_SPAN_NULL;
}
