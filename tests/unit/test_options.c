/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/options.h"

#include <stdlib.h>
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

static char *write_file(const char *text)
{
	static char path[] = "/tmp/sl-options-XXXXXX";
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
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
		cmocka_unit_test(lists_may_be_files),
		cmocka_unit_test(prints_what_it_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
