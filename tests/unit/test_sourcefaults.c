/* SPDX-License-Identifier: Apache-2.0 */
/* What a failing disk does to a walk: it ends with a reason. Never is it taken for damage. */
#include "disk.h"
#include "reading_log.h"

enum { SHAPES = 6 };

struct shape {
	const char *what;
	struct sl_buf bytes;
};

/* A program in front of a zip. */
static struct sl_buf self_extractor(struct sl_span zip)
{
	struct sl_buf out = sl_buf_make(1 << 20);
	sl_buf_add(&out, SL_SPAN("\177ELF\1\2\3 not a mail\n"));
	sl_buf_add(&out, zip);
	return out;
}

static void make_shapes(struct shape shapes[SHAPES])
{
	struct sl_buf zip = pack("zip", "none", NULL, sample, SL_LEN(sample));
	struct sl_buf seven = pack("7zip", "none", NULL, sample, SL_LEN(sample));
	const struct pack_file nested[] = {
		FILE_OF("first.eml", MAIL("0")),
		{ .name = "in.zip", .bytes = sl_buf_span(&zip) },
		{ .name = "in.7z", .bytes = sl_buf_span(&seven) },
		FILE_OF("last.eml", MAIL("9")),
	};
	const struct shape made[SHAPES] = {
		{ "mbox", squeeze("gzip", SL_SPAN(MBOX)) },
		{ "tar.gz", pack("ustar", "gzip", NULL, nested, SL_LEN(nested)) },
		{ "tar.lz4", pack("ustar", "lz4", NULL, nested, SL_LEN(nested)) },
		{ "self-extractor", self_extractor(sl_buf_span(&zip)) },
		{ "zip", zip },
		{ "7z", seven },
	};
	memcpy(shapes, made, sizeof(made));
}

static void free_shapes(struct shape shapes[SHAPES])
{
	for (size_t i = 0; i < SHAPES; i++)
		sl_buf_free(&shapes[i].bytes);
}

/* The walk's log, and its result. */
static struct sl_buf walk(struct sl_span bytes, struct sl_err *err, enum sl_rc *rc_r)
{
	struct log_sink log = log_sink_make();
	unsigned fail_at = disk.fail_at;
	disk.fail_at = 0;
	int fd = file_of(bytes);
	disk.fail_at = fail_at;
	disk.calls = 0;
	*rc_r = sl_source_read(fd, "box", &roomy, NULL, &log.sink, err);
	disk.fail_at = 0;
	close(fd);
	sl_buf_free(&log.bytes);
	return log.log;
}

/* True: the fault struck. What was told before it is the beginning of what is told without it. */
static bool walk_fails(const struct shape *shape, unsigned at, bool for_ever, struct sl_span whole)
{
	struct sl_err err = { .text = "" };
	enum sl_rc rc;
	disk.fail_at = at;
	disk.error = EIO;
	disk.for_ever = for_ever;
	struct sl_buf log = walk(sl_buf_span(&shape->bytes), &err, &rc);
	bool struck = disk.calls >= at;
	if (rc != (struck ? SL_FATAL : SL_OK))
		fail_msg("%s, call %u: result %d, told %s", shape->what, at, (int)rc, log.p);
	if (!sl_span_starts(whole, sl_buf_span(&log)))
		fail_msg("%s, call %u: told %s", shape->what, at, log.p);
	if (struck) {
		assert_int_equal(err.exit_code, SL_EXIT_IOERR);
		assert_true(sl_span_starts(sl_span_str(err.text), SL_SPAN("box: cannot ")));
	}
	sl_buf_free(&log);
	return struck;
}

static void test_failing(void **state)
{
	(void)state;
	struct shape shapes[SHAPES];
	make_shapes(shapes);
	for (size_t i = 0; i < SHAPES; i++) {
		struct sl_err err = { .text = "" };
		enum sl_rc rc;
		struct sl_buf whole = walk(sl_buf_span(&shapes[i].bytes), &err, &rc);
		assert_int_equal(rc, SL_OK);
		unsigned at = 1;
		while (walk_fails(&shapes[i], at, at % 2, sl_buf_span(&whole)))
			at++;
		assert_true(at > 2);
		sl_buf_free(&whole);
	}
	free_shapes(shapes);
}

static void test_halves(void **state)
{
	(void)state;
	struct shape shapes[SHAPES];
	make_shapes(shapes);
	for (size_t i = 0; i < SHAPES; i++) {
		struct sl_err err = { .text = "" };
		enum sl_rc rc;
		struct sl_buf whole = walk(sl_buf_span(&shapes[i].bytes), &err, &rc);
		int fd = file_of(sl_buf_span(&shapes[i].bytes));
		struct log_sink log = log_sink_make();
		disk.halves = true;
		assert_int_equal(sl_source_read(fd, "box", &roomy, NULL, &log.sink, &err), SL_OK);
		disk.halves = false;
		CHECK_SPAN(sl_buf_span(&log.log), whole.p);
		close(fd);
		log_sink_free(&log);
		sl_buf_free(&whole);
	}
	free_shapes(shapes);
}

/* An interrupted call is made again. */
static void test_interrupted(void **state)
{
	(void)state;
	struct shape shapes[SHAPES];
	make_shapes(shapes);
	disk.error = EINTR;
	disk.for_ever = false;
	for (size_t i = 0; i < SHAPES; i++) {
		struct sl_err err = { .text = "" };
		enum sl_rc rc;
		disk.fail_at = 1;
		struct sl_buf log = walk(sl_buf_span(&shapes[i].bytes), &err, &rc);
		assert_int_equal(rc, SL_OK);
		sl_buf_free(&log);
	}
	free_shapes(shapes);
}

/* Our look at the end of a zip reaches further back than that of libarchive, which then knows no
 * format. */
static void test_long_comment(void **state)
{
	enum { COMMENT = 40000 };
	(void)state;
	struct sl_buf zip = pack("zip", "none", NULL, sample, 1);
	struct sl_buf file = self_extractor(sl_buf_span(&zip));
	file.p[file.n - 2] = (char)(COMMENT & 0xff);
	file.p[file.n - 1] = (char)(COMMENT >> 8);
	for (int i = 0; i < COMMENT; i++)
		sl_buf_char(&file, 'c');
	struct sl_err err = { .text = "" };
	enum sl_rc rc;
	struct sl_buf log = walk(sl_buf_span(&file), &err, &rc);
	assert_int_equal(rc, SL_OK);
	assert_true(sl_span_starts(sl_buf_span(&log), SL_SPAN("! bad-data\n")));
	sl_buf_free(&log);
	sl_buf_free(&file);
	sl_buf_free(&zip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failing),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_long_comment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
