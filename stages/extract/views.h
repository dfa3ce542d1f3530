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
#include "scan.h"

/* Written for people to read. */
bool sl_view_is_prose(const struct sl_mail *mail, const struct sl_view *view);
/* Are addresses looked for in the view with this number? In prose, and, where no
 * parser saw the body, in all that stands in for it. */
bool sl_view_is_searched(const struct sl_mail *mail, size_t view);
/* Its text; lines that calendars and cards fold (RFC 5545 section 3.1) are joined again. O(length).
 */
struct sl_span sl_view_text(const struct sl_mail *mail, const struct sl_view *view);

/* What the URL stage came across in a view and had no use for: e-mail and IP addresses. Saves the
 * stages behind it a scan of the same text. */
struct sl_view_finds {
	struct sl_found *items;
	size_t n, room;
	bool whole; /* nothing was left out: no other scan is needed */
	bool full;
};
/* Of the view with this number; made on the first call, in the mail's arena. */
struct sl_view_finds *sl_view_finds(struct sl_mail *mail, size_t view);
void sl_view_finds_add(
	struct sl_mail *mail, struct sl_view_finds *finds, const struct sl_found *found);
/* The next find: of those kept from `*at` on, or of the scan when they are not whole. */
bool sl_view_next(const struct sl_view_finds *finds, size_t *at, struct sl_finder *scan,
	struct sl_found *found_r);

#endif
