/* SPDX-License-Identifier: Apache-2.0 */
/* mmdf.h - splits MMDF mailboxes: lines of four ^A stand before and behind each message.
 *
 * A push parser as mbox.h. A slice reaches from the first separator behind the message before to
 * the next one of those. Nothing is quoted; a From_ line on top of a message is no part of it.
 */
#ifndef SL_MMDF_H
#define SL_MMDF_H

#include "emit.h"
#include "fromline.h"

struct sl_mmdf {
	struct sl_emit *emit;
	uint64_t at, slice_at;
	bool in_line; /* the rest of this line is not a separator */
	bool top;     /* the next line is the first of a message */
	size_t n_hold;
	char hold[SL_FROMLINE_MAX + 2];
};

void sl_mmdf_init(struct sl_mmdf *mmdf, struct sl_emit *emit, uint64_t skip);
void sl_mmdf_feed(struct sl_mmdf *mmdf, struct sl_span bytes);
void sl_mmdf_finish(struct sl_mmdf *mmdf);

#endif
