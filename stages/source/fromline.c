/* SPDX-License-Identifier: Apache-2.0 */
#include "fromline.h"

#include "pipeline/base/span.h"

enum { MAX_WORDS = 24 };

struct words {
	struct sl_span word[MAX_WORDS];
	size_t n;
	struct sl_span first;
};

/* The last MAX_WORDS words are what matters: addresses with spaces stand in front. */
static void split_words(struct sl_span s, struct words *words_r)
{
	*words_r = (struct words){ .n = 0 };
	for (size_t i = 0; i < s.n;) {
		while (i < s.n && sl_is_space(s.p[i]))
			i++;
		size_t from = i;
		while (i < s.n && !sl_is_space(s.p[i]))
			i++;
		if (i == from)
			break;
		if (words_r->n == 0)
			words_r->first = sl_span_of(s.p + from, i - from);
		if (words_r->n == MAX_WORDS) {
			memmove(words_r->word, words_r->word + 1,
				(MAX_WORDS - 1) * sizeof(words_r->word[0]));
			words_r->n--;
		}
		words_r->word[words_r->n++] = sl_span_of(s.p + from, i - from);
	}
}

/* 1..12, or 0. */
static int month_of(struct sl_span word)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	if (word.n != 3)
		return 0;
	for (int i = 0; i < 12; i++) {
		if (sl_span_ieq(word, sl_span_of(names + i * 3, 3)))
			return i + 1;
	}
	return 0;
}

static bool number(struct sl_span s, size_t max_digits, int *value_r)
{
	if (s.n == 0 || s.n > max_digits)
		return false;
	int value = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!sl_is_digit(s.p[i]))
			return false;
		value = value * 10 + (s.p[i] - '0');
	}
	*value_r = value;
	return true;
}

static bool day_of(struct sl_span word, int *day_r)
{
	if (word.n && word.p[word.n - 1] == ',')
		word.n--;
	return number(word, 2, day_r) && *day_r >= 1 && *day_r <= 31;
}

/* "10:15" or "10:15:01". */
static bool clock_of(struct sl_span word, struct sl_civil *civil)
{
	struct sl_span field, rest = word;
	int part[3] = { 0, 0, 0 };
	size_t n = 0;
	while (n < 3 && sl_span_split(&rest, ':', &field)) {
		if (!number(field, 2, &part[n++]))
			return false;
	}
	if (n < 2 || rest.n || part[0] > 23 || part[1] > 59 || part[2] > 60)
		return false;
	civil->hour = part[0];
	civil->minute = part[1];
	civil->second = part[2];
	return true;
}

static bool year_of(struct sl_span word, struct sl_civil *civil)
{
	int year;
	if (word.n != 4 || !number(word, 4, &year) || year < 1969)
		return false;
	civil->year = year;
	return true;
}

/* "+0900" as seconds east; 0 for anything else. */
static int64_t zone_of(struct sl_span word)
{
	int value;
	if (word.n != 5 || (word.p[0] != '+' && word.p[0] != '-') ||
		!number(sl_span_from(word, 1), 4, &value) || value > 1459 || value % 100 > 59)
		return 0;
	int64_t seconds = (value / 100) * 3600 + (value % 100) * 60;
	return word.p[0] == '-' ? -seconds : seconds;
}

/* Month at word `i`: day behind it and then time, zone, year; or day in front and year, time. */
static bool date_at(const struct words *w, size_t i, int64_t *time_r)
{
	sl_assert(i < w->n && w->n <= MAX_WORDS);
	struct sl_civil civil = { .month = month_of(w->word[i]) };
	if (civil.month == 0 || i + 2 >= w->n)
		return false;
	int64_t zone = 0;
	if (i + 3 < w->n && day_of(w->word[i + 1], &civil.day) &&
		clock_of(w->word[i + 2], &civil)) {
		size_t y = i + 3;
		while (y < w->n && y < i + 6 && !year_of(w->word[y], &civil))
			zone += zone_of(w->word[y++]);
		if (y == w->n || y == i + 6)
			return false;
		if (zone == 0 && y + 1 < w->n)
			zone = zone_of(w->word[y + 1]);
	} else if (i > 0 && day_of(w->word[i - 1], &civil.day) && year_of(w->word[i + 1], &civil) &&
		   clock_of(w->word[i + 2], &civil)) {
		zone = i + 3 < w->n ? zone_of(w->word[i + 3]) : 0;
	} else {
		return false;
	}
	*time_r = sl_civil_to_time(&civil) - zone;
	return true;
}

/* A word of prose has no '@'; mail programs without an address write these. */
static bool looks_like_sender(struct sl_span word)
{
	static const char *const names[] = { "-", "MAILER-DAEMON", "<>", "nobody" };
	if (word.n >= 3 && sl_span_chr(word, '@', 0) >= 0)
		return true;
	for (size_t i = 0; i < SL_LEN(names); i++) {
		if (sl_span_ieq(word, sl_span_str(names[i])))
			return true;
	}
	return false;
}

bool sl_fromline_starts(struct sl_span line)
{
	if (!sl_span_starts(line, SL_SPAN("From ")))
		return false;
	struct sl_span rest = sl_span_from(line, 5);
	size_t i = 0;
	while (i < rest.n && (rest.p[i] == ' ' || rest.p[i] == '\t'))
		i++;
	return i == rest.n || rest.p[i] != ':';
}

bool sl_fromline_read(struct sl_span line, struct sl_fromline *line_r)
{
	*line_r = (struct sl_fromline){ .time = SL_TIME_NONE };
	if (line.n > SL_FROMLINE_MAX || !sl_fromline_starts(line))
		return false;
	struct words words;
	split_words(sl_span_from(line, 5), &words);
	line_r->address = words.n == 0 || looks_like_sender(words.first);
	int64_t time = 0;
	for (size_t i = 0; i < words.n && !line_r->date; i++)
		line_r->date = date_at(&words, i, &time);
	if (line_r->date && time != 0)
		line_r->time = time;
	return true;
}
