/* SPDX-License-Identifier: Apache-2.0 */
#include "mime_copy.h"

#include "dashline.h"
#include "pipeline/base/utf8.h"

#include <stdlib.h>

/* Copies of most bodies are far below KEEP. What is left out is longer than LEAST, all but the
 * first byte and the last two: a line end may be two bytes, and belongs to the boundary. */
enum { KEEP = 4 << 20, LEAST = 32, LAST = 2 };

static const char type_name[] = "Content-Type: ";

void sl_mime_copy_free(struct sl_mime_copy *copy)
{
	free(copy->p);
	free(copy->pieces);
	*copy = (struct sl_mime_copy){ 0 };
}

void sl_mime_copy_add(struct sl_mime_copy *copy, struct sl_span s)
{
	if (copy->n + s.n > copy->room) {
		copy->room = (copy->n + s.n) * 2;
		copy->p = sl_realloc(copy->p, copy->room);
	}
	if (s.n)
		memcpy(copy->p + copy->n, s.p, s.n);
	copy->n += s.n;
}

static void start(struct sl_mime_copy *copy, struct sl_span type)
{
	if (copy->room > KEEP)
		sl_mime_copy_free(copy);
	copy->n = copy->n_pieces = 0;
	sl_mime_copy_add(copy, sl_span_of(type_name, sizeof(type_name) - 1));
	sl_mime_copy_add(copy, type);
	sl_mime_copy_add(copy, SL_SPAN("\n\n"));
	copy->prefix = copy->n;
}

void sl_mime_copy_piece(struct sl_mime_copy *copy, size_t at, size_t from)
{
	if (copy->n_pieces == copy->room_pieces) {
		copy->room_pieces = copy->room_pieces ? copy->room_pieces * 2 : 64;
		copy->pieces =
			sl_realloc(copy->pieces, copy->room_pieces * sizeof(copy->pieces[0]));
	}
	copy->pieces[copy->n_pieces++] = (struct sl_mime_piece){ at, from };
}

static void add_piece(struct sl_mime_copy *copy, struct sl_span body, size_t from, size_t to)
{
	sl_mime_copy_piece(copy, copy->n, from);
	sl_mime_copy_add(copy, sl_span_of(body.p + from, to - from));
}

static bool is_empty_line(struct sl_span line)
{
	return line.n == 0 || (line.n == 1 && line.p[0] == '\r');
}

/* Behind the first empty line at or behind the line start `from`, or the end. */
static size_t behind_empty_line(struct sl_span s, size_t from)
{
	struct sl_span rest = sl_span_from(s, from), line;
	while (sl_span_split(&rest, '\n', &line))
		if (is_empty_line(line))
			break;
	return s.n - rest.n;
}

/* Each "--" line may begin a part: its header block ends at the first empty line behind it, also
 * when there are more such lines in between. The rest up to the next one is content, or stands
 * around parts; its first byte in the copy is no '-', whatever it is here. */
static void fill(struct sl_mime_copy *copy, struct sl_span body)
{
	size_t from = 0, content = 0;
	while (content < body.n) {
		size_t dashes = sl_dashline_next(body, content);
		if (dashes - content > LEAST) {
			add_piece(copy, body, from, content + 1);
			copy->p[copy->n - 1] = 'x';
			from = dashes - LAST;
		}
		content = behind_empty_line(body, dashes);
	}
	add_piece(copy, body, from, body.n);
}

/* Misspell both words wherever they stand, also in boundaries, where both ends then change alike.
 * Whatever stands round them (comments, folds) needs no understanding. */
static void defang(struct sl_mime_copy *copy)
{
	static const struct {
		struct sl_span word;
		size_t g; /* place of the "ge" that is looked for */
		size_t change;
	} words[] = { { { "message", 7 }, 5, 6 }, { { "digest", 6 }, 2, 5 } };
	struct sl_span s = sl_span_of(copy->p, copy->n);
	for (ssize_t at = 0; (at = sl_span_ipair(s, 'g', 'e', (size_t)at)) >= 0; at++)
		for (size_t i = 0; i < SL_LEN(words); i++)
			if ((size_t)at >= words[i].g &&
				sl_span_istarts(
					sl_span_from(s, (size_t)at - words[i].g), words[i].word))
				copy->p[(size_t)at - words[i].g + words[i].change] = 'x';
}

static const struct sl_mime_piece *piece_from(const struct sl_mime_copy *copy, size_t from)
{
	size_t low = 0, high = copy->n_pieces;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		*(copy->pieces[middle].from <= from ? &low : &high) = middle;
	}
	return &copy->pieces[low];
}

size_t sl_mime_copy_to_body(const struct sl_mime_copy *copy, size_t at)
{
	size_t low = 0, high = copy->n_pieces;
	sl_assert(at >= copy->prefix);
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		*(copy->pieces[middle].at <= at ? &low : &high) = middle;
	}
	return copy->pieces[low].from + (at - copy->pieces[low].at);
}

/* Where a byte of a header block of the body lies in the copy. */
static char *of_body(const struct sl_mime_copy *copy, size_t offset)
{
	const struct sl_mime_piece *piece = piece_from(copy, offset);
	size_t at = piece->at + (offset - piece->from);
	sl_assert(at < copy->n);
	return copy->p + at;
}

/* The same for a byte of the type or of the body. */
static char *in_copy(
	const struct sl_mime_copy *copy, struct sl_span type, struct sl_span body, const char *byte)
{
	if (body.n && byte >= body.p && byte < body.p + body.n)
		return of_body(copy, (size_t)(byte - body.p));
	sl_assert(byte >= type.p && byte < type.p + type.n);
	return copy->p + sizeof(type_name) - 1 + (byte - type.p);
}

/* GMime decodes names and texts in the headers of parts, by charset labels out of the mail, and
 * libc loads a module for each. Nothing of it is used: only offsets, types and boundaries are. So
 * no byte is left that asks for it: no 8-bit byte, no quote that ends the charset of RFC 2231, no
 * encoded word. Boundaries change alike at both ends. */
static void hush(struct sl_mime_copy *copy)
{
	struct sl_span s = sl_span_of(copy->p, copy->n);
	for (size_t at = 0; (at = sl_ascii_end(s, at)) < s.n; at++)
		copy->p[at] = '_';
	for (ssize_t at = 0; (at = sl_span_chr(s, '\'', (size_t)at)) >= 0; at++)
		copy->p[at] = '_';
	for (ssize_t at = 0; (at = sl_span_ipair(s, '=', '?', (size_t)at)) >= 0; at++)
		copy->p[at] = '_';
}

void sl_mime_copy_make(struct sl_mime_copy *copy, struct sl_span type, struct sl_span body,
	const struct sl_screen_body *allowed)
{
	sl_assert(allowed->n <= body.n);
	body.n = allowed->n;
	start(copy, type);
	fill(copy, body);
	defang(copy);
	hush(copy);
	for (size_t i = 0; i < allowed->n_closes; i++)
		if (allowed->closes[i] < body.n)
			*of_body(copy, allowed->closes[i]) = '\n';
	for (size_t i = 0; i < allowed->n_blanks; i++)
		memset(in_copy(copy, type, body, allowed->blanks[i].p), ' ', allowed->blanks[i].n);
}

size_t sl_mime_copy_head_end(const struct sl_mime_copy *copy, size_t from)
{
	return behind_empty_line(sl_span_of(copy->p, copy->n), from);
}
