/* SPDX-License-Identifier: Apache-2.0 */
/* queue.h - bounded blocking queue of pointers between two groups of threads.
 *
 * A queue carries ownership: once sl_queue_push() returns true the caller must not touch the
 * item again. First in, first out. The queue closes by itself when the last producer signs off,
 * so a consumer can never wait for an item that will not come. A hop costs about 1.4 us: push
 * batches, not mails.
 */
#ifndef SL_QUEUE_H
#define SL_QUEUE_H

#include "base.h"

struct sl_queue;

/* At most `capacity` items, fed by `producers` threads. */
struct sl_queue *sl_queue_new(size_t capacity, unsigned producers);
/* The queue must be drained or aborted, and no thread inside. Sets the pointer NULL. */
void sl_queue_free(struct sl_queue **queue);
/* Hand over `item`; waits while the queue is full. False only after sl_queue_abort(): the item
 * is then still the caller's. */
bool sl_queue_push(struct sl_queue *queue, void *item) SL_MUST_CHECK;
/* The oldest item; waits while the queue is empty and open. NULL: closed and drained, or
 * aborted. */
void *sl_queue_pop(struct sl_queue *queue) SL_MUST_CHECK;
/* As sl_queue_pop(), but NULL also after `seconds` (monotonic) without an item; then *timeout_r
 * is true. */
void *sl_queue_pop_timed(struct sl_queue *queue, double seconds, bool *timeout_r) SL_MUST_CHECK;
/* One producer is done; the last call closes the queue. */
void sl_queue_sign_off(struct sl_queue *queue);
/* Wake everybody; push and pop fail from now on. Items left are handed out by sl_queue_left(). */
void sl_queue_abort(struct sl_queue *queue);
bool sl_queue_aborted(struct sl_queue *queue);
/* After an abort: the next item that nobody took, or NULL. */
void *sl_queue_left(struct sl_queue *queue);

#endif
