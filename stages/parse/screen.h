/* SPDX-License-Identifier: Apache-2.0 */
/* screen.h - the first stage: what of a message which reader may look at, and what no reader may.
 *
 * One pass over the raw bytes, before anybody else sees them: head and body are parted, the head is
 * cut into fields within its limits, the colons of address fields are counted, the Content-Type
 * that leads to parts is chosen, and the boundary lines of the body and the header blocks behind
 * them are counted for GMime. What a limit keeps out is remembered as a cut: body.c scans it for
 * links as bytes. docs/ARCHITECTURE.md says why the lines run where they do.
 *
 * All of it lives in the arena of the message. Linear; over a body it jumps from one line that
 * begins with "--" to the next.
 */
#ifndef SL_SCREEN_H
#define SL_SCREEN_H

#include "headfields.h"

/* Where a boundary stands. */
struct sl_screen_mark {
	size_t at;       /* offset in the type, or in the body */
	uint32_t n;      /* length */
	uint32_t number; /* of the boundary, in the order in which they are declared */
	bool line;       /* in a line that begins with "--"; else where it is declared */
};

/* What of a body GMime may see when it reads it as a multipart of one type. */
struct sl_screen_body {
	size_t n;       /* bytes from the start; the rest has too many parts, or levels */
	size_t *closes; /* offsets of lines at which the header block of a part passes a limit: it
			   must end there */
	size_t n_closes, room_closes;
	struct sl_span *blanks; /* starts of parameter names that are too long for GMime; in the
				   type or in the body */
	size_t n_blanks, room_blanks;
	uint64_t flags; /* LIMIT_PARTS, BOUNDARY, HEADERS */
	/* The boundaries could have other names of the same lengths at `marks`, and nothing else
	 * about the tree would change; the first n_type_marks are in the type. */
	bool renamable;
	struct sl_screen_mark *marks;
	size_t n_type_marks, n_marks, room_marks;
};

struct sl_screen {
	struct sl_cuts cuts;        /* of the head */
	struct sl_span type;        /* the Content-Type that leads to parts, trimmed; or empty */
	bool multipart;             /* ... says that there are parts */
	struct sl_screen_body body; /* for `type`; only when multipart */
};

/* Screen the mail, unless that was done: sets head, body, fields, screen, and flags. Never fails.
 */
void sl_screen_mail(struct sl_mail *mail);

/* More of the head that a limit kept from its reader: a field value from `from` on. */
void sl_screen_cut(struct sl_mail *mail, struct sl_span value, size_t from);

/* Screen a body once more, for another type. */
void sl_screen_body(struct sl_arena *arena, struct sl_span type, struct sl_span body,
	const struct sl_limits *limits, struct sl_screen_body *body_r);

#endif
