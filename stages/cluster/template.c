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

struct frame {
	struct word *words;
	size_t n;
	uint32_t *pairs; /* texts that have the pair (i, i + 1) */
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

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Count which pairs of the frame this text has. */
static void count_pairs(struct frame *frame, struct sl_span text, struct word *words, uint64_t *set)
{
	size_t n = split_words(text, words);

	for (size_t i = 0; i + 1 < n; i++)
		set[i] = pair_hash(&words[i], &words[i + 1]);
	if (n < 2)
		return;
	qsort(set, n - 1, sizeof(*set), compare_u64);
	for (size_t i = 0; i + 1 < frame->n; i++) {
		uint64_t pair = pair_hash(&frame->words[i], &frame->words[i + 1]);

		frame->pairs[i] += bsearch(&pair, set, n - 1, sizeof(*set), compare_u64) != NULL;
	}
}

static void decide(struct frame *frame, size_t texts)
{
	for (size_t i = 0; i < frame->n; i++) {
		bool before = i > 0 && frame->pairs[i - 1] * (size_t)1000 >= texts * SHARE;
		bool after = i + 1 < frame->n && frame->pairs[i] * (size_t)1000 >= texts * SHARE;

		frame->stands[i] = before || after || texts == 1;
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
	uint64_t *set;
	size_t count = 0;

	*lines_r = NULL;
	if (n == 0)
		return 0;
	n = n < SL_TEMPLATE_TEXTS ? n : SL_TEMPLATE_TEXTS;
	frame.words = sl_arena_alloc(arena, WORDS_MAX * sizeof(*frame.words));
	frame.pairs = sl_arena_zalloc(arena, WORDS_MAX * sizeof(*frame.pairs));
	frame.stands = sl_arena_zalloc(arena, WORDS_MAX * sizeof(*frame.stands));
	frame.n = split_words(texts[0], frame.words);
	words = sl_malloc(WORDS_MAX * sizeof(*words));
	set = sl_malloc(WORDS_MAX * sizeof(*set));
	for (size_t i = 0; i < n; i++)
		count_pairs(&frame, texts[i], words, set);
	free(words);
	free(set);
	sl_assert(frame.n <= WORDS_MAX);
	decide(&frame, n);
	*lines_r = sl_arena_alloc(arena, (SL_TEMPLATE_LINES + 1) * sizeof(**lines_r));
	count = write_lines(arena, &frame, *lines_r);
	sl_assert(count <= SL_TEMPLATE_LINES);
	return count;
}
