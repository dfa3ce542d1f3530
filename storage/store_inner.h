/* SPDX-License-Identifier: Apache-2.0 */
/* store_inner.h - the inside of a store, for the files of storage/ and their tests.
 *
 * In a write transaction rows of primary tables and members are put at once; what messages add up
 * to (derive.h) and the done ranges gather in memory and are merged in key order by
 * sl_store_flush(): at commit, or as soon as somebody looks. The first error of a transaction
 * sticks: its commit fails.
 */
#ifndef SL_STORE_INNER_H
#define SL_STORE_INNER_H

#include "derive.h"
#include "faces.h"

struct sl_done {
	struct sl_id archive;
	uint64_t seq;
};

/* What one transaction put into one table. */
struct sl_load {
	uint64_t puts, bytes;
	struct sl_table_size size; /* at its begin */
};

struct sl_store {
	char *path; /* owned */
	int lock;   /* -1 when not held */
	bool writable;
	unsigned schema; /* of the store as it was opened */
	struct sl_db *db;
	int64_t checked; /* when all of its rows were looked at; 0: not yet */
	struct sl_secret secret;
	struct sl_txn *txn; /* of the writer, NULL outside */
	bool held;          /* commits wait: sl_store_hold() */
	bool failed;
	struct sl_err why; /* when failed */
	struct sl_load load[SL_TABLES_ALL];
	struct sl_buf value;   /* of the row that was put last */
	struct sl_buf record;  /* of the message that is put, encoded */
	struct sl_arena *work; /* of one call */
	struct sl_derived derived;
	struct sl_familiar_set familiar;
	struct sl_indicators_met indicators_met;
	struct sl_faces_met faces;
	bool meets; /* the last message that was put was known: the next may be, too */
	/* How often the archive of the last result was reopened. */
	bool round_known;
	struct sl_id round_of;
	uint32_t round;
	struct sl_done *done; /* owned */
	size_t n_done, room_done;
};

struct sl_view {
	struct sl_store *store;
	struct sl_txn *txn; /* owned unless writing */
	bool writing;
	bool lenient; /* of a check: damage is counted */
	uint64_t damage;
	struct sl_arena *scratch; /* of one call */
};

/* Put the face into a row of a message. It must be there. */
enum sl_rc sl_store_get_face(struct sl_store *store, struct sl_message_row *row,
	struct sl_arena *arena, struct sl_err *err) SL_MUST_CHECK;
/* Rows in the write transaction, messages with their faces. SL_END: not there. A row that is there
 * and cannot be decoded is a damaged store. What is read points into the arena, not into the map.
 */
enum sl_rc sl_store_get(struct sl_store *store, unsigned table, const struct sl_key *key,
	struct sl_arena *arena, void *row_r, struct sl_err *err) SL_MUST_CHECK;
enum sl_rc sl_store_put(struct sl_store *store, unsigned table, const struct sl_key *key,
	const void *row, struct sl_err *err) SL_MUST_CHECK;
/* The same for a row whose fields are encoded already, but for the seal, in store->value. */
enum sl_rc sl_store_put_value(struct sl_store *store, unsigned table, const struct sl_key *key,
	struct sl_err *err) SL_MUST_CHECK;
enum sl_rc sl_store_put_new_value(struct sl_store *store, unsigned table, const struct sl_key *key,
	struct sl_span *old_r, struct sl_err *err) SL_MUST_CHECK;
/* SL_END: there was one, it was left alone; *old_r is its value, until the next write. */
enum sl_rc sl_store_put_new(struct sl_store *store, unsigned table, const struct sl_key *key,
	const void *row, struct sl_span *old_r, struct sl_err *err) SL_MUST_CHECK;
/* Also when it is not there. */
enum sl_rc sl_store_delete(struct sl_store *store, unsigned table, const struct sl_key *key,
	struct sl_err *err) SL_MUST_CHECK;
enum sl_rc sl_store_damaged(
	const struct sl_store *store, unsigned table, struct sl_err *err) SL_MUST_CHECK;
/* Remember the first fatal error of the transaction; returns `rc`. */
enum sl_rc sl_store_note(struct sl_store *store, enum sl_rc rc, const struct sl_err *err);

/* Merge what gathered in memory into the tables (flush.c). */
enum sl_rc sl_store_flush_done(struct sl_store *store, struct sl_err *err) SL_MUST_CHECK;
bool sl_store_is_flushed(const struct sl_store *store);
enum sl_rc sl_store_flush(struct sl_store *store, struct sl_err *err) SL_MUST_CHECK;
/* The work of sl_store_settle() inside the open transaction (settle.c). */
enum sl_rc sl_store_settle_here(struct sl_store *store, struct sl_err *err) SL_MUST_CHECK;
/* The work of sl_store_rebuild() inside the open transaction; `lost_r`: a row could not be read. */
enum sl_rc sl_store_rebuild_here(
	struct sl_store *store, bool *lost_r, struct sl_err *err) SL_MUST_CHECK;

#endif
