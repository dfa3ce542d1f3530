/* SPDX-License-Identifier: Apache-2.0 */
#include "messagerow.h"
#include "store_inner.h"

/* One sighting being merged. */
struct ingest {
	struct sl_store *store;
	const struct sl_sight *sight;
	const struct sl_message *given;
	struct sl_message whole;   /* when the given one was not */
	struct sl_message_row row; /* what the message's row will be */
	struct sl_sighting_row sighting;
	struct sl_span face, copy; /* parts of the encoded message */
	struct sl_key message_key, sighting_key;
	bool moved;    /* the home in `row` is another now */
	bool other;    /* the stored content is not the given one */
	bool replaced; /* something that was stored is another now: it is added up anew later */
};

static struct ingest ingest_make(
	struct sl_store *store, uint64_t night, const struct sl_sight *sight)
{
	const struct sl_message *m = sight->message;
	return (struct ingest){
		.store = store,
		.sight = sight,
		.given = m,
		.row = { .message = *m,
			.sightings = 1,
			.first = sight->time,
			.last = sight->time,
			.night = night },
		.sighting = { .message = m->key,
			.origin = *sight->origin,
			.night = night,
			.time = sight->time,
			.embedded = sight->embedded,
			.has_place = true,
			.flags = m->flags,
			.parent = m->parent },
		.message_key = sl_key_of_id(&m->key),
		.sighting_key = sl_key_of_sighting(&store->secret, &m->key, sight->origin),
	};
}

/* What came without its encoded bytes is encoded here. */
static void take_parts(struct ingest *in)
{
	struct sl_store *store = in->store;
	struct sl_span bytes = in->sight->message_bytes;
	if (bytes.n == 0) {
		sl_buf_reset(&store->record);
		sl_message_encode(&store->record, in->sight->message);
		bytes = sl_buf_span(&store->record);
	}
	bool whole = sl_message_parts(bytes, &in->face, &in->copy);
	sl_assert(whole);
	in->row.face = sl_face_key(store, in->face);
}

/* Before more than the names in its face is looked at. Those bytes were decoded before. */
static void make_whole(struct ingest *in)
{
	if (!in->sight->is_copy || in->given == &in->whole)
		return;
	in->whole = *in->given;
	bool sound = sl_face_decode(in->face, in->store->work, &in->whole);
	sl_assert(sound);
	in->given = &in->whole;
	in->row.message = in->whole;
}

/* How often the archive was reopened. */
static enum sl_rc find_round(
	struct sl_store *store, const struct sl_id *archive, uint32_t *round_r, struct sl_err *err)
{
	struct sl_archive_row row;
	if (!store->round_known || !sl_id_eq(&store->round_of, archive)) {
		struct sl_key key = sl_key_of_id(archive);
		sl_arena_reset(store->work);
		enum sl_rc rc =
			sl_store_get(store, SL_TABLE_ARCHIVES, &key, store->work, &row, err);
		if (rc == SL_FATAL)
			return rc;
		store->round_known = true;
		store->round_of = *archive;
		store->round = rc == SL_OK ? row.round : 0;
	}
	*round_r = store->round;
	return SL_OK;
}

/* What is read again may replace what is there; and an earlier night than that in which the
 * content's indicators were merged would have to be merged into them. */
static const struct sl_familiar *find_known(
	struct sl_store *store, uint64_t night, const struct sl_sight *sight, uint32_t round)
{
	const struct sl_familiar *known = NULL;
	if (sight->blob && !round)
		known = sl_familiar_find(&store->familiar, sight->blob, &sight->message->content);
	return known && known->night <= night ? known : NULL;
}

bool sl_store_knows(struct sl_store *store, uint64_t night, const struct sl_sight *sight)
{
	struct sl_err err;
	uint32_t round;
	sl_assert(store->txn != NULL);
	return find_round(store, &sight->origin->archive, &round, &err) == SL_OK &&
	       find_known(store, night, sight, round) != NULL;
}

/* The content that belongs to the message in the store: the first one put under the key stays, so
 * that what was derived can be derived again; unless the archive is read again. A stored one that
 * is unreadable is replaced. */
static enum sl_rc put_content(struct ingest *in, struct sl_content *content_r, struct sl_err *err)
{
	struct sl_store *store = in->store;
	const struct sl_content *given = in->sight->content;
	struct sl_key key = sl_key_of_id(&given->key);
	struct sl_span old;
	enum sl_rc rc;
	*content_r = *given;
	if (in->sight->content_bytes.n) {
		sl_buf_reset(&store->value);
		sl_buf_add(&store->value, in->sight->content_bytes);
		rc = sl_store_put_new_value(store, SL_TABLE_CONTENTS, &key, &old, err);
	} else {
		rc = sl_store_put_new(store, SL_TABLE_CONTENTS, &key, given, &old, err);
	}
	if (rc != SL_END)
		return rc;
	if (sl_span_eq(old, sl_buf_span(&store->value)))
		return SL_OK;
	old = sl_arena_copy(store->work, old);
	in->other = true;
	bool sound =
		sl_row_decode(SL_TABLE_CONTENTS, sl_key_span(&key), old, store->work, content_r);
	if (sound && !in->sighting.round)
		return SL_OK;
	in->replaced = sound;
	in->other = false;
	sl_familiar_clear(&store->familiar);
	*content_r = *given;
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

/* The variant and content that the message had first are the ones to look after. */
static enum sl_rc put_redo(
	struct ingest *in, const struct sl_message_row *before, struct sl_err *err)
{
	struct sl_redo_row row = { .id = before->message.key,
		.kind = SL_REDO_MESSAGE,
		.variant = before->message.variant,
		.content = before->message.content,
		.face = before->face };
	struct sl_span old;
	enum sl_rc rc =
		sl_store_put_new(in->store, SL_TABLE_REDO, &in->message_key, &row, &old, err);
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc put_message(struct ingest *in, struct sl_err *err)
{
	struct sl_store *store = in->store;
	sl_row_message_fields(&in->row, in->copy, &store->value);
	return sl_store_put_value(store, SL_TABLE_MESSAGES, &in->message_key, err);
}

/* Put it, unless it is there: then *stored_r is its row until the next write, and SL_END. Known
 * messages come in heaps, so the last one tells whether it is worth while to look first. The place
 * of a new message is kept in its row. */
static enum sl_rc put_if_new(struct ingest *in, struct sl_span *stored_r, struct sl_err *err)
{
	struct sl_store *store = in->store;
	enum sl_rc rc = SL_END;
	if (store->meets)
		rc = sl_txn_get(store->txn, SL_TABLE_MESSAGES, sl_key_span(&in->message_key),
			stored_r, err);
	if (rc == SL_END) {
		in->row.has_home = true;
		in->row.home = in->sighting;
		sl_row_message_fields(&in->row, in->copy, &store->value);
		rc = sl_store_put_new_value(
			store, SL_TABLE_MESSAGES, &in->message_key, stored_r, err);
	} else if (rc == SL_OK) {
		rc = SL_END;
	}
	store->meets = rc == SL_END;
	return sl_store_note(store, rc, err);
}

/* Its content, and what it adds to the derived tables. */
static enum sl_rc add_content(struct ingest *in, struct sl_err *err)
{
	struct sl_store *store = in->store;
	const struct sl_familiar *known =
		find_known(store, in->row.night, in->sight, in->sighting.round);
	struct sl_content content;
	if (known) {
		struct sl_face_sum *face = sl_derived_face(&store->derived, &in->row);
		if (!face) {
			make_whole(in);
			face = sl_derived_make_face(&store->derived, &in->row, known);
		}
		sl_derived_add_copy(&store->derived, &in->row, face);
		return SL_OK;
	}
	enum sl_rc rc = put_content(in, &content, err);
	if (rc)
		return rc;
	make_whole(in);
	sl_derived_add(&store->derived, &in->row, &content, 1);
	if (in->sight->blob && !in->sighting.round && !in->other)
		sl_familiar_add(&store->familiar, in->sight->blob, &content, in->row.night,
			&store->secret, &store->derived.scratch);
	return in->replaced ? put_redo(in, &in->row, err) : SL_OK;
}

/* All but the row of a new message. */
static enum sl_rc add_message(struct ingest *in, bool *new_variant_r, struct sl_err *err)
{
	struct sl_store *store = in->store;
	const struct sl_message *m = &in->row.message;
	struct sl_member_row member = { .variant = m->variant, .message = m->key };
	struct sl_key member_key = sl_key_of_ids(&m->variant, &m->key);
	enum sl_rc rc = is_new_variant(in, new_variant_r, err);
	if (!rc)
		rc = sl_face_put(store, &in->row.face, in->face, err);
	if (!rc)
		rc = sl_store_put(store, SL_TABLE_MEMBERS, &member_key, &member, err);
	return rc ? rc : add_content(in, err);
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
	if (from->sha256_asked && !into->sha256_asked) {
		into->sha256_asked = true;
		changed = true;
	}
	return changed;
}

static bool same_place(const struct sl_sighting_row *a, const struct sl_sighting_row *b)
{
	return a->has_place == b->has_place && a->time == b->time && a->flags == b->flags &&
	       a->embedded == b->embedded && sl_id_eq(&a->parent, &b->parent);
}

/* Are both the same but for what their places earned? */
static bool same_record(const struct sl_message *stored, const struct sl_message *given)
{
	struct sl_buf a = sl_buf_make(INT_MAX), b = sl_buf_make(INT_MAX);
	struct sl_message copy = *given;
	copy.flags = stored->flags;
	copy.parent = stored->parent;
	copy.sha256 = stored->sha256;
	copy.sha256_asked = stored->sha256_asked;
	sl_message_encode(&a, stored);
	sl_message_encode(&b, &copy);
	bool same = sl_span_eq(sl_buf_span(&a), sl_buf_span(&b));
	sl_buf_free(&a);
	sl_buf_free(&b);
	return same;
}

/* The archive is read again: what the message says is what is read today. */
static enum sl_rc replace_record(
	struct ingest *in, const struct sl_message_row *stored, struct sl_err *err)
{
	struct sl_content content;
	if (!same_record(&stored->message, in->given)) {
		in->row.message = *in->given;
		merge_record(&in->row.message, &stored->message);
		in->replaced = true;
	}
	enum sl_rc rc = put_content(in, &content, err);
	return !rc && in->replaced ? put_redo(in, stored, err) : rc;
}

/* The place was seen before, perhaps in a later night. True: what is stored of it changes. */
static bool merge_sighting(struct ingest *in, struct sl_sighting_row *stored)
{
	uint64_t night = in->sighting.night < stored->night ? in->sighting.night : stored->night;
	bool changed = night != stored->night;
	if (in->sighting.round > stored->round) {
		in->replaced = !same_place(stored, &in->sighting);
		*stored = in->sighting;
		changed = true;
	}
	stored->night = night;
	in->sighting.night = night;
	return changed;
}

static enum sl_rc meet_sighting(struct ingest *in, struct sl_err *err)
{
	struct sl_store *store = in->store;
	struct sl_sighting_row stored;
	enum sl_rc rc = sl_store_get(
		store, SL_TABLE_SIGHTINGS, &in->sighting_key, store->work, &stored, err);
	sl_assert(rc != SL_END);
	if (rc || !merge_sighting(in, &stored))
		return rc;
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

static bool same_spot(const struct sl_origin *a, const struct sl_origin *b)
{
	return sl_id_eq(&a->archive, &b->archive) && a->ordinal == b->ordinal &&
	       sl_span_eq(a->entry, b->entry);
}

/* The home goes into in->row; what it has of the stored row lives until the next write. */
static enum sl_rc note_sighting(struct ingest *in, const struct sl_message_row *stored,
	enum sl_seen *seen_r, struct sl_err *err)
{
	struct sl_span old;
	in->row.has_home = stored->has_home;
	in->row.home = stored->home;
	if (stored->has_home && same_spot(&stored->home.origin, &in->sighting.origin)) {
		in->row.home.origin.entry = in->sighting.origin.entry;
		in->moved = merge_sighting(in, &in->row.home);
		*seen_r = SL_SEEN_NOTHING;
		return SL_OK;
	}
	in->row.home.origin.entry = sl_arena_copy(in->store->work, stored->home.origin.entry);
	enum sl_rc rc = sl_store_put_new(
		in->store, SL_TABLE_SIGHTINGS, &in->sighting_key, &in->sighting, &old, err);
	*seen_r = rc == SL_OK ? SL_SEEN_SIGHTING : SL_SEEN_NOTHING;
	return rc == SL_END ? meet_sighting(in, err) : rc;
}

/* What in->row adds up to with that sighting. True: time or night is another. */
static bool add_up(struct ingest *in, const struct sl_message_row *stored, enum sl_seen seen)
{
	in->row.sightings = stored->sightings;
	in->row.first = stored->first;
	in->row.last = stored->last;
	in->row.night = stored->night;
	if (seen == SL_SEEN_SIGHTING) {
		in->row.sightings++;
		in->row.first = sl_time_first(stored->first, in->sighting.time);
		in->row.last = sl_time_last(stored->last, in->sighting.time);
	}
	if (in->sighting.night < stored->night)
		in->row.night = in->sighting.night;
	return in->row.first != stored->first || in->row.last != stored->last ||
	       in->row.night != stored->night;
}

/* Merge the sighting into the message as it is stored. */
static enum sl_rc meet_message(struct ingest *in, const struct sl_message_row *stored,
	enum sl_seen *seen_r, struct sl_err *err)
{
	enum sl_rc rc = note_sighting(in, stored, seen_r, err);
	if (rc)
		return rc;
	in->row.message = stored->message;
	in->row.face = stored->face;
	if (in->sighting.round)
		rc = replace_record(in, stored, err);
	bool changed = merge_record(&in->row.message, in->given) || in->replaced || in->moved;
	bool wider = add_up(in, stored, *seen_r);
	if (!rc && (changed || wider || *seen_r == SL_SEEN_SIGHTING))
		rc = sl_face_put_message(in->store, &in->row, err);
	return !rc && wider && !in->replaced ? widen(in, err) : rc;
}

/* The same when the record is what it was, byte for byte: it need not be decoded. */
static enum sl_rc meet_same(struct ingest *in, const struct sl_message_row *sums,
	enum sl_seen *seen_r, struct sl_err *err)
{
	enum sl_rc rc = note_sighting(in, sums, seen_r, err);
	bool wider = add_up(in, sums, *seen_r);
	if (!rc && (wider || in->moved || *seen_r == SL_SEEN_SIGHTING))
		rc = put_message(in, err);
	if (rc || !wider)
		return rc;
	make_whole(in);
	return widen(in, err);
}

static enum sl_rc meet(
	struct ingest *in, struct sl_span value, enum sl_seen *seen_r, struct sl_err *err)
{
	struct sl_store *store = in->store;
	struct sl_span key = sl_key_span(&in->message_key);
	struct sl_message_row stored;
	if (!in->sighting.round &&
		sl_row_message_same(key, value, &in->row.face, in->copy, &stored))
		return meet_same(in, &stored, seen_r, err);
	make_whole(in);
	value = sl_arena_copy(store->work, value);
	if (!sl_row_decode(SL_TABLE_MESSAGES, key, value, store->work, &stored))
		return sl_store_note(store, sl_store_damaged(store, SL_TABLE_MESSAGES, err), err);
	enum sl_rc rc = sl_store_get_face(store, &stored, store->work, err);
	return rc ? rc : meet_message(in, &stored, seen_r, err);
}

enum sl_rc sl_store_put_sight(struct sl_store *store, uint64_t night, const struct sl_sight *sight,
	enum sl_seen *seen_r, bool *new_variant_r, struct sl_err *err)
{
	sl_assert(store->txn != NULL);
	sl_assert(!sight->content || sl_id_eq(&sight->message->content, &sight->content->key));
	struct ingest in = ingest_make(store, night, sight);
	struct sl_span stored = SL_SPAN_NULL;
	take_parts(&in);
	*new_variant_r = false;
	*seen_r = SL_SEEN_NOTHING;
	enum sl_rc rc = find_round(store, &sight->origin->archive, &in.sighting.round, err);
	sl_arena_reset(store->work);
	if (!rc)
		rc = put_if_new(&in, &stored, err);
	if (rc == SL_FATAL)
		return rc;
	if (rc == SL_END)
		return meet(&in, stored, seen_r, err);
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
