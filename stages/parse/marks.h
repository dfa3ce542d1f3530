/* SPDX-License-Identifier: Apache-2.0 */
/* marks.h - message flags that can be told from header fields alone.
 *
 * BACKSCATTER and AUTO_REPLY want evidence that a lure seldom has: a lure that plays a bounce
 * ("Mail delivery failed", From: postmaster) is not flagged by its words alone.
 */
#ifndef SL_MARKS_H
#define SL_MARKS_H

#include "charset.h"
#include "pipeline/mail.h"

/* Needs mail->fields, subject, from_name, from_addr and from_domain. `null_return_path`:
 * Return-Path is there and empty. Sets BIDI, INVISIBLE, ADDRESS_IN_NAME, LIST, BACKSCATTER,
 * AUTO_REPLY. Linear. */
void sl_marks_set(struct sl_mail *mail, struct sl_charset *charset, bool null_return_path);

/* A name that holds an address or a host of another domain than `domain`. */
bool sl_marks_address_in_name(struct sl_span name, struct sl_span domain);

#endif
