/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/queue.h"
#include "pipeline/base/thread.h"
#include "pipeline/batch.h"

#include <stdatomic.h>
#include <unistd.h>

enum { PRODUCERS = 3, CONSUMERS = 3, ITEMS = 3000 };

struct shared {
	struct sl_queue *queue;
	atomic_size_t next, pushed, refused, popped;
	char items[PRODUCERS * ITEMS];
	atomic_int got[PRODUCERS * ITEMS];
};

static void produce(void *arg)
{
	struct shared *s = arg;
	for (int i = 0; i < ITEMS; i++) {
		size_t n = atomic_fetch_add(&s->next, 1);
		if (sl_queue_push(s->queue, &s->items[n]))
			atomic_fetch_add(&s->pushed, 1);
		else
			atomic_fetch_add(&s->refused, 1);
	}
	sl_queue_sign_off(s->queue);
}

static void consume(void *arg)
{
	struct shared *s = arg;
	char *item;
	while ((item = sl_queue_pop(s->queue)) != NULL) {
		atomic_fetch_add(&s->got[item - s->items], 1);
		atomic_fetch_add(&s->popped, 1);
	}
}

static void run(struct shared *s, bool abort_midway)
{
	struct sl_thread threads[PRODUCERS + CONSUMERS];
	struct sl_err err;
	s->queue = sl_queue_new(7, PRODUCERS);
	for (size_t i = 0; i < SL_LEN(threads); i++)
		assert_int_equal(sl_thread_start(&threads[i], "test",
					 i < PRODUCERS ? produce : consume, s, &err),
			SL_OK);
	if (abort_midway)
		sl_queue_abort(s->queue);
	for (size_t i = 0; i < SL_LEN(threads); i++)
		sl_thread_join(&threads[i]);
}

static void every_item_arrives_once(void **state)
{
	(void)state;
	static struct shared s;
	run(&s, false);
	assert_int_equal(s.popped, PRODUCERS * ITEMS);
	for (size_t i = 0; i < SL_LEN(s.got); i++)
		assert_int_equal(s.got[i], 1);
	assert_null(sl_queue_pop(s.queue));
	sl_queue_free(&s.queue);
}

static void an_abort_wakes_everybody(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		static struct shared s;
		memset(&s, 0, sizeof(s));
		run(&s, true);
		size_t left = 0;
		while (sl_queue_left(s.queue))
			left++;
		assert_int_equal(s.pushed + s.refused, PRODUCERS * ITEMS);
		assert_int_equal(s.popped + left, s.pushed);
		sl_queue_free(&s.queue);
	}
}

static void a_timed_pop_gives_up(void **state)
{
	(void)state;
	char item;
	bool timeout;
	struct sl_queue *queue = sl_queue_new(1, 1);
	assert_null(sl_queue_pop_timed(queue, 0.01, &timeout));
	assert_true(timeout);
	assert_true(sl_queue_push(queue, &item));
	assert_ptr_equal(sl_queue_pop_timed(queue, 10, &timeout), &item);
	assert_false(timeout);
	sl_queue_sign_off(queue);
	assert_null(sl_queue_pop_timed(queue, 10, &timeout));
	assert_false(timeout);
	sl_queue_free(&queue);
}

static void batches_come_home(void **state)
{
	(void)state;
	struct sl_pool *pool = sl_pool_new(2, 2, 64 * 1024, 1 << 20);
	struct sl_batch *a = sl_pool_take(pool, 0), *b = sl_pool_take(pool, 0);
	struct sl_batch *c = sl_pool_take(pool, 1);
	assert_true(a && b && c && a->slab != b->slab && b->slab != c->slab);
	memset(a->slab, 1, a->size);
	memset(b->slab, 2, b->size);
	assert_int_equal(a->slab[a->size - 1], 1);
	size_t room;
	char *large = sl_batch_enlarge(a, a->slab, a->size, &room);
	assert_int_equal(room, 1 << 20);
	memset(large + a->size, 3, room - a->size);
	assert_int_equal(large[0], 1);
	sl_batch_home(a);
	assert_false(a->has_range);
	a = sl_pool_take(pool, 0);
	assert_non_null(sl_batch_enlarge(a, a->slab, 0, &room)); /* free again */
	sl_batch_home(a);
	sl_batch_home(b);
	sl_batch_home(c);
	sl_pool_abort(pool);
	assert_null(sl_pool_take(pool, 1));
	sl_pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_item_arrives_once),
		cmocka_unit_test(an_abort_wakes_everybody),
		cmocka_unit_test(a_timed_pop_gives_up),
		cmocka_unit_test(batches_come_home),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
