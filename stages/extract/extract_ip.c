/* SPDX-License-Identifier: Apache-2.0 */
/* extract_ip.c - addresses: where the mail came from, and those that its text names. */
#include "pipeline/policy.h"
#include "pipeline/stage.h"
#include "scan.h"
#include "views.h"

#include <stdlib.h>

static void add_ip(struct sl_mail *mail, const struct sl_ip *ip, struct sl_indicator add)
{
	char text[46];
	if (ip->family == 0 || !sl_ip_is_public(ip))
		return;
	size_t n = sl_ip_text(ip, text);
	sl_assert(n > 0 && n < sizeof(text));
	add.kind = ip->family == 4 ? SL_KIND_IPV4 : SL_KIND_IPV6;
	add.value = add.host = sl_arena_copy(mail->arena, sl_span_of(text, n));
	sl_mail_add_indicator(mail, &add);
}

static bool same_ip(const struct sl_ip *a, const struct sl_ip *b)
{
	return a->family == b->family && memcmp(a->b, b->b, a->family == 4 ? 4 : 16) == 0;
}

static void from_headers(struct sl_mail *mail)
{
	const struct sl_message *m = &mail->message;
	add_ip(mail, &m->origin_ip,
		(struct sl_indicator){ .role = SL_ROLE_SENDING_IP, .view = SL_VIEW_HEADER });
	for (size_t i = 0; i < m->n_relays; i++) {
		struct sl_ip ip;
		if (sl_ip_parse(m->relays[i], &ip) && !same_ip(&ip, &m->origin_ip))
			add_ip(mail, &ip,
				(struct sl_indicator){
					.role = SL_ROLE_RELAY, .view = SL_VIEW_HEADER });
	}
}

static void from_view(struct sl_mail *mail, const struct sl_suffixes *suffixes, size_t number)
{
	const struct sl_view *view = &mail->views[number];
	const struct sl_view_finds *finds = sl_view_finds(mail, number);
	size_t at = 0;
	struct sl_finder scan;
	struct sl_found found;
	struct sl_ip ip;
	uint64_t left = mail->config->limits.urls;
	sl_find_begin(&scan, mail->arena, suffixes, view->text);
	while (left > 0 && sl_view_next(finds, &at, &scan, &found)) {
		if (found.kind != SL_FOUND_IP || !sl_ip_parse(found.value, &ip))
			continue;
		left--;
		add_ip(mail, &ip,
			(struct sl_indicator){ .role = SL_ROLE_MENTION,
				.view = view->kind,
				.part = view->part,
				.flags = found.flags });
	}
}

static void process_ips(void *thread, struct sl_mail *mail)
{
	from_headers(mail);
	for (size_t i = 0; i < mail->n_views; i++)
		if (sl_view_is_searched(mail, i))
			from_view(mail, sl_suffixes_of_worker(thread), i);
}

const struct sl_stage sl_stage_ip = {
	.name = "ip", .thread_new = sl_suffixes_worker, .process = process_ips, .thread_free = free
};
