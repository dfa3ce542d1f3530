/* SPDX-License-Identifier: Apache-2.0 */
/* domain.c - the registered domain of every host, and whether the sender's domains agree. */
#include "pipeline/stage.h"
#include "suffixes.h"

#include <stdlib.h>

static void fill(struct sl_mail *mail, const struct sl_suffixes *suffixes,
	struct sl_indicator **items, const size_t *n_items)
{
	size_t n = *n_items; /* those that are added here need no look */
	for (size_t i = 0; i < n; i++) {
		struct sl_indicator *at = &(*items)[i];
		sl_assert(at->kind < SL_KINDS && at->role < SL_ROLES);
		if (at->host.n == 0 || at->kind == SL_KIND_IPV4 || at->kind == SL_KIND_IPV6)
			continue;
		if (at->domain.n == 0) /* the stage that found it did not need to know */
			at->domain = sl_suffixes_domain(suffixes, at->host);
		if (at->domain.n == 0 || at->kind != SL_KIND_HOST)
			continue;
		struct sl_indicator add = { .kind = SL_KIND_DOMAIN,
			.role = at->role,
			.view = at->view,
			.part = at->part,
			.flags = at->flags,
			.value = at->domain,
			.domain = at->domain };
		sl_mail_add_indicator(mail, &add);
	}
}

static struct sl_span host_of_address(struct sl_span address)
{
	const char *at = address.n ? memrchr(address.p, '@', address.n) : NULL;
	return at ? sl_span_from(address, (size_t)(at - address.p) + 1) : SL_SPAN_NULL;
}

static bool differs(const struct sl_suffixes *suffixes, struct sl_span from, struct sl_span address)
{
	struct sl_span a = sl_suffixes_domain(suffixes, from);
	struct sl_span b = sl_suffixes_domain(suffixes, host_of_address(address));
	return a.n && b.n && !sl_span_ieq(a, b);
}

static void process_domain(void *thread, struct sl_mail *mail)
{
	const struct sl_suffixes *suffixes = sl_suffixes_of_worker(thread);
	struct sl_message *m = &mail->message;
	fill(mail, suffixes, &m->indicators, &m->n_indicators);
	if (!mail->known)
		fill(mail, suffixes, &mail->content.indicators, &mail->content.n_indicators);
	if (differs(suffixes, m->from_domain, m->return_path))
		sl_mail_flag_header(mail, SL_MSG_FROM_MISMATCH);
	if (differs(suffixes, m->from_domain, m->reply_to))
		sl_mail_flag_header(mail, SL_MSG_REPLY_MISMATCH);
}

const struct sl_stage sl_stage_domain = { .name = "domain",
	.thread_new = sl_suffixes_worker,
	.process = process_domain,
	.thread_free = free };
