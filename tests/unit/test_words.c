/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/parse/words.h"

#include <stdlib.h>
#include <time.h>

struct fixture {
	struct sl_arena *arena;
	struct sl_charset *charset;
};

static int set_up(void **state)
{
	struct fixture *f = sl_calloc(1, sizeof(*f));
	f->arena = sl_arena_new(0);
	f->charset = sl_charset_new();
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

static void decodes_words(void **state)
{
	struct fixture *f = *state;
	static const char *const rows[][2] = {
		{ " plain ", "plain" },
		{ "", "" },
		{ "=?utf-8?Q?=E3=81=82?=", "あ" },
		{ "=?UTF-8*ja?b?44GC?=", "あ" },
		{ "=?utf-8?B?44G?=\r\n =?utf-8?B?C?=", "あ" },
		{ "=?utf-8?B?4w==?= =?utf-8?B?gYI=?=", "あ" },
		{ "=?utf-8?Q?=E3?=\t=?UTF-8?Q?=81=82?=", "あ" },
		{ "=?utf-8?Q?a?==?utf-8?Q?b?=", "ab" },
		{ "=?utf-8?Q?a?= =?iso-8859-1?Q?=E9?=", "aé" },
		{ "=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c" },
		{ "=?utf-8?Q?a_b c=20d?=", "a b c d" },
		{ "=?utf-8?Q?Really?\?=", "Really?" },
		{ "=?utf-8?Q?a=?=", "a=" },
		{ "=?utf-8?B?YWJj", "abc" },
		{ "=?utf-8?B?YW Jj?=", "abc" },
		{ "=?utf-8?B?YWI?=", "ab" },
		{ "=?utf-8?X?abc?=", "=?utf-8?X?abc?=" },
		{ "=??Q?abc?=", "=??Q?abc?=" },
		{ "=?utf-8?Q?\?=", "" },
		{ "x =?utf-8?Q?open =?utf-8?Q?y?=", "x =?utf-8?Q?open y" },
		{ "\"=?utf-8?Q?in_quotes?=\"", "\"in quotes\"" },
		{ "=?utf-8?Q?a=0D=0Ab=00c?=", "a  b c" },
		{ "=?iso-2022-jp?B?GyRCJCIbKEI=?=", "あ" },
		{ "=?shift_jis?B?gqA=?=", "あ" },
		{ "caf\xc3\xa9", "café" },
		{ "caf\xc3\xa9 =?utf-8?Q?=C3=A9?=", "café é" },
		{ "\x1b$B$\"\x1b(B", "あ" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		uint64_t flags = 0;
		CHECK_SPAN_ROW(
			sl_words_decode(f->charset, f->arena, sl_span_str(rows[i][0]), &flags),
			rows[i][1], i);
	}
}

static void sets_flags(void **state)
{
	struct fixture *f = *state;
	uint64_t flags = 0;
	sl_words_decode(f->charset, f->arena, SL_SPAN("plain =?utf-8?Q?x?="), &flags);
	assert_int_equal(flags, 0);
	sl_words_decode(f->charset, f->arena, SL_SPAN("caf\xc3\xa9"), &flags);
	assert_int_equal(flags, SL_BIT(SL_MSG_RAW_8BIT));
	flags = 0;
	sl_words_decode(f->charset, f->arena, SL_SPAN("=?utf-8?Q?caf\xc3\xa9?="), &flags);
	assert_true(flags & SL_BIT(SL_MSG_RAW_8BIT));
}

static void reads_parameters(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *value, *name, *want; /* want NULL: not there */
	} rows[] = {
		{ "text/plain; charset=utf-8", "charset", "utf-8" },
		{ "text/plain; CHARSET = \"utf-8\" (why)", "charset", "utf-8" },
		{ "text/plain (a;b=c); charset=x", "charset", "x" },
		{ "text/plain charset=x", "charset", "x" },
		{ "charset=x", "charset", "x" },
		{ "text/plain", "charset", NULL },
		{ "text/plain; charset", "charset", NULL },
		{ "text/plain; charset=", "charset", "" },
		{ "text/plain; charset=a; charset=b", "charset", "a" },
		{ "text/plain; xcharset=a; charset=b", "charset", "b" },
		{ "multipart/mixed; boundary=\"a;b=c\\\"d\"", "boundary", "a;b=c\"d" },
		{ "multipart/mixed; boundary=\"unclosed", "boundary", "unclosed" },
		{ "multipart/mixed; boundary==_x=?y?=", "boundary", "=_x=?y?=" },
		{ "attachment; filename=my file (1).pdf; size=3", "filename", "my file (1).pdf" },
		{ "attachment; filename=\"C:\\tmp\\a.exe\"", "filename", "C:\\tmp\\a.exe" },
		{ "attachment; filename*=utf-8'ja'%E3%81%82.pdf", "filename", "あ.pdf" },
		{ "attachment; filename*=''%E3%81%82.pdf", "filename", "あ.pdf" },
		{ "attachment; filename=\"a.pdf\"; filename*=utf-8''b.pdf", "filename", "b.pdf" },
		{ "attachment; filename*1=\"b.pdf\"; filename*0=\"a\"", "filename", "ab.pdf" },
		{ "attachment; filename*0*=utf-8''%E3%81; filename*1*=%82; filename*2=.x",
			"filename", "あ.x" },
		{ "attachment; filename*5=b; filename*2=a", "filename", "ab" },
		{ "attachment; filename*0=a; filename*0=z; filename*1=b", "filename", "ab" },
		{ "attachment; filename*99999999999999999999=a", "filename", NULL },
		{ "attachment; filename*-1=a; filename=b", "filename", "b" },
		{ "attachment; filename=\"=?utf-8?B?44GC?=.pdf\"", "filename", "あ.pdf" },
		{ "attachment; filename==?utf-8?B?44GC?=", "filename", "あ" },
		{ "attachment;\r\n filename=\"a\r\n b\"", "filename", "a b" },
		{ "attachment; (((; filename=a", "filename", "a" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		uint64_t flags = 0;
		struct sl_span got = sl_parameter(f->charset, f->arena, sl_span_str(rows[i].value),
			rows[i].name, 256, &flags);
		if (!rows[i].want && got.p)
			fail_msg("row %zu: got \"%.*s\"", i, SL_ARG(got));
		if (rows[i].want && !got.p)
			fail_msg("row %zu: nothing", i);
		CHECK_SPAN_ROW(got, rows[i].want, i);
		assert_int_equal(flags, 0);
	}
}

static void keeps_the_limit(void **state)
{
	struct fixture *f = *state;
	uint64_t flags = 0;
	struct sl_span got =
		sl_parameter(f->charset, f->arena, SL_SPAN("x; a=1; b=2; c=3"), "c", 2, &flags);
	assert_null(got.p);
	assert_int_equal(flags, SL_BIT(SL_MSG_LIMIT_PARAMETERS));
	CHECK_SPAN(sl_parameter_main(f->arena, SL_SPAN(" (c) text/HTML ; x=y")), "text/HTML");
	CHECK_SPAN(sl_parameter_main(f->arena, SL_SPAN("")), "");
}

/* Repeated openings without an end must not cost more than their length. */
static void stays_linear(void **state)
{
	struct fixture *f = *state;
	static const char *const units[] = { "=?", "=?a?q?", "=?a?q?b ", "=?utf-8?B?44GC?= ", "(;",
		"\"", "a*1*=%" };
	enum { BYTES = 2000000 };
	for (size_t i = 0; i < SL_LEN(units); i++) {
		size_t unit = strlen(units[i]);
		char *text = sl_malloc(BYTES);
		for (size_t at = 0; at < BYTES; at++)
			text[at] = units[i][at % unit];
		uint64_t flags = 0;
		clock_t start = clock();
		sl_words_decode(f->charset, f->arena, sl_span_of(text, BYTES), &flags);
		sl_parameter(f->charset, f->arena, sl_span_of(text, BYTES), "a", 256, &flags);
		if (clock() - start > 5 * CLOCKS_PER_SEC)
			fail_msg("\"%s\" is slow", units[i]);
		sl_arena_reset(f->arena);
		free(text);
	}
}

static void survives_any_cut(void **state)
{
	struct fixture *f = *state;
	static const char text[] = "a; =?utf-8*ja?B?44GC?= \xff\x1b$B$\"\x1b(B =?x?Q?=4?= "
				   "filename*0*=\"utf-8''%E3%8\\\" \0;name=(a";
	for (size_t n = 0; n < sizeof(text); n++) {
		char *exact = sl_malloc(n);
		uint64_t flags = 0;
		memcpy(exact, text, n);
		sl_words_decode(f->charset, f->arena, sl_span_of(exact, n), &flags);
		sl_parameter(f->charset, f->arena, sl_span_of(exact, n), "filename", 9, &flags);
		sl_parameter_main(f->arena, sl_span_of(exact, n));
		sl_arena_reset(f->arena);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(decodes_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sets_flags, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_parameters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_the_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stays_linear, set_up, tear_down),
		cmocka_unit_test_setup_teardown(survives_any_cut, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
