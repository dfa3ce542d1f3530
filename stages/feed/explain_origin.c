/* SPDX-License-Identifier: Apache-2.0 */
#include "explain_work.h"

static struct sl_span received_count(struct sl_explain *e)
{
	uint64_t n = 0;
	for (size_t i = 0; i < e->mail->n_fields; i++)
		n += sl_span_ieq(e->mail->fields[i].name, SL_SPAN("received"));
	return sl_page_number(&e->page, n);
}

static enum sl_text reason_text(enum sl_ip_reason reason)
{
	static const enum sl_text texts[SL_IP_REASONS] = {
		[SL_IP_NO_RECEIVED] = SL_TEXT_IP_NO_RECEIVED,
		[SL_IP_BOUNDARY] = SL_TEXT_IP_BOUNDARY,
		[SL_IP_TOP_HOP] = SL_TEXT_IP_TOP_HOP,
		[SL_IP_PRIVATE_ONLY] = SL_TEXT_IP_PRIVATE_ONLY,
		[SL_IP_NO_PEER_IP] = SL_TEXT_IP_NO_PEER,
		[SL_IP_ENVELOPE] = SL_TEXT_IP_ENVELOPE,
		[SL_IP_LEARNED] = SL_TEXT_IP_LEARNED,
	};
	sl_assert((unsigned)reason < SL_IP_REASONS);
	return texts[reason];
}

/* Which line, and why that one. */
static void say_reason(struct sl_explain *e)
{
	const struct sl_message *m = &e->mail->message;
	uint64_t line = m->origin_hop == SL_HOP_NONE ? 0 : (uint64_t)m->origin_hop + 1;
	sl_page_more(&e->page, SL_FILL(&e->page, reason_text(m->origin_reason),
				       sl_page_number(&e->page, line), received_count(e)));
}

static void say_claimed(struct sl_explain *e)
{
	const struct sl_message *m = &e->mail->message;
	struct sl_buf all = sl_buf_make(SL_PAGE_VALUE);
	for (size_t i = 0; i < m->n_claimed; i++) {
		if (i)
			sl_buf_char(&all, ' ');
		sl_buf_add(&all, m->claimed[i]);
	}
	if (all.n)
		sl_page_say(&e->page, SL_TEXT_CLAIMED_ONLY, sl_buf_span(&all));
	sl_buf_free(&all);
}

static struct sl_span with_source(struct sl_explain *e, struct sl_span value,
	const struct sl_answer *answer, const char *pair)
{
	return SL_FILL(&e->page, SL_TEXT_WITH_SOURCE, value, sl_answer_get(answer, pair));
}

static void say_country(struct sl_explain *e, const struct sl_answer *answer)
{
	struct sl_span country = sl_answer_get(answer, "country");
	sl_page_say(&e->page, SL_TEXT_COUNTRY,
		country.n ? with_source(e, country, answer, "country_source")
			  : SL_FILL(&e->page, SL_TEXT_NOT_FOUND, answer->source));
}

static void say_network(struct sl_explain *e, const struct sl_answer *answer)
{
	struct sl_span asn = sl_answer_get(answer, "asn");
	if (!asn.n) {
		sl_page_say(&e->page, SL_TEXT_NETWORK,
			SL_FILL(&e->page, SL_TEXT_NOT_FOUND, answer->source));
		return;
	}
	struct sl_span name =
		SL_FILL(&e->page, SL_TEXT_AS_NUMBER, asn, sl_answer_get(answer, "as_name"));
	sl_page_say(&e->page, SL_TEXT_NETWORK, with_source(e, name, answer, "asn_source"));
}

static void say_place(struct sl_explain *e, const struct sl_ip *ip, struct sl_span text)
{
	struct sl_answer answer = { .status = SL_LOOKUP_NOT_ASKED };
	if (e->geo)
		e->geo->ask(e->geo->arg, ip->family == 6 ? SL_KIND_IPV6 : SL_KIND_IPV4, text,
			e->page.arena, &answer);
	if (answer.status == SL_LOOKUP_FOUND || answer.status == SL_LOOKUP_NOT_FOUND) {
		say_country(e, &answer);
		say_network(e, &answer);
		return;
	}
	enum sl_text why = e->geo ? SL_TEXT_UNKNOWN : SL_TEXT_NO_DATABASE;
	sl_page_say(&e->page, SL_TEXT_COUNTRY, sl_explain_word(e, why));
	sl_page_say(&e->page, SL_TEXT_NETWORK, sl_explain_word(e, why));
}

void sl_explain_origin(struct sl_explain *e)
{
	const struct sl_message *m = &e->mail->message;
	char text[46];
	struct sl_span ip = SL_SPAN_NULL;
	sl_page_head(&e->page, SL_TEXT_HEAD_ORIGIN);
	if (m->origin_ip.family)
		ip = sl_span_of(text, sl_ip_text(&m->origin_ip, text));
	sl_page_say(&e->page, SL_TEXT_SENT_FROM,
		ip.n ? sl_page_defang(
			       &e->page, m->origin_ip.family == 6 ? SL_KIND_IPV6 : SL_KIND_IPV4, ip)
		     : sl_explain_word(e, SL_TEXT_UNKNOWN));
	say_reason(e);
	if (m->flags & SL_BIT(SL_MSG_FORGED_RECEIVED))
		sl_page_more(&e->page, sl_explain_word(e, SL_TEXT_IP_FORGED));
	if (m->origin_helo.n)
		sl_page_say(&e->page, SL_TEXT_CALLED_ITSELF, m->origin_helo);
	if (m->origin_rdns.n)
		sl_page_say(&e->page, SL_TEXT_REVERSE_NAME, m->origin_rdns);
	say_claimed(e);
	if (!ip.n)
		return;
	say_place(e, &m->origin_ip, ip);
	sl_page_say(&e->page, SL_TEXT_BLOCK_LISTS, sl_explain_word(e, SL_TEXT_NOT_ASKED));
}

void sl_explain_auth(struct sl_explain *e)
{
	const struct sl_message *m = &e->mail->message;
	const struct {
		const char *name;
		struct sl_span result;
	} rows[] = { { "SPF", m->spf }, { "DKIM", m->dkim }, { "DMARC", m->dmarc },
		{ "ARC", m->arc } };
	bool any = false;
	sl_page_head(&e->page, SL_TEXT_HEAD_AUTH);
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		if (!rows[i].result.n)
			continue;
		sl_page_row(&e->page, sl_span_str(rows[i].name), rows[i].result);
		any = true;
	}
	if (!any)
		sl_page_say(&e->page, SL_TEXT_RESULTS, sl_explain_word(e, SL_TEXT_AUTH_NOBODY));
	else if (m->auth_by.n)
		sl_page_say(&e->page, SL_TEXT_WRITTEN_BY, m->auth_by);
}
