/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

struct quota {
	struct sl_batch *free; /* batches at home */
	unsigned home;
	bool range_busy;
	char *range;
};

struct sl_pool {
	pthread_mutex_t lock;
	pthread_cond_t came_home;
	unsigned readers, per_reader;
	size_t slab_size, message_max, reserved;
	char *base;
	bool aborted;
	struct quota *quotas;
	struct sl_batch *batches;
};

static size_t page_up(size_t n)
{
	return (n + 4095) / 4096 * 4096;
}

/* Shared, so that a cell forked later sees what a reader writes afterwards. */
static char *reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	sl_assert(p != MAP_FAILED);
	return p;
}

size_t sl_batch_results_most(size_t slab_size)
{
	return (size_t)SL_BATCH_MESSAGES * SL_RESULTS_FLOOR + SL_RESULTS_FACTOR * slab_size;
}

static void add_batch(struct sl_pool *pool, unsigned reader, unsigned number)
{
	size_t index = (size_t)reader * pool->per_reader + number;
	struct sl_batch *batch = &pool->batches[index];
	batch->pool = pool;
	batch->reader = reader;
	batch->slab = pool->base + index * pool->slab_size;
	batch->size = pool->slab_size;
	batch->arena = sl_arena_new(64 * 1024);
	batch->results = sl_buf_make(sl_batch_results_most(pool->slab_size) + SL_RESULTS_MOST);
	batch->next_free = pool->quotas[reader].free;
	pool->quotas[reader].free = batch;
	pool->quotas[reader].home++;
}

struct sl_pool *sl_pool_new(unsigned readers, unsigned quota, size_t slab_size, size_t message_max)
{
	sl_assert(readers > 0 && quota > 0 && slab_size > 0);
	struct sl_pool *pool = sl_calloc(1, sizeof(*pool));
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->came_home, NULL);
	pool->readers = readers;
	pool->per_reader = quota;
	pool->slab_size = page_up(slab_size);
	pool->message_max = page_up(message_max);
	size_t slabs = (size_t)readers * quota * pool->slab_size;
	pool->reserved = slabs + (size_t)readers * pool->message_max;
	pool->base = reserve(pool->reserved);
	pool->quotas = sl_calloc(readers, sizeof(*pool->quotas));
	pool->batches = sl_calloc((size_t)readers * quota, sizeof(*pool->batches));
	for (unsigned r = 0; r < readers; r++) {
		pool->quotas[r].range = pool->base + slabs + r * pool->message_max;
		for (unsigned i = 0; i < quota; i++)
			add_batch(pool, r, i);
	}
	return pool;
}

void sl_pool_free(struct sl_pool **pool_p)
{
	struct sl_pool *pool = *pool_p;
	if (!pool)
		return;
	for (unsigned r = 0; r < pool->readers; r++) {
		sl_assert(pool->quotas[r].home == pool->per_reader);
		sl_assert(!pool->quotas[r].range_busy);
	}
	for (size_t i = 0; i < (size_t)pool->readers * pool->per_reader; i++) {
		sl_arena_free(&pool->batches[i].arena);
		sl_buf_free(&pool->batches[i].results);
	}
	munmap(pool->base, pool->reserved);
	pthread_mutex_destroy(&pool->lock);
	pthread_cond_destroy(&pool->came_home);
	free(pool->quotas);
	free(pool->batches);
	free(pool);
	*pool_p = NULL;
}

struct sl_batch *sl_pool_take(struct sl_pool *pool, unsigned reader)
{
	sl_assert(reader < pool->readers);
	struct quota *quota = &pool->quotas[reader];
	pthread_mutex_lock(&pool->lock);
	while (!quota->free && !pool->aborted)
		pthread_cond_wait(&pool->came_home, &pool->lock);
	struct sl_batch *batch = pool->aborted ? NULL : quota->free;
	if (batch) {
		quota->free = batch->next_free;
		quota->home--;
	}
	pthread_mutex_unlock(&pool->lock);
	return batch;
}

void sl_batch_home(struct sl_batch *batch)
{
	struct sl_pool *pool = batch->pool;
	struct quota *quota = &pool->quotas[batch->reader];
	if (batch->has_range) {
		madvise(quota->range, pool->message_max, MADV_REMOVE);
		sl_buf_free(&batch->results);
	}
	batch->n = batch->n_notes = batch->room_notes = 0;
	batch->used = 0;
	batch->notes = NULL;
	sl_arena_reset(batch->arena);
	sl_buf_reset(&batch->results);
	pthread_mutex_lock(&pool->lock);
	sl_assert(quota->home < pool->per_reader);
	if (batch->has_range)
		quota->range_busy = false;
	batch->has_range = false;
	batch->next_free = quota->free;
	quota->free = batch;
	quota->home++;
	pthread_cond_broadcast(&pool->came_home);
	pthread_mutex_unlock(&pool->lock);
}

void sl_pool_abort(struct sl_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->aborted = true;
	pthread_cond_broadcast(&pool->came_home);
	pthread_mutex_unlock(&pool->lock);
}

char *sl_batch_enlarge(struct sl_batch *batch, const char *from, size_t have, size_t *room_r)
{
	struct sl_pool *pool = batch->pool;
	struct quota *quota = &pool->quotas[batch->reader];
	sl_assert(!batch->has_range && have <= pool->message_max);
	pthread_mutex_lock(&pool->lock);
	while (quota->range_busy && !pool->aborted)
		pthread_cond_wait(&pool->came_home, &pool->lock);
	bool got = !pool->aborted;
	if (got)
		quota->range_busy = true;
	pthread_mutex_unlock(&pool->lock);
	if (!got)
		return NULL;
	batch->has_range = true;
	memcpy(quota->range, from, have);
	*room_r = pool->message_max;
	return quota->range;
}
