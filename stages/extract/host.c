/* SPDX-License-Identifier: Apache-2.0 */
/* host.c - the host of every URL and header address as an indicator of its own. */
#include "pipeline/policy.h"
#include "pipeline/stage.h"
#include "suffixes.h"

#include <stdlib.h>

/* Names end in a label that is no number, and have no colon. */
static bool may_be_address(struct sl_span host)
{
	return sl_is_digit(host.p[host.n - 1]) || sl_span_chr(host, ':', 0) >= 0;
}

/* Addresses that nobody can reach from outside are no indicators. The domain goes along when it is
 * known already. */
static void add_host(struct sl_mail *mail, const struct sl_indicator *from)
{
	struct sl_ip ip = { .family = 0 };
	sl_assert(from->host.n > 0);
	struct sl_indicator add = { .kind = SL_KIND_HOST,
		.role = from->role,
		.view = from->view,
		.part = from->part,
		.flags = from->flags,
		.value = from->host,
		.host = from->host };
	if (may_be_address(from->host) && sl_ip_parse(from->host, &ip)) {
		add.kind = ip.family == 4 ? SL_KIND_IPV4 : SL_KIND_IPV6;
		if (!sl_ip_is_public(&ip))
			return;
	} else if (sl_span_chr(from->host, '.', 0) <= 0) {
		return;
	}
	struct sl_indicator *there = sl_mail_add_indicator(mail, &add);
	if (there)
		there->domain = from->domain;
}

static void walk(struct sl_mail *mail, struct sl_indicator **items, const size_t *n_items)
{
	size_t n = *n_items; /* not those that are added here */
	for (size_t i = 0; i < n; i++) {
		struct sl_indicator from = (*items)[i];
		bool header = from.view == SL_VIEW_HEADER && from.role != SL_ROLE_UNSUBSCRIBE;
		if (from.host.n == 0)
			continue;
		if (from.kind == SL_KIND_URL || (from.kind == SL_KIND_EMAIL && header))
			add_host(mail, &from);
	}
}

/* What follows the @ of the Message-ID, when it is a name of the public DNS. */
static void message_id(struct sl_mail *mail, const struct sl_suffixes *suffixes)
{
	struct sl_span id = sl_span_trim(mail->message.message_id);
	const char *at = id.n ? memrchr(id.p, '@', id.n) : NULL;
	if (!at)
		return;
	struct sl_span host = sl_span_from(id, (size_t)(at - id.p) + 1);
	while (host.n && (host.p[host.n - 1] == '>' || host.p[host.n - 1] == '.'))
		host.n--;
	char *lower = sl_arena_alloc(mail->arena, host.n + 1);
	for (size_t i = 0; i < host.n; i++) {
		lower[i] = sl_lower(host.p[i]);
		if (!sl_is_alnum(lower[i]) && lower[i] != '-' && lower[i] != '.')
			return;
	}
	host.p = lower;
	if (!sl_suffixes_known(suffixes, host))
		return;
	struct sl_indicator from = {
		.role = SL_ROLE_MESSAGE_ID, .view = SL_VIEW_HEADER, .host = host
	};
	from.domain = sl_suffixes_domain(suffixes, host);
	if (from.domain.n)
		add_host(mail, &from);
}

static void process_hosts(void *thread, struct sl_mail *mail)
{
	walk(mail, &mail->message.indicators, &mail->message.n_indicators);
	if (!mail->known)
		walk(mail, &mail->content.indicators, &mail->content.n_indicators);
	message_id(mail, sl_suffixes_of_worker(thread));
}

const struct sl_stage sl_stage_host = { .name = "host",
	.thread_new = sl_suffixes_worker,
	.process = process_hosts,
	.thread_free = free };
