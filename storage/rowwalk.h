/* SPDX-License-Identifier: Apache-2.0 */
/* rowwalk.h - walk a table inside the write transaction while rows of it, or of others, are
 * changed.
 *
 * No cursor of LMDB is open while something is written: after a write the walk finds its place
 * again behind the row that it gave last (about 1 us). Internal to storage/.
 */
#ifndef SL_ROWWALK_H
#define SL_ROWWALK_H

#include "store_inner.h"

struct sl_walk {
	struct sl_store *store;
	unsigned table;
	struct sl_cursor *cursor; /* owned; NULL after a write */
	struct sl_key key;        /* of the row that was given last */
	struct sl_arena *arena;   /* owned; what that row points to */
};

struct sl_walk sl_walk_make(struct sl_store *store, unsigned table);
void sl_walk_end(struct sl_walk *walk);
/* SL_END behind the last row. A row that cannot be read is a damaged store. */
enum sl_rc sl_walk_next(struct sl_walk *walk, void *row_r, struct sl_err *err) SL_MUST_CHECK;
/* Call it before anything is written. */
void sl_walk_touch(struct sl_walk *walk);
/* Delete the row that was given last. */
enum sl_rc sl_walk_delete(struct sl_walk *walk, struct sl_err *err) SL_MUST_CHECK;
/* Write the row that was given last anew. */
enum sl_rc sl_walk_put(struct sl_walk *walk, const void *row, struct sl_err *err) SL_MUST_CHECK;

#endif
