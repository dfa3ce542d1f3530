/* SPDX-License-Identifier: Apache-2.0 */
#include "mime_copy.h"

#include "pipeline/base/hash.h"

#include <stdlib.h>

/* Boundaries that are declared somewhere, as hashes: only lines that name one can begin a part. */
enum { BOUNDARY_SLOTS = 4096, KEEP = 4 << 20 };
/* Part headers in all, for one of the message's own; and "--" lines times levels that GMime
 * compares. */
enum { HEADERS_FACTOR = 10, COMPARES = 1 << 24 };

struct scan {
	struct sl_mime_copy *copy;
	const struct sl_limits *limits;
	uint64_t boundary[BOUNDARY_SLOTS];
	size_t n_boundaries;
	bool any;     /* a boundary that we cannot read: every "--" line may begin a part */
	bool in_head; /* behind a "--" line, before an empty one */
	uint64_t parts, dashes, levels;
	uint64_t head_lines, head_bytes, all_lines;
};

void sl_mime_copy_free(struct sl_mime_copy *copy)
{
	free(copy->p);
	*copy = (struct sl_mime_copy){ 0 };
}

static void fill(struct sl_mime_copy *copy, struct sl_span type, struct sl_span body)
{
	static const char name[] = "Content-Type: ", end[] = "\n\n";
	size_t room = sizeof(name) + type.n + sizeof(end) + body.n;
	if (copy->room < room || copy->room > room + KEEP) {
		free(copy->p);
		copy->p = sl_malloc(room);
		copy->room = room;
	}
	char *to = copy->p;
	memcpy(to, name, sizeof(name) - 1);
	to += sizeof(name) - 1;
	memcpy(to, type.p, type.n);
	to += type.n;
	memcpy(to, end, sizeof(end) - 1);
	to += sizeof(end) - 1;
	if (body.n)
		memcpy(to, body.p, body.n);
	copy->prefix = (size_t)(to - copy->p);
	copy->n = copy->prefix + body.n;
	copy->flags = 0;
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

static void boundary_add(struct scan *scan, struct sl_span value)
{
	if (value.n > scan->limits->boundary)
		scan->copy->flags |= SL_BIT(SL_MSG_LIMIT_BOUNDARY);
	if (value.n == 0 || scan->n_boundaries >= BOUNDARY_SLOTS / 2) {
		scan->any = true;
		return;
	}
	uint64_t hash = sl_hash64(value, 0) | 1;
	size_t at = hash % BOUNDARY_SLOTS;
	while (scan->boundary[at] && scan->boundary[at] != hash)
		at = (at + 1) % BOUNDARY_SLOTS;
	scan->n_boundaries += scan->boundary[at] == 0;
	scan->boundary[at] = hash;
}

static bool boundary_has(const struct scan *scan, struct sl_span value)
{
	uint64_t hash = sl_hash64(value, 0) | 1;
	for (size_t at = hash % BOUNDARY_SLOTS; scan->boundary[at]; at = (at + 1) % BOUNDARY_SLOTS)
		if (scan->boundary[at] == hash)
			return true;
	return false;
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
		value = sl_span_head(value, n);
		if (memchr(value.p, '\\', value.n) || memchr(value.p, '(', value.n))
			scan->any = true;
		boundary_add(scan, value);
	}
	scan->levels += sl_span_ifind(line, SL_SPAN("multipart"), 0) >= 0;
}

/* Does GMime begin a part here? False also at a closing boundary. */
static bool begins_part(const struct scan *scan, struct sl_span line)
{
	struct sl_span name = sl_span_from(line, 2);
	while (name.n && sl_is_space(name.p[name.n - 1]))
		name.n--;
	return scan->any || boundary_has(scan, name);
}

static bool over_limit(struct scan *scan, bool begins)
{
	scan->dashes++;
	scan->parts += begins;
	if (scan->parts <= scan->limits->parts &&
		(scan->levels <= scan->limits->depth || scan->dashes * scan->levels <= COMPARES))
		return false;
	scan->copy->flags |= SL_BIT(SL_MSG_LIMIT_PARTS);
	return true;
}

/* A header block at its limit is closed: an empty line takes the place of the first byte. */
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
	scan->copy->flags |= SL_BIT(SL_MSG_LIMIT_HEADERS);
	scan->copy->p[line.p - scan->copy->p] = '\n';
	scan->in_head = false;
}

static bool is_empty_line(struct sl_span line)
{
	return line.n == 0 || (line.n == 1 && line.p[0] == '\r');
}

/* The next line that begins with "--", from the line start `at` on, or the end. */
static size_t next_dashes(struct sl_span s, size_t at)
{
	ssize_t hit = (ssize_t)at;
	for (; (hit = sl_span_ipair(s, '-', '-', (size_t)hit)) >= 0; hit++)
		if (s.p[hit] == '-' && s.p[hit + 1] == '-' && (hit == 0 || s.p[hit - 1] == '\n'))
			return (size_t)hit;
	return s.n;
}

/* Line by line where a header is, else from one "--" line to the next; the copy is cut before the
 * line that passes a limit. */
static void walk(struct scan *scan)
{
	struct sl_mime_copy *copy = scan->copy;
	struct sl_span all = sl_span_of(copy->p, copy->n), rest = all, line;
	scan->in_head = true;
	while (rest.n) {
		bool own = rest.p < copy->p + copy->prefix;
		if (!own && !scan->in_head)
			rest = sl_span_from(all, next_dashes(all, (size_t)(rest.p - all.p)));
		if (!sl_span_split(&rest, '\n', &line))
			break;
		if (line.n > 1 && line.p[0] == '-' && line.p[1] == '-' && !own) {
			bool begins = begins_part(scan, line);
			if (over_limit(scan, begins)) {
				copy->n = (size_t)(line.p - copy->p);
				return;
			}
			scan->in_head = begins;
			scan->head_lines = scan->head_bytes = 0;
		} else if (is_empty_line(line)) {
			scan->in_head = false;
		} else if (own) {
			read_head_line(scan, line);
		} else if (scan->in_head) {
			head_line(scan, line);
		}
	}
}

void sl_mime_copy_make(struct sl_mime_copy *copy, struct sl_span type, struct sl_span body,
	const struct sl_limits *limits)
{
	fill(copy, type, body);
	defang(copy);
	struct scan scan = { .copy = copy, .limits = limits };
	walk(&scan);
	sl_assert(copy->n >= copy->prefix);
}

size_t sl_mime_copy_head_end(const struct sl_mime_copy *copy, size_t from)
{
	struct sl_span rest = sl_span_from(sl_span_of(copy->p, copy->n), from), line;
	while (sl_span_split(&rest, '\n', &line))
		if (is_empty_line(line))
			break;
	return (size_t)(rest.p - copy->p);
}
