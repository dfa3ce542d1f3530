/* SPDX-License-Identifier: Apache-2.0 */
/* mime_rename.h - copies of mails that are made alike, made alike.
 *
 * Boundaries are made up anew for each mail, and so are file names, ids and the first lines of
 * texts; what stands round them is what a program writes every time. In a copy whose boundaries are
 * called after their order, that says no more of contents than that there are some, and of fields
 * no more than GMime's tree hangs on, GMime reads the same tree, and mime.c need not ask it again.
 * A copy is left as it is unless that is sure to change nothing: when all that is said of
 * boundaries is said plainly ("boundary=" and a simple value), no line is long, and no line could
 * be taken for a boundary in one of the two copies only.
 */
#ifndef SL_MIME_RENAME_H
#define SL_MIME_RENAME_H

#include "mime_copy.h"

/* `spare` is the other buffer, and is exchanged with the copy's own. Linear, but for the number of
 * names (16 at most). */
void sl_mime_rename(struct sl_mime_copy *copy, struct sl_mime_copy *spare);

#endif
