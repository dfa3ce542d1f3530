/* SPDX-License-Identifier: Apache-2.0 */
/* mime.h - the only door to GMime: where the leaves of a message lie.
 *
 * GMime sees a copy of the body behind a Content-Type field, no other header, and only when the
 * message is a multipart. The copy leaves out what GMime would only count: the inside of parts.
 * What it holds is changed byte for byte: "message" and "digest" are misspelt (embedded mails stay
 * leaves; neither its recursion nor its address parser is reached), header blocks of parts are
 * closed at their limits, and parameter names that it loops over are shortened. The copy is cut
 * where the boundary lines pass the limit of parts. What is to be closed, shortened and cut is
 * decided by the screen (screen.h). Boundaries in it are called by number (mime_rename.h), and what
 * GMime read out of a copy is kept (mime_memo.h), so that it reads what one program writes once.
 * Leaves are spans of the message itself; nothing of GMime's text is used.
 */
#ifndef SL_MIME_H
#define SL_MIME_H

#include "pipeline/mail.h"

/* The copy of one thread. */
struct sl_mime;

struct sl_mime *sl_mime_new(void);
void sl_mime_free(struct sl_mime **mime);

struct sl_mime_leaf {
	struct sl_span
		head; /* header block of the part; p NULL: the message's own fields describe it */
	struct sl_span raw;   /* content, transfer-encoded */
	uint32_t depth;       /* multiparts around it */
	uint32_t alternative; /* number of the multipart/alternative right around it, or 0 */
	bool in_digest;       /* without a Content-Type it is a mail (RFC 2046 section 5.1.5) */
};

struct sl_mime_tree {
	struct sl_mime_leaf *leaves; /* in the arena; in order of appearance; at least one */
	size_t n_leaves;
	struct sl_span *gaps; /* bytes of the body that are in no leaf and no part header */
	size_t n_gaps;
	bool whole;     /* no parts were found: the one leaf is the body */
	uint64_t flags; /* LIMIT_DEPTH, PARTS, BOUNDARY, HEADERS; MIME_DAMAGED */
};

/* Cut the body of the mail, which was screened, by its fields. Linear in the body. */
void sl_mime_split(struct sl_mime *mime, struct sl_mail *mail, struct sl_mime_tree *tree_r);

#endif
