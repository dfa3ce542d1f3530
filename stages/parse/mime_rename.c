/* SPDX-License-Identifier: Apache-2.0 */
#include "mime_rename.h"

/* GMime cuts lines that are longer than its buffer of 4 KB: none comes near that. */
enum { NAMES = 16, NAME_MOST = 200, LINE_MOST = 2000, COPY_MOST = 1 << 16 };

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

/* The names that a line declares. False: something is said of one that we do not understand as
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

static bool is_dashes(struct sl_span line)
{
	return sl_span_starts(line, SL_SPAN("--"));
}

/* Those of all header lines. A line that begins with "--" is none, and must not be a new name. */
static bool find_all_names(struct sl_span s, struct names *names)
{
	struct sl_span rest = s, line;
	names->n = 0;
	if (s.n > COPY_MOST)
		return false;
	while (sl_span_split(&rest, '\n', &line)) {
		/* what ends the value is looked for behind the line, too */
		size_t from = (size_t)(line.p - s.p);
		struct sl_span more = sl_span_head(sl_span_from(s, from), line.n + 2);
		bool good = is_dashes(line) ? !sl_span_starts(line, SL_SPAN("--" MARK))
					    : find_names(more, names);
		if (!good || line.n > LINE_MOST)
			return false;
	}
	return names->n > 0;
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
	size_t taken; /* of the old one */
	size_t piece; /* the next of its pieces */
	struct names names;
};

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

/* The values in a line that says something of boundaries. */
static void rename_values(struct work *work, struct sl_span line)
{
	const struct sl_mime_copy *old = work->old;
	for (ssize_t at = 0; (at = sl_span_ifind(line, SL_SPAN("boundary"), (size_t)at)) >= 0;) {
		const char *behind = line.p + at + 8;
		struct sl_span value =
			plain_value(sl_span_of(behind, old->n - (size_t)(behind - old->p)));
		sl_assert(value.n > 0);
		rename_at(work, (size_t)(value.p - old->p), number_of(&work->names, value));
		at = value.p + value.n - line.p;
	}
}

/* False: the line might be a boundary in one of the copies only. */
static bool rename_line(struct work *work, struct sl_span line)
{
	if (!is_dashes(line)) {
		rename_values(work, line);
		return true;
	}
	for (size_t i = 0; i < work->names.n; i++)
		switch (compare(sl_span_from(line, 2), work->names.items[i])) {
		case SAME:
			rename_at(work, (size_t)(line.p + 2 - work->old->p), i);
			return true;
		case UNCLEAR:
			return false;
		case DIFFERENT:
			break;
		}
	return true;
}

void sl_mime_rename(struct sl_mime_copy *copy, struct sl_mime_copy *spare)
{
	struct work work = { .old = copy, .new = spare };
	struct sl_span rest = sl_span_of(copy->p, copy->n), line;
	if (!find_all_names(rest, &work.names))
		return;
	spare->n = spare->n_pieces = spare->prefix = 0;
	while (sl_span_split(&rest, '\n', &line)) {
		if (!rename_line(&work, line))
			return;
		if (!spare->prefix && (size_t)(rest.p - copy->p) >= copy->prefix) {
			copy_to(&work, copy->prefix);
			spare->prefix = spare->n;
		}
	}
	copy_to(&work, copy->n);
	struct sl_mime_copy renamed = *spare;
	*spare = *copy;
	*copy = renamed;
}
