/* SPDX-License-Identifier: Apache-2.0 */
#include "reading_log.h"

/* ---- plain and compressed files ---- */

static void test_plain(void **state)
{
	(void)state;
	check_log(SL_SPAN(MBOX), "x", &roomy, "#0 @0+93 48\n#1 @93+93 48\n: mbox 186 2\n");
	check_log(SL_SPAN(MAIL("1")), "x", &roomy, "#0 @0+48 48\n: mail 48 1\n");
	check_log(SL_SPAN(F MAIL("1")), "x", &roomy, "#0 @0+92 48\n: mail 92 1\n");
	check_log(SL_SPAN(""), "x", &roomy, ": empty 0 0\n");
	check_log(SL_SPAN("no mail"), "x", &roomy, ": text 7 0\n");
	check_log(SL_SPAN("mv a b\n"), "spam/cmds", &roomy, ": metadata 7 0\n");
	check_log(SL_SPAN("\1\2\3"), "x", &roomy, ": binary 3 0\n");
	check_log(SL_SPAN("Rar!\x1a\7\1\0"), "x", &roomy, "! unsupported\n: unsupported 8 0\n");
	check_log(SL_SPAN("12\nSubject: x\n\nand more"), "x.emlx", &roomy,
		"#0 @0+23 12\n: mail 23 1\n");
	/* mail that speaks of archives is no archive */
	check_log(SL_SPAN("Subject: z\n\nPK\3\4PK\5\6"), "x.zip", &roomy,
		"#0 @0+20 20\n: mail 20 1\n");
}

static void test_compressed(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(filters); i++) {
		struct sl_buf once = squeeze(filters[i], SL_SPAN(MBOX));
		check_log(sl_buf_span(&once), "data", &roomy,
			"#0 @0+93 48\n#1 @93+93 48\n: mbox 186 2\n");
		struct sl_buf twice = squeeze("gzip", sl_buf_span(&once));
		check_log(sl_buf_span(&twice), "data", &roomy,
			"#0 @0+93 48\n#1 @93+93 48\n: mbox 186 2\n");
		sl_buf_free(&once);
		sl_buf_free(&twice);
	}
}

/* Two pieces glued together, a message across the seam; zeros and rubbish behind. */
static void test_glued(void **state)
{
	(void)state;
	static const char *const many[] = { "gzip", "bzip2", "xz", "zstd" };
	for (size_t i = 0; i < SL_LEN(many); i++) {
		struct sl_buf a = squeeze(many[i], sl_span_head(SL_SPAN(MBOX), 70));
		struct sl_buf b = squeeze(many[i], sl_span_from(SL_SPAN(MBOX), 70));
		sl_buf_add(&a, sl_buf_span(&b));
		sl_buf_add(&a, SL_SPAN("\0\0\0\0\0\0\0\0"));
		check_log(
			sl_buf_span(&a), "x", &roomy, "#0 @0+93 48\n#1 @93+93 48\n: mbox 186 2\n");
		sl_buf_add(&a, SL_SPAN("rubbish"));
		check_log(sl_buf_span(&a), "x", &roomy,
			"#0 @0+93 48\n#1 @93+93 48\n! trailing-garbage\n: mbox 186 2\n");
		sl_buf_free(&a);
		sl_buf_free(&b);
	}
}

/* gzip: both sums are checked, the messages stay; a header with all its parts. */
static void test_gzip_trailer(void **state)
{
	(void)state;
	const char *want = "#0 @0+93 48\n#1 @93+93 48\n! bad-checksum\n: mbox 186 2\n";
	for (size_t back = 1; back <= 8; back += 4) {
		struct sl_buf gz = squeeze("gzip", SL_SPAN(MBOX));
		gz.p[gz.n - back] ^= 1;
		check_log(sl_buf_span(&gz), "x", &roomy, want);
		sl_buf_free(&gz);
	}
	struct sl_buf gz = squeeze("gzip", SL_SPAN(MAIL("1")));
	struct sl_buf full = sl_buf_make(1 << 16);
	sl_buf_add(
		&full, SL_SPAN("\x1f\x8b\x08\x1e\x65\x1b\xe9\x6a\0\3\3\0xyzname\0comment\0\0\0"));
	sl_buf_add(&full, sl_span_from(sl_buf_span(&gz), 10));
	struct log_sink log = log_sink_make();
	log.with_times = true;
	assert_int_equal(read_with(&log, sl_buf_span(&full), "x", &roomy), SL_OK);
	CHECK_SPAN(sl_buf_span(&log.log),
		"#0 @0+48 from -9223372036854775808 member 1793661797 48\n"
		": mail 48 1\n");
	log_sink_free(&log);
	sl_buf_free(&gz);
	sl_buf_free(&full);
}

/* The sum of a .tar.gz stands behind the end of the tar. */
static void test_tar_gzip_trailer(void **state)
{
	(void)state;
	const struct pack_file file = { .name = "x", .bytes = SL_SPAN(MAIL("1")) };
	struct sl_buf tar = pack("ustar", "none", NULL, &file, 1);
	struct sl_buf gz = squeeze("gzip", sl_buf_span(&tar));
	gz.p[gz.n - 5] ^= 1;
	char want[128];
	snprintf(want, sizeof(want),
		"x#0 @0+48 48\nx: mail 48 1\n! bad-checksum\n: archive %zu 0\n", tar.n);
	check_log(sl_buf_span(&gz), "x", &roomy, want);
	sl_buf_free(&tar);
	sl_buf_free(&gz);
}

/* ---- archives ---- */

static const char sample_log[] = "a/1.eml#0 @0+48 48\na/1.eml: mail 48 1\n"
				 "a/box#0 @0+93 48\na/box#1 @93+93 48\na/box: mbox 186 2\n"
				 "README: metadata 8 0\n"
				 "empty: empty 0 0\n"
				 "cur/1793700000.M1P2.host:2,S#0 @0+48 48\n"
				 "cur/1793700000.M1P2.host:2,S: mail 48 1\n"
				 "a/2#0 @0+48 48\na/2: mail 48 1\n";

static void check_archive(const char *format, const char *filter)
{
	struct sl_buf a = pack(format, filter, NULL, sample, SL_LEN(sample) - 1);
	struct log_sink log = log_sink_make();
	assert_int_equal(read_with(&log, sl_buf_span(&a), "x", &roomy), SL_OK);
	struct sl_span got = sl_buf_span(&log.log);
	assert_true(sl_span_starts(got, SL_SPAN("a/1.eml#0")) || strcmp(format, "7zip") == 0);
	assert_true(sl_span_find(got, SL_SPAN(": archive "), 0) >= 0);
	assert_int_equal(log.messages, 5);
	assert_int_equal(log.members, 7);
	assert_int_equal(log.rejects, 0);
	if (strcmp(format, "7zip") != 0)
		assert_true(sl_span_starts(got, sl_span_str(sample_log)));
	log_sink_free(&log);
	sl_buf_free(&a);
}

static void test_archives(void **state)
{
	(void)state;
	static const char *const formats[] = { "v7tar", "ustar", "gnutar", "pax" };
	for (size_t i = 0; i < SL_LEN(formats); i++)
		check_archive(formats[i], "none");
	for (size_t i = 0; i < SL_LEN(filters); i++)
		check_archive("ustar", filters[i]);
	check_archive("zip", "none");
	check_archive("7zip", "none");
	check_archive("zip", "gzip");
	check_archive("7zip", "xz");
}

static void test_times_and_links(void **state)
{
	(void)state;
	static const char *const formats[] = { "ustar", "7zip" };
	for (size_t i = 0; i < SL_LEN(formats); i++) {
		const struct pack_file files[] = { sample[0], sample[4], sample[7] };
		struct sl_buf a = pack(formats[i], "none", NULL, files, SL_LEN(files));
		struct log_sink log = log_sink_make();
		log.with_times = true;
		assert_int_equal(read_with(&log, sl_buf_span(&a), "x", &roomy), SL_OK);
		struct sl_span got = sl_buf_span(&log.log);
		assert_true(sl_span_find(got, SL_SPAN("member 1793700901 "), 0) > 0);
		assert_true(sl_span_find(got, SL_SPAN("member 1793700000 "), 0) > 0);
		assert_true(sl_span_find(got, SL_SPAN("link: special "), 0) > 0);
		log_sink_free(&log);
		sl_buf_free(&a);
	}
}

/* An archive in an archive: one level of '!' for each container, none for compression. */
static void test_nested(void **state)
{
	(void)state;
	const struct pack_file inner_files[] = { FILE_OF("x.eml", MAIL("1")) };
	struct sl_buf tar = pack("ustar", "none", NULL, inner_files, 1);
	struct sl_buf tgz = squeeze("gzip", sl_buf_span(&tar));
	struct sl_buf zip = pack("zip", "none", NULL, inner_files, 1);
	struct sl_buf seven = pack("7zip", "none", NULL, inner_files, 1);
	struct sl_buf box = squeeze("zstd", SL_SPAN(MBOX));
	const struct pack_file files[] = {
		{ .name = "b/c.mbox.gz", .bytes = sl_buf_span(&box) },
		{ .name = "b/c.tar.gz", .bytes = sl_buf_span(&tgz) },
		{ .name = "z", .bytes = sl_buf_span(&zip) },
		{ .name = "7", .bytes = sl_buf_span(&seven) },
	};
	static const char *const outer[] = { "ustar", "zip" };
	for (size_t i = 0; i < SL_LEN(outer); i++) {
		struct sl_buf a = pack(outer[i], "none", NULL, files, SL_LEN(files));
		char want[1024];
		snprintf(want, sizeof(want),
			"b/c.mbox.gz#0 @0+93 48\nb/c.mbox.gz#1 @93+93 48\nb/c.mbox.gz: mbox 186 2\n"
			"b/c.tar.gz!x.eml#0 @0+48 48\nb/c.tar.gz!x.eml: mail 48 1\n"
			"b/c.tar.gz: archive %zu 0\n"
			"z!x.eml#0 @0+48 48\nz!x.eml: mail 48 1\nz: archive %zu 0\n"
			"7!x.eml#0 @0+48 48\n7!x.eml: mail 48 1\n7: archive %zu 0\n"
			": archive %zu 0\n",
			tar.n, zip.n, seven.n, a.n);
		check_log(sl_buf_span(&a), "x", &roomy, want);
		sl_buf_free(&a);
	}
	sl_buf_free(&tar);
	sl_buf_free(&tgz);
	sl_buf_free(&zip);
	sl_buf_free(&seven);
	sl_buf_free(&box);
}

static void test_names(void **state)
{
	(void)state;
	const struct pack_file files[] = {
		FILE_OF("same", MAIL("1")),
		FILE_OF("b\xe9\xff", MAIL("2")),
		FILE_OF("same", MBOX),
		FILE_OF("../../etc/x", MAIL("3")),
	};
	struct sl_buf a = pack("ustar", "none", NULL, files, SL_LEN(files));
	char want[512];
	snprintf(want, sizeof(want),
		"same#0 @0+48 48\nsame: mail 48 1\n"
		"b\\xe9\\xff#0 @0+48 48\nb\\xe9\\xff: mail 48 1\n"
		"same#1 @0+93 48\nsame#2 @93+93 48\nsame: mbox 186 2\n"
		"../../etc/x#0 @0+48 48\n../../etc/x: mail 48 1\n"
		": archive %zu 0\n",
		a.n);
	check_log(sl_buf_span(&a), "x", &roomy, want);
	sl_buf_free(&a);
}

/* ---- damage ---- */

/* Cut anywhere: it ends, says so, and what came out is a prefix of what went in. */
static void check_cut(struct sl_span whole, size_t at, struct sl_span mail, bool must_tell)
{
	struct log_sink log = log_sink_make();
	assert_int_equal(read_with(&log, sl_span_head(whole, at), "x", &roomy), SL_OK);
	assert_false(log.open);
	assert_true(log.members >= 1);
	assert_true(sl_span_starts(mail, sl_buf_span(&log.bytes)));
	if (must_tell && at)
		assert_true(log.rejects >= 1);
	log_sink_free(&log);
}

static void test_cut_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(filters); i++) {
		struct sl_buf a = squeeze(filters[i], fat_mail());
		/* lz4's and compress' ends are not marked everywhere */
		bool marked = strcmp(filters[i], "compress") != 0;
		for (size_t at = 0; at < a.n; at += 64 * 7 - 1)
			check_cut(sl_buf_span(&a), at, fat_mail(), marked && at > 16);
		check_cut(sl_buf_span(&a), a.n - 1, fat_mail(), marked);
		sl_buf_free(&a);
	}
}

/* All that was decoded before the cut of a gzip file comes out, however short. */
static void test_cut_gzip_loses_nothing(void **state)
{
	(void)state;
	struct sl_buf a = squeeze("gzip", fat_mail());
	struct log_sink log = log_sink_make();
	struct sl_span cut = sl_span_head(sl_buf_span(&a), a.n - 8);
	assert_int_equal(read_with(&log, cut, "x", &roomy), SL_OK);
	assert_true(sl_span_eq(sl_buf_span(&log.bytes), fat_mail()));
	CHECK_SPAN(sl_buf_span(&log.log), "#0 @0+40000 40000\n! truncated\n: damaged 40000 1\n");
	log_sink_free(&log);
	sl_buf_free(&a);
}

static void test_cut_archives(void **state)
{
	(void)state;
	static const char *const formats[] = { "ustar", "zip", "7zip" };
	for (size_t i = 0; i < SL_LEN(formats); i++) {
		struct sl_buf a = pack(formats[i], "none", NULL, sample, SL_LEN(sample) - 1);
		for (size_t at = 0; at < a.n; at += 64) {
			struct log_sink log = log_sink_make();
			struct sl_span cut = sl_span_head(sl_buf_span(&a), at);
			assert_int_equal(read_with(&log, cut, "x", &roomy), SL_OK);
			assert_true(log.members >= 1 && log.messages <= 5);
			log_sink_free(&log);
		}
		sl_buf_free(&a);
	}
}

/* Every byte of small archives changed: no crash, one end, begin and end in pairs. */
static void test_flipped_archives(void **state)
{
	(void)state;
	static const char *const formats[] = { "ustar", "zip", "7zip" };
	for (size_t i = 0; i < SL_LEN(formats); i++) {
		struct sl_buf a = pack(formats[i], "none", NULL, sample, 2);
		for (size_t at = 0; at < a.n; at++) {
			struct log_sink log = log_sink_make();
			a.p[at] ^= (char)(1 << at % 8);
			assert_int_equal(read_with(&log, sl_buf_span(&a), "x", &roomy), SL_OK);
			a.p[at] ^= (char)(1 << at % 8);
			assert_true(log.members >= 1 && !log.open);
			log_sink_free(&log);
		}
		sl_buf_free(&a);
	}
}

static void test_damaged_tar(void **state)
{
	(void)state;
	const struct pack_file files[] = { sample[0], sample[6], sample[4] };
	for (size_t damaged = 0; damaged < SL_LEN(files); damaged++) {
		struct sl_buf a = pack("ustar", "none", NULL, files, SL_LEN(files));
		a.p[damaged * 1024 + 1] ^= 1;
		struct log_sink log = log_sink_make();
		assert_int_equal(read_with(&log, sl_buf_span(&a), "x", &roomy), SL_OK);
		assert_int_equal(log.messages, 2);
		assert_true(sl_span_find(sl_buf_span(&log.log), SL_SPAN("! bad-header\n"), 0) >= 0);
		log_sink_free(&log);
		sl_buf_free(&a);
	}
}

/* The sum of a zip member is known only behind its data: the mail stays, and is flagged. */
static void test_zip_checksum(void **state)
{
	(void)state;
	const struct pack_file files[] = { sample[0], sample[6] };
	struct sl_buf a = pack("zip", "none", "compression=store", files, 2);
	ssize_t body = sl_span_find(sl_buf_span(&a), SL_SPAN("body no 1"), 0);
	assert_true(body > 0);
	a.p[body] = 'B';
	char want[256];
	snprintf(want, sizeof(want),
		"a/1.eml#0 @0+48 48\na/1.eml! bad-checksum\na/1.eml: mail 48 1\n"
		"a/2#0 @0+48 48\na/2: mail 48 1\n: archive %zu 0\n",
		a.n);
	check_log(sl_buf_span(&a), "x", &roomy, want);
	sl_buf_free(&a);
}

static void test_encrypted(void **state)
{
	(void)state;
	const struct pack_file files[] = { sample[0], sample[6] };
	struct sl_buf a = pack("zip", "none", "encryption=zipcrypt", files, 2);
	struct log_sink log = log_sink_make();
	assert_int_equal(read_with(&log, sl_buf_span(&a), "x", &roomy), SL_OK);
	assert_int_equal(log.messages, 0);
	assert_int_equal(log.rejects, 2);
	assert_true(sl_span_find(sl_buf_span(&log.log), SL_SPAN("a/2: encrypted "), 0) > 0);
	log_sink_free(&log);
	sl_buf_free(&a);
}

/* Both directory records point to one local record. */
static void test_zip_overlap(void **state)
{
	(void)state;
	const struct pack_file files[] = { FILE_OF("1", MAIL("1")), FILE_OF("2", MAIL("2")) };
	struct sl_buf a = pack("zip", "none", "compression=store", files, 2);
	ssize_t first = sl_span_find(sl_buf_span(&a), SL_SPAN("PK\1\2"), 0);
	ssize_t second = sl_span_find(sl_buf_span(&a), SL_SPAN("PK\1\2"), (size_t)first + 4);
	assert_true(first > 0 && second > first);
	memcpy(a.p + second + 42, a.p + first + 42, 4);
	char want[128];
	snprintf(want, sizeof(want), "! zip-overlap\n: damaged %zu 0\n", a.n);
	check_log(sl_buf_span(&a), "x", &roomy, want);
	sl_buf_free(&a);
}

/* Write the method of the first member into both of its records. */
static void set_method(struct sl_buf *zip, char method)
{
	ssize_t record = sl_span_find(sl_buf_span(zip), SL_SPAN("PK\1\2"), 0);
	assert_true(record > 0);
	zip->p[8] = zip->p[record + 10] = method;
}

/* The first of two members is decoded by `method`; is it refused for its memory, and only it? */
static bool asks_too_much(struct sl_span data, char method)
{
	const struct pack_file files[] = { { .name = "1", .bytes = data }, sample[6] };
	struct sl_buf a = pack("zip", "none", "compression=store", files, 2);
	struct log_sink log = log_sink_make();
	set_method(&a, method);
	assert_int_equal(read_with(&log, sl_buf_span(&a), "x.zip", &roomy), SL_OK);
	struct sl_span got = sl_buf_span(&log.log);
	assert_true(sl_span_find(got, SL_SPAN("a/2: mail 48 1\n: archive "), 0) > 0);
	bool refused = sl_span_starts(got, SL_SPAN("1! limit-memory\n1: damaged "));
	assert_true(refused || sl_span_find(got, SL_SPAN("limit-memory"), 0) < 0);
	log_sink_free(&log);
	sl_buf_free(&a);
	return refused;
}

static void test_zip_memory(void **state)
{
	(void)state;
	assert_false(asks_too_much(SL_SPAN("\x09\x14\5\0\x5d\0\0\0\x10\0......"), 14));
	assert_true(asks_too_much(SL_SPAN("\x09\x14\5\0\x5d\1\0\0\x10\0......"), 14));
	assert_true(asks_too_much(SL_SPAN("\x09\x14\5\0\x5d\xff\xff\xff\xff"), 14));
	assert_false(asks_too_much(SL_SPAN("\x09\x14\5\0\x5d\xff\xff\xff\xff"), 8));
	struct sl_buf xz = squeeze("xz", fat_mail());
	assert_false(asks_too_much(sl_buf_span(&xz), 95));
	assert_memory_equal(xz.p + 12, "\2\0\x21\1", 4);
	xz.p[16] = 33;
	assert_true(asks_too_much(sl_buf_span(&xz), 95));
	sl_buf_free(&xz);
}

/* Something in front of a zip, and something behind. */
static void test_zip_in_disguise(void **state)
{
	(void)state;
	const struct pack_file files[] = { FILE_OF("1", MAIL("1")) };
	struct sl_buf zip = pack("zip", "none", NULL, files, 1);
	struct sl_buf a = sl_buf_make(1 << 16);
	sl_buf_add(&a, SL_SPAN("MZ\1\2 a program\n"));
	sl_buf_add(&a, sl_buf_span(&zip));
	sl_buf_add(&a, SL_SPAN("behind"));
	char want[128];
	snprintf(want, sizeof(want), "1#0 @0+48 48\n1: mail 48 1\n: archive %zu 0\n", a.n);
	check_log(sl_buf_span(&a), "x", &roomy, want);
	sl_buf_free(&zip);
	sl_buf_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_glued),
		cmocka_unit_test(test_gzip_trailer),
		cmocka_unit_test(test_tar_gzip_trailer),
		cmocka_unit_test(test_archives),
		cmocka_unit_test(test_times_and_links),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cut_streams),
		cmocka_unit_test(test_cut_gzip_loses_nothing),
		cmocka_unit_test(test_cut_archives),
		cmocka_unit_test(test_flipped_archives),
		cmocka_unit_test(test_damaged_tar),
		cmocka_unit_test(test_zip_checksum),
		cmocka_unit_test(test_encrypted),
		cmocka_unit_test(test_zip_overlap),
		cmocka_unit_test(test_zip_memory),
		cmocka_unit_test(test_zip_in_disguise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
