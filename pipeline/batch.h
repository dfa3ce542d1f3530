/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h - raw messages on their way from a reader to a worker and to the committer.
 *
 * A batch is at most SL_BATCH_MESSAGES messages in one slab of memory with one owner at a time; a
 * queue push hands it over. Slabs lie in one nameless file of shared memory, which worker cells see
 * read-only and at the same address. A message above the slab size gets a range of its own behind
 * the slabs, given back to the system after use. The pool gives each reader a fixed quota of
 * batches: that, and not the queue, is what bounds memory. Behind the ranges lie the windows of the
 * cells (cell.h), one each.
 */
#ifndef SL_BATCH_H
#define SL_BATCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "slab.h"

/* The results of one message and of the mails inside it: at most FLOOR + FACTOR bytes for each of
 * its own, and never more than MOST. */
enum { SL_RESULTS_FLOOR = 256 * 1024, SL_RESULTS_FACTOR = 24, SL_RESULTS_MOST = 20 << 20 };
/* Bytes of decoded results that a batch holds at most (results.h). */
enum { SL_BATCH_DECODED = 8 << 20 };

struct sl_raw {
	uint32_t archive;     /* number of the archive in this run's plan */
	uint64_t seq;         /* number of the message in its archive, from 0 */
	struct sl_span entry; /* in the batch's arena */
	uint64_t ordinal, offset, length;
	int64_t from_time, member_time;
	struct sl_span bytes; /* the raw message, in the slab or in the reader's large range */
	bool cut;             /* the message limit was hit */
	bool named;           /* the next two are there */
	struct sl_id id, key; /* hashes of the bytes, as in struct sl_message */
};

/* Fill in id and key, unless they are there. Costs two hashes of the message. */
void sl_raw_name(struct sl_raw *raw, const struct sl_secret *secret);

/* It rides in a batch, so that it is committed by the same thread, in the same transactions, as the
 * messages. */
struct sl_note {
	enum sl_note_kind kind;
	uint32_t archive;
	uint64_t seq;                         /* messages of the archive before it */
	struct sl_span entry, reason, detail; /* in the batch's arena; empty for END */
	uint64_t offset;
};

/* A message that ended a cell, twice; its result is what the byte scanner found. */
struct sl_crash {
	uint32_t index;              /* in the batch */
	struct sl_span cause, stage; /* in the batch's arena */
};

struct sl_item;

struct sl_batch {
	struct sl_pool *pool;
	unsigned reader; /* whose quota it is */
	uint64_t serial; /* among the batches of this reader, in the order they were handed on */
	struct sl_slab *slab;
	size_t size; /* of slab->bytes */
	struct sl_raw raws[SL_BATCH_MESSAGES];
	size_t n;
	bool has_range;         /* holds the reader's large range */
	struct sl_arena *arena; /* entry names, notes, results */
	struct sl_note *notes;
	size_t n_notes, room_notes;
	uint32_t slab_notes; /* how many of them came out of the slab's table */
	struct sl_crash *crashes;
	size_t n_crashes, room_crashes;
	struct sl_buf results;    /* of a mill in this process: encoded, one behind the other */
	struct sl_item *items;    /* results that were looked at, by message (results.h) */
	struct sl_arena *decoded; /* what they point to */
	size_t n_items, room_items;
	struct sl_batch *next_free;
};

struct sl_pool;

struct sl_pool_sizes {
	unsigned readers, quota; /* batches of each reader */
	size_t slab, message;    /* bytes: of a slab, and of the largest message */
	unsigned windows;        /* 0: no cells */
	size_t window;
};

/* Reserve the memory; pages are taken as they are written. Exit 70: there is no such memory. */
enum sl_rc sl_pool_new(const struct sl_pool_sizes *sizes, struct sl_pool **pool_r,
	struct sl_err *err) SL_MUST_CHECK;
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

/* Copy what the filler counted in since the last call, as messages and notes of `archive`. Every
 * number is checked; `seq_r` is the least seq that the next message may have, and is moved on.
 * False: the table is malformed; what was good before is kept. */
bool sl_batch_accept(struct sl_batch *batch, uint32_t archive, uint64_t *seq_r) SL_MUST_CHECK;
/* The filler died: forget what it began, so that another one can go on in the slab. */
void sl_batch_repair(struct sl_batch *batch);
/* Take the reader's large range for the message that outgrew the slab, waiting until it is free.
 * False after an abort. The batch takes no further message. */
bool sl_batch_enlarge(struct sl_batch *batch) SL_MUST_CHECK;

/* ---- the memory, for cells ---- */

/* Positions count from here; the same address in every process. */
char *sl_pool_base(const struct sl_pool *pool);
uint32_t sl_batch_number(const struct sl_batch *batch);
/* By number, without a batch: in a cell. */
struct sl_slab *sl_pool_slab(const struct sl_pool *pool, uint32_t number);
char *sl_pool_range(const struct sl_pool *pool, unsigned reader);
void *sl_pool_window(const struct sl_pool *pool, unsigned window);
/* Give back the pages of a window beyond `keep` bytes. */
void sl_pool_trim_window(const struct sl_pool *pool, unsigned window, size_t keep);
const struct sl_pool_sizes *sl_pool_sizes(const struct sl_pool *pool);
/* In the zygote: the whole becomes read-only, windows nobody's. Then, in a cell, what it may
 * write: its window, and for a reader its slabs and its range. When the cell has closed its
 * descriptors, nothing more can be made writable. */
void sl_pool_close(struct sl_pool *pool);
void sl_pool_open_window(struct sl_pool *pool, unsigned window);
void sl_pool_open_slabs(struct sl_pool *pool, unsigned reader);
int sl_pool_descriptor(const struct sl_pool *pool);

#endif
