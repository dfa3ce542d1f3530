/* SPDX-License-Identifier: Apache-2.0 */
/* emit.h - how a splitter hands messages to the sink: begin, write*, end, with a sticky result.
 *
 * The first SL_FATAL or SL_END of a callback stays in `rc`; from then on nothing more is called, so
 * a splitter may check it once a block. Owns nothing.
 */
#ifndef SL_EMIT_H
#define SL_EMIT_H

#include "pipeline/source.h"

struct sl_emit {
	struct sl_sink *sink;
	struct sl_slice slice; /* of the message in hand; the entry is borrowed */
	uint64_t next;         /* ordinal of the next message */
	uint64_t written;      /* bytes of the message in hand */
	uint64_t messages;     /* delivered and not dropped */
	uint64_t empty;        /* dropped because they had no byte */
	bool open;
	enum sl_rc rc; /* SL_OK, or what stopped the walk */
};

void sl_emit_init(struct sl_emit *emit, struct sl_sink *sink, struct sl_span entry,
	uint64_t first_ordinal, int64_t member_time);
/* `from_time` of its From_ line, or SL_TIME_NONE. The message before must be ended. */
void sl_emit_begin(struct sl_emit *emit, uint64_t offset, int64_t from_time);
/* Outside a message the bytes are forgotten. */
void sl_emit_write(struct sl_emit *emit, struct sl_span bytes);
/* `offset`: the first byte behind the slice. Does nothing outside a message. */
void sl_emit_end(struct sl_emit *emit, uint64_t offset);

/* Does this result of a callback end the walk? */
static inline bool sl_emit_stops(enum sl_rc rc)
{
	return rc == SL_FATAL || rc == SL_END;
}

#endif
