/* SPDX-License-Identifier: Apache-2.0 */
/* trap_body.c - parts, transfer encodings and attached files of a generated mail. */
#include "pipeline/base/digest.h"
#include "trap_maker.h"
#include "trap_stamp.h"

enum { FILES_MOST = 2, FILES = 4, SMALLEST_FILE = 3000, FILE_SPREAD = 60000, PICTURE = 1800 };
enum { TEXT_PART = 1500, HTML_LEAST = 1200 };

struct file_kind {
	const char *type, *ending, *magic;
	bool text; /* letters only behind the magic */
};

static const struct file_kind file_kinds[] = {
	{ "application/pdf", "pdf", "%PDF-1.4\n", true },
	{ "application/octet-stream", "dat", "TRAP\001\002", false },
	{ "text/csv", "csv", "number;name;value\n", true },
	{ "image/png", "png", "\x89PNG\r\n\x1a\n", false },
};
enum { PICTURE_KIND = 3 };

static void fill_file(
	struct trap_dice *dice, const struct file_kind *kind, size_t size, struct sl_buf *file)
{
	sl_buf_reset(file);
	sl_buf_str(file, kind->magic);
	if (kind->text) {
		trap_letters(dice, file, size, SL_SPAN("abcdefgh ijklmnop 0123456789;\n"));
		return;
	}
	char *at = sl_buf_reserve(file, size + sizeof(uint64_t));
	sl_assert(at);
	for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
		uint64_t word = trap_roll(dice);
		for (size_t b = 0; b < sizeof(word); b++)
			at[i + b] = (char)(word >> 8 * b);
	}
	sl_buf_filled(file, size);
}

static void note_file(struct trap_maker *m)
{
	struct sl_sha256 sum = sl_sha256_of(sl_buf_span(&m->file));
	struct sl_buf hex = sl_buf_make(2 * sizeof(sum.b));
	sl_buf_hex(&hex, sum.b, sizeof(sum.b));
	trap_truth_add(&m->truth, TRAP_FACT_FILE, sl_buf_span(&hex));
	sl_buf_free(&hex);
}

/* A part that holds m->file. */
static void add_file(struct trap_maker *m, const struct file_kind *kind, const char *disposition,
	uint32_t number, const char *extra)
{
	struct sl_buf *to = &m->body;
	note_file(m);
	sl_buf_printf(to,
		"Content-Type: %s; name=\"scan-%05u.%s\"\nContent-Transfer-Encoding: base64\n"
		"Content-Disposition: %s; filename=\"scan-%05u.%s\"\n%s\n",
		kind->type, number, kind->ending, disposition, number, kind->ending, extra);
	trap_coding_base64(sl_buf_span(&m->file), to);
}

static void add_attachment(struct trap_maker *m, uint64_t which)
{
	struct trap_dice dice =
		trap_dice_of(m->options->seed, TRAP_DICE_FILE, m->mail.campaign * FILES + which);
	const struct file_kind *kind = &file_kinds[trap_below(&dice, SL_LEN(file_kinds))];
	size_t size = SMALLEST_FILE + trap_below(&dice, FILE_SPREAD);
	fill_file(&dice, kind, size, &m->file);
	add_file(m, kind, "attachment", trap_below(&dice, 100000), "");
}

static bool is_ascii(struct sl_span text)
{
	unsigned char all = 0;
	for (size_t i = 0; i < text.n; i++)
		all |= (unsigned char)text.p[i];
	return all < 0x80;
}

/* Fields into `head`, text into m->body; the two are one buffer but for a mail of one part. */
static void add_encoded(
	struct trap_maker *m, const char *subtype, enum trap_coding coding, struct sl_buf *head)
{
	static const char *const names[] = { "7bit", "quoted-printable", "base64" };
	struct sl_span text = sl_buf_span(&m->converted);
	sl_buf_str(head, "Content-Type: text/");
	sl_buf_str(head, subtype);
	sl_buf_str(head, "; charset=\"");
	sl_buf_str(head, m->mail.family.charset);
	sl_buf_str(head, "\"\nContent-Transfer-Encoding: ");
	sl_buf_str(head, coding == TRAP_CLEAR && !is_ascii(text) ? "8bit" : names[coding]);
	sl_buf_str(head, head == &m->body ? "\n\n" : "\n");
	if (coding == TRAP_CLEAR)
		sl_buf_add(&m->body, text);
	else if (coding == TRAP_QUOTED)
		trap_coding_quoted(text, &m->body);
	else
		trap_coding_base64(text, &m->body);
}

static void begin_part(struct trap_maker *m, enum trap_coding coding)
{
	bool token = coding == TRAP_CLEAR ? m->mail.url_tokens : m->mail.coded_tokens;
	trap_writer_part(&m->writer, token ? m->token : NULL, m->tokens);
	sl_buf_reset(&m->text);
	sl_buf_reset(&m->converted);
}

static void add_text(struct trap_maker *m, struct sl_buf *head)
{
	const struct trap_family *f = &m->mail.family;
	begin_part(m, f->text_coding);
	trap_writer_text(&m->writer, &m->text);
	trap_coding_convert(&m->converters, f->charset, sl_buf_span(&m->text), &m->converted);
	add_encoded(m, "plain", f->text_coding, head);
}

/* So large that the mail comes out at the size of its family. */
static size_t html_size(const struct trap_family *f)
{
	size_t taken = f->shape == TRAP_ALTERNATIVE ? TEXT_PART : 0;
	size_t left = f->size > taken + HTML_LEAST ? f->size - taken : HTML_LEAST;
	if (f->html_coding == TRAP_BASE64)
		return left * 100 / 135;
	return f->html_coding == TRAP_QUOTED ? left * 100 / 108 : left;
}

static void add_html(struct trap_maker *m, struct sl_buf *head)
{
	const struct trap_family *f = &m->mail.family;
	begin_part(m, f->html_coding);
	trap_writer_html(&m->writer, html_size(f), &m->text);
	trap_coding_convert(&m->converters, f->charset, sl_buf_span(&m->text), &m->converted);
	add_encoded(m, "html", f->html_coding, head);
}

static void add_type(struct trap_maker *m, const char *subtype, char level, struct sl_buf *head)
{
	sl_buf_str(head, "Content-Type: multipart/");
	sl_buf_str(head, subtype);
	sl_buf_str(head, ";\n boundary=\"----=_Part_");
	sl_buf_char(head, level);
	sl_buf_char(head, '_');
	sl_buf_add(head, sl_span_of(m->boundary, sizeof(m->boundary)));
	sl_buf_str(head, head == &m->body ? "\"\n\n" : "\"\n");
}

/* In front of a part, or behind the last one. */
static void add_delimiter(struct trap_maker *m, char level, bool last)
{
	sl_buf_str(&m->body, "------=_Part_");
	sl_buf_char(&m->body, level);
	sl_buf_char(&m->body, '_');
	sl_buf_add(&m->body, sl_span_of(m->boundary, sizeof(m->boundary)));
	sl_buf_str(&m->body, last ? "--\n" : "\n");
}

static void add_alternative(struct trap_maker *m, struct sl_buf *head)
{
	add_type(m, "alternative", '1', head);
	add_delimiter(m, '1', false);
	add_text(m, &m->body);
	add_delimiter(m, '1', false);
	add_html(m, &m->body);
	add_delimiter(m, '1', true);
}

static void add_related(struct trap_maker *m, struct sl_buf *head)
{
	struct trap_dice dice =
		trap_dice_of(m->options->seed, TRAP_DICE_FILE, ~m->mail.family_number);
	add_type(m, "related", '2', head);
	add_delimiter(m, '2', false);
	add_html(m, &m->body);
	add_delimiter(m, '2', false);
	fill_file(&dice, &file_kinds[PICTURE_KIND], PICTURE, &m->file);
	add_file(m, &file_kinds[PICTURE_KIND], "inline", 1, "Content-ID: <logo@local>\n");
	add_delimiter(m, '2', true);
}

static void add_content(struct trap_maker *m, struct sl_buf *head)
{
	switch (m->mail.family.shape) {
	case TRAP_TEXT:
		add_text(m, head);
		break;
	case TRAP_HTML:
		add_html(m, head);
		break;
	case TRAP_ALTERNATIVE:
		add_alternative(m, head);
		break;
	case TRAP_RELATED:
		add_related(m, head);
		break;
	}
}

void trap_body_write(struct trap_maker *m)
{
	sl_buf_reset(&m->content);
	sl_buf_reset(&m->body);
	if (!m->mail.family.attachments) {
		add_content(m, &m->content);
		return;
	}
	struct trap_dice dice = trap_dice_of(m->options->seed, TRAP_DICE_FILE, ~m->mail.original);
	add_type(m, "mixed", '0', &m->content);
	add_delimiter(m, '0', false);
	add_content(m, &m->body);
	for (uint32_t n = 1 + trap_below(&dice, FILES_MOST), i = 0; i < n; i++) {
		add_delimiter(m, '0', false);
		add_attachment(m, trap_below(&dice, FILES));
	}
	add_delimiter(m, '0', true);
}
