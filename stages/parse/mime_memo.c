/* SPDX-License-Identifier: Apache-2.0 */
#include "mime_memo.h"

#include "pipeline/base/hash.h"

#include <stdlib.h>

/* At most 256 x (8 + 3) KB a thread; a copy of two parts takes 1 KB. */
enum { ENTRIES = 256, COPY_MOST = 8192, MARKS_MOST = 64 };

struct entry {
	char *copy; /* owned */
	size_t n;
	uint64_t depth;
	struct sl_mime_marks marks; /* owned */
};

struct sl_mime_memo {
	struct entry entries[ENTRIES];
};

struct sl_mime_memo *sl_mime_memo_new(void)
{
	return sl_calloc(1, sizeof(struct sl_mime_memo));
}

void sl_mime_memo_free(struct sl_mime_memo **memo)
{
	if (!*memo)
		return;
	for (size_t i = 0; i < ENTRIES; i++) {
		free((*memo)->entries[i].copy);
		free((*memo)->entries[i].marks.items);
	}
	free(*memo);
	*memo = NULL;
}

static struct sl_span bytes_of(const struct sl_mime_copy *copy)
{
	return sl_span_of(copy->p, copy->n);
}

static struct entry *entry_of(struct sl_mime_memo *memo, const struct sl_mime_copy *copy)
{
	return &memo->entries[sl_hash64(bytes_of(copy), 0) % ENTRIES];
}

const struct sl_mime_marks *sl_mime_memo_find(
	struct sl_mime_memo *memo, const struct sl_mime_copy *copy, uint64_t depth)
{
	if (copy->n > COPY_MOST)
		return NULL;
	const struct entry *entry = entry_of(memo, copy);
	bool found = entry->copy && entry->depth == depth &&
		     sl_span_eq(sl_span_of(entry->copy, entry->n), bytes_of(copy));
	return found ? &entry->marks : NULL;
}

static void *again(void *old, const void *from, size_t n)
{
	void *p = sl_realloc(old, n ? n : 1);
	if (n)
		memcpy(p, from, n);
	return p;
}

void sl_mime_memo_keep(struct sl_mime_memo *memo, const struct sl_mime_copy *copy, uint64_t depth,
	const struct sl_mime_marks *marks)
{
	if (copy->n > COPY_MOST || marks->n > MARKS_MOST)
		return;
	struct entry *entry = entry_of(memo, copy);
	struct sl_mime_mark *items =
		again(entry->marks.items, marks->items, marks->n * sizeof(marks->items[0]));
	entry->copy = again(entry->copy, copy->p, copy->n);
	entry->n = copy->n;
	entry->depth = depth;
	entry->marks = (struct sl_mime_marks){ items, marks->n, marks->too_deep };
}
