/* SPDX-License-Identifier: Apache-2.0 */
/* The stage in place of body for a message that ended a cell: whatever killed the parsers is not
 * met again here, and yet its links are found. */
#include "bytes.h"

#include "pipeline/base/utf8.h"
#include "pipeline/stage.h"
#include "transfer.h"

#include <stdlib.h>

/* Digits of a run: "http://a.example" takes 22. Words that stand alone on a line are shorter. */
enum { RUN_LEAST = 20 };

bool sl_bytes_telling(struct sl_span bytes)
{
	return sl_span_find(bytes, SL_SPAN("://"), 0) >= 0 ||
	       sl_span_ifind(bytes, SL_SPAN("www."), 0) >= 0 || sl_span_chr(bytes, '@', 0) >= 0;
}

struct sl_span sl_bytes_text(struct sl_arena *arena, struct sl_span bytes)
{
	size_t good = sl_utf8_valid_prefix(bytes);
	if (good == bytes.n && (bytes.n == 0 || !memchr(bytes.p, '\0', bytes.n)))
		return bytes;
	char *to = sl_arena_alloc(arena, bytes.n);
	size_t n = 0;
	for (size_t i = 0; i < bytes.n;) {
		size_t ascii = sl_ascii_end(bytes, i);
		for (; i < ascii; i++)
			if (bytes.p[i])
				to[n++] = bytes.p[i];
		if (i == bytes.n)
			break;
		uint32_t ignored;
		size_t length = sl_utf8_decode(sl_span_from(bytes, i), &ignored);
		if (length == 0)
			to[n++] = ' ';
		for (size_t k = 0; k < length; k++)
			to[n++] = bytes.p[i + k];
		i += length ? length : 1;
	}
	sl_assert(n <= bytes.n);
	sl_arena_trim(arena, to, bytes.n, n);
	return sl_span_of(to, n);
}

static void add_view(struct sl_mail *mail, uint32_t part, struct sl_span bytes)
{
	struct sl_span text = sl_bytes_text(mail->arena, bytes);
	if (sl_bytes_telling(text))
		sl_mail_add_view(mail, SL_VIEW_RAW, part, text);
}

/* Digits of base64 in a line that holds nothing else but padding and blanks at its end; 0: it is no
 * such line, or a boundary, which may be made of such digits too. */
static size_t base64_digits(struct sl_span line)
{
	size_t n = 0;
	line = sl_span_trim(line);
	if (sl_span_starts(line, SL_SPAN("--")))
		return 0;
	while (n < line.n && sl_base64_value(line.p[n]) >= 0)
		n++;
	for (size_t i = n; i < line.n; i++)
		if (line.p[i] != '=')
			return 0;
	return n;
}

static void base64_views(struct sl_mail *mail, uint32_t part, struct sl_span bytes)
{
	struct sl_span rest = bytes, line;
	const char *start = bytes.p;
	size_t digits = 0;
	for (bool more = true; more;) {
		const char *here = rest.p;
		more = sl_span_split(&rest, '\n', &line);
		size_t n = more ? base64_digits(line) : 0;
		if (n == 0 && digits >= RUN_LEAST)
			add_view(mail, part,
				sl_transfer_decode(mail->arena, SL_TRANSFER_BASE64,
					sl_span_of(start, (size_t)(here - start)))
					.bytes);
		if (digits == 0 || n == 0)
			start = n ? here : rest.p;
		digits = n ? digits + n : 0;
	}
}

/* Is there an escape, or a soft line break? */
static bool is_quoted(struct sl_span bytes)
{
	for (ssize_t at = 0; (at = sl_span_chr(bytes, '=', (size_t)at)) >= 0; at++) {
		struct sl_span next = sl_span_from(bytes, (size_t)at + 1);
		if (next.n && (next.p[0] == '\n' || next.p[0] == '\r'))
			return true;
		if (next.n > 1 && sl_hex_value(next.p[0]) >= 0 && sl_hex_value(next.p[1]) >= 0)
			return true;
	}
	return false;
}

void sl_bytes_decoded_views(struct sl_mail *mail, uint32_t part, struct sl_span bytes)
{
	base64_views(mail, part, bytes);
	if (is_quoted(bytes))
		add_view(mail, part, sl_transfer_decode(mail->arena, SL_TRANSFER_QP, bytes).bytes);
}

/* The name of what was learned so: of all bytes of the message, since all were scanned, and never
 * that of a content which a parser made. */
static struct sl_id key_of(const struct sl_mail *mail)
{
	struct sl_hasher *hasher = sl_hasher_new(mail->secret);
	sl_hasher_add(hasher, SL_SPAN("bytes of a message that no parser saw\n"));
	sl_hasher_add(hasher, mail->raw);
	struct sl_id key = sl_hasher_id(hasher);
	sl_hasher_free(&hasher);
	return key;
}

/* Where the header block ends: as the screen has it, else at the first empty line. */
static size_t end_of_head(const struct sl_mail *mail)
{
	struct sl_span raw = mail->raw;
	if (mail->screen)
		return raw.n - mail->body.n;
	if (sl_span_starts(raw, SL_SPAN("\n")) || sl_span_starts(raw, SL_SPAN("\r\n")))
		return 0;
	ssize_t lf = sl_span_find(raw, SL_SPAN("\n\n"), 0);
	ssize_t crlf =
		sl_span_find(sl_span_head(raw, lf < 0 ? raw.n : (size_t)lf), SL_SPAN("\n\r\n"), 0);
	ssize_t end = crlf < 0 ? lf : crlf;
	return end < 0 ? raw.n : (size_t)end;
}

static void add_views(struct sl_mail *mail, struct sl_span bytes)
{
	add_view(mail, 0, bytes);
	sl_bytes_decoded_views(mail, 0, bytes);
}

/* Nothing may be there but `raw`; what the header stage left stays. Header and body are views of
 * their own: who a mail was sent to, and through which hosts, stands in the header, and must not
 * become an indicator when addresses are looked for in the rest. */
static void process(void *thread, struct sl_mail *mail)
{
	(void)thread;
	if (!mail->screen) {
		mail->head = sl_span_head(mail->raw, 0);
		mail->body = mail->raw;
	}
	mail->content.key = key_of(mail);
	mail->content.size = mail->body.n;
	sl_mail_flag_body(mail, SL_MSG_CRASHED);
	size_t head = end_of_head(mail);
	sl_assert(head <= mail->raw.n);
	add_views(mail, sl_span_head(mail->raw, head));
	mail->rough = mail->n_views + 1;
	add_views(mail, sl_span_from(mail->raw, head));
	sl_assert(mail->n_parts == 0);
}

const struct sl_stage sl_stage_bytes = { .name = "bytes", .process = process };
