/* SPDX-License-Identifier: Apache-2.0 */
#include "db.h"

#include "dbfile.h"
#include "guard.h"
#include "pages.h"

#include "pipeline/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* 1 TiB of address space, less where the system refuses (RLIMIT_AS, valgrind). */
static const size_t MAP_SIZE = (size_t)1 << 40;
static const size_t MAP_SIZE_MIN = (size_t)1 << 32;
enum { READERS = 512, FILE_MODE = 0600 };
/* Pages at the end that the header counts and the file may lack in good health: a transaction can
 * end in pages that it took and gave back without writing them. A commit fills them, so only a kill
 * in between leaves some. */
enum { SLACK_PAGES = 256 };

struct sl_db {
	MDB_env *env;
	char *path;
	bool writing;
	size_t guard;
	char *line; /* owned; what is said when a page is damaged */
	size_t page_size;
	struct sl_pages pages;
	MDB_dbi tables[SL_DB_TABLES_MAX];
	bool open[SL_DB_TABLES_MAX];
};

struct sl_txn {
	struct sl_db *db;
	MDB_txn *txn;
	bool writing;
};

struct sl_cursor {
	struct sl_db *db;
	MDB_cursor *cursor;
	MDB_val from;
	bool started;
	char key[SL_DB_KEY_MAX]; /* where it starts, then that of the last pair */
	size_t n_key;
};

/* Marks a thread that is inside LMDB: see guard.h. */
static void enter(void)
{
	sl_guard_depth++;
}

static int leave(int rc)
{
	sl_guard_depth--;
	return rc;
}

#define GUARDED(call) leave((enter(), (call)))

static enum sl_rc damaged(
	const struct sl_db *db, const char *what, const char *why, struct sl_err *err)
{
	return sl_err_set(err, SL_EXIT_IOERR,
		"the store %s is damaged (%s: %s); run: spamloom check -s %s", db->path, what, why,
		db->path);
}

/* What an error of LMDB or of the system means to the person on duty. */
static enum sl_rc fail(struct sl_db *db, int rc, const char *what, struct sl_err *err)
{
	int dead = 0;
	switch (rc) {
	case MDB_VERSION_MISMATCH:
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INCOMPATIBLE:
	case MDB_PANIC:
	case MDB_BAD_TXN:
	case MDB_BAD_DBI:
	case MDB_BAD_VALSIZE:
	case MDB_CURSOR_FULL:
	case MDB_PAGE_FULL:
		return damaged(db, what, mdb_strerror(rc), err);
	case MDB_MAP_FULL:
		/* A dead reader pins old pages; free them for the next run. */
		mdb_reader_check(db->env, &dead);
		return sl_err_set(err, SL_EXIT_IOERR,
			"store %s is full: its map has no room left (%s); %d dead readers cleared",
			db->path, what, dead);
	case MDB_READERS_FULL:
		return sl_err_set(err, SL_EXIT_LOCKED,
			"store %s has more than %d readers, try later", db->path, READERS);
	default:
		return sl_err_set(
			err, SL_EXIT_IOERR, "store %s: %s: %s", db->path, what, mdb_strerror(rc));
	}
}

static MDB_val to_val(struct sl_span s)
{
	/* LMDB wants a non-const pointer and never writes through it. */
	union {
		const char *in;
		void *out;
	} p = { .in = s.p };
	return (MDB_val){ .mv_size = s.n, .mv_data = p.out };
}

static struct sl_span to_span(MDB_val v)
{
	return sl_span_of(v.mv_data, v.mv_size);
}

/* LMDB met a page that cannot be, and would abort. The open transaction is lost, as it should be;
 * the store is as it was committed. Nobody above could go on, so the process ends with the exit
 * code of a damaged store. */
static void end_damaged(MDB_env *env, const char *what)
{
	const struct sl_db *db = mdb_env_get_userctx(env);
	(void)what;
	sl_guard_end(db->line);
}

static int try_open(struct sl_db *db, size_t map_size)
{
	unsigned flags = MDB_NOTLS | MDB_NORDAHEAD | (db->writing ? 0 : MDB_RDONLY);
	int rc = mdb_env_create(&db->env);
	if (rc)
		return rc;
	rc = mdb_env_set_userctx(db->env, db);
	if (!rc)
		rc = mdb_env_set_assert(db->env, end_damaged);
	if (!rc)
		rc = mdb_env_set_maxdbs(db->env, SL_DB_TABLES_MAX);
	if (!rc)
		rc = mdb_env_set_maxreaders(db->env, READERS);
	if (!rc)
		rc = mdb_env_set_mapsize(db->env, map_size);
	if (!rc)
		rc = GUARDED(mdb_env_open(db->env, db->path, flags, FILE_MODE));
	if (rc) {
		mdb_env_close(db->env);
		db->env = NULL;
	}
	return rc;
}

/* How many bytes the file lacks of what its header counts. */
static enum sl_rc missing_bytes(
	struct sl_db *db, int *fd_r, uint64_t *want_r, uint64_t *missing_r, struct sl_err *err)
{
	MDB_envinfo info;
	struct stat st;
	if (mdb_env_info(db->env, &info) || mdb_env_get_fd(db->env, fd_r) || fstat(*fd_r, &st))
		return sl_err_errno(err, SL_EXIT_IOERR, "store %s: cannot stat", db->path);
	uint64_t have = (uint64_t)st.st_size;
	*want_r = ((uint64_t)info.me_last_pgno + 1) * db->page_size;
	*missing_r = have < *want_r ? *want_r - have : 0;
	return SL_OK;
}

/* LMDB would meet a page that the file lacks with SIGBUS. Slack is filled with holes, which read
 * as pages of no type: an error, not a signal. */
static enum sl_rc fill_slack(struct sl_db *db, uint64_t limit, struct sl_err *err)
{
	uint64_t want = 0, missing = 0;
	int fd = -1;
	enum sl_rc rc = missing_bytes(db, &fd, &want, &missing, err);
	if (rc || missing == 0)
		return rc;
	if (missing > limit)
		return sl_err_set(err, SL_EXIT_IOERR,
			"the store %s is damaged (its file is %llu bytes shorter than its header "
			"says); run: spamloom check -s %s",
			db->path, (unsigned long long)missing, db->path);
	if (db->writing && ftruncate(fd, (off_t)want))
		return sl_err_errno(err, SL_EXIT_IOERR, "store %s: cannot extend", db->path);
	return SL_OK;
}

static void watch(struct sl_db *db)
{
	int fd = -1;
	if (mdb_env_get_fd(db->env, &fd) == 0)
		db->guard = sl_guard_add(fd, db->line);
	db->pages.page_size = db->page_size;
	sl_guard_range(db->guard, &db->pages.map, &db->pages.size);
}

static char *make_line(const char *path)
{
	struct sl_buf line = sl_buf_make(1 << 16);
	struct sl_span name = sl_span_str(path);
	sl_buf_str(&line, "spamloom: the store ");
	sl_buf_escaped(&line, name, 300);
	sl_buf_str(&line,
		" is damaged (a page of it is not what it should be); run: spamloom check -s ");
	sl_buf_escaped(&line, name, 300);
	sl_buf_char(&line, '\n');
	char *text = memcpy(sl_malloc(line.n + 1), line.p, line.n);
	text[line.n] = '\0';
	sl_buf_free(&line);
	return text;
}

static enum sl_rc open_env(struct sl_db *db, struct sl_err *err)
{
	int rc = ENOMEM;
	for (size_t size = MAP_SIZE; size >= MAP_SIZE_MIN && (rc == ENOMEM || rc == EINVAL);
		size /= 2)
		rc = try_open(db, size);
	if (rc == EACCES || rc == EROFS || rc == EPERM)
		return sl_err_set(err, db->writing ? SL_EXIT_CANTCREAT : SL_EXIT_NOINPUT,
			"cannot open store %s: %s", db->path, mdb_strerror(rc));
	if (rc)
		return fail(db, rc, "open", err);
	MDB_stat stat;
	int dead = 0;
	rc = GUARDED(mdb_env_stat(db->env, &stat));
	if (!rc)
		rc = mdb_reader_check(db->env, &dead);
	if (rc)
		return fail(db, rc, "open", err);
	db->page_size = stat.ms_psize;
	watch(db);
	return fill_slack(db, SLACK_PAGES * db->page_size, err);
}

enum sl_rc sl_db_open(const char *path, bool writing, struct sl_db **db_r, struct sl_err *err)
{
	struct sl_db *db = sl_calloc(1, sizeof(*db));
	size_t n = strlen(path) + 1;
	db->path = memcpy(sl_malloc(n), path, n);
	db->writing = writing;
	db->guard = SIZE_MAX;
	db->line = make_line(path);
	*db_r = db;
	enum sl_rc rc = writing ? sl_dbfile_make(db->path, err) : SL_OK;
	if (!rc && writing)
		rc = sl_dbfile_reserve_lock(db->path, READERS, err);
	if (!rc)
		rc = open_env(db, err);
	if (rc)
		sl_db_close(db_r);
	return rc;
}

void sl_db_end_damaged(const struct sl_db *db)
{
	sl_guard_end(db->line);
}

void sl_db_close(struct sl_db **db)
{
	if (!*db)
		return;
	if ((*db)->env)
		mdb_env_close((*db)->env);
	sl_guard_remove((*db)->guard);
	free((*db)->line);
	free((*db)->path);
	free(*db);
	*db = NULL;
}

enum sl_rc sl_txn_begin(struct sl_db *db, bool writing, struct sl_txn **txn_r, struct sl_err *err)
{
	sl_assert(db->writing || !writing);
	struct sl_txn *txn = sl_calloc(1, sizeof(*txn));
	txn->db = db;
	txn->writing = writing;
	*txn_r = NULL;
	int rc = GUARDED(mdb_txn_begin(db->env, NULL, writing ? 0 : MDB_RDONLY, &txn->txn));
	if (rc) {
		free(txn);
		return fail(db, rc, "begin", err);
	}
	*txn_r = txn;
	return SL_OK;
}

uint64_t sl_txn_snapshot(const struct sl_txn *txn)
{
	return mdb_txn_id(txn->txn) - (txn->writing ? 1 : 0);
}

bool sl_db_file(const struct sl_db *db, int *fd_r, uint64_t *commits_r)
{
	MDB_envinfo info;
	if (mdb_env_info(db->env, &info) || mdb_env_get_fd(db->env, fd_r))
		return false;
	*commits_r = info.me_last_txnid;
	return true;
}

enum sl_rc sl_txn_verify(struct sl_txn *txn, bool rows, struct sl_err *err)
{
	struct sl_db *db = txn->db;
	const char *wrong = sl_pages_verify(
		&db->pages, sl_txn_snapshot(txn), (struct sl_pages_look){ txn->writing, rows });
	return wrong ? damaged(db, "pages", wrong, err) : SL_OK;
}

enum sl_rc sl_txn_commit(struct sl_txn **txn, struct sl_err *err)
{
	struct sl_db *db = (*txn)->db;
	bool writing = (*txn)->writing;
	int rc = GUARDED(mdb_txn_commit((*txn)->txn));
	free(*txn);
	*txn = NULL;
	if (rc)
		return fail(db, rc, "commit", err);
	return writing ? fill_slack(db, UINT64_MAX, err) : SL_OK;
}

void sl_txn_abort(struct sl_txn **txn)
{
	if (!*txn)
		return;
	enter();
	mdb_txn_abort((*txn)->txn);
	leave(0);
	free(*txn);
	*txn = NULL;
}

enum sl_rc sl_txn_open_table(
	struct sl_txn *txn, unsigned table, const char *name, bool create, struct sl_err *err)
{
	struct sl_db *db = txn->db;
	sl_assert(table < SL_DB_TABLES_MAX);
	int rc = GUARDED(mdb_dbi_open(txn->txn, name, create ? MDB_CREATE : 0, &db->tables[table]));
	if (rc == MDB_NOTFOUND)
		return SL_END;
	if (rc)
		return fail(db, rc, name, err);
	db->open[table] = true;
	return SL_OK;
}

bool sl_txn_has_table(const struct sl_txn *txn, unsigned table)
{
	sl_assert(table < SL_DB_TABLES_MAX);
	return txn->db->open[table];
}

static MDB_dbi dbi_of(const struct sl_txn *txn, unsigned table)
{
	sl_assert(table < SL_DB_TABLES_MAX && txn->db->open[table]);
	return txn->db->tables[table];
}

/* LMDB refuses empty and long keys; a prefix that nobody could have put is not there. */
static bool key_fits(struct sl_span key)
{
	return key.n > 0 && key.n <= SL_DB_KEY_MAX;
}

enum sl_rc sl_txn_get(struct sl_txn *txn, unsigned table, struct sl_span key,
	struct sl_span *value_r, struct sl_err *err)
{
	MDB_val k = to_val(key), v = { 0, NULL };
	sl_assert(txn->txn != NULL);
	*value_r = SL_SPAN_NULL;
	if (!key_fits(key))
		return SL_END;
	int rc = GUARDED(mdb_get(txn->txn, dbi_of(txn, table), &k, &v));
	if (rc == MDB_NOTFOUND)
		return SL_END;
	if (rc)
		return fail(txn->db, rc, "get", err);
	if (!sl_page_fits(&txn->db->pages, v.mv_data))
		return damaged(txn->db, "get", "a page is not the one that belongs there", err);
	*value_r = to_span(v);
	return SL_OK;
}

enum sl_rc sl_txn_put(struct sl_txn *txn, unsigned table, struct sl_span key, struct sl_span value,
	struct sl_err *err)
{
	MDB_val k = to_val(key), v = to_val(value);
	sl_assert(key_fits(key) && txn->writing);
	int rc = GUARDED(mdb_put(txn->txn, dbi_of(txn, table), &k, &v, 0));
	return rc ? fail(txn->db, rc, "put", err) : SL_OK;
}

enum sl_rc sl_txn_put_new(struct sl_txn *txn, unsigned table, struct sl_span key,
	struct sl_span value, struct sl_span *old_r, struct sl_err *err)
{
	MDB_val k = to_val(key), v = to_val(value);
	sl_assert(key_fits(key) && txn->writing);
	int rc = GUARDED(mdb_put(txn->txn, dbi_of(txn, table), &k, &v, MDB_NOOVERWRITE));
	*old_r = rc == MDB_KEYEXIST ? to_span(v) : SL_SPAN_NULL;
	if (rc == MDB_KEYEXIST)
		return SL_END;
	return rc ? fail(txn->db, rc, "put", err) : SL_OK;
}

/* Around a key: what stands behind it, and what at or before it. */
static int look_around(
	MDB_cursor *cursor, MDB_val wanted, MDB_val *key, MDB_val *value, MDB_val *next)
{
	MDB_val none = { 0, NULL };
	*key = wanted;
	*next = none;
	int rc = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (!rc && key->mv_size == wanted.mv_size &&
		memcmp(key->mv_data, wanted.mv_data, wanted.mv_size) == 0) {
		MDB_val there = none;
		rc = mdb_cursor_get(cursor, next, &there, MDB_NEXT);
		return rc == MDB_NOTFOUND ? 0 : rc;
	}
	if (!rc)
		*next = *key;
	if (!rc || rc == MDB_NOTFOUND)
		rc = mdb_cursor_get(cursor, key, value, rc ? MDB_LAST : MDB_PREV);
	return rc;
}

enum sl_rc sl_txn_get_floor(struct sl_txn *txn, unsigned table, struct sl_span key,
	struct sl_span *key_r, struct sl_span *value_r, struct sl_span *next_r, struct sl_err *err)
{
	MDB_val k = { 0, NULL }, v = { 0, NULL }, next = { 0, NULL };
	MDB_cursor *cursor;
	sl_assert(key_fits(key));
	*key_r = *value_r = *next_r = SL_SPAN_NULL;
	int rc = GUARDED(mdb_cursor_open(txn->txn, dbi_of(txn, table), &cursor));
	if (rc)
		return fail(txn->db, rc, "cursor", err);
	rc = GUARDED(look_around(cursor, to_val(key), &k, &v, &next));
	enter();
	mdb_cursor_close(cursor);
	leave(0);
	*next_r = to_span(next);
	if (rc == MDB_NOTFOUND)
		return SL_END;
	if (rc)
		return fail(txn->db, rc, "get", err);
	if (!sl_page_fits(&txn->db->pages, k.mv_data) || !sl_page_fits(&txn->db->pages, v.mv_data))
		return damaged(txn->db, "get", "a page is not the one that belongs there", err);
	*key_r = to_span(k);
	*value_r = to_span(v);
	return SL_OK;
}

enum sl_rc sl_txn_delete(struct sl_txn *txn, unsigned table, struct sl_span key, struct sl_err *err)
{
	MDB_val k = to_val(key);
	sl_assert(key_fits(key) && txn->writing);
	int rc = GUARDED(mdb_del(txn->txn, dbi_of(txn, table), &k, NULL));
	if (rc == MDB_NOTFOUND)
		return SL_END;
	return rc ? fail(txn->db, rc, "delete", err) : SL_OK;
}

enum sl_rc sl_txn_clear(struct sl_txn *txn, unsigned table, struct sl_err *err)
{
	sl_assert(txn->writing);
	int rc = GUARDED(mdb_drop(txn->txn, dbi_of(txn, table), 0));
	return rc ? fail(txn->db, rc, "clear", err) : SL_OK;
}

struct sl_table_size sl_txn_table_size(struct sl_txn *txn, unsigned table)
{
	MDB_stat stat = { 0 };
	int rc = GUARDED(mdb_stat(txn->txn, dbi_of(txn, table), &stat));
	if (rc)
		return (struct sl_table_size){ .page_size = txn->db->page_size };
	return (struct sl_table_size){ .rows = stat.ms_entries,
		.pages = stat.ms_leaf_pages + stat.ms_branch_pages,
		.depth = stat.ms_depth,
		.page_size = stat.ms_psize };
}

enum sl_rc sl_cursor_open(struct sl_txn *txn, unsigned table, struct sl_span from,
	struct sl_cursor **cursor_r, struct sl_err *err)
{
	struct sl_cursor *cursor = sl_calloc(1, sizeof(*cursor));
	sl_assert(from.n <= sizeof(cursor->key));
	*cursor_r = NULL;
	int rc = GUARDED(mdb_cursor_open(txn->txn, dbi_of(txn, table), &cursor->cursor));
	if (rc) {
		free(cursor);
		return fail(txn->db, rc, "cursor", err);
	}
	cursor->db = txn->db;
	if (from.n)
		memcpy(cursor->key, from.p, from.n);
	cursor->n_key = from.n;
	cursor->from = (MDB_val){ .mv_size = from.n, .mv_data = cursor->key };
	*cursor_r = cursor;
	return SL_OK;
}

void sl_cursor_close(struct sl_cursor **cursor)
{
	if (!*cursor)
		return;
	enter();
	mdb_cursor_close((*cursor)->cursor);
	leave(0);
	free(*cursor);
	*cursor = NULL;
}

/* A page that stands where another one belongs gives keys out of order, and may lead round in a
 * circle. */
static enum sl_rc in_order(
	struct sl_cursor *cursor, struct sl_span key, MDB_cursor_op op, struct sl_err *err)
{
	struct sl_span last = sl_span_of(cursor->key, cursor->n_key);
	int order = sl_span_cmp(key, last);
	if (key.n > sizeof(cursor->key) || order < 0 || (order == 0 && op == MDB_NEXT))
		return damaged(cursor->db, "walk", "keys are out of order", err);
	memcpy(cursor->key, key.p, key.n);
	cursor->n_key = key.n;
	return SL_OK;
}

static enum sl_rc cursor_move(struct sl_cursor *cursor, MDB_cursor_op op, struct sl_span *key_r,
	struct sl_span *value_r, struct sl_err *err)
{
	MDB_val k = cursor->from, v = { 0, NULL };
	int rc = GUARDED(mdb_cursor_get(cursor->cursor, &k, &v, op));
	*key_r = *value_r = SL_SPAN_NULL;
	if (rc == MDB_NOTFOUND)
		return SL_END;
	if (rc)
		return fail(cursor->db, rc, "walk", err);
	if (!sl_page_fits(&cursor->db->pages, k.mv_data) ||
		!sl_page_fits(&cursor->db->pages, v.mv_data))
		return damaged(cursor->db, "walk", "a page is not the one that belongs there", err);
	*key_r = to_span(k);
	*value_r = to_span(v);
	return in_order(cursor, *key_r, op, err);
}

enum sl_rc sl_cursor_before(struct sl_cursor *cursor, struct sl_span *key_r,
	struct sl_span *value_r, struct sl_err *err)
{
	MDB_val k = cursor->from, v = { 0, NULL };
	sl_assert(!cursor->started && k.mv_size > 0);
	int rc = GUARDED(mdb_cursor_get(cursor->cursor, &k, &v, MDB_SET_RANGE));
	if (!rc || rc == MDB_NOTFOUND)
		rc = GUARDED(mdb_cursor_get(cursor->cursor, &k, &v, rc ? MDB_LAST : MDB_PREV));
	if (rc && rc != MDB_NOTFOUND)
		return fail(cursor->db, rc, "look back", err);
	*key_r = rc ? SL_SPAN_NULL : to_span(k);
	*value_r = rc ? SL_SPAN_NULL : to_span(v);
	return rc ? SL_END : SL_OK;
}

enum sl_rc sl_cursor_next(struct sl_cursor *cursor, struct sl_span *key_r, struct sl_span *value_r,
	struct sl_err *err)
{
	MDB_cursor_op op = MDB_NEXT;
	if (!cursor->started)
		op = cursor->from.mv_size ? MDB_SET_RANGE : MDB_FIRST;
	cursor->started = true;
	return cursor_move(cursor, op, key_r, value_r, err);
}

enum sl_rc sl_txn_last(struct sl_txn *txn, unsigned table, struct sl_span *key_r,
	struct sl_span *value_r, struct sl_err *err)
{
	struct sl_cursor *cursor;
	enum sl_rc rc = sl_cursor_open(txn, table, SL_SPAN_NULL, &cursor, err);
	if (rc)
		return rc;
	rc = cursor_move(cursor, MDB_LAST, key_r, value_r, err);
	sl_cursor_close(&cursor);
	return rc;
}
