/* SPDX-License-Identifier: Apache-2.0 */
/* trap_frame.h - the HTML that lures are poured into.
 *
 * A frame is what a phishing kit brings along; a family keeps its frame. Slots, beside those of
 * trap_tongue.h (in HTML a link is escaped):
 *
 *   $c charset   $t subject   $l label of the button   $p the sentence in hand
 *   $u the next link   $f the next link, as a form's action   $g the next picture
 *   $k a name for a class   $w a number
 */
#ifndef TRAP_FRAME_H
#define TRAP_FRAME_H

enum { TRAP_FRAMES = 4, TRAP_FILLERS = 5 };

struct trap_frame {
	const char *open;
	const char *sentence; /* around each sentence: $p */
	const char *call;     /* the button or form */
	const char *extra;    /* one more link */
	const char *picture;
	const char *
		filler[TRAP_FILLERS]; /* markup without text, until the mail is as large as asked */
	const char *legal;            /* now and then between them: $p */
	const char *close;
};

extern const struct trap_frame trap_frames[TRAP_FRAMES];

#endif
