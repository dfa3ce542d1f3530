/* SPDX-License-Identifier: Apache-2.0 */
#include "removal.h"

#include "sightwalk.h"

void sl_removal_init(struct sl_removal *removal, struct sl_store *store)
{
	*removal = (struct sl_removal){ .store = store,
		.archives = sl_pending_make(sizeof(struct sl_removal_archive), 16),
		.contents = sl_pending_make(sizeof(struct sl_id), 16),
		.faces = sl_pending_make(sizeof(struct sl_id), 16) };
}

void sl_removal_free(struct sl_removal *removal)
{
	sl_pending_free(&removal->archives);
	sl_pending_free(&removal->contents);
	sl_pending_free(&removal->faces);
}

/* ---- one message ---- */

/* What the sightings that stay add up to. */
struct sum {
	struct sl_id message;
	uint64_t lost, left, night, flags;
	int64_t first, last;
	struct sl_id parent;
	bool homeless; /* its home is taken out */
	bool placed;   /* all of them know what the record got from their place */
};

static struct sum sum_make(const struct sl_id *message)
{
	struct sum sum = { .message = *message,
		.night = UINT64_MAX,
		.first = SL_TIME_NONE,
		.last = SL_TIME_NONE,
		.placed = true };
	memset(&sum.parent, 0xff, sizeof(sum.parent));
	return sum;
}

static void sum_add(struct sum *sum, const struct sl_sighting_row *row)
{
	sum->left++;
	sum->night = row->night < sum->night ? row->night : sum->night;
	sum->first = sl_time_first(sum->first, row->time);
	sum->last = sl_time_last(sum->last, row->time);
	sum->flags |= row->flags;
	sum->placed = sum->placed && row->has_place;
	if (sl_id_cmp(&row->parent, &sum->parent) < 0)
		sum->parent = row->parent;
}

void sl_removal_suspect(struct sl_removal *r, const struct sl_id *content, const struct sl_id *face)
{
	bool fresh;
	sl_pending_add(&r->contents, content, &fresh);
	if (!sl_id_is_zero(face))
		sl_pending_add(&r->faces, face, &fresh);
}

static bool must_change(const struct sl_removal *r, const struct sum *sum)
{
	return sum->lost || (sum->left && r->changed && r->changed(r->arg, &sum->message));
}

static enum sl_rc end_message(struct sl_removal *r, const struct sum *sum, struct sl_err *err)
{
	struct sl_store *store = r->store;
	struct sl_key key = sl_key_of_id(&sum->message);
	struct sl_message_row row;
	if (!must_change(r, sum))
		return SL_OK;
	sl_arena_reset(store->work);
	enum sl_rc rc = sl_store_get(store, SL_TABLE_MESSAGES, &key, store->work, &row, err);
	if (rc == SL_END)
		rc = sl_store_note(store, sl_store_damaged(store, SL_TABLE_MESSAGES, err), err);
	if (rc)
		return rc;
	if (!sum->left) {
		r->messages++;
		sl_removal_suspect(r, &row.message.content, &row.face);
		return sl_store_delete(store, SL_TABLE_MESSAGES, &key, err);
	}
	row.has_home = row.has_home && !sum->homeless;
	row.sightings = sum->left;
	row.first = sum->first;
	row.last = sum->last;
	row.night = sum->night;
	if (sum->placed) {
		row.message.flags = sum->flags;
		row.message.parent = sum->parent;
	}
	return sl_face_put_message(store, &row, err);
}

/* ---- all of them ---- */

static void note_archive(struct sl_removal *r, const struct sl_sighting_row *row, bool doomed)
{
	bool fresh;
	struct sl_removal_archive *a = sl_pending_add(&r->archives, &row->origin.archive, &fresh);
	a->lost = a->lost || doomed;
	a->left = a->left || !doomed;
}

/* Sightings lie by message. */
static enum sl_rc remove_sightings(struct sl_removal *r, struct sl_err *err)
{
	struct sl_sightwalk sights = sl_sightwalk_make(r->store);
	struct sl_sighting_row row;
	struct sum sum = sum_make(&(struct sl_id){ { 0 } });
	enum sl_rc rc;
	while (!(rc = sl_sightwalk_next(&sights, &row, err))) {
		bool doomed = r->doomed(r->arg, &row);
		if (!sl_id_eq(&row.message, &sum.message)) {
			if (must_change(r, &sum))
				sl_sightwalk_touch(&sights);
			rc = end_message(r, &sum, err);
			sum = sum_make(&row.message);
		}
		note_archive(r, &row, doomed);
		sum.lost += doomed;
		r->sightings += doomed;
		if (!doomed)
			sum_add(&sum, &row);
		else if (sights.at_home)
			sum.homeless = true;
		else if (!rc)
			rc = sl_sightwalk_delete(&sights, err);
		if (rc)
			break;
	}
	sl_sightwalk_end(&sights);
	return rc == SL_END ? end_message(r, &sum, err) : rc;
}

/* What a message still has is no orphan. */
static enum sl_rc spare_used(struct sl_removal *r, struct sl_pending *contents_used,
	struct sl_pending *faces_used, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(r->store, SL_TABLE_MESSAGES);
	struct sl_message_row row;
	bool fresh;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err))) {
		if (sl_pending_find(&r->contents, &row.message.content))
			sl_pending_add(contents_used, &row.message.content, &fresh);
		if (sl_pending_find(&r->faces, &row.face))
			sl_pending_add(faces_used, &row.face, &fresh);
	}
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc remove_unused(struct sl_removal *r, unsigned table,
	const struct sl_pending *suspects, const struct sl_pending *used, struct sl_err *err)
{
	enum sl_rc rc = SL_OK;
	for (size_t i = 0; !rc && i < suspects->n; i++) {
		const struct sl_id *id = sl_pending_at(suspects, i);
		struct sl_key key = sl_key_of_id(id);
		if (!sl_pending_find(used, id))
			rc = sl_store_delete(r->store, table, &key, err);
	}
	return rc;
}

static enum sl_rc remove_orphans(struct sl_removal *r, struct sl_err *err)
{
	struct sl_pending contents = sl_pending_make(sizeof(struct sl_id), 16);
	struct sl_pending faces = sl_pending_make(sizeof(struct sl_id), 16);
	enum sl_rc rc = r->contents.n || r->faces.n ? spare_used(r, &contents, &faces, err) : SL_OK;
	if (!rc)
		rc = remove_unused(r, SL_TABLE_CONTENTS, &r->contents, &contents, err);
	if (!rc)
		rc = remove_unused(r, SL_TABLE_FACES, &r->faces, &faces, err);
	sl_pending_free(&contents);
	sl_pending_free(&faces);
	return rc;
}

enum sl_rc sl_removal_run(struct sl_removal *removal, struct sl_err *err)
{
	sl_assert(removal->doomed && removal->store->txn);
	sl_familiar_clear(&removal->store->familiar);
	sl_faces_clear(&removal->store->faces);
	enum sl_rc rc = sl_store_flush(removal->store, err);
	if (!rc)
		rc = remove_sightings(removal, err);
	return rc ? rc : remove_orphans(removal, err);
}

/* ---- nights ---- */

struct count {
	struct sl_id key; /* the serial, in its first bytes */
	uint64_t messages, sightings;
};

static struct count *count_of(struct sl_pending *counts, uint64_t night)
{
	struct sl_id key = { { 0 } };
	bool fresh;
	memcpy(key.b, &night, sizeof(night));
	return sl_pending_add(counts, &key, &fresh);
}

static enum sl_rc count_messages(
	struct sl_store *store, struct sl_pending *counts, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(store, SL_TABLE_MESSAGES);
	struct sl_message_row row;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err)))
		count_of(counts, row.night)->messages++;
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc count_sightings(
	struct sl_store *store, struct sl_pending *counts, struct sl_err *err)
{
	struct sl_sightwalk sights = sl_sightwalk_make(store);
	struct sl_sighting_row row;
	enum sl_rc rc;
	while (!(rc = sl_sightwalk_next(&sights, &row, err)))
		count_of(counts, row.night)->sightings++;
	sl_sightwalk_end(&sights);
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc put_counts(struct sl_store *store, struct sl_pending *counts, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(store, SL_TABLE_NIGHTS);
	struct sl_night_row row;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err))) {
		const struct count *c = count_of(counts, row.serial);
		/* the first sighting of a message is counted with the message */
		row.messages = c->messages;
		row.sightings =
			c->sightings - (c->messages < c->sightings ? c->messages : c->sightings);
		if ((rc = sl_walk_put(&walk, &row, err)))
			break;
	}
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

enum sl_rc sl_store_recount_nights(struct sl_store *store, struct sl_err *err)
{
	struct sl_pending counts = sl_pending_make(sizeof(struct count), 16);
	enum sl_rc rc = count_messages(store, &counts, err);
	if (!rc)
		rc = count_sightings(store, &counts, err);
	if (!rc)
		rc = put_counts(store, &counts, err);
	sl_pending_free(&counts);
	return rc;
}
