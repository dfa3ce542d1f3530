/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp.h"
#include "store_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct sl_span schema_key = { "schema", sizeof("schema") - 1 };
static const struct sl_span identity_key = { "identity", sizeof("identity") - 1 };

enum { PATH_ROOM = 4096, FOLDER_MODE = 0700, FILE_MODE = 0600 };

/* ---- lock ---- */

/* The number is only for the message; it may be gone already. */
static enum sl_rc held_by_other(const struct sl_store *store, int fd, struct sl_err *err)
{
	char text[32];
	uint64_t pid;
	ssize_t n = pread(fd, text, sizeof(text), 0);
	struct sl_span line = sl_span_trim(sl_span_of(text, n > 0 ? (size_t)n : 0));
	if (!sl_span_u64(line, &pid))
		return sl_err_set(err, SL_EXIT_LOCKED,
			"store %s is in use by another process, try later", store->path);
	return sl_err_set(err, SL_EXIT_LOCKED, "store %s is in use by process %llu, try later",
		store->path, (unsigned long long)pid);
}

/* flock() dies with the process, so a lock is never stale. */
static enum sl_rc take_lock(struct sl_store *store, struct sl_err *err)
{
	char path[PATH_ROOM];
	int n = snprintf(path, sizeof(path), "%s/lock", store->path);
	if (n < 0 || (size_t)n >= sizeof(path))
		return sl_err_set(err, SL_EXIT_CANTCREAT, "store path is too long");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0)
		return sl_err_errno(err, SL_EXIT_CANTCREAT, "cannot open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		enum sl_rc rc = errno == EWOULDBLOCK
					? held_by_other(store, fd, err)
					: sl_err_errno(err, SL_EXIT_IOERR, "cannot lock %s", path);
		close(fd);
		return rc;
	}
	store->lock = fd;
	if (ftruncate(fd, 0) || dprintf(fd, "%ld\n", (long)getpid()) < 0)
		return sl_err_errno(err, SL_EXIT_IOERR, "cannot write %s", path);
	return SL_OK;
}

/* ---- open ---- */

static enum sl_rc make_folder(const struct sl_store *store, struct sl_err *err)
{
	if (mkdir(store->path, FOLDER_MODE) == 0)
		return SL_OK;
	struct stat st;
	if (errno == EEXIST && stat(store->path, &st) == 0 && S_ISDIR(st.st_mode))
		return SL_OK;
	return sl_err_errno(err, SL_EXIT_CANTCREAT, "cannot make store %s", store->path);
}

static enum sl_rc no_store(const struct sl_store *store, struct sl_err *err)
{
	return sl_err_set(err, SL_EXIT_NOINPUT, "there is no store in %s", store->path);
}

static enum sl_rc must_exist(const struct sl_store *store, struct sl_err *err)
{
	char path[PATH_ROOM];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/data.mdb", store->path);
	if (n < 0 || (size_t)n >= sizeof(path) || stat(path, &st) || st.st_size == 0)
		return no_store(store, err);
	return SL_OK;
}

/* SL_END: the store is new. */
static enum sl_rc check_schema(struct sl_store *store, struct sl_txn *txn, struct sl_err *err)
{
	struct sl_span value;
	uint64_t schema;
	enum sl_rc rc = sl_txn_get(txn, SL_TABLE_META, schema_key, &value, err);
	if (rc)
		return rc;
	if (!sl_key_take_u64(&value, &schema) || value.n || schema == 0)
		return sl_store_damaged(store, SL_TABLE_META, err);
	if (schema > SL_STORE_SCHEMA)
		return sl_err_set(err, SL_EXIT_IOERR,
			"store %s has schema %llu, this program knows schemas up to %d: a newer "
			"spamloom wrote it",
			store->path, (unsigned long long)schema, SL_STORE_SCHEMA);
	store->schema = (unsigned)schema;
	return SL_OK;
}

static enum sl_rc read_identity(struct sl_store *store, struct sl_txn *txn, struct sl_err *err)
{
	struct sl_span value;
	struct sl_identity_row identity;
	enum sl_rc rc = sl_txn_get(txn, SL_TABLE_META, identity_key, &value, err);
	if (rc == SL_FATAL)
		return rc;
	if (rc || !sl_row_decode(SL_TABLE_META, identity_key, value, NULL, &identity))
		return sl_store_damaged(store, SL_TABLE_META, err);
	store->secret = identity.secret;
	return SL_OK;
}

/* Rows of older schemas can be read, so the number is all that changes. */
static enum sl_rc write_schema(struct sl_store *store, struct sl_txn *txn, struct sl_err *err)
{
	struct sl_key schema = sl_key_of_u64(SL_STORE_SCHEMA);
	store->schema = SL_STORE_SCHEMA;
	return sl_txn_put(txn, SL_TABLE_META, schema_key, sl_key_span(&schema), err);
}

static enum sl_rc write_identity(struct sl_store *store, struct sl_txn *txn, struct sl_err *err)
{
	struct sl_identity_row identity = { .created = sl_clock_now() };
	sl_random_bytes(identity.secret.b, sizeof(identity.secret.b));
	sl_row_encode(SL_TABLE_META, identity_key, &identity, &store->value);
	enum sl_rc rc =
		sl_txn_put(txn, SL_TABLE_META, identity_key, sl_buf_span(&store->value), err);
	return rc ? rc : write_schema(store, txn, err);
}

static unsigned first_schema_of(unsigned table)
{
	return table == SL_TABLE_FACES ? 3 : table > SL_TABLE_META ? 2 : 1;
}

/* The schema is looked at before any table is touched. */
static enum sl_rc open_tables(struct sl_store *store, struct sl_txn *txn, struct sl_err *err)
{
	enum sl_rc rc = sl_txn_open_table(
		txn, SL_TABLE_META, sl_table_name(SL_TABLE_META), store->writable, err);
	if (!rc)
		rc = check_schema(store, txn, err);
	/* the first commit of a store writes its schema */
	if (rc == SL_END && sl_txn_snapshot(txn) > 0)
		return sl_store_damaged(store, SL_TABLE_META, err);
	if (rc == SL_END)
		rc = store->writable ? write_identity(store, txn, err) : no_store(store, err);
	for (unsigned table = 0; !rc && table < SL_TABLES_ALL; table++) {
		if (table == SL_TABLE_META)
			continue;
		rc = sl_txn_open_table(txn, table, sl_table_name(table), store->writable, err);
		if (rc == SL_END && store->schema < first_schema_of(table))
			rc = SL_OK;
		else if (rc == SL_END)
			rc = sl_store_damaged(store, table, err);
	}
	if (!rc && store->writable && store->schema < SL_STORE_SCHEMA)
		rc = write_schema(store, txn, err);
	return rc ? rc : read_identity(store, txn, err);
}

/* All rows are looked at unless the file is the one that a writer left behind. */
static enum sl_rc verify(struct sl_store *store, struct sl_txn *txn, struct sl_err *err)
{
	struct sl_stamp stamp;
	int64_t now = sl_clock_now();
	uint64_t commits;
	int fd;
	bool same = sl_stamp_read(store->path, &stamp) && sl_db_file(store->db, &fd, &commits) &&
		    sl_stamp_fits(&stamp, fd, commits, now);
	enum sl_rc rc = sl_txn_verify(txn, !same, err);
	if (!rc)
		store->checked = same ? stamp.checked : now;
	return rc;
}

static void leave_stamp(const struct sl_store *store)
{
	uint64_t commits;
	int fd;
	if (store->writable && store->checked && sl_db_file(store->db, &fd, &commits))
		sl_stamp_write(store->path, fd, commits, store->checked);
}

static enum sl_rc open_inner(struct sl_store *store, struct sl_err *err)
{
	struct sl_txn *txn;
	enum sl_rc rc = store->writable ? make_folder(store, err) : must_exist(store, err);
	if (!rc && store->writable)
		rc = take_lock(store, err);
	if (!rc)
		rc = sl_db_open(store->path, store->writable, &store->db, err);
	if (!rc)
		rc = sl_txn_begin(store->db, store->writable, &txn, err);
	if (rc)
		return rc;
	rc = verify(store, txn, err);
	if (!rc)
		rc = open_tables(store, txn, err);
	if (!rc)
		return sl_txn_commit(&txn, err);
	sl_txn_abort(&txn);
	return rc;
}

enum sl_rc sl_store_open(
	const char *path, enum sl_store_mode mode, struct sl_store **store_r, struct sl_err *err)
{
	struct sl_store *store = sl_calloc(1, sizeof(*store));
	size_t n = strlen(path) + 1;
	store->path = memcpy(sl_malloc(n), path, n);
	store->lock = -1;
	store->writable = mode == SL_STORE_WRITE;
	store->value = sl_buf_make(INT_MAX);
	store->record = sl_buf_make(INT_MAX);
	store->work = sl_arena_new(0);
	sl_derived_init(&store->derived, &store->secret);
	store->derived.met = &store->indicators_met;
	*store_r = store;
	enum sl_rc rc = open_inner(store, err);
	if (rc)
		sl_store_close(store_r);
	return rc;
}

void sl_store_close(struct sl_store **store)
{
	struct sl_store *s = *store;
	if (!s)
		return;
	sl_store_abort(s);
	leave_stamp(s);
	sl_db_close(&s->db);
	/* the lock goes last: nobody else may be in while the map is open */
	if (s->lock >= 0)
		close(s->lock);
	sl_buf_free(&s->value);
	sl_buf_free(&s->record);
	sl_arena_free(&s->work);
	sl_derived_free(&s->derived);
	free(s->done);
	free(s->path);
	free(s);
	*store = NULL;
}

const struct sl_secret *sl_store_secret(const struct sl_store *store)
{
	return &store->secret;
}

/* ---- transactions ---- */

/* What was put in a transaction that failed is not there. */
static void forget_put(struct sl_store *store)
{
	sl_familiar_clear(&store->familiar);
	sl_indicators_forget(&store->indicators_met);
	sl_faces_clear(&store->faces);
}

static void forget_gathered(struct sl_store *store)
{
	sl_derived_reset(&store->derived);
	store->n_done = 0;
	store->failed = false;
}

enum sl_rc sl_store_begin(struct sl_store *store, struct sl_err *err)
{
	if (store->held && store->txn)
		return SL_OK;
	sl_assert(store->writable && store->txn == NULL);
	enum sl_rc rc = sl_txn_begin(store->db, true, &store->txn, err);
	if (rc)
		return rc;
	memset(store->load, 0, sizeof(store->load));
	store->round_known = false;
	for (unsigned table = 0; table < SL_TABLES_ALL; table++)
		store->load[table].size = sl_txn_table_size(store->txn, table);
	return SL_OK;
}

enum sl_rc sl_store_commit(struct sl_store *store, struct sl_err *err)
{
	sl_assert(store->txn != NULL);
	enum sl_rc rc = sl_store_flush(store, err);
	if (store->failed) {
		*err = store->why;
		rc = SL_FATAL;
	}
	if (rc == SL_OK && store->held)
		return SL_OK;
	if (rc) {
		sl_store_abort(store);
		return rc;
	}
	sl_assert(sl_store_is_flushed(store));
	rc = sl_txn_commit(&store->txn, err);
	if (rc)
		forget_put(store);
	return rc;
}

void sl_store_hold(struct sl_store *store)
{
	sl_assert(store->writable && store->txn == NULL && !store->held);
	store->held = true;
}

enum sl_rc sl_store_release(struct sl_store *store, struct sl_err *err)
{
	sl_assert(store->held);
	store->held = false;
	return store->txn ? sl_store_commit(store, err) : SL_OK;
}

void sl_store_abort(struct sl_store *store)
{
	store->held = false;
	forget_put(store);
	sl_txn_abort(&store->txn);
	forget_gathered(store);
}

/* A put into a tree of random keys dirties its leaf and the way to it, but no table can have more
 * dirty pages than it had pages, and those that new bytes fill (half full, after splits). */
static size_t table_dirty(const struct sl_load *load)
{
	uint64_t touched = load->puts * (load->size.depth ? load->size.depth : 1);
	if (touched > load->size.pages + 1)
		touched = load->size.pages + 1;
	return load->puts ? (size_t)(touched * load->size.page_size + load->bytes * 2) : 0;
}

size_t sl_store_dirty(const struct sl_store *store)
{
	enum { KEY_AND_HEAD = 64 };
	const struct sl_derived *d = &store->derived;
	size_t dirty = 0;
	for (unsigned table = 0; table < SL_TABLES_ALL; table++) {
		struct sl_load load = store->load[table];
		size_t gathered = 0;
		if (table == SL_TABLE_VARIANTS)
			gathered = (d->variants.n + d->faces.n) * 2 * KEY_AND_HEAD;
		else if (table == SL_TABLE_USES)
			gathered = (d->uses.n + d->n_face_uses) * KEY_AND_HEAD;
		else if (table == SL_TABLE_INDICATORS)
			gathered = d->indicators.n * KEY_AND_HEAD + sl_arena_used(d->arena);
		load.puts += gathered / KEY_AND_HEAD;
		load.bytes += gathered;
		dirty += table_dirty(&load);
	}
	return dirty;
}

/* ---- rows ---- */

enum sl_rc sl_store_damaged(const struct sl_store *store, unsigned table, struct sl_err *err)
{
	return sl_err_set(err, SL_EXIT_IOERR,
		"the store %s is damaged (table %s cannot be read); run: spamloom check -s %s",
		store->path, sl_table_name(table), store->path);
}

enum sl_rc sl_store_note(struct sl_store *store, enum sl_rc rc, const struct sl_err *err)
{
	if (rc == SL_FATAL && !store->failed) {
		store->failed = true;
		store->why = *err;
	}
	return rc;
}

enum sl_rc sl_store_get_face(struct sl_store *store, struct sl_message_row *row,
	struct sl_arena *arena, struct sl_err *err)
{
	enum sl_rc rc = sl_face_read(store->txn, row, arena, true, err);
	if (rc == SL_END)
		rc = sl_store_damaged(store, SL_TABLE_FACES, err);
	return sl_store_note(store, rc, err);
}

enum sl_rc sl_store_get(struct sl_store *store, unsigned table, const struct sl_key *key,
	struct sl_arena *arena, void *row_r, struct sl_err *err)
{
	struct sl_span value;
	sl_assert(store->txn != NULL);
	enum sl_rc rc = sl_txn_get(store->txn, table, sl_key_span(key), &value, err);
	if (rc)
		return sl_store_note(store, rc, err);
	value = sl_arena_copy(arena, value);
	if (!sl_row_decode(table, sl_key_span(key), value, arena, row_r))
		return sl_store_note(store, sl_store_damaged(store, table, err), err);
	return table == SL_TABLE_MESSAGES ? sl_store_get_face(store, row_r, arena, err) : SL_OK;
}

static struct sl_span encode(
	struct sl_store *store, unsigned table, const struct sl_key *key, const void *row)
{
	sl_row_encode(table, sl_key_span(key), row, &store->value);
	sl_assert(!store->value.overflow);
	return sl_buf_span(&store->value);
}

static void count_load(
	struct sl_store *store, unsigned table, const struct sl_key *key, struct sl_span value)
{
	enum { HEAD = 16 };
	store->load[table].puts++;
	store->load[table].bytes += key->n + value.n + HEAD;
}

static enum sl_rc put(struct sl_store *store, unsigned table, const struct sl_key *key,
	struct sl_span value, struct sl_err *err)
{
	sl_assert(store->txn != NULL);
	count_load(store, table, key, value);
	enum sl_rc rc = sl_txn_put(store->txn, table, sl_key_span(key), value, err);
	return sl_store_note(store, rc, err);
}

static enum sl_rc put_new(struct sl_store *store, unsigned table, const struct sl_key *key,
	struct sl_span value, struct sl_span *old_r, struct sl_err *err)
{
	sl_assert(store->txn != NULL);
	enum sl_rc rc = sl_txn_put_new(store->txn, table, sl_key_span(key), value, old_r, err);
	if (rc == SL_OK)
		count_load(store, table, key, value);
	return sl_store_note(store, rc, err);
}

enum sl_rc sl_store_put(struct sl_store *store, unsigned table, const struct sl_key *key,
	const void *row, struct sl_err *err)
{
	return put(store, table, key, encode(store, table, key, row), err);
}

enum sl_rc sl_store_put_new(struct sl_store *store, unsigned table, const struct sl_key *key,
	const void *row, struct sl_span *old_r, struct sl_err *err)
{
	return put_new(store, table, key, encode(store, table, key, row), old_r, err);
}

static struct sl_span seal(struct sl_store *store, unsigned table, const struct sl_key *key)
{
	sl_row_seal(table, sl_key_span(key), &store->value);
	sl_assert(!store->value.overflow);
	return sl_buf_span(&store->value);
}

enum sl_rc sl_store_put_value(
	struct sl_store *store, unsigned table, const struct sl_key *key, struct sl_err *err)
{
	return put(store, table, key, seal(store, table, key), err);
}

enum sl_rc sl_store_put_new_value(struct sl_store *store, unsigned table, const struct sl_key *key,
	struct sl_span *old_r, struct sl_err *err)
{
	return put_new(store, table, key, seal(store, table, key), old_r, err);
}

enum sl_rc sl_store_delete(
	struct sl_store *store, unsigned table, const struct sl_key *key, struct sl_err *err)
{
	sl_assert(store->txn != NULL);
	store->load[table].puts++;
	enum sl_rc rc = sl_txn_delete(store->txn, table, sl_key_span(key), err);
	return sl_store_note(store, rc == SL_END ? SL_OK : rc, err);
}
