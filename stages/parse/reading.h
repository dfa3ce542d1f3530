/* SPDX-License-Identifier: Apache-2.0 */
/* reading.h - which of the texts of a message a reader sees. */
#ifndef SL_READING_H
#define SL_READING_H

#include "pipeline/mail.h"

/* The texts of one leaf. */
struct sl_reading {
	struct sl_span visible, hidden; /* of HTML */
	struct sl_span plain;
	uint32_t part;
	uint32_t alternative; /* of plain and HTML with the same number only one is shown: the HTML
			       */
	bool attachment;
};

/* Fill mail->visible and mail->hidden, in the arena. Attachments count only when there is nothing
 * else. */
void sl_reading_join(struct sl_mail *mail, const struct sl_reading *readings, size_t n);

#endif
