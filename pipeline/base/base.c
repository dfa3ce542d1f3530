/* SPDX-License-Identifier: Apache-2.0 */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>

static _Thread_local const char *working_on;

void sl_working_on(const char *what)
{
	working_on = what;
}

const char *sl_working_on_what(void)
{
	return working_on ? working_on : "nothing in particular";
}

void sl_assert_fail(const char *text, const char *file, int line)
{
	fprintf(stderr, "spamloom: assertion failed: %s (%s:%d) while working on %s\n", text, file,
		line, sl_working_on_what());
	abort();
}

SL_NORETURN static void out_of_memory(size_t size)
{
	fprintf(stderr, "spamloom: out of memory (%zu bytes) while working on %s\n", size,
		sl_working_on_what());
	abort();
}

void *sl_malloc(size_t size)
{
	void *p = malloc(size ? size : 1);
	if (!p)
		out_of_memory(size);
	return p;
}

void *sl_calloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);
	if (!p)
		out_of_memory(size);
	return p;
}

void *sl_realloc(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);
	if (!q)
		out_of_memory(size);
	return q;
}
