/* SPDX-License-Identifier: Apache-2.0 */
/* The last per-message stage: the variant, that is, the name of the masked text.
 *
 * Messages whose subject and text are equal after masking are one variant. A mail with next to no
 * text would fall together with every other such mail; there the sender and the files count too,
 * and where there is no file, the bytes of the body. Nothing here looks at another message.
 */
#include "pipeline/base/buf.h"
#include "pipeline/stage.h"

enum { TEXT_LEAST = 20 }; /* bytes that are not white space; fewer are no text */

static bool has_text(struct sl_span text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n && n < TEXT_LEAST; i++)
		n += !sl_is_space(text.p[i]);
	return n >= TEXT_LEAST;
}

static void put(struct sl_buf *to, char tag, struct sl_span s)
{
	sl_buf_char(to, '\0');
	sl_buf_char(to, tag);
	sl_buf_add(to, s);
}

/* What tells apart mails that say nothing. */
static void put_rest(struct sl_buf *to, const struct sl_mail *mail)
{
	const struct sl_content *content = &mail->content;

	put(to, 's', mail->message.sender_norm);
	for (size_t i = 0; i < content->n_attachments; i++)
		put(to, 'f',
			sl_span_of(content->attachments[i].sha256.b,
				sizeof(content->attachments[i].sha256.b)));
	if (content->n_attachments == 0) {
		struct sl_id body = sl_hash_name(mail->body);

		put(to, 'b', sl_span_of(body.b, sizeof(body.b)));
	}
}

static void process(void *thread, struct sl_mail *mail)
{
	size_t room = mail->message.subject_norm.n + mail->content.norm.n +
		      mail->message.sender_norm.n + mail->content.n_attachments * 34 + 64;
	struct sl_buf text = sl_buf_make(room);

	(void)thread;
	sl_buf_reserve(&text, room); /* at once: it would be copied each time that it doubles */
	sl_buf_add(&text, mail->message.subject_norm);
	sl_buf_char(&text, '\n');
	sl_buf_add(&text, mail->content.norm);
	if (!has_text(mail->content.norm))
		put_rest(&text, mail);
	sl_assert(!text.overflow);
	mail->message.variant = sl_hash_key(sl_buf_span(&text), mail->secret);
	mail->message.variant_name = sl_hash_name(sl_buf_span(&text));
	sl_buf_free(&text);
}

const struct sl_stage sl_stage_variant = { "variant", NULL, process, NULL };
