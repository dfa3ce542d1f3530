/* SPDX-License-Identifier: Apache-2.0 */
/* mailhead.h - does this text begin like a mail (RFC 5322 header fields), or an mbox?
 *
 * Judged by the field names up to the first empty line. Damaged mail must pass, README files,
 * tables and scripts must not: so at least one name that mails have is needed. O(length).
 */
#ifndef SL_MAILHEAD_H
#define SL_MAILHEAD_H

#include "pipeline/base/span.h"

enum sl_fieldname {
	SL_FIELDNAME_NONE,  /* no header field */
	SL_FIELDNAME_OTHER, /* "word:" */
	SL_FIELDNAME_WEAK,  /* mails have it, and so have other texts: Date, Content-Type, X- */
	SL_FIELDNAME_STRONG /* Received, From, Subject ... */
};

/* The field name in front of the first colon of a line. */
enum sl_fieldname sl_fieldname_of(struct sl_span line);

enum sl_mailhead {
	SL_MAILHEAD_NONE,
	SL_MAILHEAD_MAIL, /* a header on top */
	SL_MAILHEAD_MBOX  /* a From_ line on top */
};

/* `head`: the first bytes of a file, behind a byte order mark and empty lines; `eol` ends its
 * lines. `whole`: there is nothing behind them. */
enum sl_mailhead sl_mailhead_of(struct sl_span head, char eol, bool whole);

#endif
