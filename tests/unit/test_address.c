/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/parse/address.h"
#include "stages/parse/marks.h"

#include <stdlib.h>
#include <time.h>

struct fixture {
	struct sl_arena *arena;
	struct sl_charset *charset;
	struct sl_limits limits;
};

static int set_up(void **state)
{
	struct fixture *f = sl_calloc(1, sizeof(*f));
	f->arena = sl_arena_new(0);
	f->charset = sl_charset_new();
	sl_limits_default(&f->limits);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	sl_arena_free(&f->arena);
	sl_charset_free(&f->charset);
	free(f);
	return 0;
}

/* "name|address" of each, joined by " + "; a damaged one ends in "!". */
static struct sl_span summary(struct fixture *f, struct sl_span value, uint64_t *flags)
{
	struct sl_address *list;
	size_t n = sl_addresses(f->charset, f->arena, value, &f->limits, &list, flags);
	struct sl_span all = SL_SPAN("");
	for (size_t i = 0; i < n; i++)
		all = sl_arena_printf(f->arena, "%.*s%s%.*s|%.*s%s", SL_ARG(all), i ? " + " : "",
			SL_ARG(list[i].name), SL_ARG(list[i].addr), list[i].damaged ? "!" : "");
	return all;
}

static void reads_addresses(void **state)
{
	struct fixture *f = *state;
	static const char *const rows[][2] = {
		{ "", "" },
		{ "a@b.example", "|a@b.example" },
		{ "<a@b.example>", "|a@b.example" },
		{ "Ann <A@B.Example>", "Ann|A@b.example" },
		{ "\"Ann, Lee\" <a@b.example>", "Ann, Lee|a@b.example" },
		{ "Lee, Ann <a@b.example>", "Lee, Ann|a@b.example" },
		{ "Ann<a@b.example>", "Ann|a@b.example" },
		{ "\"Ann\"<a@b.example>", "Ann|a@b.example" },
		{ "\"Ann\" a@b.example", "Ann|a@b.example" },
		{ "Ann a@b.example", "Ann|a@b.example" },
		{ "a@b.example (Ann (the one) Lee)", "Ann (the one) Lee|a@b.example" },
		{ "a @ b.example", "|a@b.example" },
		{ "< a@b.example >", "|a@b.example" },
		{ "<a@b.example.>", "|a@b.example" },
		{ "\"bank@bank.example\" <x@evil.example>", "bank@bank.example|x@evil.example" },
		{ "bank@bank.example <x@evil.example>", "bank@bank.example|x@evil.example" },
		{ "<bank@bank.example> <x@evil.example>", "|x@evil.example" },
		{ "\"N\"<>1234<x@evil.example>", "N1234|x@evil.example" },
		{ "<<x@evil.example>>", "|x@evil.example" },
		{ "<@r1.example,@r2.example:a@b.example>", "|a@b.example" },
		{ "<mailto:a@b.example>", "|a@b.example" },
		{ "Friends: a@b.example, \"C\" <c@d.example>;", "|a@b.example + C|c@d.example" },
		{ "undisclosed-recipients:;", "" },
		{ "Re: news <a@b.example>", "Re: news|a@b.example" },
		{ "a@b.example, , c@d.example,", "|a@b.example + |c@d.example" },
		{ "a@b.example; c@d.example", "|a@b.example + |c@d.example" },
		{ "\"john doe\"@b.example", "|\"john doe\"@b.example" },
		{ "\"x@y\"@b.example", "|\"x@y\"@b.example" },
		{ "\"unclosed <a@b.example>", "unclosed|a@b.example" },
		{ "Ann <a@b.example", "Ann|a@b.example" },
		{ "Ann (unclosed <a@b.example>", "Ann (unclosed|a@b.example" },
		{ "=?utf-8?B?44GC?= <a@b.example>", "あ|a@b.example" },
		{ "\"=?utf-8?B?44GC?=\" <a@b.example>", "あ|a@b.example" },
		{ "=?utf-8?Q?x=40bank=2Eexample?=", "x@bank.example|!" },
		{ "\xe3\x81\x82 <a@b.example>", "あ|a@b.example" },
		{ "a@b\xc3\xbc"
		  "cher.example",
			"|a@xn--bcher-kva.example" },
		{ "a@[192.0.2.1]", "|a@[192.0.2.1]" },
		{ "no address at all", "no address at all|!" },
		{ "<no-at.example>", "|!" },
		{ "<>", "|!" },
		{ "bounce-a@b=c.example@d.example", "|bounce-a@b=c.example@d.example!" },
		{ "<a@>", "|!" },
		{ "<@b.example>", "|!" },
		{ "<a b@c.example>", "|a b@c.example!" },
		{ "<a@%b.example>", "|!" },
		{ "a\r\n @b.example", "|a@b.example" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		uint64_t flags = 0;
		CHECK_SPAN_ROW(summary(f, sl_span_str(rows[i][0]), &flags), rows[i][1], i);
	}
}

static void keeps_limits(void **state)
{
	struct fixture *f = *state;
	uint64_t flags = 0;
	f->limits.addresses = 2;
	CHECK_SPAN(summary(f, SL_SPAN("a@b.example,c@d.example,e@f.example"), &flags),
		"|a@b.example + |c@d.example");
	assert_int_equal(flags, SL_BIT(SL_MSG_LIMIT_ADDRESSES));
	flags = 0;
	f->limits.colons = 3;
	summary(f, SL_SPAN("a:a:a:a:a:a;"), &flags);
	assert_int_equal(flags, SL_BIT(SL_MSG_LIMIT_COLONS));
}

static void stays_linear(void **state)
{
	struct fixture *f = *state;
	static const char *const units[] = { "a:", "(", "\"", "<", "<a@", "a,", "a@b,", "@", "(()",
		"\\", ";", "a:;", "\"a\"@", ">" };
	enum { BYTES = 300000 };
	for (size_t i = 0; i < SL_LEN(units); i++) {
		size_t unit = strlen(units[i]);
		char *text = sl_malloc(BYTES);
		for (size_t at = 0; at < BYTES; at++)
			text[at] = units[i][at % unit];
		uint64_t flags = 0;
		struct sl_address *list;
		clock_t start = clock();
		sl_addresses(
			f->charset, f->arena, sl_span_of(text, BYTES), &f->limits, &list, &flags);
		if (clock() - start > 5 * CLOCKS_PER_SEC)
			fail_msg("\"%s\" is slow", units[i]);
		assert_true(sl_arena_used(f->arena) < 64u * BYTES);
		sl_arena_reset(f->arena);
		free(text);
	}
}

static void survives_any_cut(void **state)
{
	struct fixture *f = *state;
	static const char text[] = "G: \"a\\\"b@c\" (d \\) e) <@r,@s:f@g.example>, =?utf-8?Q?h?= "
				   "\xff\x01 i @ j.example;, \"k l\"@m \0<<n@o>";
	for (size_t n = 0; n < sizeof(text); n++) {
		char *exact = sl_malloc(n);
		uint64_t flags = 0;
		memcpy(exact, text, n);
		summary(f, sl_span_of(exact, n), &flags);
		sl_arena_reset(f->arena);
		free(exact);
	}
}

static void sees_addresses_in_names(void **state)
{
	(void)state;
	static const struct {
		const char *name, *domain;
		bool found;
	} rows[] = {
		{ "Ann Lee", "b.example", false },
		{ "info@bank.example", "evil.example", true },
		{ "info@bank.example", "bank.example", false },
		{ "info@bank.example", "mail.bank.example", false },
		{ "bank.co.jp", "evil.example", true },
		{ "Bank.COM support", "evil.example", true },
		{ "Bank.com", "news.bank.com", false },
		{ "St.Gallen v1.2 U.S.A.", "b.example", false },
		{ "....", "b.example", false },
		{ "", "", false },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++)
		if (sl_marks_address_in_name(sl_span_str(rows[i].name),
			    sl_span_str(rows[i].domain)) != rows[i].found)
			fail_msg("%s", rows[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_addresses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stays_linear, set_up, tear_down),
		cmocka_unit_test_setup_teardown(survives_any_cut, set_up, tear_down),
		cmocka_unit_test(sees_addresses_in_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
