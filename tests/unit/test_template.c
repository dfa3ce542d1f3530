/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/cluster/template.h"

static struct sl_arena *arena;

/* Lines joined by '|'. */
static struct sl_span template_of(const char *const *texts, size_t n)
{
	struct sl_span spans[SL_TEMPLATE_TEXTS + 8], *lines, out = SL_SPAN("");
	size_t count;

	for (size_t i = 0; i < n; i++)
		spans[i] = sl_span_str(texts[i]);
	count = sl_template_make(arena, spans, n, &lines);
	assert_in_range(count, 0, SL_TEMPLATE_LINES);
	for (size_t i = 0; i < count; i++)
		out = sl_arena_printf(
			arena, "%.*s%s%.*s", SL_ARG(out), i ? "|" : "", SL_ARG(lines[i]));
	return out;
}

#define SLOT(type) "\xe2\x9f\xa6" type "\xe2\x9f\xa7"

static void test_frames(void **state)
{
	static const struct {
		const char *texts[4];
		size_t n;
		const char *want;
	} rows[] = {
		{ { "" }, 0, "" },
		{ { "" }, 1, "" },
		{ { "pay now\nhere \x01\n" }, 1, "pay now|here " SLOT("link") },
		{ { "dear \x02 pay \x03 now\n" }, 1,
			"dear " SLOT("address") " pay " SLOT("number") " now" },
		{ { "my name is anna and i live here\n", "my name is berta and i live here\n",
			  "my name is carla and i live here\n" },
			3, "my name is " SLOT("text") " and i live here" },
		{ { "my name is anna maria smith and so on\n", "my name is bea and so on\n" }, 2,
			"my name is " SLOT("text") " and so on" },
		{ { "one line\nthe same end here\n", "another start\nthe same end here\n" }, 2,
			SLOT("text") "|the same end here" },
		{ { "one\ntwo\nthree\nthe end is near\n", "x\ny\nthe end is near\n" }, 2,
			SLOT("text") "|the end is near" },
		{ { "\xe9\x87\x8d\xe8\xa6\x81\xe3\x81\xaa\xe7\x94\xb0\xe4\xb8\xad\xe6\xa7\x98\xe3"
		    "\x81\xb8",
			  "\xe9\x87\x8d\xe8\xa6\x81\xe3\x81\xaa\xe5\xb1\xb1\xe6\x9c\xac\xe6\xa7\x98"
			  "\xe3\x81\xb8" },
			2,
			"\xe9\x87\x8d\xe8\xa6\x81\xe3\x81\xaa" SLOT(
				"text") "\xe6\xa7\x98\xe3\x81\xb8" },
		{ { "a\xff"
		    "b \xc3( c\n",
			  "a\xff"
			  "b \xc3( c\n" },
			2,
			"a\xff"
			"b \xc3( c" },
	};

	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++)
		CHECK_SPAN_ROW(template_of(rows[i].texts, rows[i].n), rows[i].want, i);
}

static void test_line(void **state)
{
	(void)state;
	CHECK_SPAN(sl_template_line(arena, SL_SPAN("")), "");
	CHECK_SPAN(sl_template_line(arena, SL_SPAN("order \x03 for \x02: \x01")),
		"order " SLOT("number") " for " SLOT("address") ": " SLOT("link"));
	CHECK_SPAN(sl_template_line(arena, SL_SPAN("a\x1b[31m\x7f"
						   "b\0c")),
		"a [31m b c");
}

/* Nine of ten are enough; eight are not. */
static void test_share(void **state)
{
	const char *texts[20];

	(void)state;
	for (size_t i = 0; i < 20; i++)
		texts[i] = i < 18 ? "the fee is open today" : "nothing at all";
	CHECK_SPAN(template_of(texts, 20), "the fee is open today");
	texts[17] = texts[16] = "nothing at all";
	CHECK_SPAN(template_of(texts, 20), SLOT("text"));
}

static void test_bounds(void **state)
{
	size_t n = 300000;
	char *text = sl_arena_alloc(arena, n + 1);
	const char *texts[] = { text, text };

	(void)state;
	for (size_t i = 0; i < n; i++)
		text[i] = "ab\n "[i % 4];
	text[n] = '\0';
	assert_true(template_of(texts, 2).n > 0);
	memset(text, 'x', n);
	assert_int_equal(template_of(texts, 2).n, sizeof(SLOT("text")) - 1);
	assert_int_equal(template_of(texts, 1).n, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_frames),
		cmocka_unit_test(test_line), cmocka_unit_test(test_share),
		cmocka_unit_test(test_bounds) };
	int failed;

	arena = sl_arena_new(0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	sl_arena_free(&arena);
	return failed;
}
