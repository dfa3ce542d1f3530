/* SPDX-License-Identifier: Apache-2.0 */
/* zipdir.h - a look at the central directory of a zip file (APPNOTE 6.3.9, zip64 too).
 *
 * For two questions that libarchive does not answer: does something that begins otherwise end as a
 * zip (self-extractors), and do records share bytes (the overlap bombs of Fifield, 2019)? Reads the
 * directory once; memory is 16 bytes a record, at most SL_ZIPDIR_MAX records.
 */
#ifndef SL_ZIPDIR_H
#define SL_ZIPDIR_H

#include "infile.h"

enum { SL_ZIPDIR_MAX = 1 << 20 };

struct sl_zipdir {
	uint64_t at, size; /* where the directory lies in the file */
	uint64_t base;     /* bytes in front of the zip: offsets count from here */
	uint64_t records;  /* as the end record says */
};

/* Find it by the end record in the last 64 KiB. False: none that holds together, or the nest is
 * fatal. */
bool sl_zipdir_find(struct sl_infile *file, struct sl_zipdir *dir_r);
/* Do the bytes of two records overlap by more than two bytes? False also above SL_ZIPDIR_MAX,
 * and when the nest is fatal. */
bool sl_zipdir_overlaps(struct sl_infile *file, const struct sl_zipdir *dir);

#endif
