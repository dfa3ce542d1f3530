/* SPDX-License-Identifier: Apache-2.0 */
#include "thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct start {
	void (*body)(void *arg);
	void *arg;
	char name[16];
};

static void *run(void *argument)
{
	struct start start = *(struct start *)argument;
	free(argument);
	pthread_setname_np(pthread_self(), start.name);
	start.body(start.arg);
	return NULL;
}

enum sl_rc sl_thread_start(struct sl_thread *thread_r, const char *name, void (*body)(void *arg),
	void *arg, struct sl_err *err)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	struct start *start = sl_malloc(sizeof(*start));
	start->body = body;
	start->arg = arg;
	snprintf(start->name, sizeof(start->name), "%s", name);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, SL_THREAD_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&thread_r->id, &attributes, run, start);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	thread_r->running = failed == 0;
	if (!failed)
		return SL_OK;
	free(start);
	errno = failed;
	return sl_err_errno(err, SL_EXIT_INTERNAL, "cannot start thread %s", name);
}

void sl_thread_join(struct sl_thread *thread)
{
	if (!thread->running)
		return;
	int failed = pthread_join(thread->id, NULL);
	sl_assert(failed == 0);
	thread->running = false;
}
