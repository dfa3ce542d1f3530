/* SPDX-License-Identifier: Apache-2.0 */
/* url_links.c - the URL-valued places of HTML parts, and what their anchors pretend. */
#include "unwrap_decode.h"
#include "url_job.h"

#define FLAG(name) ((uint32_t)SL_BIT(SL_IND_##name))

/* The same long base again and again costs memory even when nothing new comes of it. */
enum { SHOWN_MAX = 2048, RESOLVED_MOST = 64 << 20 };

/* The <base> of the part at hand, parsed once for all its links. */
struct base {
	struct sl_span written;
	struct sl_url url;
	bool good;
};

static const struct sl_url *base_of(
	struct sl_url_job *job, const struct sl_link *link, struct base *base)
{
	if (link->base.n == 0)
		return NULL;
	if (base->written.p != link->base.p || base->written.n != link->base.n) {
		uint32_t flags = 0;
		base->written = link->base;
		base->good = sl_url_parse(job->mail->arena, sl_url_job_cut(job, link->base, &flags),
			NULL, &base->url);
	}
	return base->good ? &base->url : NULL;
}

static bool same_owner(struct sl_url_job *job, const struct sl_url *a, const struct sl_url *b)
{
	if (sl_span_eq(a->host, b->host))
		return true;
	struct sl_span x = sl_suffixes_domain(job->suffixes, a->host);
	struct sl_span y = sl_suffixes_domain(job->suffixes, b->host);
	return x.n > 0 && sl_span_eq(x, y);
}

/* URLs in the text of an anchor: the first one is what the reader believes. Every one is counted,
 * so that the text view does not take it for a link of its own. False: nothing is shown. */
static bool shown_url(struct sl_url_job *job, const struct sl_link *link, struct sl_url *shown_r,
	uint32_t *flags_r)
{
	struct sl_finder scan;
	struct sl_found found;
	bool any = false;
	if (link->role != SL_ROLE_LINK || link->text.n == 0)
		return false;
	sl_find_begin(&scan, job->mail->arena, job->suffixes, sl_span_head(link->text, SHOWN_MAX));
	while (sl_find_next(&scan, &found)) {
		if (found.kind != SL_FOUND_URL)
			continue;
		sl_url_tally_add(job, link->part, found.value);
		if (any)
			continue;
		*flags_r = found.flags;
		any = sl_url_parse(job->mail->arena, found.value, NULL, shown_r);
	}
	return any;
}

static void add_link(struct sl_url_job *job, const struct sl_link *link, const struct sl_url *url,
	const struct sl_url_place *place)
{
	struct sl_url shown, target;
	sl_assert(link->role < SL_ROLES && url->host.n > 0);
	uint32_t shown_flags = 0;
	bool pretends = shown_url(job, link, &shown, &shown_flags);
	if (!sl_url_job_add(job, url, place, &target))
		return;
	if (!pretends || same_owner(job, &shown, url) || same_owner(job, &shown, &target))
		return;
	struct sl_url_place there = *place;
	there.flags |= FLAG(MISMATCH);
	sl_url_job_add(job, url, &there, &target);
	there.role = SL_ROLE_DISPLAY;
	there.flags = shown_flags;
	sl_url_tally_add(job, SL_URL_SHOWN, shown.host);
	struct sl_url ignored;
	sl_url_job_add(job, &shown, &there, &ignored);
}

/* URLs with a scheme inside a piece of script or of a mailto body. */
static void add_inside(
	struct sl_url_job *job, struct sl_span text, const struct sl_url_place *place)
{
	struct sl_finder scan;
	struct sl_found found;
	sl_find_begin(&scan, job->mail->arena, job->suffixes, text);
	while (sl_find_next(&scan, &found))
		if (found.kind == SL_FOUND_URL && !(found.flags & FLAG(SCHEMELESS)))
			sl_url_job_add_text(job, found.value, place);
}

static void add_mailto(struct sl_url_job *job, struct sl_span rest, struct sl_url_place place)
{
	ssize_t question = sl_span_chr(rest, '?', 0);
	if (question < 0)
		return;
	struct sl_span body =
		sl_unwrap_param(sl_span_from(rest, (size_t)question + 1), SL_SPAN("body"));
	place.role = SL_ROLE_MENTION;
	place.flags |= FLAG(MAILTO);
	add_inside(job, sl_url_decode(job->mail->arena, body), &place);
}

/* "intent://host/path#Intent;scheme=https;S.browser_fallback_url=...;end" of Android. */
static void add_intent(struct sl_url_job *job, struct sl_span rest, struct sl_url_place place)
{
	struct sl_arena *arena = job->mail->arena;
	ssize_t mark = sl_span_find(rest, SL_SPAN("#Intent;"), 0);
	struct sl_span front = mark < 0 ? rest : sl_span_head(rest, (size_t)mark);
	struct sl_span list = mark < 0 ? SL_SPAN_NULL : sl_span_from(rest, (size_t)mark + 8);
	struct sl_span field, scheme = SL_SPAN_NULL;
	place.flags |= FLAG(INTENT);
	while (sl_span_split(&list, ';', &field)) {
		struct sl_span fallback = SL_SPAN("S.browser_fallback_url=");
		if (sl_span_starts(field, SL_SPAN("scheme=")))
			scheme = sl_span_from(field, strlen("scheme="));
		if (sl_span_starts(field, fallback))
			sl_url_job_add_text(
				job, sl_url_decode(arena, sl_span_from(field, fallback.n)), &place);
	}
	if (sl_span_ieq(scheme, SL_SPAN("http")) || sl_span_ieq(scheme, SL_SPAN("https")))
		sl_url_job_add_text(job,
			sl_arena_printf(arena, "%.*s:%.*s", SL_ARG(scheme), SL_ARG(front)), &place);
}

static inline bool is(struct sl_span scheme, const char *name)
{
	return sl_span_eq(scheme, sl_span_str(name));
}

/* Schemes that lead to the web by a detour. True: done with it. */
static bool by_scheme(struct sl_url_job *job, struct sl_span scheme, struct sl_span rest,
	const struct sl_url_place *place)
{
	if (is(scheme, "https") || is(scheme, "http") || is(scheme, "ftp") || scheme.n == 0)
		return false;
	struct sl_url_place here = *place;
	if (is(scheme, "javascript") || is(scheme, "vbscript")) {
		here.flags |= FLAG(SCRIPT);
		add_inside(job, sl_url_decode(job->mail->arena, rest), &here);
	} else if (is(scheme, "mailto")) {
		add_mailto(job, rest, here);
	} else if (is(scheme, "intent")) {
		add_intent(job, rest, here);
	} else if (is(scheme, "view-source") || is(scheme, "feed")) {
		sl_url_job_add_text(job, rest, &here);
	}
	return true;
}

static void one_link(struct sl_url_job *job, const struct sl_link *link, struct base *base)
{
	struct sl_url_place place = { .role = link->role,
		.view = link->hidden ? SL_VIEW_HIDDEN : SL_VIEW_HTML,
		.part = link->part,
		.flags = link->flags & ~FLAG(BASE) };
	struct sl_span rest, text = sl_url_job_cut(job, link->url, &place.flags);
	struct sl_span scheme = sl_url_scheme(job->mail->arena, text, &rest);
	struct sl_span trimmed = sl_span_trim(text);
	struct sl_url url;
	if (trimmed.n == 0 || trimmed.p[0] == '#' || by_scheme(job, scheme, rest, &place))
		return;
	const struct sl_url *at = base_of(job, link, base);
	if (scheme.n == 0 && !at && sl_span_istarts(trimmed, SL_SPAN("www."))) {
		/* no browser would, but mail programs put the scheme in front */
		text = sl_arena_printf(job->mail->arena, "http://%.*s", SL_ARG(trimmed));
		place.flags |= FLAG(SCHEMELESS);
	}
	if (!sl_url_parse(job->mail->arena, text, at, &url))
		return;
	job->resolved += url.text.n;
	job->full |= job->resolved > RESOLVED_MOST;
	if (url.ip.family == 0 && sl_span_chr(url.host, '.', 0) <= 0)
		return;
	add_link(job, link, &url, &place);
}

void sl_url_job_links(struct sl_url_job *job)
{
	struct base base = { .good = false };
	for (size_t i = 0; i < job->mail->n_links && !sl_url_job_full(job); i++)
		if (job->mail->links[i].role != SL_ROLE_NAMESPACE)
			one_link(job, &job->mail->links[i], &base);
}
