/* SPDX-License-Identifier: Apache-2.0 */
/* mill.h - the per-message stages of one worker.
 *
 * A mill takes the raw messages of a batch and leaves encoded results in it: nothing else goes
 * out, so that the same function can run in a thread or in a cell. A mail found inside a message is
 * new input of the same mill: it is put behind the others, until limits.embedded or the depth is
 * reached. A body that this mill has read before is not read again (contents.h).
 */
#ifndef SL_MILL_H
#define SL_MILL_H

#include "batch.h"
#include "stage.h"

enum { SL_MILL_DEPTH = 4, SL_MILL_STAGES = 16 };
/* Bumped when the same bytes may give another record; kept in the archive row. */
enum { SL_PARSE_VERSION = 1 };

struct sl_mill;

struct sl_mill *sl_mill_new(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_secret *secret);
void sl_mill_free(struct sl_mill **mill);
enum sl_mill_mode {
	SL_MILL_FULL,
	SL_MILL_SCAN,  /* a byte scanner in place of the parsers of the body; flagged `crashed` */
	SL_MILL_BYTES, /* nothing but the byte scanner */
	SL_MILL_MODES
};

/* Work through batch->raws in full; fills batch->results. Cost: see bench/. */
void sl_mill_batch(struct sl_mill *mill, struct sl_batch *batch);
/* One message of a batch; `results` is added to. */
void sl_mill_message(struct sl_mill *mill, enum sl_mill_mode mode, const struct sl_raw *raw,
	uint32_t index, struct sl_buf *results);
/* The result of a message that nothing could be learned of: its names, and `crashed`. No mill, and
 * nothing is parsed: for the engine. */
void sl_mill_bare(const struct sl_raw *raw, uint32_t index, const struct sl_secret *secret,
	struct sl_buf *results);
/* Note in `stage` which stage is at work: its number + 1; one more than the last: none. */
void sl_mill_watch(struct sl_mill *mill, _Atomic uint32_t *stage);
/* One message, for `explain`: the mail lives until the next call. */
const struct sl_mail *sl_mill_one(struct sl_mill *mill, struct sl_span raw, int64_t from_time);
/* Name of stage number `i`, in the order in which they are walked; NULL behind the last. */
const char *sl_mill_stage_name(size_t i);

/* What was done so far; only numbers that grow. */
struct sl_mill_work {
	uint64_t stage_ns[SL_MILL_STAGES]; /* wall */
	uint64_t known, learned;           /* contents that were remembered, and others */
};
const struct sl_mill_work *sl_mill_work(const struct sl_mill *mill);
/* Add what was done between `before` and `now`; a number that shrank is a lie and left out. */
void sl_mill_work_add(
	struct sl_mill_work *to, const struct sl_mill_work *before, const struct sl_mill_work *now);

#endif
