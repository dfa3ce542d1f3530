/* SPDX-License-Identifier: Apache-2.0 */
#include "trap_maker.h"

#include "trap_stamp.h"

enum { BIG = 1 << 28 };

void trap_maker_init(struct trap_maker *m, const struct trap_options *options)
{
	struct sl_buf empty = sl_buf_make(BIG);
	*m = (struct trap_maker){ .options = options,
		.sender = empty,
		.ip = empty,
		.text = empty,
		.converted = empty,
		.file = empty,
		.content = empty,
		.body = empty,
		.raw = empty,
		.crlf = empty };
	m->truth.text = empty;
	trap_writer_init(&m->writer, options);
}

void trap_maker_free(struct trap_maker *m)
{
	struct sl_buf *all[] = { &m->sender, &m->ip, &m->text, &m->converted, &m->file, &m->content,
		&m->body, &m->raw, &m->crlf, &m->truth.text };
	for (size_t i = 0; i < SL_LEN(all); i++)
		sl_buf_free(all[i]);
	trap_writer_free(&m->writer);
	trap_coding_close(&m->converters);
}

/* What stays when the body stays comes from the original, what turns from the copy. */
static void draw_boundary(struct trap_maker *m)
{
	struct trap_dice dice =
		trap_dice_of(m->options->seed, TRAP_DICE_PADDING, ~m->mail.original);
	struct sl_buf letters = sl_buf_make(sizeof(m->boundary));
	trap_letters(m->mail.rotated ? &m->copy : &dice, &letters, sizeof(m->boundary), TRAP_UPPER);
	memcpy(m->boundary, letters.p, sizeof(m->boundary));
	sl_buf_reset(&letters);
	trap_letters(&m->copy, &letters, TRAP_TOKEN, TRAP_HEX);
	memcpy(m->token, letters.p, TRAP_TOKEN);
	m->tokens = 1 + trap_below(&m->copy, TRAP_LINKS);
	sl_buf_free(&letters);
}

static struct sl_span with_crlf(struct trap_maker *m, struct sl_span raw)
{
	struct sl_span line;
	sl_buf_reset(&m->crlf);
	while (sl_span_split(&raw, '\n', &line)) {
		sl_buf_add(&m->crlf, line);
		sl_buf_str(&m->crlf, "\r\n");
	}
	return sl_buf_span(&m->crlf);
}

struct sl_span trap_maker_mail(struct trap_maker *m, uint64_t number)
{
	trap_plan_mail(m->options, number, &m->mail);
	trap_truth_reset(&m->truth);
	m->copy = trap_dice_of(m->options->seed, TRAP_DICE_HEADER, number);
	draw_boundary(m);
	trap_writer_begin(&m->writer, &m->mail, &m->truth);
	trap_writer_subject(&m->writer);
	trap_body_write(m);
	trap_head_write(m);
	sl_buf_add(&m->raw, sl_buf_span(&m->body));
	sl_assert(!m->raw.overflow && !m->body.overflow);
	return m->mail.family.crlf ? with_crlf(m, sl_buf_span(&m->raw)) : sl_buf_span(&m->raw);
}
