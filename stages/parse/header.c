/* SPDX-License-Identifier: Apache-2.0 */
/* The header stage: what a message says about itself, and what its receivers saw. */
#include "address.h"
#include "auth.h"
#include "date.h"
#include "fieldmemo.h"
#include "headfields.h"
#include "marks.h"
#include "pipeline/stage.h"
#include "screen.h"
#include "words.h"

#include <stdlib.h>

enum { TWO_DAYS = 2 * 86400, CLAIMED_MAX = 64, MESSAGE_ID_MAX = 998 };

struct header_thread {
	struct sl_charset *charset;
	struct sl_trust *trust;
	struct sl_fieldmemo known; /* its secret is the mail's */
};

static void *thread_new(const struct sl_config *config, const struct sl_tables *tables)
{
	(void)tables;
	struct header_thread *thread = sl_calloc(1, sizeof(*thread));
	thread->charset = sl_charset_new();
	thread->trust = sl_trust_new(&config->trust);
	if (config->content_cache)
		thread->known.memo =
			sl_memo_new(sl_memo_share(config->content_cache, SL_SHARE_FIELDS));
	return thread;
}

static void thread_free(void *state)
{
	struct header_thread *thread = state;
	sl_charset_free(&thread->charset);
	sl_trust_free(&thread->trust);
	sl_memo_free(&thread->known.memo);
	free(thread);
}

static struct sl_span text_field(
	struct header_thread *t, struct sl_mail *mail, const struct sl_field *f)
{
	return f ? sl_words_decode(t->charset, mail->arena, f->value, &mail->message.flags)
		 : SL_SPAN_NULL;
}

static size_t addresses_of(struct header_thread *t, struct sl_mail *mail, const struct sl_field *f,
	struct sl_address **list_r)
{
	uint64_t flags = 0;
	*list_r = NULL;
	if (!f)
		return 0;
	size_t n = sl_fieldmemo_addresses(&t->known, t->charset, mail->arena, f->value,
		&mail->config->limits, list_r, &flags);
	if (flags & SL_MSG_LIMITS)
		sl_screen_cut(mail, f->value, 0);
	mail->message.flags |= flags;
	return n;
}

/* The address of Return-Path or Reply-To. A damaged one (two @) is no address: it names nobody. */
static struct sl_span single_address(
	struct header_thread *t, struct sl_mail *mail, const struct sl_field *f)
{
	struct sl_address *list;
	size_t n = addresses_of(t, mail, f, &list);
	for (size_t i = 0; i < n; i++)
		if (!list[i].damaged)
			return list[i].addr;
	return SL_SPAN_NULL;
}

/* Whose mail a reader believes it is: the first whole address, else the first with a host. */
static const struct sl_address *author(const struct sl_address *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!list[i].damaged)
			return &list[i];
	for (size_t i = 0; i < n; i++)
		if (list[i].host.n)
			return &list[i];
	return n ? &list[0] : NULL;
}

static bool several_authors(const struct sl_address *list, size_t n)
{
	const struct sl_address *first = author(list, n);
	for (size_t i = 0; i < n; i++)
		if (!list[i].damaged && !sl_span_ieq(list[i].addr, first->addr))
			return true;
	return false;
}

static void read_from(struct header_thread *t, struct sl_mail *mail)
{
	struct sl_message *m = &mail->message;
	struct sl_address *list;
	const struct sl_field *field = sl_mail_field(mail, "From");
	size_t n = addresses_of(t, mail, field, &list);
	const struct sl_address *from = author(list, n);
	if ((field && sl_mail_next_field(mail, field)) || several_authors(list, n))
		sl_mail_flag_header(mail, SL_MSG_MULTI_FROM);
	if (!from)
		return;
	m->from_name = from->name.n ? from->name : list[0].name;
	m->from_addr = from->damaged ? SL_SPAN_NULL : from->addr;
	m->from_domain = from->host;
}

static struct sl_span read_message_id(struct header_thread *t, struct sl_mail *mail)
{
	const struct sl_field *f = sl_mail_field(mail, "Message-ID");
	struct sl_span id = text_field(t, mail, f);
	ssize_t open = sl_span_chr(id, '<', 0);
	if (open >= 0) {
		id = sl_span_from(id, (size_t)open + 1);
		ssize_t close = sl_span_chr(id, '>', 0);
		id = close >= 0 ? sl_span_head(id, (size_t)close) : id;
	}
	if (id.n > MESSAGE_ID_MAX) {
		sl_mail_flag_header(mail, SL_MSG_LIMIT_HEADER_LINE);
		sl_screen_cut(mail, f->value, 0);
		id.n = MESSAGE_ID_MAX;
		while (id.n && ((unsigned char)id.p[id.n] & 0xc0) == 0x80)
			id.n--;
	}
	return sl_span_trim(id);
}

static struct sl_span ip_span(struct sl_arena *arena, const struct sl_ip *ip)
{
	char text[46];
	return sl_arena_copy(arena, sl_span_of(text, sl_ip_text(ip, text)));
}

static bool holds(const struct sl_span *list, size_t n, struct sl_span text)
{
	for (size_t i = 0; i < n; i++)
		if (sl_span_eq(list[i], text))
			return true;
	return false;
}

static void read_relays(struct sl_mail *mail, const struct sl_chain *chain)
{
	struct sl_message *m = &mail->message;
	size_t room = 0;
	for (size_t i = 0; i < chain->n_hops; i++) {
		if (!chain->hops[i].peer.family)
			continue;
		struct sl_span text = ip_span(mail->arena, &chain->hops[i].peer);
		if (!holds(m->relays, m->n_relays, text))
			*SL_ARENA_PUSH(mail->arena, m->relays, m->n_relays, room) = text;
	}
}

static void add_claimed(struct sl_mail *mail, size_t *room, const struct sl_ip *ip)
{
	struct sl_message *m = &mail->message;
	struct sl_span text = ip_span(mail->arena, ip);
	if (m->n_claimed < CLAIMED_MAX && !holds(m->relays, m->n_relays, text) &&
		!holds(m->claimed, m->n_claimed, text))
		*SL_ARENA_PUSH(mail->arena, m->claimed, m->n_claimed, *room) = text;
}

/* Addresses that only stand there: HELO literals, and what web mailers say of their user. */
static void read_claimed(struct sl_mail *mail, const struct sl_chain *chain)
{
	static const char *const names[] = { "X-Originating-IP", "X-Source-IP", "X-Client-IP",
		"X-Remote-IP", "X-Sender-IP", "X-Real-IP", "X-Originating-Client-IP" };
	size_t room = 0;
	for (size_t i = 0; i < chain->n_hops; i++)
		for (size_t j = 0; j < chain->hops[i].n_claimed; j++)
			add_claimed(mail, &room, &chain->hops[i].claimed[j]);
	for (size_t i = 0; i < SL_LEN(names); i++) {
		const struct sl_field *f = sl_mail_field(mail, names[i]);
		struct sl_ip ip;
		if (f && sl_hop_address(sl_field_unfold(mail->arena, f->value), &ip))
			add_claimed(mail, &room, &ip);
	}
}

/* A header that the trap itself writes names the peer. */
static bool envelope_ip(const struct sl_mail *mail, struct sl_ip *ip_r)
{
	const struct sl_strings *names = &mail->config->envelope_headers;
	for (size_t i = 0; i < names->n; i++) {
		const struct sl_field *f = sl_mail_field(mail, names->items[i]);
		if (f && sl_hop_address(sl_field_unfold(mail->arena, f->value), ip_r) &&
			sl_ip_is_public(ip_r))
			return true;
	}
	return false;
}

static void read_origin(
	struct sl_mail *mail, const struct sl_chain *chain, const struct sl_auth *auth)
{
	struct sl_message *m = &mail->message;
	m->origin_reason = chain->reason;
	if (envelope_ip(mail, &m->origin_ip)) {
		m->origin_reason = SL_IP_ENVELOPE;
	} else if (chain->boundary < chain->n_hops) {
		const struct sl_hop *hop = &chain->hops[chain->boundary];
		m->origin_ip = hop->peer;
		m->origin_hop = (uint32_t)chain->boundary;
		m->origin_helo = hop->helo;
		m->origin_rdns = hop->rdns;
	} else if (sl_ip_is_public(&auth->client_ip)) {
		m->origin_ip = auth->client_ip;
		m->origin_reason = SL_IP_ENVELOPE;
	}
	if (chain->forged)
		sl_mail_flag_header(mail, SL_MSG_FORGED_RECEIVED);
}

/* The date of the boundary line, else of the next of our lines above it that has one. */
static int64_t received_time(const struct sl_chain *chain)
{
	if (chain->last_ours >= chain->n_hops)
		return SL_TIME_NONE;
	for (size_t i = chain->last_ours + 1; i-- > 0;)
		if (chain->hops[i].time != SL_TIME_NONE)
			return chain->hops[i].time;
	return SL_TIME_NONE;
}

static bool within_two_days(int64_t a, int64_t b)
{
	return a > b ? a - b <= TWO_DAYS : b - a <= TWO_DAYS;
}

static void read_times(struct sl_mail *mail, const struct sl_chain *chain)
{
	struct sl_message *m = &mail->message;
	const struct sl_field *date = sl_mail_field(mail, "Date");
	if (date)
		m->date = sl_date_parse(
			sl_field_unfold(mail->arena, sl_span_head(date->value, SL_DATE_LOOK)));
	m->received = received_time(chain);
	int64_t seen = m->received != SL_TIME_NONE       ? m->received
		       : mail->from_time != SL_TIME_NONE ? mail->from_time
							 : mail->member_time;
	bool known = m->date != SL_TIME_NONE && seen != SL_TIME_NONE;
	bool near = known && within_two_days(m->date, seen);
	if (known && !near)
		sl_mail_flag_header(mail, SL_MSG_DATE_IMPLAUSIBLE);
	mail->time = m->received != SL_TIME_NONE       ? m->received
		     : mail->from_time != SL_TIME_NONE ? mail->from_time
		     : near                            ? m->date
						       : SL_TIME_NONE;
}

/* Names in a record are valid UTF-8, whatever the header wrote. */
static struct sl_span clean(struct header_thread *t, struct sl_mail *mail, struct sl_span s)
{
	uint64_t ignored = 0;
	return sl_words_decode(t->charset, mail->arena, s, &ignored);
}

/* The Received lines that the chain did not take. */
static void cut_received(struct sl_mail *mail)
{
	uint64_t seen = 0;
	const struct sl_field *field = sl_mail_field(mail, "Received");
	for (; field; field = sl_mail_next_field(mail, field))
		if (++seen > mail->config->limits.received)
			sl_screen_cut(mail, field->value, 0);
}

static void read_route(struct header_thread *t, struct sl_mail *mail)
{
	struct sl_message *m = &mail->message;
	struct sl_chain chain;
	struct sl_auth auth;
	sl_chain_read(mail->arena, mail->fields, mail->n_fields, &mail->config->limits, t->trust,
		&t->known, &chain, &m->flags);
	if (m->flags & SL_BIT(SL_MSG_LIMIT_RECEIVED))
		cut_received(mail);
	sl_auth_read(mail->arena, mail->fields, mail->n_fields, &chain, t->trust,
		&mail->config->authserv_ids, &auth);
	read_relays(mail, &chain);
	read_claimed(mail, &chain);
	read_origin(mail, &chain, &auth);
	read_times(mail, &chain);
	m->origin_helo = clean(t, mail, m->origin_helo);
	m->origin_rdns = clean(t, mail, m->origin_rdns);
	m->spf = auth.spf;
	m->dkim = auth.dkim;
	m->dmarc = auth.dmarc;
	m->arc = auth.arc;
	m->auth_by = clean(t, mail, auth.by);
}

static void process(void *state, struct sl_mail *mail)
{
	struct header_thread *t = state;
	struct sl_message *m = &mail->message;
	t->known.secret = mail->secret;
	sl_screen_mail(mail);
	const struct sl_field *path = sl_mail_field(mail, "Return-Path");
	const struct sl_field *mailer = sl_mail_field(mail, "X-Mailer");
	m->subject = text_field(t, mail, sl_mail_field(mail, "Subject"));
	read_from(t, mail);
	m->return_path = single_address(t, mail, path);
	m->reply_to = single_address(t, mail, sl_mail_field(mail, "Reply-To"));
	m->message_id = read_message_id(t, mail);
	m->mailer = text_field(t, mail, mailer ? mailer : sl_mail_field(mail, "User-Agent"));
	read_route(t, mail);
	bool null_path =
		path && sl_span_eq(sl_field_unfold(mail->arena, path->value), SL_SPAN("<>"));
	sl_marks_set(mail, t->charset, null_path);
}

const struct sl_stage sl_stage_header = {
	.name = "header",
	.thread_new = thread_new,
	.process = process,
	.thread_free = thread_free,
};
