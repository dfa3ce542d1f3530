/* SPDX-License-Identifier: Apache-2.0 */
/* faces.h - what copies of a lure have in common, kept once.
 *
 * A trap gets the same lure many times: most of what a header says is the same each time. That part
 * of a message's record (codec.h) is a row of table faces, whose key is the seeded hash of its
 * bytes, so equal parts are one row and nobody can make another of the same key. Rows of messages
 * name it. A face that no message names any more goes with the message that was the last
 * (removal.c). Internal to storage/.
 */
#ifndef SL_FACES_H
#define SL_FACES_H

#include "rows.h"

enum { SL_FACES_MET = 4096 };

/* Keys of faces that were put in this run and are there: a cache, 64 KB. */
struct sl_faces_met {
	struct sl_id *slots; /* owned; NULL: none */
};

void sl_faces_clear(struct sl_faces_met *met);

/* Put the encoded face, unless it is there. `key_r`: its key. */
struct sl_id sl_face_key(const struct sl_store *store, struct sl_span face);
enum sl_rc sl_face_put(struct sl_store *store, const struct sl_id *key, struct sl_span face,
	struct sl_err *err) SL_MUST_CHECK;
/* Put the row of a message whose record did not come as encoded bytes, and its face. */
enum sl_rc sl_face_put_message(
	struct sl_store *store, const struct sl_message_row *row, struct sl_err *err) SL_MUST_CHECK;

/* Put the face into a row as sl_row_decode() gave it. What is read points into the map, or into the
 * arena when it is to be `kept` over writes. SL_END: it is not there, or cannot be read. */
enum sl_rc sl_face_read(struct sl_txn *txn, struct sl_message_row *row, struct sl_arena *arena,
	bool kept, struct sl_err *err) SL_MUST_CHECK;

#endif
