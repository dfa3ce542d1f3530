/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

/* Days from civil and back: Howard Hinnant's algorithms, years counted from March. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

int64_t sl_civil_to_time(const struct sl_civil *c)
{
	sl_assert(c->month >= 1 && c->month <= 12);
	return days_from_civil(c->year, c->month, c->day) * 86400 + (int64_t)c->hour * 3600 +
	       (int64_t)c->minute * 60 + c->second;
}

void sl_time_to_civil(int64_t time, struct sl_civil *civil_r)
{
	int64_t days = time / 86400, rest = time % 86400;
	if (rest < 0) {
		rest += 86400;
		days--;
	}
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t doe = days - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	civil_r->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	civil_r->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	civil_r->year = yoe + era * 400 + (civil_r->month <= 2);
	civil_r->hour = (int)(rest / 3600);
	civil_r->minute = (int)(rest / 60 % 60);
	civil_r->second = (int)(rest % 60);
}

static char *put_two(char *to, int value)
{
	*to++ = (char)('0' + value / 10);
	*to++ = (char)('0' + value % 10);
	return to;
}

/* Feeds print hundreds of thousands of times: no printf for the years that occur. */
char *sl_time_text(int64_t time, char text_r[SL_TIME_TEXT])
{
	struct sl_civil c;
	sl_assert(time != SL_TIME_NONE);
	sl_time_to_civil(time, &c);
	if (c.year < 0 || c.year > 9999) {
		snprintf(text_r, SL_TIME_TEXT, "%04lld-%02d-%02dT%02d:%02d:%02dZ",
			(long long)c.year, c.month, c.day, c.hour, c.minute, c.second);
		return text_r;
	}
	char *to = put_two(put_two(text_r, (int)c.year / 100), (int)c.year % 100);
	*to++ = '-';
	to = put_two(to, c.month);
	*to++ = '-';
	to = put_two(to, c.day);
	*to++ = 'T';
	to = put_two(to, c.hour);
	*to++ = ':';
	to = put_two(to, c.minute);
	*to++ = ':';
	to = put_two(to, c.second);
	*to++ = 'Z';
	*to = '\0';
	return text_r;
}

static bool take_number(struct sl_span *s, size_t digits, int64_t *value_r)
{
	uint64_t value;
	if (s->n < digits || !sl_span_u64(sl_span_head(*s, digits), &value))
		return false;
	*s = sl_span_from(*s, digits);
	*value_r = (int64_t)value;
	return true;
}

static bool take_char(struct sl_span *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = sl_span_from(*s, 1);
	return true;
}

static bool parse_seconds(struct sl_span s, int64_t *time_r)
{
	uint64_t value;
	if (!sl_span_u64(s, &value) || value > INT64_MAX / 2)
		return false;
	*time_r = (int64_t)value;
	return true;
}

bool sl_time_parse(struct sl_span s, int64_t *time_r)
{
	int64_t year, month, day, hour = 0, minute = 0, second = 0;
	if (s.n && s.p[0] == '@')
		return parse_seconds(sl_span_from(s, 1), time_r);
	if (!take_number(&s, 4, &year) || !take_char(&s, '-') || !take_number(&s, 2, &month) ||
		!take_char(&s, '-') || !take_number(&s, 2, &day))
		return false;
	if (take_char(&s, 'T') || take_char(&s, ' ')) {
		if (!take_number(&s, 2, &hour) || !take_char(&s, ':') ||
			!take_number(&s, 2, &minute))
			return false;
		if (take_char(&s, ':') && !take_number(&s, 2, &second))
			return false;
		take_char(&s, 'Z');
	}
	if (s.n || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
		second > 60)
		return false;
	struct sl_civil c = { year, (int)month, (int)day, (int)hour, (int)minute, (int)second };
	*time_r = sl_civil_to_time(&c);
	return true;
}

int64_t sl_clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

double sl_clock_monotonic(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

double sl_clock_cpu(void)
{
	struct rusage self, children;
	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	return seconds_of(self.ru_utime) + seconds_of(self.ru_stime) +
	       seconds_of(children.ru_utime) + seconds_of(children.ru_stime);
}
