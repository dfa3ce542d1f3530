/* SPDX-License-Identifier: Apache-2.0 */
/* undo.h - how the last night can be taken back to the byte.
 *
 * Campaigns cannot be derived: they are what nights made of one another. So each night keeps what
 * the rows of campaigns and lineage that it changed were before it: table "undo", by night, table
 * and key. A night whose own row is among them can be undone while it is the last one. Kept for
 * SL_UNDO_NIGHTS nights; dropped when something else than a run changes campaigns. Internal to
 * storage/.
 */
#ifndef SL_UNDO_H
#define SL_UNDO_H

#include "store_inner.h"

enum { SL_UNDO_NIGHTS = 14 };

/* Keep the row as it is now, or that it is not there, unless the last night did so before. Call it
 * before the write. */
enum sl_rc sl_undo_keep(struct sl_store *store, unsigned table, const struct sl_key *key,
	struct sl_err *err) SL_MUST_CHECK;
/* A night begins: keep that it was not there, and drop what is older than SL_UNDO_NIGHTS. */
enum sl_rc sl_undo_begin(struct sl_store *store, uint64_t night, struct sl_err *err) SL_MUST_CHECK;
enum sl_rc sl_undo_is_whole(
	struct sl_store *store, uint64_t night, bool *whole_r, struct sl_err *err) SL_MUST_CHECK;
/* Put back what the night changed of campaigns and lineage. */
enum sl_rc sl_undo_apply(struct sl_store *store, uint64_t night, struct sl_err *err) SL_MUST_CHECK;
/* Drop what is kept of nights `from` .. `to`. */
enum sl_rc sl_undo_drop(
	struct sl_store *store, uint64_t from, uint64_t to, struct sl_err *err) SL_MUST_CHECK;

#endif
