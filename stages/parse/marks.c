/* SPDX-License-Identifier: Apache-2.0 */
#include "marks.h"

#include "headfields.h"
#include "pipeline/base/unicode.h"
#include "pipeline/base/utf8.h"
#include "words.h"

static bool has_field(const struct sl_mail *mail, const char *name)
{
	return sl_mail_field(mail, name) != NULL;
}

static struct sl_span field_value(const struct sl_mail *mail, const char *name)
{
	const struct sl_field *field = sl_mail_field(mail, name);
	return field ? sl_field_unfold(mail->arena, field->value) : SL_SPAN_NULL;
}

/* A selector or joiner behind a symbol draws an emoji: honest mail has it too. */
static bool draws_emoji(uint32_t c, uint32_t before)
{
	return (c == 0xfe0f || c == 0x200d) &&
	       (before >= 0x2190 || before == 0xa9 || before == 0xae || before < 0x40);
}

static void mark_characters(struct sl_mail *mail, struct sl_span text)
{
	uint32_t before = 'a';
	while (text.n) {
		uint32_t c;
		size_t used = sl_utf8_decode(text, &c);
		if (used == 0)
			return;
		if (used > 1 && sl_unicode_is_bidi_control(c))
			sl_mail_flag_header(mail, SL_MSG_BIDI);
		if (used > 1 && sl_unicode_is_invisible(c) && !draws_emoji(c, before))
			sl_mail_flag_header(mail, SL_MSG_INVISIBLE);
		before = c;
		text = sl_span_from(text, used);
	}
}

static bool is_host_char(char c)
{
	return sl_is_alnum(c) || c == '-' || c == '.';
}

/* A word with dots is a host name when it stands behind an @ or ends in a label that is hardly
 * anything else. The public suffix list is not at hand here. */
static bool known_ending(struct sl_span host)
{
	static const char *const ends[] = { "com", "net", "org", "info", "biz", "edu", "gov", "jp",
		"cn", "de", "uk", "fr", "nl", "br", "ru", "eu", "io", "us", "ca", "au", "in", "es",
		"pt", "kr", "tw", "hk", "ch", "at", "pl", "cz", "co", "top", "xyz", "shop",
		"online", "site", "club", "vip", "cc", "app", "dev", "me", "tv" };
	size_t at = host.n;
	while (at && host.p[at - 1] != '.')
		at--;
	if (at < 3) /* "a.b" */
		return false;
	for (size_t i = 0; i < SL_LEN(ends); i++)
		if (sl_span_ieq(sl_span_from(host, at), sl_span_str(ends[i])))
			return true;
	return false;
}

static bool below(struct sl_span host, struct sl_span domain)
{
	return sl_span_iends(host, domain) &&
	       (host.n == domain.n || host.p[host.n - domain.n - 1] == '.');
}

bool sl_marks_address_in_name(struct sl_span name, struct sl_span domain)
{
	size_t at = 0;
	while (at < name.n) {
		size_t start = at;
		while (at < name.n && is_host_char(name.p[at]))
			at++;
		struct sl_span word = sl_span_of(name.p + start, at - start);
		bool behind_at = start && name.p[start - 1] == '@';
		while (word.n && (word.p[word.n - 1] == '.' || word.p[word.n - 1] == '-'))
			word.n--;
		bool host = sl_span_chr(word, '.', 1) > 0 && (behind_at || known_ending(word));
		bool local = at < name.n && name.p[at] == '@';
		if (host && !local && !below(word, domain) && !below(domain, word))
			return true;
		if (at == start)
			at++;
	}
	return false;
}

static bool starts_any(struct sl_span text, const char *const *starts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sl_span_istarts(text, sl_span_str(starts[i])))
			return true;
	return false;
}

/* Mailing list software says so; a List-Unsubscribe alone is what every advertiser sends. */
static bool is_list(const struct sl_mail *mail)
{
	return has_field(mail, "List-Post") || has_field(mail, "X-BeenThere") ||
	       has_field(mail, "Mailing-List") || has_field(mail, "X-Mailman-Version") ||
	       has_field(mail, "X-Mailing-List") ||
	       sl_span_ieq(field_value(mail, "Precedence"), SL_SPAN("list"));
}

/* Behind "[list] ", "Re: " and "Fwd: ". */
static struct sl_span bare_subject(struct sl_span s)
{
	static const char *const starts[] = { "re:", "fw:", "fwd:", "aw:" };
	for (int round = 0; round < 4; round++) {
		s = sl_span_trim(s);
		ssize_t close = s.n && s.p[0] == '[' ? sl_span_chr(s, ']', 0) : -1;
		if (close > 0)
			s = sl_span_from(s, (size_t)close + 1);
		else if (starts_any(s, starts, SL_LEN(starts)))
			s = sl_span_from(s, (size_t)sl_span_chr(s, ':', 0) + 1);
	}
	return s;
}

static bool bounce_subject(struct sl_span subject)
{
	static const char *const starts[] = { "delivery status notification", "undeliver",
		"mail delivery failed", "mail delivery system", "returned mail", "delivery failure",
		"failure notice", "delivery notification", "mail system error", "nondeliverable",
		"message undeliverable", "unzustellbar", "non remis", "mail delivery problem",
		"mail could not be delivered", "warning: could not send message",
		"message status - undeliverable" };
	return starts_any(subject, starts, SL_LEN(starts));
}

static bool reply_subject(struct sl_span subject)
{
	static const char *const starts[] = { "auto:", "automatic reply", "automated reply",
		"auto reply", "auto-reply", "autoreply", "auto response", "autoresponse",
		"out of office", "out of the office", "automatische antwort",
		"automatisch antwoord", "abwesenheit", "réponse automatique",
		"respuesta automática", "resposta automática", "risposta automatica", "自動返信",
		"自動応答", "不在" };
	return starts_any(subject, starts, SL_LEN(starts)) ||
	       sl_span_find(subject, SL_SPAN("お問い合わせありがとう"), 0) >= 0 ||
	       sl_span_find(subject, SL_SPAN("自動返信"), 0) >= 0;
}

static bool from_daemon(const struct sl_mail *mail)
{
	static const char *const starts[] = { "mailer-daemon@", "postmaster@", "mail-daemon@",
		"mailerdaemon@", "microsoftexchange" };
	return starts_any(mail->message.from_addr, starts, SL_LEN(starts));
}

struct evidence {
	struct sl_span type, report, submitted, subject;
	bool null_return_path;
};

static bool is_backscatter(const struct sl_mail *mail, const struct evidence *e)
{
	bool status = sl_span_ieq(e->report, SL_SPAN("delivery-status"));
	int points = e->null_return_path ? 2 : 0;
	if (sl_span_ieq(e->type, SL_SPAN("multipart/report")))
		points += status ? 3 : 1;
	if (has_field(mail, "X-Failed-Recipients") || has_field(mail, "X-DSNContext"))
		points += 2;
	points += from_daemon(mail);
	points += bounce_subject(e->subject);
	points += sl_span_istarts(e->submitted, SL_SPAN("auto-"));
	return points >= 3;
}

static bool is_auto_reply(const struct sl_mail *mail, const struct evidence *e)
{
	struct sl_span precedence = field_value(mail, "Precedence");
	return sl_span_istarts(e->submitted, SL_SPAN("auto-replied")) ||
	       sl_span_istarts(e->submitted, SL_SPAN("auto-notified")) ||
	       sl_span_ieq(precedence, SL_SPAN("auto_reply")) ||
	       sl_span_ieq(precedence, SL_SPAN("auto-reply")) || has_field(mail, "X-Autoreply") ||
	       has_field(mail, "X-Autorespond") || has_field(mail, "X-Autogenerated") ||
	       has_field(mail, "X-Auto-Response") ||
	       sl_span_ieq(e->report, SL_SPAN("disposition-notification")) ||
	       reply_subject(e->subject);
}

static struct sl_span report_type(
	struct sl_mail *mail, struct sl_charset *charset, struct sl_span content_type)
{
	uint64_t ignored = 0, max = mail->config->limits.parameters;
	if (sl_span_ifind(content_type, SL_SPAN("report-type"), 0) < 0)
		return SL_SPAN_NULL;
	return sl_parameter(charset, mail->arena, content_type, "report-type", max, &ignored);
}

void sl_marks_set(struct sl_mail *mail, struct sl_charset *charset, bool null_return_path)
{
	struct sl_message *m = &mail->message;
	struct sl_span content_type = field_value(mail, "Content-Type");
	struct evidence e = { .null_return_path = null_return_path };
	e.type = sl_parameter_main(mail->arena, content_type);
	e.report = report_type(mail, charset, content_type);
	e.submitted = field_value(mail, "Auto-Submitted");
	e.subject = bare_subject(m->subject);
	mark_characters(mail, m->subject);
	mark_characters(mail, m->from_name);
	if (sl_marks_address_in_name(m->from_name, m->from_domain))
		sl_mail_flag_header(mail, SL_MSG_ADDRESS_IN_NAME);
	if (is_list(mail))
		sl_mail_flag_header(mail, SL_MSG_LIST);
	if (is_backscatter(mail, &e))
		sl_mail_flag_header(mail, SL_MSG_BACKSCATTER);
	else if (is_auto_reply(mail, &e))
		sl_mail_flag_header(mail, SL_MSG_AUTO_REPLY);
}
