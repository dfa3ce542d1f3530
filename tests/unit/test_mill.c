/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/mill.h"
#include "storage/codec.h"

enum { SLAB = 2 << 20 };

struct room {
	struct sl_config config;
	struct sl_tables *tables;
	struct sl_mill *mill;
	struct sl_pool *pool;
	struct sl_arena *arena;
	struct sl_buf mail;
};

static const char head[] = "From: a@kumo.example\r\nTo: b@trap.example\r\nSubject: t\r\n"
			   "Date: Tue, 24 Nov 2026 01:00:00 +0000\r\n";

/* Short links on a base of 8,000 bytes: 72 KB of mail that would be 40 MB of URLs. */
static void add_amplifier(struct sl_buf *to, unsigned number, unsigned links)
{
	sl_buf_str(to, head);
	sl_buf_printf(
		to, "Content-Type: text/html\r\n\r\n<base href=\"http://h%u.example/", number);
	for (unsigned i = 0; i < 8000; i++)
		sl_buf_char(to, 'a');
	sl_buf_str(to, "/\">");
	for (unsigned i = 0; i < links; i++)
		sl_buf_printf(to, "<a href=%u>", i);
	sl_buf_str(to, "\r\n");
}

static void begin_digest(struct sl_buf *to)
{
	sl_buf_str(to, head);
	sl_buf_str(to, "Content-Type: multipart/mixed; boundary=zz\r\n\r\n");
}

static void add_mail_part(struct sl_buf *to)
{
	sl_buf_str(to, "--zz\r\nContent-Type: message/rfc822\r\n\r\n");
}

static void add_plain(struct sl_buf *to, unsigned number)
{
	sl_buf_str(to, head);
	sl_buf_printf(to, "\r\nplain words number %u\r\n", number);
}

/* A mail in a mail, `levels` deep; each level holds only the next one. */
static void add_chain(struct sl_buf *to, unsigned levels)
{
	for (unsigned i = 0; i < levels; i++) {
		sl_buf_str(to, head);
		sl_buf_str(to, "Content-Type: message/rfc822\r\n\r\n");
	}
	add_plain(to, 0);
}

struct milled {
	struct sl_result results[256];
	size_t n, bytes;
};

static void mill(struct room *room, const struct sl_span *mails, size_t n, struct milled *milled_r)
{
	struct sl_batch *batch = sl_pool_take(room->pool, 0);
	assert_non_null(batch);
	milled_r->n = 0;
	for (size_t i = 0; i < n; i++)
		batch->raws[i] = (struct sl_raw){ .seq = i,
			.bytes = mails[i],
			.from_time = SL_TIME_NONE,
			.member_time = SL_TIME_NONE };
	batch->n = n;
	sl_mill_batch(room->mill, batch);
	milled_r->bytes = batch->results.n;
	struct sl_span rest = sl_arena_copy(room->arena, sl_buf_span(&batch->results));
	while (rest.n) {
		assert_true(milled_r->n < SL_LEN(milled_r->results));
		assert_true(
			sl_result_decode(&rest, room->arena, &milled_r->results[milled_r->n++]));
	}
	sl_batch_home(batch);
}

static bool flagged(const struct sl_result *result, enum sl_msg_flag flag)
{
	return (result->message.flags & SL_BIT(flag)) != 0;
}

static const struct sl_result *outermost(const struct milled *milled)
{
	const struct sl_result *found = NULL;
	for (size_t i = 0; i < milled->n; i++)
		if (milled->results[i].inner.n == 0) {
			assert_null(found);
			found = &milled->results[i];
		}
	assert_non_null(found);
	return found;
}

/* Less and less is tried, and the links are found all the same. */
static void after_a_crash(void **state)
{
	struct room *room = *state;
	static const char body[] = "Content-Transfer-Encoding: base64\r\n\r\n"
				   "Z28gdG8gaHR0cDovL3dhbmEuZXhhbXBsZS9sb2dpbiBub3c=\r\n";
	struct sl_buf results = sl_buf_make(1 << 20);
	sl_buf_str(&room->mail, head);
	sl_buf_str(&room->mail, body);
	struct sl_raw raw = { .bytes = sl_buf_span(&room->mail),
		.from_time = SL_TIME_NONE,
		.member_time = SL_TIME_NONE };
	for (unsigned mode = SL_MILL_SCAN; mode < SL_MILL_MODES; mode++) {
		struct sl_result result;
		sl_buf_reset(&results);
		sl_mill_message(room->mill, (enum sl_mill_mode)mode, &raw, 7, &results);
		struct sl_span rest = sl_buf_span(&results);
		assert_true(sl_result_decode(&rest, room->arena, &result));
		assert_int_equal(result.index, 7);
		assert_true(flagged(&result, SL_MSG_CRASHED));
		CHECK_SPAN(result.message.subject, mode == SL_MILL_SCAN ? "t" : "");
		bool found = false;
		for (size_t i = 0; i < result.content.n_indicators; i++) {
			const struct sl_indicator *ind = &result.content.indicators[i];
			found |= ind->view == SL_VIEW_RAW &&
				 sl_span_eq(ind->value, SL_SPAN("http://wana.example/login"));
		}
		assert_true(found);
	}
	sl_buf_free(&results);
}

/* What the engine writes when nothing else lived: names, and the flag. */
static void bare(void **state)
{
	struct room *room = *state;
	static const struct sl_secret secret = { { 1 } };
	struct sl_buf results = sl_buf_make(1 << 20);
	struct sl_raw raw = { .bytes = SL_SPAN("From: x\n\nwords"),
		.from_time = 1790000000,
		.member_time = SL_TIME_NONE };
	struct sl_result result;
	sl_mill_bare(&raw, 3, &secret, &results);
	struct sl_span rest = sl_buf_span(&results);
	assert_true(sl_result_decode(&rest, room->arena, &result) && rest.n == 0);
	struct sl_id id = sl_hash_name(raw.bytes), key = sl_hash_key(raw.bytes, &secret);
	assert_true(sl_id_eq(&result.message.id, &id) && sl_id_eq(&result.message.key, &key));
	assert_int_equal(result.time, 1790000000);
	assert_true(flagged(&result, SL_MSG_CRASHED));
	sl_buf_free(&results);
}

static void a_batch_of_amplifiers(void **state)
{
	struct room *room = *state;
	static struct milled milled;
	struct sl_span mails[SL_BATCH_MESSAGES];
	size_t bytes = 0;
	for (unsigned i = 0; i < SL_BATCH_MESSAGES; i++) {
		sl_buf_reset(&room->mail);
		add_amplifier(&room->mail, i, 1500);
		mails[i] = sl_arena_copy(room->arena, sl_buf_span(&room->mail));
		bytes += mails[i].n;
	}
	assert_true(bytes < SLAB);
	mill(room, mails, SL_LEN(mails), &milled);
	assert_int_equal(milled.n, SL_LEN(mails));
	assert_true(milled.bytes <= sl_batch_results_most(bytes));
	for (size_t i = 0; i < milled.n; i++) {
		assert_true(flagged(&milled.results[i], SL_MSG_LIMIT_URLS));
		assert_true(milled.results[i].content.n_indicators > 10);
	}
}

static void amplifiers_inside_a_mail(void **state)
{
	struct room *room = *state;
	static struct milled milled;
	begin_digest(&room->mail);
	for (unsigned i = 0; i < 60; i++) {
		add_mail_part(&room->mail);
		add_amplifier(&room->mail, i, 1000);
	}
	sl_buf_str(&room->mail, "--zz--\r\n");
	struct sl_span mail = sl_buf_span(&room->mail);
	mill(room, &mail, 1, &milled);
	assert_true(milled.n > 10 && milled.n < 61);
	assert_true(milled.bytes <= SL_RESULTS_MOST);
	assert_true(flagged(outermost(&milled), SL_MSG_LIMIT_EMBEDDED));
	for (size_t i = 0; i < milled.n; i++)
		if (milled.results[i].inner.n)
			assert_false(flagged(&milled.results[i], SL_MSG_LIMIT_EMBEDDED));
}

/* A mail's own record is the same, alone and inside others. */
static void chains(void **state)
{
	struct room *room = *state;
	static struct milled milled;
	for (unsigned levels = 0; levels < 8; levels++) {
		sl_buf_reset(&room->mail);
		add_chain(&room->mail, levels);
		struct sl_span mail = sl_buf_span(&room->mail);
		mill(room, &mail, 1, &milled);
		bool cut = levels > SL_MILL_DEPTH;
		assert_int_equal(milled.n, cut ? SL_MILL_DEPTH + 1 : levels + 1);
		for (size_t i = 0; i < milled.n; i++)
			assert_int_equal(flagged(&milled.results[i], SL_MSG_LIMIT_EMBEDDED),
				cut && milled.results[i].inner.n == 0);
		assert_int_equal(outermost(&milled)->message.size, mail.n);
	}
}

static void many_inside(void **state)
{
	struct room *room = *state;
	static struct milled milled;
	for (unsigned n = 99; n <= 101; n++) {
		sl_buf_reset(&room->mail);
		begin_digest(&room->mail);
		for (unsigned i = 0; i < n; i++) {
			add_mail_part(&room->mail);
			add_plain(&room->mail, i);
		}
		sl_buf_str(&room->mail, "--zz--\r\n");
		struct sl_span mails[2] = { sl_buf_span(&room->mail),
			SL_SPAN("From: a@b.cc\r\n\r\nx") };
		mill(room, mails, 2, &milled);
		assert_int_equal(milled.n, 2 + (n < 100 ? n : 100));
		bool found = false;
		for (size_t i = 0; i < milled.n; i++)
			found |= flagged(&milled.results[i], SL_MSG_LIMIT_EMBEDDED);
		assert_int_equal(found, n > 100);
		assert_int_equal(milled.results[milled.n - 1].index, 1);
	}
}

static void long_header_texts(void **state)
{
	struct room *room = *state;
	static struct milled milled;
	sl_buf_str(&room->mail, "Subject: =?iso-8859-1?q?");
	for (unsigned i = 0; i < 60000; i++)
		sl_buf_char(&room->mail, (char)0xe9);
	sl_buf_str(&room->mail, "?=\r\n\r\nx\r\n");
	struct sl_span mail = sl_buf_span(&room->mail);
	mill(room, &mail, 1, &milled);
	assert_int_equal(milled.n, 1);
	assert_true(milled.results[0].message.subject.n <= 64 * 1024);
	assert_true(milled.results[0].message.subject.n > 60000);
}

/* Copies of every kind of mail that can be remembered or cannot, headers varied. */
static void add_copies(struct sl_buf *to, unsigned kind, unsigned copy)
{
	sl_buf_printf(to, "Subject: number %u http://s%u.example/\r\nTo: t%u@trap.example\r\n",
		copy, copy, copy);
	sl_buf_str(to, "List-Unsubscribe: <http://u.example/a>, <mailto:u@u.example>\r\n");
	switch (kind) {
	case 0:
		add_amplifier(to, 1, 30); /* cut at a limit */
		break;
	case 1:
		add_amplifier(to, 1, 1500); /* stopped by one */
		break;
	case 2:
		add_chain(to, 2);
		break;
	case 3:
		add_plain(to, 1);
		break;
	case 4: /* no text, no file: the variant is of the body's bytes */
		sl_buf_printf(to,
			"Content-Type: multipart/mixed; boundary=b%03u\r\n\r\n"
			"--b%03u\r\n\r\n.\r\n--b%03u--\r\n",
			copy, copy, copy);
		break;
	case 7: /* a token in the link; the text is the same */
		sl_buf_printf(to,
			"Subject: words for you\r\nContent-Type: text/html\r\n\r\n"
			"<p>your account at PayPal needs 1,980 JPY, <a href=http://l.example/%u>"
			"write to ann@mail.example</a>",
			copy);
		break;
	default: /* every boundary its own, and text outside that is scanned as bytes */
		sl_buf_printf(to,
			"Content-Type: multipart/mixed; boundary=\"=_%03u\"\r\n\r\n%s"
			"--=_%03u\r\nContent-Type: text/html\r\n\r\n<a href=http://l.example/>"
			"words that a reader sees</a>\r\n--=_%03u\r\nContent-Type: image/png; "
			"name=a.png\r\n\r\nx\r\n--=_%03u--\r\n",
			copy,
			kind == 5 ? ""
				  : /* 6: a name for all its bytes */ "http://outside.example/\r\n",
			copy, copy, copy);
	}
}

/* What is remembered changes nothing but the time it takes. */
static void remembered_is_as_read(void **state)
{
	struct room *room = *state;
	static const struct sl_secret secret = { { 1 } };
	static const uint64_t rooms[] = { 0, 100 << 10, 64 << 20 };
	struct sl_buf results[SL_LEN(rooms)];
	for (size_t way = 0; way < SL_LEN(rooms); way++) {
		results[way] = sl_buf_make(64 << 20);
		room->config.content_cache = rooms[way];
		struct sl_mill *mill = sl_mill_new(&room->config, room->tables, &secret);
		for (unsigned i = 0; i < 8 * 20; i++) {
			sl_buf_reset(&room->mail);
			add_copies(&room->mail, i % 8, i / 8);
			struct sl_raw raw = { .bytes = sl_buf_span(&room->mail),
				.from_time = SL_TIME_NONE,
				.member_time = SL_TIME_NONE };
			sl_mill_message(mill, SL_MILL_FULL, &raw, i, &results[way]);
		}
		const struct sl_mill_work *work = sl_mill_work(mill);
		assert_int_equal(work->known > 0, rooms[way] > 0);
		if (rooms[way] == 64 << 20) /* kinds 3, 4, 5, and what is in a chain */
			assert_int_equal(work->known, 19 * 4);
		sl_mill_free(&mill);
	}
	for (size_t way = 1; way < SL_LEN(rooms); way++)
		assert_true(sl_span_eq(sl_buf_span(&results[0]), sl_buf_span(&results[way])));
	for (size_t way = 0; way < SL_LEN(rooms); way++)
		sl_buf_free(&results[way]);
}

static int set_up(void **state)
{
	static struct room room;
	static const struct sl_secret secret = { { 1 } };
	struct sl_err err = { .exit_code = SL_EXIT_CLEAN };
	room = (struct room){ .arena = sl_arena_new(0), .mail = sl_buf_make(16 << 20) };
	sl_limits_default(&room.config.limits);
	if (sl_tables_load(&room.config, &room.tables, &err) != SL_OK)
		fail_msg("%s", err.text);
	room.mill = sl_mill_new(&room.config, room.tables, &secret);
	struct sl_pool_sizes sizes = { .readers = 1, .quota = 2, .slab = SLAB, .message = 1 << 20 };
	if (sl_pool_new(&sizes, &room.pool, &err) != SL_OK)
		fail_msg("%s", err.text);
	*state = &room;
	return 0;
}

static int tear_down(void **state)
{
	struct room *room = *state;
	sl_pool_free(&room->pool);
	sl_mill_free(&room->mill);
	sl_tables_free(&room->tables);
	sl_arena_free(&room->arena);
	sl_buf_free(&room->mail);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_batch_of_amplifiers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(amplifiers_inside_a_mail, set_up, tear_down),
		cmocka_unit_test_setup_teardown(chains, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_header_texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(after_a_crash, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bare, set_up, tear_down),
		cmocka_unit_test_setup_teardown(remembered_is_as_read, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
