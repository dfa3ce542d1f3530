/* SPDX-License-Identifier: Apache-2.0 */
#include "screen.h"

#include "dashline.h"
#include "pipeline/base/hash.h"
#include "pipeline/stage.h"

/* ---- the body, for GMime ---- */

/* Boundaries that are declared somewhere, as hashes: only lines that name one can begin a part. */
enum { BOUNDARIES_FIRST = 16, BOUNDARIES_MOST = 2048 };
/* Places of boundaries that are kept; a body with more of them is named by all of its bytes. */
enum { MARKS_MOST = 8192, MARK_LEAST = 4, MARK_MOST = 200 };
/* Part headers in all, for one of the message's own; and "--" lines times levels that GMime
 * compares. */
enum { HEADERS_FACTOR = 10, COMPARES = 1 << 24 };
enum { LONG_NAME = 64, NAME_KEPT = 32 };

struct boundary {
	uint64_t hash;   /* 0: a free slot */
	uint32_t number; /* in the order in which they were declared */
};

struct scan {
	struct sl_arena *arena;
	const struct sl_limits *limits;
	struct sl_screen_body *out;
	struct sl_span body;
	struct sl_span whole;      /* the type, then the body */
	struct boundary *boundary; /* open addressing; NULL before the first */
	size_t room_boundaries, n_boundaries;
	bool any;     /* a boundary that we cannot read: every "--" line may begin a part */
	bool in_head; /* behind a "--" line, before an empty one */
	uint64_t parts, dashes, levels;
	uint64_t head_lines, head_bytes, all_lines;
};

static struct boundary *boundary_slot(const struct scan *scan, uint64_t hash)
{
	size_t at = hash & (scan->room_boundaries - 1);
	while (scan->boundary[at].hash && scan->boundary[at].hash != hash)
		at = (at + 1) & (scan->room_boundaries - 1);
	return &scan->boundary[at];
}

static void boundaries_grow(struct scan *scan)
{
	struct boundary *old = scan->boundary;
	size_t room = scan->room_boundaries;
	scan->room_boundaries = room ? room * 2 : BOUNDARIES_FIRST;
	scan->boundary = sl_arena_zalloc(scan->arena, scan->room_boundaries * sizeof(*old));
	for (size_t i = 0; i < room; i++)
		if (old[i].hash)
			*boundary_slot(scan, old[i].hash) = old[i];
}

static uint64_t boundary_hash(struct sl_span value)
{
	return sl_hash_table(value, 0) | 1;
}

static const struct boundary *boundary_find(const struct scan *scan, struct sl_span value)
{
	if (!scan->boundary)
		return NULL;
	const struct boundary *slot = boundary_slot(scan, boundary_hash(value));
	return slot->hash ? slot : NULL;
}

static void cannot_rename(struct scan *scan)
{
	scan->out->renamable = false;
}

/* Would any other name of these letters do as well? Nothing that GMime's copy (mime_copy.c) or the
 * byte scanner (bytes.c) changes or looks for may be in it, nor what closes another boundary. */
static bool is_mere_name(struct sl_span value)
{
	if (value.n < MARK_LEAST || value.n > MARK_MOST || sl_span_ends(value, SL_SPAN("--")) ||
		sl_span_ends(value, SL_SPAN("=")) ||
		sl_span_ifind(value, SL_SPAN("message"), 0) >= 0 ||
		sl_span_ifind(value, SL_SPAN("digest"), 0) >= 0 ||
		sl_span_ifind(value, SL_SPAN("www."), 0) >= 0)
		return false;
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (!sl_is_alnum(c) && (c == '\0' || !strchr("_.+/=-", c)))
			return false;
		if (c == '=' && sl_hex_value(value.p[i + 1]) >= 0)
			return false;
	}
	return true;
}

/* A boundary stands here. */
static void mark(struct scan *scan, struct sl_span name, uint32_t number, bool line)
{
	struct sl_screen_body *out = scan->out;
	if (out->n_marks == MARKS_MOST)
		cannot_rename(scan);
	if (!out->renamable)
		return;
	*SL_ARENA_PUSH(scan->arena, out->marks, out->n_marks, out->room_marks) =
		(struct sl_screen_mark){ .at = (size_t)(name.p - scan->whole.p),
			.n = (uint32_t)name.n,
			.number = number,
			.line = line };
}

/* Without quotes, GMime ends a value where a token ends. */
static bool is_whole_token(struct sl_span value)
{
	return !memchr(value.p, '/', value.n) && !memchr(value.p, '=', value.n);
}

static void boundary_add(struct scan *scan, struct sl_span value, bool quoted)
{
	if (value.n > scan->limits->boundary)
		scan->out->flags |= SL_BIT(SL_MSG_LIMIT_BOUNDARY);
	if (value.n == 0 || scan->n_boundaries >= BOUNDARIES_MOST) {
		scan->any = true;
		return;
	}
	if (scan->n_boundaries * 2 >= scan->room_boundaries)
		boundaries_grow(scan);
	struct boundary *slot = boundary_slot(scan, boundary_hash(value));
	if (!slot->hash)
		*slot = (struct boundary){ boundary_hash(value), (uint32_t)scan->n_boundaries++ };
	if (!is_mere_name(value) || (!quoted && !is_whole_token(value)))
		cannot_rename(scan);
	mark(scan, value, slot->number, false);
}

/* RFC 2045 section 5.1, and bytes that are not ASCII. */
static bool is_token(char c)
{
	switch (c) {
	case '(':
	case ')':
	case '<':
	case '>':
	case '@':
	case ',':
	case ';':
	case ':':
	case '\\':
	case '"':
	case '/':
	case '[':
	case ']':
	case '?':
	case '=':
	case 127:
		return false;
	default:
		return (unsigned char)c > ' ';
	}
}

/* Behind a word of a header line: does it name a parameter? Blanks, folds and comments may stand
 * before the "=". */
static bool names_parameter(struct sl_span rest)
{
	size_t n = 0;
	while (n < rest.n && sl_is_space(rest.p[n]))
		n++;
	return n < rest.n && (rest.p[n] == '=' || rest.p[n] == '(');
}

/* GMime loops for ever over a parameter name of 70 to 72 bytes whose value is not ASCII, however
 * that is written. All that is longer than any name in use keeps only its end. */
static void blank_names(struct scan *scan, struct sl_span line)
{
	for (size_t i = 0, n; line.n >= LONG_NAME && i < line.n; i += n + 1) {
		for (n = 0; i + n < line.n && is_token(line.p[i + n]);)
			n++;
		bool value = i && (line.p[i - 1] == '=' || line.p[i - 1] == '"');
		const char *end = line.p + i + n;
		if (n < LONG_NAME || value ||
			!names_parameter(
				sl_span_of(end, (size_t)(scan->whole.p + scan->whole.n - end))))
			continue;
		*SL_ARENA_PUSH(scan->arena, scan->out->blanks, scan->out->n_blanks,
			scan->out->room_blanks) = sl_span_of(line.p + i, n - NAME_KEPT);
	}
}

/* What a header line says of boundaries and levels. */
static void read_head_line(struct scan *scan, struct sl_span line)
{
	for (ssize_t at = 0; (at = sl_span_ifind(line, SL_SPAN("boundary"), (size_t)at)) >= 0;
		at++) {
		struct sl_span value = sl_span_trim(sl_span_from(line, (size_t)at + 8));
		if (value.n == 0 || value.p[0] != '=') {
			scan->any = true; /* folded, commented, or in the form of RFC 2231 */
			continue;
		}
		value = sl_span_trim(sl_span_from(value, 1));
		bool quoted = value.n && value.p[0] == '"';
		value = sl_span_from(value, quoted);
		size_t n = 0;
		while (n < value.n && (quoted ? value.p[n] != '"'
					      : value.p[n] != ';' && !sl_is_space(value.p[n])))
			n++;
		scan->any |= quoted && n == value.n; /* goes on in the next line */
		value = sl_span_head(value, n);
		if (memchr(value.p, '\\', value.n) || memchr(value.p, '(', value.n))
			scan->any = true;
		boundary_add(scan, value, quoted);
	}
	scan->levels += sl_span_ifind(line, SL_SPAN("multipart"), 0) >= 0;
	blank_names(scan, line);
}

/* Does GMime begin a part here? False also at a closing boundary. */
static bool begins_part(struct scan *scan, struct sl_span line)
{
	struct sl_span name = sl_span_from(line, 2);
	while (name.n && sl_is_space(name.p[name.n - 1]))
		name.n--;
	const struct boundary *begins = boundary_find(scan, name), *closes = NULL;
	if (begins)
		mark(scan, name, begins->number, true);
	else if (sl_span_ends(name, SL_SPAN("--"))) {
		name.n -= 2;
		closes = boundary_find(scan, name);
		if (closes)
			mark(scan, name, closes->number, true);
	}
	return scan->any || begins;
}

static bool over_limit(struct scan *scan, bool begins)
{
	scan->dashes++;
	scan->parts += begins;
	if (scan->parts <= scan->limits->parts &&
		(scan->levels <= scan->limits->depth || scan->dashes * scan->levels <= COMPARES))
		return false;
	scan->out->flags |= SL_BIT(SL_MSG_LIMIT_PARTS);
	return true;
}

/* A header block at its limit is closed: an empty line will take the place of the first byte. */
static void head_line(struct scan *scan, struct sl_span line)
{
	scan->head_lines++;
	scan->all_lines++;
	scan->head_bytes += line.n;
	if (scan->head_lines <= scan->limits->headers &&
		scan->head_bytes <= scan->limits->header_line &&
		scan->all_lines <= scan->limits->headers * HEADERS_FACTOR) {
		read_head_line(scan, line);
		return;
	}
	scan->out->flags |= SL_BIT(SL_MSG_LIMIT_HEADERS);
	*SL_ARENA_PUSH(scan->arena, scan->out->closes, scan->out->n_closes,
		scan->out->room_closes) = (size_t)(line.p - scan->body.p);
	scan->in_head = false;
}

static bool is_empty_line(struct sl_span line)
{
	return line.n == 0 || (line.n == 1 && line.p[0] == '\r');
}

/* A line that begins with "--"; false: the body ends before it. */
static bool dash_line(struct scan *scan, struct sl_span line)
{
	bool begins = begins_part(scan, line);
	if (over_limit(scan, begins)) {
		scan->out->n = (size_t)(line.p - scan->body.p);
		return false;
	}
	scan->in_head = begins;
	scan->head_lines = scan->head_bytes = 0;
	return true;
}

/* Line by line where a header is, else from one "--" line to the next. */
static void walk(struct scan *scan)
{
	struct sl_span rest = scan->body, line;
	while (rest.n) {
		if (!scan->in_head)
			rest = sl_span_from(scan->body,
				sl_dashline_next(scan->body, (size_t)(rest.p - scan->body.p)));
		if (!sl_span_split(&rest, '\n', &line))
			break;
		if (line.n > 1 && line.p[0] == '-' && line.p[1] == '-') {
			if (!dash_line(scan, line))
				break;
		} else if (is_empty_line(line)) {
			scan->in_head = false;
		} else {
			head_line(scan, line);
		}
	}
}

void sl_screen_body(struct sl_arena *arena, struct sl_span type, struct sl_span body,
	const struct sl_limits *limits, struct sl_screen_body *body_r)
{
	*body_r = (struct sl_screen_body){ .n = body.n, .renamable = true };
	struct scan scan = {
		.arena = arena, .limits = limits, .out = body_r, .body = body, .whole = type
	};
	struct sl_span line;
	while (sl_span_split(&type, '\n', &line))
		read_head_line(&scan, line);
	body_r->n_type_marks = body_r->n_marks;
	scan.whole = body;
	walk(&scan);
	sl_assert(body_r->n <= body.n);
	if (scan.any || body_r->flags || body_r->n < body.n || body_r->n_blanks)
		cannot_rename(&scan);
}

/* ---- the head ---- */

/* The address fields of RFC 5322, and what relays add. Only a group has colons, yet in a name, a
 * comment, a route or an address of IPv6 there may be a few. */
static bool is_address_field(struct sl_span name)
{
#define NAME(literal)                                                                              \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}
	static const struct sl_span names[] = { NAME("From"), NAME("To"), NAME("Cc"), NAME("Bcc"),
		NAME("Reply-To"), NAME("Sender"), NAME("Return-Path"), NAME("Delivered-To"),
		NAME("X-Original-To"), NAME("Envelope-To"), NAME("Apparently-To"),
		NAME("Errors-To"), NAME("Mail-Followup-To"), NAME("Mail-Reply-To"),
		NAME("Disposition-Notification-To") };
#undef NAME
	if (sl_span_istarts(name, SL_SPAN("Resent-")))
		return true;
	for (size_t i = 0; i < SL_LEN(names); i++)
		if (sl_span_ieq(name, names[i]))
			return true;
	return false;
}

/* The value ends before the first colon that is one too many: a reader of groups that recurses, as
 * GMime's does, dies of 10 KB of them. */
static void count_colons(struct sl_mail *mail, struct sl_field *field)
{
	uint64_t left = mail->config->limits.colons;
	ssize_t at = -1;
	while ((at = sl_span_chr(field->value, ':', (size_t)(at + 1))) >= 0)
		if (left-- == 0) {
			sl_mail_flag_header(mail, SL_MSG_LIMIT_COLONS);
			sl_screen_cut(mail, field->value, (size_t)at);
			field->value.n = (size_t)at;
			return;
		}
}

static bool is_multipart(struct sl_span type)
{
	return sl_span_istarts(sl_span_trim(type), SL_SPAN("multipart"));
}

/* The Content-Type that leads to parts: the first, unless only another one is a multipart. */
static struct sl_span choose_type(struct sl_mail *mail)
{
	struct sl_span chosen = SL_SPAN_NULL;
	const struct sl_field *field = sl_mail_field(mail, "Content-Type");
	for (; field; field = sl_mail_next_field(mail, field)) {
		if (chosen.p && !sl_span_eq(sl_span_trim(chosen), sl_span_trim(field->value)))
			sl_mail_flag_body(mail, SL_MSG_AMBIGUOUS);
		if (!chosen.p || (!is_multipart(chosen) && is_multipart(field->value)))
			chosen = field->value;
	}
	return sl_span_trim(chosen);
}

static void screen_head(struct sl_mail *mail)
{
	struct sl_head head;
	sl_head_split(mail->arena, mail->raw, &mail->config->limits, &head, &mail->screen->cuts,
		&mail->message.flags);
	mail->head = head.head;
	mail->body = head.body;
	sl_mail_set_fields(mail, head.fields, head.n);
	if (mail->n_fields == 0)
		sl_mail_flag_header(mail, SL_MSG_NO_HEADER);
	for (size_t i = 0; i < mail->n_fields; i++)
		if (mail->fields[i].value.n > mail->config->limits.colons &&
			is_address_field(mail->fields[i].name))
			count_colons(mail, &mail->fields[i]);
}

void sl_screen_cut(struct sl_mail *mail, struct sl_span value, size_t from)
{
	sl_cuts_add(&mail->screen->cuts, mail->arena, value, from);
}

void sl_screen_mail(struct sl_mail *mail)
{
	if (mail->screen)
		return;
	struct sl_screen *screen = sl_arena_zalloc(mail->arena, sizeof(*screen));
	mail->screen = screen;
	screen_head(mail);
	screen->type = choose_type(mail);
	screen->multipart = is_multipart(screen->type);
	if (screen->multipart)
		sl_screen_body(mail->arena, screen->type, mail->body, &mail->config->limits,
			&screen->body);
}

static void process(void *thread, struct sl_mail *mail)
{
	(void)thread;
	sl_screen_mail(mail);
}

const struct sl_stage sl_stage_screen = { .name = "screen", .process = process };
