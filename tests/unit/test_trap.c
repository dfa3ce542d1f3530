/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of bench/make_trap and bench/repeat_corpus that can be wrong by themselves. */
#include "bench/repeat_mail.h"
#include "bench/trap_args.h"
#include "bench/trap_coding.h"
#include "bench/trap_maker.h"
#include "bench/trap_stamp.h"
#include "check.h"

#include <stdlib.h>

enum { BIG = 1 << 24 };

static struct trap_options some_options(void)
{
	struct trap_options o = { .mails = 1000,
		.campaigns = 60,
		.copies = 7,
		.burst = 13,
		.kit = 3,
		.headers = 14,
		.mean = 6000,
		.median = 4000,
		.shards = 1,
		.member = 1,
		.seed = 5,
		.identical = 500000,
		.rotated = TRAP_WHOLE,
		.url_tokens = TRAP_WHOLE,
		.languages = "ja,en,de,pt,zh" };
	const char *why;
	assert_true(trap_plan_settle(&o, &why));
	return o;
}

/* Whole bursts hold each copy of each body once, in mixed order. */
static void test_plan_is_a_permutation(void **state)
{
	struct trap_options o = some_options();
	unsigned char seen[1000] = { 0 };
	size_t moved = 0;
	(void)state;
	o.mails = 910;
	for (uint64_t i = 0; i < o.mails; i++) {
		struct trap_mail mail;
		trap_plan_mail(&o, i, &mail);
		uint64_t place = mail.original * o.copies + mail.copy;
		assert_true(place < o.mails);
		assert_int_equal(seen[place]++, 0);
		moved += place != i;
	}
	assert_true(moved > o.mails / 2);
}

static void test_plan_of_a_broken_burst(void **state)
{
	struct trap_options o = some_options();
	unsigned char seen[200] = { 0 };
	(void)state;
	o.mails = 91 + 45;
	for (uint64_t i = 0; i < o.mails; i++) {
		struct trap_mail mail;
		trap_plan_mail(&o, i, &mail);
		assert_int_equal(seen[mail.original * o.copies + mail.copy]++, 0);
	}
}

/* What makes two campaigns two: brand, language or pretext. */
static void test_campaigns_differ(void **state)
{
	struct trap_options o = some_options();
	const char *lures[64] = { 0 };
	uint64_t brands[64] = { 0 };
	(void)state;
	o.brands = 6;
	for (uint64_t i = 0; i < 20000; i++) {
		struct trap_mail mail;
		trap_plan_mail(&o, i, &mail);
		const char *lure = mail.family.lure->subject;
		assert_true(!lures[mail.campaign] || lures[mail.campaign] == lure);
		lures[mail.campaign] = lure;
		brands[mail.campaign] = mail.brand;
	}
	for (size_t a = 0; a < 60; a++)
		for (size_t b = 0; b < a; b++)
			assert_true(lures[a] != lures[b] || brands[a] != brands[b]);
}

static void test_plan_refuses(void **state)
{
	struct trap_options o = some_options();
	const char *why;
	(void)state;
	o.languages = "tlh";
	assert_false(trap_plan_settle(&o, &why));
	o = some_options();
	o.headers = 15;
	assert_false(trap_plan_settle(&o, &why));
	o = some_options();
	o.copies = 0;
	assert_false(trap_plan_settle(&o, &why));
}

static void assert_base64(const char *bytes, const char *want)
{
	struct sl_buf to = sl_buf_make(BIG);
	trap_coding_base64(sl_span_str(bytes), &to);
	assert_string_equal(to.p, want);
	sl_buf_free(&to);
}

static void test_base64(void **state)
{
	(void)state;
	assert_base64("a", "YQ==\n");
	assert_base64("ab", "YWI=\n");
	assert_base64("abc", "YWJj\n");
	assert_base64("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
		"\nYWFh\n");
	assert_base64("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
		"\n");
}

static void test_quoted(void **state)
{
	struct sl_buf to = sl_buf_make(BIG), long_line = sl_buf_make(BIG);
	struct sl_span rest, line;
	(void)state;
	trap_coding_quoted(SL_SPAN("a=b \nc\xc3\xa4\td "), &to);
	assert_string_equal(to.p, "a=3Db=20\nc=C3=A4=09d=20");
	for (int i = 0; i < 500; i++)
		sl_buf_str(&long_line, i % 3 ? "x" : "=");
	sl_buf_reset(&to);
	trap_coding_quoted(sl_buf_span(&long_line), &to);
	rest = sl_buf_span(&to);
	while (sl_span_split(&rest, '\n', &line))
		assert_true(line.n <= 76);
	sl_buf_free(&to);
	sl_buf_free(&long_line);
}

static void test_words(void **state)
{
	struct sl_buf to = sl_buf_make(BIG);
	struct trap_converters converters = { 0 };
	(void)state;
	trap_coding_words(&converters, "utf-8", SL_SPAN("plain"), &to);
	assert_string_equal(to.p, "plain");
	sl_buf_reset(&to);
	trap_coding_words(&converters, "iso-2022-jp", SL_SPAN("あ"), &to);
	assert_string_equal(to.p, "=?iso-2022-jp?B?GyRCJCIbKEI=?=");
	sl_buf_free(&to);
	trap_coding_close(&converters);
}

static void test_shares(void **state)
{
	uint32_t share;
	(void)state;
	assert_true(trap_args_share(SL_SPAN("0.25"), &share) && share == 250000);
	assert_true(trap_args_share(SL_SPAN("1"), &share) && share == TRAP_WHOLE);
	assert_true(trap_args_share(SL_SPAN("0"), &share) && share == 0);
	assert_false(trap_args_share(SL_SPAN("1.5"), &share));
	assert_false(trap_args_share(SL_SPAN("x"), &share));
	assert_false(trap_args_share(SL_SPAN("0.x"), &share));
}

static struct sl_span body_of(struct sl_span raw)
{
	ssize_t at = sl_span_find(raw, SL_SPAN("\n\n"), 0);
	assert_true(at >= 0);
	return sl_span_from(raw, (size_t)at + 2);
}

/* Copies that keep their body keep each byte of it, and no two mails are the same. */
static void test_copies(void **state)
{
	struct trap_options o = some_options();
	struct trap_maker maker;
	struct sl_buf first = sl_buf_make(BIG);
	size_t same = 0, other = 0;
	(void)state;
	o.campaigns = o.burst = 1;
	o.mails = o.copies = 40;
	trap_maker_init(&maker, &o);
	for (uint64_t i = 0; i < o.mails; i++) {
		struct sl_span body = body_of(trap_maker_mail(&maker, i));
		if (maker.mail.rotated)
			continue;
		if (!first.n)
			sl_buf_add(&first, body);
		assert_true(sl_span_eq(sl_buf_span(&first), body));
		same++;
	}
	for (uint64_t i = 0; i < o.mails; i++) {
		struct sl_span body = body_of(trap_maker_mail(&maker, i));
		other += maker.mail.rotated && !sl_span_eq(sl_buf_span(&first), body);
	}
	assert_int_equal(same, 20);
	assert_int_equal(other, 20);
	sl_buf_free(&first);
	trap_maker_free(&maker);
}

static const char real_mail[] = "Received: from a.example\n\tby b.example; old\n"
				"To: old@b.example\nMessage-ID: <old@a.example>\n"
				"Date: Thu, 1 Jan 1970 00:00:00 +0000\nSubject: kept\n"
				"Content-Type: multipart/alternative;\n boundary=\"=_old_1234\"\n\n"
				"--=_old_1234\nContent-Type: text/plain\n\n"
				"See http://clear.example/a and https://www.w3.org/x\n"
				"--=_old_1234\nContent-Type: text/html\n"
				"Content-Transfer-Encoding: quoted-printable\n\n"
				"<a href=3D\"http://coded.example/a\">x</a>\n--=_old_1234--\n";

static void test_repeat_same_body(void **state)
{
	struct trap_dice dice = trap_dice_of(1, 2, 3);
	struct sl_buf out = sl_buf_make(BIG);
	(void)state;
	repeat_mail_vary(
		&dice, SL_SPAN(real_mail), (struct repeat_fate){ .time = TRAP_FIRST_DAY }, &out);
	assert_true(sl_span_eq(body_of(sl_buf_span(&out)), body_of(SL_SPAN(real_mail))));
	assert_null(strstr(out.p, "old@"));
	assert_null(strstr(out.p, "; old"));
	assert_non_null(strstr(out.p, "\nDate: Sun, 1 Nov 2026 00:00:00 +0000\n"));
	assert_non_null(strstr(out.p, "\nSubject: kept\n"));
	assert_non_null(strstr(out.p, "boundary=\"=_old_1234\""));
	sl_buf_free(&out);
}

static void test_repeat_varied(void **state)
{
	struct trap_dice dice = trap_dice_of(1, 2, 3);
	struct sl_buf out = sl_buf_make(BIG);
	(void)state;
	repeat_mail_vary(&dice, SL_SPAN(real_mail),
		(struct repeat_fate){ .rotated = true, .token = true, .time = TRAP_FIRST_DAY },
		&out);
	const char *boundary = strstr(out.p, "boundary=\"") + strlen("boundary=\"");
	struct sl_span turned = sl_span_of(boundary, strlen("=_old_1234")), rest;
	size_t times = 0;
	rest = sl_buf_span(&out);
	for (ssize_t at; (at = sl_span_find(rest, turned, 0)) >= 0; times++)
		rest = sl_span_from(rest, (size_t)at + turned.n);
	assert_int_equal(times, 4);
	assert_null(strstr(out.p, "=_old_1234"));
	assert_non_null(strstr(out.p, "http://clear.example/a?t="));
	assert_non_null(strstr(out.p, "https://www.w3.org/x\n"));
	assert_non_null(strstr(out.p, "http://coded.example/a\""));
	sl_buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_is_a_permutation),
		cmocka_unit_test(test_plan_of_a_broken_burst),
		cmocka_unit_test(test_campaigns_differ),
		cmocka_unit_test(test_plan_refuses),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_repeat_same_body),
		cmocka_unit_test(test_repeat_varied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
