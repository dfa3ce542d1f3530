/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h - are the pages of an LMDB file where they belong?
 *
 * LMDB 0.9 follows page numbers without a look at the number that each page carries. A page that
 * was written to the wrong place, or an old one in the place of a new one, would be answered from
 * without a word: its rows are sound, but not those of today; and a search in a page whose keys do
 * not rise finds nothing. So at each open the branches of all trees are walked: numbers, kinds and
 * heads of pages, and the counts of pages, which takes some milliseconds for 1 GB. Unless the file
 * is the one that a writer left behind (stamp.h), leaves are walked, too, and the order of keys in
 * them: that reads the tables once, without large values (about 2 us a page in memory). The writer
 * reads the list of free pages: a page on it that is in use would be written over; that takes one
 * bit a page. Format: mdb.c of LMDB 0.9, data version 1. Internal to storage/.
 */
#ifndef SL_PAGES_H
#define SL_PAGES_H

#include "pipeline/base/span.h"

#include <string.h>

struct sl_pages {
	const char *map; /* NULL: not known where it lies; everything fits then */
	size_t size;     /* of the mapping */
	size_t page_size;
};

struct sl_pages_look {
	bool free_list; /* the list of free pages, too: takes a bit a page */
	bool rows;      /* leaves, and the rows in them */
};
/* NULL, or what is wrong. `txn` is the number of the snapshot that the caller holds open; one that
 * is no longer in the header cannot be looked at and is taken as sound. */
const char *sl_pages_verify(const struct sl_pages *pages, uint64_t txn, struct sl_pages_look look);

/* Does the page that these bytes of a key or value lie in carry its own number? */
static inline bool sl_page_fits(const struct sl_pages *pages, const void *bytes)
{
	uint64_t number;
	const char *at = bytes;
	if (!pages->map || at < pages->map || at >= pages->map + pages->size)
		return true; /* a page of the open transaction */
	size_t index = (size_t)(at - pages->map) / pages->page_size;
	memcpy(&number, pages->map + index * pages->page_size, sizeof(number));
	return number == index;
}

#endif
