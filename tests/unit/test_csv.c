/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/base/utf8.h"
#include "stages/feed/csv.h"

struct row {
	struct sl_span in;
	const char *field, *free_text;
};

static const struct row rows[] = {
	{ { "", 0 }, "\"\"", "\"\"" },
	{ { "a,b;c", 5 }, "\"a,b;c\"", "\"a,b;c\"" },
	{ { "say \"hi\"", 8 }, "\"say \"\"hi\"\"\"", "\"say \"\"hi\"\"\"" },
	{ { "=1+1", 4 }, "\"=1+1\"", "\"'=1+1\"" },
	{ { "=cmd|' /C calc'!A0", 18 }, "\"=cmd|' /C calc'!A0\"", "\"'=cmd|' /C calc'!A0\"" },
	{ { "+81", 3 }, "\"+81\"", "\"'+81\"" },
	{ { "-x", 2 }, "\"-x\"", "\"'-x\"" },
	{ { "@SUM", 4 }, "\"@SUM\"", "\"'@SUM\"" },
	{ { "\tx", 2 }, "\"\tx\"", "\"'\tx\"" },
	{ { "\rx", 2 }, "\" x\"", "\"' x\"" },
	{ { "\xef\xbc\x9d"
	    "1",
		  4 },
		"\"\xef\xbc\x9d"
		"1\"",
		"\"'\xef\xbc\x9d"
		"1\"" },
	{ { " =1", 3 }, "\" =1\"", "\" =1\"" },
	{ { "a\r\nb\nc\rd", 8 }, "\"a b c d\"", "\"a b c d\"" },
	{ { "a\0b", 3 },
		"\"a\xef\xbf\xbd"
		"b\"",
		"\"a\xef\xbf\xbd"
		"b\"" },
	{ { "\xff", 1 }, "\"\xef\xbf\xbd\"", "\"\xef\xbf\xbd\"" },
	{ { "\x1b[2J", 4 }, "\"\xef\xbf\xbd[2J\"", "\"\xef\xbf\xbd[2J\"" },
	{ { "\xe2\x80\xa8", 3 }, "\" \"", "\" \"" },
	/* what turns the text around would make a name look like another */
	{ { "a\xe2\x80\xae"
	    "fdp",
		  7 },
		"\"a\xef\xbf\xbd"
		"fdp\"",
		"\"a\xef\xbf\xbd"
		"fdp\"" },
	{ { "\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c", 8 }, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
		"\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ { "=a@b.example", 12 }, "\"=a@b.example\"", "\"'=a@b.example\"" },
	{ { "#no comment", 11 }, "\"#no comment\"", "\"#no comment\"" },
};

static void fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_buf to = sl_buf_make(1000);
		struct sl_csv csv = sl_csv_make(&to);
		sl_csv_field(&csv, rows[i].in);
		CHECK_SPAN_ROW(sl_buf_span(&to), rows[i].field, i);
		sl_buf_reset(&to);
		csv = sl_csv_make(&to);
		sl_csv_free_text(&csv, rows[i].in);
		CHECK_SPAN_ROW(sl_buf_span(&to), rows[i].free_text, i);
		sl_buf_free(&to);
	}
}

static void lines_and_comments(void **state)
{
	(void)state;
	struct sl_buf to = sl_buf_make(1000);
	struct sl_csv csv = sl_csv_make(&to);
	sl_csv_comment(&csv, SL_SPAN("one\ntwo"));
	sl_csv_comment(&csv, SL_SPAN_NULL);
	sl_csv_field(&csv, SL_SPAN("a"));
	sl_csv_field(&csv, SL_SPAN_NULL);
	sl_csv_end(&csv);
	sl_csv_field(&csv, SL_SPAN("b"));
	sl_csv_end(&csv);
	CHECK_SPAN(sl_buf_span(&to), "# one\\x0atwo\n#\n\"a\",\"\"\n\"b\"\n");
	sl_buf_free(&to);
}

/* Undo the quoting of one field (RFC 4180); false: it is not one whole quoted field. */
static bool unquote(struct sl_span in, char *out, size_t *n_r)
{
	*n_r = 0;
	if (in.n < 2 || in.p[0] != '"' || in.p[in.n - 1] != '"')
		return false;
	for (size_t i = 1; i + 1 < in.n; i++) {
		if (in.p[i] == '"' && (i + 2 >= in.n || in.p[++i] != '"'))
			return false;
		out[(*n_r)++] = in.p[i];
	}
	return true;
}

/* Any three bytes: one line, one field, valid UTF-8; and the same text when it was plain. */
static void round_trip(void **state)
{
	(void)state;
	static const unsigned char alphabet[] = { 0, 9, 10, 13, 27, ' ', '"', ',', '\'', '=', 'a',
		0x7f, 0x80, 0xc2, 0xe9, 0xff };
	const size_t n = sizeof(alphabet);
	for (size_t k = 0; k < n * n * n; k++) {
		char in[3] = { (char)alphabet[k % n], (char)alphabet[k / n % n],
			(char)alphabet[k / n / n] };
		char out[64];
		size_t got;
		struct sl_buf to = sl_buf_make(100);
		struct sl_csv csv = sl_csv_make(&to);
		sl_csv_field(&csv, sl_span_of(in, 3));
		assert_true(unquote(sl_buf_span(&to), out, &got));
		assert_true(sl_span_chr(sl_buf_span(&to), '\n', 0) < 0);
		assert_int_equal(sl_utf8_valid_prefix(sl_buf_span(&to)), to.n);
		bool plain = true;
		for (int i = 0; i < 3; i++)
			plain = plain && ((in[i] >= 32 && in[i] < 127) || in[i] == '\t');
		if (plain)
			assert_true(sl_span_eq(sl_span_of(out, got), sl_span_of(in, 3)));
		sl_buf_free(&to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(lines_and_comments),
		cmocka_unit_test(round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
