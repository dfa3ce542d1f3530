/* SPDX-License-Identifier: Apache-2.0 */
/* readfile.h - a file of mail as a whole, for programs that look at mails one by one. */
#ifndef SL_TEST_READFILE_H
#define SL_TEST_READFILE_H

#include "pipeline/base/buf.h"

#include <stdio.h>

/* Into `to`, which is emptied first. False: it cannot be opened, or is larger than `to` may be. */
static inline bool readfile_all(const char *path, struct sl_buf *to)
{
	char block[65536];
	size_t n;
	FILE *file = fopen(path, "rb");
	sl_buf_reset(to);
	if (!file)
		return false;
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		sl_buf_add(to, sl_span_of(block, n));
	fclose(file);
	return !to->overflow;
}

#endif
