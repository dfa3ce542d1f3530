/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h - raw messages on their way from a reader to a worker and to the committer.
 *
 * A batch is at most SL_BATCH_MESSAGES messages in one slab of memory with one owner at a time; a
 * queue push hands it over. Slabs lie in one reserved range of shared memory, so that a cell forked
 * later sees the same bytes (docs/ARCHITECTURE.md). A message above the slab size gets a range of
 * its own behind the slabs, given back to the system after use. The pool gives each reader a fixed
 * quota of batches: that, and not the queue, is what bounds memory.
 */
#ifndef SL_BATCH_H
#define SL_BATCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"

enum { SL_BATCH_MESSAGES = 64 };
/* The results of one message and of the mails inside it: at most FLOOR + FACTOR bytes for each of
 * its own, and never more than MOST. */
enum { SL_RESULTS_FLOOR = 256 * 1024, SL_RESULTS_FACTOR = 24, SL_RESULTS_MOST = 20 << 20 };

struct sl_raw {
	uint32_t archive;     /* number of the archive in this run's plan */
	uint64_t seq;         /* number of the message in its archive, from 0 */
	struct sl_span entry; /* in the batch's arena */
	uint64_t ordinal, offset, length;
	int64_t from_time, member_time;
	struct sl_span bytes; /* the raw message, in the slab or in the reader's large range */
	bool cut;             /* the message limit was hit */
};

/* What happened in an archive beside messages. It rides in a batch, so that it is committed by the
 * same thread, in the same transactions, as the messages. */
enum sl_note_kind { SL_NOTE_REJECT, SL_NOTE_END };

struct sl_note {
	enum sl_note_kind kind;
	uint32_t archive;
	struct sl_span entry, reason, detail; /* REJECT; in the batch's arena */
	uint64_t offset;
};

struct sl_batch {
	struct sl_pool *pool;
	unsigned reader; /* whose quota it is */
	char *slab;
	size_t size, used;
	struct sl_raw raws[SL_BATCH_MESSAGES];
	size_t n;
	bool has_range;         /* holds the reader's large range */
	struct sl_arena *arena; /* entry names and notes */
	struct sl_note *notes;
	size_t n_notes, room_notes;
	struct sl_buf results; /* encoded struct sl_result, one behind the other */
	struct sl_batch *next_free;
};

struct sl_pool;

/* Reserve `readers` x `quota` slabs of `slab_size` bytes, and one range of `message_max` bytes a
 * reader; pages are taken as they are written. */
struct sl_pool *sl_pool_new(unsigned readers, unsigned quota, size_t slab_size, size_t message_max);
/* Asserts that every batch came home. Sets the pointer NULL. */
void sl_pool_free(struct sl_pool **pool);
/* An empty batch out of the reader's quota; waits for one. NULL after sl_pool_abort(). */
struct sl_batch *sl_pool_take(struct sl_pool *pool, unsigned reader) SL_MUST_CHECK;
/* Back to the quota it came from; wakes the reader. */
void sl_batch_home(struct sl_batch *batch);
void sl_pool_abort(struct sl_pool *pool);
/* The most bytes of results of a batch: of the messages in its slab, and of one that lies in the
 * large range. Terms of the printed bound; that the mill keeps them is argued in mill.c. */
size_t sl_batch_results_most(size_t slab_size);

/* The message that begins at `from` in the slab and has `have` bytes there outgrew the slab: move
 * it into the reader's large range, waiting until that is free. `room_r` is the size of the range.
 * NULL after an abort. The batch takes no further message. */
char *sl_batch_enlarge(struct sl_batch *batch, const char *from, size_t have, size_t *room_r);

#endif
