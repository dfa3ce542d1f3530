/* SPDX-License-Identifier: Apache-2.0 */
/* memo.h - answers that a worker remembers by the text that was asked about.
 *
 * For what is a function of a text alone and costs more than a hash of the text: its normal form,
 * the brands in it. Two copies of a lure whose links differ have the same text. The key is the hash
 * of the text with the store's secret (as for contents, that is identity enough), the answer is any
 * bytes; a hit gives exactly what a miss gives. One of these belongs to one stage of one worker.
 *
 * Memory is bounded: a young and an old generation of half the room each; when the young one is
 * full it becomes the old one, and what is not found again goes. Nothing is allocated before the
 * first answer. Find and add are O(1) and a copy of the bytes.
 */
#ifndef SL_MEMO_H
#define SL_MEMO_H

#include "base/arena.h"
#include "base/hash.h"

/* Who has which part of --content-cache. */
enum {
	SL_SHARE_CONTENTS = 21,
	SL_SHARE_TEXTS = 6,
	SL_SHARE_BRANDS = 2,
	SL_SHARE_FIELDS = 2,
	SL_SHARE_FILES = 1,
	SL_SHARES = 32
};

/* Bytes that are somebody's, of all that a worker may remember. */
static inline uint64_t sl_memo_share(uint64_t content_cache, unsigned share)
{
	return content_cache / SL_SHARES * share;
}

struct sl_memo;

/* `room`: bytes that all of it may take; 0: nothing is kept. */
struct sl_memo *sl_memo_new(uint64_t room);
/* Sets the pointer NULL. */
void sl_memo_free(struct sl_memo **memo);

/* The answer in memory of `arena`, aligned for any type; false: there is none. */
bool sl_memo_find(struct sl_memo *memo, const struct sl_id *key, struct sl_arena *arena,
	struct sl_span *answer_r);
/* Keep a copy of the answer, unless it is too large. The key must not be there. */
void sl_memo_add(struct sl_memo *memo, const struct sl_id *key, struct sl_span answer);

#endif
