/* SPDX-License-Identifier: Apache-2.0 */
/* cell.h - what the engine, the zygote and the cells say to one another.
 *
 * A cell is a sandboxed child that runs the per-message stages, or walks archives. It has one
 * socket to its driver (a thread of the engine) and one window of shared memory that only the two
 * map writable. Words go over the socket, bytes through the window and the slabs. The engine trusts
 * nothing that it finds in a window: it copies first and decodes then.
 *
 *   engine ── SOCK_SEQPACKET ── zygote      spawn, reap
 *   driver ── SOCK_SEQPACKET ── worker      GO / HELLO, DONE
 *   reader ── SOCK_SEQPACKET ── its cell    WALK, SLAB, RANGE, STOP / HELLO, TAKE, PUSH, RANGE, END
 *
 * Private to pipeline/.
 */
#ifndef SL_CELL_H
#define SL_CELL_H

#include "batch.h"
#include "filler.h"
#include "mill.h"
#include "sandbox.h"

enum sl_cell_role { SL_CELL_WORKER, SL_CELL_READER };

enum sl_cell_word {
	SL_CELL_HELLO, /* cell: in the sandbox, ready; level */
	SL_CELL_GO,    /* to a worker: the job in the window */
	SL_CELL_DONE,  /* worker: all of it is in the window */
	SL_CELL_WALK,  /* to a reader: the archive whose descriptor comes along, and its proof */
	SL_CELL_TAKE,  /* reader: wants an empty slab */
	SL_CELL_SLAB,  /* to a reader: here it is */
	SL_CELL_PUSH,  /* reader: this slab is full */
	SL_CELL_RANGE, /* reader: wants the large range for its slab; to it: granted */
	SL_CELL_END,   /* reader: rc, err */
	SL_CELL_STOP   /* to a reader: no more */
};

#define SL_CELL_NO_SLAB UINT32_MAX

struct sl_cell_packet {
	uint32_t word;
	uint32_t slab;
	int32_t rc;
	uint32_t exit_code;
	struct sl_sandbox_level level;
	char text[sizeof(((struct sl_err *)0)->text)];
};

enum { SL_CELL_WORDS = 512, SL_CELL_SPOOLS = 4 };
/* What the dictionaries and windows of decompressors may take in a reader: RLIMIT_DATA. */
enum { SL_CELL_READER_DATA = 512 << 20 };

/* The head of every window. */
struct sl_cell_status {
	volatile int32_t forbidden; /* number + 1 of the system call that ended the cell */
	char words[SL_CELL_WORDS];  /* of an assertion, of GLib, of malloc */
};

struct sl_work_item {
	uint64_t at, n; /* the raw message, from the base of the pool */
	uint64_t ordinal;
	int64_t from_time, member_time;
	struct sl_id id, key;
	uint32_t archive;
	uint32_t index; /* in the batch */
	uint32_t cut;
};

struct sl_worker_window {
	struct sl_cell_status status;
	/* the driver's */
	uint32_t n, mode;
	struct sl_work_item items[SL_BATCH_MESSAGES];
	/* the cell's */
	_Atomic uint32_t done;           /* items whose results are whole */
	_Atomic uint32_t stage;          /* of the item at work: number + 1 */
	uint64_t end[SL_BATCH_MESSAGES]; /* where the results of each item end */
	struct sl_mill_work work;
	_Alignas(64) char results[];
};

enum { SL_READER_RANGES = 1024, SL_READER_PATH = 4096 };

struct sl_reader_window {
	struct sl_cell_status status;
	/* the driver's */
	_Atomic uint32_t stop;
	char path[SL_READER_PATH];
	uint64_t from, notes;
	uint64_t size; /* of the archive: what the proof is of */
	uint32_t members, n_done;
	struct sl_fill_range done[SL_READER_RANGES];
	/* the cell's */
	struct sl_walked walked;
};

/* Bytes of a window that serves both roles. */
size_t sl_cell_window_size(size_t slab_size);

/* One packet, with up to `n` descriptors (which stay the caller's). False: nobody is there any
 * more. */
bool sl_cell_send(int socket, const void *packet, size_t size, const int *fds, size_t n);
/* Waits for one packet of exactly `size` bytes. Descriptors that came along go to `fds`, their
 * number to *n_r (what does not fit is closed). False: end of the other side. */
bool sl_cell_receive(int socket, void *packet, size_t size, int *fds, size_t room, size_t *n_r);

/* What a new cell is told by the zygote. */
struct sl_cell_birth {
	enum sl_cell_role role;
	unsigned number; /* worker or reader */
	unsigned window;
	int socket;
	int spools[SL_CELL_SPOOLS]; /* nameless files for archives inside archives, or -1 */
	struct sl_pool *pool;
	const struct sl_config *config;
	struct sl_mill *mill;
	const struct sl_secret *secret;
	int parent;
};
/* The life of a cell: close everything, work, _exit. */
SL_NORETURN void sl_cell_main(const struct sl_cell_birth *birth);

#endif
