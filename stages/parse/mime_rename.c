/* SPDX-License-Identifier: Apache-2.0 */
#include "mime_rename.h"

/* GMime cuts lines that are longer than its buffer of 4 KB: none comes near that. */
enum { NAMES = 16, NAME_MOST = 200, LINE_MOST = 2000, COPY_MOST = 1 << 20 };

/* Begins each new name; a letter follows. */
#define MARK "+sl+"

struct names {
	struct sl_span items[NAMES]; /* in the old copy */
	size_t n;
};

static bool is_plain(char c, bool quoted)
{
	return sl_is_alnum(c) || c == '_' || c == '.' || c == '+' || c == '-' ||
	       (quoted && (c == '=' || c == '/' || c == ':'));
}

/* A parameter ends here, and no fold goes on with it. */
static bool ends_value(struct sl_span rest)
{
	if (sl_span_starts(rest, SL_SPAN(";")))
		return true;
	rest = sl_span_from(rest, sl_span_starts(rest, SL_SPAN("\r")));
	return rest.n >= 2 && rest.p[0] == '\n' && rest.p[1] != ' ' && rest.p[1] != '\t';
}

/* The value behind "boundary"; empty: not in the plain form. One that ends in '-' might be taken
 * for another one's end. */
static struct sl_span plain_value(struct sl_span rest)
{
	bool quoted = sl_span_starts(rest, SL_SPAN("=\""));
	size_t n = 0;
	if (!sl_span_starts(rest, SL_SPAN("=")))
		return SL_SPAN_NULL;
	rest = sl_span_from(rest, 1 + (size_t)quoted);
	while (n < rest.n && is_plain(rest.p[n], quoted))
		n++;
	struct sl_span value = sl_span_head(rest, n);
	if (quoted && !sl_span_starts(sl_span_from(rest, n), SL_SPAN("\"")))
		return SL_SPAN_NULL;
	bool good = n > 0 && n <= NAME_MOST && rest.p[n - 1] != '-' &&
		    ends_value(sl_span_from(rest, n + quoted));
	return good ? value : SL_SPAN_NULL;
}

static bool add_name(struct names *names, struct sl_span name)
{
	for (size_t i = 0; i < names->n; i++)
		if (sl_span_eq(names->items[i], name))
			return true;
	if (names->n == NAMES)
		return false;
	names->items[names->n++] = name;
	return true;
}

/* The names that a field declares. False: something is said of one that we do not understand as
 * GMime does. */
static bool find_names(struct sl_span s, struct names *names)
{
	for (ssize_t at = 0; (at = sl_span_ifind(s, SL_SPAN("boundary"), (size_t)at)) >= 0;) {
		struct sl_span value = plain_value(sl_span_from(s, (size_t)at + 8));
		if (value.n == 0 || !add_name(names, value))
			return false;
		at = value.p + value.n - s.p;
	}
	return true;
}

enum same { DIFFERENT, SAME, UNCLEAR };

/* Is the line, without its "--", this boundary, or its end? Blanks may follow. */
static enum same compare(struct sl_span line, struct sl_span name)
{
	if (!sl_span_starts(line, name))
		return DIFFERENT;
	enum same same = SAME;
	line = sl_span_from(line, name.n);
	line = sl_span_from(line, sl_span_starts(line, SL_SPAN("--")) ? 2 : 0);
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] > ' ')
			same = same == SAME ? DIFFERENT : same;
		else if (line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r')
			same = UNCLEAR;
	return same;
}

/* What is copied from one buffer to the other. */
struct work {
	const struct sl_mime_copy *old;
	struct sl_mime_copy *new;
	struct sl_span rest; /* of the old one: lines that are not read yet */
	size_t taken;        /* of the old one */
	size_t piece;        /* the next of its pieces */
	struct names names;
	bool head;      /* within a header block, as far as we know: GMime's may end before */
	size_t content; /* else where the content began, in the old one */
};

static size_t place_of(const struct work *work, const char *p)
{
	return (size_t)(p - work->old->p);
}

/* Copy up to `to`, and make the pieces anew that begin there. */
static void copy_to(struct work *work, size_t to)
{
	const struct sl_mime_copy *old = work->old;
	for (; work->piece < old->n_pieces && old->pieces[work->piece].at <= to; work->piece++) {
		const struct sl_mime_piece *piece = &old->pieces[work->piece];
		if (piece->at >= work->taken)
			sl_mime_copy_piece(
				work->new, work->new->n + (piece->at - work->taken), piece->from);
	}
	sl_mime_copy_add(work->new, sl_span_of(old->p + work->taken, to - work->taken));
	work->taken = to;
}

/* Go on at `to`, without what stands before it. */
static void skip_to(struct work *work, size_t to)
{
	work->taken = to;
	sl_mime_copy_piece(work->new, work->new->n, sl_mime_copy_to_body(work->old, to));
}

/* Put the new name in the place of the old one. A piece begins with its last byte: GMime may end a
 * content there, when a boundary that is not in force stands before one that is. */
static void rename_at(struct work *work, size_t at, size_t name)
{
	char letter = (char)('a' + name);
	copy_to(work, at);
	sl_mime_copy_add(work->new, SL_SPAN(MARK));
	work->taken += work->names.items[name].n;
	if (at >= work->old->prefix)
		sl_mime_copy_piece(
			work->new, work->new->n, sl_mime_copy_to_body(work->old, work->taken - 1));
	sl_mime_copy_add(work->new, sl_span_of(&letter, 1));
}

static size_t number_of(const struct names *names, struct sl_span name)
{
	size_t i = 0;
	while (i < names->n && !sl_span_eq(names->items[i], name))
		i++;
	return i;
}

/* The values in a field that says something of boundaries. */
static void rename_values(struct work *work, struct sl_span field)
{
	const struct sl_mime_copy *old = work->old;
	for (ssize_t at = 0; (at = sl_span_ifind(field, SL_SPAN("boundary"), (size_t)at)) >= 0;) {
		const char *behind = field.p + at + 8;
		struct sl_span value =
			plain_value(sl_span_of(behind, old->n - place_of(work, behind)));
		sl_assert(value.n > 0);
		rename_at(work, place_of(work, value.p), number_of(&work->names, value));
		at = value.p + value.n - field.p;
	}
}

/* Lines of a header block that stay, but for the names in them. */
static bool take_as_it_is(struct work *work, struct sl_span lines)
{
	/* what ends a value is looked for behind them, too */
	struct sl_span s = sl_span_of(work->old->p, work->old->n);
	struct sl_span more = sl_span_head(sl_span_from(s, place_of(work, lines.p)), lines.n + 2);
	if (!find_names(more, &work->names))
		return false;
	rename_values(work, lines);
	return true;
}

static size_t name_length(struct sl_span line)
{
	size_t n = 0;
	while (n < line.n && (sl_is_alnum(line.p[n]) || line.p[n] == '-'))
		n++;
	return n < line.n && line.p[n] == ':' ? n : 0;
}

/* With the lines that a fold joins to it. False: one of them is too long. */
static bool take_folds(struct work *work, struct sl_span *field)
{
	struct sl_span line;
	while (work->rest.n && (work->rest.p[0] == ' ' || work->rest.p[0] == '\t')) {
		sl_span_split(&work->rest, '\n', &line);
		if (line.n > LINE_MOST)
			return false;
		field->n = (size_t)(work->rest.p - field->p);
	}
	return true;
}

/* A field of a part, from its name to its line end. GMime's tree hangs on types and boundaries of
 * multiparts, and on whether a part has a type. */
static bool take_field(struct work *work, struct sl_span field, size_t name)
{
	bool type = sl_span_ieq(sl_span_head(field, name), SL_SPAN("Content-Type"));
	if (type && (sl_span_ifind(field, SL_SPAN("multipart"), 0) >= 0 ||
			    sl_span_ifind(field, SL_SPAN("boundary"), 0) >= 0))
		return take_as_it_is(work, field);
	copy_to(work, place_of(work, field.p) + name + 1);
	if (type)
		sl_mime_copy_add(work->new, SL_SPAN(" x/x"));
	bool crlf = sl_span_ends(field, SL_SPAN("\r\n"));
	skip_to(work, place_of(work, field.p) + field.n - 1 - crlf);
	return true;
}

static bool take_head_line(struct work *work, struct sl_span line)
{
	size_t name = name_length(line);
	/* with its line end */
	struct sl_span field = sl_span_of(line.p, (size_t)(work->rest.p - line.p));
	if (name == 0 || place_of(work, line.p) < work->old->prefix)
		return take_as_it_is(work, line);
	if (!take_folds(work, &field))
		return false;
	return sl_span_ends(field, SL_SPAN("\n")) ? take_field(work, field, name)
						  : take_as_it_is(work, field);
}

/* Of a content GMime only sees where it ends: before the last line end. */
static void skip_content(struct work *work, size_t end)
{
	if (work->head)
		return;
	struct sl_span content = sl_span_of(work->old->p + work->content, end - work->content);
	size_t last =
		sl_span_ends(content, SL_SPAN("\r\n")) ? 2 : sl_span_ends(content, SL_SPAN("\n"));
	if (content.n <= last)
		return;
	copy_to(work, work->content + 1);
	work->new->p[work->new->n - 1] = 'x';
	skip_to(work, end - last);
}

/* The name that the line stands for; names.n: none. False: not sure. */
static bool find_boundary(const struct work *work, struct sl_span line, size_t *name_r)
{
	for (*name_r = 0; *name_r < work->names.n; ++*name_r)
		switch (compare(sl_span_from(line, 2), work->names.items[*name_r])) {
		case SAME:
			return true;
		case UNCLEAR:
			return false;
		case DIFFERENT:
			break;
		}
	return true;
}

/* A line that begins with "--". One that is no boundary, and stays, must not be one by our names.
 */
static bool take_dashes(struct work *work, struct sl_span line)
{
	size_t name;
	if (!find_boundary(work, line, &name))
		return false;
	if (name == work->names.n)
		return !work->head || !sl_span_starts(line, SL_SPAN("--" MARK));
	skip_content(work, place_of(work, line.p));
	rename_at(work, place_of(work, line.p) + 2, name);
	work->head = true;
	return true;
}

/* The end of a header block. False: of the first one within the type. */
static bool end_head(struct work *work)
{
	size_t at = place_of(work, work->rest.p);
	if (at < work->old->prefix)
		return false;
	if (at == work->old->prefix) {
		copy_to(work, at);
		work->new->prefix = work->new->n;
	}
	work->head = false;
	work->content = at;
	return true;
}

static bool take_line(struct work *work, struct sl_span line)
{
	if (line.n > LINE_MOST)
		return false;
	if (sl_span_starts(line, SL_SPAN("--")))
		return take_dashes(work, line);
	if (!work->head)
		return true;
	if (line.n == 0 || (line.n == 1 && line.p[0] == '\r'))
		return end_head(work);
	return take_head_line(work, line);
}

void sl_mime_rename(struct sl_mime_copy *copy, struct sl_mime_copy *spare)
{
	struct sl_span line;
	struct work work = {
		.old = copy, .new = spare, .rest = sl_span_of(copy->p, copy->n), .head = true
	};
	if (copy->n > COPY_MOST)
		return;
	spare->n = spare->n_pieces = spare->prefix = 0;
	while (sl_span_split(&work.rest, '\n', &line))
		if (!take_line(&work, line))
			return;
	if (work.names.n == 0)
		return;
	skip_content(&work, copy->n);
	copy_to(&work, copy->n);
	struct sl_mime_copy renamed = *spare;
	*spare = *copy;
	*copy = renamed;
}
