/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/base/unicode.h"
#include "pipeline/mill.h"
#include "pipeline/report.h"

#include <json-c/json.h>
#include <stdlib.h>

static const char *const trust[] = { "mx.trap.example" };
static const char *const traps[] = { "victim@trap.example" };

static const struct sl_config base_config = { .since = SL_TIME_NONE,
	.until = SL_TIME_NONE,
	.offline = true,
	.region = "",
	.authserv_ids = { (const char **)(uintptr_t)trust, 1 },
	.trust = { (const char **)(uintptr_t)trust, 1 },
	.trap_addresses = { (const char **)(uintptr_t)traps, 1 } };

static const char mail_text[] =
	"Return-Path: <bounce@amazon.co.jp>\r\n"
	"Authentication-Results: mx.trap.example; spf=fail smtp.mailfrom=amazon.co.jp\r\n"
	"Received: from mail.sender.example (unknown [45.67.89.10])\r\n"
	"\tby mx.trap.example (Postfix) with ESMTP id 1; Tue, 24 Nov 2026 01:02:03 +0900\r\n"
	"From: \"Amazon\" <info@amazon.co.jp>\r\n"
	"To: victim@trap.example\r\n"
	"Subject: =?utf-8?B?44CQQW1hem9u44CR6YeN6KaB44Gq44GK55+l44KJ44Gb?= "
	"\x1b]0;x\x07 for victim@trap.example\r\n"
	"Date: Tue, 24 Nov 2026 01:02:03 +0900\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: text/html; charset=utf-8\r\n"
	"Content-Transfer-Encoding: 8bit\r\n"
	"\r\n"
	"<html><body><p>Please confirm your account, victim@trap.example.</p>\r\n"
	"<a href=\"http://www.amazen.qxnvz.top/?m=victim%40trap.example\">"
	"https://www.amazon.co.jp/</a>\r\n"
	"<a href=\"https://www.amazon.co.jp/help\">Help</a></body></html>\r\n";

struct made {
	struct sl_config *config; /* the mill borrows it */
	struct sl_tables *tables;
	struct sl_mill *mill;
	const struct sl_mail *mail;
};

static struct made make(struct sl_span raw)
{
	static const struct sl_secret secret;
	struct made m = { .config = sl_malloc(sizeof(*m.config)) };
	struct sl_err err = { .text = "" };
	*m.config = base_config;
	sl_limits_default(&m.config->limits);
	if (sl_tables_load(m.config, &m.tables, &err) != SL_OK)
		fail_msg("%s", err.text);
	m.mill = sl_mill_new(m.config, m.tables, &secret);
	m.mail = sl_mill_one(m.mill, raw, SL_TIME_NONE);
	return m;
}

static void made_free(struct made *m)
{
	sl_mill_free(&m->mill);
	sl_tables_free(&m->tables);
	free(m->config);
}

static void geo_ask(void *arg, enum sl_kind kind, struct sl_span value, struct sl_arena *arena,
	struct sl_answer *answer_r)
{
	static struct sl_pair pairs[] = { { { "country", 7 }, { "XK", 2 } },
		{ { "country_source", 14 }, { "c.mmdb@2026-01-01", 17 } } };
	(void)arg;
	(void)arena;
	assert_int_equal(kind, SL_KIND_IPV4);
	CHECK_SPAN(value, "45.67.89.10");
	*answer_r = (struct sl_answer){ .status = SL_LOOKUP_FOUND,
		.source = SL_SPAN("mmdb:c.mmdb@2026-01-01"),
		.pairs = pairs,
		.n_pairs = 2 };
}

static const struct sl_report_geo geo = { NULL, geo_ask };

static void must_hold(const struct sl_buf *text, const char *what)
{
	if (!strstr(text->p, what))
		fail_msg("\"%s\" is not in:\n%s", what, text->p);
}

static void must_not_hold(const struct sl_buf *text, const char *what)
{
	if (sl_span_ifind(sl_buf_span(text), sl_span_str(what), 0) >= 0)
		fail_msg("\"%s\" is in:\n%s", what, text->p);
}

static void the_order_of_an_analyst(void **state)
{
	static const char *const steps[] = { "Subject", "Name shown        Amazon", "From",
		"Return-Path", "Sending address", "Received line 1 of 1", "Country           XK",
		"Block lists       not asked (offline)", "SPF", "fail", "Decoded from",
		"text/html, 8bit, charset utf-8", "In short", "Link 1", "Shown as",
		"another host than the link opens", "qxnvz[.]top", "not asked (offline)",
		"The real site", "amazon.co.jp", "Attachments", "Verdict", "phishing", "Because" };
	(void)state;
	struct made m = make(SL_SPAN(mail_text));
	struct sl_buf text = sl_buf_make(1 << 20);
	sl_explain_text(m.mail, m.tables, m.config, &geo, &text);
	const char *at = text.p;
	for (size_t i = 0; i < SL_LEN(steps); i++) {
		const char *found = strstr(at, steps[i]);
		if (!found)
			fail_msg("step %zu, \"%s\", is not where it should be in:\n%s", i, steps[i],
				text.p);
		at = found;
	}
	must_hold(&text, "hxxp://www[.]amazen[.]qxnvz[.]top/");
	must_hold(&text, "nothing proves that Amazon sent it");
	sl_buf_free(&text);
	made_free(&m);
}

static void nothing_foreign_reaches_the_terminal(void **state)
{
	(void)state;
	struct made m = make(SL_SPAN(mail_text));
	struct sl_buf text = sl_buf_make(1 << 20);
	sl_explain_text(m.mail, m.tables, m.config, NULL, &text);
	for (size_t i = 0; i < text.n; i++)
		assert_true((unsigned char)text.p[i] >= 0x20 || text.p[i] == '\n');
	must_not_hold(&text, "victim@trap");
	must_not_hold(&text, "victim%40trap");
	must_not_hold(&text, "http://");
	must_not_hold(&text, "qxnvz.top");
	must_hold(&text, "no database given");
	struct sl_span rest = sl_buf_span(&text), line;
	while (sl_span_split(&rest, '\n', &line)) {
		bool url = sl_span_find(line, SL_SPAN("hxxp"), 0) >= 0;
		if (!url && sl_unicode_width(line) > 80)
			fail_msg("too wide: %.*s", SL_ARG(line));
	}
	sl_buf_free(&text);
	made_free(&m);
}

static void json_form(void **state)
{
	(void)state;
	struct made m = make(SL_SPAN(mail_text));
	struct sl_buf text = sl_buf_make(1 << 20);
	sl_explain_json(m.mail, m.tables, m.config, SL_SPAN("some/folder/x.eml"), &text);
	must_not_hold(&text, "victim@trap");
	must_hold(&text, "\"archive\":\"x.eml\"");
	must_hold(&text, "\"text\":\"");
	must_hold(&text, "\"verdict\":{\"label\":\"phishing\"");
	assert_int_equal(text.p[text.n - 1], '\n');
	assert_int_equal(sl_span_chr(sl_buf_span(&text), '\n', 0), text.n - 1);
	struct json_object *object = json_tokener_parse(text.p);
	assert_non_null(object);
	json_object_put(object);
	sl_buf_free(&text);
	made_free(&m);
}

/* A mail that claims to come from the trap itself, as many do. */
static void the_trap_as_sender(void **state)
{
	static const char raw[] = "From: Victim@trap.example <victim@trap.example>\r\n"
				  "Return-Path: <victim@trap.example>\r\n"
				  "Reply-To: victim@trap.example\r\n"
				  "Subject: hi\r\n\r\nvictim@trap.example "
				  "http://a.qxnvz.top/victim@trap.example\r\n";
	(void)state;
	struct made m = make(SL_SPAN(raw));
	struct sl_buf text = sl_buf_make(1 << 20);
	sl_explain_text(m.mail, m.tables, m.config, NULL, &text);
	sl_explain_json(m.mail, m.tables, m.config, SL_SPAN("victim@trap.example"), &text);
	must_not_hold(&text, "victim");
	must_hold(&text, "From              [trap]");
	sl_buf_free(&text);
	made_free(&m);
}

/* Cut anywhere, the analysis stands: the shape of a mail is nobody's promise. */
static void mails_cut_anywhere(void **state)
{
	(void)state;
	struct made m = make(SL_SPAN_NULL);
	for (size_t n = 0; n < sizeof(mail_text); n += 7) {
		struct sl_buf text = sl_buf_make(1 << 20);
		const struct sl_mail *mail =
			sl_mill_one(m.mill, sl_span_of(mail_text, n), SL_TIME_NONE);
		sl_explain_text(mail, m.tables, m.config, NULL, &text);
		must_hold(&text, "Verdict");
		sl_explain_json(mail, m.tables, m.config, SL_SPAN("-"), &text);
		assert_false(text.overflow);
		sl_buf_free(&text);
	}
	made_free(&m);
}

/* A dossier with little in it, and with what a lure may put there. */
static void show_a_dossier(void **state)
{
	(void)state;
	struct made m = make(SL_SPAN_NULL);
	struct sl_buf text = sl_buf_make(1 << 20);
	struct sl_wave waves[] = { { 0, 86400, 3 }, { 8640000, 8640000, 30 },
		{ SL_TIME_NONE, SL_TIME_NONE, 1 } };
	struct sl_span lines[] = { SL_SPAN("Dear \xe2\x9f\xa6name\xe2\x9f\xa7,"),
		SL_SPAN("\x1b[2Jvictim@trap.example"), SL_SPAN_NULL };
	struct sl_used used[] = { { .indicator = { .kind = SL_KIND_URL,
					    .role = SL_ROLE_LINK,
					    .value = SL_SPAN("http://a.qxnvz.top/"),
					    .host = SL_SPAN("a.qxnvz.top") },
					  .roles = 1u << SL_ROLE_LINK,
					  .messages = 33,
					  .actionable = true,
					  .why = "lure-link",
					  .confidence = 80 },
		{ .indicator = { .kind = SL_KIND_EMAIL,
			  .role = SL_ROLE_SENDER,
			  .value = SL_SPAN("victim@trap.example") },
			.roles = 1u << SL_ROLE_SENDER,
			.why = "trap" } };
	struct sl_dossier d = { .id = { "caaaaaaaaaaaaaaaa" },
		.name = SL_SPAN("\xe9\x87\x8d\xe8\xa6\x81"),
		.waves = waves,
		.n_waves = 3,
		.first_seen = 0,
		.last_seen = 8640000,
		.messages = 34,
		.template_lines = lines,
		.n_template_lines = 3,
		.used = used,
		.n_used = 2,
		.evidence = { [SL_EVIDENCE_TEXT] = 2 } };
	d.exemplar.received = d.exemplar.date = SL_TIME_NONE;
	sl_show_text(&d, m.tables, m.config, &text);
	must_hold(&text, "Campaign caaaaaaaaaaaaaaaa\n==========================\n");
	must_hold(&text, "1970-01-01 to 1970-01-02  ###                            3\n");
	must_hold(&text, "##############################");
	must_hold(&text, "hxxp://a[.]qxnvz[.]top/");
	must_hold(&text, "    33  block 80   hxxp://a[.]qxnvz[.]top/  (lure-link)\n");
	must_hold(&text, "\\x1b[2J[trap]");
	must_hold(&text, "most of the text is the same");
	must_not_hold(&text, "victim");
	sl_buf_free(&text);
	made_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_of_an_analyst),
		cmocka_unit_test(nothing_foreign_reaches_the_terminal),
		cmocka_unit_test(json_form),
		cmocka_unit_test(the_trap_as_sender),
		cmocka_unit_test(mails_cut_anywhere),
		cmocka_unit_test(show_a_dossier),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
