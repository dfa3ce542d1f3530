/* SPDX-License-Identifier: Apache-2.0 */
/* Reading without understanding: what stands in for the parsers. */
#include "stages.h"
#include "stages/parse/bytes.h"

#include <stdlib.h>

static struct stages stages;

static void text_of_any_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
		const char *text;
	} rows[] = {
		{ "", 0, "" },
		{ "plain", 5, "plain" },
		{ "caf\xc3\xa9 \xe3\x81\x82", 9, "caf\xc3\xa9 \xe3\x81\x82" },
		{ "http://a.example/\x82\xa0x", 20, "http://a.example/  x" },
		{ "h\0t\0t\0p\0", 8, "http" },
		{ "\xc0\xae\xed\xa0\x80\xff", 6, "      " },
		{ "cut \xe3\x81", 6, "cut   " },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_span bytes = sl_span_of(rows[i].bytes, rows[i].n);
		CHECK_SPAN_ROW(sl_bytes_text(stages.arena, bytes), rows[i].text, i);
	}
	struct sl_span clean = SL_SPAN("as it is");
	assert_ptr_equal(sl_bytes_text(stages.arena, clean).p, clean.p);
}

/* The decoded views of some bytes, joined by '|'. */
static struct sl_span decoded(const char *bytes)
{
	struct sl_span all = SL_SPAN_NULL;
	sl_arena_reset(stages.arena);
	sl_mail_begin(&stages.mail, &stages.config, stages.tables, &stages.secret, stages.arena,
		SL_SPAN("x"));
	sl_bytes_decoded_views(&stages.mail, 7, sl_span_str(bytes));
	for (size_t i = 0; i < stages.mail.n_views; i++) {
		assert_int_equal(stages.mail.views[i].kind, SL_VIEW_RAW);
		assert_int_equal(stages.mail.views[i].part, 7);
		all = sl_arena_printf(stages.arena, "%.*s%s%.*s", SL_ARG(all), i ? "|" : "",
			SL_ARG(stages.mail.views[i].text));
	}
	return all;
}

static void encodings_that_nobody_declared(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "", "" },
		{ "http://a.example/ plain\n", "" },
		/* base64: one line, lines of four, of one, with padding between, of URLs */
		{ "aHR0cDovL2IuZXhhbXBsZS8=", "http://b.example/" },
		{ "aHR0cDovL2IuZXhhbXBsZS8", "http://b.example/" },
		{ "x y\naHR0cDov\r\nL2IuZXhh\r\nbXBsZS8=\r\n\r\nz", "http://b.example/" },
		{ "a\nH\nR\n0\nc\nD\no\nv\nL\n2\nI\nu\nZ\nX\nh\nh\nb\nX\nB\ns\nZ\nS\n8\n=",
			"http://b.example/" },
		{ "aHR0cDovL2IuZXhhbXBsZS8=\n--b\nd3d3LmMuZXhhbXBsZSB3d3c=\n",
			"http://b.example/|www.c.example www" },
		/* nothing in it, or too short */
		{ "bm90aGluZyB0byBiZSBzZWVuIGhlcmU=\n", "" },
		{ "d3d3LmM=\n", "" },
		{ "words\nthat\nstand\nalone\non\ntheir\nlines\n", "" },
		/* quoted-printable */
		{ "http=3A//c.exam=\nple/", "http://c.example/" },
		{ "http:=\r\n//c.example/", "http://c.example/" },
		{ "a=b http://c.example/?q=x", "" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++)
		CHECK_SPAN_ROW(decoded(rows[i][0]), rows[i][1], i);
}

static const char mail_text[] =
	"Received: from a.kumo.example ([203.0.113.7]) by mx.example.net; x\n"
	"From: Kumo <a@kumo.example>\nSubject: t\n"
	"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee http://one.example/a\n--b\n"
	"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n"
	"PGEgaHJlZj0iaHR0cDovL3R3by5leGFtcGxlL2IiPng8L2E+\n--b\n"
	"Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n"
	"<a href=3D\"http://three.exa=\nmple/c\">x</a>\n--b\n"
	"Content-Type: text/plain; charset=shift_jis\n\n\x82\xa0http://four.example/d\x82\xa0\n"
	"--b--\n";

static const char *const links[] = { "http://one.example/a", "http://two.example/b",
	"http://three.example/c", "http://four.example/d" };

static void links_without_a_parser(void **state)
{
	(void)state;
	static const enum stages_way ways[] = { STAGES_DEGRADED, STAGES_BYTES };
	for (size_t w = 0; w < SL_LEN(ways); w++) {
		stages_run(&stages, SL_SPAN(mail_text), ways[w]);
		for (size_t i = 0; i < SL_LEN(links); i++)
			if (!stages_find(&stages, SL_KIND_URL, links[i], SL_VIEW_RAW))
				fail_msg("way %zu: %s is lost", w, links[i]);
		assert_non_null(stages_find(&stages, SL_KIND_DOMAIN, "two.example", SL_VIEW_RAW));
		assert_true(stages_flag(&stages, SL_MSG_CRASHED));
		assert_false(stages_flag(&stages, SL_MSG_EMPTY_TEXT));
		assert_int_equal(stages.mail.content.norm.n, 0);
		assert_int_equal(stages.mail.content.n_attachments, 0);
		assert_int_equal(stages.mail.content.skeleton, 0);
	}
	assert_int_equal(stages.mail.n_fields, 0);
	assert_int_equal(stages.mail.body.n, sizeof(mail_text) - 1);
	stages_run(&stages, SL_SPAN(mail_text), STAGES_DEGRADED);
	CHECK_SPAN(stages.mail.message.from_addr, "a@kumo.example");
	CHECK_SPAN(stages.mail.message.subject, "t");
}

/* What no parser saw is searched for addresses, too; the header is not: it names who was written to
 * and who passed the mail on. */
static void addresses_without_a_parser(void **state)
{
	(void)state;
	static const char text[] =
		"Received: from a.kumo.example ([91.7.44.10]) by mx.example.net for "
		"<victim@trap.com>\n"
		"To: victim@trap.com\nMessage-ID: <one@kumo.com>\nFrom: <sender@kumo.com>\n"
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nwrite to Plain@Shop.com\n"
		"or to the host 91.7.44.11 now\n--b\nContent-Transfer-Encoding: base64\n\n"
		"YXNrIGhpZGRlbkBzaG9wLmNvbSBhdCA5MS43LjQ0LjEyCg==\n--b\n"
		"Content-Transfer-Encoding: quoted-printable\n\nask quo=\nted@shop.com or "
		"91.7=\n.44.13\n"
		"--b--\n";
	static const char *const emails[] = { "plain@shop.com", "hidden@shop.com",
		"quoted@shop.com" };
	static const char *const ips[] = { "91.7.44.11", "91.7.44.12", "91.7.44.13" };
	static const enum stages_way ways[] = { STAGES_DEGRADED, STAGES_BYTES };
	struct sl_buf crlf = sl_buf_make(4096);
	for (const char *c = text; *c; c++)
		sl_buf_str(&crlf, *c == '\n' ? "\r\n" : (char[]){ *c, '\0' });
	for (size_t w = 0; w < 2 * SL_LEN(ways); w++) {
		stages_run(&stages, w % 2 ? sl_buf_span(&crlf) : SL_SPAN(text), ways[w / 2]);
		for (size_t i = 0; i < SL_LEN(emails); i++) {
			if (!stages_find(&stages, SL_KIND_EMAIL, emails[i], SL_VIEW_RAW))
				fail_msg("way %zu: %s is lost", w, emails[i]);
			if (!stages_find(&stages, SL_KIND_IPV4, ips[i], SL_VIEW_RAW))
				fail_msg("way %zu: %s is lost", w, ips[i]);
		}
		assert_null(stages_find(&stages, SL_KIND_EMAIL, "victim@trap.com", SL_VIEWS));
		assert_null(stages_find(&stages, SL_KIND_EMAIL, "one@kumo.com", SL_VIEWS));
		assert_null(stages_find(&stages, SL_KIND_IPV4, "91.7.44.10", SL_VIEW_RAW));
		assert_null(stages_find(&stages, SL_KIND_EMAIL, "sender@kumo.com", SL_VIEW_RAW));
	}
	assert_null(stages_find(&stages, SL_KIND_EMAIL, "sender@kumo.com", SL_VIEWS));
	stages_run(&stages, SL_SPAN(text), STAGES_DEGRADED);
	assert_non_null(stages_find(&stages, SL_KIND_EMAIL, "sender@kumo.com", SL_VIEW_HEADER));
	sl_buf_free(&crlf);
}

/* No header, no body, an empty line first. */
static void addresses_at_the_edges(void **state)
{
	(void)state;
	static const struct {
		const char *raw;
		bool found;
	} rows[] = {
		{ "", false },
		{ "To: a@shop.com", false },
		{ "To: a@shop.com\n", false },
		{ "To: a@shop.com\n\n", false },
		{ "To: a@shop.com\r\n\r\n", false },
		{ "\na@shop.com", true },
		{ "\r\na@shop.com", true },
		{ "To: b@shop.com\n\na@shop.com", true },
		{ "To: b@shop.com\n\r\na@shop.com\n\n", true },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		stages_run(&stages, sl_span_str(rows[i].raw), STAGES_BYTES);
		bool found = stages_find(&stages, SL_KIND_EMAIL, "a@shop.com", SL_VIEW_RAW);
		if (found != rows[i].found)
			fail_msg("row %zu: %s", i, found ? "found" : "lost");
	}
}

/* A degraded content never stands for a real one, nor for that of another mail with the same body.
 */
static void names_of_degraded_contents(void **state)
{
	(void)state;
	static const char *const raws[] = { "Subject: a\n\nhttp://a.example/\n",
		"Subject: b\n\nhttp://a.example/\n" };
	struct sl_id whole[2], degraded[2], variant[2];
	for (size_t i = 0; i < 2; i++) {
		stages_run(&stages, sl_span_str(raws[i]), STAGES_WHOLE);
		whole[i] = stages.mail.content.key;
		stages_run(&stages, sl_span_str(raws[i]), STAGES_DEGRADED);
		degraded[i] = stages.mail.content.key;
		variant[i] = stages.mail.message.variant;
	}
	assert_true(sl_id_eq(&whole[0], &whole[1]));
	assert_false(sl_id_eq(&degraded[0], &degraded[1]));
	assert_false(sl_id_eq(&degraded[0], &whole[0]));
	assert_false(sl_id_eq(&variant[0], &variant[1]));
	stages_run(&stages, sl_span_str(raws[1]), STAGES_BYTES);
	assert_true(sl_id_eq(&degraded[1], &stages.mail.content.key));
}

/* Cut at every length, and with every byte in one place: nothing falls. */
static void any_bytes(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(mail_text); n++) {
		char *exact = sl_malloc(n ? n : 1);
		memcpy(exact, mail_text, n);
		stages_run(&stages, sl_span_of(exact, n), STAGES_BYTES);
		free(exact);
	}
	for (unsigned c = 0; c < 256; c++) {
		char raw[64];
		memset(raw, (int)c, sizeof(raw));
		stages_run(&stages, sl_span_of(raw, sizeof(raw)), STAGES_BYTES);
		assert_int_equal(stages.mail.content.n_indicators, 0);
	}
}

/* Memory, counted: a few times the message, whatever it is made of. */
static void memory_is_linear(void **state)
{
	(void)state;
	static const char *const made_of[] = { "a", "\xff", "=\n", "=41", "aGVsbG8gd3d3LmEuYi5j\n",
		"a\n", "Lzov@", "http://a.example/\n", "://@\n" };
	for (size_t i = 0; i < SL_LEN(made_of); i++) {
		sl_buf_reset(&stages.raw);
		put_times(&stages.raw, made_of[i], (1 << 20) / strlen(made_of[i]));
		sl_arena_reset(stages.arena);
		sl_mail_begin(&stages.mail, &stages.config, stages.tables, &stages.secret,
			stages.arena, sl_buf_span(&stages.raw));
		sl_stage_bytes.process(NULL, &stages.mail);
		if (sl_arena_used(stages.arena) > 6 * stages.raw.n)
			fail_msg("%s: %zu bytes for %zu", made_of[i], sl_arena_used(stages.arena),
				stages.raw.n);
	}
}

static int set_up(void **state)
{
	(void)state;
	stages_open(&stages, 2 << 20);
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
		cmocka_unit_test(text_of_any_bytes),
		cmocka_unit_test(encodings_that_nobody_declared),
		cmocka_unit_test(links_without_a_parser),
		cmocka_unit_test(addresses_without_a_parser),
		cmocka_unit_test(addresses_at_the_edges),
		cmocka_unit_test(names_of_degraded_contents),
		cmocka_unit_test(any_bytes),
		cmocka_unit_test(memory_is_linear),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
