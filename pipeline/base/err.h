/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - why a fatal error happened, in words, with the exit code it leads to.
 *
 * The caller owns the struct; functions that can end a run take one and fill it once. Context
 * is put in front on the way up ("cannot open store X: ..."). Errors of input are no sl_err:
 * they are rejects or flags.
 */
#ifndef SL_ERR_H
#define SL_ERR_H

#include "span.h"

struct sl_err {
	enum sl_exit exit_code;
	char text[768];
};

/* Fill and return SL_FATAL, so that `return sl_err_set(err, ...)` is one line. */
enum sl_rc sl_err_set(struct sl_err *err, enum sl_exit code, const char *format, ...)
	SL_PRINTF(3, 4);
/* The same with ": strerror(errno)" behind it. errno is read first. */
enum sl_rc sl_err_errno(struct sl_err *err, enum sl_exit code, const char *format, ...)
	SL_PRINTF(3, 4);
/* Put context in front of what is there; returns SL_FATAL. */
enum sl_rc sl_err_context(struct sl_err *err, const char *format, ...) SL_PRINTF(2, 3);

#endif
