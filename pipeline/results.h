/* SPDX-License-Identifier: Apache-2.0 */
/* results.h - what workers say of mails, looked at once, on the worker's side of the done queue.
 *
 * A driver checks and decodes the results of its cell; the committer takes the decoded records out
 * of the batch. Two things are left to the committer: what would take more memory than a batch has
 * for it, and contents whose very bytes this driver has looked at before (a trap repeats itself):
 * their records come with the name of these bytes alone. Such names are made with a secret that no
 * cell has, so nobody can make other bytes of the same name. Private to pipeline/.
 */
#ifndef SL_RESULTS_H
#define SL_RESULTS_H

#include "batch.h"
#include "storage/codec.h"

struct sl_item {
	struct sl_parcel parcel;
	const struct sl_message *message; /* NULL: decode the parcel's */
	const struct sl_content *content; /* NULL: the same */
	bool is_copy;      /* of the message's face only names: sl_message_decode_copy() */
	struct sl_id blob; /* name of the content's bytes */
};

enum { SL_EXAMINER_BLOBS = 8192 };

struct sl_examiner {
	const struct sl_secret *blind; /* of this run: names of contents' bytes */
	struct sl_arena *scratch;      /* owned; of what is not kept */
	struct sl_id *blobs;           /* owned; those met last, each in its slot */
	struct sl_id *faces;           /* owned; names of messages' faces, the same */
};

struct sl_examiner sl_examiner_make(const struct sl_secret *blind);
void sl_examiner_free(struct sl_examiner *examiner);

/* Add what a cell says of one message to batch->items; `results` lives as long as the batch. False:
 * no honest worker says that of this message (the names in it are checked, so that a cell that was
 * taken over cannot speak for another message); nothing was added then. */
bool sl_results_accept(struct sl_examiner *examiner, struct sl_batch *batch, uint32_t index,
	struct sl_span results) SL_MUST_CHECK;
/* Add all of batch->results: of a mill in a thread of this process. */
void sl_results_accept_own(struct sl_examiner *examiner, struct sl_batch *batch);

#endif
