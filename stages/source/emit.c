/* SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

void sl_emit_init(struct sl_emit *emit, struct sl_sink *sink, struct sl_span entry,
	uint64_t first_ordinal, int64_t member_time)
{
	*emit = (struct sl_emit){ .sink = sink, .next = first_ordinal, .rc = SL_OK };
	emit->slice = (struct sl_slice){
		.entry = entry, .from_time = SL_TIME_NONE, .member_time = member_time
	};
}

static void note(struct sl_emit *emit, enum sl_rc rc)
{
	if (sl_emit_stops(rc))
		emit->rc = rc;
}

void sl_emit_begin(struct sl_emit *emit, uint64_t offset, int64_t from_time)
{
	if (emit->rc != SL_OK)
		return;
	sl_assert(!emit->open);
	emit->slice.ordinal = emit->next++;
	emit->slice.offset = offset;
	emit->slice.from_time = from_time;
	emit->written = 0;
	emit->open = true;
	note(emit, emit->sink->message_begin(emit->sink, &emit->slice));
}

void sl_emit_write(struct sl_emit *emit, struct sl_span bytes)
{
	if (emit->rc != SL_OK || !emit->open || bytes.n == 0)
		return;
	emit->written += bytes.n;
	note(emit, emit->sink->message_write(emit->sink, bytes));
}

void sl_emit_end(struct sl_emit *emit, uint64_t offset)
{
	if (emit->rc != SL_OK || !emit->open)
		return;
	sl_assert(offset >= emit->slice.offset);
	bool drop = emit->written == 0;
	if (drop)
		emit->empty++;
	else
		emit->messages++;
	emit->open = false;
	note(emit, emit->sink->message_end(emit->sink, offset - emit->slice.offset, drop));
}
