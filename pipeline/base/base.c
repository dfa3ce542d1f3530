/* SPDX-License-Identifier: Apache-2.0 */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>

static _Thread_local const char *working_on;
static _Thread_local char *last_words;
static _Thread_local size_t last_words_size;

void sl_working_on(const char *what)
{
	working_on = what;
}

const char *sl_working_on_what(void)
{
	return working_on ? working_on : "nothing in particular";
}

void sl_last_words(char *to, size_t size)
{
	last_words = to;
	last_words_size = size;
}

void sl_assert_fail(const char *text, const char *file, int line)
{
	fprintf(stderr, "spamloom: assertion failed: %s (%s:%d) while working on %s\n", text, file,
		line, sl_working_on_what());
	if (last_words)
		snprintf(last_words, last_words_size, "assertion failed: %s (%s:%d)", text, file,
			line);
	abort();
}

SL_NORETURN static void out_of_memory(size_t size)
{
	fprintf(stderr, "spamloom: out of memory (%zu bytes) while working on %s\n", size,
		sl_working_on_what());
	if (last_words)
		snprintf(last_words, last_words_size, "out of memory (%zu bytes)", size);
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

void *sl_malloc_aligned(size_t size)
{
	enum { LINE = 64 };
	void *p = aligned_alloc(LINE, (size + LINE) / LINE * LINE);
	if (!p)
		out_of_memory(size);
	return p;
}
