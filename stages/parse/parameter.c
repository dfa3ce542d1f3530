/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2231). */
#include "headfields.h"
#include "words.h"

enum { INDEX_MAX = 9999 };

/* One "name[*index][*]=value". */
struct piece {
	struct sl_span value; /* quotes undone */
	int index;            /* -1: whole */
	bool extended;        /* percent-encoded; the first of them names the charset */
};

struct scanner {
	struct sl_arena *arena;
	struct sl_span rest;
	bool free_text; /* unquoted values may hold spaces, as file names do */
	bool unclosed;  /* a comment without an end was seen */
};

/* Behind a comment that begins here; the parenthesis alone when it has no end, and from then on
 * always: an end is looked for in vain only once. */
static size_t skip_comment(struct scanner *s)
{
	size_t depth = 0;
	for (size_t i = 0; i < s->rest.n && !s->unclosed; i++) {
		if (s->rest.p[i] == '\\')
			i++;
		else if (s->rest.p[i] == '(')
			depth++;
		else if (s->rest.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	s->unclosed = true;
	return 1;
}

/* A quoted string at the start of `rest`. Only \" and \\ are undone: a backslash may belong to a
 * Windows path or be the second byte of a Shift_JIS character. */
static struct sl_span quoted(struct scanner *s)
{
	char *to = sl_arena_alloc(s->arena, s->rest.n);
	size_t n = 0, i = 1;
	for (; i < s->rest.n && s->rest.p[i] != '"'; i++) {
		if (s->rest.p[i] == '\\' && i + 1 < s->rest.n &&
			(s->rest.p[i + 1] == '"' || s->rest.p[i + 1] == '\\'))
			i++;
		to[n++] = s->rest.p[i];
	}
	s->rest = sl_span_from(s->rest, i + 1);
	return sl_span_of(to, n);
}

static struct sl_span parameter_value(struct scanner *s)
{
	s->rest = sl_span_trim(s->rest);
	if (s->rest.n && s->rest.p[0] == '"')
		return quoted(s);
	size_t n = 0;
	while (n < s->rest.n && s->rest.p[n] != ';' && (s->free_text || !sl_is_space(s->rest.p[n])))
		n++;
	struct sl_span value = sl_span_trim(sl_span_head(s->rest, n));
	s->rest = sl_span_from(s->rest, n);
	return value.p ? value : SL_SPAN("");
}

/* To behind the next ';' outside quotes. */
static void skip_to_next(struct scanner *s)
{
	ssize_t end = sl_span_chr(s->rest, ';', 0);
	s->rest = sl_span_from(s->rest, end < 0 ? s->rest.n : (size_t)end + 1);
}

static void skip_blank(struct scanner *s)
{
	for (;;) {
		s->rest = sl_span_trim(s->rest);
		if (s->rest.n && s->rest.p[0] == '(')
			s->rest = sl_span_from(s->rest, skip_comment(s));
		else if (s->rest.n && s->rest.p[0] == ';')
			s->rest = sl_span_from(s->rest, 1);
		else
			return;
	}
}

/* "filename*10*": is it a piece of `name`? */
static bool split_name(struct sl_span word, struct sl_span name, struct piece *piece)
{
	*piece = (struct piece){ .index = -1 };
	if (!sl_span_istarts(word, name))
		return false;
	struct sl_span tail = sl_span_from(word, name.n);
	if (tail.n && tail.p[tail.n - 1] == '*') {
		piece->extended = true;
		tail.n--;
	}
	if (tail.n == 0)
		return true;
	uint64_t index;
	if (tail.p[0] != '*' || !sl_span_u64(sl_span_from(tail, 1), &index) || index > INDEX_MAX)
		return false;
	piece->index = (int)index;
	return true;
}

static struct sl_span last_word(struct sl_span s)
{
	size_t at = s.n;
	while (at && !sl_is_space(s.p[at - 1]))
		at--;
	return sl_span_from(s, at);
}

/* The next piece of the parameter `name`; false at the end. */
static bool next_piece(struct scanner *s, struct sl_span name, uint64_t *left, struct piece *piece)
{
	for (skip_blank(s); s->rest.n && *left > 0; skip_blank(s), --*left) {
		size_t n = 0;
		while (n < s->rest.n && s->rest.p[n] != '=' && s->rest.p[n] != ';')
			n++;
		struct sl_span word = sl_span_trim(sl_span_head(s->rest, n));
		s->rest = sl_span_from(s->rest, n);
		if (s->rest.n == 0 || s->rest.p[0] != '=')
			continue;
		s->rest = sl_span_from(s->rest, 1);
		/* "text/plain charset=x" lacks its semicolon */
		bool ours =
			split_name(word, name, piece) || split_name(last_word(word), name, piece);
		piece->value = parameter_value(s);
		skip_to_next(s);
		if (ours) {
			--*left;
			return true;
		}
	}
	return false;
}

static void insert_sorted(struct piece *pieces, size_t *n, const struct piece *piece)
{
	size_t at = *n;
	while (at && pieces[at - 1].index > piece->index) {
		pieces[at] = pieces[at - 1];
		at--;
	}
	pieces[at] = *piece;
	++*n;
}

static void add_percent(char *to, size_t *n, struct sl_span text)
{
	for (size_t i = 0; i < text.n; i++) {
		int high = -1, low = -1;
		if (text.p[i] == '%' && i + 2 < text.n) {
			high = sl_hex_value(text.p[i + 1]);
			low = sl_hex_value(text.p[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			to[(*n)++] = (char)(high << 4 | low);
			i += 2;
		} else {
			to[(*n)++] = text.p[i];
		}
	}
}

/* "charset'language'text"; without the two quotes all is text. */
static struct sl_span cut_charset(struct sl_span value, struct sl_span *label_r)
{
	ssize_t first = sl_span_chr(value, '\'', 0);
	ssize_t second = first < 0 ? -1 : sl_span_chr(value, '\'', (size_t)first + 1);
	if (second < 0)
		return value;
	*label_r = sl_span_head(value, (size_t)first);
	return sl_span_from(value, (size_t)second + 1);
}

/* Pieces joined in the order of their numbers; one number twice: the first counts. */
static struct sl_span join(struct sl_arena *arena, const struct piece *pieces, size_t n_pieces,
	struct sl_span *label_r)
{
	size_t room = 1, n = 0;
	for (size_t i = 0; i < n_pieces; i++)
		room += pieces[i].value.n;
	char *to = sl_arena_alloc(arena, room);
	for (size_t i = 0; i < n_pieces; i++) {
		struct sl_span value = pieces[i].value;
		if (i && pieces[i].index == pieces[i - 1].index)
			continue;
		if (i == 0 && pieces[i].extended)
			value = cut_charset(value, label_r);
		if (pieces[i].extended) {
			add_percent(to, &n, value);
		} else if (value.n) {
			memcpy(to + n, value.p, value.n);
			n += value.n;
		}
	}
	sl_assert(n < room);
	return sl_span_of(to, n);
}

struct found {
	struct piece plain, whole; /* value.p NULL: not there */
	struct piece *numbered;
	size_t n_numbered;
};

static void collect(struct scanner *s, struct sl_span name, uint64_t max_parameters,
	struct found *found, uint64_t *flags_r)
{
	uint64_t left = max_parameters;
	size_t room = 0;
	struct piece piece;
	while (next_piece(s, name, &left, &piece)) {
		if (piece.index >= 0) {
			found->numbered = sl_arena_more(
				s->arena, found->numbered, sizeof(piece), found->n_numbered, &room);
			insert_sorted(found->numbered, &found->n_numbered, &piece);
		} else if (piece.extended && !found->whole.value.p) {
			found->whole = piece;
		} else if (!piece.extended && !found->plain.value.p) {
			found->plain = piece;
		}
	}
	if (s->rest.n)
		*flags_r |= SL_BIT(SL_MSG_LIMIT_PARAMETERS);
}

static struct scanner scanner_of(struct sl_arena *arena, struct sl_span value, const char *name)
{
	struct scanner s = { .arena = arena, .rest = sl_field_unfold(arena, value) };
	s.free_text = strcmp(name, "name") == 0 || strcmp(name, "filename") == 0;
	skip_blank(&s);
	/* "name=x" with no main value in front is common where a field was damaged */
	ssize_t semi = sl_span_chr(s.rest, ';', 0), equal = sl_span_chr(s.rest, '=', 0);
	if (equal < 0 || (semi >= 0 && semi < equal))
		skip_to_next(&s);
	return s;
}

struct sl_span sl_parameter_main(struct sl_arena *arena, struct sl_span value)
{
	struct scanner s = { .arena = arena, .rest = sl_field_unfold(arena, value) };
	size_t n = 0;
	skip_blank(&s);
	while (n < s.rest.n && s.rest.p[n] != ';' && s.rest.p[n] != '(' &&
		!sl_is_space(s.rest.p[n]))
		n++;
	return sl_span_head(s.rest, n);
}

struct sl_span sl_parameter(struct sl_charset *charset, struct sl_arena *arena,
	struct sl_span value, const char *name, uint64_t max_parameters, uint64_t *flags_r)
{
	struct scanner s = scanner_of(arena, value, name);
	struct found found = { 0 };
	struct sl_span label = SL_SPAN_NULL, text;
	collect(&s, sl_span_str(name), max_parameters, &found, flags_r);
	if (found.n_numbered)
		text = join(arena, found.numbered, found.n_numbered, &label);
	else if (found.whole.value.p)
		text = join(arena, &found.whole, 1, &label);
	else if (found.plain.value.p)
		text = found.plain.value;
	else
		return SL_SPAN_NULL;
	if (!s.free_text) /* boundary, charset: names of things, compared byte by byte */
		return text.p ? text : SL_SPAN("");
	uint64_t raw = SL_BIT(SL_MSG_RAW_8BIT), flags = 0;
	if (label.n && text.n) {
		struct sl_decoded decoded = sl_charset_decode(charset, arena, label, text, false);
		flags |= decoded.lost ? SL_BIT(SL_MSG_CHARSET_LOSS) : 0;
		flags |= decoded.repaired ? SL_BIT(SL_MSG_CHARSET_REPAIRED) : 0;
		text = decoded.text;
	}
	text = sl_words_decode(charset, arena, text, &flags);
	/* bytes that came out of percent signs do not lie raw in the header */
	*flags_r |= found.plain.value.p ? flags : flags & ~raw;
	return text.p ? text : SL_SPAN("");
}
