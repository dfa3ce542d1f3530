/* SPDX-License-Identifier: Apache-2.0 */
/* trap_args.h - the command lines of the generators: rows of names, kinds and places. */
#ifndef TRAP_ARGS_H
#define TRAP_ARGS_H

#include "pipeline/base/span.h"

enum trap_arg_kind {
	TRAP_ARG_NUMBER, /* uint64_t; K, M and G are powers of 1,000 */
	TRAP_ARG_SHARE,  /* uint32_t, millionths, written as 0 to 1 */
	TRAP_ARG_TEXT    /* const char *, borrowed */
};

struct trap_arg {
	const char *name; /* with the two dashes */
	enum trap_arg_kind kind;
	size_t offset; /* in the options */
	const char *help;
};

/* Fill `options` from "--name VALUE" and "--name=VALUE". What is no option is moved to the front of
 * argv + 1; its number is returned. A mistake is printed, then exit 64; --help prints the rows. */
int trap_args_read(int argc, char **argv, const char *usage, const struct trap_arg *rows, size_t n,
	void *options);

/* "0.25" as millionths; false when it is no number from 0 to 1. */
bool trap_args_share(struct sl_span text, uint32_t *share_r);

#endif
