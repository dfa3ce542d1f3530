/* SPDX-License-Identifier: Apache-2.0 */
#include "mime_copy.h"

#include <stdlib.h>

enum { KEEP = 4 << 20 };

static const char type_name[] = "Content-Type: ";

void sl_mime_copy_free(struct sl_mime_copy *copy)
{
	free(copy->p);
	*copy = (struct sl_mime_copy){ 0 };
}

static void fill(struct sl_mime_copy *copy, struct sl_span type, struct sl_span body)
{
	static const char end[] = "\n\n";
	size_t room = sizeof(type_name) + type.n + sizeof(end) + body.n;
	if (copy->room < room || copy->room > room + KEEP) {
		free(copy->p);
		copy->p = sl_malloc(room);
		copy->room = room;
	}
	char *to = copy->p;
	memcpy(to, type_name, sizeof(type_name) - 1);
	to += sizeof(type_name) - 1;
	memcpy(to, type.p, type.n);
	to += type.n;
	memcpy(to, end, sizeof(end) - 1);
	to += sizeof(end) - 1;
	if (body.n)
		memcpy(to, body.p, body.n);
	copy->prefix = (size_t)(to - copy->p);
	copy->n = copy->prefix + body.n;
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

/* Where a byte of the type or of the body lies in the copy. */
static char *in_copy(
	const struct sl_mime_copy *copy, struct sl_span type, struct sl_span body, const char *byte)
{
	if (body.n && byte >= body.p && byte < body.p + body.n)
		return copy->p + copy->prefix + (byte - body.p);
	sl_assert(byte >= type.p && byte < type.p + type.n);
	return copy->p + sizeof(type_name) - 1 + (byte - type.p);
}

/* GMime decodes names and texts in the headers of parts, by charset labels out of the mail, and
 * libc loads a module for each. Nothing of it is used: only offsets, types and boundaries are. So
 * no byte is left that asks for it: no 8-bit byte, no quote that ends the charset of RFC 2231, no
 * encoded word. Boundaries change alike at both ends. */
static void hush(struct sl_mime_copy *copy)
{
	for (size_t i = 0; i < copy->n; i++) {
		char c = copy->p[i];
		copy->p[i] = c & (char)0x80 || c == '\'' ? '_' : c;
	}
	struct sl_span s = sl_span_of(copy->p, copy->n);
	for (ssize_t at = 0; (at = sl_span_ipair(s, '=', '?', (size_t)at)) >= 0; at++)
		copy->p[at] = '_';
}

void sl_mime_copy_make(struct sl_mime_copy *copy, struct sl_span type, struct sl_span body,
	const struct sl_screen_body *allowed)
{
	sl_assert(allowed->n <= body.n);
	body.n = allowed->n;
	fill(copy, type, body);
	defang(copy);
	hush(copy);
	for (size_t i = 0; i < allowed->n_closes; i++)
		if (allowed->closes[i] < body.n)
			copy->p[copy->prefix + allowed->closes[i]] = '\n';
	for (size_t i = 0; i < allowed->n_blanks; i++)
		memset(in_copy(copy, type, body, allowed->blanks[i].p), ' ', allowed->blanks[i].n);
}

static bool is_empty_line(struct sl_span line)
{
	return line.n == 0 || (line.n == 1 && line.p[0] == '\r');
}

size_t sl_mime_copy_head_end(const struct sl_mime_copy *copy, size_t from)
{
	struct sl_span rest = sl_span_from(sl_span_of(copy->p, copy->n), from), line;
	while (sl_span_split(&rest, '\n', &line))
		if (is_empty_line(line))
			break;
	return (size_t)(rest.p - copy->p);
}
