/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "stages/parse/base64.h"
#include "stages/parse/transfer.h"

#include <stdlib.h>

static struct sl_arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = sl_arena_new(0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sl_arena_free(&arena);
	return 0;
}

struct row {
	const char *in, *out;
	bool damaged;
};

static void check_rows(enum sl_transfer transfer, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sl_transferred got =
			sl_transfer_decode(arena, transfer, sl_span_str(rows[i].in));
		CHECK_SPAN_ROW(got.bytes, rows[i].out, i);
		if (got.damaged != rows[i].damaged)
			fail_msg("row %zu: damaged %d", i, got.damaged);
	}
}

static void test_names(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum sl_transfer transfer;
	} rows[] = {
		{ "", SL_TRANSFER_NONE },
		{ "7bit", SL_TRANSFER_NONE },
		{ "BASE64 ", SL_TRANSFER_BASE64 },
		{ "base64, 7bit", SL_TRANSFER_BASE64 },
		{ "(a comment) Quoted-Printable", SL_TRANSFER_QP },
		{ "8bit (was base64)", SL_TRANSFER_NONE },
		{ "x-uuencode", SL_TRANSFER_UU },
		{ "hexagonal", SL_TRANSFER_UNKNOWN },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++)
		if (sl_transfer_of(sl_span_str(rows[i].name)) != rows[i].transfer)
			fail_msg("row %zu: %s", i, rows[i].name);
}

static void test_base64(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "", "", false },
		{ "aGVsbG8=", "hello", false },
		{ "aGVsbG8", "hello", false },
		{ "aGVs\r\nbG8=\r\n", "hello", false },
		{ "a\nG\nV\ns\nb\nG\n8\n=", "hello", false },
		{ "aGVs!!bG8=", "hello", true },
		{ "aGVs\xe3\x81\x82"
		  "bG8=",
			"hello", true },
		{ "aGVsbG8=IHdvcmxk", "hello world", false },
		{ "aGVsbG8=\r\n\r\nIHdvcmxk", "hello world", false },
		{ "P_-_Pz8_", "?\xff\xbf??\?", false }, /* the alphabet of URLs */
		{ "aGVsbG8gd29ybGQhIQ==", "hello world!!", false },
		{ "a", "", true },
		{ "====", "", false },
		{ "aGVsbG8gd29ybGQ=a", "hello world", true },
	};
	check_rows(SL_TRANSFER_BASE64, rows, SL_LEN(rows));
}

static void test_base64_truncated(void **state)
{
	(void)state;
	static const char all[] = "aGVsbG8gd29ybGQsIGhlbGxvIG1vb24=";
	static const char text[] = "hello world, hello moon";
	for (size_t n = 0; n <= sizeof(all) - 1; n++) {
		struct sl_transferred got =
			sl_transfer_decode(arena, SL_TRANSFER_BASE64, sl_span_of(all, n));
		size_t want = n * 6 / 8;
		if (want > sizeof(text) - 1)
			want = sizeof(text) - 1;
		assert_int_equal(got.bytes.n, want);
		assert_memory_equal(got.bytes.p, text, want);
	}
}

/* The vector version and its twin, over texts whose digits end anywhere, by any byte, with line
 * ends between groups and within them. */
static void test_base64_twins(void **state)
{
	(void)state;
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/-_";
	char fast[256], plain[256];
	uint32_t random = 1;
	for (size_t n = 0; n <= 200; n++)
		for (unsigned b = 0; b < 256; b++) {
			char *text = sl_malloc(n + 1); /* a reader behind the end is caught */
			for (size_t i = 0; i < n; i++) {
				random = random * 1664525 + 1013904223;
				text[i] = digits[(random >> 16) % (sizeof(digits) - 1)];
			}
			size_t line = 4 * (b % 20) + (b % 7 == 0); /* 0: one line */
			for (size_t i = line; line && i + 1 < n; i += line + 2)
				memcpy(text + i, b % 3 ? "\r\n" : " \n", 2);
			if (n)
				text[(random >> 8) % n] = (char)b;
			struct sl_span s = sl_span_of(text, n);
			struct sl_base64_run run = sl_base64_decode(s, fast);
			struct sl_base64_run twin = sl_base64_decode_plain(s, plain);
			assert_int_equal(run.taken, twin.taken);
			assert_int_equal(run.made, twin.made);
			assert_true(run.made % 3 == 0 && run.made / 3 * 4 <= run.taken);
			assert_true(run.taken <= n);
			assert_memory_equal(fast, plain, run.made);
			free(text);
		}
}

static void test_qp(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "", "", false },
		{ "plain text", "plain text", false },
		{ "a=3Db", "a=b", false },
		{ "caf=c3=A9", "caf\xc3\xa9", false },
		{ "one=\r\ntwo", "onetwo", false },
		{ "one=\ntwo", "onetwo", false },
		{ "one=\rtwo", "onetwo", false },
		{ "one=  \t\r\ntwo", "onetwo", false },
		{ "http=\r\n://=\r\nexa=\r\nmple.=\r\ncom", "http://example.com", false },
		{ "end=", "end", false },
		{ "end=  ", "end", false },
		{ "a=ZZb", "a=ZZb", true },
		{ "a=3", "a=3", true },
		{ "a==3D", "a==", true },
		{ "=00x", "", false },
	};
	check_rows(SL_TRANSFER_QP, rows, SL_LEN(rows) - 1);
	struct sl_transferred got = sl_transfer_decode(arena, SL_TRANSFER_QP, SL_SPAN("=00x"));
	assert_int_equal(got.bytes.n, 2);
	assert_memory_equal(got.bytes.p, "\0x", 2);
}

static void test_uu(void **state)
{
	(void)state;
	static const char text[] = "Hello,\n\nbegin 644 ../a b.txt\n#0V%T\n`\nend\nbye\n";
	struct sl_uu uu;
	assert_true(sl_uu_find(arena, sl_span_str(text), 0, &uu));
	CHECK_SPAN(uu.name, "../a b.txt");
	CHECK_SPAN(uu.bytes, "Cat");
	CHECK_SPAN(uu.raw, "begin 644 ../a b.txt\n#0V%T\n`\nend\n");
	assert_false(sl_uu_find(arena, SL_SPAN("begin 644 words of a letter\nand more\n"), 0, &uu));
	assert_false(sl_uu_find(arena, SL_SPAN("we begin 644 a\n#0V%T\n`\nend\n"), 0, &uu));
	/* never ended */
	assert_true(sl_uu_find(arena, SL_SPAN("begin 644 a\r\n#0V%T\r\n"), 0, &uu));
	CHECK_SPAN(uu.bytes, "Cat");
	for (size_t n = 0; n < sizeof(text); n++)
		sl_uu_find(arena, sl_span_of(text, n), 0, &uu);
	CHECK_SPAN(sl_transfer_decode(arena, SL_TRANSFER_UU, sl_span_str(text)).bytes, "Cat");
}

/* Every byte value, at every place of a group. */
static void test_all_bytes(void **state)
{
	(void)state;
	for (unsigned b = 0; b < 256; b++)
		for (unsigned at = 0; at < 8; at++) {
			char text[8];
			memset(text, 'A', sizeof(text));
			text[at] = (char)b;
			for (int t = SL_TRANSFER_NONE; t <= SL_TRANSFER_UNKNOWN; t++) {
				struct sl_transferred got = sl_transfer_decode(
					arena, (enum sl_transfer)t, sl_span_of(text, sizeof(text)));
				assert_true(got.bytes.n <= sizeof(text));
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64_truncated),
		cmocka_unit_test(test_base64_twins),
		cmocka_unit_test(test_qp),
		cmocka_unit_test(test_uu),
		cmocka_unit_test(test_all_bytes),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
