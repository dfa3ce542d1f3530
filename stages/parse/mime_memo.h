/* SPDX-License-Identifier: Apache-2.0 */
/* mime_memo.h - what GMime read out of copies, by their bytes: GMime is a function of these. */
#ifndef SL_MIME_MEMO_H
#define SL_MIME_MEMO_H

#include "mime_copy.h"

/* A part of the tree, in the order of the walk; offsets in the copy. */
struct sl_mime_mark {
	int64_t head, head_end; /* of the header block; -1: it has none */
	int64_t from, to;       /* of the content of a leaf; -1: GMime does not say */
	uint32_t depth;         /* multiparts around it */
	uint32_t alternative;   /* number of the multipart/alternative right around it, or 0 */
	bool leaf, in_digest;
};

struct sl_mime_marks {
	struct sl_mime_mark *items;
	size_t n;
	bool too_deep; /* there are parts below the limit of depth */
};

/* Of one thread. */
struct sl_mime_memo;
struct sl_mime_memo *sl_mime_memo_new(void);
void sl_mime_memo_free(struct sl_mime_memo **memo);
/* What was kept of this copy under this limit of depth; NULL: nothing. */
const struct sl_mime_marks *sl_mime_memo_find(
	struct sl_mime_memo *memo, const struct sl_mime_copy *copy, uint64_t depth);
/* Keep it, in place of another one; large copies are not kept. */
void sl_mime_memo_keep(struct sl_mime_memo *memo, const struct sl_mime_copy *copy, uint64_t depth,
	const struct sl_mime_marks *marks);

#endif
