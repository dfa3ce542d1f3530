/* SPDX-License-Identifier: Apache-2.0 */
#include "date.h"

struct draft {
	int64_t year;
	int month, day;
	int hour, minute, second;
	int zone; /* seconds east of UTC */
	bool have_time, have_zone;
	bool bad;
};

/* Three letters of either case as one number. */
#define LETTERS(a, b, c) ((unsigned)(a) << 16 | (unsigned)(b) << 8 | (unsigned)(c))

static int month_of(struct sl_span word)
{
	static const unsigned months[12] = { LETTERS('j', 'a', 'n'), LETTERS('f', 'e', 'b'),
		LETTERS('m', 'a', 'r'), LETTERS('a', 'p', 'r'), LETTERS('m', 'a', 'y'),
		LETTERS('j', 'u', 'n'), LETTERS('j', 'u', 'l'), LETTERS('a', 'u', 'g'),
		LETTERS('s', 'e', 'p'), LETTERS('o', 'c', 't'), LETTERS('n', 'o', 'v'),
		LETTERS('d', 'e', 'c') };
	if (word.n < 3)
		return 0;
	unsigned want = LETTERS(word.p[0], word.p[1], word.p[2]) | LETTERS(0x20, 0x20, 0x20);
	for (int i = 0; i < 12; i++)
		if (months[i] == want)
			return i + 1;
	return 0;
}
#undef LETTERS

struct zone {
	const char *name;
	int hours;
};

/* RFC 5322 section 4.3 and what Japanese and European mailers write. */
static const struct zone zones[] = { { "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 },
	{ "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 }, { "JST", 9 }, { "KST", 9 },
	{ "CET", 1 }, { "CEST", 2 }, { "MET", 1 }, { "MEST", 2 }, { "BST", 1 }, { "EET", 2 },
	{ "EEST", 3 }, { "MSK", 3 }, { "HKT", 8 } };

/* A number at the start of the span; its digits. More than 9 digits are never a part of a date. */
static size_t number(struct sl_span s, int *value_r)
{
	size_t n = 0;
	int value = 0;
	while (n < s.n && sl_is_digit(s.p[n])) {
		if (n < 9)
			value = value * 10 + (s.p[n] - '0');
		n++;
	}
	*value_r = value;
	return n;
}

/* "+0900", "+09:00", "-5". An absurd value counts as UTC. */
static size_t offset_zone(struct sl_span s, struct draft *d)
{
	int first, second = 0;
	size_t n = number(sl_span_from(s, 1), &first), at = 1 + n;
	if (n == 0)
		return 1;
	if (n <= 2 && at < s.n && s.p[at] == ':')
		at += 1 + number(sl_span_from(s, at + 1), &second);
	else if (n > 2) {
		second = first % 100;
		first /= 100;
	}
	int seconds = first <= 24 && second < 60 && n <= 4 ? first * 3600 + second * 60 : 0;
	d->zone = s.p[0] == '-' ? -seconds : seconds;
	d->have_zone = true;
	return at;
}

static bool named_zone(struct sl_span word, struct draft *d)
{
	for (size_t i = 0; i < SL_LEN(zones); i++)
		if (sl_span_ieq(word, sl_span_str(zones[i].name))) {
			if (!d->have_zone)
				d->zone = zones[i].hours * 3600;
			return d->have_zone = true;
		}
	return false;
}

static int full_year(int value, size_t digits)
{
	if (digits == 2)
		return value < 50 ? 2000 + value : 1900 + value;
	return digits == 3 ? 1900 + value : value;
}

/* "10:15", "10:15:01", "10:15:01.25", "10.15.01". */
static size_t clock_time(struct sl_span s, struct draft *d)
{
	size_t at = number(s, &d->hour);
	char sep = s.p[at++];
	size_t n = number(sl_span_from(s, at), &d->minute);
	d->bad |= n == 0;
	at += n;
	d->second = 0;
	if (at + 1 < s.n && s.p[at] == sep && sl_is_digit(s.p[at + 1]))
		at += 1 + number(sl_span_from(s, at + 1), &d->second);
	if (at + 1 < s.n && s.p[at] == '.' && sl_is_digit(s.p[at + 1])) {
		int fraction;
		at += 1 + number(sl_span_from(s, at + 1), &fraction);
	}
	d->have_time = true;
	return at;
}

static bool iso_date(struct sl_span s, size_t digits, size_t *used_r, struct draft *d)
{
	if (digits != 4 || s.n < 8 || (s.p[4] != '-' && s.p[4] != '/'))
		return false;
	int year, month, day;
	number(s, &year);
	size_t n = number(sl_span_from(s, 5), &month), at = 5 + n;
	if (n == 0 || n > 2 || at >= s.n || s.p[at] != s.p[4])
		return false;
	size_t m = number(sl_span_from(s, at + 1), &day);
	if (m == 0 || m > 2)
		return false;
	d->year = year;
	d->month = month;
	d->day = day;
	*used_r = at + 1 + m;
	return true;
}

static void plain_number(int value, size_t digits, struct draft *d)
{
	if (!d->day && digits <= 2)
		d->day = value;
	else if (d->year < 0 && digits >= 2 && digits <= 4)
		d->year = full_year(value, digits);
	else if (d->year < 0)
		d->bad = true;
}

static size_t numeric(struct sl_span s, struct draft *d)
{
	int value;
	size_t digits = number(s, &value), used;
	if (d->year < 0 && iso_date(s, digits, &used, d))
		return used;
	char next = digits < s.n ? s.p[digits] : ' ';
	if (!d->have_time && digits <= 2 && (next == ':' || (next == '.' && d->year >= 0)))
		return clock_time(s, d);
	plain_number(value, digits, d);
	return digits;
}

static size_t word_of(struct sl_span s, struct draft *d)
{
	size_t n = 0;
	while (n < s.n && sl_is_alpha(s.p[n]))
		n++;
	struct sl_span word = sl_span_head(s, n);
	int month = d->month ? 0 : month_of(word);
	if (month)
		d->month = month;
	else if (d->have_time && !named_zone(word, d) && (sl_span_ieq(word, SL_SPAN("PM"))))
		d->hour += d->hour < 12 ? 12 : 0;
	return n;
}

static void scan(struct sl_span s, struct draft *d)
{
	size_t at = 0;
	int depth = 0;
	while (at < s.n) {
		char c = s.p[at];
		struct sl_span rest = sl_span_from(s, at);
		if (c == '(' || c == ')') {
			depth += c == '(' ? 1 : depth ? -1 : 0;
			at++;
		} else if (depth) {
			at++;
		} else if (sl_is_digit(c)) {
			at += numeric(rest, d);
		} else if (sl_is_alpha(c)) {
			at += word_of(rest, d);
		} else if ((c == '+' || c == '-') && d->have_time && !d->have_zone) {
			at += offset_zone(rest, d);
		} else {
			at++;
		}
	}
}

static bool plausible(const struct draft *d)
{
	return !d->bad && d->year >= 1 && d->year <= 9999 && d->month >= 1 && d->month <= 12 &&
	       d->day >= 1 && d->day <= 31 && d->hour <= 24 && d->minute < 60 && d->second <= 60;
}

int64_t sl_date_parse(struct sl_span text)
{
	struct draft d = { .year = -1 };
	scan(sl_span_head(sl_span_trim(text), SL_DATE_LOOK), &d);
	if (!plausible(&d))
		return SL_TIME_NONE;
	struct sl_civil civil = { d.year, d.month, d.day, d.hour, d.minute, d.second };
	int64_t time = sl_civil_to_time(&civil) - d.zone;
	sl_assert(d.zone >= -25 * 3600 && d.zone <= 25 * 3600);
	return time;
}
