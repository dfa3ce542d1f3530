/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/base/buf.h"
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

static struct sl_head split(struct fixture *f, struct sl_span raw)
{
	struct sl_head head;
	struct sl_cuts cuts = { 0 };
	uint64_t flags = 0;
	sl_head_split(f->arena, raw, &f->limits, &head, &cuts, &flags);
	return head;
}

static void cuts_head_from_body(void **state)
{
	struct fixture *f = *state;
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
		struct sl_head head = split(f, sl_span_str(rows[i].raw));
		CHECK_SPAN_ROW(head.head, rows[i].head, i);
		CHECK_SPAN_ROW(head.body, rows[i].body, i);
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
		size_t count, longest;
		memcpy(exact, raw, n);
		struct sl_head head = split(f, sl_span_of(exact, n));
		assert_true(head.head.n + head.body.n <= n);
		flags_of(f, head.head, &count, &longest);
		free(exact);
	}
}

static bool same_span(struct sl_span a, struct sl_span b)
{
	return a.p == b.p && a.n == b.n;
}

/* The head of a message gives the same fields, cuts and flags when it is read as a head alone. */
static void parts_as_it_splits(void **state)
{
	struct fixture *f = *state;
	static const char alphabet[] = "A:\n \r\tX-b:\nFrom: \nA:b\n ";
	char raw[400];
	uint32_t random = 7;
	for (int round = 0; round < 20000; round++) {
		size_t n = random % sizeof(raw);
		for (size_t i = 0; i < n; i++) {
			random = random * 1664525 + 1013904223;
			raw[i] = alphabet[(random >> 16) % (sizeof(alphabet) - 1)];
		}
		raw[n / 2] = '\n'; /* so that lines do not end by CR */
		sl_limits_default(&f->limits);
		f->limits.headers = 1 + random % 40;
		f->limits.folds = 1 + random % 3;
		f->limits.header_line = 20;
		f->limits.header_block = round & 1 ? 1 << 20 : n / 2 + 1;
		struct sl_head head;
		struct sl_field *fields;
		struct sl_cuts cuts = { 0 }, cuts_alone = { 0 };
		uint64_t flags = 0, flags_alone = 0;
		sl_head_split(f->arena, sl_span_of(raw, n), &f->limits, &head, &cuts, &flags);
		size_t count = sl_fields_split(
			f->arena, head.head, &f->limits, &fields, &cuts_alone, &flags_alone);
		assert_int_equal(count, head.n);
		assert_int_equal(flags, flags_alone);
		assert_int_equal(cuts.n, cuts_alone.n);
		for (size_t i = 0; i < count; i++)
			assert_true(same_span(fields[i].name, head.fields[i].name) &&
				    same_span(fields[i].value, head.fields[i].value));
		for (size_t i = 0; i < cuts.n; i++)
			assert_true(same_span(cuts.items[i], cuts_alone.items[i]));
		sl_arena_reset(f->arena);
	}
}

/* A space before the colon sends a field the long way, line by line; nothing else changes. */
static void takes_whole_fields_as_lines(void **state)
{
	struct fixture *f = *state;
	static const char *const words[][2] = { { "\nA:", "\nA :" }, { "\nX-Bc:", "\nX-Bc :" },
		{ "\n ", "\n " }, { "\n\t", "\n\t" }, { "\r", "\r" }, { "\r\n ", "\r\n " },
		{ "\r\nD:", "\r\nD :" }, { "a value", "a value" }, { "//", "//" },
		{ "a longer value of 37 bytes, with blanks",
			"a longer value of 37 bytes, with blanks" } };
	uint32_t random = 1;
	for (int round = 0; round < 20000; round++) {
		struct sl_buf quick = sl_buf_make(1 << 16), slow = sl_buf_make(1 << 16);
		sl_buf_str(&quick, "To:");
		sl_buf_str(&slow, "To :");
		for (int i = 0; i < 1 + round % 30; i++) {
			random = random * 1664525 + 1013904223;
			size_t word = (random >> 16) % SL_LEN(words);
			sl_buf_str(&quick, words[word][0]);
			sl_buf_str(&slow, words[word][1]);
		}
		sl_limits_default(&f->limits);
		f->limits.headers = 1 + random % 9;
		f->limits.folds = 1 + random % 3;
		f->limits.header_line = 60;
		struct sl_head a, b;
		struct sl_cuts cuts = { 0 };
		uint64_t flags_a = 0, flags_b = 0;
		sl_head_split(f->arena, sl_buf_span(&quick), &f->limits, &a, &cuts, &flags_a);
		sl_head_split(f->arena, sl_buf_span(&slow), &f->limits, &b, &cuts, &flags_b);
		assert_int_equal(a.n, b.n);
		assert_int_equal(flags_a, flags_b);
		assert_int_equal(a.body.n > 0, b.body.n > 0);
		for (size_t i = 0; i < a.n; i++) {
			assert_true(sl_span_eq(a.fields[i].name, b.fields[i].name));
			assert_true(sl_span_eq(a.fields[i].value, b.fields[i].value));
			assert_ptr_equal(a.fields[i].name.p, a.head.p + a.fields[i].offset);
		}
		sl_buf_free(&quick);
		sl_buf_free(&slow);
		sl_arena_reset(f->arena);
	}
}

static void finds_by_name(void **state)
{
	struct fixture *f = *state;
	struct sl_mail mail = { .arena = f->arena };
	struct sl_head head = split(
		f, SL_SPAN("To: 1\nReceived: 2\nX-T: 3\nto: 4\nRECEIVED: 5\nTo : 6\nOt: 7\n"));
	sl_mail_set_fields(&mail, head.fields, head.n);
	const struct sl_field *field = sl_mail_field(&mail, "tO");
	for (int want = 1; want <= 6; want += want == 1 ? 3 : 2) {
		assert_non_null(field);
		assert_int_equal(sl_span_trim(field->value).p[0], '0' + want);
		field = sl_mail_next_field(&mail, field);
	}
	assert_null(field);
	CHECK_SPAN(sl_mail_field(&mail, "received")->value, " 2");
	CHECK_SPAN(sl_mail_field(&mail, "OT")->value, " 7");
	assert_null(sl_mail_field(&mail, "T"));
	assert_null(sl_mail_field(&mail, ""));
	sl_mail_set_fields(&mail, NULL, 0);
	assert_null(sl_mail_field(&mail, "To"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(cuts_head_from_body, set_up, tear_down),
		cmocka_unit_test_setup_teardown(parts_as_it_splits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_whole_fields_as_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_by_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(splits_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unfolds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(survives_any_cut, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
