/* SPDX-License-Identifier: Apache-2.0 */
#include "mend.h"
#include "removal.h"
#include "rowwalk.h"
#include "undo.h"

/* Reading an archive again replaces the records of its messages at once, but what they add up to
 * cannot be corrected piece by piece: a minimum does not know the second smallest. So each replaced
 * message leaves a row in table "redo", and each reopened archive one, in the same transactions;
 * and when the reading is over, everything is added up anew. A killed run leaves these rows to the
 * next one. */

struct settle {
	struct sl_store *store;
	struct sl_removal removal;
	struct sl_pending archives; /* struct swept */
	struct sl_pending messages; /* keys of those that were replaced */
	struct sl_pending heirs;    /* struct heir */
	struct sl_pending moved;    /* struct sl_moved */
};

/* An archive that was read again to its end. */
struct swept {
	struct sl_id key;
	uint32_t round;
};

/* A variant that messages moved to, and the assignment it gets of those they came from. */
struct heir {
	struct sl_id key;
	struct sl_variant_row best;
};

static bool is_doomed(void *arg, const struct sl_sighting_row *row)
{
	struct settle *s = arg;
	const struct swept *swept = sl_pending_find(&s->archives, &row->origin.archive);
	return swept && row->round < swept->round;
}

static bool is_changed(void *arg, const struct sl_id *message)
{
	struct settle *s = arg;
	return sl_pending_find(&s->messages, message) != NULL;
}

/* ---- what is to be done ---- */

static enum sl_rc read_archive(struct settle *s, const struct sl_id *id, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(id);
	struct sl_archive_row row;
	bool fresh;
	sl_arena_reset(s->store->work);
	enum sl_rc rc = sl_store_get(s->store, SL_TABLE_ARCHIVES, &key, s->store->work, &row, err);
	if (rc == SL_OK && row.complete) {
		struct swept *swept = sl_pending_add(&s->archives, id, &fresh);
		swept->round = row.round;
	}
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc read_redo(struct settle *s, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(s->store, SL_TABLE_REDO);
	struct sl_redo_row row;
	bool fresh;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err))) {
		if (row.kind == SL_REDO_ARCHIVE) {
			rc = read_archive(s, &row.id, err);
		} else {
			sl_pending_add(&s->messages, &row.id, &fresh);
			sl_removal_suspect(&s->removal, &row.content, &row.face);
		}
		if (rc)
			break;
	}
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

/* ---- variants that are other ones now ---- */

/* The smallest by what is printed: not by keys, whose order is the store's secret. */
static bool better(const struct sl_variant_row *a, const struct sl_variant_row *b)
{
	int order = strcmp(a->campaign.text, b->campaign.text);
	if (order == 0 && a->evidence != b->evidence)
		order = a->evidence < b->evidence ? -1 : 1;
	return order ? order < 0 : a->score > b->score;
}

static enum sl_rc get_variant(
	struct settle *s, const struct sl_id *id, struct sl_variant_row *row_r, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(id);
	sl_arena_reset(s->store->work);
	enum sl_rc rc = sl_store_get(s->store, SL_TABLE_VARIANTS, &key, s->store->work, row_r, err);
	if (rc == SL_END)
		*row_r = (struct sl_variant_row){ .key = *id };
	return rc == SL_END ? SL_OK : rc;
}

static void note_move(struct settle *s, const struct sl_id *from, const struct sl_message *m)
{
	bool fresh;
	struct sl_moved *moved = sl_pending_add(&s->moved, from, &fresh);
	if (fresh || sl_id_cmp(&m->id, &moved->message) < 0) {
		moved->message = m->id;
		moved->to = m->variant;
	}
}

static enum sl_rc look_at_message(
	struct settle *s, const struct sl_redo_row *redo, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(&redo->id);
	struct sl_message_row row;
	struct sl_variant_row from, to;
	bool fresh;
	sl_arena_reset(s->store->work);
	enum sl_rc rc = sl_store_get(s->store, SL_TABLE_MESSAGES, &key, s->store->work, &row, err);
	if (rc || sl_id_eq(&row.message.variant, &redo->variant))
		return rc == SL_END ? SL_OK : rc;
	struct sl_id target = row.message.variant;
	note_move(s, &redo->variant, &row.message);
	rc = get_variant(s, &redo->variant, &from, err);
	if (!rc)
		rc = get_variant(s, &target, &to, err);
	if (rc || !from.assigned || to.assigned)
		return rc;
	struct heir *heir = sl_pending_add(&s->heirs, &target, &fresh);
	if (fresh || better(&from, &heir->best))
		heir->best = from;
	return SL_OK;
}

/* Nothing is written yet, so it does not matter in which order they are looked at. */
static enum sl_rc find_heirs(struct settle *s, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(s->store, SL_TABLE_REDO);
	struct sl_redo_row row;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err)))
		if (row.kind == SL_REDO_MESSAGE && (rc = look_at_message(s, &row, err)))
			break;
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

/* A mail keeps its campaign when its text is read otherwise. */
static enum sl_rc put_heirs(struct settle *s, struct sl_err *err)
{
	enum sl_rc rc = SL_OK;
	for (size_t i = 0; !rc && i < s->heirs.n; i++) {
		const struct heir *heir = sl_pending_at(&s->heirs, i);
		struct sl_key key = sl_key_of_id(&heir->key);
		struct sl_variant_row row;
		rc = get_variant(s, &heir->key, &row, err);
		row.assigned = true;
		row.campaign = heir->best.campaign;
		row.evidence = heir->best.evidence;
		row.score = heir->best.score;
		if (!rc)
			rc = sl_store_put(s->store, SL_TABLE_VARIANTS, &key, &row, err);
	}
	return rc;
}

/* ---- the end of it ---- */

/* What waits for an archive that is not finished yet stays. */
static enum sl_rc drop_redo(struct settle *s, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(s->store, SL_TABLE_REDO);
	struct sl_redo_row row;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err))) {
		if (row.kind == SL_REDO_ARCHIVE && !sl_pending_find(&s->archives, &row.id))
			continue;
		if ((rc = sl_walk_delete(&walk, err)))
			break;
	}
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc settle_all(struct settle *s, struct sl_err *err)
{
	bool lost = false;
	uint64_t gone;
	enum sl_rc rc = sl_removal_run(&s->removal, err);
	if (!rc)
		rc = find_heirs(s, err);
	if (!rc)
		rc = put_heirs(s, err);
	if (!rc)
		rc = sl_store_rebuild_here(s->store, &lost, err);
	if (!rc && lost)
		rc = sl_store_note(
			s->store, sl_store_damaged(s->store, SL_TABLE_MESSAGES, err), err);
	if (!rc)
		rc = sl_store_mend_campaigns(s->store, &s->moved, &gone, err);
	if (!rc)
		rc = sl_store_recount_nights(s->store, err);
	if (!rc)
		rc = sl_undo_drop(s->store, 0, UINT64_MAX, err);
	return rc ? rc : drop_redo(s, err);
}

enum sl_rc sl_store_settle_here(struct sl_store *store, struct sl_err *err)
{
	struct settle s = { .store = store,
		.archives = sl_pending_make(sizeof(struct swept), 16),
		.messages = sl_pending_make(sizeof(struct sl_id), 16),
		.heirs = sl_pending_make(sizeof(struct heir), 16),
		.moved = sl_pending_make(sizeof(struct sl_moved), 16) };
	sl_assert(store->txn != NULL);
	if (sl_txn_table_size(store->txn, SL_TABLE_REDO).rows == 0)
		return SL_OK;
	sl_removal_init(&s.removal, store);
	s.removal.doomed = is_doomed;
	s.removal.changed = is_changed;
	s.removal.arg = &s;
	enum sl_rc rc = sl_store_flush(store, err);
	if (!rc)
		rc = read_redo(&s, err);
	if (!rc && (s.archives.n || s.messages.n))
		rc = settle_all(&s, err);
	sl_removal_free(&s.removal);
	sl_pending_free(&s.archives);
	sl_pending_free(&s.messages);
	sl_pending_free(&s.heirs);
	sl_pending_free(&s.moved);
	return rc;
}

enum sl_rc sl_store_settle(struct sl_store *store, struct sl_err *err)
{
	enum sl_rc rc = sl_store_begin(store, err);
	if (rc)
		return rc;
	/* most runs have nothing to settle and must not pay for a commit */
	bool idle = sl_txn_table_size(store->txn, SL_TABLE_REDO).rows == 0;
	if (!idle)
		rc = sl_store_settle_here(store, err);
	if (rc || (idle && !store->held)) {
		sl_store_abort(store);
		return rc;
	}
	return sl_store_commit(store, err);
}
