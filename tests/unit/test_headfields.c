/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/parse/headfields.h"

#include <stdlib.h>

struct fixture {
	struct sl_arena *arena;
	struct sl_limits limits;
};

static int set_up(void **state)
{
	struct fixture *f = sl_calloc(1, sizeof(*f));
	f->arena = sl_arena_new(0);
	sl_limits_default(&f->limits);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	sl_arena_free(&f->arena);
	free(f);
	return 0;
}

static void cuts_head_from_body(void **state)
{
	(void)state;
	static const struct {
		const char *raw, *head, *body;
	} rows[] = {
		{ "", "", "" },
		{ "\n", "", "" },
		{ "\r\nbody", "", "body" },
		{ "A: b", "A: b", "" },
		{ "A: b\n\nbody", "A: b\n", "body" },
		{ "A: b\r\n\r\nbody\r\n\r\nx", "A: b\r\n", "body\r\n\r\nx" },
		{ "A: b\r\n\nbody", "A: b\r\n", "body" },
		{ "A: b\r\rbody", "A: b\r", "body" },
		{ "A: b\n \n c\n\nbody", "A: b\n \n c\n", "body" },
		{ "Dear customer,\nhello", "", "Dear customer,\nhello" },
		{ "A: b\nDear customer,\n\nhello", "A: b\n", "Dear customer,\n\nhello" },
		{ "A: b\nhttp://a.example/\n\nhello", "A: b\n", "http://a.example/\n\nhello" },
		{ "Subject: a long\nline without fold\nFrom: x\n\nb",
			"Subject: a long\nline without fold\nFrom: x\n", "b" },
		{ "junk on top\nReceived: x\n\nb", "junk on top\nReceived: x\n", "b" },
		{ "From a@b Tue Nov 3\nA: b\n\nx", "From a@b Tue Nov 3\nA: b\n", "x" },
		{ "\xef\xbb\xbf"
		  "A: b\n\nx",
			"\xef\xbb\xbf"
			"A: b\n",
			"x" },
		{ " indented\ntext", "", " indented\ntext" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_span head, body;
		sl_head_body(sl_span_str(rows[i].raw), &head, &body);
		CHECK_SPAN_ROW(head, rows[i].head, i);
		CHECK_SPAN_ROW(body, rows[i].body, i);
	}
}

static void splits_fields(void **state)
{
	struct fixture *f = *state;
	static const char head[] =
		"A: one\r\nB :two\r\n  folded\r\n\tagain\r\nbroken line\r\n c\r\n"
		"Empty:\r\nC:D:E\r\n";
	static const char *const rows[][2] = { { "A", " one" },
		{ "B", "two\r\n  folded\r\n\tagain" }, { "Empty", "" }, { "C", "D:E" } };
	struct sl_field *fields;
	struct sl_cuts cuts = { 0 };
	uint64_t flags = 0;
	size_t n = sl_fields_split(
		f->arena, sl_span_of(head, sizeof(head) - 1), &f->limits, &fields, &cuts, &flags);
	assert_int_equal(n, SL_LEN(rows));
	for (size_t i = 0; i < n; i++) {
		CHECK_SPAN_ROW(fields[i].name, rows[i][0], i);
		CHECK_SPAN_ROW(fields[i].value, rows[i][1], i);
		assert_memory_equal(head + fields[i].offset, rows[i][0], fields[i].name.n);
	}
	assert_int_equal(flags, 0);
	CHECK_SPAN(sl_fields_find(fields, n, "empty")->name, "Empty");
	assert_null(sl_fields_find(fields, n, "D"));
}

static void unfolds(void **state)
{
	struct fixture *f = *state;
	static const char *const rows[][2] = {
		{ " one ", "one" },
		{ "a\r\n b", "a b" },
		{ "a\n\t\t b\r\n c", "a b c" },
		{ "a\nb", "a b" },
		{ "\r\n a", "a" },
		{ "a\r\n ", "a" },
		{ "", "" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++)
		CHECK_SPAN_ROW(sl_field_unfold(f->arena, sl_span_str(rows[i][0])), rows[i][1], i);
	CHECK_SPAN(sl_field_unfold(f->arena, sl_span_of("a\0b", 3)), "a b");
}

/* Fields of "head" under the limits; the flags. */
static uint64_t flags_of(struct fixture *f, struct sl_span head, size_t *n_r, size_t *longest_r)
{
	struct sl_field *fields;
	struct sl_cuts cuts = { 0 };
	uint64_t flags = 0;
	*n_r = sl_fields_split(f->arena, head, &f->limits, &fields, &cuts, &flags);
	*longest_r = 0;
	for (size_t i = 0; i < *n_r; i++)
		if (fields[i].value.n > *longest_r)
			*longest_r = fields[i].value.n;
	return flags;
}

static void keeps_limits(void **state)
{
	struct fixture *f = *state;
	struct sl_span head = SL_SPAN("A: 1234567890\nB: x\n y\n z\n w\nC: 3\nD: 4\n");
	size_t n, longest;
	f->limits.headers = 3;
	assert_int_equal(flags_of(f, head, &n, &longest), SL_BIT(SL_MSG_LIMIT_HEADERS));
	assert_int_equal(n, 3);
	sl_limits_default(&f->limits);
	f->limits.header_line = 5;
	assert_int_equal(flags_of(f, head, &n, &longest), SL_BIT(SL_MSG_LIMIT_HEADER_LINE));
	assert_int_equal(longest, 5);
	sl_limits_default(&f->limits);
	f->limits.folds = 2;
	assert_int_equal(flags_of(f, head, &n, &longest), SL_BIT(SL_MSG_LIMIT_FOLDS));
	assert_int_equal(n, 4);
	sl_limits_default(&f->limits);
	f->limits.header_block = 20;
	assert_int_equal(flags_of(f, head, &n, &longest), SL_BIT(SL_MSG_LIMIT_HEADER_BLOCK));
	assert_int_equal(n, 2);
}

static void survives_any_cut(void **state)
{
	struct fixture *f = *state;
	static const char raw[] = "\xef\xbb\xbf"
				  "From x\r\nA: \0b\r\n\tc\nbad\rSubject: x\r\n\r\nbody";
	for (size_t n = 0; n < sizeof(raw); n++) {
		char *exact = sl_malloc(n);
		struct sl_span head, body;
		size_t count, longest;
		memcpy(exact, raw, n);
		sl_head_body(sl_span_of(exact, n), &head, &body);
		assert_true(head.n + body.n <= n);
		flags_of(f, head, &count, &longest);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_head_from_body),
		cmocka_unit_test_setup_teardown(splits_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unfolds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(survives_any_cut, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
