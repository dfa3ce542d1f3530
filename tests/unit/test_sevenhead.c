/* SPDX-License-Identifier: Apache-2.0 */
#include "reading_log.h"

#include "stages/source/sevenhead.h"

/* A 7z of nothing but the two headers; sums are left zero, nobody looks at them here. */
static struct sl_buf seven_of(struct sl_span header)
{
	struct sl_buf file = sl_buf_make(1 << 20);
	char size[8] = { 0 };
	for (unsigned i = 0; i < sizeof(size); i++)
		size[i] = (char)((uint64_t)header.n >> (8 * i));
	sl_buf_add(&file, SL_SPAN("7z\xbc\xaf\x27\x1c\0\4\0\0\0\0\0\0\0\0\0\0\0\0"));
	sl_buf_add(&file, sl_span_of(size, sizeof(size)));
	sl_buf_add(&file, SL_SPAN("\0\0\0\0"));
	sl_buf_add(&file, header);
	return file;
}

static bool overstates_file(int fd, uint64_t size)
{
	struct sl_err err = { .text = "" };
	struct sl_nest nest = { .limits = &roomy, .err = &err };
	struct sl_infile file;
	sl_infile_init(&file, fd, size, NULL, &nest);
	const char *answer = sl_sevenhead_refusal(&file);
	assert_false(nest.fatal);
	sl_infile_fini(&file);
	return answer != NULL;
}

static bool overstates(struct sl_span header)
{
	struct sl_buf file = seven_of(header);
	int fd = file_of(sl_buf_span(&file));
	bool answer = overstates_file(fd, file.n);
	close(fd);
	sl_buf_free(&file);
	return answer;
}

/* Pack info of one stream; one folder of one copying coder; its size; sums in between. */
#define PACK "\6\0\1\x09\x05\0"
#define UNPACK "\7\x0b\1\0\1\1\0\x0c\5\0"
#define SUMMED "\7\x0b\1\0\1\1\0\x0c\5\x0a\1abcd\0"
#define NAMES "\x11\5\0a\0\0\0"

#define HEADER(literal)                                                                            \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

struct row {
	struct sl_span header;
	bool overstates;
};

static const struct row rows[] = {
	{ HEADER(""), false },
	{ HEADER("\1\0"), false },
	{ HEADER("\2\0"), false },
	{ HEADER("\1\4" PACK UNPACK "\0\5\1" NAMES "\0\0"), false },
	/* a number of four bytes, of eight, and one that is written longer than it need be */
	{ HEADER("\1\5\xe3\x21\x9d\1" NAMES), true },
	{ HEADER("\1\5\xff\0\0\0\0\0\0\0\1"), true },
	{ HEADER("\1\5\x80\1" NAMES), false },
	{ HEADER("\1\5\x40"), true },
	{ HEADER("\1\5\x80"), false },
	{ HEADER("\1\2\x16\3abc\0\5\x7f"), true },
	/* packed streams, folders, coders' streams, streams in a folder, files */
	{ HEADER("\1\4\6\0\x7f\x09"), true },
	{ HEADER("\1\4" PACK "\7\x0b\xe3\x21\x9d\1\0"), true },
	{ HEADER("\1\4" PACK "\7\x0b\1\0\1\x11\0\x7f\1"), true },
	{ HEADER("\1\4" PACK "\7\x0b\1\0\1\x11\0\1\x7f"), true },
	{ HEADER("\1\4" PACK UNPACK "\x08\x0d\x7f\0\0"), true },
	{ HEADER("\1\4" PACK UNPACK "\0\5\x7f" NAMES "\0\0"), true },
	/* the same behind sums and sizes of all kinds */
	{ HEADER("\1\4" PACK UNPACK "\x08\x0d\3\x09\1\1\x0a\1aaaabbbbcccc\0\0\5\xc0\0\1"), true },
	{ HEADER("\1\4" PACK SUMMED "\x08\0\0\5\x7f"), true },
	{ HEADER("\1\4" PACK SUMMED "\x08\x0d\2\x09\1\x0a\0\x40"
		 "aaaa\0\0\5\x7f"),
		true },
	{ HEADER("\1\4\6\0\1\x09\5\x0a\1aaaa\0" UNPACK "\0\5\x7f"), true },
	/* a coder with properties, one with two streams in and a bound pair */
	{ HEADER("\1\4\7\x0b\1\0\1\x23\3\1\1\5abcde\x0c\5\0\0\5\x7f"), true },
	{ HEADER("\1\4\7\x0b\1\0\2\1\0\x11\0\2\1\0\1\0\1\x0c\5\5\0\0\5\x7f"), true },
	/* LZMA, LZMA2 and PPMd with 256 MB and a little more; a coder that nobody knows */
	{ HEADER("\1\4\7\x0b\1\0\1\x23\3\1\1\5\x5d\0\0\0\x10\x0c\5\0\0\0"), false },
	{ HEADER("\1\4\7\x0b\1\0\1\x23\3\1\1\5\x5d\1\0\0\x10\x0c\5\0\0\0"), true },
	{ HEADER("\1\4\7\x0b\1\0\1\x21\x21\1\x20\x0c\5\0\0\0"), false },
	{ HEADER("\1\4\7\x0b\1\0\1\x21\x21\1\x21\x0c\5\0\0\0"), true },
	{ HEADER("\1\4\7\x0b\1\0\1\x23\3\4\1\5\6\0\0\0\x10\x0c\5\0\0\0"), false },
	{ HEADER("\1\4\7\x0b\1\0\1\x23\3\4\1\5\6\0\0\0\x11\x0c\5\0\0\0"), true },
	{ HEADER("\1\4\7\x0b\1\0\1\x23\3\1\2\5\x5d\xff\xff\xff\xff\x0c\5\0\0\0"), false },
	{ HEADER("\x17\6\0\1\x09\5\0\7\x0b\1\0\1\x23\3\1\1\5\x5d\0\0\0\x20\x0c\5\0\0"), true },
	{ HEADER("\1\4\7\x0b\1\0\1\x24\0\3\1\1\5\x5d\0\0\0\x20\x0c\5\0\0\0"), true },
	/* a packed header is small: one stream is as ever, 17 folders are not */
	{ HEADER("\x17" PACK SUMMED "\0"), false },
	{ HEADER("\x17" PACK "\7\x0b\x11\0\1\1\0\1\1\0\1\1\0\1\1\0\1\1\0\1\1\0"), true },
	{ HEADER("\x17\6\0\x11\x09\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\0"), true },
};

static void counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		if (overstates(rows[i].header) != rows[i].overstates)
			fail_msg("row %zu", i);
	}
}

/* A cut header has less room, so that only those that overstate anyway may say so; and a file that
 * ends inside of its headers is judged by nobody. */
static void cut_anywhere(void **state)
{
	(void)state;
	const struct sl_span header = SL_SPAN("\1\4" PACK SUMMED "\0\5\1" NAMES "\0\0");
	for (size_t n = 0; n <= header.n; n++)
		overstates(sl_span_head(header, n));
	struct sl_buf file = seven_of(SL_SPAN("\1\5\x7f"));
	int fd = file_of(sl_buf_span(&file));
	for (size_t n = 0; n < file.n; n++)
		assert_false(overstates_file(fd, n));
	assert_true(overstates_file(fd, file.n));
	close(fd);
	sl_buf_free(&file);
}

/* Places that lie outside of the file, also by overflow. */
static void header_elsewhere(void **state)
{
	(void)state;
	for (unsigned at = 12; at < 28; at++) {
		struct sl_buf file = seven_of(SL_SPAN("\1\5\x7f"));
		file.p[at] = (char)0xff;
		int fd = file_of(sl_buf_span(&file));
		assert_false(overstates_file(fd, file.n));
		close(fd);
		sl_buf_free(&file);
	}
}

/* What writers write is taken; more files than fit into one window of the reader. */
static void honest_archives(void **state)
{
	enum { FILES = 3000 };
	(void)state;
	struct pack_file *files = sl_calloc(FILES, sizeof(*files));
	char(*names)[16] = sl_calloc(FILES, sizeof(*names));
	static const char *const options[] = { "compression=copy", "compression=lzma1" };
	for (size_t i = 0; i < FILES; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu.eml", i);
		files[i].name = names[i];
		files[i].bytes = i % 3 ? SL_SPAN(MAIL("1")) : SL_SPAN_NULL;
	}
	for (size_t i = 0; i < 2 * SL_LEN(options); i++) {
		struct sl_buf a = pack("7zip", "none", options[i / 2], files, i % 2 ? FILES : 1);
		int fd = file_of(sl_buf_span(&a));
		assert_false(overstates_file(fd, a.n));
		close(fd);
		sl_buf_free(&a);
	}
	free(names);
	free(files);
}

static void the_reader_refuses(void **state)
{
	(void)state;
	struct sl_buf file = seven_of(SL_SPAN("\1\4" PACK "\7\x0b\xe3\x21\x9d\1\0"));
	check_log(sl_buf_span(&file), "x.7z", &roomy, "! limit-memory\n: damaged 47 0\n");
	struct sl_buf gz = squeeze("gzip", sl_buf_span(&file));
	check_log(sl_buf_span(&gz), "x.7z.gz", &roomy, "! limit-memory\n: damaged 47 0\n");
	sl_buf_free(&gz);
	sl_buf_free(&file);
}

/* A 7z in a 7z: who reads the outer one must not hold up itself. */
static void nested(void **state)
{
	(void)state;
	const struct pack_file file = FILE_OF("1.eml", MAIL("1"));
	struct sl_buf inner = pack("7zip", "none", NULL, &file, 1);
	const struct pack_file outer[] = { { .name = "in.7z", .bytes = sl_buf_span(&inner) },
		{ .name = "in2.7z", .bytes = sl_buf_span(&inner) } };
	struct sl_buf a = pack("7zip", "none", NULL, outer, 2);
	struct log_sink log = log_sink_make();
	assert_int_equal(read_with(&log, sl_buf_span(&a), "x", &roomy), SL_OK);
	assert_int_equal(log.messages, 2);
	assert_int_equal(log.rejects, 0);
	log_sink_free(&log);
	sl_buf_free(&a);
	sl_buf_free(&inner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(header_elsewhere),
		cmocka_unit_test(honest_archives),
		cmocka_unit_test(the_reader_refuses),
		cmocka_unit_test(nested),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
