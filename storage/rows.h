/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - rows of every table to sealed values and back.
 *
 * A value is the row's fields without those that its key holds, and 4 bytes of XXH3 over table, key
 * and fields: LMDB has no checksums of pages, and a row that was hit by a bad disk must read as
 * damaged and never as other numbers. Internal to storage/.
 */
#ifndef SL_ROWS_H
#define SL_ROWS_H

#include "keys.h"

/* Rows of the tables that store.h does not name. */
struct sl_file_row {
	struct sl_file_stamp stamp;
	struct sl_id archive;
};

struct sl_lookup_row {
	enum sl_kind kind;
	struct sl_span name, value, edition;
	struct sl_answer answer;
};

/* What copies of a lure have in common: see codec.h and faces.h. */
struct sl_face_row {
	struct sl_id key;
	struct sl_message message; /* the fields of its face */
};

/* Uses of one variant as they lie in a row: uses.h. */
struct sl_use_chunk {
	struct sl_id variant, from;
	struct sl_use_row *uses;
	size_t n;
};

/* The row "identity" of table meta. */
struct sl_identity_row {
	struct sl_secret secret;
	int64_t created;
};

/* What a row of campaigns or variants was before the campaigns of a night were made. */
struct sl_undo_row {
	uint64_t night;
	unsigned table;
	struct sl_span key, value; /* point into what was decoded; the value has its seal */
	bool existed;
};

/* What is left to do behind archives that were read again: see settle.c. */
enum sl_redo_kind {
	SL_REDO_ARCHIVE, /* places that it was not met at again are to go */
	SL_REDO_MESSAGE  /* its record was replaced */
};

struct sl_redo_row {
	struct sl_id id; /* of archive or message */
	enum sl_redo_kind kind;
	struct sl_id variant, content, face; /* that the message had; no face in schema 2 */
};

size_t sl_row_size(unsigned table);
/* Replace what is in `to` by the value of `row` (of the table's row type). */
void sl_row_encode(unsigned table, struct sl_span key, const void *row, struct sl_buf *to);
/* Seal fields that were encoded otherwise. */
void sl_row_seal(unsigned table, struct sl_span key, struct sl_buf *fields);
/* The fields of a value whose seal is sound. */
bool sl_row_open(
	unsigned table, struct sl_span key, struct sl_span value, struct sl_span *fields_r);
/* False: the seal is broken, or the bytes are no such row, or belong to another key. Of a message
 * the row has no face: sl_face_read(). `arena` may be NULL for variants, members, indicators,
 * sightings, nights, rejects and files. */
bool sl_row_decode(unsigned table, struct sl_span key, struct sl_span value, struct sl_arena *arena,
	void *row_r);

#endif
