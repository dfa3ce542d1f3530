/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/policy.h"
#include "pipeline/stage.h"

#include <stdlib.h>

struct fixture {
	struct sl_config config;
	const char *trust, *envelope;
	struct sl_arena *arena;
	void *thread;
	struct sl_mail mail;
};

static int set_up(void **state)
{
	struct fixture *f = sl_calloc(1, sizeof(*f));
	f->trust = "trap.test";
	f->envelope = "X-Peer";
	f->config.trust = (struct sl_strings){ &f->trust, 1 };
	f->config.envelope_headers = (struct sl_strings){ &f->envelope, 1 };
	sl_limits_default(&f->config.limits);
	f->arena = sl_arena_new(0);
	f->thread = sl_stage_header.thread_new(&f->config, NULL);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	sl_stage_header.thread_free(f->thread);
	sl_arena_free(&f->arena);
	free(f);
	return 0;
}

static const struct sl_message *read_mail(
	struct fixture *f, struct sl_span raw, int64_t from_time, int64_t member_time)
{
	static const struct sl_secret secret;
	sl_arena_reset(f->arena);
	sl_mail_begin(&f->mail, &f->config, NULL, &secret, f->arena, raw);
	f->mail.from_time = from_time;
	f->mail.member_time = member_time;
	sl_stage_header.process(f->thread, &f->mail);
	return &f->mail.message;
}

static const struct sl_message *read_text(struct fixture *f, const char *raw)
{
	return read_mail(f, sl_span_str(raw), SL_TIME_NONE, SL_TIME_NONE);
}

static void fills_the_message(void **state)
{
	struct fixture *f = *state;
	const struct sl_message *m = read_text(f,
		"Return-Path: <bounce@mail.example>\r\n"
		"Received: from helo.example (unknown [5.5.5.1]) by mx.trap.test; Tue, 3 Nov 2026 "
		"10:00:00 +0000\r\n"
		"Received: from [10.9.9.9] (u.example [5.5.5.2]) by helo.example; x\r\n"
		"X-Originating-IP: [5.5.5.3]\r\n"
		"Subject: =?utf-8?B?44GC?=\r\n test\r\n"
		"From: \"Bank\" <Info@Bank.Example>\r\n"
		"Reply-To: Drop <drop@free.example>\r\n"
		"Date: Tue, 3 Nov 2026 09:00:00 +0000\r\n"
		"Message-ID: <1@bank.example>\r\n"
		"X-Mailer: Foo 1.0\r\n\r\nbody");
	CHECK_SPAN(f->mail.body, "body");
	CHECK_SPAN(m->subject, "あ test");
	CHECK_SPAN(m->from_name, "Bank");
	CHECK_SPAN(m->from_addr, "Info@bank.example");
	CHECK_SPAN(m->from_domain, "bank.example");
	CHECK_SPAN(m->return_path, "bounce@mail.example");
	CHECK_SPAN(m->reply_to, "drop@free.example");
	CHECK_SPAN(m->message_id, "1@bank.example");
	CHECK_SPAN(m->mailer, "Foo 1.0");
	CHECK_SPAN(m->origin_helo, "helo.example");
	assert_int_equal(m->origin_hop, 0);
	assert_int_equal(m->origin_reason, SL_IP_BOUNDARY);
	assert_int_equal(m->n_relays, 2);
	CHECK_SPAN(m->relays[0], "5.5.5.1");
	assert_int_equal(m->n_claimed, 2);
	CHECK_SPAN(m->claimed[0], "10.9.9.9");
	CHECK_SPAN(m->claimed[1], "5.5.5.3");
	assert_int_equal(m->received - m->date, 3600);
	assert_int_equal(f->mail.time, m->received);
	assert_int_equal(m->flags, 0);
}

static void takes_the_envelope(void **state)
{
	struct fixture *f = *state;
	char ip[46];
	const struct sl_message *m = read_text(
		f, "X-Peer: [5.5.5.9]:25\nReceived: from a (a [10.1.1.1]) by mx.trap.test\n\n");
	sl_ip_text(&m->origin_ip, ip);
	assert_string_equal(ip, "5.5.5.9");
	assert_int_equal(m->origin_reason, SL_IP_ENVELOPE);
	assert_int_equal(m->origin_hop, SL_HOP_NONE);
	m = read_text(f, "X-Peer: 10.2.2.2\nReceived: from a (a [5.5.5.1]) by mx.trap.test\n\n");
	assert_int_equal(m->origin_reason, SL_IP_BOUNDARY);
}

static void finds_the_time(void **state)
{
	struct fixture *f = *state;
	enum { DAY = 86400 };
	int64_t date;
	assert_true(sl_time_parse(SL_SPAN("2026-11-03T09:00:00Z"), &date));
	struct sl_span plain = SL_SPAN("Date: Tue, 3 Nov 2026 09:00:00 +0000\n\n");
	read_mail(f, plain, SL_TIME_NONE, SL_TIME_NONE);
	assert_true(f->mail.time == SL_TIME_NONE);
	read_mail(f, plain, date + 5, date + DAY);
	assert_int_equal(f->mail.time, date + 5);
	read_mail(f, plain, SL_TIME_NONE, date + 2 * DAY);
	assert_int_equal(f->mail.time, date);
	assert_false(f->mail.message.flags & SL_BIT(SL_MSG_DATE_IMPLAUSIBLE));
	read_mail(f, plain, SL_TIME_NONE, date - 2 * DAY - 1);
	assert_true(f->mail.time == SL_TIME_NONE);
	assert_true(f->mail.message.flags & SL_BIT(SL_MSG_DATE_IMPLAUSIBLE));
	read_text(f, "Received: from a (a [5.5.5.1]) by mx.trap.test\n"
		     "Date: Tue, 3 Nov 2026 09:00:00 +0000\n\n");
	assert_true(f->mail.message.received == SL_TIME_NONE);
}

static void drops_damaged_addresses(void **state)
{
	struct fixture *f = *state;
	const struct sl_message *m =
		read_text(f, "Return-Path: bounce-me@trap=x.example@mail.example\nReply-To: <>\n"
			     "From: Shop <a@b@shop.example>\n\n");
	CHECK_SPAN(m->return_path, "");
	CHECK_SPAN(m->reply_to, "");
	CHECK_SPAN(m->from_addr, "");
	CHECK_SPAN(m->from_domain, "shop.example");
	m = read_text(f, "From: <shop.example>\n\n");
	CHECK_SPAN(m->from_addr, "");
	CHECK_SPAN(m->from_domain, "");
}

static void sets_flags(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *raw;
		uint64_t flags;
	} rows[] = {
		{ "", SL_BIT(SL_MSG_NO_HEADER) },
		{ "Dear customer\n", SL_BIT(SL_MSG_NO_HEADER) },
		{ "From: a@b.example\nFrom: a@b.example\n\n", SL_BIT(SL_MSG_MULTI_FROM) },
		{ "From: a@b.example, c@d.example\n\n", SL_BIT(SL_MSG_MULTI_FROM) },
		{ "From: a@b.example, A <a@b.example>\n\n", 0 },
		{ "From: \"x@bank.example\" <a@evil.example>\n\n", SL_BIT(SL_MSG_ADDRESS_IN_NAME) },
		{ "Subject: caf\xc3\xa9\n\n", SL_BIT(SL_MSG_RAW_8BIT) },
		{ "Subject: =?utf-8?Q?a=E2=80=AEb?=\n\n",
			SL_BIT(SL_MSG_BIDI) | SL_BIT(SL_MSG_INVISIBLE) },
		{ "Subject: =?utf-8?Q?a=E2=81=A1b?=\n\n", SL_BIT(SL_MSG_INVISIBLE) },
		{ "Subject: =?utf-8?Q?=E2=9D=A4=EF=B8=8F?=\n\n", 0 },
		{ "List-Unsubscribe: <http://x.example/>\n\n", 0 },
		{ "List-Post: <mailto:l@x.example>\n\n", SL_BIT(SL_MSG_LIST) },
		{ "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\n\n",
			SL_BIT(SL_MSG_BACKSCATTER) },
		{ "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n",
			SL_BIT(SL_MSG_BACKSCATTER) },
		{ "From: postmaster@x.example\nSubject: Undeliverable: hello\n\n", 0 },
		{ "From: postmaster@x.example\nSubject: [l] Delivery Status Notification "
		  "(Failure)\n"
		  "X-DSNContext: 1\n\n",
			SL_BIT(SL_MSG_BACKSCATTER) },
		{ "Auto-Submitted: auto-replied\n\n", SL_BIT(SL_MSG_AUTO_REPLY) },
		{ "Auto-Submitted: no\nSubject: Re: hello\n\n", 0 },
		{ "Subject: Re: Automatic reply: hello\n\n", SL_BIT(SL_MSG_AUTO_REPLY) },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		uint64_t flags = read_text(f, rows[i].raw)->flags;
		/* which format characters count as invisible is for unicode.h to say */
		uint64_t both = SL_BIT(SL_MSG_BIDI) | SL_BIT(SL_MSG_INVISIBLE);
		if (rows[i].flags == both)
			flags |= SL_BIT(SL_MSG_INVISIBLE);
		if (flags != rows[i].flags)
			fail_msg("row %zu: %#lx", i, (unsigned long)flags);
	}
}

static void survives_any_cut(void **state)
{
	struct fixture *f = *state;
	static const char raw[] =
		"Return-Path: <>\r\nReceived: from x (y [1.2.3.4]) by mx.trap.test; 3 Nov 2026\r\n"
		"Authentication-Results: a; spf=pass\r\nFrom: \xff \"=?utf-8?B?44GC?=\" <a@b>\r\n"
		"Subject: \0 =?x\r\n\ty?=\r\nContent-Type: multipart/report; "
		"report-type=\"\r\n\r\n";
	for (size_t n = 0; n < sizeof(raw); n++) {
		char *exact = sl_malloc(n);
		memcpy(exact, raw, n);
		read_mail(f, sl_span_of(exact, n), SL_TIME_NONE, SL_TIME_NONE);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fills_the_message, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_the_envelope, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_the_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(drops_damaged_addresses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sets_flags, set_up, tear_down),
		cmocka_unit_test_setup_teardown(survives_any_cut, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
