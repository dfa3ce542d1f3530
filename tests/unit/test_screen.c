/* SPDX-License-Identifier: Apache-2.0 */
/* The screen: what it cuts, what it hands on, and cases 30 to 35 of the catalogue of hostile mail.
 * Work is counted (fields, parts, bytes of memory), not timed. */
#include "stages.h"
#include "stages/parse/mime_copy.h"
#include "stages/parse/screen.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINK "http://link.example/"

static struct stages stages;

static void run(enum stages_way way)
{
	stages_run(&stages, sl_buf_span(&stages.raw), way);
}

static struct sl_buf *fresh(void)
{
	sl_limits_default(&stages.config.limits);
	sl_buf_reset(&stages.raw);
	return &stages.raw;
}

/* Memory of screen, header, key and body of the message that was just made. */
static size_t memory(void)
{
	sl_arena_reset(stages.arena);
	sl_mail_begin(&stages.mail, &stages.config, stages.tables, &stages.secret, stages.arena,
		sl_buf_span(&stages.raw));
	for (size_t i = 0; i < 4; i++)
		whole_stages[i]->process(stages.threads[i], &stages.mail);
	return sl_arena_used(stages.arena);
}

static bool linked(enum sl_view_kind view)
{
	return stages_find(&stages, SL_KIND_URL, LINK, view) != NULL;
}

/* ---- what plain GMime does, in a child ---- */

enum victim { PARSE_MESSAGE, TELL_BOUNDARY };

static void feed(struct sl_span bytes, enum victim victim)
{
	g_mime_init();
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes.p, bytes.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	if (victim == PARSE_MESSAGE) {
		g_mime_message_get_to(g_mime_parser_construct_message(parser, NULL));
		return;
	}
	GMimeObject *part = g_mime_parser_construct_part(parser, NULL);
	g_mime_multipart_get_boundary(GMIME_MULTIPART(part));
	g_free(g_mime_content_type_encode(g_mime_object_get_content_type(part), NULL));
}

/* The child's stack is bounded as a worker's is, and its clock. True: it came through. */
static bool gmime_survives(struct sl_span bytes, enum victim victim)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct rlimit core = { 0, 0 }, clock = { 1, 2 };
		setrlimit(RLIMIT_CORE, &core);
		setrlimit(RLIMIT_CPU, &clock);
		signal(SIGSEGV, SIG_DFL);
		feed(bytes, victim);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void colon_bomb(struct sl_buf *to, const char *name, const char *piece, size_t times)
{
	sl_buf_printf(to, "%s: ", name);
	put_times(to, piece, times);
	sl_buf_str(to, "\n");
}

static void type_bomb(struct sl_buf *to, size_t length, const char *value)
{
	sl_buf_str(to, "multipart/mixed; ");
	put_times(to, "p", length);
	sl_buf_printf(to, "%s; boundary=b", value);
}

static const char *const not_ascii[] = { "=\"\xc3\xa9\"", "*=utf-8''%c3%a9",
	"=\"=?utf-8?q?=c3=a9?=\"", " =\xc3\xa9", "\n =\xc3\xa9", "(x)=\xc3\xa9" };

static void both_killers_kill_plain_gmime(void **state)
{
	(void)state;
	struct sl_buf *raw = fresh();
	colon_bomb(raw, "To", "a:", 50000);
	sl_buf_str(raw, "\nx\n");
	assert_false(gmime_survives(sl_buf_span(raw), PARSE_MESSAGE));
	raw = fresh();
	sl_buf_str(raw, "Content-Type: ");
	type_bomb(raw, 71, not_ascii[0]);
	sl_buf_str(raw, "\n\n--b\n\nx\n--b--\n");
	assert_false(gmime_survives(sl_buf_span(raw), TELL_BOUNDARY));
}

/* ---- what the screen says ---- */

static void head_and_body(void **state)
{
	(void)state;
	sl_limits_default(&stages.config.limits);
	stages_run(&stages,
		SL_SPAN("Subject: t\nContent-Type: text/plain\n"
			"Content-Type: multipart/mixed;\n boundary=b \n\n--b\n\nx\n--b--\n"),
		STAGES_WHOLE);
	const struct sl_screen *screen = stages.mail.screen;
	assert_int_equal(stages.mail.n_fields, 3);
	CHECK_SPAN(stages.mail.body, "--b\n\nx\n--b--\n");
	CHECK_SPAN(screen->type, "multipart/mixed;\n boundary=b");
	assert_true(screen->multipart);
	assert_int_equal(screen->cuts.n, 0);
	assert_int_equal(screen->body.n, stages.mail.body.n);
	assert_true(stages_flag(&stages, SL_MSG_AMBIGUOUS));
	const struct sl_field *fields = stages.mail.fields;
	sl_screen_mail(&stages.mail); /* once is enough */
	assert_ptr_equal(stages.mail.fields, fields);
	stages_run(&stages, SL_SPAN(""), STAGES_WHOLE);
	assert_true(stages_flag(&stages, SL_MSG_NO_HEADER));
}

/* A value is cut where the limit says, its last word is scanned whole. */
static void cuts(void **state)
{
	(void)state;
	struct sl_buf *raw = fresh();
	stages.config.limits.header_line = 30;
	sl_buf_str(raw, "X: aaaaaaaaaaaaaaa http://link.example/ b\nY: c\n\nx\n");
	run(STAGES_WHOLE);
	assert_int_equal(stages.mail.screen->cuts.n, 1);
	CHECK_SPAN(stages.mail.screen->cuts.items[0], "http://link.example/ b");
	CHECK_SPAN(stages.mail.fields[0].value, " aaaaaaaaaaaaaaa http://link.e");
	raw = fresh();
	stages.config.limits.folds = 1;
	sl_buf_str(raw, "X: a\n b\n c\n\td\nY: e\n f\nno field\n");
	run(STAGES_WHOLE);
	assert_int_equal(stages.mail.screen->cuts.n, 1);
	CHECK_SPAN(stages.mail.screen->cuts.items[0], " c\n\td\n");
	assert_int_equal(stages.mail.n_fields, 2);
}

/* Parameter names that GMime loops over reach it with their ends only; the boundary still holds. */
static void long_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(not_ascii); i++)
		for (size_t length = 60; length < 300; length += length == 80 ? 57 : 1) {
			struct sl_buf *raw = fresh();
			type_bomb(raw, length, not_ascii[i]);
			size_t n = raw->n;
			sl_buf_str(raw, "--b\nContent-Type: ");
			type_bomb(raw, length, not_ascii[i]);
			sl_buf_str(raw, "\n\nx\n--b--\n");
			struct sl_span type = sl_span_of(raw->p, n);
			struct sl_span body = sl_span_of(raw->p + n, raw->n - n);
			struct sl_screen_body allowed;
			struct sl_mime_copy copy = { 0 };
			sl_screen_body(stages.arena, type, body, &stages.config.limits, &allowed);
			if (length != 63) /* with the asterisk of RFC 2231 or without */
				assert_int_equal(allowed.n_blanks, length < 63 ? 0 : 2);
			sl_mime_copy_make(&copy, type, body, &allowed);
			bool fork_too = length >= 70 && length <= 72;
			if (fork_too && !gmime_survives(sl_span_of(copy.p, copy.n), TELL_BOUNDARY))
				fail_msg("row %zu: %zu bytes", i, length);
			struct sl_span line = sl_span_of(copy.p, copy.prefix);
			assert_true(sl_span_find(line, SL_SPAN("; boundary=b"), 0) > 0);
			sl_mime_copy_free(&copy);
			sl_arena_reset(stages.arena);
		}
	/* no name: a boundary of 70 bytes, as RFC 2046 allows, bare, quoted and folded */
	static const char *const forms[] = { "boundary=%s", "boundary=\"%s\"", "boundary=\n %s" };
	char name[71];
	memset(name, 'b', 70);
	name[70] = 0;
	for (size_t i = 0; i < SL_LEN(forms); i++) {
		struct sl_buf *raw = fresh();
		sl_buf_str(raw, "Content-Type: multipart/mixed; ");
		sl_buf_str(raw, sl_arena_printf(stages.arena,
					i == 0   ? "boundary=%s"
					: i == 1 ? "boundary=\"%s\""
						 : "boundary=\n %s",
					name)
					.p);
		sl_buf_printf(raw, "\n\n--%s\n\n" LINK "\n--%s--\n", name, name);
		run(STAGES_WHOLE);
		assert_int_equal(stages.mail.screen->body.n_blanks, 0);
		assert_false(stages_flag(&stages, SL_MSG_MIME_DAMAGED));
		assert_true(linked(SL_VIEW_TEXT));
	}
}

/* ---- the catalogue ---- */

static void case_30_address_groups(void **state)
{
	(void)state;
	static const char *const fields[] = { "To", "From", "Cc", "Reply-To", "Resent-From",
		"Resent-To", "Return-Path", "Sender" };
	static const struct {
		const char *piece;
		size_t times;
	} bombs[] = { { "a:", 30000 }, { "a:b@c,", 10000 }, { "a:b;", 15000 } };
	for (size_t i = 0; i < SL_LEN(fields); i++)
		for (size_t k = 0; k < SL_LEN(bombs); k++)
			for (int inner = 0; inner < 2; inner++) {
				struct sl_buf *raw = fresh();
				if (inner)
					sl_buf_str(raw, "Content-Type: message/rfc822\n\n");
				colon_bomb(raw, fields[i], bombs[k].piece, bombs[k].times);
				sl_buf_str(raw, "Subject: t\n\n" LINK "\n");
				assert_true(memory() < 4 * raw->n + (1 << 20));
				run(STAGES_WHOLE);
				assert_int_equal(stages_flag(&stages, SL_MSG_LIMIT_COLONS), !inner);
				if (inner) /* new input: it is screened when it is opened */
					stages_run(&stages, stages.mail.body, STAGES_WHOLE);
				assert_true(stages_flag(&stages, SL_MSG_LIMIT_COLONS));
				assert_true(linked(SL_VIEW_TEXT));
				CHECK_SPAN(stages.mail.message.subject, "t");
			}
}

static void case_31_parameter_names(void **state)
{
	(void)state;
	for (size_t length = 69; length <= 73; length++)
		for (size_t i = 0; i < SL_LEN(not_ascii); i++) {
			struct sl_buf *raw = fresh();
			sl_buf_str(raw, "Content-Type: ");
			type_bomb(raw, length, not_ascii[i]);
			sl_buf_str(raw, "\n\n--b\nContent-Disposition: attachment; ");
			put_times(raw, "p", length);
			sl_buf_printf(
				raw, "%s\n\nx\n--b\nContent-Type: text/plain; ", not_ascii[i]);
			put_times(raw, "p", length);
			sl_buf_printf(raw, "%s\n\n" LINK "\n--b--\n", not_ascii[i]);
			run(STAGES_WHOLE);
			assert_int_equal(stages.mail.n_parts, 2);
			assert_true(linked(SL_VIEW_TEXT));
		}
}

static void nest(struct sl_buf *raw, size_t depth, bool mails)
{
	for (size_t i = 0; i < depth; i++) {
		if (mails && i % 2)
			sl_buf_str(raw, "Content-Type: message/rfc822\n\n");
		else
			sl_buf_printf(raw,
				"Content-Type: multipart/mixed; boundary=b%zu\n\n--b%zu\n", i, i);
	}
}

static void case_32_nesting(void **state)
{
	(void)state;
	static const size_t depths[] = { 1000, 10000, 40000 };
	for (size_t i = 0; i < SL_LEN(depths); i++)
		for (int encoded = 0; encoded < 2; encoded++) {
			struct sl_buf *raw = fresh();
			nest(raw, depths[i], false);
			if (encoded) {
				sl_buf_str(raw, "Content-Transfer-Encoding: base64\n\n");
				put_base64(raw, "deep down: " LINK " here");
			} else {
				sl_buf_str(raw, "\n" LINK "\n");
			}
			assert_true(memory() < 8 * raw->n + (1 << 20));
			run(STAGES_WHOLE);
			assert_true(stages_flag(&stages, SL_MSG_LIMIT_DEPTH) ||
				    stages_flag(&stages, SL_MSG_LIMIT_PARTS));
			assert_true(linked(SL_VIEWS));
		}
	/* mails in mails, and both by turns: the next level is a leaf, and new input */
	for (int mails = 0; mails < 2; mails++) {
		struct sl_buf *raw = fresh();
		if (mails)
			put_times(raw, "Content-Type: message/rfc822\n\n", 10000);
		else
			nest(raw, 10000, true);
		sl_buf_str(raw, "\n" LINK "\n");
		run(STAGES_WHOLE);
		assert_int_equal(stages.mail.n_parts, 1);
		assert_true(stages.mail.parts[0].embedded_mail);
		assert_true(sl_span_find(stages.mail.parts[0].decoded, SL_SPAN(LINK), 0) > 0);
	}
}

static void case_33_depth_times_dashes(void **state)
{
	(void)state;
	struct sl_buf *raw = fresh();
	nest(raw, 1020, false);
	size_t before = raw->n;
	put_times(raw, "--\n", 1000000);
	sl_buf_str(raw, "\n" LINK "\n");
	run(STAGES_WHOLE);
	/* lines that GMime compares with each level's boundary */
	size_t seen = stages.mail.screen->body.n - before;
	assert_true(seen / 3 * 1020 <= 1 << 24);
	assert_true(stages_flag(&stages, SL_MSG_LIMIT_PARTS));
	assert_true(linked(SL_VIEWS));
}

static void case_34_header_floods(void **state)
{
	(void)state;
	static const struct {
		const char *head, *piece, *tail;
		size_t times;
		enum sl_msg_flag flag; /* SL_MSG_FLAGS: none */
		bool link;             /* at the end of the head */
	} rows[] = {
		{ "", "X: y\n", "", 300000, SL_MSG_LIMIT_HEADERS, true },
		{ "X:", " word", "\n", 400000, SL_MSG_LIMIT_HEADER_LINE, true },
		{ "X:", "w", "\n", 2000000, SL_MSG_LIMIT_HEADER_BLOCK, true },
		{ "X: y\n", " \n", " " LINK "\n", 300000, SL_MSG_LIMIT_FOLDS, true },
		{ "", "Received: from a by b; x\n", "", 100000, SL_MSG_LIMIT_RECEIVED, true },
		{ "X: y\n", "no colon\nX-A: b\n", "", 50000, SL_MSG_LIMIT_HEADERS, true },
		{ "", "n", ": y\n", 1000000, SL_MSG_FLAGS, false },
		{ "X\0", "Y", ": z\nSubject: t\n", 1, SL_MSG_FLAGS, false },
		{ "Subject  \t", "", ": t\n", 1, SL_MSG_FLAGS, false },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_buf *raw = fresh();
		sl_buf_str(raw, rows[i].head);
		if (i == 7)
			sl_buf_char(raw, '\0');
		put_times(raw, rows[i].piece, rows[i].times);
		sl_buf_str(raw, rows[i].tail);
		sl_buf_str(raw, rows[i].link ? "X-Last: " LINK "\n\nx\n" : "\n" LINK "\n");
		if (memory() > 3 * raw->n + (1 << 20))
			fail_msg("row %zu: %zu bytes for %zu", i, memory(), raw->n);
		assert_true(stages.mail.n_fields <= stages.config.limits.headers);
		run(STAGES_WHOLE);
		if (rows[i].flag != SL_MSG_FLAGS && !stages_flag(&stages, rows[i].flag))
			fail_msg("row %zu: not flagged", i);
		if (!linked(SL_VIEWS))
			fail_msg("row %zu: the link is lost", i);
	}
	CHECK_SPAN(stages.mail.message.subject, "t");
}

static void case_35_many_parts(void **state)
{
	(void)state;
	static const char *const parts[] = { "--b\n\n", "--b\n\nx\n",
		"--b\nContent-Type: message/rfc822\n\nSubject: x\n\nx\n" };
	static const size_t times[] = { 300000, 100000, 40000 };
	for (size_t i = 0; i < SL_LEN(parts); i++)
		for (int encoded = 0; encoded < 2; encoded++) {
			struct sl_buf *raw = fresh();
			sl_buf_str(raw, "Content-Type: multipart/mixed; boundary=b\n\n");
			put_times(raw, parts[i], times[i]);
			sl_buf_str(raw, "--b\n");
			if (encoded) {
				sl_buf_str(raw, "Content-Transfer-Encoding: base64\n\n");
				put_base64(raw, "the last of them: " LINK " here");
			} else {
				sl_buf_str(raw, "\n" LINK "\n");
			}
			sl_buf_str(raw, "--b--\n");
			assert_true(memory() < 4 * raw->n + (2 << 20));
			run(STAGES_WHOLE);
			assert_true(stages_flag(&stages, SL_MSG_LIMIT_PARTS));
			assert_true(stages.mail.n_parts <= stages.config.limits.parts);
			assert_true(linked(SL_VIEW_RAW));
		}
}

/* Parts that no reader of the tree finds, in base64: behind text that is in no part, and under two
 * types. */
static void encoded_without_a_tree(void **state)
{
	(void)state;
	static const char *const heads[] = {
		"Content-Type: multipart/mixed; boundary=a\n\nhello\n--b\n",
		"Content-Type: multipart/mixed\n\nhello\n--b\n",
		"Content-Type: text/plain\nContent-Type: text/html\n\n--b\n",
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n",
	};
	for (size_t i = 0; i < SL_LEN(heads); i++) {
		struct sl_buf *raw = fresh();
		sl_buf_str(raw, heads[i]);
		sl_buf_str(raw, "Content-Transfer-Encoding: base64\n\n");
		put_base64(raw, "<a href='" LINK "'>x</a>");
		run(STAGES_WHOLE);
		if (!linked(SL_VIEW_RAW))
			fail_msg("row %zu", i);
	}
}

/* Base64 and quoted-printable that the budget of decoded bytes cut at any place. */
static void leaves_cut_anywhere(void **state)
{
	(void)state;
	for (size_t limit = 0; limit < 260; limit++) {
		struct sl_buf *raw = fresh();
		stages.config.limits.decoded = limit;
		sl_buf_str(raw, "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n");
		put_base64(raw, "many words that nobody needs, many words that nobody needs, and "
				"then many more of them, since a line holds few; now " LINK " ok");
		run(STAGES_WHOLE);
		if (!linked(SL_VIEWS))
			fail_msg("base64: %zu", limit);
		raw = fresh();
		stages.config.limits.decoded = limit;
		sl_buf_str(raw,
			"Content-Transfer-Encoding: quoted-printable\n\nmany words=2C or "
			"few words=2C here=\n http=3A//link.exa=\nmple/ and then=\n the end\n");
		run(STAGES_WHOLE);
		if (!linked(SL_VIEWS))
			fail_msg("quoted-printable: %zu", limit);
	}
}

static int set_up(void **state)
{
	(void)state;
	stages_open(&stages, 16 << 20);
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
		cmocka_unit_test(both_killers_kill_plain_gmime),
		cmocka_unit_test(head_and_body),
		cmocka_unit_test(cuts),
		cmocka_unit_test(long_names),
		cmocka_unit_test(case_30_address_groups),
		cmocka_unit_test(case_31_parameter_names),
		cmocka_unit_test(case_32_nesting),
		cmocka_unit_test(case_33_depth_times_dashes),
		cmocka_unit_test(case_34_header_floods),
		cmocka_unit_test(case_35_many_parts),
		cmocka_unit_test(encoded_without_a_tree),
		cmocka_unit_test(leaves_cut_anywhere),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
