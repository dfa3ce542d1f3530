/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - cmocka with its required includes, and a few checks for spans. */
#ifndef SL_CHECK_H
#define SL_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above first */
#include <cmocka.h>

#include "pipeline/base/arena.h"

#include <stdio.h>

/* A span must hold this text; on failure prints both. */
#define CHECK_SPAN(span, text) check_span((span), (text), __FILE__, __LINE__)
/* The same in a table: `index` names the row. */
#define CHECK_SPAN_ROW(span, text, index)                                                          \
	do {                                                                                       \
		struct sl_span got_ = (span);                                                      \
		struct sl_span want_ = sl_span_str(text);                                          \
		if (!sl_span_eq(got_, want_))                                                      \
			fail_msg("row %d: got \"%.*s\", want \"%.*s\"", (int)(index),              \
				SL_ARG(got_), SL_ARG(want_));                                      \
	} while (0)

static inline void check_span(struct sl_span got, const char *want, const char *file, int line)
{
	if (sl_span_eq(got, sl_span_str(want)))
		return;
	print_error("got \"%.*s\", want \"%s\"\n", SL_ARG(got), want);
	_fail(file, line);
}

#endif
