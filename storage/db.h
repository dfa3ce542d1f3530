/* SPDX-License-Identifier: Apache-2.0 */
/* db.h - the only door to LMDB: an ordered map of bytes, in numbered tables, with transactions.
 *
 * Default sync mode: a commit that returned is on the disk. Never MDB_WRITEMAP (a full disk would
 * be a signal). LMDB has no page checksums: a damaged page may be a signal and not an error; what
 * can be told (header pages, a file that is too short, page types, keys out of order) is told,
 * values are sealed in rows.h, signals are caught in guard.h. A store must not be open twice in one
 * process. Internal to storage/.
 */
#ifndef SL_DB_H
#define SL_DB_H

#include "pipeline/base/err.h"

struct sl_db;
struct sl_txn;
struct sl_cursor;

enum { SL_DB_TABLES_MAX = 32, SL_DB_KEY_MAX = 511 };

/* Open the environment in the folder `path`; its files are made when `writing`. */
enum sl_rc sl_db_open(
	const char *path, bool writing, struct sl_db **db_r, struct sl_err *err) SL_MUST_CHECK;
void sl_db_close(struct sl_db **db);
/* Say that the store is damaged and end the process with exit 74, as the guard does (guard.h). */
_Noreturn void sl_db_end_damaged(const struct sl_db *db);

/* Many readers at once, any thread; one writer. Begin gives NULL in *txn_r on failure. */
enum sl_rc sl_txn_begin(
	struct sl_db *db, bool writing, struct sl_txn **txn_r, struct sl_err *err) SL_MUST_CHECK;
/* The transaction is gone after both; sets the pointer NULL. */
enum sl_rc sl_txn_commit(struct sl_txn **txn, struct sl_err *err) SL_MUST_CHECK;
void sl_txn_abort(struct sl_txn **txn);
/* How many transactions were committed before it. */
uint64_t sl_txn_snapshot(const struct sl_txn *txn);
/* Are the pages of the snapshot where they belong (pages.h)? Nothing may be written yet. `rows`:
 * leaves, and the rows in them, too. */
enum sl_rc sl_txn_verify(struct sl_txn *txn, bool rows, struct sl_err *err) SL_MUST_CHECK;
/* The file, and how many transactions are committed; false: it cannot be told. */
bool sl_db_file(const struct sl_db *db, int *fd_r, uint64_t *commits_r);

/* Give table number `table` a name for the life of the environment (once the transaction is
 * committed). SL_END: there is no such table and `create` is false. */
enum sl_rc sl_txn_open_table(struct sl_txn *txn, unsigned table, const char *name, bool create,
	struct sl_err *err) SL_MUST_CHECK;

/* Was the table there, or made, when it was opened? */
bool sl_txn_has_table(const struct sl_txn *txn, unsigned table);

/* Values point into the map until the next write of the transaction, or its end. */
/* SL_END: not there. */
enum sl_rc sl_txn_get(struct sl_txn *txn, unsigned table, struct sl_span key,
	struct sl_span *value_r, struct sl_err *err) SL_MUST_CHECK;
enum sl_rc sl_txn_put(struct sl_txn *txn, unsigned table, struct sl_span key, struct sl_span value,
	struct sl_err *err) SL_MUST_CHECK;
/* SL_END: the key is there already, nothing was done; *old_r is its value. */
enum sl_rc sl_txn_put_new(struct sl_txn *txn, unsigned table, struct sl_span key,
	struct sl_span value, struct sl_span *old_r, struct sl_err *err) SL_MUST_CHECK;
/* The pair of the largest key that is not behind `key`, and the key that follows that one, empty
 * when there is none. SL_END: no such pair; then *next_r is the first key of all. */
enum sl_rc sl_txn_get_floor(struct sl_txn *txn, unsigned table, struct sl_span key,
	struct sl_span *key_r, struct sl_span *value_r, struct sl_span *next_r,
	struct sl_err *err) SL_MUST_CHECK;
/* SL_END: was not there. */
enum sl_rc sl_txn_delete(
	struct sl_txn *txn, unsigned table, struct sl_span key, struct sl_err *err) SL_MUST_CHECK;
/* Empty the table. */
enum sl_rc sl_txn_clear(struct sl_txn *txn, unsigned table, struct sl_err *err) SL_MUST_CHECK;

struct sl_table_size {
	uint64_t rows, pages; /* pages: without those of large values */
	unsigned depth;
	size_t page_size;
};
struct sl_table_size sl_txn_table_size(struct sl_txn *txn, unsigned table);

/* A cursor stands before the first key at or behind `from` (the empty span: before all). Close it
 * before the transaction ends. */
enum sl_rc sl_cursor_open(struct sl_txn *txn, unsigned table, struct sl_span from,
	struct sl_cursor **cursor_r, struct sl_err *err) SL_MUST_CHECK;
void sl_cursor_close(struct sl_cursor **cursor);
/* The pair before `from`, which is not empty; SL_END: none. Before the first sl_cursor_next(). */
enum sl_rc sl_cursor_before(struct sl_cursor *cursor, struct sl_span *key_r,
	struct sl_span *value_r, struct sl_err *err) SL_MUST_CHECK;
/* The next pair in key order; SL_END behind the last. */
enum sl_rc sl_cursor_next(struct sl_cursor *cursor, struct sl_span *key_r, struct sl_span *value_r,
	struct sl_err *err) SL_MUST_CHECK;
/* Last pair of the table; SL_END when it is empty. */
enum sl_rc sl_txn_last(struct sl_txn *txn, unsigned table, struct sl_span *key_r,
	struct sl_span *value_r, struct sl_err *err) SL_MUST_CHECK;

#endif
