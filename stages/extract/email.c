/* SPDX-License-Identifier: Apache-2.0 */
/* email.c - e-mail addresses: of the header, of running text, of mailto links. */
#include "pipeline/base/unicode.h"
#include "pipeline/stage.h"
#include "scan.h"
#include "views.h"
#include "whatwg.h"

#include <stdlib.h>

enum { ADDRESS_MAX = 320 };

struct job {
	struct sl_mail *mail;
	const struct sl_suffixes *suffixes;
};

/* The trap's own addresses are in no output. */
static bool is_trap(const struct sl_config *config, struct sl_span address)
{
	for (size_t i = 0; i < config->trap_addresses.n; i++) {
		struct sl_span own = sl_span_str(config->trap_addresses.items[i]);
		bool domain = own.n && own.p[0] == '@';
		if (domain ? sl_span_iends(address, own) : sl_span_ieq(address, own))
			return true;
	}
	return false;
}

static struct sl_span lowered(struct sl_arena *arena, struct sl_span s)
{
	size_t n = 0;
	while (n < s.n && s.p[n] == sl_lower(s.p[n]))
		n++;
	if (n == s.n)
		return s;
	char *to = sl_arena_alloc(arena, s.n);
	for (size_t i = 0; i < s.n; i++)
		to[i] = sl_lower(s.p[i]);
	return sl_span_of(to, s.n);
}

static void add_email(struct job *job, struct sl_span address, struct sl_indicator add)
{
	struct sl_arena *arena = job->mail->arena;
	struct sl_span host;
	bool mapped;
	address = sl_span_trim(address);
	const char *at = address.n ? memrchr(address.p, '@', address.n) : NULL;
	if (!at || at == address.p || address.n > ADDRESS_MAX)
		return;
	struct sl_span local = sl_span_head(address, (size_t)(at - address.p));
	if (memchr(local.p, '@', local.n) ||
		!sl_unicode_host_to_ascii(
			arena, sl_span_from(address, local.n + 1), &host, &mapped) ||
		sl_span_chr(host, '.', 0) <= 0)
		return;
	sl_assert(local.n > 0 && host.n > 0);
	add.kind = SL_KIND_EMAIL;
	add.host = host;
	add.value = SL_ARENA_JOIN(arena, lowered(arena, local), SL_SPAN("@"), host);
	if (mapped)
		add.flags |= (uint32_t)SL_BIT(SL_IND_MAPPED);
	if (!is_trap(job->mail->config, add.value))
		sl_mail_add_indicator(job->mail, &add);
}

static void from_headers(struct job *job)
{
	const struct sl_message *m = &job->mail->message;
	add_email(job, m->from_addr,
		(struct sl_indicator){ .role = SL_ROLE_SENDER, .view = SL_VIEW_HEADER });
	add_email(job, m->return_path,
		(struct sl_indicator){ .role = SL_ROLE_RETURN_PATH, .view = SL_VIEW_HEADER });
	add_email(job, m->reply_to,
		(struct sl_indicator){ .role = SL_ROLE_REPLY_TO, .view = SL_VIEW_HEADER });
}

static void from_view(struct job *job, size_t number)
{
	const struct sl_view *view = &job->mail->views[number];
	const struct sl_view_finds *finds = sl_view_finds(job->mail, number);
	size_t at = 0;
	struct sl_finder scan;
	struct sl_found found;
	uint64_t left = job->mail->config->limits.urls;
	sl_find_begin(&scan, job->mail->arena, job->suffixes, sl_view_text(job->mail, view));
	while (left > 0 && sl_view_next(finds, &at, &scan, &found)) {
		if (found.kind != SL_FOUND_EMAIL)
			continue;
		left--;
		add_email(job, found.value,
			(struct sl_indicator){ .role = SL_ROLE_MENTION,
				.view = view->kind,
				.part = view->part,
				.flags = found.flags });
	}
}

/* The addresses of "mailto:a@x,b@y?cc=c@z" (RFC 6068). */
static void from_mailto(struct job *job, struct sl_span rest, struct sl_indicator add)
{
	ssize_t question = sl_span_chr(rest, '?', 0);
	struct sl_span list = question < 0 ? rest : sl_span_head(rest, (size_t)question), one;
	uint64_t left = job->mail->config->limits.addresses;
	for (; left > 0 && sl_span_split(&list, ',', &one); left--) {
		struct sl_finder scan;
		struct sl_found found;
		one = sl_url_decode(job->mail->arena, sl_span_head(one, ADDRESS_MAX));
		sl_find_begin(&scan, job->mail->arena, job->suffixes, one);
		while (sl_find_next(&scan, &found))
			if (found.kind == SL_FOUND_EMAIL)
				add_email(job, found.value, add);
	}
}

static bool is_mailto(struct sl_arena *arena, struct sl_span url, struct sl_span *rest_r)
{
	bool web = url.n > 0 && sl_lower(url.p[0]) == 'h';
	return !web && sl_span_eq(sl_url_scheme(arena, url, rest_r), SL_SPAN("mailto"));
}

static void from_links(struct job *job)
{
	uint64_t left = job->mail->config->limits.urls;
	for (size_t i = 0; i < job->mail->n_links && left > 0; i++) {
		const struct sl_link *link = &job->mail->links[i];
		struct sl_span rest;
		if (!is_mailto(job->mail->arena, link->url, &rest))
			continue;
		left--;
		from_mailto(job, rest,
			(struct sl_indicator){ .role = SL_ROLE_LINK,
				.view = link->hidden ? SL_VIEW_HIDDEN : SL_VIEW_HTML,
				.part = link->part });
	}
}

static void from_unsubscribe_field(struct job *job, struct sl_span value)
{
	struct sl_span item;
	while (sl_span_split(&value, '<', &item))
		if (sl_span_istarts(item, SL_SPAN("mailto:"))) {
			ssize_t close = sl_span_chr(item, '>', 0);
			item = sl_span_head(item, close < 0 ? item.n : (size_t)close);
			from_mailto(job, sl_span_from(item, strlen("mailto:")),
				(struct sl_indicator){
					.role = SL_ROLE_UNSUBSCRIBE, .view = SL_VIEW_HEADER });
		}
}

static void from_unsubscribe(struct job *job)
{
	for (const struct sl_field *field = sl_mail_field(job->mail, "List-Unsubscribe"); field;
		field = sl_mail_next_field(job->mail, field))
		from_unsubscribe_field(job, field->value);
}

static void process_emails(void *thread, struct sl_mail *mail)
{
	struct job job = { mail, sl_suffixes_of_worker(thread) };
	from_headers(&job);
	from_links(&job);
	for (size_t i = 0; i < mail->n_views; i++)
		if (sl_view_is_searched(mail, i))
			from_view(&job, i);
	from_unsubscribe(&job);
}

const struct sl_stage sl_stage_email = { .name = "email",
	.thread_new = sl_suffixes_worker,
	.process = process_emails,
	.thread_free = free };
