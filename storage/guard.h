/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h - a damaged page ends the program with a reason, not with a signal.
 *
 * LMDB has no sums of its pages and follows what stands in them; a page that was written over, or
 * that the file lacks, shows as SIGBUS or SIGSEGV. While a store is open, such a signal ends the
 * process with exit 74 and one line, when its address lies in the store's map or when it comes out
 * of a call of LMDB in that thread. All others go to whoever had the signal before. The open
 * transaction is lost, as it should be; what was committed stays. Internal to storage/.
 */
#ifndef SL_GUARD_H
#define SL_GUARD_H

#include "pipeline/base/base.h"

/* A thread is inside LMDB while this is not 0. */
extern _Thread_local volatile unsigned sl_guard_depth;

/* Watch the mapping of the file `fd`. The line is written as it is, with a line end. SIZE_MAX:
 * there are too many already, or the mapping was not found; then only calls are watched. */
size_t sl_guard_add(int fd, const char *line);
/* Where that mapping lies; false: not known. */
bool sl_guard_range(size_t guard, const char **map_r, size_t *size_r);
void sl_guard_remove(size_t guard);
/* Write the line of a store and end with exit 74. */
_Noreturn void sl_guard_end(const char *line);

#endif
