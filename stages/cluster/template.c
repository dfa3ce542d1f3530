/* SPDX-License-Identifier: Apache-2.0 */
#include "template.h"

#include "pipeline/base/buf.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/utf8.h"

#include <stdlib.h>

enum {
	SHARE = 900,      /* thousandths of the texts that must have a pair of words */
	WORDS_MAX = 4096, /* of one text */
	WIDE = 0x2e80     /* from here on scripts are written without spaces */
};

struct word {
	struct sl_span text;
	uint64_t hash;
	uint32_t line;
};

/* A pair of words that follow one another in the frame. */
struct pair {
	uint64_t hash;
	uint32_t texts; /* that have it */
	uint32_t last;  /* of these, the number of the last one */
};

struct frame {
	struct word *words;
	size_t n;
	struct pair *pairs; /* ascending, distinct */
	size_t n_pairs;
	bool *stands;
};

static const char *slot_of_mask(char c)
{
	switch (c) {
	case '\x01':
		return "\xe2\x9f\xa6link\xe2\x9f\xa7";
	case '\x02':
		return "\xe2\x9f\xa6"
		       "address\xe2\x9f\xa7";
	case '\x03':
		return "\xe2\x9f\xa6number\xe2\x9f\xa7";
	default:
		return " ";
	}
}

/* Bytes of the next word at `at`, or 0 at white space. */
static size_t word_at(struct sl_span text, size_t at)
{
	size_t n = 0;

	while (at + n < text.n && !sl_is_space(text.p[at + n])) {
		uint32_t point = (unsigned char)text.p[at + n];
		size_t step = 1;

		if (point >= 0x80 &&
			(step = sl_utf8_decode(sl_span_from(text, at + n), &point)) == 0)
			step = 1;
		if (point >= WIDE)
			return n ? n : step;
		n += step;
	}
	return n;
}

static size_t split_words(struct sl_span text, struct word *words_r)
{
	uint32_t line = 0;
	size_t n = 0;

	for (size_t at = 0; at < text.n && n < WORDS_MAX;) {
		size_t step = word_at(text, at);

		if (step == 0) {
			line += text.p[at++] == '\n';
			continue;
		}
		words_r[n].text = sl_span_of(text.p + at, step);
		words_r[n].hash = sl_hash64(words_r[n].text, 0);
		words_r[n++].line = line;
		at += step;
	}
	return n;
}

static uint64_t pair_hash(const struct word *a, const struct word *b)
{
	uint64_t x = a->hash * 0x9e3779b97f4a7c15u ^ b->hash;

	return x ^ x >> 31;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Of the first text, which has them all. */
static void make_pairs(struct frame *frame)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < frame->n; i++)
		frame->pairs[i] =
			(struct pair){ pair_hash(&frame->words[i], &frame->words[i + 1]), 1, 0 };
	if (frame->n > 1)
		qsort(frame->pairs, frame->n - 1, sizeof(*frame->pairs), compare_pairs);
	for (size_t i = 0; i + 1 < frame->n; i++)
		if (n == 0 || frame->pairs[n - 1].hash != frame->pairs[i].hash)
			frame->pairs[n++] = frame->pairs[i];
	frame->n_pairs = n;
}

/* NULL: the frame has no such pair. */
static struct pair *find_pair(const struct frame *frame, const struct word *words)
{
	uint64_t hash = pair_hash(&words[0], &words[1]);
	size_t low = 0, n = frame->n_pairs;

	for (; n > 1; n -= n / 2)
		low += frame->pairs[low + n / 2].hash <= hash ? n / 2 : 0;
	return n && frame->pairs[low].hash == hash ? &frame->pairs[low] : NULL;
}

/* Count each pair of the frame that this text has, once. `number` counts texts from 0. */
static void count_pairs(
	struct frame *frame, struct sl_span text, uint32_t number, struct word *words)
{
	size_t n = split_words(text, words);

	for (size_t i = 0; i + 1 < n; i++) {
		struct pair *pair = find_pair(frame, &words[i]);

		if (!pair || pair->last == number)
			continue;
		pair->texts++;
		pair->last = number;
	}
}

static bool holds(const struct frame *frame, size_t i, size_t texts)
{
	const struct pair *pair = find_pair(frame, &frame->words[i]);

	return pair && pair->texts * (size_t)1000 >= texts * SHARE;
}

static void decide(struct frame *frame, size_t texts)
{
	bool before = false;

	for (size_t i = 0; i < frame->n; i++) {
		bool after = texts == 1 || (i + 1 < frame->n && holds(frame, i, texts));

		frame->stands[i] = before || after;
		before = after;
	}
}

struct sl_span sl_template_line(struct sl_arena *arena, struct sl_span line)
{
	struct sl_buf to = sl_buf_make(line.n * 16 + 1);
	struct sl_span copy;

	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if (c < ' ' || c == 0x7f)
			sl_buf_str(&to, slot_of_mask((char)c));
		else
			sl_buf_char(&to, (char)c);
	}
	sl_assert(!to.overflow);
	copy = sl_arena_copy(arena, sl_span_trim(sl_buf_span(&to)));
	sl_buf_free(&to);
	return copy;
}

/* The words [from, to) of one line; runs of words that do not stand are one slot. */
static struct sl_span write_line(
	struct sl_arena *arena, const struct frame *frame, size_t from, size_t to)
{
	struct sl_buf text = sl_buf_make((size_t)1 << 20);
	struct sl_span line;
	const char *end = NULL;
	bool open = false;

	for (size_t i = from; i < to; i++) {
		const struct word *word = &frame->words[i];

		if (end && word->text.p > end && !(open && !frame->stands[i]))
			sl_buf_char(&text, ' ');
		end = word->text.p + word->text.n;
		if (frame->stands[i])
			sl_buf_add(&text, word->text);
		else if (!open)
			sl_buf_str(&text, "\xe2\x9f\xa6text\xe2\x9f\xa7");
		open = !frame->stands[i];
	}
	line = sl_template_line(arena, sl_buf_span(&text));
	sl_buf_free(&text);
	return line;
}

static size_t write_lines(struct sl_arena *arena, const struct frame *frame, struct sl_span *lines)
{
	struct sl_span slot = SL_SPAN("\xe2\x9f\xa6text\xe2\x9f\xa7");
	size_t n = 0;

	for (size_t i = 0, end; i < frame->n && n < SL_TEMPLATE_LINES; i = end) {
		for (end = i + 1; end < frame->n && frame->words[end].line == frame->words[i].line;)
			end++;
		lines[n] = write_line(arena, frame, i, end);
		/* Lines that differ as a whole are one slot together. */
		if (n && sl_span_eq(lines[n], slot) && sl_span_eq(lines[n - 1], slot))
			continue;
		n++;
	}
	return n;
}

size_t sl_template_make(
	struct sl_arena *arena, const struct sl_span *texts, size_t n, struct sl_span **lines_r)
{
	struct frame frame = { .n = 0 };
	struct word *words;
	size_t count = 0;

	*lines_r = NULL;
	if (n == 0)
		return 0;
	n = n < SL_TEMPLATE_TEXTS ? n : SL_TEMPLATE_TEXTS;
	words = sl_malloc(2 * WORDS_MAX * sizeof(*words));
	frame.words = words + WORDS_MAX;
	frame.n = split_words(texts[0], frame.words);
	sl_assert(frame.n <= WORDS_MAX);
	frame.stands = sl_arena_alloc(arena, (frame.n + 1) * sizeof(*frame.stands));
	frame.pairs = sl_malloc((frame.n + 1) * sizeof(*frame.pairs));
	if (n > 1)
		make_pairs(&frame);
	for (size_t i = 1; i < n; i++)
		count_pairs(&frame, texts[i], (uint32_t)i, words);
	decide(&frame, n);
	*lines_r = sl_arena_alloc(arena, (SL_TEMPLATE_LINES + 1) * sizeof(**lines_r));
	count = write_lines(arena, &frame, *lines_r);
	sl_assert(count <= SL_TEMPLATE_LINES);
	free(frame.pairs);
	free(words);
	return count;
}
