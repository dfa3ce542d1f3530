/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - URLs, e-mail addresses and IP addresses in running text, Japanese text included.
 *
 * One pass: a byte table jumps from one byte that can belong to a candidate (":", ".", "@", an
 * opening bracket, an ideographic dot) to the next; look-behind is bounded and never passes what
 * was already taken, so the cost is O(length) for any input. What counts as a URL:
 * docs/INDICATORS.md.
 */
#ifndef SL_SCAN_H
#define SL_SCAN_H

#include "suffixes.h"

enum sl_found_kind { SL_FOUND_URL, SL_FOUND_EMAIL, SL_FOUND_IP };

struct sl_found {
	enum sl_found_kind kind;
	uint32_t flags;       /* DEFANGED, SCHEMELESS, MAPPED */
	size_t begin, end;    /* in the text that was scanned */
	struct sl_span value; /* refanged; a URL has a scheme. Part of the text, or in the arena */
};

struct sl_finder {
	struct sl_arena *arena;
	const struct sl_suffixes *suffixes;
	struct sl_span text;
	size_t at;    /* where to go on */
	size_t floor; /* nothing before this may be taken any more */
};

void sl_find_begin(struct sl_finder *scan, struct sl_arena *arena,
	const struct sl_suffixes *suffixes, struct sl_span text);
/* The next find, in order; false at the end. */
bool sl_find_next(struct sl_finder *scan, struct sl_found *found_r);

#endif
