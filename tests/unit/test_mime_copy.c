/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/buf.h"
#include "stages/parse/mime_memo.h"
#include "stages/parse/mime_rename.h"

/* What GMime is given is short, and its places are found again in the body. */
static void test_copy(void **state)
{
	(void)state;
	static const char head[] = "pro\r\n--b\r\nContent-Type: text/plain\r\n\r\n";
	static const char tail[] = "\r\n--b--\r\nepi";
	struct sl_buf raw = sl_buf_make(65536);
	struct sl_mime_copy copy = { 0 };
	for (size_t n = 0; n < 10000; n += n < 100 ? 1 : 999) {
		sl_buf_reset(&raw);
		sl_buf_str(&raw, head);
		for (size_t i = 0; i < n; i++)
			sl_buf_char(&raw, i ? 'z' : '-');
		size_t end = raw.n + 2; /* of the content */
		sl_buf_str(&raw, tail);
		struct sl_span whole = sl_buf_span(&raw);
		struct sl_screen_body all = { .n = whole.n };
		sl_mime_copy_make(&copy, SL_SPAN("multipart/mixed; boundary=b"), whole, &all);
		assert_true(copy.n <= 200);
		assert_int_equal(sl_mime_copy_to_body(&copy, copy.prefix), 0);
		assert_int_equal(
			sl_mime_copy_to_body(&copy, copy.prefix + strlen(head)), strlen(head));
		assert_int_equal(sl_mime_copy_to_body(&copy, copy.n), whole.n);
		struct sl_span there = sl_span_of(copy.p, copy.n);
		ssize_t close = sl_span_find(there, SL_SPAN("\n--b--"), 0) + 1;
		assert_true(close > 0 && (n < 64 || copy.p[copy.prefix + strlen(head)] == 'x'));
		for (size_t back = 0; back <= 2; back++)
			assert_int_equal(
				sl_mime_copy_to_body(&copy, (size_t)close - back), end - back);
	}
	sl_mime_copy_free(&copy);
	sl_buf_free(&raw);
}

/* Boundaries by number, where that is sure to change nothing. */
static void test_rename(void **state)
{
	(void)state;
	static const struct {
		const char *type, *body, *got; /* NULL: left as it is */
	} rows[] = {
		{ "m; boundary=bb", "--bb\n\nx\n--bb--\n",
			"Content-Type: m; boundary=+sl+a\n\n--+sl+a\n\nx\n--+sl+a--\n" },
		{ "m;\r\n BOUNDARY=\"=_1\"; x", "--=_1 \t\r\n\r\nx\r\n--=_1--  \r\n",
			"Content-Type: m;\r\n BOUNDARY=\"+sl+a\"; x\n\n"
			"--+sl+a \t\r\n\r\nx\r\n--+sl+a--  \r\n" },
		/* one in the other; a name that begins as another one does; lines that are none */
		{ "m; boundary=b",
			"--b\nContent-Type: m; boundary=bb\n\n--bb\n--b\n--b x\n--bbb\n--b-\n",
			"Content-Type: m; boundary=+sl+a\n\n--+sl+a\n"
			"Content-Type: m; boundary=+sl+b\n\n"
			"--+sl+b\n--+sl+a\n--b x\n--bbb\n--b-\n" },
		{ "m; boundary=boundary_1;", "--boundary_1\n--boundary_1--",
			"Content-Type: m; boundary=+sl+a;\n\n--+sl+a\n--+sl+a--" },
		/* only what the tree hangs on */
		{ "m; boundary=b",
			"--b\nContent-ID: <a@b>\nCONTENT-TYPE: text/plain;\n a=b\n\nx\n--b",
			"Content-Type: m; boundary=+sl+a\n\n"
			"--+sl+a\nContent-ID:\nCONTENT-TYPE: x/x\n\nx\n--+sl+a" },
		{ "m; boundary=b", "--b\r\nA: b\r\n c\r\n\r\nx\r\n--b\r\nA: b",
			"Content-Type: m; boundary=+sl+a\n\n"
			"--+sl+a\r\nA:\r\n\r\nx\r\n--+sl+a\r\nA: b" },
		{ "m; boundary=b",
			"pro\n\n-- x\n--b\nContent-Type: multipart/x; y=z\n no\nno "
			"field\n\nyes\n--+sl+a\n",
			"Content-Type: m; boundary=+sl+a\n\nx\n--+sl+a\n"
			"Content-Type: multipart/x; y=z\n no\nno field\n\nx\n" },
		{ "m; boundary=b", "--b\nA: boundary\n\n",
			"Content-Type: m; boundary=+sl+a\n\n--+sl+a\nA:\n\n" },
		/* not said plainly */
		{ "m; boundary = b", "--b\n", NULL },
		{ "m; boundary*0=b", "--b\n", NULL },
		{ "m; boundary=b(c)", "--b\n", NULL },
		{ "m; boundary=b c", "--b\n", NULL },
		{ "m; boundary=b\n c", "--b\n", NULL },
		{ "m; boundary=\"b c\"", "--b c\n", NULL },
		{ "m; boundary=\"b\"c", "--b\n", NULL },
		{ "m; boundary=b=", "--b\n", NULL },
		{ "m; boundary=", "--\n", NULL },
		{ "m; name=\"boundary=a\"; boundary=b", "--b\n", NULL },
		{ "m; boundary=b", "--b\nContent-Type: boundary\n\n", NULL },
		{ "m; boundary=b", "--b\nA B: boundary\n\n", NULL },
		/* another one's end, another name of ours, blanks that GMime may not know */
		{ "m; boundary=b--", "--b--\n", NULL },
		{ "m; boundary=b", "--b\n--+sl+a\n\n", NULL },
		{ "m; boundary=b", "--b\f\n", NULL },
		{ "m", "--b\n", NULL },
	};
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_mime_copy copy = { 0 }, spare = { 0 };
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_span body = sl_span_str(rows[i].body);
		struct sl_screen_body all = { .n = body.n };
		sl_mime_copy_make(&copy, sl_span_str(rows[i].type), body, &all);
		struct sl_span before = sl_arena_copy(arena, sl_span_of(copy.p, copy.n));
		sl_mime_rename(&copy, &spare);
		CHECK_SPAN_ROW(sl_span_of(copy.p, copy.n), rows[i].got ? rows[i].got : before.p, i);
		size_t line = 0; /* its end is one in the body, behind the last one */
		for (size_t at = copy.prefix; at < copy.n; at++) {
			if (copy.p[at] != '\n')
				continue;
			size_t there = sl_mime_copy_to_body(&copy, at);
			assert_true(there >= line && there < body.n && body.p[there] == '\n');
			bool crlf = copy.p[at - 1] == '\r';
			assert_true(!crlf || sl_mime_copy_to_body(&copy, at - 1) == there - 1);
			line = there + 1;
		}
		assert_int_equal(sl_mime_copy_to_body(&copy, copy.n), body.n);
	}
	sl_mime_copy_free(&copy);
	sl_mime_copy_free(&spare);
	sl_arena_free(&arena);
}

/* Kept by bytes and depth, and in the place of another one. */
static void test_memo(void **state)
{
	(void)state;
	struct sl_mime_memo *memo = sl_mime_memo_new();
	char text[16];
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 1000; i++) {
			int n = snprintf(text, sizeof(text), "copy %u", i);
			struct sl_mime_copy copy = { .p = text, .n = (size_t)n };
			struct sl_mime_mark mark = { .from = i, .leaf = true };
			struct sl_mime_marks marks = { &mark, i % 2, i % 3 == 0 };
			const struct sl_mime_marks *known = sl_mime_memo_find(memo, &copy, 5);
			if (known)
				assert_true(round > 0 && known->n == i % 2);
			sl_mime_memo_keep(memo, &copy, 5, &marks);
			known = sl_mime_memo_find(memo, &copy, 5);
			assert_non_null(known);
			assert_int_equal(known->n, i % 2);
			assert_int_equal(known->too_deep, i % 3 == 0);
			if (known->n)
				assert_int_equal(known->items[0].from, i);
			assert_null(sl_mime_memo_find(memo, &copy, 4));
		}
	sl_mime_memo_free(&memo);
	assert_null(memo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_rename),
		cmocka_unit_test(test_memo),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
