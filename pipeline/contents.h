/* SPDX-License-Identifier: Apache-2.0 */
/* contents.h - what a worker remembers of bodies that it has read.
 *
 * A trap gets the same body a thousand times. What was learned from it is kept under its key, as a
 * record and as encoded bytes; a further copy takes both and needs its header read, nothing else. A
 * hit gives exactly what a miss would give: a content is a function of what its key names.
 *
 * One of these belongs to one mill, so that nothing a cell was made to believe gets to another
 * cell. Memory is bounded: there is a young and an old generation of half the room each; when the
 * young one is full it becomes the old one, and what is not found again goes. Find and add are O(1)
 * and a copy of the encoded bytes.
 */
#ifndef SL_CONTENTS_H
#define SL_CONTENTS_H

#include "mail.h"

struct sl_contents;

struct sl_learned {
	struct sl_id key;
	bool whole_key; /* nothing is known under this key: such a body is named by all its bytes */
	struct sl_content content;
	struct sl_span encoded; /* the same as the store's codec writes it */
	size_t n_urls;          /* that count against limits->urls, limits->url_bytes */
	uint64_t url_bytes;
};

/* `room`: bytes that all of it may take; 0: nothing is kept. */
struct sl_contents *sl_contents_new(size_t room);
void sl_contents_free(struct sl_contents **contents);

/* Valid until the next add; NULL: not known. */
const struct sl_learned *sl_contents_find(struct sl_contents *contents, const struct sl_id *key);
/* Keep a copy of the mail's content, unless it is too large or has met a limit. What was kept,
 * until the next find or add; or NULL. */
const struct sl_learned *sl_contents_add(struct sl_contents *contents, const struct sl_mail *mail);
/* Remember that bodies of this key are named by all of their bytes. */
void sl_contents_add_whole(struct sl_contents *contents, const struct sl_id *key);

#endif
