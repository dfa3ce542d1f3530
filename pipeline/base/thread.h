/* SPDX-License-Identifier: Apache-2.0 */
/* thread.h - where threads are made: named, with an explicit stack, signals blocked.
 *
 * Signals are left to the main thread, so that a drain is decided in one place.
 */
#ifndef SL_THREAD_H
#define SL_THREAD_H

#include "err.h"

#include <pthread.h>

enum { SL_THREAD_STACK = 1 << 20 };

struct sl_thread {
	pthread_t id;
	bool running;
};

/* Start `body(arg)`; `name` is cut to 15 characters. */
enum sl_rc sl_thread_start(struct sl_thread *thread_r, const char *name, void (*body)(void *arg),
	void *arg, struct sl_err *err) SL_MUST_CHECK;
/* Wait for its end; does nothing when it was never started. */
void sl_thread_join(struct sl_thread *thread);

#endif
