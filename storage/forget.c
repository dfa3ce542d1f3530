/* SPDX-License-Identifier: Apache-2.0 */
#include "mend.h"
#include "removal.h"
#include "sightwalk.h"
#include "undo.h"

/* What is taken out: a night, or an archive when the serial is 0. */
struct forget {
	struct sl_store *store;
	uint64_t night;
	struct sl_id archive;
	uint64_t touched_from, touched_to; /* nights that lose something of the archive */
	struct sl_removal removal;
	struct sl_forgotten *out;
};

static bool is_doomed(void *arg, const struct sl_sighting_row *row)
{
	const struct forget *f = arg;
	if (f->night)
		return row->night == f->night;
	return sl_id_eq(&row->origin.archive, &f->archive);
}

/* ---- archives, files, rejects ---- */

/* An archive that keeps places from other nights is read again when it comes again. */
static enum sl_rc forget_archive_row(
	struct forget *f, struct sl_walk *walk, struct sl_archive_row *row, struct sl_err *err)
{
	const struct sl_removal_archive *seen = sl_pending_find(&f->removal.archives, &row->key);
	bool left = seen && seen->left;
	bool mine = f->night ? row->name_night == f->night : sl_id_eq(&row->key, &f->archive);
	if (mine && !left) {
		f->out->archives++;
		enum sl_rc rc = sl_walk_delete(walk, err);
		struct sl_key key = sl_key_of_id(&row->key);
		return rc ? rc : sl_store_delete(f->store, SL_TABLE_REDO, &key, err);
	}
	if (!mine && !(seen && seen->lost))
		return SL_OK;
	row->done = NULL;
	row->n_done = 0;
	row->complete = false;
	row->crashed = row->in_a_row = 0;
	row->set_aside = false;
	row->source_version = row->parse_version = 0;
	return sl_walk_put(walk, row, err);
}

static enum sl_rc forget_archives(struct forget *f, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(f->store, SL_TABLE_ARCHIVES);
	struct sl_archive_row row;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err)))
		if ((rc = forget_archive_row(f, &walk, &row, err)))
			break;
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc has_archive(
	struct forget *f, const struct sl_id *id, bool *has_r, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(id);
	struct sl_span value;
	enum sl_rc rc =
		sl_txn_get(f->store->txn, SL_TABLE_ARCHIVES, sl_key_span(&key), &value, err);
	*has_r = rc == SL_OK;
	return sl_store_note(f->store, rc == SL_END ? SL_OK : rc, err);
}

static enum sl_rc forget_files(struct forget *f, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(f->store, SL_TABLE_FILES);
	struct sl_file_row row;
	bool has;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err))) {
		rc = has_archive(f, &row.archive, &has, err);
		if (!rc && !has)
			rc = sl_walk_delete(&walk, err);
		if (rc)
			break;
	}
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc forget_rejects(struct forget *f, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(f->store, SL_TABLE_REJECTS);
	struct sl_reject_row row;
	bool has;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err))) {
		rc = has_archive(f, &row.archive, &has, err);
		if (!rc && (!has || (f->night && row.night == f->night))) {
			f->out->rejects++;
			rc = sl_walk_delete(&walk, err);
		}
		if (rc)
			break;
	}
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

/* ---- campaigns ---- */

/* Variants that the night brought were given their campaigns by it. */
static enum sl_rc unassign(struct forget *f, uint64_t night, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(f->store, SL_TABLE_VARIANTS);
	struct sl_variant_row row;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err))) {
		if (!row.assigned || row.night < night)
			continue;
		row.assigned = false;
		if ((rc = sl_walk_put(&walk, &row, err)))
			break;
	}
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc undo_campaigns(struct forget *f, uint64_t night, struct sl_err *err)
{
	uint64_t before = sl_txn_table_size(f->store->txn, SL_TABLE_CAMPAIGNS).rows;
	enum sl_rc rc = unassign(f, night, err);
	if (!rc)
		rc = sl_undo_apply(f->store, night, err);
	uint64_t now = sl_txn_table_size(f->store->txn, SL_TABLE_CAMPAIGNS).rows;
	f->out->campaigns = before > now ? before - now : 0;
	return rc;
}

static enum sl_rc rebuild(struct forget *f, struct sl_err *err)
{
	bool lost = false;
	enum sl_rc rc = sl_store_rebuild_here(f->store, &lost, err);
	if (!rc && lost)
		rc = sl_store_note(
			f->store, sl_store_damaged(f->store, SL_TABLE_MESSAGES, err), err);
	return rc;
}

/* ---- nights ---- */

/* Sightings of nights were counted again: what is left to ask for are archives without any. */
static enum sl_rc night_is_empty(
	struct forget *f, const struct sl_night_row *night, bool *empty_r, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(f->store, SL_TABLE_ARCHIVES);
	struct sl_archive_row row;
	bool any = night->messages || night->sightings;
	enum sl_rc rc = SL_OK;
	while (!any && !(rc = sl_walk_next(&walk, &row, err)))
		any = row.name_night == night->serial;
	sl_walk_end(&walk);
	*empty_r = !any;
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc drop_night(struct forget *f, uint64_t night, struct sl_err *err)
{
	struct sl_key key = sl_key_of_u64(night);
	struct sl_key sizes = { .n = 0 };
	sl_key_add(&sizes, SL_SPAN("feeds")); /* see feedsizes.c */
	sl_key_add_u64(&sizes, night);
	enum sl_rc rc = sl_store_delete(f->store, SL_TABLE_NIGHTS, &key, err);
	if (!rc)
		rc = sl_store_delete(f->store, SL_TABLE_META, &sizes, err);
	return rc ? rc : sl_undo_drop(f->store, night, night, err);
}

/* ---- all of it ---- */

static enum sl_rc begin_forget(struct forget *f, struct sl_store *store,
	struct sl_forgotten *forgotten_r, struct sl_err *err)
{
	*forgotten_r = (struct sl_forgotten){ 0 };
	f->store = store;
	f->out = forgotten_r;
	sl_removal_init(&f->removal, store);
	f->removal.doomed = is_doomed;
	f->removal.arg = f;
	return sl_store_settle_here(store, err);
}

static enum sl_rc remove_rows(struct forget *f, struct sl_err *err)
{
	enum sl_rc rc = sl_removal_run(&f->removal, err);
	f->out->sightings = f->removal.sightings;
	f->out->messages = f->removal.messages;
	if (!rc)
		rc = forget_archives(f, err);
	if (!rc)
		rc = forget_files(f, err);
	return rc ? rc : forget_rejects(f, err);
}

/* `exact`: the night whose campaigns are put back, or 0. */
static enum sl_rc remove_all(struct forget *f, uint64_t exact, struct sl_err *err)
{
	enum sl_rc rc = exact ? undo_campaigns(f, exact, err) : SL_OK;
	f->out->exact = exact != 0;
	if (!rc)
		rc = remove_rows(f, err);
	if (!rc)
		rc = rebuild(f, err);
	if (!rc && !exact)
		rc = sl_store_mend_campaigns(f->store, NULL, &f->out->campaigns, err);
	if (!rc && !exact)
		rc = sl_undo_drop(f->store, 0, UINT64_MAX, err);
	if (!rc)
		rc = sl_store_recount_nights(f->store, err);
	return rc;
}

enum sl_rc sl_store_forget_night(struct sl_store *store, uint64_t serial,
	struct sl_forgotten *forgotten_r, struct sl_err *err)
{
	struct forget f = { .night = serial };
	struct sl_key key = sl_key_of_u64(serial);
	struct sl_span value;
	bool whole = false;
	sl_assert(serial > 0 && store->txn != NULL);
	enum sl_rc rc = sl_txn_get(store->txn, SL_TABLE_NIGHTS, sl_key_span(&key), &value, err);
	if (rc)
		return sl_store_note(store, rc, err);
	rc = begin_forget(&f, store, forgotten_r, err);
	if (!rc)
		rc = sl_undo_is_whole(store, serial, &whole, err);
	if (!rc)
		rc = remove_all(&f, whole ? serial : 0, err);
	if (!rc)
		rc = drop_night(&f, serial, err);
	sl_removal_free(&f.removal);
	return rc;
}

/* The nights in which places of the archive were seen, and the one in which it came. */
static enum sl_rc find_nights(
	struct forget *f, const struct sl_archive_row *archive, struct sl_err *err)
{
	struct sl_sightwalk sights = sl_sightwalk_make(f->store);
	struct sl_sighting_row row;
	enum sl_rc rc;
	f->touched_from = archive->name_night ? archive->name_night : UINT64_MAX;
	f->touched_to = archive->name_night;
	while (!(rc = sl_sightwalk_next(&sights, &row, err))) {
		if (!is_doomed(f, &row))
			continue;
		f->touched_from = row.night < f->touched_from ? row.night : f->touched_from;
		f->touched_to = row.night > f->touched_to ? row.night : f->touched_to;
	}
	sl_sightwalk_end(&sights);
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc drop_empty_nights(struct forget *f, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(f->store, SL_TABLE_NIGHTS);
	struct sl_night_row row;
	bool empty;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err))) {
		if (row.serial < f->touched_from || row.serial > f->touched_to)
			continue;
		rc = night_is_empty(f, &row, &empty, err);
		sl_walk_touch(&walk);
		if (!rc && empty)
			rc = drop_night(f, row.serial, err);
		else if (!rc && f->out->exact)
			f->out->unassigned = row.serial;
		if (rc)
			break;
	}
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

enum sl_rc sl_store_forget_archive(struct sl_store *store, const struct sl_id *archive,
	struct sl_forgotten *forgotten_r, struct sl_err *err)
{
	struct forget f = { .archive = *archive };
	struct sl_key key = sl_key_of_id(archive);
	struct sl_archive_row row;
	bool whole = false;
	sl_assert(store->txn != NULL);
	sl_arena_reset(store->work);
	enum sl_rc rc = sl_store_get(store, SL_TABLE_ARCHIVES, &key, store->work, &row, err);
	if (rc)
		return rc;
	rc = begin_forget(&f, store, forgotten_r, err);
	if (!rc)
		rc = find_nights(&f, &row, err);
	if (!rc && f.touched_from == f.touched_to)
		rc = sl_undo_is_whole(store, f.touched_to, &whole, err);
	if (!rc)
		rc = remove_all(&f, whole ? f.touched_to : 0, err);
	if (!rc)
		rc = drop_empty_nights(&f, err);
	sl_removal_free(&f.removal);
	return rc;
}
