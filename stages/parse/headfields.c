/* SPDX-License-Identifier: Apache-2.0 */
#include "headfields.h"

#include "pipeline/base/lanes.h"

enum { CR_SCAN = 64 * 1024, NAME_MAX_LENGTH = 256, PEEK_LINES = 4, WORD_LOOK = 4096 };

/* A reader of lines over one block. */
struct lines {
	struct sl_span text;
	size_t at;
	char end; /* '\n', or '\r' in a block without LF */
};

struct line {
	size_t start, behind; /* behind: where the next one starts */
	struct sl_span text;  /* without the line end */
	struct sl_span name;  /* of the field that begins here; empty: none does */
	size_t colon;
};

static struct lines lines_of(struct sl_span text)
{
	struct sl_span first = sl_span_head(text, CR_SCAN);
	bool lf = sl_span_chr(first, '\n', 0) >= 0;
	bool cr = !lf && sl_span_chr(first, '\r', 0) >= 0;
	return (struct lines){ text, 0, cr ? '\r' : '\n' };
}

static struct sl_span skip_bom(struct sl_span line)
{
	return sl_span_starts(line, SL_SPAN("\xef\xbb\xbf")) ? sl_span_from(line, 3) : line;
}

static bool is_fold(struct sl_span line)
{
	return line.n && (line.p[0] == ' ' || line.p[0] == '\t');
}

static sl_lanes ends_name(sl_lanes v)
{
	return ~sl_lanes_in(v, '!', '~') | sl_lanes_eq(v, ':');
}

/* Does a field begin here: what is its name, and where stands its colon? RFC 5322 allows 33..126 in
 * a name; white space before the colon is obsolete syntax. "http://" in a body is no field. */
static void find_name(struct line *line)
{
	struct sl_span text = line->text;
	line->name = SL_SPAN_NULL;
	if (is_fold(text))
		return;
	size_t n = sl_lanes_find(sl_span_head(text, NAME_MAX_LENGTH), 0, ends_name);
	if (n == 0)
		return;
	size_t colon = n;
	while (colon < text.n && (text.p[colon] == ' ' || text.p[colon] == '\t'))
		colon++;
	if (colon >= text.n || text.p[colon] != ':' ||
		sl_span_starts(sl_span_from(text, colon + 1), SL_SPAN("//")))
		return;
	line->name = sl_span_head(text, n);
	line->colon = colon;
}

static bool next_line(struct lines *lines, struct line *line_r)
{
	if (lines->at >= lines->text.n)
		return false;
	ssize_t hit = sl_span_chr(lines->text, lines->end, lines->at);
	size_t end = hit < 0 ? lines->text.n : (size_t)hit;
	line_r->start = lines->at;
	line_r->text = sl_span_of(lines->text.p + lines->at, end - lines->at);
	line_r->behind = lines->at = hit < 0 ? end : end + 1;
	if (lines->end == '\n' && line_r->text.n && line_r->text.p[line_r->text.n - 1] == '\r')
		line_r->text.n--;
	if (line_r->start == 0)
		line_r->text = skip_bom(line_r->text);
	find_name(line_r);
	return true;
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

/* The lines behind a line that is no field: does a header go on there? At which line? Those before
 * it belong to the head, so no line is looked at twice. */
static bool goes_on(struct lines ahead, size_t *at_r)
{
	struct line line;
	for (int i = 0; i < PEEK_LINES; i++) {
		if (!next_line(&ahead, &line) || line.text.n == 0)
			return false;
		if (line.name.n && well_known(line.name)) {
			*at_r = line.start;
			return true;
		}
	}
	return false;
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
	bool full;
	size_t full_at; /* the line that would have been one field too many */
	struct sl_cuts *cuts;
	uint64_t *flags;
};

static void take_fold(struct splitter *s, const struct line *line)
{
	if (s->dropping) {
		struct sl_span *cut = &s->cuts->items[s->cuts->n - 1];
		cut->n = (size_t)(s->block.p + line->behind - cut->p);
	} else if (s->open && ++s->folds > s->limits->folds) {
		*s->flags |= SL_BIT(SL_MSG_LIMIT_FOLDS);
		s->dropping = true;
		s->open = NULL;
		sl_cuts_add(s->cuts, s->arena, line->text, 0);
	}
}

static void take_field(struct splitter *s, const struct line *line)
{
	s->dropping = false;
	s->open = NULL;
	if (line->name.n == 0)
		return;
	if (s->n >= s->limits->headers) {
		*s->flags |= SL_BIT(SL_MSG_LIMIT_HEADERS);
		s->full = true;
		s->full_at = line->start;
		return;
	}
	s->open = SL_ARENA_PUSH(s->arena, s->fields, s->n, s->room);
	s->folds = 0;
	*s->open = (struct sl_field){ .name = line->name,
		.value = sl_span_from(line->text, line->colon + 1),
		.offset = (uint64_t)(line->name.p - s->block.p) };
}

/* The value goes on to the end of this line. */
static void extend(struct sl_field *field, const struct line *line)
{
	const char *end = line->text.p + line->text.n;
	while (end > field->value.p && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	field->value.n = (size_t)(end - field->value.p);
}

static void take_line(struct splitter *s, const struct line *line)
{
	if (s->full)
		return;
	if (is_fold(line->text))
		take_fold(s, line);
	else
		take_field(s, line);
	if (s->open)
		extend(s->open, line);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Behind the line at `at` and its folds; their number is added to *folds. */
static size_t behind_folds(struct sl_span text, size_t at, uint64_t *folds)
{
	for (; text.n - at > 2 * SL_LANES; at += 2 * SL_LANES) {
		sl_lanes low = sl_lanes_eq(sl_lanes_load(text.p + at), '\n');
		sl_lanes high = sl_lanes_eq(sl_lanes_load(text.p + at + SL_LANES), '\n');
		unsigned ends = sl_lanes_mask(low) | sl_lanes_mask(high) << SL_LANES;
		for (; ends; ends &= ends - 1) {
			size_t next = at + (size_t)__builtin_ctz(ends) + 1;
			if (!is_blank(text.p[next]))
				return next;
			++*folds;
		}
	}
	for (; at < text.n; at++)
		if (text.p[at] == '\n' && at + 1 < text.n) {
			if (!is_blank(text.p[at + 1]))
				return at + 1;
			++*folds;
		}
	return text.n;
}

/* A field with all its folds, as nearly all are: the name begins the line, the colon is next to it,
 * and no limit falls inside. Else false, and it is taken line by line. */
static bool take_whole_field(struct splitter *s, struct lines *lines)
{
	struct sl_span text = sl_span_from(lines->text, lines->at);
	size_t n = sl_lanes_find(sl_span_head(text, NAME_MAX_LENGTH), 0, ends_name);
	uint64_t folds = 0;
	if (n == 0 || n >= text.n || text.p[n] != ':' || lines->end != '\n' || lines->at == 0 ||
		s->n >= s->limits->headers ||
		sl_span_starts(sl_span_from(text, n + 1), SL_SPAN("//")))
		return false;
	size_t end = behind_folds(text, n, &folds);
	if (lines->at + end > s->block.n || folds > s->limits->folds)
		return false;
	lines->at += end;
	while (end > n + 1 && (text.p[end - 1] == '\n' || text.p[end - 1] == '\r'))
		end--;
	s->open = SL_ARENA_PUSH(s->arena, s->fields, s->n, s->room);
	*s->open = (struct sl_field){ .name = sl_span_head(text, n),
		.value = sl_span_of(text.p + n + 1, end - n - 1),
		.offset = (uint64_t)(text.p - s->block.p) };
	s->folds = folds;
	s->dropping = false;
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

/* The whole head is known: what of it was not taken? */
static void finish(struct splitter *s, struct sl_span head)
{
	s->block = sl_span_head(s->block, head.n);
	if (s->full)
		sl_cuts_add(s->cuts, s->arena, s->block, s->full_at);
	cut_values(s);
	if (s->block.n < head.n) {
		*s->flags |= SL_BIT(SL_MSG_LIMIT_HEADER_BLOCK);
		sl_cuts_add(s->cuts, s->arena, head, s->block.n);
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
	while (!s.full) {
		if (take_whole_field(&s, &lines))
			continue;
		if (!next_line(&lines, &line))
			break;
		take_line(&s, &line);
	}
	finish(&s, head);
	*fields_r = s.fields;
	return s.n;
}

/* The line at which the limit of the block falls ends there. */
static void take_head_line(struct splitter *s, const struct line *line, char end)
{
	struct lines rest = { s->block, line->start, end };
	struct line cut;
	if (line->behind <= s->block.n)
		take_line(s, line);
	else if (next_line(&rest, &cut))
		take_line(s, &cut);
}

void sl_head_split(struct sl_arena *arena, struct sl_span raw, const struct sl_limits *limits,
	struct sl_head *head_r, struct sl_cuts *cuts_r, uint64_t *flags_r)
{
	struct splitter s = { .arena = arena,
		.limits = limits,
		.block = sl_span_head(raw, limits->header_block),
		.cuts = cuts_r,
		.flags = flags_r };
	struct lines lines = lines_of(raw);
	struct line line;
	size_t head = raw.n, body = raw.n, sure = 0; /* lines before `sure` are of the head */
	bool seen = false;
	for (;;) {
		if (take_whole_field(&s, &lines)) {
			seen = true;
			continue;
		}
		if (!next_line(&lines, &line))
			break;
		if (line.text.n == 0) {
			head = line.start;
			body = line.behind;
			break;
		}
		bool known = line.name.n || (seen && is_fold(line.text)) || line.start < sure ||
			     (line.start == 0 && is_from_line(line.text));
		if (!known && !goes_on(lines, &sure)) {
			head = body = line.start;
			break;
		}
		seen = seen || line.name.n;
		take_head_line(&s, &line, lines.end);
	}
	sl_assert(head <= body && body <= raw.n);
	head_r->head = sl_span_head(raw, head);
	head_r->body = sl_span_from(raw, body);
	finish(&s, head_r->head);
	head_r->fields = s.fields;
	head_r->n = s.n;
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

static sl_lanes is_unfolded(sl_lanes v)
{
	return sl_lanes_eq(v, '\n') | sl_lanes_eq(v, '\r') | sl_lanes_eq(v, '\0');
}

struct sl_span sl_field_unfold(struct sl_arena *arena, struct sl_span value)
{
	value = sl_span_trim(value);
	size_t end = sl_lanes_find(value, 0, is_unfolded);
	if (end == value.n)
		return value;
	char *to = sl_arena_alloc(arena, value.n);
	size_t n = 0;
	for (size_t i = 0;; end = sl_lanes_find(value, i, is_unfolded)) {
		memcpy(to + n, value.p + i, end - i);
		n += end - i;
		if (end == value.n)
			break;
		for (i = end; i < value.n && (sl_is_space(value.p[i]) || value.p[i] == '\0');)
			i++;
		to[n++] = ' ';
	}
	return sl_span_trim(sl_span_of(to, n));
}
