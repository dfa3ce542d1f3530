/* SPDX-License-Identifier: Apache-2.0 */
/* dbfile.h - the files of a store that does not exist yet: whole, and safe on the disk. */
#ifndef SL_DBFILE_H
#define SL_DBFILE_H

#include "pipeline/base/err.h"

/* LMDB makes its file in place, in one write that a full disk, a kill or a power cut may tear, and
 * refuses for ever what is left then. So it is made under another name: a data.mdb that is there is
 * whole, and what is short of it is damage. The folder and its name are made safe, too. Whoever
 * calls holds the lock of the store. Exit 73 or 74. */
enum sl_rc sl_dbfile_make(const char *store, struct sl_err *err) SL_MUST_CHECK;
/* LMDB maps its lock file with holes in it: on a full disk the first touch would be SIGBUS. Where
 * the file system cannot reserve room, it stays so. Exit 73 or 74. */
enum sl_rc sl_dbfile_reserve_lock(
	const char *store, unsigned readers, struct sl_err *err) SL_MUST_CHECK;

#endif
