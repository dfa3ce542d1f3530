/* SPDX-License-Identifier: Apache-2.0 */
#include "views.h"

static struct sl_span type_of(const struct sl_mail *mail, const struct sl_view *view)
{
	return view->part < mail->n_parts ? mail->parts[view->part].type : SL_SPAN("text/plain");
}

static bool is_card(struct sl_span type)
{
	return sl_span_eq(type, SL_SPAN("text/calendar")) ||
	       sl_span_eq(type, SL_SPAN("text/vcard")) ||
	       sl_span_eq(type, SL_SPAN("text/x-vcard")) ||
	       sl_span_eq(type, SL_SPAN("text/directory"));
}

bool sl_view_is_prose(const struct sl_mail *mail, const struct sl_view *view)
{
	struct sl_span type = type_of(mail, view);
	return view->kind != SL_VIEW_RAW && sl_span_starts(type, SL_SPAN("text/")) &&
	       !is_card(type) && !sl_span_eq(type, SL_SPAN("text/rfc822-headers"));
}

/* Length of a line end with the white space that makes it a fold, or 0. */
static size_t fold_at(struct sl_span text, size_t at)
{
	size_t from = at;
	if (at < text.n && text.p[at] == '\r')
		at++;
	if (at >= text.n || text.p[at] != '\n')
		return 0;
	at++;
	return at < text.n && (text.p[at] == ' ' || text.p[at] == '\t') ? at + 1 - from : 0;
}

struct sl_span sl_view_text(const struct sl_mail *mail, const struct sl_view *view)
{
	struct sl_span text = view->text;
	if (!is_card(type_of(mail, view)))
		return text;
	char *to = sl_arena_alloc(mail->arena, text.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.n;) {
		size_t fold = fold_at(text, i);
		if (fold == 0)
			to[n++] = text.p[i++];
		i += fold;
	}
	sl_assert(n <= text.n);
	return sl_span_of(to, n);
}
