/* SPDX-License-Identifier: Apache-2.0 */
/* The text stage: what a reader sees becomes the normal form in which campaigns are compared, with
 * its anchors, its language, and flags for the tricks in it. */
#include "language.h"
#include "normal.h"
#include "pipeline/base/unicode.h"
#include "pipeline/base/utf8.h"
#include "pipeline/stage.h"

/* Text shorter than this is hardly the lure: the next source is asked (clustering reference 4.2).
 */
enum { TEXT_LEAST = 20, HIDDEN_LEAST = 20, NAME_MAX_BYTES = 256 };

/* Letters and digits, counted up to `enough`. */
static size_t count_letters(struct sl_span s, size_t enough)
{
	size_t n = 0;
	uint32_t c;
	while (s.n && n < enough) {
		size_t len = sl_utf8_decode(s, &c);
		if (len)
			n += sl_unicode_is_letter(c) || (c >= '0' && c <= '9');
		s = sl_span_from(s, len ? len : 1);
	}
	return n;
}

struct source {
	struct sl_span text;
	enum sl_view_kind kind;
};

static bool has_view(const struct sl_mail *mail, enum sl_view_kind kind)
{
	for (size_t i = 0; i < mail->n_views; i++)
		if (mail->views[i].kind == kind)
			return true;
	return false;
}

/* The longest plain text: of a message whose HTML says nothing. */
static struct sl_span plain_text(const struct sl_mail *mail)
{
	struct sl_span longest = SL_SPAN_NULL;
	for (size_t i = 0; i < mail->n_views; i++)
		if (mail->views[i].kind == SL_VIEW_TEXT && mail->views[i].text.n > longest.n)
			longest = mail->views[i].text;
	return longest;
}

/* The first of visible, plain and hidden that says enough; else the first that says anything. */
static struct source choose_source(const struct sl_mail *mail)
{
	const struct source sources[] = {
		{ mail->visible, has_view(mail, SL_VIEW_HTML) ? SL_VIEW_HTML : SL_VIEW_TEXT },
		{ plain_text(mail), SL_VIEW_TEXT },
		{ mail->hidden, SL_VIEW_HIDDEN },
	};
	for (size_t least = TEXT_LEAST; least > 0; least = least == 1 ? 0 : 1)
		for (size_t i = 0; i < SL_LEN(sources); i++)
			if (count_letters(sources[i].text, least) >= least)
				return sources[i];
	return sources[0];
}

static void body_text(struct sl_mail *mail)
{
	struct sl_content *content = &mail->content;
	struct source source = choose_source(mail);
	struct sl_normal normal;
	sl_normal_make(mail->arena, source.text, SL_NORMAL_MAX, &normal);
	mail->folded_from = normal.source;
	mail->folded = normal.folded;
	content->norm = normal.text;
	content->anchors = normal.anchors;
	content->n_anchors = normal.n_anchors;
	content->text_source = source.kind;
	content->language = sl_language_guess(normal.text);
	if (normal.invisible)
		sl_mail_flag_body(mail, SL_MSG_INVISIBLE);
	if (normal.bidi)
		sl_mail_flag_body(mail, SL_MSG_BIDI);
	if (normal.mixed)
		sl_mail_flag_body(mail, SL_MSG_MIXED_SCRIPT);
	bool read = !(content->flags & SL_BIT(SL_MSG_CRASHED)); /* else nobody looked */
	if (read && count_letters(mail->visible, TEXT_LEAST) < TEXT_LEAST &&
		count_letters(plain_text(mail), TEXT_LEAST) < TEXT_LEAST)
		sl_mail_flag_body(mail, SL_MSG_EMPTY_TEXT);
	if (count_letters(mail->hidden, HIDDEN_LEAST) >= HIDDEN_LEAST)
		sl_mail_flag_body(mail, SL_MSG_HIDDEN_TEXT);
}

static struct sl_span header_text(struct sl_mail *mail, struct sl_span text)
{
	struct sl_normal normal;
	sl_normal_make(mail->arena, text, NAME_MAX_BYTES, &normal);
	if (normal.invisible)
		sl_mail_flag_header(mail, SL_MSG_INVISIBLE);
	if (normal.bidi)
		sl_mail_flag_header(mail, SL_MSG_BIDI);
	if (normal.mixed)
		sl_mail_flag_header(mail, SL_MSG_MIXED_SCRIPT);
	return normal.text;
}

static void text_process(void *thread, struct sl_mail *mail)
{
	(void)thread;
	struct sl_message *message = &mail->message;
	if (!mail->known)
		body_text(mail);
	message->subject_norm = header_text(mail, message->subject);
	message->sender_norm = header_text(mail, message->from_name);
	message->language = mail->content.language;
	if (message->language.n == 0)
		message->language = sl_language_guess(message->subject_norm);
}

static void *text_new(const struct sl_config *config, const struct sl_tables *tables)
{
	(void)config;
	(void)tables;
	return NULL;
}

static void text_free(void *thread)
{
	(void)thread;
}

const struct sl_stage sl_stage_text = { "text", text_new, text_process, text_free };
