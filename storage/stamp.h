/* SPDX-License-Identifier: Apache-2.0 */
/* stamp.h - is the file of a store the one that was looked at before?
 *
 * Looking at every row of every page (pages.h) takes a third of a second for a store of 1 GB. A
 * writer that ends well leaves a stamp beside it: inode, size, time and last transaction of the
 * file. While they fit, and for a week, the heads of pages are enough. The stamp is a cache: it may
 * be lost, or torn, and then all rows are looked at. Internal to storage/.
 */
#ifndef SL_STAMP_H
#define SL_STAMP_H

#include "pipeline/base/err.h"

struct sl_stamp {
	uint64_t inode, size;
	int64_t mtime_ns;
	uint64_t txn;    /* the last that was committed */
	int64_t checked; /* when all rows were looked at; 0: never */
};

enum { SL_STAMP_SECONDS = 7 * 24 * 3600 };

/* What the stamp beside `store` says; false: there is none that can be read. */
bool sl_stamp_read(const char *store, struct sl_stamp *stamp_r);
/* Is it of the file `fd` as it is now, and not too old? */
bool sl_stamp_fits(const struct sl_stamp *stamp, int fd, uint64_t txn, int64_t now);
/* Leave one. Nothing else may write to the file. May wait for 12 ms, so that whatever changes the
 * file from now on gives it another time. Errors do not matter. */
void sl_stamp_write(const char *store, int fd, uint64_t txn, int64_t checked);

#endif
