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

bool sl_view_is_searched(const struct sl_mail *mail, size_t view)
{
	sl_assert(view < mail->n_views);
	return mail->views[view].kind != SL_VIEW_HEADER &&
	       (sl_view_is_prose(mail, &mail->views[view]) ||
		       (mail->rough && view + 1 >= mail->rough));
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

/* More are not kept: the text is scanned again then. */
enum { FINDS_MOST = 4096 };

struct all_finds {
	size_t n_views;
	struct sl_view_finds view[];
};

struct sl_view_finds *sl_view_finds(struct sl_mail *mail, size_t view)
{
	struct all_finds *all = mail->finds;
	sl_assert(view < mail->n_views);
	if (!all) {
		mail->finds = all = sl_arena_zalloc(
			mail->arena, sizeof(*all) + mail->n_views * sizeof(all->view[0]));
		all->n_views = mail->n_views;
	}
	sl_assert(all->n_views == mail->n_views);
	return &all->view[view];
}

void sl_view_finds_add(
	struct sl_mail *mail, struct sl_view_finds *finds, const struct sl_found *found)
{
	if (finds->n == FINDS_MOST)
		finds->full = true;
	else
		*SL_ARENA_PUSH(mail->arena, finds->items, finds->n, finds->room) = *found;
}

bool sl_view_next(const struct sl_view_finds *finds, size_t *at, struct sl_finder *scan,
	struct sl_found *found_r)
{
	if (!finds->whole)
		return sl_find_next(scan, found_r);
	if (*at >= finds->n)
		return false;
	*found_r = finds->items[(*at)++];
	return true;
}
