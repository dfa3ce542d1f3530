/* SPDX-License-Identifier: Apache-2.0 */
#include "store_inner.h"

/* One sighting being merged. */
struct ingest {
	struct sl_store *store;
	const struct sl_result *result;
	struct sl_message_row row; /* what the message's row will be */
	struct sl_sighting_row sighting;
	struct sl_key message_key, sighting_key;
};

static struct ingest ingest_make(struct sl_store *store, uint64_t night,
	const struct sl_result *result, const struct sl_origin *origin)
{
	return (struct ingest){
		.store = store,
		.result = result,
		.row = { .message = result->message,
			.sightings = 1,
			.first = result->time,
			.last = result->time,
			.night = night },
		.sighting = { .message = result->message.key,
			.origin = *origin,
			.night = night,
			.time = result->time,
			.embedded = result->inner.n > 0 },
		.message_key = sl_key_of_id(&result->message.key),
		.sighting_key = sl_key_of_sighting(&store->secret, &result->message.key, origin),
	};
}

/* The content that belongs to the message in the store: the first one put under the key stays, so
 * that what was derived can be derived again. A stored one that is unreadable is replaced. */
static enum sl_rc put_content(struct ingest *in, struct sl_content *content_r, struct sl_err *err)
{
	struct sl_store *store = in->store;
	struct sl_key key = sl_key_of_id(&in->result->content.key);
	struct sl_span old;
	*content_r = in->result->content;
	enum sl_rc rc =
		sl_store_put_new(store, SL_TABLE_CONTENTS, &key, &in->result->content, &old, err);
	if (rc != SL_END)
		return rc;
	if (sl_span_eq(old, sl_buf_span(&store->value)))
		return SL_OK;
	old = sl_arena_copy(store->work, old);
	if (sl_row_decode(SL_TABLE_CONTENTS, sl_key_span(&key), old, store->work, content_r))
		return SL_OK;
	*content_r = in->result->content;
	return sl_store_put(store, SL_TABLE_CONTENTS, &key, content_r, err);
}

static enum sl_rc is_new_variant(struct ingest *in, bool *new_r, struct sl_err *err)
{
	struct sl_store *store = in->store;
	struct sl_key key = sl_key_of_id(&in->row.message.variant);
	struct sl_span value;
	*new_r = false;
	if (sl_pending_find(&store->derived.variants, &in->row.message.variant))
		return SL_OK;
	enum sl_rc rc = sl_txn_get(store->txn, SL_TABLE_VARIANTS, sl_key_span(&key), &value, err);
	*new_r = rc == SL_END;
	return rc == SL_END ? SL_OK : sl_store_note(store, rc, err);
}

static enum sl_rc add_message(struct ingest *in, bool *new_variant_r, struct sl_err *err)
{
	struct sl_store *store = in->store;
	struct sl_message *m = &in->row.message;
	struct sl_member_row member = { .variant = m->variant, .message = m->key };
	struct sl_key member_key = sl_key_of_ids(&m->variant, &m->key);
	struct sl_content content;
	enum sl_rc rc = is_new_variant(in, new_variant_r, err);
	if (!rc)
		rc = sl_store_put(store, SL_TABLE_MESSAGES, &in->message_key, &in->row, err);
	if (!rc)
		rc = sl_store_put(store, SL_TABLE_SIGHTINGS, &in->sighting_key, &in->sighting, err);
	if (!rc)
		rc = sl_store_put(store, SL_TABLE_MEMBERS, &member_key, &member, err);
	if (!rc)
		rc = put_content(in, &content, err);
	if (!rc)
		sl_derived_add(&store->derived, &in->row, &content, 1);
	return rc;
}

/* The record of a message is a function of its bytes, but for three fields: whether it lay inside
 * another mail (seen on its own wins: zero is the smallest id), a digest that was not always asked
 * for, and flags that its place earns: it was cut there, or other mails in it were left out, or its
 * date does not fit the time of that archive. True: the row has changed. */
static bool merge_record(struct sl_message *into, const struct sl_message *from)
{
	bool changed = (from->flags & ~into->flags) != 0;
	into->flags |= from->flags;
	if (sl_id_cmp(&from->parent, &into->parent) < 0) {
		into->parent = from->parent;
		changed = true;
	}
	if (memcmp(&from->sha256, &into->sha256, sizeof(into->sha256)) > 0) {
		into->sha256 = from->sha256;
		changed = true;
	}
	return changed;
}

/* The place was seen before, perhaps in a later night. */
static enum sl_rc meet_sighting(struct ingest *in, struct sl_err *err)
{
	struct sl_store *store = in->store;
	struct sl_sighting_row stored;
	uint64_t night = in->sighting.night;
	enum sl_rc rc = sl_store_get(
		store, SL_TABLE_SIGHTINGS, &in->sighting_key, store->work, &stored, err);
	sl_assert(rc != SL_END);
	if (rc || night >= stored.night)
		return rc;
	stored.night = night;
	return sl_store_put(store, SL_TABLE_SIGHTINGS, &in->sighting_key, &stored, err);
}

/* Times or night of a known message have widened: so have its variant and the uses. */
static enum sl_rc widen(struct ingest *in, struct sl_err *err)
{
	struct sl_store *store = in->store;
	struct sl_key key = sl_key_of_id(&in->row.message.content);
	struct sl_content content;
	enum sl_rc rc = sl_store_get(store, SL_TABLE_CONTENTS, &key, store->work, &content, err);
	if (rc == SL_FATAL)
		return rc;
	sl_derived_add(&store->derived, &in->row, rc == SL_END ? NULL : &content, 0);
	return SL_OK;
}

/* Merge the sighting into the message as it is stored. */
static enum sl_rc meet_message(struct ingest *in, const struct sl_message_row *stored,
	enum sl_seen *seen_r, struct sl_err *err)
{
	struct sl_store *store = in->store;
	struct sl_span old;
	enum sl_rc rc = sl_store_put_new(
		store, SL_TABLE_SIGHTINGS, &in->sighting_key, &in->sighting, &old, err);
	*seen_r = rc == SL_OK ? SL_SEEN_SIGHTING : SL_SEEN_NOTHING;
	if (rc == SL_END)
		rc = meet_sighting(in, err);
	if (rc)
		return rc;
	in->row = *stored;
	bool changed = merge_record(&in->row.message, &in->result->message);
	if (*seen_r == SL_SEEN_SIGHTING) {
		in->row.sightings++;
		in->row.first = sl_time_first(stored->first, in->sighting.time);
		in->row.last = sl_time_last(stored->last, in->sighting.time);
		changed = true;
	}
	if (in->sighting.night < stored->night)
		in->row.night = in->sighting.night;
	bool wider = in->row.first != stored->first || in->row.last != stored->last ||
		     in->row.night != stored->night;
	if (changed || wider)
		rc = sl_store_put(store, SL_TABLE_MESSAGES, &in->message_key, &in->row, err);
	return !rc && wider ? widen(in, err) : rc;
}

enum sl_rc sl_store_put_result(struct sl_store *store, uint64_t night,
	const struct sl_result *result, const struct sl_origin *origin, enum sl_seen *seen_r,
	bool *new_variant_r, struct sl_err *err)
{
	sl_assert(store->txn != NULL);
	sl_assert(sl_id_eq(&result->message.content, &result->content.key));
	struct ingest in = ingest_make(store, night, result, origin);
	struct sl_message_row stored;
	*new_variant_r = false;
	*seen_r = SL_SEEN_NOTHING;
	sl_arena_reset(store->work);
	enum sl_rc rc =
		sl_store_get(store, SL_TABLE_MESSAGES, &in.message_key, store->work, &stored, err);
	if (rc == SL_FATAL)
		return rc;
	if (rc == SL_OK)
		return meet_message(&in, &stored, seen_r, err);
	*seen_r = SL_SEEN_MESSAGE;
	return add_message(&in, new_variant_r, err);
}

enum sl_rc sl_store_put_done(
	struct sl_store *store, const struct sl_id *archive, uint64_t seq, struct sl_err *err)
{
	(void)err;
	sl_assert(store->txn != NULL && seq < UINT64_MAX);
	if (store->n_done == store->room_done) {
		store->room_done = store->room_done ? store->room_done * 2 : 1024;
		store->done = sl_realloc(store->done, store->room_done * sizeof(*store->done));
	}
	store->done[store->n_done++] = (struct sl_done){ .archive = *archive, .seq = seq };
	return SL_OK;
}
