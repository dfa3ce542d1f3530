/* SPDX-License-Identifier: Apache-2.0 */
/* spool.h - a stream written to a nameless temporary file, for formats that must seek.
 *
 * O_TMPFILE in $TMPDIR or /tmp; where a sandbox forbids that, memory (memfd). The file goes when
 * its descriptor is closed.
 */
#ifndef SL_SPOOL_H
#define SL_SPOOL_H

#include "stream.h"

/* Read `from` to its end. The descriptor, or -1 with *reason_r set ("limit-spool", or NULL when
 * the nest is fatal: err is filled). */
int sl_spool(struct sl_stream *from, uint64_t *size_r, const char **reason_r);

#endif
