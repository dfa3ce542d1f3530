/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/buf.h"
#include "pipeline/stage.h"

#include <pthread.h>
#include <stdlib.h>

static struct sl_arena *arena;
static struct sl_config config;
static const struct sl_secret secret;
static void *header, *key, *body;

static int setup(void **state)
{
	(void)state;
	arena = sl_arena_new(0);
	sl_limits_default(&config.limits);
	header = sl_stage_header.thread_new(&config, NULL);
	body = sl_stage_body.thread_new(&config, NULL);
	key = sl_stage_key.thread_new(&config, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sl_stage_header.thread_free(header);
	sl_stage_body.thread_free(body);
	sl_stage_key.thread_free(key);
	sl_arena_free(&arena);
	return 0;
}

static void process_span(struct sl_mail *mail, struct sl_span raw)
{
	sl_arena_reset(arena);
	sl_mail_begin(mail, &config, NULL, &secret, arena, raw);
	sl_stage_header.process(header, mail);
	sl_stage_key.process(key, mail);
	sl_stage_body.process(body, mail);
}

static void process(struct sl_mail *mail, const char *raw)
{
	process_span(mail, sl_span_str(raw));
}

static bool has_flag(const struct sl_mail *mail, enum sl_msg_flag flag)
{
	return (mail->content.flags & SL_BIT(flag)) != 0;
}

static bool in_view(const struct sl_mail *mail, enum sl_view_kind kind, const char *text)
{
	for (size_t i = 0; i < mail->n_views; i++)
		if (mail->views[i].kind == kind &&
			sl_span_find(mail->views[i].text, sl_span_str(text), 0) >= 0)
			return true;
	return false;
}

static void test_single(void **state)
{
	(void)state;
	struct sl_mail mail;
	process(&mail, "Subject: x\n\nhello\nyou\n");
	assert_int_equal(mail.n_parts, 1);
	CHECK_SPAN(mail.parts[0].type, "text/plain");
	CHECK_SPAN(mail.visible, "hello\nyou");
	assert_false(mail.parts[0].attachment);
	process(&mail, "Content-Type: TEXT/HTML; charset=iso-8859-1\n"
		       "Content-Transfer-Encoding: quoted-printable\n\n<p>caf=E9</p>\n");
	CHECK_SPAN(mail.parts[0].type, "text/html");
	CHECK_SPAN(mail.parts[0].charset, "iso-8859-1");
	CHECK_SPAN(mail.visible, "café");
	assert_int_equal(mail.content.html_tags, 1);
	process(&mail, "");
	assert_int_equal(mail.n_parts, 1);
	process(&mail, "Content-Type: multipart/mixed; boundary=x\n\n");
	assert_int_equal(mail.n_parts, 1);
}

static void test_alternative(void **state)
{
	(void)state;
	struct sl_mail mail;
	process(&mail, "Content-Type: multipart/mixed; boundary=\"o\"\n\n"
		       "This is a multi-part message in MIME format.\n"
		       "--o\nContent-Type: multipart/alternative; boundary=i\n\n"
		       "--i\nContent-Type: text/plain\n\nplain words\n"
		       "--i\nContent-Type: text/html\nContent-ID: <id@x>\n\n<p>rich words\n"
		       "--i--\n"
		       "--o\nContent-Type: text/plain\n\nfooter\n"
		       "--o\nContent-Type: application/pdf; name=\"a.pdf\"\n"
		       "Content-Transfer-Encoding: base64\n\nJVBERg==\n--o--\n");
	assert_int_equal(mail.n_parts, 4);
	CHECK_SPAN(mail.visible, "rich words\nfooter");
	CHECK_SPAN(mail.parts[1].content_id, "id@x");
	assert_int_equal(mail.parts[0].depth, 2);
	assert_int_equal(mail.parts[3].depth, 1);
	CHECK_SPAN(mail.parts[3].name, "a.pdf");
	CHECK_SPAN(mail.parts[3].decoded, "%PDF");
	CHECK_SPAN(mail.parts[3].raw, "JVBERg==");
	assert_true(mail.parts[3].attachment);
	assert_int_equal(mail.content.flags, 0);
	assert_true(in_view(&mail, SL_VIEW_TEXT, "plain words"));
	assert_false(in_view(&mail, SL_VIEW_RAW, ""));
}

static void test_crlf_offsets(void **state)
{
	(void)state;
	struct sl_mail mail;
	process(&mail, "Content-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\n--b\r\n\r\none\r\n"
		       "--b\r\nContent-Type: text/plain\r\n\r\n\r\ntwo\r\n\r\n--b--\r\n");
	assert_int_equal(mail.n_parts, 2);
	CHECK_SPAN(mail.parts[0].raw, "one");
	CHECK_SPAN(mail.parts[1].raw, "\r\ntwo\r\n");
	assert_true(
		mail.parts[0].raw.p > mail.raw.p && mail.parts[0].raw.p < mail.raw.p + mail.raw.n);
}

static void test_embedded(void **state)
{
	(void)state;
	static const char *const types[] = { "message/rfc822", "Message/RFC822", "MESSAGE/global",
		"message/rfc822; x=y" };
	char raw[512];
	struct sl_mail mail;
	for (size_t i = 0; i < SL_LEN(types); i++) {
		snprintf(raw, sizeof(raw),
			"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: %s\n\n"
			"Content-Type: multipart/mixed; boundary=c\nTo: "
			"a:a:a\n\n--c\n\ninner\n--c--\n--b--\n",
			types[i]);
		process(&mail, raw);
		assert_int_equal(mail.n_parts, 1);
		assert_true(mail.parts[0].embedded_mail);
		assert_true(sl_span_ends(mail.parts[0].decoded, SL_SPAN("inner\n--c--")));
	}
	process(&mail, "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
		       "U3ViamVjdDogeAoKaGVsbG8K\n");
	assert_true(mail.parts[0].embedded_mail);
	CHECK_SPAN(mail.parts[0].decoded, "Subject: x\n\nhello\n");
	/* folds and comments round the slash do not bring GMime's own reading about */
	process(&mail, "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message\n "
		       "/rfc822\n\n"
		       "To: a:a:a\n\nx\n--b--\n");
	assert_int_equal(mail.n_parts, 1);
	CHECK_SPAN(mail.parts[0].raw, "To: a:a:a\n\nx");
}

static void test_digest(void **state)
{
	(void)state;
	struct sl_mail mail;
	process(&mail, "Content-Type: Multipart/Digest; boundary=b\n\n--b\n\nSubject: 1\n\nx\n"
		       "--b\nContent-Type: text/plain\n\ny\n--b--\n");
	assert_int_equal(mail.n_parts, 2);
	assert_true(mail.parts[0].embedded_mail);
	CHECK_SPAN(mail.parts[0].decoded, "Subject: 1\n\nx");
	assert_false(mail.parts[1].embedded_mail);
}

/* What a strict reader would lose is still in some view. */
static void test_broken(void **state)
{
	(void)state;
	static const char *const rows[] = {
		/* no boundary, empty boundary, another boundary */
		"Content-Type: multipart/mixed\n\nsee http://link.example/\n",
		"Content-Type: multipart/mixed; boundary=\"\"\n\nsee http://link.example/\n",
		"Content-Type: multipart/mixed; boundary=a\n\n--b\nContent-Type: text/plain\n\n"
		"see http://link.example/\n--b--\n",
		"Content-Type: multipart/mixed\n\n--b\nContent-Type: text/plain\n\nsee "
		"http://link.example/\n",
		/* before the first and behind the last */
		"Content-Type: multipart/mixed; boundary=b\n\nsee "
		"http://link.example/\n--b\n\nx\n--b--\n",
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\nsee "
		"http://link.example/\n",
		/* never closed */
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee http://link.example/\n",
		/* plain text that is called base64, and an encoding that nobody knows */
		"Content-Transfer-Encoding: base64\n\nsee http://link.example/\n",
		"Content-Transfer-Encoding: rot13\n\nsee http://link.example/\n",
		/* two types */
		"Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
		"see http://link.example/\n--b--\n",
		/* no type at all, but parts */
		"Subject: x\n\n--b\nContent-Type: text/plain\n\nsee http://link.example/\n--b--\n",
		/* forms of the boundary */
		"Content-Type: multipart/mixed; boundary*0=\"b\"; boundary*1=\"c\"\n\n--bc\n\n"
		"see http://link.example/\n--bc--\n",
		"Content-Type: multipart/mixed; (boundary=x) boundary=b\n\n--b  \n\nsee "
		"http://link.example/\n",
		"Content-Type: multipart/mixed; boundary=message/digest\n\n--message/digest\n\n"
		"see http://link.example/\n",
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_mail mail;
		process(&mail, rows[i]);
		if (!in_view(&mail, SL_VIEW_TEXT, "http://link.example/") &&
			!in_view(&mail, SL_VIEW_RAW, "http://link.example/"))
			fail_msg("row %zu", i);
	}
}

static void test_damage_flags(void **state)
{
	(void)state;
	struct sl_mail mail;
	process(&mail, "Content-Type: multipart/mixed\n\nx\n");
	assert_true(has_flag(&mail, SL_MSG_MIME_DAMAGED));
	process(&mail, "Content-Transfer-Encoding: base64\n\naGVs**bG8=\n");
	assert_true(has_flag(&mail, SL_MSG_MIME_DAMAGED));
	process(&mail, "Content-Type: text/plain; charset=utf-8\n\ncaf\xe9\n");
	assert_true(has_flag(&mail, SL_MSG_CHARSET_REPAIRED));
	process(&mail, "Content-Type: text/plain; charset=utf-8\n\ncaf\xc3\xa9 \xe3\x81\n");
	assert_true(has_flag(&mail, SL_MSG_CHARSET_LOSS));
	process(&mail, "Content-Type: text/plain\nContent-Type: text/html\n\nx\n");
	assert_true(has_flag(&mail, SL_MSG_AMBIGUOUS));
}

/* Parameter names of 70 to 72 bytes with a value that is not ASCII make two functions of
 * GMime 3.2.13 loop for ever; they must not be reached. */
static void test_gmime_loop(void **state)
{
	(void)state;
	for (size_t n = 66; n < 76; n++) {
		struct sl_buf raw = sl_buf_make(1 << 16);
		for (int inner = 0; inner < 2; inner++) {
			sl_buf_str(&raw, "Content-Type: multipart/mixed; ");
			for (size_t i = 0; i < n; i++)
				sl_buf_char(&raw, 'p');
			sl_buf_printf(&raw, "=\"\xc3\xa9\xc3\xa9\"; boundary=b%d\n\n--b%d\n", inner,
				inner);
		}
		sl_buf_str(&raw, "\nhello\n");
		struct sl_mail mail;
		process_span(&mail, sl_buf_span(&raw));
		assert_int_equal(mail.n_parts, 1);
		CHECK_SPAN(mail.visible, "hello");
		sl_buf_free(&raw);
	}
}

static void test_colon_header(void **state)
{
	(void)state;
	struct sl_buf raw = sl_buf_make(1 << 20);
	sl_buf_str(&raw, "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
			 "message/rfc822\nTo: ");
	for (int i = 0; i < 200000; i++)
		sl_buf_str(&raw, "a:");
	sl_buf_str(&raw, "\n\nhello\n--b\nTo: ");
	for (int i = 0; i < 20000; i++)
		sl_buf_str(&raw, "a:");
	sl_buf_str(&raw, "\n\nhello\n--b--\n");
	struct sl_mail mail;
	process_span(&mail, sl_buf_span(&raw));
	assert_true(mail.n_parts >= 2);
	sl_buf_free(&raw);
}

static void nest(struct sl_buf *raw, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		sl_buf_printf(
			raw, "Content-Type: multipart/mixed; boundary=b%zu\n\n--b%zu\n", i, i);
	sl_buf_str(raw, "Content-Type: text/plain\n\nhttp://deep.example/\n");
	for (size_t i = depth; i > 0; i--)
		sl_buf_printf(raw, "--b%zu--\n", i - 1);
}

/* cmocka cannot fail in another thread: the number of levels that went wrong, or 0. */
static size_t check_nested(size_t depth, bool beyond)
{
	struct sl_buf raw = sl_buf_make(64 << 20);
	struct sl_mail mail;
	nest(&raw, depth);
	process_span(&mail, sl_buf_span(&raw));
	bool good = has_flag(&mail, SL_MSG_LIMIT_DEPTH) == beyond &&
		    has_flag(&mail, SL_MSG_MIME_DAMAGED) == false &&
		    in_view(&mail, SL_VIEW_TEXT, "http://deep.example/");
	sl_buf_free(&raw);
	return good ? 0 : depth;
}

static void *nested_thread(void *arg)
{
	static const size_t depths[] = { 1, 10, 63, 64, 65, 100, 900, 1800 };
	size_t *wrong = arg;
	for (size_t i = 0; i < SL_LEN(depths) && !*wrong; i++)
		*wrong = check_nested(depths[i], depths[i] > 64);
	return NULL;
}

/* GMime builds the tree by recursion, up to 1,024 levels: on the stack of a worker. */
static void test_nested(void **state)
{
	(void)state;
	pthread_attr_t attr;
	pthread_t thread;
	size_t wrong = 0;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 1 << 20);
	assert_int_equal(pthread_create(&thread, &attr, nested_thread, &wrong), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
	assert_int_equal(wrong, 0);
}

static void test_many_parts(void **state)
{
	(void)state;
	static const size_t counts[] = { 1, 1999, 2000, 2001, 5000 };
	for (size_t k = 0; k < SL_LEN(counts); k++) {
		struct sl_buf raw = sl_buf_make(64 << 20);
		sl_buf_str(&raw, "Content-Type: multipart/mixed; boundary=b\n\n");
		for (size_t i = 0; i < counts[k]; i++)
			sl_buf_printf(&raw, "--b\n\nhttp://p%zu.example/\n", i);
		sl_buf_str(&raw, "--b--\n");
		struct sl_mail mail;
		process_span(&mail, sl_buf_span(&raw));
		size_t want = counts[k] > 2000 ? 2000 : counts[k];
		assert_int_equal(mail.n_parts, want);
		assert_int_equal(has_flag(&mail, SL_MSG_LIMIT_PARTS), counts[k] > 2000);
		char last[64];
		snprintf(last, sizeof(last), "http://p%zu.example/", counts[k] - 1);
		assert_true(in_view(&mail, counts[k] > 2000 ? SL_VIEW_RAW : SL_VIEW_TEXT, last));
		sl_buf_free(&raw);
	}
}

static void test_part_header_floods(void **state)
{
	(void)state;
	static const char *const lines[] = { "X: y\n", " fold\n", "no colon here\n",
		"--not a boundary\n" };
	for (size_t k = 0; k < SL_LEN(lines); k++) {
		struct sl_buf raw = sl_buf_make(64 << 20);
		sl_buf_str(&raw, "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
				 "text/plain;\n");
		for (size_t i = 0; i < 100000; i++)
			sl_buf_str(&raw, lines[k]);
		sl_buf_str(&raw, "\nhttp://end.example/\n--b\n\nhttp://next.example/\n--b--\n");
		struct sl_mail mail;
		process_span(&mail, sl_buf_span(&raw));
		assert_true(in_view(&mail, SL_VIEW_TEXT, "http://next.example/"));
		assert_true(in_view(&mail, SL_VIEW_TEXT, "http://end.example/") ||
			    in_view(&mail, SL_VIEW_RAW, "http://end.example/"));
		sl_buf_free(&raw);
	}
}

static void test_long_boundary(void **state)
{
	(void)state;
	struct sl_buf raw = sl_buf_make(64 << 20);
	sl_buf_str(&raw, "Content-Type: multipart/mixed; boundary=\"");
	for (int i = 0; i < 1 << 20; i++)
		sl_buf_char(&raw, 'b');
	sl_buf_str(&raw, "\"\n\nsee http://link.example/\n");
	struct sl_mail mail;
	process_span(&mail, sl_buf_span(&raw));
	assert_true(in_view(&mail, SL_VIEW_TEXT, "http://link.example/"));
	sl_buf_free(&raw);
}

static void test_limits(void **state)
{
	(void)state;
	struct sl_mail mail;
	struct sl_limits before = config.limits;
	config.limits.decoded = 10;
	process(&mail, "Content-Type: text/plain\n\n0123456789abcdef\n");
	assert_true(has_flag(&mail, SL_MSG_LIMIT_DECODED));
	CHECK_SPAN(mail.parts[0].decoded, "0123456789");
	config.limits = before;
	config.limits.html = 10;
	process(&mail, "Content-Type: text/html\n\n<p>012345<a href='http://late.example/'>x\n");
	assert_true(has_flag(&mail, SL_MSG_LIMIT_HTML));
	assert_true(in_view(&mail, SL_VIEW_RAW, "http://late.example/"));
	config.limits = before;
}

static void test_kinds(void **state)
{
	(void)state;
	struct sl_mail mail;
	process(&mail, "Content-Type: application/octet-stream; name=\"Invoice.HTM\"\n\n"
		       "<a href='http://a.example/'>x</a>\n");
	assert_int_equal(mail.n_links, 1);
	assert_true(mail.parts[0].attachment);
	process(&mail, "Content-Type: application/octet-stream; name=\"fax\"\n\n"
		       "<!DOCTYPE HTML><a href='http://a.example/'>x</a>\n");
	assert_int_equal(mail.n_links, 1);
	process(&mail,
		"Content-Type: image/png; name=\"a.html\"\n\n<a href='http://a.example/'>\n");
	assert_int_equal(mail.n_links, 0);
	process(&mail, "Content-Type: text/plain\n\nhi\nbegin 644 x.exe\n#0V%T\n`\nend\nbye\n");
	assert_int_equal(mail.n_parts, 2);
	CHECK_SPAN(mail.parts[1].name, "x.exe");
	CHECK_SPAN(mail.parts[1].decoded, "Cat");
	CHECK_SPAN(mail.visible, "hi\nbye");
}

static void test_escaped_html(void **state)
{
	(void)state;
	struct sl_mail mail;
	process(&mail, "Content-Type: text/html\n\n&lt;p&gt;a&lt;/p&gt;&lt;b&gt;b&lt;/b&gt;"
		       "&lt;a href='http://a.example/'&gt;c&lt;/a&gt;\n");
	CHECK_SPAN(mail.visible, "a\nbc");
	assert_int_equal(mail.n_links, 1);
	CHECK_SPAN(mail.links[0].text, "c");
}

static void test_nul(void **state)
{
	(void)state;
	static const char raw[] =
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nh\0ttp://a.\0example/\0x\n"
		"--b\nContent-Type: text/html\n\n<p>o\0ne</p>\0two\n--b--\n";
	struct sl_mail mail;
	process_span(&mail, sl_span_of(raw, sizeof(raw) - 1));
	assert_int_equal(mail.n_parts, 2);
	CHECK_SPAN(mail.views[0].text, "http://a.example/x");
	CHECK_SPAN(mail.views[1].text, "one\ntwo");
}

static void test_key(void **state)
{
	(void)state;
	struct sl_mail mail;
	process(&mail, "Subject: a\nContent-Type: text/plain\n\nx\n");
	struct sl_id first = mail.content.key;
	process(&mail, "Content-Type: text/plain\nSubject: b\n\nx\n");
	assert_true(sl_id_eq(&first, &mail.content.key));
	process(&mail, "Content-Type: text/html\nSubject: b\n\nx\n");
	assert_false(sl_id_eq(&first, &mail.content.key));
	process(&mail, "Content-Type: text/plain\nSubject: b\n\ny\n");
	assert_false(sl_id_eq(&first, &mail.content.key));
	assert_int_equal(mail.content.size, 2);
}

/* A line that is longer than GMime's buffer: no piece of it is a boundary, wherever it is cut. */
static void test_long_line(void **state)
{
	(void)state;
	static const char head[] = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nz\n";
	static const char tail[] = "--b\n\nz\n--b--\n";
	struct sl_buf raw = sl_buf_make(16384);
	struct sl_mail mail;
	for (size_t n = 3000; n < 9000; n++) {
		sl_buf_reset(&raw);
		sl_buf_str(&raw, head);
		memset(sl_buf_reserve(&raw, n), 'y', n);
		sl_buf_filled(&raw, n);
		sl_buf_str(&raw, tail);
		process_span(&mail, sl_buf_span(&raw));
		if (mail.n_parts != 1 || mail.parts[0].raw.n != n + strlen("z\n--b\n\nz"))
			fail_msg("%zu bytes: %zu parts", n, mail.n_parts);
	}
	sl_buf_free(&raw);
}

/* A tree that is known is the same tree in another body. */
static void test_known_tree(void **state)
{
	(void)state;
	static const char *const names[] = { "b", "=_a_longer_name.17", "b", "boundary", "b" };
	char raw[1024];
	struct sl_mail mail;
	uint64_t depth = config.limits.depth;
	for (size_t i = 0; i < SL_LEN(names); i++) {
		const char *b = names[i];
		config.limits.depth = i == 4 ? 1 : depth;
		snprintf(raw, sizeof(raw),
			"Content-Type: multipart/mixed; boundary=\"%s\"\n\npro\n--%s\n"
			"Content-Type: multipart/alternative; boundary=\"%s-x\"\n\n"
			"--%s-x\nContent-Type: text/plain\n\nwords of number %zu and so on, on\n"
			"--%s-x--\n--%s\n\nend\n--%s--\nepi",
			b, b, b, b, i, b, b, b);
		process(&mail, raw);
		assert_int_equal(has_flag(&mail, SL_MSG_LIMIT_DEPTH), i == 4);
		assert_int_equal(mail.n_parts, i == 4 ? 1 : 2);
		CHECK_SPAN(mail.parts[mail.n_parts - 1].raw, "end");
		if (i == 4)
			continue;
		snprintf(raw + 900, 100, "words of number %zu and so on, on", i);
		CHECK_SPAN(mail.parts[0].raw, raw + 900);
		assert_int_equal(mail.parts[0].depth, 2);
		assert_int_equal(mail.parts[1].depth, 1);
	}
	config.limits.depth = depth;
}

static void test_truncated(void **state)
{
	(void)state;
	static const char raw[] =
		"Content-Type: multipart/mixed; boundary=\"o\"\r\n\r\npre\r\n--o\r\n"
		"Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n"
		"Content-Type: text/plain; charset=\"utf-8\"\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db=\r\nc\r\n--i\r\n"
		"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n"
		"PGEgaHJlZj11Png8L2E+\r\n--i--\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n"
		"Subject: x\r\n\r\ny\r\n--o--\r\nend\r\n";
	for (size_t n = 0; n < sizeof(raw); n++) {
		char *copy = sl_malloc(n ? n : 1);
		struct sl_mail mail;
		memcpy(copy, raw, n);
		process_span(&mail, sl_span_of(copy, n));
		assert_true(mail.n_parts >= 1 && mail.n_parts <= 3);
		free(copy);
	}
}

/* A body of random lines, out of those that matter to the tree and to the copy. */
static void random_body(struct sl_buf *buf, uint32_t *random)
{
	static const char *const lines[] = { "--b", "--b", "--b--", "--c", "--c--", "--b \t",
		"--bc", "--b x", "--+sl+a", "--+sl+b", "--", "-- ", "", "", "",
		"Content-Type: multipart/mixed; boundary=c",
		"Content-Type: multipart/digest;\n\tboundary=\"c\"",
		"Content-Type: multipart/alternative; boundary=b", "Content-Type: text/plain",
		"content-type:", "Content-Type: text/html;\n name=\"multi\"", "A: <b@c.example>",
		"X-Note: one\n two\n\t\n three", " fold", "no field", "Odd Name: x",
		"a line of text that is longer than what is copied of a text" };
	const char *end = *random >> 31 ? "\r\n" : "\n";
	for (size_t n = 4 + (*random >> 24) % 24; n; n--) {
		*random = *random * 1664525 + 1013904223;
		sl_buf_str(buf, lines[(*random >> 16) % SL_LEN(lines)]);
		sl_buf_str(buf, end);
	}
	sl_buf_str(buf, "\n\nthe end\n");
}

/* Copies are made alike for GMime, but for one with a very long line: the tree is the same. */
static void test_copies_alike(void **state)
{
	(void)state;
	struct sl_part parts[64];
	static const char line[2500] = "--";
	struct sl_buf raw = sl_buf_make(65536);
	uint32_t random = 1;
	for (size_t round = 0; round < 4000; round++) {
		struct sl_mail mail;
		sl_buf_reset(&raw);
		sl_buf_str(&raw, "Content-Type: multipart/mixed; boundary=b\n\n");
		random_body(&raw, &random);
		size_t end = raw.n, n;
		sl_buf_add(&raw, sl_span_of(line, sizeof(line)));
		process_span(&mail, sl_span_head(sl_buf_span(&raw), end));
		assert_true((n = mail.n_parts) <= SL_LEN(parts));
		memcpy(parts, mail.parts, n * sizeof(parts[0]));
		process_span(&mail, sl_buf_span(&raw));
		assert_int_equal(mail.n_parts, n);
		for (size_t i = 0; i < n; i++) {
			const struct sl_part *part = &mail.parts[i];
			const char *to = part->raw.p + part->raw.n,
				   *was = parts[i].raw.p + parts[i].raw.n;
			assert_true(part->raw.p == parts[i].raw.p && part->depth == parts[i].depth);
			assert_true(to == was || (was == raw.p + end && to == raw.p + raw.n));
		}
	}
	sl_buf_free(&raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_alternative),
		cmocka_unit_test(test_crlf_offsets),
		cmocka_unit_test(test_embedded),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_damage_flags),
		cmocka_unit_test(test_gmime_loop),
		cmocka_unit_test(test_colon_header),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_many_parts),
		cmocka_unit_test(test_part_header_floods),
		cmocka_unit_test(test_long_boundary),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_escaped_html),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_known_tree),
		cmocka_unit_test(test_copies_alike),
		cmocka_unit_test(test_truncated),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
