/* SPDX-License-Identifier: Apache-2.0 */
#include "reading_log.h"
#include "stages/source/stream.h"

/* ---- limits ---- */

static void test_depth(void **state)
{
	(void)state;
	struct sl_buf a = squeeze("gzip", SL_SPAN(MAIL("1")));
	for (int level = 1; level <= 5; level++) {
		struct log_sink log = log_sink_make();
		assert_int_equal(read_with(&log, sl_buf_span(&a), "x", &roomy), SL_OK);
		assert_int_equal(log.messages, level <= 4);
		assert_int_equal(log.rejects, level > 4);
		log_sink_free(&log);
		struct sl_buf next = squeeze("gzip", sl_buf_span(&a));
		sl_buf_free(&a);
		a = next;
	}
	sl_buf_free(&a);
	a = pack("ustar", "gzip", NULL, sample, 1);
	for (int level = 1; level <= 5; level++) {
		struct log_sink log = log_sink_make();
		assert_int_equal(read_with(&log, sl_buf_span(&a), "x", &roomy), SL_OK);
		assert_int_equal(log.messages, level <= 4);
		assert_int_equal(log.rejects, level > 4);
		assert_int_equal(log.members, level <= 4 ? level + 1 : 5);
		log_sink_free(&log);
		const struct pack_file file = { .name = "in", .bytes = sl_buf_span(&a) };
		struct sl_buf next = pack(level % 2 ? "zip" : "ustar", "none", NULL, &file, 1);
		sl_buf_free(&a);
		a = next;
	}
	sl_buf_free(&a);
}

static void test_ratio(void **state)
{
	(void)state;
	enum { N = 20 << 20 };
	char *zeros = calloc(1, N);
	memcpy(zeros, "Subject: bomb\n\n", 15);
	struct sl_limits limits = roomy;
	limits.ratio = 100;
	for (size_t i = 0; i < SL_LEN(filters); i++) {
		struct sl_buf bomb = squeeze(filters[i], sl_span_of(zeros, N));
		struct log_sink log = log_sink_make();
		assert_int_equal(read_with(&log, sl_buf_span(&bomb), "x", &limits), SL_OK);
		assert_true(sl_span_find(sl_buf_span(&log.log), SL_SPAN("! limit-ratio\n"), 0) > 0);
		assert_int_equal(log.rejects, 1);
		assert_int_equal(log.messages, 1);
		assert_true(log.bytes.n < (17 << 20));
		log_sink_free(&log);
		sl_buf_free(&bomb);
	}
	/* among others it costs only itself */
	struct sl_buf bomb = squeeze("zstd", sl_span_of(zeros, N));
	struct sl_buf noise = sl_buf_make(1 << 20);
	for (int i = 0; i < 20; i++)
		sl_buf_add(&noise, fat_mail());
	const struct pack_file files[] = {
		{ .name = "noise", .bytes = sl_buf_span(&noise) },
		{ .name = "bomb", .bytes = sl_buf_span(&bomb) },
		FILE_OF("good", MAIL("1")),
	};
	struct sl_buf a = pack("ustar", "none", NULL, files, 3);
	struct log_sink log = log_sink_make();
	assert_int_equal(read_with(&log, sl_buf_span(&a), "x", &limits), SL_OK);
	assert_int_equal(log.messages, 3);
	assert_int_equal(log.rejects, 1);
	struct sl_span got = sl_buf_span(&log.log);
	assert_true(
		sl_span_starts(got, SL_SPAN("noise#0 @0+800000 800000\nnoise: mail 800000 1\n")));
	assert_true(sl_span_find(got, SL_SPAN("bomb! limit-ratio\nbomb: damaged "), 0) > 0);
	assert_true(
		sl_span_find(got, SL_SPAN("good#0 @0+48 48\ngood: mail 48 1\n: archive "), 0) > 0);
	log_sink_free(&log);
	sl_buf_free(&a);
	sl_buf_free(&bomb);
	sl_buf_free(&noise);
	free(zeros);
}

/* One below, at and one above, and the bytes that are free. */
static void test_ratio_exactly(void **state)
{
	(void)state;
	struct sl_limits limits = roomy;
	struct sl_nest nest = { .limits = &limits };
	const uint64_t read = 200000, made = 100 * read;
	for (limits.ratio = 99; limits.ratio <= 101; limits.ratio++)
		assert_int_equal(sl_nest_is_over(&nest, made, read), limits.ratio < 100);
	limits.ratio = 1;
	assert_false(sl_nest_is_over(&nest, (16 << 20) - 1, 1));
	assert_false(sl_nest_is_over(&nest, 16 << 20, 1));
	assert_true(sl_nest_is_over(&nest, (16 << 20) + 1, 1));
}

static void test_entries_exactly(void **state)
{
	(void)state;
	struct sl_limits limits = roomy;
	limits.entries = 2;
	for (size_t n = 1; n <= 3; n++) {
		struct sl_buf a = pack("ustar", "none", NULL, sample, n);
		struct log_sink log = log_sink_make();
		assert_int_equal(read_with(&log, sl_buf_span(&a), "x", &limits), SL_OK);
		ssize_t hit = sl_span_find(sl_buf_span(&log.log), SL_SPAN("! limit-entries\n"), 0);
		assert_int_equal(hit >= 0, n > 2);
		log_sink_free(&log);
		sl_buf_free(&a);
	}
}

static void test_entries_and_spool(void **state)
{
	(void)state;
	struct sl_limits limits = roomy;
	limits.entries = 2;
	struct sl_buf a = pack("ustar", "none", NULL, sample, 3);
	struct log_sink log = log_sink_make();
	assert_int_equal(read_with(&log, sl_buf_span(&a), "x", &limits), SL_OK);
	assert_int_equal(log.messages, 3);
	assert_true(sl_span_find(sl_buf_span(&log.log), SL_SPAN("\n! limit-entries\n"), 0) > 0);
	log_sink_free(&log);
	sl_buf_free(&a);

	limits = roomy;
	struct sl_buf zip = pack("zip", "none", NULL, sample, 1);
	struct sl_buf gz = squeeze("gzip", sl_buf_span(&zip));
	for (limits.spool = zip.n + 1; limits.spool >= zip.n; limits.spool--) {
		log = log_sink_make();
		assert_int_equal(read_with(&log, sl_buf_span(&gz), "x", &limits), SL_OK);
		assert_int_equal(log.messages, 1);
		log_sink_free(&log);
	}
	check_log(sl_buf_span(&gz), "x", &limits, "! limit-spool\n: damaged 0 0\n");
	sl_buf_free(&zip);
	sl_buf_free(&gz);
}

/* ---- the sink stops the walk, the disk fails ---- */

static void test_stop(void **state)
{
	(void)state;
	const struct pack_file inner[] = { FILE_OF("x", MBOX) };
	struct sl_buf zip = pack("zip", "none", NULL, inner, 1);
	struct sl_buf gz = squeeze("gzip", SL_SPAN(MBOX));
	gz.p[gz.n - 1] ^= 1;
	const struct pack_file files[] = {
		sample[1],
		{ .name = "z", .bytes = sl_buf_span(&zip) },
		{ .name = "g", .bytes = sl_buf_span(&gz) },
		FILE_OF("e", F F MAIL("1")),
	};
	struct sl_buf a = pack("ustar", "none", NULL, files, SL_LEN(files));
	unsigned at = 0;
	enum sl_rc rc;
	do {
		struct log_sink log = log_sink_make();
		log.fail_at = ++at;
		log.fail_rc = at % 2 ? SL_END : SL_FATAL;
		rc = read_with(&log, sl_buf_span(&a), "x", &roomy);
		assert_int_equal(rc, log.calls == at ? log.fail_rc : SL_OK);
		log_sink_free(&log);
	} while (rc != SL_OK);
	assert_true(at > 30);
	sl_buf_free(&zip);
	sl_buf_free(&gz);
	sl_buf_free(&a);
}

static void test_read_error(void **state)
{
	(void)state;
	struct log_sink log = log_sink_make();
	struct sl_err err = { .text = "" };
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(sl_source_read(fd, "x", &roomy, NULL, &log.sink, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_IOERR);
	assert_int_equal(log.calls, 0);
	close(fd);
	log_sink_free(&log);
}

static void test_member_names(void **state)
{
	(void)state;
	for (int i = 0; i < SL_MEMBERS; i++)
		assert_true(strlen(sl_member_name((enum sl_member)i)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_ratio_exactly),
		cmocka_unit_test(test_entries_exactly),
		cmocka_unit_test(test_entries_and_spool),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_read_error),
		cmocka_unit_test(test_member_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
