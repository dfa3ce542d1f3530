/* SPDX-License-Identifier: Apache-2.0 */
/* container.h - tar, zip and 7z: every member goes through sl_walk_content().
 *
 * tar is read front to back; zip and 7z seek, so they need a file of their own (spool.h) unless the
 * input is one. Nothing is ever written by a member's name, links and devices are only counted.
 */
#ifndef SL_CONTAINER_H
#define SL_CONTAINER_H

#include "walk.h"

/* Walk the archive in `stream` (sniffed as `kind`); `file`: the same bytes with seeking, or NULL.
 * Damage is rejected here. Returns what the member was: ARCHIVE, DAMAGED or ENCRYPTED. walk->entry
 * is the archive's path and is the same again afterwards. */
enum sl_member sl_container_walk(struct sl_walk *walk, enum sl_sniff_kind kind,
	struct sl_stream *stream, struct sl_infile *file);

#endif
