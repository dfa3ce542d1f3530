/* SPDX-License-Identifier: Apache-2.0 */
#include "results.h"

#include <stdlib.h>

struct sl_examiner sl_examiner_make(const struct sl_secret *blind)
{
	return (struct sl_examiner){ .blind = blind,
		.scratch = sl_arena_new(0),
		.blobs = sl_calloc(SL_EXAMINER_BLOBS, sizeof(struct sl_id)),
		.faces = sl_calloc(SL_EXAMINER_BLOBS, sizeof(struct sl_id)) };
}

void sl_examiner_free(struct sl_examiner *examiner)
{
	sl_arena_free(&examiner->scratch);
	free(examiner->blobs);
	free(examiner->faces);
	examiner->blobs = examiner->faces = NULL;
}

static struct sl_id *slot_of(struct sl_id *met, const struct sl_id *name)
{
	return &met[sl_id_slot(name) % SL_EXAMINER_BLOBS];
}

/* Decoding makes 80 bytes of an indicator of 8, twice where two parts of a message meet, and 16 of
 * a text of one; and a few indicators of a byte (storage/codec.c). */
static bool is_kept(const struct sl_batch *batch, const struct sl_parcel *parcel)
{
	enum { TIMES = 20, SHORT = 32 };
	size_t most = (parcel->message.n + parcel->content.n) * TIMES + sizeof(struct sl_message) +
		      sizeof(struct sl_content) + 2 * SHORT * sizeof(struct sl_indicator);
	return sl_arena_used(batch->decoded) + most <= SL_BATCH_DECODED;
}

/* Copies of a lure have one face: it is decoded once. */
static bool decode_message(
	struct sl_examiner *x, struct sl_arena *arena, struct sl_item *item, struct sl_message *m)
{
	struct sl_span bytes = item->parcel.message, face, copy;
	if (!sl_message_parts(bytes, &face, &copy))
		return false;
	struct sl_id name = sl_hash_key(face, x->blind);
	struct sl_id *slot = slot_of(x->faces, &name);
	item->is_copy = sl_id_eq(slot, &name);
	if (item->is_copy)
		return sl_message_decode_copy(bytes, arena, m);
	if (!sl_message_decode(bytes, arena, m))
		return false;
	*slot = name;
	return true;
}

static bool decode(struct sl_examiner *x, struct sl_arena *arena, struct sl_item *item)
{
	struct sl_message *m = sl_arena_alloc(arena, sizeof(*m));
	struct sl_id key;
	item->message = m;
	item->blob = sl_hash_key(item->parcel.content, x->blind);
	if (!decode_message(x, arena, item, m) || !sl_content_key(item->parcel.content, &key) ||
		!sl_id_eq(&key, &m->content))
		return false;
	struct sl_id *slot = slot_of(x->blobs, &item->blob);
	if (sl_id_eq(slot, &item->blob))
		return true;
	struct sl_content *c = sl_arena_alloc(arena, sizeof(*c));
	item->content = c;
	if (!sl_content_decode(item->parcel.content, arena, c))
		return false;
	*slot = item->blob;
	return true;
}

static bool names_fit(const struct sl_raw *raw, const struct sl_message *message)
{
	sl_assert(raw->named);
	return sl_id_eq(&raw->id, &message->id) && sl_id_eq(&raw->key, &message->key);
}

/* What is not kept lies in the scratch arena until the next result. */
static bool add(struct sl_examiner *x, struct sl_batch *batch, struct sl_span *results,
	struct sl_item *item)
{
	memset(item, 0, sizeof(*item));
	if (!sl_result_take(results, &item->parcel))
		return false;
	bool kept = is_kept(batch, &item->parcel);
	if (!kept)
		sl_arena_reset(x->scratch);
	if (!decode(x, kept ? batch->decoded : x->scratch, item))
		return false;
	struct sl_item *to =
		SL_ARENA_PUSH(batch->decoded, batch->items, batch->n_items, batch->room_items);
	*to = *item;
	if (!kept) {
		to->message = NULL;
		to->is_copy = false;
		to->content = NULL;
	}
	return true;
}

bool sl_results_accept(
	struct sl_examiner *x, struct sl_batch *batch, uint32_t index, struct sl_span results)
{
	size_t before = batch->n_items;
	unsigned outermost = 0;
	bool good = true;
	while (good && results.n) {
		struct sl_item item;
		good = add(x, batch, &results, &item) && item.parcel.index == index;
		if (!good || item.parcel.inner.n)
			continue;
		outermost++;
		good = names_fit(&batch->raws[index], item.message);
	}
	if (good && outermost == 1)
		return true;
	batch->n_items = before;
	return false;
}

void sl_results_accept_own(struct sl_examiner *x, struct sl_batch *batch)
{
	struct sl_span rest = sl_buf_span(&batch->results);
	while (rest.n) {
		struct sl_item item;
		bool good = add(x, batch, &rest, &item);
		sl_assert(good);
	}
}
