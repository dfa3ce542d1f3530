/* SPDX-License-Identifier: Apache-2.0 */
#include "lure.h"

#include "pipeline/base/hash.h"

#include <stdlib.h>

enum {
	SKELETON_TAGS = 12, /* fewer tags are no skeleton */
	LINE_LEAST = 4      /* bytes */
};

bool sl_lure_before(const struct sl_lure *a, const struct sl_lure *b)
{
	if (a->time != b->time) {
		if (a->time == SL_TIME_NONE || b->time == SL_TIME_NONE)
			return b->time == SL_TIME_NONE;
		return a->time < b->time;
	}
	return sl_id_cmp(&a->exemplar_id, &b->exemplar_id) < 0;
}

bool sl_hashes_have(const struct sl_hashes *hashes, uint64_t value)
{
	for (uint32_t i = 0; i < hashes->n; i++)
		if (hashes->v[i] == value)
			return true;
	return false;
}

bool sl_hashes_meet(const struct sl_hashes *a, const struct sl_hashes *b)
{
	if (!(a->bits & b->bits))
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (sl_hashes_have(b, a->v[i]))
			return true;
	return false;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* A list being made on the stack: most are empty. */
struct list {
	uint64_t v[SL_LURE_LIST];
	uint32_t n;
};

static void list_add(struct list *list, uint64_t value)
{
	struct sl_hashes have = { .v = list->v, .n = list->n };

	if (list->n < SL_LURE_LIST && !sl_hashes_have(&have, value))
		list->v[list->n++] = value;
}

static struct sl_hashes list_done(struct sl_arena *arena, struct list *list)
{
	struct sl_hashes hashes = { .n = list->n };

	sl_assert(list->n <= SL_LURE_LIST);
	if (list->n == 0)
		return hashes;
	qsort(list->v, list->n, sizeof(*list->v), compare_u64);
	hashes.v = sl_arena_alloc(arena, list->n * sizeof(*list->v));
	memcpy(hashes.v, list->v, list->n * sizeof(*list->v));
	for (uint32_t i = 0; i < list->n; i++)
		hashes.bits |= (uint64_t)1 << list->v[i] % 64;
	return hashes;
}

static uint64_t first_word(struct sl_span sender)
{
	struct sl_span word = SL_SPAN_NULL;
	struct sl_span rest = sl_span_trim(sender);

	if (!sl_span_split(&rest, ' ', &word) || word.n == 0)
		return 0;
	return sl_hash64(word, 1) | 1;
}

static void brands_of_text(const struct sl_tables *tables, struct sl_span text, struct list *list)
{
	const struct sl_brand *found[SL_LURE_LIST];
	size_t n = sl_tables_brands_in(tables, text, true, found, SL_LEN(found));

	for (size_t i = 0; i < n; i++)
		list_add(list, sl_hash64(found[i]->id, 2));
}

static void fill_brands(struct sl_arena *arena, const struct sl_tables *tables,
	const struct sl_message *message, const struct sl_content *content, struct sl_lure *lure)
{
	struct list claimed = { .n = 0 }, named = { .n = 0 };

	if (message->brand.n)
		list_add(&claimed, sl_hash64(message->brand, 2));
	if (tables) {
		brands_of_text(tables, lure->subject, &claimed);
		brands_of_text(tables, lure->sender, &claimed);
	}
	for (uint32_t i = 0; i < claimed.n; i++)
		list_add(&named, claimed.v[i]);
	for (size_t i = 0; i < content->n_brands; i++)
		list_add(&named, sl_hash64(content->brands[i], 2));
	lure->claimed = list_done(arena, &claimed);
	lure->named = list_done(arena, &named);
}

static void fill_lists(
	struct sl_arena *arena, const struct sl_content *content, struct sl_lure *lure)
{
	struct list anchors = { .n = 0 }, files = { .n = 0 };

	for (size_t i = 0; i < content->n_anchors; i++)
		list_add(&anchors, sl_hash64(content->anchors[i], 3));
	for (size_t i = 0; i < content->n_attachments; i++)
		list_add(&files, sl_hash64(sl_span_of(content->attachments[i].sha256.b, 32), 4));
	lure->anchors = list_done(arena, &anchors);
	lure->files = list_done(arena, &files);
}

static void fill_form(const struct sl_content *content, struct sl_lure *lure)
{
	lure->skeleton = content->html_tags >= SKELETON_TAGS ? content->skeleton : 0;
	memcpy(lure->tags, content->tag_sketch, sizeof(lure->tags));
	for (unsigned i = 0; i < SL_TAG_SKETCH; i++)
		lure->has_tags |= lure->tags[i] != 0;
}

static uint64_t language_of(struct sl_span name)
{
	return name.n ? sl_hash64(name, 6) | 1 : 0;
}

void sl_lure_make(struct sl_arena *arena, const struct sl_tables *tables,
	const struct sl_message *message, const struct sl_content *content, struct sl_lure *lure_r)
{
	*lure_r = (struct sl_lure){ .subject = message->subject_norm,
		.sender = message->sender_norm,
		.text = content->norm,
		.language =
			language_of(content->language.n ? content->language : message->language),
		.head = first_word(message->sender_norm) };
	lure_r->subject_grams = sl_name_grams_make(arena, lure_r->subject);
	lure_r->sender_grams = sl_name_grams_make(arena, lure_r->sender);
	fill_form(content, lure_r);
	fill_lists(arena, content, lure_r);
	fill_brands(arena, tables, message, content, lure_r);
}

uint64_t sl_line_hash(struct sl_span line)
{
	struct sl_span s = sl_span_trim(line);

	return s.n < LINE_LEAST ? 0 : sl_hash64(s, 5);
}
