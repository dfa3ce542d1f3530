/* SPDX-License-Identifier: Apache-2.0 */
/* The text stage: what a reader sees becomes the normal form in which campaigns are compared, with
 * its anchors, its language, and flags for the tricks in it. */
#include "language.h"
#include "normal.h"
#include "pipeline/base/unicode.h"
#include "pipeline/base/utf8.h"
#include "pipeline/stage.h"
#include "textmemo.h"

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

/* Two forms of one text are two things to remember. */
enum form { BODY, NAME };

/* The form of the text, out of the memo when it was met before. */
static void make_form(struct sl_memo *memo, const struct sl_mail *mail, enum form kind,
	struct sl_span text, struct sl_text_form *form_r)
{
	struct sl_id key = sl_hash_key(text, mail->secret);
	key.b[sizeof(key.b) - 1] ^= (uint8_t)kind;
	if (sl_textmemo_find(memo, &key, mail->arena, form_r))
		return;
	struct sl_normal *normal = &form_r->normal;
	sl_normal_make(mail->arena, text, kind == BODY ? SL_NORMAL_MAX : NAME_MAX_BYTES, normal);
	form_r->language = kind == BODY ? sl_language_guess(normal->text) : SL_SPAN_NULL;
	sl_textmemo_add(memo, &key, mail->arena, form_r);
}

static void body_text(struct sl_memo *memo, struct sl_mail *mail)
{
	struct sl_content *content = &mail->content;
	struct source source = choose_source(mail);
	struct sl_text_form form;
	make_form(memo, mail, BODY, source.text, &form);
	mail->folded_from = form.normal.source;
	mail->folded = form.normal.folded;
	content->norm = form.normal.text;
	content->anchors = form.normal.anchors;
	content->n_anchors = form.normal.n_anchors;
	content->text_source = source.kind;
	content->language = form.language;
	if (form.normal.invisible)
		sl_mail_flag_body(mail, SL_MSG_INVISIBLE);
	if (form.normal.bidi)
		sl_mail_flag_body(mail, SL_MSG_BIDI);
	if (form.normal.mixed)
		sl_mail_flag_body(mail, SL_MSG_MIXED_SCRIPT);
	bool read = !(content->flags & SL_BIT(SL_MSG_CRASHED)); /* else nobody looked */
	if (read && count_letters(mail->visible, TEXT_LEAST) < TEXT_LEAST &&
		count_letters(plain_text(mail), TEXT_LEAST) < TEXT_LEAST)
		sl_mail_flag_body(mail, SL_MSG_EMPTY_TEXT);
	if (count_letters(mail->hidden, HIDDEN_LEAST) >= HIDDEN_LEAST)
		sl_mail_flag_body(mail, SL_MSG_HIDDEN_TEXT);
}

static struct sl_span header_text(struct sl_memo *memo, struct sl_mail *mail, struct sl_span text)
{
	struct sl_text_form form;
	make_form(memo, mail, NAME, text, &form);
	if (form.normal.invisible)
		sl_mail_flag_header(mail, SL_MSG_INVISIBLE);
	if (form.normal.bidi)
		sl_mail_flag_header(mail, SL_MSG_BIDI);
	if (form.normal.mixed)
		sl_mail_flag_header(mail, SL_MSG_MIXED_SCRIPT);
	return form.normal.text;
}

static void text_process(void *thread, struct sl_mail *mail)
{
	struct sl_memo *memo = thread;
	struct sl_message *message = &mail->message;
	if (!mail->known)
		body_text(memo, mail);
	message->subject_norm = header_text(memo, mail, message->subject);
	message->sender_norm = header_text(memo, mail, message->from_name);
	message->language = mail->content.language;
	if (message->language.n == 0)
		message->language = sl_language_guess(message->subject_norm);
}

static void *text_new(const struct sl_config *config, const struct sl_tables *tables)
{
	(void)tables;
	return sl_memo_new(sl_memo_share(config->content_cache, SL_SHARE_TEXTS));
}

static void text_free(void *thread)
{
	struct sl_memo *memo = thread;
	sl_memo_free(&memo);
}

const struct sl_stage sl_stage_text = { "text", text_new, text_process, text_free };
