/* SPDX-License-Identifier: Apache-2.0 */
#include "sink.h"
#include "stages/source/mbox.h"
#include "stages/source/mmdf.h"

#include <stdlib.h>

#define F "From a@example.org Tue Nov  3 10:15:01 2026\n"
#define F2 "From b@example.org Wed Nov  4 00:00:00 2026\n"
#define NO_DATE "From c@example.org\n"

static const struct {
	const char *text;
	const char *messages; /* each in brackets */
} rows[] = {
	{ F "A: 1\n\nbody\n\n" F2 "B: 2\n\nbody\n\n", "[A: 1\n\nbody\n][B: 2\n\nbody\n]" },
	/* the end of the file without an empty line, and without a line end */
	{ F "A: 1\n\nbody\n", "[A: 1\n\nbody\n]" },
	{ F "A: 1\n\nbody", "[A: 1\n\nbody]" },
	{ F "A: 1\n\n", "[A: 1\n]" },
	/* only one empty line goes */
	{ F "A: 1\n\nbody\n\n\n\n" F2 "B: 2\n", "[A: 1\n\nbody\n\n\n][B: 2\n]" },
	/* CRLF, and the mix of both */
	{ "From a@b Tue Nov  3 10:15:01 2026\r\nA: 1\r\n\r\nx\r\n\r\n" F2 "B: 2\r\n\r\n",
		"[A: 1\r\n\r\nx\r\n][B: 2\r\n]" },
	{ F "A: 1\n\nx\n\r\n" F2 "B: 2\n\rC", "[A: 1\n\nx\n][B: 2\n\rC]" },
	/* quoting: one '>' goes, at the start of lines only */
	{ F "A: 1\n\n>From x\n>>From y\n>>>From z\n a >From b\n>Fromage\n> From c\n",
		"[A: 1\n\nFrom x\n>From y\n>>From z\n a >From b\n>Fromage\n> From c\n]" },
	{ F "A: 1\n\n>From", "[A: 1\n\n>From]" },
	{ F "A: 1\n\n>From ", "[A: 1\n\nFrom ]" },
	{ F "A: 1\n\n>\n>>\nF\nFr\nFro\nFrom\n", "[A: 1\n\n>\n>>\nF\nFr\nFro\nFrom\n]" },
	{ F "A: 1\n\nx\n\n>From q\n\nFr", "[A: 1\n\nx\n\nFrom q\n\nFr]" },
	/* prose that begins with "From " */
	{ F "A: 1\n\nFrom me to you\n\nFrom you to me\nSubject: no\n",
		"[A: 1\n\nFrom me to you\n\nFrom you to me\nSubject: no\n]" },
	{ F "A: 1\n\nFrom : a@b\n", "[A: 1\n\nFrom : a@b\n]" },
	/* no date: an address and a known field behind it */
	{ F "A: 1\n\n" NO_DATE "Subject: x\n\ny\n", "[A: 1\n][Subject: x\n\ny\n]" },
	{ F "A: 1\n\n" NO_DATE "no field\n", "[A: 1\n\n" NO_DATE "no field\n]" },
	{ F "A: 1\n\n" NO_DATE "Unknown: x\n", "[A: 1\n\n" NO_DATE "Unknown: x\n]" },
	{ F "A: 1\nx\n" NO_DATE "Subject: x\n", "[A: 1\nx\n" NO_DATE "Subject: x\n]" },
	{ F "A: 1\n\n" NO_DATE, "[A: 1\n\n" NO_DATE "]" },
	{ F "A: 1\n\n" NO_DATE "Sub", "[A: 1\n\n" NO_DATE "Sub]" },
	{ F "A: 1\n\n" NO_DATE "Fr", "[A: 1\n\n" NO_DATE "Fr]" },
	/* what was looked at ahead may itself be a From_ line */
	{ F "A: 1\n\n" NO_DATE NO_DATE "Subject: x\n",
		"[A: 1\n\n" NO_DATE NO_DATE "Subject: x\n]" },
	{ F "A: 1\n\n" NO_DATE "\n" F2 "B: 2\n", "[A: 1\n\n" NO_DATE "][B: 2\n]" },
	/* no empty line in front */
	{ F "A: 1\n\nx\n" F2 "Received: y\n\nz\n", "[A: 1\n\nx\n][Received: y\n\nz\n]" },
	{ F "A: 1\n\nx\n" F2 "no field\n", "[A: 1\n\nx\n" F2 "no field\n]" },
	{ F "A: 1\n\nx\n" F2 ">From q\nB: 2\n", "[A: 1\n\nx\n][From q\nB: 2\n]" },
	/* messages of nothing are dropped */
	{ F F2 F, "()()()" },
	{ F "\n" F2 "B: 2\n", "()[B: 2\n]" },
	{ F "\n\n" F2 "B: 2\n", "[\n][B: 2\n]" },
	{ "From only", "()" },
	{ "", "" },
	/* lies do not matter */
	{ F "Content-Length: 9999\n\nx\n\n" F2 "B: 2\n", "[Content-Length: 9999\n\nx\n][B: 2\n]" },
};

/* Feed in pieces of `step` bytes; the log holds the messages alone. */
static void split(struct log_sink *log, struct sl_span text, size_t step, char eol)
{
	struct sl_emit emit;
	struct sl_mbox mbox;
	sl_emit_init(&emit, &log->sink, SL_SPAN("e"), 0, SL_TIME_NONE);
	sl_mbox_init(&mbox, &emit, eol, 0);
	for (size_t i = 0; i < text.n; i += step)
		sl_mbox_feed(&mbox, sl_span_head(sl_span_from(text, i), step));
	sl_mbox_finish(&mbox);
	assert_false(log->open);
	assert_int_equal(emit.rc, SL_OK);
}

/* "e#0 @0+9 [x]" lines as "[x]", dropped ones as "()". */
static void messages_only(struct sl_span log, struct sl_buf *out)
{
	static const char marker[] = "e#";
	size_t at = 0;
	while (at < log.n) {
		ssize_t body = sl_span_chr(log, ' ', (size_t)sl_span_chr(log, ' ', at) + 1);
		ssize_t next = sl_span_find(log, sl_span_str(marker), (size_t)body);
		size_t end = next < 0 ? log.n : (size_t)next;
		struct sl_span part = sl_span_of(log.p + body + 1, end - (size_t)body - 2);
		if (sl_span_eq(part, SL_SPAN("dropped")))
			part = SL_SPAN("()");
		sl_buf_add(out, part);
		at = end;
	}
}

static void check_row(size_t row, size_t step)
{
	struct log_sink log = log_sink_make();
	struct sl_buf got = sl_buf_make(1 << 16);
	log.with_bytes = log.contiguous = true;
	struct sl_span text = sl_span_str(rows[row].text);
	split(&log, text, step, '\n');
	messages_only(sl_buf_span(&log.log), &got);
	CHECK_SPAN_ROW(sl_buf_span(&got), rows[row].messages, row);
	assert_int_equal(log.slices, text.n);
	sl_buf_free(&got);
	log_sink_free(&log);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		size_t n = strlen(rows[i].text);
		for (size_t step = 1; step <= n + 1; step++)
			check_row(i, step);
	}
}

/* Pieces that go off in the splitter, in any order. */
static const char *const pieces[] = { F, F2, NO_DATE, "From me to you\n", "\n", "\r\n", "\r",
	"\n\n", ">From x\n", ">>From y\n", ">", "From ", "F", "Fro", "Subject: x\n", "Unknown: y\n",
	"text\n", "no line end", " Tue Nov  3 10:15:01 2026", "Received", ":",
	"From - Tue Nov  3 10:15:01 2026\n" };

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Slices are contiguous and add up to the entry; every way to cut the input gives the same. */
static void test_random(void **state)
{
	(void)state;
	uint32_t seed = 20261103;
	for (int round = 0; round < 3000; round++) {
		struct sl_buf text = sl_buf_make(1 << 16);
		struct log_sink whole = log_sink_make(), cut = log_sink_make();
		sl_buf_str(&text, F);
		for (uint32_t n = next_random(&seed) % 24; n; n--)
			sl_buf_str(&text, pieces[next_random(&seed) % SL_LEN(pieces)]);
		if (round % 3 == 0)
			text.p[next_random(&seed) % text.n] = (char)next_random(&seed);
		whole.with_bytes = cut.with_bytes = whole.contiguous = cut.contiguous = true;
		text.p[0] = 'F';
		split(&whole, sl_buf_span(&text), text.n, '\n');
		split(&cut, sl_buf_span(&text), 1 + next_random(&seed) % 7, '\n');
		assert_true(sl_span_eq(sl_buf_span(&whole.log), sl_buf_span(&cut.log)));
		if (whole.messages + whole.drops)
			assert_int_equal(whole.slices, text.n);
		log_sink_free(&whole);
		log_sink_free(&cut);
		sl_buf_free(&text);
	}
}

static void test_long_lines(void **state)
{
	(void)state;
	enum { N = 300000 };
	struct sl_buf text = sl_buf_make(2 << 20);
	struct log_sink log = log_sink_make();
	log.contiguous = true;
	sl_buf_str(&text, F "A: 1\n\nFrom ");
	for (int i = 0; i < N; i++)
		sl_buf_char(&text, 'x');
	sl_buf_str(&text, "\n\n");
	for (int i = 0; i < N; i++)
		sl_buf_char(&text, '>');
	sl_buf_str(&text, "From q\n\n" F2 "B: 2\n");
	split(&log, sl_buf_span(&text), 1000, '\n');
	assert_int_equal(log.messages, 2);
	assert_int_equal(log.slices, text.n);
	char want[128];
	/* all but the From_ line, one '>' and the empty line */
	size_t first = text.n - strlen(F2 "B: 2\n");
	snprintf(want, sizeof(want), "e#0 @0+%zu %zu\ne#1 @%zu+%zu 5\n", first,
		first - strlen(F) - 2, first, strlen(F2 "B: 2\n"));
	CHECK_SPAN(sl_buf_span(&log.log), want);
	log_sink_free(&log);
	sl_buf_free(&text);
}

static void test_times_and_cr(void **state)
{
	(void)state;
	struct log_sink log = log_sink_make();
	log.with_bytes = log.with_times = true;
	split(&log,
		SL_SPAN("From a@b Tue Nov  3 10:15:01 2026\rA: 1\r\rx\r\rFrom a@b Thu Jan  1 "
			"00:00:00 1970\rB: 2\r\r"),
		3, '\r');
	CHECK_SPAN(sl_buf_span(&log.log),
		"e#0 @0+43 from 1793700901 member -9223372036854775808 [A: 1\r\rx\r]\n"
		"e#1 @43+40 from -9223372036854775808 member -9223372036854775808 [B: 2\r]\n");
	log_sink_free(&log);
}

/* The sink stops the splitter at every callback. */
static void test_stop(void **state)
{
	(void)state;
	struct sl_span text = SL_SPAN(F "A: 1\n\n>From x\n\n" F2 "B: 2\n\ny\n\n" F "C: 3\n");
	for (unsigned at = 1; at < 20; at++) {
		struct log_sink log = log_sink_make();
		struct sl_emit emit;
		struct sl_mbox mbox;
		log.fail_at = at;
		log.fail_rc = at % 2 ? SL_FATAL : SL_END;
		sl_emit_init(&emit, &log.sink, SL_SPAN("e"), 0, SL_TIME_NONE);
		sl_mbox_init(&mbox, &emit, '\n', 0);
		sl_mbox_feed(&mbox, text);
		sl_mbox_finish(&mbox);
		assert_int_equal(emit.rc, log.calls == at ? log.fail_rc : SL_OK);
		log_sink_free(&log);
	}
}

#define SEP "\1\1\1\1\n"

static void test_mmdf(void **state)
{
	(void)state;
	static const struct {
		const char *text, *log;
	} mmdf[] = {
		{ SEP "A: 1\n\nx\n" SEP SEP "B: 2\n" SEP, "e#0 @0+18 [A: 1\n\nx\n]\n"
							  "e#1 @18+15 [B: 2\n]\n" },
		{ SEP F "A: 1\n" SEP, "e#0 @0+59 [A: 1\n]\n" },
		{ SEP "From me\1\n\1\1\1\n\1\1\1\1x\n" SEP,
			"e#0 @0+29 [From me\1\n\1\1\1\n\1\1\1\1x\n]\n" },
		/* one separator between two, a cut one at the end */
		{ SEP "A: 1\n" SEP "B: 2\n\1\1", "e#0 @0+15 [A: 1\n]\ne#1 @15+7 [B: 2\n\1\1]\n" },
		{ SEP "A: 1\n" SEP "\r\n\n", "e#0 @0+15 [A: 1\n]\n" },
		{ SEP SEP SEP, "" },
	};
	for (size_t i = 0; i < SL_LEN(mmdf); i++) {
		struct sl_span text = sl_span_str(mmdf[i].text);
		for (size_t step = 1; step <= text.n; step++) {
			struct log_sink log = log_sink_make();
			struct sl_emit emit;
			struct sl_mmdf splitter;
			log.with_bytes = true;
			sl_emit_init(&emit, &log.sink, SL_SPAN("e"), 0, SL_TIME_NONE);
			sl_mmdf_init(&splitter, &emit, 0);
			for (size_t at = 0; at < text.n; at += step)
				sl_mmdf_feed(&splitter, sl_span_head(sl_span_from(text, at), step));
			sl_mmdf_finish(&splitter);
			CHECK_SPAN_ROW(sl_buf_span(&log.log), mmdf[i].log, i);
			log_sink_free(&log);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_times_and_cr),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_mmdf),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
