/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - one reader of the engine: the thread that has an archive in hand. Private to
 * pipeline/: reader.c, and reader_cell.c, which has the archive walked in a cell. */
#ifndef SL_READER_H
#define SL_READER_H

#include "driver.h"
#include "proof.h"

struct sl_reader {
	struct sl_engine *engine;
	unsigned number;
	struct sl_batch *batch;  /* in hand */
	struct sl_batch *next;   /* taken by the filler while it still has the other one */
	struct sl_driver driver; /* of its cell; unused in threads */
	struct sl_walked walked; /* in threads; a cell has it in its window */
	struct sl_hasher *hasher;
	struct sl_proof proof;      /* of the file in hand */
	char *chunk;                /* of the file being hashed: too large for a thread's stack */
	struct sl_arena *row_arena; /* of the archive row at hand */
	struct sl_archive_row row;
	struct sl_input *input;
	int fd;            /* of the input */
	uint64_t reported; /* bytes of it that the progress line knows of */
	uint32_t index;
	uint64_t seq;   /* the least that the next message may have */
	uint64_t notes; /* taken over, of this archive */
	bool changed;   /* the walk met bytes that are not those of the proof, and said so */
	struct sl_err err;
};

bool sl_reader_should_stop(struct sl_reader *r);
/* Take over what the filler has finished so far. False: its table is malformed. */
bool sl_reader_accept(struct sl_reader *r) SL_MUST_CHECK;
/* Hand the batch in hand to the workers. False: aborted. */
bool sl_reader_push(struct sl_reader *r);
/* An empty batch, in hand or as the next one. NULL: aborted. */
struct sl_batch *sl_reader_take(struct sl_reader *r);
/* A note of the engine's own, while no filler is at work. SL_END: aborted. */
enum sl_rc sl_reader_note(struct sl_reader *r, enum sl_note_kind kind, const char *reason,
	struct sl_span detail, uint64_t offset);
/* Messages of the archive that are done already. */
size_t sl_reader_done_ranges(const struct sl_reader *r, struct sl_fill_range *ranges, size_t room);
/* What a walk counted becomes the input's. */
void sl_reader_keep_totals(struct sl_reader *r, const struct sl_walked *walked);
/* Walk the input at hand in the reader's cell. SL_END: stopped. SL_SKIP: the input cannot be read
 * on. SL_FATAL: the run cannot go on. */
enum sl_rc sl_reader_walk_in_cell(struct sl_reader *r) SL_MUST_CHECK;

#endif
