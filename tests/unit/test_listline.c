/* SPDX-License-Identifier: Apache-2.0 */
/* Case 97 of the catalogue, for plain lists: what a consumer would read as something else than one
 * value is not in them. */
#include "check.h"

#include "pipeline/listline.h"

#include <stdlib.h>

static const struct {
	enum sl_kind kind;
	const char *value, *line; /* NULL: left out */
} rows[] = {
	{ SL_KIND_DOMAIN, "parcel-fee.top", "parcel-fee.top\n" },
	{ SL_KIND_DOMAIN, "xn--fsq.top", "xn--fsq.top\n" },
	{ SL_KIND_HOST, "_x.a--b.top", "_x.a--b.top\n" },
	{ SL_KIND_DOMAIN, "top", NULL },
	{ SL_KIND_DOMAIN, "", NULL },
	{ SL_KIND_DOMAIN, ".", NULL },
	{ SL_KIND_DOMAIN, ".top", NULL },
	{ SL_KIND_DOMAIN, "a.top.", NULL },
	{ SL_KIND_DOMAIN, "a..top", NULL },
	{ SL_KIND_DOMAIN, "*", NULL },
	{ SL_KIND_DOMAIN, "*.top", NULL },
	{ SL_KIND_HOST, "*.evil.top", NULL },
	{ SL_KIND_HOST, "x*.evil.top", NULL },
	{ SL_KIND_DOMAIN, "-evil.top", NULL },
	{ SL_KIND_DOMAIN, "evil-.top", NULL },
	{ SL_KIND_DOMAIN, "--help.top", NULL },
	{ SL_KIND_DOMAIN, "#evil.top", NULL },
	{ SL_KIND_DOMAIN, "!evil.top", NULL },
	{ SL_KIND_DOMAIN, "||evil.top^", NULL },
	{ SL_KIND_DOMAIN, "evil.top # x", NULL },
	{ SL_KIND_DOMAIN, "evil.top\ngood.top", NULL },
	{ SL_KIND_DOMAIN, "evil.top\r", NULL },
	{ SL_KIND_DOMAIN, "evil.top;", NULL },
	{ SL_KIND_DOMAIN, "evil.top/x", NULL },
	{ SL_KIND_DOMAIN, "0.0.0.0 evil.top", NULL },
	{ SL_KIND_DOMAIN, "$INCLUDE.top", NULL },
	{ SL_KIND_DOMAIN, "\"evil\".top", NULL },
	{ SL_KIND_DOMAIN, "\xe9\x87\x8d.top", NULL },
	{ SL_KIND_HOST, "1.2.3.4", NULL },
	{ SL_KIND_HOST, "1.2.3", NULL },
	{ SL_KIND_IPV4, "203.0.113.9", "203.0.113.9\n" },
	{ SL_KIND_IPV4, "203.0.113.9/8", NULL },
	{ SL_KIND_IPV4, "203.0.113.09", NULL },
	{ SL_KIND_IPV4, "203.0.113", NULL },
	{ SL_KIND_IPV4, "2001:db8::1", NULL },
	{ SL_KIND_IPV6, "2001:db8::1", "2001:db8::1\n" },
	{ SL_KIND_IPV6, "2001:DB8::1", NULL },
	{ SL_KIND_IPV6, "2001:db8:0::1", NULL },
	{ SL_KIND_IPV6, "::ffff:1.2.3.4", NULL },
	{ SL_KIND_IPV6, "2001:db8::/32", NULL },
	{ SL_KIND_URL, "https://a.top/", "https://a.top/\n" },
	{ SL_KIND_URL, "http://a.top/x?y=z#w", "http://a.top/x?y=z#w\n" },
	{ SL_KIND_URL, "ftp://u:p@a.top:2121/%20", "ftp://u:p@a.top:2121/%20\n" },
	{ SL_KIND_URL, "http://203.0.113.9:80/", "http://203.0.113.9:80/\n" },
	{ SL_KIND_URL, "http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/\n" },
	{ SL_KIND_URL, "https://sites.top/*", "https://sites.top/%2A\n" },
	{ SL_KIND_URL, "https://a.top/x^|$y", "https://a.top/x%5E%7C$y\n" },
	{ SL_KIND_URL, "https://*/", NULL },
	{ SL_KIND_URL, "https://*.top/", NULL },
	{ SL_KIND_URL, "https://top/", NULL },
	{ SL_KIND_URL, "https:///x", NULL },
	{ SL_KIND_URL, "https://", NULL },
	{ SL_KIND_URL, "https://a.top /", NULL },
	{ SL_KIND_URL, "https://a.top/x y", NULL },
	{ SL_KIND_URL, "https://a.top/x\n#", NULL },
	{ SL_KIND_URL, "https://a.top/\t", NULL },
	{ SL_KIND_URL, "https://a.top/\x7f", NULL },
	{ SL_KIND_URL, "https://a.top/\xc2\x85", NULL },
	{ SL_KIND_URL, "https://a.top:99999/", NULL },
	{ SL_KIND_URL, "https://a.top:/", NULL },
	{ SL_KIND_URL, "https://a.top:8x/", NULL },
	{ SL_KIND_URL, "https://[1.2.3.4]/", NULL },
	{ SL_KIND_URL, "https://[::1/", NULL },
	{ SL_KIND_URL, "https://[2001:db8::1]x/", NULL },
	{ SL_KIND_URL, "javascript:alert(1)", NULL },
	{ SL_KIND_URL, "data:text/html,x", NULL },
	{ SL_KIND_URL, "--config=/etc/passwd", NULL },
	{ SL_KIND_URL, "@file", NULL },
	{ SL_KIND_EMAIL, "a@b.top", NULL },
	{ SL_KIND_PHONE, "+815012345678", NULL },
};

static void test_rows(void **state)
{
	struct sl_buf line = sl_buf_make(SL_LIST_LINE_MAX);
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		sl_buf_reset(&line);
		bool got = sl_list_line(rows[i].kind, sl_span_str(rows[i].value), &line);
		if (got != (rows[i].line != NULL))
			fail_msg("row %zu: \"%s\" is %s", i, rows[i].value, got ? "in" : "out");
		CHECK_SPAN_ROW(sl_buf_span(&line), rows[i].line ? rows[i].line : "", i);
	}
	sl_buf_free(&line);
}

/* Labels and names at their limits; a NUL inside; URLs that would not fit. */
static void test_lengths(void **state)
{
	enum { LONG = SL_LIST_LINE_MAX };
	char *name = sl_malloc(LONG);
	struct sl_buf line = sl_buf_make(SL_LIST_LINE_MAX);
	(void)state;
	memset(name, 'a', LONG);
	memcpy(name + 63, ".top", 4);
	assert_true(sl_list_line(SL_KIND_HOST, sl_span_of(name, 67), &line));
	memcpy(name + 63, "a.top", 5);
	assert_false(sl_list_line(SL_KIND_HOST, sl_span_of(name, 68), &line));
	for (size_t i = 0; i < 300; i++)
		name[i] = i % 40 == 39 ? '.' : 'a';
	assert_true(sl_list_line(SL_KIND_HOST, sl_span_of(name, 253), &line));
	assert_false(sl_list_line(SL_KIND_HOST, sl_span_of(name, 254), &line));
	assert_false(sl_list_line(SL_KIND_HOST, sl_span_of("a\0b.top", 7), &line));
	assert_false(sl_list_line(SL_KIND_URL, sl_span_of("http://a.top/\0", 14), &line));
	memset(name, '*', LONG);
	memcpy(name, "http://a.top/", 13);
	sl_buf_reset(&line);
	assert_true(sl_list_line(SL_KIND_URL, sl_span_of(name, LONG / 3 - 2), &line));
	assert_false(line.overflow);
	assert_false(sl_list_line(SL_KIND_URL, sl_span_of(name, LONG / 3), &line));
	sl_buf_free(&line);
	free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
