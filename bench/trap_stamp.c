/* SPDX-License-Identifier: Apache-2.0 */
#include "trap_stamp.h"

#include "pipeline/base/clock.h"

static const char days[][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	"Oct", "Nov", "Dec" };
static const char *const boxes[] = { "info", "sales", "office", "contact", "admin", "webmaster",
	"support", "hello", "billing", "jobs", "yamada", "suzuki", "silva", "mueller", "li.wei",
	"press" };
static const char *const traps[] = { "trap.example", "bait.trap.example", "old.trap.example",
	"lure.trap.example" };
/* First octets of networks that their owners do not announce, or hardly. */
static const unsigned char networks[] = { 11, 21, 22, 25, 26, 28, 29, 30, 33, 55 };

static void two_digits(struct sl_buf *to, int value)
{
	char text[2] = { (char)('0' + value / 10 % 10), (char)('0' + value % 10) };
	sl_buf_add(to, sl_span_of(text, sizeof(text)));
}

static void clock_time(struct sl_buf *to, const struct sl_civil *at)
{
	two_digits(to, at->hour);
	sl_buf_char(to, ':');
	two_digits(to, at->minute);
	sl_buf_char(to, ':');
	two_digits(to, at->second);
}

static const char *week_day(int64_t time)
{
	sl_assert(time >= 0);
	return days[time / 86400 % 7];
}

void trap_stamp_date(struct sl_buf *to, int64_t time)
{
	struct sl_civil at;
	sl_time_to_civil(time, &at);
	sl_buf_str(to, week_day(time));
	sl_buf_str(to, ", ");
	sl_buf_u64(to, (uint64_t)at.day);
	sl_buf_char(to, ' ');
	sl_buf_str(to, months[at.month - 1]);
	sl_buf_char(to, ' ');
	sl_buf_u64(to, (uint64_t)at.year);
	sl_buf_char(to, ' ');
	clock_time(to, &at);
	sl_buf_str(to, " +0000");
}

void trap_stamp_from_line(struct sl_buf *to, struct sl_span sender, int64_t time)
{
	struct sl_civil at;
	sl_time_to_civil(time, &at);
	sl_buf_str(to, "From ");
	sl_buf_add(to, sender);
	sl_buf_char(to, ' ');
	sl_buf_str(to, week_day(time));
	sl_buf_char(to, ' ');
	sl_buf_str(to, months[at.month - 1]);
	sl_buf_str(to, at.day < 10 ? "  " : " ");
	sl_buf_u64(to, (uint64_t)at.day);
	sl_buf_char(to, ' ');
	clock_time(to, &at);
	sl_buf_char(to, ' ');
	sl_buf_u64(to, (uint64_t)at.year);
}

void trap_stamp_recipient(struct trap_dice *dice, struct sl_buf *to)
{
	sl_buf_str(to, boxes[trap_below(dice, SL_LEN(boxes))]);
	sl_buf_u64(to, trap_below(dice, 1000));
	sl_buf_char(to, '@');
	sl_buf_str(to, traps[trap_below(dice, SL_LEN(traps))]);
}

void trap_stamp_ip(struct trap_dice *dice, struct sl_buf *to)
{
	sl_buf_u64(to, networks[trap_below(dice, SL_LEN(networks))]);
	for (int i = 0; i < 3; i++) {
		sl_buf_char(to, '.');
		sl_buf_u64(to, 1 + trap_below(dice, 254));
	}
}

void trap_stamp_received(struct trap_dice *dice, struct sl_buf *to, struct sl_span helo,
	struct sl_span ip, int64_t time, const char *eol)
{
	sl_buf_str(to, "Received: from ");
	sl_buf_add(to, helo);
	sl_buf_str(to, " (unknown [");
	sl_buf_add(to, ip);
	sl_buf_str(to, "])");
	sl_buf_str(to, eol);
	sl_buf_str(to, "\tby mx.trap.example (Postfix) with ESMTP id ");
	trap_letters(dice, to, 10, TRAP_UPPER);
	sl_buf_char(to, ';');
	sl_buf_str(to, eol);
	sl_buf_char(to, '\t');
	trap_stamp_date(to, time);
	sl_buf_str(to, eol);
}
