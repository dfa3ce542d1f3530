/* SPDX-License-Identifier: Apache-2.0 */
/* lonecell.h - foreign bytes worked on in a cell of their own, for a command that looks at one
 * mail: no engine, no zygote, no second try.
 *
 * A child of the calling process, which must have one thread, closes itself in (sandbox.h) and
 * works. Its text comes back through a pipe, and is handed over only when the work came to its end.
 * Cost: a fork, and < 1 ms. Private to pipeline/.
 */
#ifndef SL_LONECELL_H
#define SL_LONECELL_H

#include "base/buf.h"
#include "base/err.h"
#include "config.h"

enum { SL_LONECELL_FDS = 8 };

struct sl_lonecell {
	const struct sl_config *config;
	/* Descriptors that the work needs; all others are closed. In the child they have other
	 * numbers, which are put here. */
	int fds[SL_LONECELL_FDS];
	size_t n_fds;
	/* Text for the caller, and an exit code. What it opens, it must have opened before. */
	enum sl_rc (*work)(
		struct sl_lonecell *cell, struct sl_buf *text, int *code_r, struct sl_err *err);
	struct sl_lonecell_page *page; /* shared with the child; NULL while there is none */
};

/* Do the work, in a cell or, when config says so, right here. `text` is added to. SL_FATAL: the
 * work failed, or the cell died (exit 70, and why). */
enum sl_rc sl_lonecell_run(struct sl_lonecell *cell, struct sl_buf *text, int *code_r,
	struct sl_err *err) SL_MUST_CHECK;

/* The work begins to parse a mail of `n` bytes: config->message_cpu counts from here. */
void sl_lonecell_mail(struct sl_lonecell *cell, size_t n);

#endif
