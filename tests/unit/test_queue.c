/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/queue.h"
#include "pipeline/base/thread.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_item_arrives_once),
		cmocka_unit_test(an_abort_wakes_everybody),
		cmocka_unit_test(a_timed_pop_gives_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
