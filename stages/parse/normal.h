/* SPDX-License-Identifier: Apache-2.0 */
/* normal.h - text to the form in which lures are compared: tricks undone, slots masked.
 *
 * Order: invisible characters out, NFKC and case folding, marks off Latin letters, look-alikes
 * folded in words that hold Latin letters, residue of quoted-printable undone, then masks: a URL is
 * \x01, an address \x02, a number or mixed identifier \x03. Punctuation is one space, lines end
 * with \n. What a mask took out and is rare becomes an anchor. Linear in the text.
 */
#ifndef SL_NORMAL_H
#define SL_NORMAL_H

#include "pipeline/base/arena.h"

enum { SL_MASK_URL = 1, SL_MASK_ADDRESS = 2, SL_MASK_NUMBER = 3 };
enum { SL_NORMAL_MAX = 16 * 1024, SL_ANCHORS_MAX = 32 };

struct sl_normal {
	struct sl_span text; /* at most `max` bytes, cut between characters */
	struct sl_span
		*anchors; /* "amount:1980", "phone:...", "email:...", "wallet:...", "macro:..." */
	size_t n_anchors; /* sorted, without repeats, at most SL_ANCHORS_MAX */
	bool invisible;   /* invisible characters within words */
	bool bidi;        /* characters that turn the direction of writing */
	bool mixed;       /* a word of Latin letters and their look-alikes */
	struct sl_span source, folded; /* what was read of the text, and its folded form */
};

void sl_normal_make(
	struct sl_arena *arena, struct sl_span text, size_t max, struct sl_normal *normal_r);

#endif
