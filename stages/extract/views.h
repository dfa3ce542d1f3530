/* SPDX-License-Identifier: Apache-2.0 */
/* views.h - how much a view's text may be trusted to be prose.
 *
 * In prose a bare name or an address means something to the reader; in delivery reports,
 * certificates, program text and other bytes that only look like text, only a URL with its scheme
 * does.
 */
#ifndef SL_VIEWS_H
#define SL_VIEWS_H

#include "pipeline/mail.h"

/* Written for people to read. */
bool sl_view_is_prose(const struct sl_mail *mail, const struct sl_view *view);
/* Its text; lines that calendars and cards fold (RFC 5545 section 3.1) are joined again. O(length).
 */
struct sl_span sl_view_text(const struct sl_mail *mail, const struct sl_view *view);

#endif
