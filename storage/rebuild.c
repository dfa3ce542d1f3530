/* SPDX-License-Identifier: Apache-2.0 */
#include "store_inner.h"

#include <stdlib.h>

/* Flush when so many messages have been added: bounds what gathers in memory. */
enum { REBUILD_STEP = 20000, CHUNK = 256 };

/* Some variants in key order. No cursor is open while they are changed. */
struct chunk {
	struct sl_key keys[CHUNK];
	struct sl_variant_row rows[CHUNK];
	bool sound[CHUNK];
	size_t n;
	struct sl_key next; /* where the next chunk begins */
};

static enum sl_rc read_chunk(struct sl_store *store, struct chunk *chunk, struct sl_err *err)
{
	struct sl_cursor *cursor;
	struct sl_span key, value;
	chunk->n = 0;
	enum sl_rc rc = sl_cursor_open(
		store->txn, SL_TABLE_VARIANTS, sl_key_span(&chunk->next), &cursor, err);
	while (!rc && chunk->n < CHUNK && !(rc = sl_cursor_next(cursor, &key, &value, err))) {
		size_t i = chunk->n++;
		chunk->keys[i].n = 0;
		sl_key_add(&chunk->keys[i], key);
		chunk->sound[i] =
			sl_row_decode(SL_TABLE_VARIANTS, key, value, NULL, &chunk->rows[i]);
	}
	sl_cursor_close(&cursor);
	if (chunk->n) {
		chunk->next = chunk->keys[chunk->n - 1];
		sl_key_add(&chunk->next, sl_span_of("", 1));
	}
	return rc;
}

/* Variants are changed in place and not dropped: their campaigns cannot be derived. Unreadable ones
 * go, and those that `change` has no use for. */
static enum sl_rc change_variants(struct sl_store *store,
	bool (*change)(struct sl_variant_row *row, bool *changed_r), bool *lost_r,
	struct sl_err *err)
{
	struct chunk *chunk = sl_calloc(1, sizeof(*chunk));
	enum sl_rc rc = SL_OK, end = SL_OK;
	while (!rc && !end) {
		end = read_chunk(store, chunk, err);
		for (size_t i = 0; !rc && i < chunk->n; i++) {
			bool changed = false;
			const struct sl_key *key = &chunk->keys[i];
			*lost_r = *lost_r || !chunk->sound[i];
			if (!chunk->sound[i] || !change(&chunk->rows[i], &changed))
				rc = sl_txn_delete(
					store->txn, SL_TABLE_VARIANTS, sl_key_span(key), err);
			else if (changed)
				rc = sl_store_put(
					store, SL_TABLE_VARIANTS, key, &chunk->rows[i], err);
		}
	}
	free(chunk);
	return rc ? rc : end == SL_END ? SL_OK : end;
}

static bool keep_assignment(struct sl_variant_row *row, bool *changed_r)
{
	struct sl_variant_row bare = { .key = row->key,
		.exemplar_time = SL_TIME_NONE,
		.first = SL_TIME_NONE,
		.last = SL_TIME_NONE,
		.assigned = row->assigned,
		.campaign = row->campaign,
		.evidence = row->evidence,
		.score = row->score,
		.partner = row->partner };
	*row = bare;
	*changed_r = true;
	return true;
}

static bool keep_used(struct sl_variant_row *row, bool *changed_r)
{
	*changed_r = false;
	return row->messages > 0;
}

static enum sl_rc add_message(struct sl_store *store, const struct sl_message_row *row,
	struct sl_arena *arena, bool *lost_r, struct sl_err *err)
{
	const struct sl_message *m = &row->message;
	struct sl_key key = sl_key_of_id(&m->content);
	struct sl_member_row member = { .variant = m->variant, .message = m->key };
	struct sl_key member_key = sl_key_of_ids(&m->variant, &m->key);
	struct sl_content content;
	struct sl_span value;
	enum sl_rc rc = sl_txn_get(store->txn, SL_TABLE_CONTENTS, sl_key_span(&key), &value, err);
	if (rc == SL_FATAL)
		return rc;
	bool found = rc == SL_OK &&
		     sl_row_decode(SL_TABLE_CONTENTS, sl_key_span(&key), value, arena, &content);
	*lost_r = *lost_r || !found;
	sl_derived_add(&store->derived, row, found ? &content : NULL, 1);
	return sl_store_put(store, SL_TABLE_MEMBERS, &member_key, &member, err);
}

static enum sl_rc add_messages(struct sl_store *store, bool *lost_r, struct sl_err *err)
{
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_cursor *cursor;
	struct sl_span key, value;
	size_t n = 0;
	enum sl_rc rc = sl_cursor_open(store->txn, SL_TABLE_MESSAGES, SL_SPAN_NULL, &cursor, err);
	while (!rc && !(rc = sl_cursor_next(cursor, &key, &value, err))) {
		struct sl_message_row row;
		sl_arena_reset(arena);
		if (!sl_row_decode(SL_TABLE_MESSAGES, key, value, arena, &row)) {
			*lost_r = true;
			continue;
		}
		rc = sl_face_read(store->txn, &row, arena, true, err);
		if (rc == SL_END) {
			*lost_r = true;
			rc = SL_OK;
			continue;
		}
		if (!rc)
			rc = add_message(store, &row, arena, lost_r, err);
		if (!rc && ++n % REBUILD_STEP == 0)
			rc = sl_store_flush(store, err);
	}
	sl_cursor_close(&cursor);
	sl_arena_free(&arena);
	if (rc == SL_END)
		rc = sl_store_flush(store, err);
	return rc;
}

enum sl_rc sl_store_rebuild_here(struct sl_store *store, bool *lost_r, struct sl_err *err)
{
	static const enum sl_table dropped[] = { SL_TABLE_MEMBERS, SL_TABLE_INDICATORS,
		SL_TABLE_USES };
	sl_indicators_forget(&store->indicators_met);
	enum sl_rc rc = change_variants(store, keep_assignment, lost_r, err);
	for (size_t i = 0; !rc && i < SL_LEN(dropped); i++)
		rc = sl_txn_clear(store->txn, dropped[i], err);
	if (!rc)
		rc = add_messages(store, lost_r, err);
	if (!rc)
		rc = change_variants(store, keep_used, lost_r, err);
	return rc;
}

enum sl_rc sl_store_rebuild(struct sl_store *store, struct sl_err *err)
{
	bool lost = false;
	enum sl_rc rc = sl_store_begin(store, err);
	if (rc)
		return rc;
	rc = sl_txn_clear(store->txn, SL_TABLE_LOOKUPS, err);
	if (!rc)
		rc = sl_store_rebuild_here(store, &lost, err);
	if (rc) {
		sl_store_abort(store);
		return rc;
	}
	rc = sl_store_commit(store, err);
	return !rc && lost ? SL_WARN : rc;
}
