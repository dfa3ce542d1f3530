/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary.h - how much memory a member of a zip or 7z wants for its dictionary.
 *
 * libarchive decodes these members and takes whatever they ask for, up to 4 GB: whether that is
 * there depends on the machine, and the outputs must not. So the few bytes in front of the data
 * are read before libarchive does. Pure functions; a cut or unknown form asks for nothing, since
 * libarchive ends there, too.
 *
 * Sources: APPNOTE.TXT 5.8 (zip method 14), xz-file-format.txt 1.1.0, 7zFormat.txt and lzma.txt of
 * the 7-Zip SDK.
 */
#ifndef SL_DICTIONARY_H
#define SL_DICTIONARY_H

#include "pipeline/base/span.h"

/* The most that 7-Zip takes unless told so, and half of what the cell of a reader may have. What
 * comes without a member is bounded more tightly (decode.h). */
#define SL_DICTIONARY_MOST ((uint64_t)256 << 20)

/* Properties of an LZMA, LZMA2 or PPMd coder as 7z keeps them. */
uint64_t sl_dictionary_lzma(struct sl_span properties);
uint64_t sl_dictionary_lzma2(struct sl_span properties);
uint64_t sl_dictionary_ppmd(struct sl_span properties);
/* The head of a member of a zip: method 14, and the first block of method 95. Where a second block
 * begins is only known when the first one is decoded; one that asks for more than the first fails
 * in a cell for want of memory. */
uint64_t sl_dictionary_zip_lzma(struct sl_span head);
uint64_t sl_dictionary_xz(struct sl_span head);

#endif
