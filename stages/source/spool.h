/* SPDX-License-Identifier: Apache-2.0 */
/* spool.h - a stream written to a nameless temporary file, for formats that must seek.
 *
 * One of the files that the reader was given, or, when it was given none, O_TMPFILE in $TMPDIR or
 * /tmp; else memory (memfd).
 */
#ifndef SL_SPOOL_H
#define SL_SPOOL_H

#include "stream.h"

/* Read `from` to its end. The descriptor, or -1 with *reason_r set ("limit-spool", or NULL when
 * the nest is fatal: err is filled). */
int sl_spool(
	struct sl_stream *from, struct sl_spools *spools, uint64_t *size_r, const char **reason_r);
/* Empties it, or closes it. */
void sl_spool_give_back(struct sl_spools *spools, int fd);

#endif
