/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct quota {
	struct sl_batch *free; /* batches at home */
	unsigned home;
	uint64_t serial; /* of the next one taken */
	bool range_busy;
};

struct sl_pool {
	pthread_mutex_t lock;
	pthread_cond_t came_home;
	struct sl_pool_sizes sizes;  /* rounded up to pages; slab: with its table */
	size_t ranges, windows, end; /* positions */
	char *base;
	int fd, fd_readonly;
	bool aborted;
	struct quota *quotas;
	struct sl_batch *batches;
};

/* The results of 64 ordinary mails. */
enum { ARENA_KEEP = 512 * 1024 };

static size_t page_up(size_t n)
{
	return (n + 4095) / 4096 * 4096;
}

size_t sl_batch_results_most(size_t slab_size)
{
	return (size_t)SL_BATCH_MESSAGES * SL_RESULTS_FLOOR + SL_RESULTS_FACTOR * slab_size;
}

static void add_batch(struct sl_pool *pool, unsigned reader, unsigned number)
{
	size_t index = (size_t)reader * pool->sizes.quota + number;
	struct sl_batch *batch = &pool->batches[index];
	batch->pool = pool;
	batch->reader = reader;
	batch->slab = sl_pool_slab(pool, (uint32_t)index);
	batch->size = pool->sizes.slab - sizeof(struct sl_slab);
	batch->arena = sl_arena_new(ARENA_KEEP);
	batch->decoded = sl_arena_new(ARENA_KEEP);
	batch->results = sl_buf_make(sl_batch_results_most(batch->size) + SL_RESULTS_MOST);
	batch->next_free = pool->quotas[reader].free;
	pool->quotas[reader].free = batch;
	pool->quotas[reader].home++;
}

/* Shared, so that a cell forked later sees what a reader writes afterwards. A second descriptor
 * that cannot write is for the cells; without /proc there is none, and they get the first. */
static enum sl_rc reserve(struct sl_pool *pool, struct sl_err *err)
{
	char path[64];
	pool->fd = memfd_create("spamloom", MFD_CLOEXEC);
	if (pool->fd < 0 || ftruncate(pool->fd, (off_t)pool->end) != 0)
		return sl_err_errno(
			err, SL_EXIT_INTERNAL, "no shared memory of %zu bytes", pool->end);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pool->fd);
	pool->fd_readonly = open(path, O_RDONLY | O_CLOEXEC);
	void *p = mmap(
		NULL, pool->end, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, pool->fd, 0);
	if (p == MAP_FAILED)
		return sl_err_errno(
			err, SL_EXIT_INTERNAL, "no shared memory of %zu bytes", pool->end);
	pool->base = p;
	return SL_OK;
}

enum sl_rc sl_pool_new(
	const struct sl_pool_sizes *sizes, struct sl_pool **pool_r, struct sl_err *err)
{
	sl_assert(sizes->readers > 0 && sizes->quota > 0 && sizes->slab > 0);
	struct sl_pool *pool = sl_calloc(1, sizeof(*pool));
	size_t batches = (size_t)sizes->readers * sizes->quota;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->came_home, NULL);
	pool->fd = pool->fd_readonly = -1;
	pool->sizes = *sizes;
	pool->sizes.slab = page_up(sizeof(struct sl_slab) + sizes->slab);
	pool->sizes.message = page_up(sizes->message);
	pool->sizes.window = page_up(sizes->window);
	pool->ranges = batches * pool->sizes.slab;
	pool->windows = pool->ranges + sizes->readers * pool->sizes.message;
	pool->end = pool->windows + sizes->windows * pool->sizes.window;
	*pool_r = pool;
	if (reserve(pool, err) != SL_OK) {
		sl_pool_free(pool_r);
		return SL_FATAL;
	}
	pool->quotas = sl_calloc(sizes->readers, sizeof(*pool->quotas));
	pool->batches = sl_calloc(batches, sizeof(*pool->batches));
	for (unsigned r = 0; r < sizes->readers; r++)
		for (unsigned i = 0; i < sizes->quota; i++)
			add_batch(pool, r, i);
	return SL_OK;
}

void sl_pool_free(struct sl_pool **pool_p)
{
	struct sl_pool *pool = *pool_p;
	if (!pool)
		return;
	for (unsigned r = 0; pool->quotas && r < pool->sizes.readers; r++) {
		sl_assert(pool->quotas[r].home == pool->sizes.quota);
		sl_assert(!pool->quotas[r].range_busy);
	}
	for (size_t i = 0; pool->batches && i < (size_t)pool->sizes.readers * pool->sizes.quota;
		i++) {
		sl_arena_free(&pool->batches[i].arena);
		sl_arena_free(&pool->batches[i].decoded);
		sl_buf_free(&pool->batches[i].results);
	}
	if (pool->base)
		munmap(pool->base, pool->end);
	if (pool->fd >= 0)
		close(pool->fd);
	if (pool->fd_readonly >= 0)
		close(pool->fd_readonly);
	pthread_mutex_destroy(&pool->lock);
	pthread_cond_destroy(&pool->came_home);
	free(pool->quotas);
	free(pool->batches);
	free(pool);
	*pool_p = NULL;
}

static void empty_slab(struct sl_slab *slab)
{
	atomic_store(&slab->n, 0);
	atomic_store(&slab->n_notes, 0);
	slab->text_used = 0;
	slab->used = 0;
}

struct sl_batch *sl_pool_take(struct sl_pool *pool, unsigned reader)
{
	sl_assert(reader < pool->sizes.readers);
	struct quota *quota = &pool->quotas[reader];
	pthread_mutex_lock(&pool->lock);
	while (!quota->free && !pool->aborted)
		pthread_cond_wait(&pool->came_home, &pool->lock);
	struct sl_batch *batch = pool->aborted ? NULL : quota->free;
	if (batch) {
		quota->free = batch->next_free;
		quota->home--;
		batch->serial = quota->serial++;
		empty_slab(batch->slab);
	}
	pthread_mutex_unlock(&pool->lock);
	return batch;
}

void sl_batch_home(struct sl_batch *batch)
{
	struct sl_pool *pool = batch->pool;
	struct quota *quota = &pool->quotas[batch->reader];
	if (batch->has_range) {
		madvise(sl_pool_range(pool, batch->reader), pool->sizes.message, MADV_REMOVE);
		sl_buf_free(&batch->results);
	}
	batch->n = batch->n_notes = batch->room_notes = 0;
	batch->n_crashes = batch->room_crashes = 0;
	batch->slab_notes = 0;
	batch->notes = NULL;
	batch->crashes = NULL;
	batch->items = NULL;
	batch->n_items = batch->room_items = 0;
	sl_arena_reset(batch->arena);
	sl_arena_reset(batch->decoded);
	sl_buf_reset(&batch->results);
	pthread_mutex_lock(&pool->lock);
	sl_assert(quota->home < pool->sizes.quota);
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

bool sl_batch_enlarge(struct sl_batch *batch)
{
	struct sl_pool *pool = batch->pool;
	struct quota *quota = &pool->quotas[batch->reader];
	if (batch->has_range)
		return true;
	pthread_mutex_lock(&pool->lock);
	while (quota->range_busy && !pool->aborted)
		pthread_cond_wait(&pool->came_home, &pool->lock);
	bool got = !pool->aborted;
	if (got)
		quota->range_busy = true;
	pthread_mutex_unlock(&pool->lock);
	batch->has_range = got;
	return got;
}

void sl_raw_name(struct sl_raw *raw, const struct sl_secret *secret)
{
	if (raw->named)
		return;
	raw->id = sl_hash_name(raw->bytes);
	raw->key = sl_hash_key(raw->bytes, secret);
	raw->named = true;
}

/* ---- what the filler left ---- */

static bool take_text(struct sl_batch *batch, const struct sl_slab_text *text, struct sl_span *to)
{
	uint32_t at = text->at, n = text->n;
	if (n > SL_SLAB_TEXT || at > SL_SLAB_TEXT - n)
		return false;
	*to = sl_arena_copy(batch->arena, sl_span_of(batch->slab->text + at, n));
	return sl_utf8_valid_prefix(*to) == to->n;
}

/* In the slab's bytes, or in the reader's range when the batch holds it. */
static bool take_bytes(struct sl_batch *batch, uint64_t at, uint64_t n, struct sl_span *to)
{
	const struct sl_pool *pool = batch->pool;
	const char *from = batch->slab->bytes;
	uint64_t room = batch->size;
	if (batch->has_range && at >= pool->ranges) {
		from = sl_pool_range(pool, batch->reader);
		room = pool->sizes.message;
	}
	uint64_t start = (uint64_t)(from - pool->base);
	if (at < start || n > room || at - start > room - n)
		return false;
	*to = sl_span_of(pool->base + at, n);
	return true;
}

static bool accept_raw(struct sl_batch *batch, uint32_t archive, uint64_t *seq_r)
{
	struct sl_slab_raw from = batch->slab->raws[batch->n]; /* a copy: it may change under us */
	struct sl_raw *raw = &batch->raws[batch->n];
	*raw = (struct sl_raw){ .archive = archive,
		.seq = from.seq,
		.ordinal = from.ordinal,
		.offset = from.offset,
		.length = from.length,
		.from_time = from.from_time,
		.member_time = from.member_time,
		.cut = from.cut != 0 };
	if (from.seq < *seq_r || from.seq == UINT64_MAX ||
		!take_text(batch, &from.entry, &raw->entry) ||
		!take_bytes(batch, from.at, from.n, &raw->bytes))
		return false;
	*seq_r = from.seq + 1;
	batch->n++;
	return true;
}

static bool accept_note(struct sl_batch *batch, uint32_t archive)
{
	struct sl_slab_note from = batch->slab->notes[batch->slab_notes];
	struct sl_note note = { .archive = archive, .seq = from.seq, .offset = from.offset };
	if ((from.kind != SL_NOTE_REJECT && from.kind != SL_NOTE_MEMBER) ||
		!take_text(batch, &from.entry, &note.entry) ||
		!take_text(batch, &from.reason, &note.reason) ||
		!take_text(batch, &from.detail, &note.detail))
		return false;
	note.kind = (enum sl_note_kind)from.kind;
	*SL_ARENA_PUSH(batch->arena, batch->notes, batch->n_notes, batch->room_notes) = note;
	batch->slab_notes++;
	return true;
}

bool sl_batch_accept(struct sl_batch *batch, uint32_t archive, uint64_t *seq_r)
{
	uint32_t n = atomic_load_explicit(&batch->slab->n, memory_order_acquire);
	uint32_t n_notes = atomic_load_explicit(&batch->slab->n_notes, memory_order_acquire);
	if (n > SL_BATCH_MESSAGES || n_notes > SL_BATCH_MESSAGES || n < batch->n ||
		n_notes < batch->slab_notes)
		return false;
	while (batch->n < n)
		if (!accept_raw(batch, archive, seq_r))
			return false;
	while (batch->slab_notes < n_notes)
		if (!accept_note(batch, archive))
			return false;
	return true;
}

void sl_batch_repair(struct sl_batch *batch)
{
	struct sl_slab *slab = batch->slab;
	uint64_t used = 0;
	for (size_t i = 0; i < batch->n; i++) {
		const char *end = batch->raws[i].bytes.p + batch->raws[i].bytes.n;
		if (end > slab->bytes && end <= slab->bytes + batch->size &&
			(uint64_t)(end - slab->bytes) > used)
			used = (uint64_t)(end - slab->bytes);
	}
	slab->used = (used + 15) / 16 * 16 < batch->size ? (used + 15) / 16 * 16 : batch->size;
	slab->text_used = 0; /* the texts were copied */
	atomic_store(&slab->n, (uint32_t)batch->n);
	atomic_store(&slab->n_notes, batch->slab_notes);
}

/* ---- the memory ---- */

char *sl_pool_base(const struct sl_pool *pool)
{
	return pool->base;
}

const struct sl_pool_sizes *sl_pool_sizes(const struct sl_pool *pool)
{
	return &pool->sizes;
}

int sl_pool_descriptor(const struct sl_pool *pool)
{
	return pool->fd;
}

uint32_t sl_batch_number(const struct sl_batch *batch)
{
	return (uint32_t)(batch - batch->pool->batches);
}

struct sl_slab *sl_pool_slab(const struct sl_pool *pool, uint32_t number)
{
	sl_assert(number < pool->sizes.readers * pool->sizes.quota);
	void *at = pool->base + number * pool->sizes.slab;
	return at;
}

char *sl_pool_range(const struct sl_pool *pool, unsigned reader)
{
	return pool->base + pool->ranges + reader * pool->sizes.message;
}

void *sl_pool_window(const struct sl_pool *pool, unsigned window)
{
	sl_assert(window < pool->sizes.windows);
	return pool->base + pool->windows + window * pool->sizes.window;
}

void sl_pool_trim_window(const struct sl_pool *pool, unsigned window, size_t keep)
{
	keep = page_up(keep);
	char *at = sl_pool_window(pool, window);
	if (keep < pool->sizes.window)
		madvise(at + keep, pool->sizes.window - keep, MADV_REMOVE);
}

/* The same place again, with other rights. */
static void map_again(struct sl_pool *pool, int fd, size_t at, size_t size, int rights)
{
	void *p = mmap(pool->base + at, size, rights, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd,
		(off_t)at);
	sl_assert(p == pool->base + at);
}

/* Nobody's, but still taken: in a hole the next allocation would find room, and a window that is
 * opened later would be laid over it. */
static void wall_off(char *at, size_t size)
{
	void *p = mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
		-1, 0);
	sl_assert(p == at);
}

void sl_pool_close(struct sl_pool *pool)
{
	int fd = pool->fd_readonly >= 0 ? pool->fd_readonly : pool->fd;
	map_again(pool, fd, 0, pool->windows, PROT_READ);
	if (pool->end > pool->windows)
		wall_off(pool->base + pool->windows, pool->end - pool->windows);
}

void sl_pool_open_window(struct sl_pool *pool, unsigned window)
{
	size_t at = pool->windows + window * pool->sizes.window;
	map_again(pool, pool->fd, at, pool->sizes.window, PROT_READ | PROT_WRITE);
}

void sl_pool_open_slabs(struct sl_pool *pool, unsigned reader)
{
	size_t share = pool->sizes.quota * pool->sizes.slab;
	size_t range = pool->ranges + reader * pool->sizes.message;
	map_again(pool, pool->fd, reader * share, share, PROT_READ | PROT_WRITE);
	map_again(pool, pool->fd, range, pool->sizes.message, PROT_READ | PROT_WRITE);
}
