/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/configfile.h"
#include "pipeline/options.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum sl_rc parse(struct sl_options *o, const char *command, const char *line,
	struct sl_strings *operands_r, struct sl_err *err)
{
	static char text[1000];
	char *argv[32];
	int argc = 0;
	snprintf(text, sizeof(text), "%s", line);
	for (char *word = text, *end; *word; word = end) {
		while (*word == ' ')
			word++;
		end = word + strcspn(word, " ");
		if (end == word)
			break;
		if (*end)
			*end++ = '\0';
		argv[argc++] = word;
	}
	return sl_options_parse(o, command, argc, argv, operands_r, err);
}

static void reads_a_command_line(void **state)
{
	(void)state;
	struct sl_err err;
	struct sl_strings operands;
	struct sl_options *o = sl_options_new();
	struct sl_config *c = sl_options_config(o);
	assert_int_equal(c->limits.parts, 2000);
	assert_string_equal(c->store, "spamloom-store");
	assert_int_equal(
		parse(o, "run",
			"-j4 -s S --out=O --trust a.example,b.example --trust 10.0.0.0/8 x -vv "
			"--limit.header-block 2K --slab=1MB --sha256=all -- -y",
			&operands, &err),
		SL_OK);
	assert_int_equal(c->jobs, 4);
	assert_string_equal(c->store, "S");
	assert_string_equal(c->out, "O");
	assert_int_equal(c->trust.n, 3);
	assert_string_equal(c->trust.items[2], "10.0.0.0/8");
	assert_int_equal(c->verbose, 2);
	assert_int_equal(c->limits.header_block, 2048);
	assert_int_equal(c->slab, 1000000);
	assert_true(c->sha256_all);
	assert_false(c->as_of_given);
	assert_int_equal(operands.n, 2);
	assert_string_equal(operands.items[1], "-y");
	sl_options_free(&o);
}

static void refuses(void **state)
{
	static const char *const lines[] = { "--nosuch", "-Z", "-j", "-j x", "-j 5000",
		"--sha256=some", "--as-of=yesterday", "--offline=maybe", "--limit.parts=0",
		"--limit.parts=1X", "--since 2026-01-01" /* of another command */, "-c" };
	(void)state;
	for (size_t i = 0; i < SL_LEN(lines); i++) {
		struct sl_err err = { 0 };
		struct sl_strings operands;
		struct sl_options *o = sl_options_new();
		if (parse(o, "run", lines[i], &operands, &err) != SL_FATAL ||
			err.exit_code != SL_EXIT_USAGE || !err.text[0])
			fail_msg("row %zu: %s", i, lines[i]);
		sl_options_free(&o);
	}
}

static char *write_bytes(struct sl_span bytes)
{
	static char path[] = "/tmp/sl-options-XXXXXX";
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
	close(fd);
	return path;
}

static char *write_file(const char *text)
{
	return write_bytes(sl_span_str(text));
}

static void the_command_line_outranks_the_file(void **state)
{
	(void)state;
	struct sl_err err;
	struct sl_strings operands;
	char line[200];
	char *path = write_file(
		"[spamloom]\njobs=3\nstore=F\ntrust=f.example;g.example\nsince=2026-01-01\n");
	struct sl_options *o = sl_options_new();
	snprintf(line, sizeof(line), "-j 2 -c %s --trust h.example", path);
	assert_int_equal(parse(o, "run", line, &operands, &err), SL_OK);
	struct sl_config *c = sl_options_config(o);
	assert_int_equal(c->jobs, 2);
	assert_string_equal(c->store, "F");
	assert_int_equal(c->trust.n, 1);
	assert_string_equal(c->trust.items[0], "h.example");
	sl_options_free(&o);
	unlink(path);
}

static void a_bad_file_is_a_configuration_error(void **state)
{
	static const char *const files[] = { "[spamloom]\nnosuch=1\n", "[other]\nx=1\n", "junk",
		"[spamloom]\njobs=-1\n" };
	(void)state;
	for (size_t i = 0; i < SL_LEN(files); i++) {
		struct sl_err err = { 0 };
		struct sl_strings operands;
		char line[100];
		char *path = write_file(files[i]);
		struct sl_options *o = sl_options_new();
		snprintf(line, sizeof(line), "--config=%s", path);
		assert_int_equal(parse(o, "run", line, &operands, &err), SL_FATAL);
		assert_int_equal(err.exit_code, SL_EXIT_CONFIG);
		sl_options_free(&o);
		unlink(path);
	}
}

/* `want` of what is said about the file at `path`; exit 78. */
static void check_refused(const char *path, const char *want)
{
	struct sl_err err = { 0 };
	struct sl_strings operands;
	char line[100];
	struct sl_options *o = sl_options_new();
	snprintf(line, sizeof(line), "--config=%s", path);
	enum sl_rc rc = parse(o, "run", line, &operands, &err);
	if (rc != SL_FATAL || err.exit_code != SL_EXIT_CONFIG || !strstr(err.text, want))
		fail_msg("\"%s\" where \"%s\" was expected", rc == SL_OK ? "fine" : err.text, want);
	sl_options_free(&o);
}

#define BYTES(literal)                                                                             \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

static void case_101_says_where_a_file_is_wrong(void **state)
{
	static const struct {
		struct sl_span file;
		const char *want;
	} rows[] = {
		{ BYTES("[spamloom]\nstroe=x\n"),
			":2:1: unknown key \"stroe\"; did you mean \"store\"?" },
		{ BYTES("[spamloom]\n\n# x\n  job = 3\n"),
			":4:3: unknown key \"job\"; did you mean \"jobs\"?" },
		{ BYTES("[spamloom]\nlimit.message_=1\n"), "did you mean \"limit.message\"?" },
		{ BYTES("[spamloom]\nsomething-else=1\n"), ":2:1: unknown key \"something-else\"" },
		{ BYTES("[spamloom]\ninclude=other.conf\n"), ":2:1: unknown key \"include\"" },
		{ BYTES("[spamloom]\njobs=1\nstore=a\njobs=2\n"),
			":4:1: key \"jobs\" stands in line 2 already" },
		{ BYTES("[spamloom]\ntrust=a\ntrust=b\n"),
			":3:1: key \"trust\" stands in line 2 already" },
		{ BYTES("[spamloom]\nstore=a\0b\n"), ":2:8: a NUL byte" },
		{ BYTES("\xff\xfe[\0s\0"), ":1:4: a NUL byte" },
		{ BYTES("[spamloom]\njobs = many\n"),
			":2:8: option jobs: \"many\" is not a number from 0 to 1024" },
		{ BYTES("[spamloom]\njobs=-1\n"), ":2:6: option jobs: \"-1\" is not a number" },
		{ BYTES("[spamloom]\njobs=\n"), ":2:6: option jobs: \"\" is not a number" },
		{ BYTES("[spamloom]\nlimit.parts=0\n"), "is not a number from 1" },
		{ BYTES("[spamloom]\nlimit.parts=18446744073709551616\n"),
			"is not a number from 1" },
		{ BYTES("[spamloom]\nlimit.parts=18014398509481984K\n"), "is not a number from 1" },
		{ BYTES("[spamloom]\nlimit.parts=1.5K\n"), "is not a number from 1" },
		{ BYTES("[spamloom]\nlimit.parts=0x10\n"), "is not a number from 1" },
		{ BYTES("[spamloom]\nlimit.parts=10 MiB\n"), "is not a number from 1" },
		{ BYTES("[spamloom]\nlimit.parts=10MiBs\n"), "is not a number from 1" },
		{ BYTES("[spamloom]\noffline=perhaps\n"),
			":2:9: option offline: \"perhaps\" is not yes or no" },
		{ BYTES("[spamloom]\nas-of=noon\n"), ":2:7: option as-of: \"noon\" is not a time" },
		{ BYTES("[spamloom]\nsince=noon\n"), ":2:7: option since: \"noon\" is not a time" },
		{ BYTES("[spamloom]\nstore=C:\\mail\n"), ":2:9: a backslash is written" },
		{ BYTES("[spamloom]\nstore=x\\"), ":2:8: a backslash is written" },
		{ BYTES("[spamloom]\nstore\n"), ":2:1: not of the form key=value" },
		{ BYTES("[spamloom]\n=x\n"), ":2:1: not of the form key=value" },
		{ BYTES("jobs=1\n"), ":1:1: a key before [spamloom]" },
		{ BYTES("[spamlom]\njobs=1\n"), ":1:1: group [spamlom] is not known" },
		{ BYTES("[spamloom]\n[other]\n"), ":2:1: group [other] is not known" },
		{ BYTES("[\n"), ":1:1: group [ is not known" },
		{ BYTES(""), "no [spamloom] group" },
		{ BYTES("\xef\xbb\xbf"), "no [spamloom] group" },
		{ BYTES("# only words\n"), "no [spamloom] group" },
	};
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		char *path = write_bytes(rows[i].file);
		check_refused(path, rows[i].want);
		unlink(path);
	}
}

static void case_101_reads_what_editors_leave(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf[spamloom]\r\n\r\n# no\xcc te\r\nstore = a\xff b\\\\c\\s\r\n"
		"slab=10MB\r\nlimit.spool=10MiB\r\nlimit.message=10mb\r\n"
		"limit.parts=9k\r\nmmdb=x;y,z;\r\noffline=\r\nout=";
	(void)state;
	struct sl_err err = { 0 };
	struct sl_strings operands;
	char line[100];
	char *path = write_file(text);
	struct sl_options *o = sl_options_new();
	snprintf(line, sizeof(line), "-c %s", path);
	if (parse(o, "run", line, &operands, &err) != SL_OK)
		fail_msg("%s", err.text);
	struct sl_config *c = sl_options_config(o);
	assert_string_equal(c->store, "a\xff b\\c ");
	assert_int_equal(c->slab, 10000000);
	assert_int_equal(c->limits.spool, 10 << 20);
	assert_int_equal(c->limits.message, 10000000);
	assert_int_equal(c->limits.parts, 9 * 1024);
	assert_int_equal(c->mmdb.n, 3);
	assert_string_equal(c->mmdb.items[2], "z");
	assert_true(c->offline);
	assert_string_equal(c->out, "");
	sl_options_free(&o);
	unlink(path);
}

/* Files that are none, or too large: at once, and without reading them. */
static void case_101_refuses_what_is_no_file(void **state)
{
	(void)state;
	char *path = write_file("[spamloom]\n");
	assert_int_equal(truncate(path, (off_t)1 << 30), 0);
	check_refused(path, "larger than 1048576 bytes");
	unlink(path);
	check_refused(path, "No such file");
	assert_int_equal(mkfifo(path, 0600), 0);
	check_refused(path, "not a file");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	check_refused(path, "not a file");
	rmdir(path);
	check_refused("/dev/zero", "not a file");
}

static void case_101_lists_in_files_are_whole_or_refused(void **state)
{
	static const struct {
		struct sl_span file;
		const char *want; /* NULL: read, and its first item is a.example */
	} rows[] = {
		{ BYTES("\xef\xbb\xbf"
			"a.example\r\nb.example\r\n"),
			NULL },
		{ BYTES("a.example\0b.example\n"), ":1:10: a NUL byte" },
	};
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows) + 1; i++) {
		struct sl_err err = { 0 };
		struct sl_strings operands;
		char line[100];
		bool large = i == SL_LEN(rows);
		char *path = write_bytes(large ? SL_SPAN("a.example\n") : rows[i].file);
		if (large)
			assert_int_equal(truncate(path, ((off_t)64 << 20) + 1), 0);
		struct sl_options *o = sl_options_new();
		snprintf(line, sizeof(line), "--own=%s", path);
		enum sl_rc rc = parse(o, "run", line, &operands, &err);
		const char *want = large ? "larger than" : rows[i].want;
		if (want && (rc != SL_FATAL || !strstr(err.text, want)))
			fail_msg("row %zu: %s", i, rc == SL_OK ? "fine" : err.text);
		if (!want) {
			assert_int_equal(rc, SL_OK);
			assert_int_equal(sl_options_config(o)->own.n, 2);
			assert_string_equal(sl_options_config(o)->own.items[0], "a.example");
		}
		sl_options_free(&o);
		unlink(path);
	}
}

static void case_101_names_the_nearest(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} rows[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "store", "store", 0 },
		{ "stroe", "store", 1 },
		{ "stor", "store", 1 },
		{ "sstore", "store", 1 },
		{ "stone", "store", 1 },
		{ "abcd", "dcba", 3 },
		{ "ca", "abc", 3 },
	};
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_span a = sl_span_str(rows[i].a), b = sl_span_str(rows[i].b);
		assert_int_equal(sl_configfile_distance(a, b), rows[i].distance);
		assert_int_equal(sl_configfile_distance(b, a), rows[i].distance);
	}
	char longer[200];
	memset(longer, 'a', sizeof(longer));
	assert_int_equal(
		sl_configfile_distance(sl_span_of(longer, sizeof(longer)), SL_SPAN("a")), 63);
	struct sl_err err = { 0 };
	struct sl_strings operands;
	struct sl_options *o = sl_options_new();
	assert_int_equal(parse(o, "run", "--isolaton=thread", &operands, &err), SL_FATAL);
	assert_non_null(strstr(err.text, "did you mean --isolation?"));
	sl_options_free(&o);
}

static void case_101_values_survive_printing(void **state)
{
	static const char *const values[] = { " a b ", "C:\\x\\n", "tab\there", "new\nline", "\r",
		" ", "\xff\xfe", "#no comment", "[x]=y", "" };
	(void)state;
	for (size_t i = 0; i < SL_LEN(values); i++) {
		struct sl_err err = { 0 };
		struct sl_strings operands;
		struct sl_buf text = sl_buf_make(1 << 20);
		char line[100], *argv[] = { (char[]){ "-s" }, NULL };
		char *value = sl_malloc(strlen(values[i]) + 1);
		memcpy(value, values[i], strlen(values[i]) + 1);
		argv[1] = value;
		struct sl_options *o = sl_options_new();
		assert_int_equal(sl_options_parse(o, "run", 2, argv, &operands, &err), SL_OK);
		sl_options_print(o, true, &text);
		sl_options_free(&o);
		char *path = write_bytes(sl_buf_span(&text));
		o = sl_options_new();
		snprintf(line, sizeof(line), "-c %s", path);
		if (parse(o, "run", line, &operands, &err) != SL_OK)
			fail_msg("row %zu: %s", i, err.text);
		assert_string_equal(sl_options_config(o)->store, values[i]);
		sl_options_free(&o);
		sl_buf_free(&text);
		unlink(path);
		free(value);
	}
}

static void lists_may_be_files(void **state)
{
	(void)state;
	struct sl_err err;
	struct sl_strings operands;
	char line[100];
	char *path = write_file("# mine\na.example\n\n b.example \n");
	struct sl_options *o = sl_options_new();
	snprintf(line, sizeof(line), "--own %s --own c.example", path);
	assert_int_equal(parse(o, "run", line, &operands, &err), SL_OK);
	struct sl_config *c = sl_options_config(o);
	assert_int_equal(c->own.n, 3);
	assert_string_equal(c->own.items[1], "b.example");
	sl_options_free(&o);
	unlink(path);
}

static void prints_what_it_reads(void **state)
{
	(void)state;
	struct sl_err err;
	struct sl_strings operands;
	struct sl_buf text = sl_buf_make(1 << 20);
	struct sl_options *o = sl_options_new();
	assert_int_equal(
		parse(o, "run", "-j7 --trust x.example --as-of 2026-11-24", &operands, &err),
		SL_OK);
	sl_options_print(o, true, &text);
	sl_options_free(&o);
	char line[100];
	char *path = write_file(text.p);
	o = sl_options_new();
	snprintf(line, sizeof(line), "-c %s", path);
	assert_int_equal(parse(o, "run", line, &operands, &err), SL_OK);
	struct sl_config *c = sl_options_config(o);
	assert_int_equal(c->jobs, 7);
	assert_string_equal(c->trust.items[0], "x.example");
	assert_int_equal(c->as_of, 1795478400);
	sl_options_free(&o);
	sl_buf_free(&text);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_command_line),
		cmocka_unit_test(refuses),
		cmocka_unit_test(the_command_line_outranks_the_file),
		cmocka_unit_test(a_bad_file_is_a_configuration_error),
		cmocka_unit_test(case_101_says_where_a_file_is_wrong),
		cmocka_unit_test(case_101_reads_what_editors_leave),
		cmocka_unit_test(case_101_refuses_what_is_no_file),
		cmocka_unit_test(case_101_lists_in_files_are_whole_or_refused),
		cmocka_unit_test(case_101_names_the_nearest),
		cmocka_unit_test(case_101_values_survive_printing),
		cmocka_unit_test(lists_may_be_files),
		cmocka_unit_test(prints_what_it_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
