/* SPDX-License-Identifier: Apache-2.0 */
#include "textfold.h"

#include "pipeline/base/unicode.h"
#include "pipeline/base/utf8.h"

/* A run of ordinary characters of so many bytes is worth two calls of ICU instead of one. */
enum { RUN_LEAST = 64 };

size_t sl_east_run(struct sl_span s, size_t at)
{
	for (; s.n - at >= SL_EAST_BYTES; at += SL_EAST_BYTES) {
		const unsigned char *b = (const unsigned char *)s.p + at;
		uint32_t c = (b[0] & 0x0fu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
		bool whole =
			(b[0] & 0xf0) == 0xe0 && (b[1] & 0xc0) == 0x80 && (b[2] & 0xc0) == 0x80;
		if (!whole || !sl_is_east(c))
			break;
	}
	return at;
}

/* Signs, small letters, lines and shapes, Kana and Han, Hangul. */
static bool folds_to_itself(uint32_t c)
{
	if (c < 0x100)
		return c >= 0xe0 || (c >= 0xa1 && c <= 0xa7) || c == 0xa9 ||
		       (c >= 0xab && c <= 0xb1 && c != 0xad && c != 0xaf) || c == 0xb6 ||
		       c == 0xb7 || c == 0xbb || c == 0xbf || c == 0xd7;
	return (c >= 0x430 && c <= 0x45f) || c == 0x2013 || c == 0x2014 || c == 0x2018 ||
	       c == 0x2019 || c == 0x201c || c == 0x201d || c == 0x2022 || c == 0x203b ||
	       c == 0x20ac || (c >= 0x2500 && c <= 0x25ff) || c == 0x3001 || c == 0x3002 ||
	       (c >= 0x3008 && c <= 0x3011) || (c >= 0x30fb && c <= 0x30fe) || sl_is_east(c) ||
	       (c >= 0xac00 && c <= 0xd7a3);
}

uint32_t sl_fold_simply(uint32_t c)
{
	if (c == 0xa0 || c == 0x3000)
		return ' ';
	if (c >= 0xff01 && c <= 0xff5e) /* wide forms of ASCII */
		return (unsigned char)sl_lower((char)(c - 0xff01 + '!'));
	return folds_to_itself(c) ? c : 0;
}

/* Length of the odd character at `at`, which only ICU can fold; 0: it is none. */
static size_t odd_length(struct sl_span s, size_t at)
{
	uint32_t c;
	if (at >= s.n || !(s.p[at] & (char)0x80))
		return 0;
	size_t len = sl_utf8_decode(sl_span_from(s, at), &c);
	return len == 0 ? 1 : sl_fold_simply(c) ? 0 : len;
}

/* Behind what folds to itself, but for the case of ASCII. */
static size_t itself_end(struct sl_span s, size_t at)
{
	for (uint32_t c; at < s.n;) {
		size_t end = sl_east_end(s, sl_ascii_end(s, at)), len = 0;
		if (end == at)
			len = sl_utf8_decode(sl_span_from(s, at), &c);
		if (end == at && (len == 0 || !folds_to_itself(c)))
			break;
		at = end + len;
	}
	return at;
}

/* Behind the ordinary characters. */
static size_t plain_end(struct sl_span s, size_t at)
{
	for (uint32_t c; (at = itself_end(s, at)) < s.n && !odd_length(s, at);)
		at += sl_utf8_decode(sl_span_from(s, at), &c);
	return at;
}

static size_t odd_end(struct sl_span s, size_t at)
{
	for (size_t len; (len = odd_length(s, at)) > 0;)
		at += len;
	return at;
}

/* From the odd character at `at` to the next long run of ordinary ones. */
static size_t wide_end(struct sl_span s, size_t at)
{
	size_t end = at, run = at;
	while (end < s.n && run - end < RUN_LEAST) {
		end = odd_end(s, run);
		run = plain_end(s, end);
	}
	return end;
}

/* The start of the character before `at`. */
static size_t before(struct sl_span s, size_t at)
{
	do
		at--;
	while (at > 0 && (s.p[at] & 0xc0) == 0x80);
	return at;
}

struct folding {
	struct sl_arena *arena;
	struct sl_span s;
	size_t at;
	char *to;
	size_t n, room;
	size_t last, last_n; /* where the last ordinary character stands in `s`, and lies in `to` */
};

static void fold_run(struct folding *f, size_t end)
{
	f->last = before(f->s, end);
	f->last_n = f->n + (f->last - f->at);
	sl_lanes_lower(f->to + f->n, f->s.p + f->at, end - f->at);
	f->n += end - f->at;
	f->at = end;
}

/* By rule, to ASCII; with ICU, where an odd character stands: together with the one before it,
 * which a mark may join. */
static void fold_next(struct folding *f)
{
	uint32_t c, simply;
	size_t len = sl_utf8_decode(sl_span_from(f->s, f->at), &c);
	if (len && (simply = sl_fold_simply(c)) != 0) {
		sl_assert(simply < 0x80);
		f->last = f->at;
		f->last_n = f->n;
		f->to[f->n++] = (char)simply;
		f->at += len;
		return;
	}
	size_t end = wide_end(f->s, f->at);
	struct sl_span wide =
		sl_unicode_fold(f->arena, sl_span_of(f->s.p + f->last, end - f->last));
	f->n = f->last_n;
	if (f->n + wide.n + (f->s.n - end) > f->room) {
		size_t more = 2 * f->room + wide.n;
		f->to = sl_arena_grow(f->arena, f->to, f->room, more);
		f->room = more;
	}
	if (wide.n)
		memcpy(f->to + f->n, wide.p, wide.n);
	f->n += wide.n;
	f->at = f->last = end;
	f->last_n = f->n;
}

struct sl_span sl_text_fold(struct sl_arena *arena, struct sl_span text)
{
	if (sl_ascii_end(text, 0) == text.n)
		return sl_unicode_fold(arena, text);
	struct folding f = {
		.arena = arena, .s = text, .to = sl_arena_alloc(arena, text.n), .room = text.n
	};
	while (f.at < text.n) {
		size_t end = itself_end(text, f.at);
		if (end > f.at)
			fold_run(&f, end);
		else
			fold_next(&f);
	}
	sl_assert(f.n <= f.room);
	return sl_span_of(f.to, f.n);
}
