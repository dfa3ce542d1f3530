/* SPDX-License-Identifier: Apache-2.0 */
/* mbox.h - splits mbox files (mboxrd, mboxo; RFC 4155 and what is met) into messages.
 *
 * A push parser: what comes out does not depend on how the bytes are cut into calls. The rule:
 * a line "From ..." starts a message when
 *   - it stands behind an empty line (or another such line) and holds a date; or
 *   - it stands behind an empty line, names a sender but no date, and the next line is a known
 *     header field; or
 *   - it holds a date, stands behind no empty line, and the next line is a known header field.
 * Content-Length is not believed. One '>' of "^>+From " is undone. The From_ line and one empty
 * line in front of the next From_ line (or of the end) are not part of the message; the slice holds
 * both, so slices add up to the entry. At most one From_ line and 80 bytes are held back.
 */
#ifndef SL_MBOX_H
#define SL_MBOX_H

#include "emit.h"
#include "fromline.h"

enum { SL_MBOX_AHEAD = 80 };

struct sl_mbox {
	struct sl_emit *emit;
	uint64_t at;      /* bytes taken */
	uint64_t line_at; /* where the line in hand starts */
	int state;
	char eol; /* '\n', or '\r' for old Macintosh files */
	bool quoted, after_blank;
	char blank[2]; /* an empty line that may be the last of its message */
	size_t n_blank;
	size_t n_match; /* bytes of "From " seen */
	size_t n_line;  /* length of the From_ line at the start of `hold` */
	size_t n_hold;
	struct sl_fromline from;
	char hold[SL_FROMLINE_MAX + SL_MBOX_AHEAD + 2];
};

/* The emitter is borrowed. `skip`: bytes in front of the first From_ line that were taken
 * already; they count into the first slice. */
void sl_mbox_init(struct sl_mbox *mbox, struct sl_emit *emit, char eol, uint64_t skip);
void sl_mbox_feed(struct sl_mbox *mbox, struct sl_span bytes);
/* The end of the entry: the last message goes out. */
void sl_mbox_finish(struct sl_mbox *mbox);

#endif
