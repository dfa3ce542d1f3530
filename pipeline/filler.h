/* SPDX-License-Identifier: Apache-2.0 */
/* filler.h - the sink that puts the messages of an archive into slabs.
 *
 * It runs where the archive is parsed: in a reader's cell, or in the reader's thread. What it needs
 * of the engine (a fresh slab, the large range, "stop") goes through an outlet; what it found out
 * beside messages is in struct sl_walked, in memory that the engine sees. Each message is copied
 * once: from the source's buffer into the slab.
 */
#ifndef SL_FILLER_H
#define SL_FILLER_H

#include "proof.h"
#include "slab.h"
#include "source.h"

/* How far a walk has come. Written by the filler, read by the engine; in a cell's window it is as
 * trustworthy as the cell. */
struct sl_walked {
	uint64_t emitted, bytes, rejects; /* of the archive so far, also what was skipped */
	uint64_t members[SL_MEMBERS];
	uint32_t damaged;
	_Atomic uint64_t steps; /* moves on while the walk makes progress */
};

struct sl_fill_range {
	uint64_t from, to; /* message numbers [from, to) */
};

struct sl_fill_job {
	const char *path;
	const struct sl_fill_range *done; /* messages that are in the store, in order; borrowed */
	size_t n_done;
	uint64_t from;  /* messages before this one were handed on by a filler that died */
	uint64_t notes; /* and so many notes */
	bool members;   /* a note for each member */
	struct sl_spools *spools;     /* NULL: the source makes its own */
	const struct sl_proof *proof; /* what the file must hold; borrowed */
};

struct sl_outlet {
	/* An empty slab. NULL: stop. */
	struct sl_slab *(*take)(void *state);
	/* It is full; the filler does not touch it again. False: stop. */
	bool (*push)(void *state, struct sl_slab *slab);
	/* The large range, for a message that is alone in its slab. NULL: stop. */
	char *(*range)(void *state, struct sl_slab *slab);
	bool (*stopping)(void *state);
	void *state;
};

struct sl_fill_sizes {
	size_t slab, message; /* bytes: of slab->bytes, of the range */
	const char *base;     /* positions count from here */
};

/* Walk the open file `fd` into slabs. `slab` is the one in hand, or NULL; `slab_r` gets the one in
 * hand at the end. SL_END: stopped. SL_SKIP: the file is not what was hashed; a reject says so.
 * SL_FATAL: the file or the spool cannot be read on; err. */
enum sl_rc sl_fill(int fd, const struct sl_fill_job *job, const struct sl_limits *limits,
	const struct sl_fill_sizes *sizes, const struct sl_outlet *outlet, struct sl_slab **slab,
	struct sl_walked *walked, struct sl_err *err) SL_MUST_CHECK;

#endif
