/* SPDX-License-Identifier: Apache-2.0 */
/* repeat_mail.h - one more copy of a mail, as a spam trap gets it.
 *
 * Each copy has a recipient, a Message-ID, a date and a top Received line of its own. What else
 * differs is the copy's fate: nothing, the boundary of its parts, or also a token behind the first
 * links that stand in clear (in parts that are neither base64 nor quoted-printable).
 */
#ifndef REPEAT_MAIL_H
#define REPEAT_MAIL_H

#include "trap_dice.h"

enum { REPEAT_TOKENS = 3 };

struct repeat_fate {
	bool rotated; /* a new boundary */
	bool token;   /* and tokens in up to REPEAT_TOKENS links */
	int64_t time; /* when it came */
};

/* Append the copy of `mail` (no From_ line) to `out`. Both are borrowed. O(mail). */
void repeat_mail_vary(
	struct trap_dice *dice, struct sl_span mail, struct repeat_fate fate, struct sl_buf *out);

#endif
