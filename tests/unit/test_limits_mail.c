/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit on one message, one below, at, and one above: only the last is flagged. And a link
 * that stands behind the cut is an indicator all the same. */
#include "stages.h"

#define LINK "http://behind.example/"

static struct stages stages;

static void pad(struct sl_buf *to, size_t n)
{
	put_times(to, "a", n);
}

static void header_block(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "Subject: t\nX: ");
	pad(to, n - to->n - 1);
	sl_buf_str(to, link ? "\nX: " LINK "\n\nx\n" : "\n\nx\n");
}

static void header_line(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "X:");
	pad(to, n);
	sl_buf_str(to, link ? " " LINK "\n\nx\n" : "\n\nx\n");
}

static void headers(struct sl_buf *to, size_t n, bool link)
{
	put_times(to, "X: a\n", n);
	sl_buf_str(to, link ? "Subject: " LINK "\n\nx\n" : "\nx\n");
}

static void folds(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "Subject: a\n");
	put_times(to, " b\n", n);
	sl_buf_str(to, link ? " " LINK "\n c\n\nx\n" : "\nx\n");
}

static void colons(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "Resent-To: ");
	put_times(to, "a:", n);
	sl_buf_str(to, link ? " " LINK "\n\nx\n" : "\n\nx\n");
}

static void addresses(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "From: ");
	for (size_t i = 0; i < n; i++)
		sl_buf_printf(to, "%sa%zu@kumo.example", i ? ", " : "", i);
	sl_buf_str(to, link ? ", \"" LINK "\" <b@kumo.example>\n\nx\n" : "\n\nx\n");
}

static void parameters(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "Content-Type: text/plain");
	put_times(to, "; a=b", n);
	sl_buf_str(to, link ? "; c=\"" LINK "\"\n\nx\n" : "\n\nx\n");
}

static void boundary(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "Content-Type: multipart/mixed; boundary=");
	pad(to, n);
	sl_buf_str(to, "\n\n--");
	pad(to, n);
	sl_buf_str(to, link ? "\n\n" LINK "\n" : "\n\nx\n");
}

static void depth(struct sl_buf *to, size_t n, bool link)
{
	for (size_t i = 0; i < n; i++)
		sl_buf_printf(to,
			"Content-Type: multipart/mixed; boundary=b%zu\n\n--b%zu\n\nx\n--b%zu\n", i,
			i, i);
	sl_buf_str(to, link ? "\n" LINK "\n" : "\nx\n");
}

static void parts(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "Content-Type: multipart/mixed; boundary=b\n\n");
	put_times(to, "--b\n\nx\n", n);
	sl_buf_str(to, link ? "--b\n\n" LINK "\n--b--\n" : "--b--\n");
}

static void decoded(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "Content-Type: text/plain\n\n");
	pad(to, n);
	sl_buf_str(to, link ? " " LINK "\n" : "");
}

static void html(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "Content-Type: text/html\n\n<p>");
	pad(to, n - strlen("<p>"));
	sl_buf_str(to, link ? "<a href='" LINK "'>x</a>" : "");
}

static void html_depth(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "Content-Type: text/html\n\n");
	put_times(to, "<div>", n);
	sl_buf_str(to, link ? "<a href='" LINK "'>x</a>" : "x");
}

static void tags(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "Content-Type: text/html\n\n");
	put_times(to, "<b>", n);
	sl_buf_str(to, link ? "<a href='" LINK "'>x</a>" : "x");
}

static void urls(struct sl_buf *to, size_t n, bool link)
{
	(void)link;
	sl_buf_str(to, "Content-Type: text/plain\n\n");
	for (size_t i = 0; i < n; i++)
		sl_buf_printf(to, "http://u%zu.example/\n", i);
}

static void url_length(struct sl_buf *to, size_t n, bool link)
{
	sl_buf_str(to, "Content-Type: text/plain\n\nhttp://u.example/");
	pad(to, n - strlen("http://u.example/"));
	sl_buf_str(to, link ? "\n" LINK "\n" : "\n");
}

static void url_bytes(struct sl_buf *to, size_t n, bool link)
{
	(void)link;
	sl_buf_str(to, "Content-Type: text/plain\n\nhttp://u.example/\nhttp://v.example/");
	pad(to, n - 2 * strlen("http://u.example/"));
	sl_buf_str(to, "\n");
}

static void received(struct sl_buf *to, size_t n, bool link)
{
	put_times(to, "Received: from a.kumo.example by b.kumo.example; x\n", n);
	sl_buf_str(to, link ? "Received: from " LINK "\n\nx\n" : "\nx\n");
}

static const struct limit_case {
	const char *name;
	uint64_t value;
	void (*make)(struct sl_buf *to, size_t n, bool link);
	enum sl_view_kind view; /* of the link behind the cut; SL_VIEWS: it cannot be found */
	const char *why;        /* ... because; or the test in which the whole case stands */
} cases[] = {
	{ "header_block", 100, header_block, SL_VIEW_RAW, NULL },
	{ "header_line", 100, header_line, SL_VIEW_RAW, NULL },
	{ "headers", 5, headers, SL_VIEW_RAW, NULL },
	{ "folds", 5, folds, SL_VIEW_RAW, NULL },
	{ "colons", 9, colons, SL_VIEW_RAW, NULL },
	{ "addresses", 5, addresses, SL_VIEW_RAW, NULL },
	{ "parameters", 5, parameters, SL_VIEW_RAW, NULL },
	{ "boundary", 70, boundary, SL_VIEW_TEXT, "nothing is cut" },
	{ "depth", 5, depth, SL_VIEW_RAW, NULL },
	{ "parts", 5, parts, SL_VIEW_RAW, NULL },
	{ "decoded", 100, decoded, SL_VIEW_RAW, NULL },
	{ "html", 100, html, SL_VIEW_RAW, NULL },
	{ "html_depth", 5, html_depth, SL_VIEW_HTML, "tags are read on" },
	{ "tags", 5, tags, SL_VIEW_RAW, NULL },
	{ "urls", 5, urls, SL_VIEWS, "it is the room for links that is full" },
	{ "url_length", 100, url_length, SL_VIEW_TEXT, "the next link is read" },
	{ "url_bytes", 100, url_bytes, SL_VIEWS, "it is the room for links that is full" },
	{ "received", 5, received, SL_VIEW_RAW, NULL },
	{ "message", 0, NULL, SL_VIEWS, "the reader: tests/catalogue/limit_message.py" },
	{ "embedded", 0, NULL, SL_VIEWS, "the mill: many_inside in test_mill; below" },
	{ "ratio", 0, NULL, SL_VIEWS, "the source: test_sourcelimits" },
	{ "archive_depth", 0, NULL, SL_VIEWS, "the source: test_sourcelimits" },
	{ "spool", 0, NULL, SL_VIEWS, "the source: test_sourcelimits" },
	{ "entries", 0, NULL, SL_VIEWS, "the source: test_sourcelimits" },
};

static const struct limit_case *case_of(const struct sl_limit_row *row)
{
	for (size_t i = 0; i < SL_LEN(cases); i++)
		if (strcmp(cases[i].name, row->name) == 0)
			return &cases[i];
	fail_msg("no case for the limit %s", row->name);
	return NULL;
}

static void run(const struct sl_limit_row *row, const struct limit_case *one, size_t n, bool link)
{
	sl_limits_default(&stages.config.limits);
	memcpy((char *)&stages.config.limits + row->offset, &one->value, sizeof(one->value));
	sl_buf_reset(&stages.raw);
	one->make(&stages.raw, n, link);
	stages_run(&stages, sl_buf_span(&stages.raw), STAGES_WHOLE);
}

static void every_row_below_at_above(void **state)
{
	(void)state;
	assert_int_equal(SL_LEN(cases), sl_limit_row_count);
	for (size_t i = 0; i < sl_limit_row_count; i++) {
		const struct sl_limit_row *row = &sl_limit_rows[i];
		const struct limit_case *one = case_of(row);
		if (!one->make)
			continue;
		for (size_t n = one->value - 1; n <= one->value + 1; n++) {
			run(row, one, n, false);
			bool flagged = stages_flag(&stages, (enum sl_msg_flag)row->flag);
			uint64_t all = stages.mail.message.flags | stages.mail.content.flags;
			if (flagged != (n > one->value))
				fail_msg("%s: %zu of %llu: %sflagged", row->name, n,
					(unsigned long long)one->value, flagged ? "" : "not ");
			if ((all & SL_MSG_LIMITS) != (flagged ? SL_BIT(row->flag) : 0))
				fail_msg("%s: %zu: flags of other limits", row->name, n);
		}
	}
}

static void links_behind_the_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sl_limit_row_count; i++) {
		const struct sl_limit_row *row = &sl_limit_rows[i];
		const struct limit_case *one = case_of(row);
		if (one->view == SL_VIEWS) {
			assert_non_null(one->why);
			continue;
		}
		run(row, one, one->value + 1, true);
		if (!stages_flag(&stages, (enum sl_msg_flag)row->flag))
			fail_msg("%s: not flagged", row->name);
		if (!stages_find(&stages, SL_KIND_URL, LINK, one->view))
			fail_msg("%s: the link is lost", row->name);
		assert_non_null(stages_find(&stages, SL_KIND_DOMAIN, "behind.example", one->view));
	}
}

/* What the mill will not open is scanned in the outer mail. */
static void embedded_mails_that_stay_shut(void **state)
{
	(void)state;
	struct sl_buf *raw = &stages.raw;
	sl_limits_default(&stages.config.limits);
	stages.config.limits.embedded = 3;
	for (size_t n = 2; n <= 4; n++)
		for (int encoded = 0; encoded < 2; encoded++) {
			sl_buf_reset(raw);
			sl_buf_str(raw, "Content-Type: multipart/digest; boundary=b\n\n");
			put_times(raw, "--b\n\nSubject: x\n\nx\n", n - 1);
			sl_buf_str(raw, "--b\n\nSubject: x\n\n");
			if (encoded)
				put_base64(raw, "now open this: " LINK " please\n");
			else
				sl_buf_str(raw, LINK "\n");
			sl_buf_str(raw, "--b--\n");
			stages_run(&stages, sl_buf_span(raw), STAGES_WHOLE);
			assert_int_equal(stages.mail.n_parts, n);
			assert_int_equal(
				stages_find(&stages, SL_KIND_URL, LINK, SL_VIEW_RAW) != NULL,
				n > 3);
		}
}

/* Equal keys, equal contents: what is cut out of a head is scanned with the body, so it names it.
 */
static void cuts_are_in_the_key(void **state)
{
	(void)state;
	struct sl_id keys[3];
	const char *const hosts[] = { "one", "two", "one" };
	sl_limits_default(&stages.config.limits);
	stages.config.limits.header_line = 100;
	for (size_t i = 0; i < SL_LEN(hosts); i++) {
		sl_buf_reset(&stages.raw);
		sl_buf_printf(&stages.raw, "X: %zu ", i);
		pad(&stages.raw, 100);
		sl_buf_printf(&stages.raw, " http://%s.example/\n\nx\n", hosts[i]);
		stages_run(&stages, sl_buf_span(&stages.raw), STAGES_WHOLE);
		keys[i] = stages.mail.content.key;
		assert_int_equal(stages.mail.message.n_indicators, 0);
	}
	assert_false(sl_id_eq(&keys[0], &keys[1]));
	assert_true(sl_id_eq(&keys[0], &keys[2]));
}

static int set_up(void **state)
{
	(void)state;
	stages_open(&stages, 1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stages_close(&stages);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_below_at_above),
		cmocka_unit_test(links_behind_the_cut),
		cmocka_unit_test(embedded_mails_that_stay_shut),
		cmocka_unit_test(cuts_are_in_the_key),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
