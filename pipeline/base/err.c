/* SPDX-License-Identifier: Apache-2.0 */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum sl_rc sl_err_set(struct sl_err *err, enum sl_exit code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	err->exit_code = code;
	return SL_FATAL;
}

enum sl_rc sl_err_errno(struct sl_err *err, enum sl_exit code, const char *format, ...)
{
	int number = errno;
	char why[128];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	err->exit_code = code;
	if (n >= 0 && (size_t)n < sizeof(err->text))
		snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s",
			strerror_r(number, why, sizeof(why)));
	return SL_FATAL;
}

enum sl_rc sl_err_context(struct sl_err *err, const char *format, ...)
{
	char inner[sizeof(err->text)];
	memcpy(inner, err->text, sizeof(inner));
	va_list args;
	va_start(args, format);
	int n = vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	if (n < 0 || (size_t)n + 3 > sizeof(err->text))
		return SL_FATAL;
	size_t room = sizeof(err->text) - (size_t)n;
	snprintf(err->text + n, room, ": %.*s", (int)(room - 3), inner);
	return SL_FATAL;
}
