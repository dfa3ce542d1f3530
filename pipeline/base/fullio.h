/* SPDX-License-Identifier: Apache-2.0 */
/* fullio.h - reads and writes to their end: short and interrupted calls go on. */
#ifndef SL_FULLIO_H
#define SL_FULLIO_H

#include "span.h"

#include <sys/types.h>

/* False: errno says why; how much was written is not known. */
bool sl_write_all(int fd, struct sl_span s) SL_MUST_CHECK;
/* Bytes at `to`: fewer than `room` only where the file ends; -1: errno says why. */
ssize_t sl_pread_all(int fd, char *to, size_t room, uint64_t at) SL_MUST_CHECK;

#endif
