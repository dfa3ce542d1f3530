/* SPDX-License-Identifier: Apache-2.0 */
#include "db.h"

#include <errno.h>
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
	size_t page_size;
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
	char key[SL_DB_KEY_MAX];
};

static enum sl_rc damaged(
	const struct sl_db *db, const char *what, const char *why, struct sl_err *err)
{
	return sl_err_set(err, SL_EXIT_IOERR, "store %s is damaged (%s: %s)", db->path, what, why);
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
	dprintf(STDERR_FILENO, "spamloom: store %s is damaged (%s)\n", db->path, what);
	_exit(SL_EXIT_IOERR);
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
		rc = mdb_env_open(db->env, db->path, flags, FILE_MODE);
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
			"store %s is damaged (its file is %llu bytes shorter than its header says)",
			db->path, (unsigned long long)missing);
	if (db->writing && ftruncate(fd, (off_t)want))
		return sl_err_errno(err, SL_EXIT_IOERR, "store %s: cannot extend", db->path);
	return SL_OK;
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
	rc = mdb_env_stat(db->env, &stat);
	if (!rc)
		rc = mdb_reader_check(db->env, &dead);
	if (rc)
		return fail(db, rc, "open", err);
	db->page_size = stat.ms_psize;
	return fill_slack(db, SLACK_PAGES * db->page_size, err);
}

enum sl_rc sl_db_open(const char *path, bool writing, struct sl_db **db_r, struct sl_err *err)
{
	struct sl_db *db = sl_calloc(1, sizeof(*db));
	size_t n = strlen(path) + 1;
	db->path = memcpy(sl_malloc(n), path, n);
	db->writing = writing;
	*db_r = db;
	enum sl_rc rc = open_env(db, err);
	if (rc)
		sl_db_close(db_r);
	return rc;
}

void sl_db_close(struct sl_db **db)
{
	if (!*db)
		return;
	if ((*db)->env)
		mdb_env_close((*db)->env);
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
	int rc = mdb_txn_begin(db->env, NULL, writing ? 0 : MDB_RDONLY, &txn->txn);
	if (rc) {
		free(txn);
		return fail(db, rc, "begin", err);
	}
	*txn_r = txn;
	return SL_OK;
}

enum sl_rc sl_txn_commit(struct sl_txn **txn, struct sl_err *err)
{
	struct sl_db *db = (*txn)->db;
	bool writing = (*txn)->writing;
	int rc = mdb_txn_commit((*txn)->txn);
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
	mdb_txn_abort((*txn)->txn);
	free(*txn);
	*txn = NULL;
}

enum sl_rc sl_txn_open_table(
	struct sl_txn *txn, unsigned table, const char *name, bool create, struct sl_err *err)
{
	struct sl_db *db = txn->db;
	sl_assert(table < SL_DB_TABLES_MAX);
	int rc = mdb_dbi_open(txn->txn, name, create ? MDB_CREATE : 0, &db->tables[table]);
	if (rc == MDB_NOTFOUND)
		return SL_END;
	if (rc)
		return fail(db, rc, name, err);
	db->open[table] = true;
	return SL_OK;
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
	int rc = mdb_get(txn->txn, dbi_of(txn, table), &k, &v);
	if (rc == MDB_NOTFOUND)
		return SL_END;
	if (rc)
		return fail(txn->db, rc, "get", err);
	*value_r = to_span(v);
	return SL_OK;
}

enum sl_rc sl_txn_put(struct sl_txn *txn, unsigned table, struct sl_span key, struct sl_span value,
	struct sl_err *err)
{
	MDB_val k = to_val(key), v = to_val(value);
	sl_assert(key_fits(key) && txn->writing);
	int rc = mdb_put(txn->txn, dbi_of(txn, table), &k, &v, 0);
	return rc ? fail(txn->db, rc, "put", err) : SL_OK;
}

enum sl_rc sl_txn_put_new(struct sl_txn *txn, unsigned table, struct sl_span key,
	struct sl_span value, struct sl_span *old_r, struct sl_err *err)
{
	MDB_val k = to_val(key), v = to_val(value);
	sl_assert(key_fits(key) && txn->writing);
	int rc = mdb_put(txn->txn, dbi_of(txn, table), &k, &v, MDB_NOOVERWRITE);
	*old_r = rc == MDB_KEYEXIST ? to_span(v) : SL_SPAN_NULL;
	if (rc == MDB_KEYEXIST)
		return SL_END;
	return rc ? fail(txn->db, rc, "put", err) : SL_OK;
}

enum sl_rc sl_txn_delete(struct sl_txn *txn, unsigned table, struct sl_span key, struct sl_err *err)
{
	MDB_val k = to_val(key);
	sl_assert(key_fits(key) && txn->writing);
	int rc = mdb_del(txn->txn, dbi_of(txn, table), &k, NULL);
	if (rc == MDB_NOTFOUND)
		return SL_END;
	return rc ? fail(txn->db, rc, "delete", err) : SL_OK;
}

enum sl_rc sl_txn_clear(struct sl_txn *txn, unsigned table, struct sl_err *err)
{
	sl_assert(txn->writing);
	int rc = mdb_drop(txn->txn, dbi_of(txn, table), 0);
	return rc ? fail(txn->db, rc, "clear", err) : SL_OK;
}

struct sl_table_size sl_txn_table_size(struct sl_txn *txn, unsigned table)
{
	MDB_stat stat = { 0 };
	int rc = mdb_stat(txn->txn, dbi_of(txn, table), &stat);
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
	int rc = mdb_cursor_open(txn->txn, dbi_of(txn, table), &cursor->cursor);
	if (rc) {
		free(cursor);
		return fail(txn->db, rc, "cursor", err);
	}
	cursor->db = txn->db;
	if (from.n)
		memcpy(cursor->key, from.p, from.n);
	cursor->from = (MDB_val){ .mv_size = from.n, .mv_data = cursor->key };
	*cursor_r = cursor;
	return SL_OK;
}

void sl_cursor_close(struct sl_cursor **cursor)
{
	if (!*cursor)
		return;
	mdb_cursor_close((*cursor)->cursor);
	free(*cursor);
	*cursor = NULL;
}

static enum sl_rc cursor_move(struct sl_cursor *cursor, MDB_cursor_op op, struct sl_span *key_r,
	struct sl_span *value_r, struct sl_err *err)
{
	MDB_val k = cursor->from, v = { 0, NULL };
	int rc = mdb_cursor_get(cursor->cursor, &k, &v, op);
	*key_r = *value_r = SL_SPAN_NULL;
	if (rc == MDB_NOTFOUND)
		return SL_END;
	if (rc)
		return fail(cursor->db, rc, "walk", err);
	*key_r = to_span(k);
	*value_r = to_span(v);
	return SL_OK;
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
