/* SPDX-License-Identifier: Apache-2.0 */
#include "queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct sl_queue {
	pthread_mutex_t lock;
	pthread_cond_t can_push, can_pop;
	size_t capacity, head, count;
	unsigned producers;
	bool aborted;
	void *items[];
};

struct sl_queue *sl_queue_new(size_t capacity, unsigned producers)
{
	sl_assert(capacity > 0 && producers > 0);
	struct sl_queue *q = sl_calloc(1, sizeof(*q) + capacity * sizeof(q->items[0]));
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->can_push, NULL);
	pthread_cond_init(&q->can_pop, &monotonic);
	pthread_condattr_destroy(&monotonic);
	q->capacity = capacity;
	q->producers = producers;
	return q;
}

void sl_queue_free(struct sl_queue **queue)
{
	struct sl_queue *q = *queue;
	if (!q)
		return;
	sl_assert(q->count == 0);
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->can_push);
	pthread_cond_destroy(&q->can_pop);
	free(q);
	*queue = NULL;
}

bool sl_queue_push(struct sl_queue *q, void *item)
{
	sl_assert(item != NULL);
	pthread_mutex_lock(&q->lock);
	while (q->count == q->capacity && !q->aborted)
		pthread_cond_wait(&q->can_push, &q->lock);
	bool taken = !q->aborted;
	if (taken) {
		sl_assert(q->producers > 0);
		q->items[(q->head + q->count++) % q->capacity] = item;
		pthread_cond_signal(&q->can_pop);
	}
	pthread_mutex_unlock(&q->lock);
	return taken;
}

static void *take_first(struct sl_queue *q)
{
	void *item = q->items[q->head];
	q->head = (q->head + 1) % q->capacity;
	q->count--;
	pthread_cond_signal(&q->can_push);
	return item;
}

static bool must_wait(const struct sl_queue *q)
{
	return q->count == 0 && q->producers > 0 && !q->aborted;
}

void *sl_queue_pop(struct sl_queue *q)
{
	void *item = NULL;
	pthread_mutex_lock(&q->lock);
	while (must_wait(q))
		pthread_cond_wait(&q->can_pop, &q->lock);
	if (q->count && !q->aborted)
		item = take_first(q);
	pthread_mutex_unlock(&q->lock);
	return item;
}

void *sl_queue_pop_timed(struct sl_queue *q, double seconds, bool *timeout_r)
{
	struct timespec until;
	void *item = NULL;
	clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t nanoseconds = until.tv_nsec + (int64_t)(seconds * 1e9);
	until.tv_sec += (time_t)(nanoseconds / 1000000000);
	until.tv_nsec = (long)(nanoseconds % 1000000000);
	*timeout_r = false;
	pthread_mutex_lock(&q->lock);
	while (must_wait(q) && !*timeout_r)
		*timeout_r = pthread_cond_timedwait(&q->can_pop, &q->lock, &until) == ETIMEDOUT;
	if (q->count && !q->aborted) {
		item = take_first(q);
		*timeout_r = false;
	} else if (!must_wait(q)) {
		*timeout_r = false;
	}
	pthread_mutex_unlock(&q->lock);
	return item;
}

void sl_queue_sign_off(struct sl_queue *q)
{
	pthread_mutex_lock(&q->lock);
	sl_assert(q->producers > 0);
	if (--q->producers == 0)
		pthread_cond_broadcast(&q->can_pop);
	pthread_mutex_unlock(&q->lock);
}

void sl_queue_abort(struct sl_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->aborted = true;
	pthread_cond_broadcast(&q->can_pop);
	pthread_cond_broadcast(&q->can_push);
	pthread_mutex_unlock(&q->lock);
}

bool sl_queue_aborted(struct sl_queue *q)
{
	pthread_mutex_lock(&q->lock);
	bool aborted = q->aborted;
	pthread_mutex_unlock(&q->lock);
	return aborted;
}

void *sl_queue_left(struct sl_queue *q)
{
	pthread_mutex_lock(&q->lock);
	sl_assert(q->aborted);
	void *item = q->count ? take_first(q) : NULL;
	pthread_mutex_unlock(&q->lock);
	return item;
}
