/* SPDX-License-Identifier: Apache-2.0 */
/* sevenhead.h - a look at the header of a 7z file before libarchive reads it.
 *
 * A 7z states how many streams, folders (groups of packed streams) and files follow, and libarchive
 * allocates by those numbers before it has read one of them: 200 bytes cost it 2 GB. Each thing
 * that is counted takes at least a byte of the header, so a larger number is a lie. The header is
 * walked once in the order in which libarchive reads it; memory is a byte a folder. What does not
 * hold together is left to libarchive, which names the fault. A header that is itself packed is
 * judged by what describes its packing: inside it is not looked.
 *
 * Source: 7zFormat.txt of the 7-Zip SDK.
 */
#ifndef SL_SEVENHEAD_H
#define SL_SEVENHEAD_H

#include "infile.h"

/* NULL: nothing speaks against it, or the nest is fatal. Else in words what the header does: it
 * states more of something than it has room for, or more folders than are ever needed, or one of
 * its coders asks for more memory than SL_DICTIONARY_MOST. */
const char *sl_sevenhead_refusal(struct sl_infile *file);

#endif
