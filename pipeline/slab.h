/* SPDX-License-Identifier: Apache-2.0 */
/* slab.h - the piece of shared memory in which a reader leaves messages for the workers.
 *
 * A slab begins with a table of what is in it. Whoever fills it (pipeline/filler.c, in a reader's
 * cell or in its thread) writes an entry first and counts it then, so that the engine can take over
 * what is whole even when the filler died in the middle. The engine copies and checks every entry
 * before it uses it (sl_batch_accept()): the filler may have been taken over. Positions count from
 * the start of the pool's memory.
 */
#ifndef SL_SLAB_H
#define SL_SLAB_H

#include "base/base.h"

#include <stdatomic.h>

enum { SL_BATCH_MESSAGES = 64, SL_SLAB_TEXT = 64 * 1024 };
/* The longest entry and the longest detail of a note that a slab takes; more is cut. */
enum { SL_SLAB_ENTRY_MOST = 8 * 1024, SL_SLAB_DETAIL_MOST = 1024 };

struct sl_slab_text {
	uint32_t at, n; /* in slab->text */
};

struct sl_slab_raw {
	uint64_t seq; /* number of the message in its archive, from 0 */
	struct sl_slab_text entry;
	uint64_t ordinal, offset, length;
	int64_t from_time, member_time;
	uint64_t at, n; /* the raw message */
	uint32_t cut;   /* the message limit was hit */
};

/* What happened in an archive beside messages. MEMBER is only for the log of -v. */
enum sl_note_kind { SL_NOTE_REJECT, SL_NOTE_MEMBER, SL_NOTE_END };

struct sl_slab_note {
	uint32_t kind;
	uint64_t seq; /* messages of the archive before it */
	struct sl_slab_text entry, reason, detail;
	uint64_t offset;
};

struct sl_slab {
	_Atomic uint32_t n, n_notes; /* entries that are whole */
	uint32_t text_used;
	uint64_t used; /* of bytes */
	struct sl_slab_raw raws[SL_BATCH_MESSAGES];
	struct sl_slab_note notes[SL_BATCH_MESSAGES];
	char text[SL_SLAB_TEXT];
	_Alignas(64) char bytes[];
};

#endif
