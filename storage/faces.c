/* SPDX-License-Identifier: Apache-2.0 */
#include "faces.h"

#include "messagerow.h"
#include "store_inner.h"

#include <stdlib.h>

void sl_faces_clear(struct sl_faces_met *met)
{
	free(met->slots);
	met->slots = NULL;
}

static struct sl_id *slot_of(const struct sl_faces_met *met, const struct sl_id *key)
{
	return &met->slots[sl_id_slot(key) % SL_FACES_MET];
}

struct sl_id sl_face_key(const struct sl_store *store, struct sl_span face)
{
	return sl_hash_key(face, &store->secret);
}

enum sl_rc sl_face_put(
	struct sl_store *store, const struct sl_id *key, struct sl_span face, struct sl_err *err)
{
	struct sl_faces_met *met = &store->faces;
	struct sl_key row_key = sl_key_of_id(key);
	struct sl_span old;
	if (!met->slots)
		met->slots = sl_calloc(SL_FACES_MET, sizeof(*met->slots));
	struct sl_id *slot = slot_of(met, key);
	if (sl_id_eq(slot, key))
		return SL_OK;
	sl_buf_reset(&store->value);
	sl_buf_add(&store->value, face);
	enum sl_rc rc = sl_store_put_new_value(store, SL_TABLE_FACES, &row_key, &old, err);
	if (rc == SL_FATAL)
		return rc;
	*slot = *key;
	return SL_OK;
}

enum sl_rc sl_face_put_message(
	struct sl_store *store, const struct sl_message_row *row, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(&row->message.key);
	struct sl_message_row copy = *row;
	struct sl_span face, rest;
	sl_buf_reset(&store->record);
	sl_message_encode(&store->record, &row->message);
	bool whole = sl_message_parts(sl_buf_span(&store->record), &face, &rest);
	sl_assert(whole);
	copy.face = sl_face_key(store, face);
	enum sl_rc rc = sl_face_put(store, &copy.face, face, err);
	return rc ? rc : sl_store_put(store, SL_TABLE_MESSAGES, &key, &copy, err);
}

enum sl_rc sl_face_read(struct sl_txn *txn, struct sl_message_row *row, struct sl_arena *arena,
	bool kept, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(&row->face);
	struct sl_span value;
	if (sl_id_is_zero(&row->face))
		return SL_OK;
	enum sl_rc rc = sl_txn_get(txn, SL_TABLE_FACES, sl_key_span(&key), &value, err);
	if (rc)
		return rc;
	if (kept)
		value = sl_arena_copy(arena, value);
	return sl_row_face_decode(sl_key_span(&key), value, arena, &row->message) ? SL_OK : SL_END;
}
