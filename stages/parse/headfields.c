/* SPDX-License-Identifier: Apache-2.0 */
#include "headfields.h"

enum { CR_SCAN = 64 * 1024, NAME_MAX_LENGTH = 256, PEEK_LINES = 4, WORD_LOOK = 4096 };

/* A reader of lines over one block. */
struct lines {
	struct sl_span text;
	size_t at;
	char end; /* '\n', or '\r' in a block without LF */
};

struct line {
	size_t start;
	struct sl_span text; /* without the line end */
};

static struct lines lines_of(struct sl_span text)
{
	struct sl_span first = sl_span_head(text, CR_SCAN);
	bool lf = sl_span_chr(first, '\n', 0) >= 0;
	bool cr = !lf && sl_span_chr(first, '\r', 0) >= 0;
	return (struct lines){ text, 0, cr ? '\r' : '\n' };
}

static bool next_line(struct lines *lines, struct line *line_r)
{
	if (lines->at >= lines->text.n)
		return false;
	ssize_t hit = sl_span_chr(lines->text, lines->end, lines->at);
	size_t end = hit < 0 ? lines->text.n : (size_t)hit;
	line_r->start = lines->at;
	line_r->text = sl_span_of(lines->text.p + lines->at, end - lines->at);
	lines->at = hit < 0 ? end : end + 1;
	if (lines->end == '\n' && line_r->text.n && line_r->text.p[line_r->text.n - 1] == '\r')
		line_r->text.n--;
	return true;
}

static struct sl_span skip_bom(struct sl_span line)
{
	return sl_span_starts(line, SL_SPAN("\xef\xbb\xbf")) ? sl_span_from(line, 3) : line;
}

/* The name of the field that begins here, and where its colon stands. RFC 5322 allows 33..126;
 * white space before the colon is obsolete syntax. "http://" in a body is no field. */
static bool field_name(struct sl_span line, struct sl_span *name_r, size_t *colon_r)
{
	size_t n = 0, most = line.n < NAME_MAX_LENGTH ? line.n : NAME_MAX_LENGTH;
	while (n < most && (unsigned char)(line.p[n] - '!') < 127 - '!' && line.p[n] != ':')
		n++;
	size_t colon = n;
	while (colon < line.n && (line.p[colon] == ' ' || line.p[colon] == '\t'))
		colon++;
	if (n == 0 || colon >= line.n || line.p[colon] != ':')
		return false;
	if (sl_span_starts(sl_span_from(line, colon + 1), SL_SPAN("//")))
		return false;
	*name_r = sl_span_head(line, n);
	*colon_r = colon;
	return true;
}

static bool is_fold(struct sl_span line)
{
	return line.n && (line.p[0] == ' ' || line.p[0] == '\t');
}

static bool is_from_line(struct sl_span line)
{
	return sl_span_starts(line, SL_SPAN("From ")) || sl_span_starts(line, SL_SPAN(">From "));
}

/* Names whose presence says that a header still goes on. */
static bool well_known(struct sl_span name)
{
	static const char *const names[] = { "received", "from", "to", "cc", "subject", "date",
		"message-id", "mime-version", "reply-to", "return-path", "sender", "dkim-signature",
		"authentication-results", "delivered-to", "list-unsubscribe", "user-agent" };
	for (size_t i = 0; i < SL_LEN(names); i++)
		if (sl_span_ieq(name, sl_span_str(names[i])))
			return true;
	return sl_span_istarts(name, SL_SPAN("content-")) || sl_span_istarts(name, SL_SPAN("x-"));
}

/* The lines behind a line that is no field: does a header go on there? On success the reader
 * stands before the line that is a field again, so that no line is looked at twice. */
static bool goes_on(struct lines *lines)
{
	struct lines ahead = *lines;
	struct line line;
	for (int i = 0; i < PEEK_LINES; i++) {
		size_t before = ahead.at;
		struct sl_span name;
		size_t colon;
		if (!next_line(&ahead, &line) || line.text.n == 0)
			return false;
		if (field_name(line.text, &name, &colon) && well_known(name)) {
			lines->at = before;
			return true;
		}
	}
	return false;
}

void sl_head_body(struct sl_span raw, struct sl_span *head_r, struct sl_span *body_r)
{
	struct lines lines = lines_of(raw);
	struct line line;
	size_t head = raw.n, body = raw.n, seen = 0;
	while (next_line(&lines, &line)) {
		struct sl_span name, text = line.start == 0 ? skip_bom(line.text) : line.text;
		size_t colon;
		if (text.n == 0) {
			head = line.start;
			body = lines.at;
			break;
		}
		if (field_name(text, &name, &colon)) {
			seen++;
		} else if (!(is_fold(text) && seen) && !(line.start == 0 && is_from_line(text)) &&
			   !goes_on(&lines)) {
			head = body = line.start;
			break;
		}
	}
	sl_assert(head <= body && body <= raw.n);
	*head_r = sl_span_head(raw, head);
	*body_r = sl_span_from(raw, body);
}

static size_t without_line_end(struct sl_span text, size_t end)
{
	while (end && (text.p[end - 1] == '\n' || text.p[end - 1] == '\r'))
		end--;
	return end;
}

void sl_cuts_add(struct sl_cuts *cuts, struct sl_arena *arena, struct sl_span whole, size_t from)
{
	size_t least = from > WORD_LOOK ? from - WORD_LOOK : 0;
	if (from >= whole.n)
		return;
	while (from > least && !sl_is_space(whole.p[from - 1]))
		from--;
	*SL_ARENA_PUSH(arena, cuts->items, cuts->n, cuts->room) = sl_span_from(whole, from);
}

/* One block being cut into fields. */
struct splitter {
	struct sl_arena *arena;
	const struct sl_limits *limits;
	struct sl_span block;
	struct sl_field *fields, *open;
	size_t n, room;
	uint64_t folds;
	bool dropping; /* the folds of the field at hand are too many: the last cut takes them */
	struct sl_cuts *cuts;
	uint64_t *flags;
};

static void take_fold(struct splitter *s, struct sl_span line, size_t behind)
{
	if (s->dropping) {
		struct sl_span *cut = &s->cuts->items[s->cuts->n - 1];
		cut->n = (size_t)(s->block.p + behind - cut->p);
	} else if (s->open && ++s->folds > s->limits->folds) {
		*s->flags |= SL_BIT(SL_MSG_LIMIT_FOLDS);
		s->dropping = true;
		s->open = NULL;
		sl_cuts_add(s->cuts, s->arena, line, 0);
	}
}

static void take_field(struct splitter *s, struct sl_span line, struct sl_span name, size_t colon)
{
	s->open = SL_ARENA_PUSH(s->arena, s->fields, s->n, s->room);
	s->folds = 0;
	*s->open = (struct sl_field){ name, sl_span_from(line, colon + 1),
		(uint64_t)(name.p - s->block.p) };
}

/* One line; false: no more fields may be taken. */
static bool take_line(struct splitter *s, const struct line *line, size_t behind)
{
	struct sl_span name, text = line->start == 0 ? skip_bom(line->text) : line->text;
	size_t colon;
	if (is_fold(text)) {
		take_fold(s, text, behind);
	} else {
		s->dropping = false;
		s->open = NULL;
		if (field_name(text, &name, &colon)) {
			if (s->n >= s->limits->headers) {
				*s->flags |= SL_BIT(SL_MSG_LIMIT_HEADERS);
				return false;
			}
			take_field(s, text, name, colon);
		}
	}
	if (s->open) {
		size_t from = (size_t)(s->open->value.p - s->block.p);
		s->open->value.n = without_line_end(sl_span_from(s->block, from), behind - from);
	}
	return true;
}

static void cut_values(struct splitter *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct sl_span *value = &s->fields[i].value;
		if (value->n <= s->limits->header_line)
			continue;
		*s->flags |= SL_BIT(SL_MSG_LIMIT_HEADER_LINE);
		sl_cuts_add(s->cuts, s->arena, *value, s->limits->header_line);
		value->n = s->limits->header_line;
	}
}

size_t sl_fields_split(struct sl_arena *arena, struct sl_span head, const struct sl_limits *limits,
	struct sl_field **fields_r, struct sl_cuts *cuts_r, uint64_t *flags_r)
{
	struct splitter s = { .arena = arena,
		.limits = limits,
		.block = sl_span_head(head, limits->header_block),
		.cuts = cuts_r,
		.flags = flags_r };
	struct lines lines = lines_of(s.block);
	struct line line;
	while (next_line(&lines, &line))
		if (!take_line(&s, &line, lines.at)) {
			sl_cuts_add(cuts_r, arena, s.block, line.start);
			break;
		}
	cut_values(&s);
	if (s.block.n < head.n) {
		*flags_r |= SL_BIT(SL_MSG_LIMIT_HEADER_BLOCK);
		sl_cuts_add(cuts_r, arena, head, s.block.n);
	}
	*fields_r = s.fields;
	return s.n;
}

const struct sl_field *sl_fields_find(
	const struct sl_field *fields, size_t n_fields, const char *name)
{
	struct sl_span want = sl_span_str(name);
	for (size_t i = 0; i < n_fields; i++)
		if (sl_field_named(&fields[i], want))
			return &fields[i];
	return NULL;
}

static bool needs_unfold(char c)
{
	return c == '\n' || c == '\r' || c == '\0';
}

struct sl_span sl_field_unfold(struct sl_arena *arena, struct sl_span value)
{
	value = sl_span_trim(value);
	size_t i = 0;
	while (i < value.n && !needs_unfold(value.p[i]))
		i++;
	if (i == value.n)
		return value;
	char *to = sl_arena_alloc(arena, value.n);
	memcpy(to, value.p, i);
	size_t n = i;
	while (i < value.n) {
		if (!needs_unfold(value.p[i])) {
			to[n++] = value.p[i++];
			continue;
		}
		while (i < value.n && (sl_is_space(value.p[i]) || value.p[i] == '\0'))
			i++;
		to[n++] = ' ';
	}
	return sl_span_trim(sl_span_of(to, n));
}
