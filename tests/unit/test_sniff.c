/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "stages/source/entryname.h"
#include "stages/source/fromline.h"
#include "stages/source/mailhead.h"
#include "stages/source/sniff.h"

#include <stdlib.h>

#define T(kind, literal)                                                                           \
	{                                                                                          \
		kind,                                                                              \
		{                                                                                  \
			(literal), sizeof(literal) - 1                                             \
		}                                                                                  \
	}

static const struct {
	enum sl_sniff_kind kind;
	struct sl_span text;
} heads[] = {
	T(SL_SNIFF_EMPTY, ""),
	/* mail, plain and damaged */
	T(SL_SNIFF_MAIL, "Subject: a\n\nb\n"),
	T(SL_SNIFF_MAIL, "Received: from x\r\n\tby y\r\nSubject: a\r\n\r\n"),
	T(SL_SNIFF_MAIL, "\xef\xbb\xbfReturn-Path: <a@example.org>\nTo: b\n\n"),
	T(SL_SNIFF_MAIL, "\n\r\n\nSubject: behind empty lines\n\n"),
	T(SL_SNIFF_MAIL, "From : a@example.org\nSubject : spaces before colons\n\n"),
	T(SL_SNIFF_MAIL, "X-Foo: 1\nX-Bar: 2\n\nonly extension fields"),
	T(SL_SNIFF_MAIL, "Content-Type: text/html\n\n<p>"),
	T(SL_SNIFF_MAIL, "From: a\nTo: b\nrubbish\nmore rubbish\nyet more\nand more\n\n"),
	T(SL_SNIFF_MAIL, "<?rubbish?>\nReceived: from x\nFrom: a\nTo: b\nSubject: c\n\n"),
	T(SL_SNIFF_MAIL, "SUBJECT: case does not matter\n\n"),
	T(SL_SNIFF_MAIL, ">From a@example.org Tue Nov  3 10:15:01 2026\nSubject: x\n\n"),
	T(SL_SNIFF_MAIL, "Subject: a zip in a mail\n\nPK\3\4"),
	T(SL_SNIFF_MAIL, "Subject: \x00 NUL inside\n\n"),
	/* mbox */
	T(SL_SNIFF_MBOX, "From a@example.org Tue Nov  3 10:15:01 2026\nSubject: x\n\n"),
	T(SL_SNIFF_MBOX, "\n\nFrom a@example.org Tue Nov  3 10:15:01 2026\nSubject: x\n\n"),
	T(SL_SNIFF_MBOX, "From - Tue Nov  3 10:15:01 2026\nSubject: x\n\n"),
	T(SL_SNIFF_MBOX, "From 123@xxx Tue Nov 03 10:15:01 +0000 2026\r\nX-GM-THRID: 1\r\n"),
	T(SL_SNIFF_MBOX, "From a@example.org\nReceived: no date\n\n"),
	T(SL_SNIFF_MBOX, "From a Tue Nov  3 10:15:01 2026\rSubject: old Macintosh\r\r"),
	T(SL_SNIFF_MBOX, "From a Tue Nov  3 10:15:01 2026\n"),
	T(SL_SNIFF_MMDF, "\1\1\1\1\nSubject: x\n\n\1\1\1\1\n"),
	T(SL_SNIFF_EMLX, "31        \nSubject: x\nTo: y\n\nbody\n<?xml"),
	/* no mail */
	T(SL_SNIFF_TEXT, "From here on it is prose.\nAnd goes on.\n"),
	T(SL_SNIFF_TEXT, "From me to you\nwith love: none\n"),
	T(SL_SNIFF_TEXT, "# Sources of this pack\n- one: two\n"),
	T(SL_SNIFF_TEXT, "file\tbytes\tsha256\nmail/1.eml\t12\tabcdef\n"),
	T(SL_SNIFF_TEXT, "date,URL,description\n2026/01/01,http://example.org/,x\n"),
	T(SL_SNIFF_TEXT, "mv 00001.abc /x\nmv 00002.def /x\n"),
	T(SL_SNIFF_TEXT, "spam ../data/inmail.1\nham ../data/inmail.2\n"),
	T(SL_SNIFF_TEXT, "import os\nimport sys\n\nprint('Subject: x')\n"),
	T(SL_SNIFF_TEXT, "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nEND:VCALENDAR\n"),
	T(SL_SNIFF_TEXT, "title: a page\ndate: 2026-11-03\nauthor: x\ntags: y\n\ntext\n"),
	T(SL_SNIFF_TEXT, "{\"Subject\": \"x\", \"From\": \"y\"}\n"),
	T(SL_SNIFF_TEXT, "http://example.org/a\nhttp://example.org/b\n"),
	T(SL_SNIFF_TEXT, "HTTP/1.1 200 OK\nDate: x\nContent-Type: y\n\n"),
	T(SL_SNIFF_TEXT, "no line end"),
	T(SL_SNIFF_BINARY, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
	T(SL_SNIFF_BINARY, "\1\2\3\4\5\6"),
	T(SL_SNIFF_BINARY, "text\0with NUL"),
	/* formats */
	T(SL_SNIFF_GZIP, "\x1f\x8b\x08\0\0\0\0\0\0\3"),
	T(SL_SNIFF_BZIP2, "BZh91AY&SY\1\2"),
	T(SL_SNIFF_BZIP2, "BZh9\x17rE8P\x90"),
	T(SL_SNIFF_TEXT, "BZh9 is a magic number"),
	T(SL_SNIFF_XZ, "\xfd"
		       "7zXZ\0\0\4"),
	T(SL_SNIFF_LZMA, "\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\1"),
	T(SL_SNIFF_BINARY, "\x5d\0\0\x81\3\xff\xff\xff\xff\xff\xff\xff\xff\0\1"),
	T(SL_SNIFF_ZSTD, "\x28\xb5\x2f\xfd\4"),
	T(SL_SNIFF_ZSTD, "\x50\x2a\x4d\x18\2\0\0\0ab\x28\xb5\x2f\xfd"),
	T(SL_SNIFF_LZ4, "\x50\x2a\x4d\x18\2\0\0\0ab\4\x22\x4d\x18"),
	T(SL_SNIFF_LZ4, "\4\x22\x4d\x18\x64"),
	T(SL_SNIFF_COMPRESS, "\x1f\x9d\x90"),
	T(SL_SNIFF_BINARY, "\x1f\x9d\x1f\0"),
	T(SL_SNIFF_ZIP, "PK\3\4\x14\0"),
	T(SL_SNIFF_ZIP, "PK\5\6\0\0"),
	T(SL_SNIFF_7ZIP, "7z\xbc\xaf\x27\x1c\0\4"),
	T(SL_SNIFF_UNSUPPORTED, "Rar!\x1a\7\1\0"),
	T(SL_SNIFF_UNSUPPORTED, "MSCF\0\0\0\0"),
	T(SL_SNIFF_UNSUPPORTED, "!<arch>\nx"),
	T(SL_SNIFF_UNSUPPORTED, "LRZI\0\6"),
	T(SL_SNIFF_UNSUPPORTED, "BABYL OPTIONS: -*- rmail -*-\n"),
	T(SL_SNIFF_METADATA, "\0\0\0\1Bud1\0"),
};

static void test_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(heads); i++) {
		struct sl_sniff sniff;
		sl_sniff_head(heads[i].text, true, &sniff);
		if (sniff.kind != heads[i].kind)
			fail_msg("row %zu: got %d, want %d: %.40s", i, sniff.kind, heads[i].kind,
				heads[i].text.p);
	}
}

/* Every prefix, in memory of exactly that size, so that a sanitizer sees any step too far. */
static void test_prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(heads); i++) {
		for (size_t n = 0; n <= heads[i].text.n; n++) {
			struct sl_sniff sniff;
			char *copy = malloc(n + (n == 0));
			memcpy(copy, heads[i].text.p, n);
			sl_sniff_head(sl_span_of(copy, n), n % 2 == 0, &sniff);
			assert_int_equal(sniff.kind == SL_SNIFF_EMPTY, n == 0);
			free(copy);
		}
	}
}

static void fill_tar_header(char block[512], const char *name, bool ustar)
{
	memset(block, 0, 512);
	memcpy(block, name, strlen(name));
	memcpy(block + 124, "00000000010", 11);
	if (ustar)
		memcpy(block + 257, "ustar\00000", 8);
	unsigned sum = 8 * ' ';
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
}

static void test_tar(void **state)
{
	(void)state;
	struct sl_sniff sniff;
	char block[512];
	/* the name of a member is no header field */
	fill_tar_header(block, "Subject: x", false);
	sl_sniff_head(sl_span_of(block, 512), false, &sniff);
	assert_int_equal(sniff.kind, SL_SNIFF_TAR);
	fill_tar_header(block, "a", false);
	sl_sniff_head(sl_span_of(block, 511), true, &sniff);
	assert_int_equal(sniff.kind, SL_SNIFF_BINARY);
	fill_tar_header(block, "a", true);
	block[0] ^= 1;
	sl_sniff_head(sl_span_of(block, 512), false, &sniff);
	assert_int_equal(sniff.kind, SL_SNIFF_TAR_DAMAGED);
	memset(block, 0, 512);
	sl_sniff_head(sl_span_of(block, 512), true, &sniff);
	assert_int_equal(sniff.kind, SL_SNIFF_BINARY);
}

static void test_long_header(void **state)
{
	(void)state;
	struct sl_sniff sniff;
	size_t n = SL_SNIFF_WINDOW + 100;
	char *text = malloc(n);
	memset(text, 'x', n);
	/* one line longer than the window, and a field that the window cuts */
	memcpy(text, "Subject: ", 9);
	sl_sniff_head(sl_span_of(text, n), false, &sniff);
	assert_int_equal(sniff.kind, SL_SNIFF_MAIL);
	for (size_t i = 0; i + 5 < n; i += 5)
		memcpy(text + i, "X-A:\n", 5);
	sl_sniff_head(sl_span_of(text, n), false, &sniff);
	assert_int_equal(sniff.kind, SL_SNIFF_MAIL);
	memset(text, '\n', n);
	sl_sniff_head(sl_span_of(text, n), false, &sniff);
	assert_int_equal(sniff.kind, SL_SNIFF_TEXT);
	free(text);
}

static void test_names(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		bool housekeeping;
	} rows[] = {
		{ "spam/cmds", true },
		{ "full/index", true },
		{ "README", true },
		{ "x/.DS_Store", true },
		{ "cur/dovecot-uidlist", true },
		{ "Inbox.msf", true },
		{ "a/._b.eml", true },
		{ "", false },
		{ "a/", false },
		{ "index.eml", false },
		{ "cmds2", false },
		{ "inmail.1", false },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		if (sl_sniff_is_housekeeping(sl_span_str(rows[i].path)) != rows[i].housekeeping)
			fail_msg("row %zu: %s", i, rows[i].path);
	}
}

static void test_from_lines(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		bool possible, date, address;
		int64_t time;
	} rows[] = {
		{ "From a@example.org Tue Nov  3 10:15:01 2026", true, true, true, 1793700901 },
		{ "From a@example.org  Tue Nov 03 10:15 2026", true, true, true, 1793700900 },
		{ "From a@example.org Tue Nov 3 10:15:01 GMT 2026", true, true, true, 1793700901 },
		{ "From a@example.org Tue Nov 3 19:15:01 2026 +0900", true, true, true,
			1793700901 },
		{ "From 12@xxx Tue Nov 03 05:15:01 -0500 2026", true, true, true, 1793700901 },
		{ "From a@b Tue, 3 Nov 2026 10:15:01 +0000", true, true, true, 1793700901 },
		{ "From x!y Tue Nov 3 10:15:01 2026 remote from z", true, true, false, 1793700901 },
		{ "From a at example.org Tue Nov  3 10:15:01 2026", true, true, false, 1793700901 },
		{ "From mboxrd@z Thu Jan  1 00:00:00 1970", true, true, true, SL_TIME_NONE },
		{ "From ???@??? Tue Nov 03 10:15:01 2026", true, true, true, 1793700901 },
		{ "From - Tue Nov 32 10:15:01 2026", true, false, true, SL_TIME_NONE },
		{ "From a@b Tue Nov 3 25:15:01 2026", true, false, true, SL_TIME_NONE },
		{ "From a@b Tue Nov 3 10:15:01 26", true, false, true, SL_TIME_NONE },
		{ "From ", true, false, true, SL_TIME_NONE },
		{ "From me to you", true, false, false, SL_TIME_NONE },
		{ "From : a@b", false, false, false, SL_TIME_NONE },
		{ "From: a@b", false, false, false, SL_TIME_NONE },
		{ "from a@b Tue Nov  3 10:15:01 2026", false, false, false, SL_TIME_NONE },
		{ "Fro", false, false, false, SL_TIME_NONE },
		{ "", false, false, false, SL_TIME_NONE },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_fromline from;
		bool possible = sl_fromline_read(sl_span_str(rows[i].line), &from);
		if (possible != rows[i].possible || from.date != rows[i].date ||
			from.address != rows[i].address || from.time != rows[i].time)
			fail_msg("row %zu: %s: %d %d %d %lld", i, rows[i].line, possible, from.date,
				from.address, (long long)from.time);
	}
}

static void test_entry_names(void **state)
{
	(void)state;
	struct sl_buf buf = sl_buf_make(10000);
	sl_entryname_add(&buf, SL_SPAN("a\xe9"
				       "b/\xe6\x97\xa5"));
	CHECK_SPAN(sl_buf_span(&buf), "a\\xe9b/\xe6\x97\xa5");
	sl_buf_reset(&buf);
	char name[3000];
	memset(name, 'n', sizeof(name));
	sl_entryname_add(&buf, sl_span_of(name, sizeof(name)));
	assert_int_equal(buf.n, SL_ENTRYNAME_MAX + 17);
	sl_buf_free(&buf);
	assert_int_equal(
		sl_entryname_time(SL_SPAN("trap/cur/1793700901.M1P2.host:2,S")), 1793700901);
	assert_int_equal(sl_entryname_time(SL_SPAN("1793700901.5_1.host,S=5")), 1793700901);
	assert_true(sl_entryname_time(SL_SPAN("1793700901.eml")) == SL_TIME_NONE);
	assert_true(sl_entryname_time(SL_SPAN("00001.abc.def")) == SL_TIME_NONE);
	assert_true(sl_entryname_time(SL_SPAN("1793700901.a.b/x")) == SL_TIME_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_tar),
		cmocka_unit_test(test_long_header),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_from_lines),
		cmocka_unit_test(test_entry_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
