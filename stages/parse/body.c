/* SPDX-License-Identifier: Apache-2.0 */
/* The body stage: MIME leaves, transfer encodings, charsets and HTML of one message become parts,
 * views and links. What a limit keeps out, or the tree does not show, is given raw. */
#include "bytes.h"
#include "charset.h"
#include "html.h"
#include "mime.h"
#include "partkind.h"
#include "pipeline/stage.h"
#include "reading.h"
#include "screen.h"
#include "tagsketch.h"
#include "transfer.h"
#include "words.h"

#include <stdlib.h>

/* State of one worker. */
struct body {
	struct sl_charset *charset;
	struct sl_mime *mime;
	struct sl_html *html;
	char *tags; /* of all HTML parts of the message at hand */
	size_t n_tags, room_tags;
	uint64_t decoded;   /* bytes so far */
	uint64_t scan_room; /* bytes that may still be scanned raw */
	uint64_t embedded;  /* mails inside so far */
};

static void *body_new(const struct sl_config *config, const struct sl_tables *tables)
{
	(void)config;
	(void)tables;
	struct body *body = sl_calloc(1, sizeof(*body));
	body->charset = sl_charset_new();
	body->mime = sl_mime_new();
	body->html = sl_html_new();
	return body;
}

static void body_free(void *thread)
{
	struct body *body = thread;
	sl_charset_free(&body->charset);
	sl_mime_free(&body->mime);
	sl_html_free(&body->html);
	free(body->tags);
	free(body);
}

static void flag_bits(struct sl_mail *mail, uint64_t bits)
{
	mail->content.flags |= bits;
}

/* What is left of the budget of decoded bytes. */
static size_t left(const struct body *body, const struct sl_mail *mail)
{
	uint64_t limit = mail->config->limits.decoded;
	return limit > body->decoded ? limit - body->decoded : 0;
}

/* Take bytes out of what may be scanned raw. */
static struct sl_span take_room(struct body *body, struct sl_mail *mail, struct sl_span raw)
{
	if (raw.n > body->scan_room) {
		raw = sl_span_head(raw, body->scan_room);
		flag_bits(mail, SL_BIT(SL_MSG_LIMIT_DECODED));
	}
	body->scan_room -= raw.n;
	return raw;
}

/* Bytes as they lie there. While the budget of decoded bytes lasts, their charset is guessed. */
static void add_raw(struct body *body, struct sl_mail *mail, uint32_t part, struct sl_span raw)
{
	struct sl_span text;
	if (!sl_bytes_telling(raw))
		return;
	if (raw.n <= left(body, mail)) {
		body->decoded += raw.n;
		text = sl_charset_guess(body->charset, mail->arena, raw).text;
	} else {
		text = sl_bytes_text(mail->arena, raw);
	}
	sl_mail_add_view(mail, SL_VIEW_RAW, part, text);
}

static void raw_view(struct body *body, struct sl_mail *mail, uint32_t part, struct sl_span raw)
{
	add_raw(body, mail, part, take_room(body, mail, raw));
}

/* The same, and what an encoding hides in them: for bytes that no parser will see. */
static void unseen(struct body *body, struct sl_mail *mail, uint32_t part, struct sl_span raw)
{
	raw = take_room(body, mail, raw);
	add_raw(body, mail, part, raw);
	sl_bytes_decoded_views(mail, part, raw);
}

/* Without NUL bytes: mail clients pass them, and what stands behind them. */
static struct sl_span without_nul(struct sl_arena *arena, struct sl_span s)
{
	if (s.n == 0 || !memchr(s.p, '\0', s.n))
		return s;
	char *to = sl_arena_alloc(arena, s.n);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i])
			to[n++] = s.p[i];
	return sl_span_of(to, n);
}

static void add_tags(struct body *body, struct sl_span tags)
{
	if (body->n_tags + tags.n > body->room_tags) {
		body->room_tags = (body->n_tags + tags.n) * 2;
		body->tags = sl_realloc(body->tags, body->room_tags);
	}
	if (tags.n)
		memcpy(body->tags + body->n_tags, tags.p, tags.n);
	body->n_tags += tags.n;
}

enum { ESCAPED_TAGS = 5, SCAN_FLOOR = 64 * 1024 };

static void html_views(struct body *body, struct sl_mail *mail, const struct sl_part *part,
	struct sl_reading *seen)
{
	struct sl_html_text text, inner;
	struct sl_span markup = sl_span_head(part->text, mail->config->limits.html);
	sl_html_read(body->html, mail, part->number, markup, &text);
	add_tags(body, text.tags);
	flag_bits(mail, text.flags);
	if (markup.n < part->text.n) {
		mail->content.flags |= SL_BIT(SL_MSG_LIMIT_HTML);
		raw_view(body, mail, part->number, sl_span_from(part->text, markup.n));
	}
	raw_view(body, mail, part->number, text.rest);
	if (sl_html_literal_tags(text.visible, ESCAPED_TAGS) >= ESCAPED_TAGS) {
		/* markup that was escaped once too often: the reader's client shows it so, the
		 * author meant it otherwise; both are looked at */
		sl_mail_add_view(mail, SL_VIEW_RAW, part->number, text.visible);
		sl_html_read(body->html, mail, part->number, text.visible, &inner);
		add_tags(body, inner.tags);
		flag_bits(mail, inner.flags);
		text.visible = inner.visible;
		text.hidden = text.hidden.n ? text.hidden : inner.hidden;
	}
	sl_mail_add_view(mail, SL_VIEW_HTML, part->number, text.visible);
	sl_mail_add_view(mail, SL_VIEW_HIDDEN, part->number, text.hidden);
	seen->visible = text.visible;
	seen->hidden = text.hidden;
}

static struct sl_part *new_part(struct sl_mail *mail)
{
	struct sl_part *part =
		SL_ARENA_PUSH(mail->arena, mail->parts, mail->n_parts, mail->room_parts);
	*part = (struct sl_part){ .number = (uint32_t)(mail->n_parts - 1) };
	return part;
}

/* Files within text; what is around them stays as text. */
static struct sl_span take_uu(struct sl_mail *mail, uint32_t depth, struct sl_span text)
{
	struct sl_uu uu;
	size_t from = 0, n = 0;
	char *rest = NULL;
	while (mail->n_parts < mail->config->limits.parts &&
		sl_uu_find(mail->arena, text, from, &uu)) {
		struct sl_part *file = new_part(mail);
		file->depth = depth;
		file->type = SL_SPAN("application/octet-stream");
		file->name = uu.name;
		file->attachment = true;
		file->raw = uu.raw;
		file->decoded = uu.bytes;
		if (!rest)
			rest = sl_arena_alloc(mail->arena, text.n);
		size_t at = (size_t)(uu.raw.p - text.p);
		memcpy(rest + n, text.p + from, at - from);
		n += at - from;
		from = at + uu.raw.n;
	}
	if (!rest)
		return text;
	memcpy(rest + n, text.p + from, text.n - from);
	return sl_span_of(rest, n + text.n - from);
}

static void text_views(struct body *body, struct sl_mail *mail, uint32_t number, bool html,
	struct sl_reading *seen)
{
	struct sl_part *part = &mail->parts[number];
	struct sl_decoded decoded =
		sl_charset_decode(body->charset, mail->arena, part->charset, part->decoded, html);
	if (decoded.repaired)
		mail->content.flags |= SL_BIT(SL_MSG_CHARSET_REPAIRED);
	if (decoded.lost)
		mail->content.flags |= SL_BIT(SL_MSG_CHARSET_LOSS);
	body->decoded += decoded.text.n;
	if (html) {
		part->text = decoded.text;
		html_views(body, mail, part, seen);
		return;
	}
	part->text = without_nul(mail->arena, decoded.text);
	struct sl_span text = take_uu(mail, part->depth, part->text); /* moves the parts */
	sl_mail_add_view(mail, SL_VIEW_TEXT, number, text);
	seen->plain = text;
}

/* The fields that describe a leaf. */
struct described {
	const struct sl_field *fields;
	size_t n;
};

static struct sl_span field_value(const struct described *d, const char *name)
{
	const struct sl_field *field = sl_fields_find(d->fields, d->n, name);
	return field ? field->value : SL_SPAN_NULL;
}

static struct sl_span lower(struct sl_arena *arena, struct sl_span s)
{
	char *to = sl_arena_alloc(arena, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		to[i] = sl_lower(s.p[i]);
	return sl_span_of(to, s.n);
}

/* "text/html"; what has no slash is text/plain (RFC 2045 section 5.2). */
static struct sl_span type_of(
	struct sl_mail *mail, const struct described *d, const struct sl_mime_leaf *leaf)
{
	struct sl_span value = field_value(d, "Content-Type");
	struct sl_span type = lower(mail->arena, sl_parameter_main(mail->arena, value));
	if (leaf->in_digest && value.n == 0)
		return SL_SPAN("message/rfc822");
	if (sl_span_chr(type, '/', 0) <= 0 || sl_span_ends(type, SL_SPAN("/")) ||
		sl_span_starts(type, SL_SPAN("multipart/")))
		return SL_SPAN("text/plain");
	return type;
}

static struct sl_span name_of(
	struct body *body, struct sl_mail *mail, const struct described *d, uint64_t *flags)
{
	uint64_t most = mail->config->limits.parameters;
	struct sl_span name = sl_parameter(body->charset, mail->arena,
		field_value(d, "Content-Disposition"), "filename", most, flags);
	if (name.n == 0)
		name = sl_parameter(body->charset, mail->arena, field_value(d, "Content-Type"),
			"name", most, flags);
	return name;
}

static struct sl_span content_id(struct sl_mail *mail, struct sl_span value)
{
	value = sl_span_trim(sl_field_unfold(mail->arena, value));
	if (sl_span_starts(value, SL_SPAN("<")) && sl_span_ends(value, SL_SPAN(">")))
		value = sl_span_of(value.p + 1, value.n - 2);
	return value;
}

static void describe(struct body *body, struct sl_mail *mail, const struct described *d,
	const struct sl_mime_leaf *leaf, struct sl_part *part)
{
	uint64_t flags = 0, most = mail->config->limits.parameters;
	struct sl_span disposition =
		sl_parameter_main(mail->arena, field_value(d, "Content-Disposition"));
	part->depth = leaf->depth;
	part->type = type_of(mail, d, leaf);
	part->charset = sl_parameter(body->charset, mail->arena, field_value(d, "Content-Type"),
		"charset", most, &flags);
	part->name = name_of(body, mail, d, &flags);
	part->content_id = content_id(mail, field_value(d, "Content-ID"));
	part->attachment = sl_span_ieq(disposition, SL_SPAN("attachment")) || part->name.n > 0 ||
			   !sl_span_starts(part->type, SL_SPAN("text/"));
	part->raw = leaf->raw;
	flag_bits(mail, flags);
	if (flags & SL_BIT(SL_MSG_LIMIT_PARAMETERS)) {
		raw_view(body, mail, part->number, field_value(d, "Content-Type"));
		raw_view(body, mail, part->number, field_value(d, "Content-Disposition"));
	}
}

enum { LINE_LOOK = 4096 };

/* Does a line end before this place? A soft line break is none. */
static bool after_line(struct sl_span raw, size_t at)
{
	if (at == 0)
		return true;
	if (raw.p[at - 1] != '\n')
		return false;
	size_t end = at - 1;
	end -= end && raw.p[end - 1] == '\r';
	return end == 0 || raw.p[end - 1] != '=';
}

/* Some whole groups of base64 before this place, in the same stream. */
static size_t group_start(struct sl_span raw, size_t at)
{
	size_t digits = 0;
	for (size_t i = 0; i < at; i++)
		if (sl_base64_value(raw.p[i]) >= 0)
			digits++;
		else if (raw.p[i] == '=')
			digits = 0;
	size_t whole = digits - digits % 4;
	size_t back = digits % 4 + (whole < LINE_LOOK ? whole : LINE_LOOK);
	for (; back; at--)
		back -= sl_base64_value(raw.p[at - 1]) >= 0;
	return at;
}

/* Where the scan of a leaf goes on whose decoding ended at `at`. A link may be cut in two there:
 * so some way back. */
static size_t scan_from(enum sl_transfer transfer, struct sl_span raw, size_t at)
{
	size_t from = at;
	if (transfer == SL_TRANSFER_BASE64)
		return group_start(raw, at);
	while (at - from < LINE_LOOK && !after_line(raw, from))
		from--;
	return from;
}

/* Undo the transfer encoding within what is left of the budget. */
static void decode(
	struct body *body, struct sl_mail *mail, const struct described *d, struct sl_part *part)
{
	struct sl_span raw = part->raw;
	enum sl_transfer transfer = sl_transfer_of(
		sl_field_unfold(mail->arena, field_value(d, "Content-Transfer-Encoding")));
	if (raw.n > left(body, mail)) {
		size_t most = left(body, mail);
		flag_bits(mail, SL_BIT(SL_MSG_LIMIT_DECODED));
		unseen(body, mail, part->number, sl_span_from(raw, scan_from(transfer, raw, most)));
		raw = sl_span_head(raw, most);
	}
	struct sl_transferred done = sl_transfer_decode(mail->arena, transfer, raw);
	part->decoded = done.bytes;
	body->decoded += done.bytes.n;
	if (done.damaged) {
		mail->content.flags |= SL_BIT(SL_MSG_MIME_DAMAGED);
		raw_view(body, mail, part->number, raw);
	}
}

/* The fields of a part's own header. */
static struct described describe_head(struct body *body, struct sl_mail *mail, struct sl_span head)
{
	struct sl_field *fields = NULL;
	struct sl_cuts cuts = { 0 };
	uint64_t flags = 0;
	size_t n =
		sl_fields_split(mail->arena, head, &mail->config->limits, &fields, &cuts, &flags);
	flag_bits(mail, flags);
	for (size_t i = 0; i < cuts.n; i++)
		unseen(body, mail, (uint32_t)mail->n_parts, cuts.items[i]);
	return (struct described){ fields, n };
}

static void read_leaf(struct body *body, struct sl_mail *mail, const struct sl_mime_leaf *leaf,
	struct sl_reading *seen)
{
	struct described d = leaf->head.p ? describe_head(body, mail, leaf->head)
					  : (struct described){ mail->fields, mail->n_fields };
	struct sl_part *part = new_part(mail);
	uint32_t number = part->number;
	describe(body, mail, &d, leaf, part);
	decode(body, mail, &d, part);
	enum sl_part_kind kind = sl_part_kind(part);
	part->embedded_mail = kind == SL_PART_MAIL;
	if (part->embedded_mail && ++body->embedded > mail->config->limits.embedded)
		unseen(body, mail, number, part->decoded); /* nobody will open it */
	*seen = (struct sl_reading){
		.part = number, .alternative = leaf->alternative, .attachment = part->attachment
	};
	if (kind == SL_PART_HTML || kind == SL_PART_TEXT)
		text_views(body, mail, number, kind == SL_PART_HTML, seen);
}

/* Does any boundary stand in a leaf, where it may be text? Leaves are in the order of the body. */
static bool bound_in_leaf(const struct sl_mail *mail, const struct sl_mime_tree *tree)
{
	const struct sl_screen_body *body = &mail->screen->body;
	size_t leaf = 0;
	for (size_t i = body->n_type_marks; i < body->n_marks; i++) {
		const char *at = mail->body.p + body->marks[i].at;
		while (leaf < tree->n_leaves &&
			tree->leaves[leaf].raw.p + tree->leaves[leaf].raw.n <= at)
			leaf++;
		if (leaf < tree->n_leaves && tree->leaves[leaf].head.p <= at)
			return true;
	}
	return false;
}

/* The key leaves the names of boundaries out. That they had no part in what is in the content is
 * seen now: nothing was damaged or ambiguous, no limit was met, they stand between leaves, and
 * between leaves there was nothing to be scanned as bytes. Each of these is so, or not, whatever
 * the names are. */
static void settle_key(struct sl_mail *mail, const struct sl_mime_tree *tree, bool raw_views)
{
	const uint64_t odd = SL_MSG_LIMITS | SL_BIT(SL_MSG_MIME_DAMAGED) | SL_BIT(SL_MSG_AMBIGUOUS);
	if (mail->key_renamed && (raw_views || (mail->content.flags & odd) || tree->whole ||
					 bound_in_leaf(mail, tree)))
		sl_body_key_whole(mail);
}

/* What may be scanned raw: each byte twice, since it may lie in a leaf that is damaged and in a
 * body that is ambiguous. By the body and the cuts alone, as the key is. */
static uint64_t scan_room(const struct sl_mail *mail)
{
	uint64_t room = mail->body.n;
	for (size_t i = 0; i < mail->screen->cuts.n; i++)
		room += mail->screen->cuts.items[i].n;
	return 2 * room + SCAN_FLOOR;
}

static void scan_unseen(struct body *body, struct sl_mail *mail, const struct sl_mime_tree *tree)
{
	const struct sl_cuts *cuts = &mail->screen->cuts;
	uint64_t damaged = SL_BIT(SL_MSG_MIME_DAMAGED) | SL_BIT(SL_MSG_LIMIT_DEPTH);
	for (size_t i = 0; i < tree->n_gaps; i++)
		unseen(body, mail, 0, tree->gaps[i]);
	if ((mail->content.flags & SL_BIT(SL_MSG_AMBIGUOUS)) ||
		(tree->whole && (tree->flags & damaged)))
		unseen(body, mail, 0, mail->body);
	for (size_t i = 0; i < cuts->n; i++)
		unseen(body, mail, 0, cuts->items[i]);
}

static void body_process(void *thread, struct sl_mail *mail)
{
	struct body *body = thread;
	struct sl_mime_tree tree;
	if (mail->known)
		return;
	sl_screen_mail(mail);
	body->n_tags = 0;
	body->decoded = body->embedded = 0;
	body->scan_room = scan_room(mail);
	sl_mime_split(body->mime, mail, &tree);
	flag_bits(mail, tree.flags);
	struct sl_reading *seen = sl_arena_alloc(mail->arena, tree.n_leaves * sizeof(*seen));
	for (size_t i = 0; i < tree.n_leaves; i++)
		read_leaf(body, mail, &tree.leaves[i], &seen[i]);
	size_t before = mail->n_views;
	scan_unseen(body, mail, &tree);
	settle_key(mail, &tree, mail->n_views > before);
	sl_reading_join(mail, seen, tree.n_leaves);
	sl_tagsketch_make(sl_span_of(body->tags, body->n_tags), &mail->content);
}

const struct sl_stage sl_stage_body = { "body", body_new, body_process, body_free };
