/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/base/digest_stream.h"
#include "pipeline/feed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static int set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/sl-outdir-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static const char *path_of(const char *name)
{
	static char path[256];
	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static size_t read_file(const char *name, char *to, size_t room)
{
	int fd = open(path_of(name), O_RDONLY);
	if (fd < 0)
		return SIZE_MAX;
	ssize_t n = read(fd, to, room - 1);
	close(fd);
	assert_true(n >= 0);
	to[n] = '\0';
	return (size_t)n;
}

static void write_file(struct sl_outdir *out, const char *name, const char *text, bool listed)
{
	struct sl_err err;
	struct sl_outfile *file;
	assert_int_equal(sl_outfile_open(out, name, listed, &file, &err), SL_OK);
	sl_outfile_add(file, sl_span_str(text));
	assert_int_equal(sl_outfile_close(&file, &err), SL_OK);
	assert_null(file);
}

static struct sl_outdir *open_out(const char *name)
{
	struct sl_err err;
	struct sl_outdir *out;
	assert_int_equal(sl_outdir_open(path_of(name), &out, &err), SL_OK);
	assert_int_equal(sl_outdir_begin(out, &err), SL_OK);
	return out;
}

static void manifest_is_sorted_and_true(void **state)
{
	char text[512];
	struct sl_err err;
	(void)state;
	struct sl_outdir *out = open_out("a/b/out");
	write_file(out, "z.txt", "abc", true);
	write_file(out, "lists/a.txt", "", true);
	write_file(out, "run.json", "secret", false);
	assert_int_equal(read_file("a/b/out/MANIFEST.sha256", text, sizeof(text)), SIZE_MAX);
	assert_int_equal(sl_outdir_finish(out, &err), SL_OK);
	sl_outdir_free(&out);
	read_file("a/b/out/MANIFEST.sha256", text, sizeof(text));
	assert_string_equal(text,
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  lists/a.txt\n"
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  z.txt\n");
	read_file("a/b/out/run.json", text, sizeof(text));
	assert_string_equal(text, "secret");
}

static struct sl_outdir *open_old(void)
{
	struct sl_err err;
	struct sl_outdir *out = open_out("out");
	write_file(out, "a", "old", true);
	write_file(out, "lists/b", "old", true);
	assert_int_equal(sl_outdir_finish(out, &err), SL_OK);
	assert_int_equal(sl_outdir_begin(out, &err), SL_OK);
	return out;
}

/* Both files and the manifest are those of open_old(), and there is no litter. */
static void check_old(void)
{
	char text[512];
	read_file("out/a", text, sizeof(text));
	assert_string_equal(text, "old");
	read_file("out/lists/b", text, sizeof(text));
	assert_string_equal(text, "old");
	assert_int_equal(read_file("out/MANIFEST.sha256", text, sizeof(text)), 64 + 4 + 64 + 10);
	assert_int_equal(access(path_of("out/.a.tmp"), F_OK), -1);
	assert_int_equal(access(path_of("out/lists/.b.tmp"), F_OK), -1);
	assert_int_equal(access(path_of("out/.MANIFEST.sha256.tmp"), F_OK), -1);
}

static void old_files_stay_until_the_end(void **state)
{
	char text[64];
	struct sl_err err;
	(void)state;
	struct sl_outdir *out = open_old();
	write_file(out, "a", "new", true);
	read_file("out/a", text, sizeof(text));
	assert_string_equal(text, "old");
	sl_outdir_free(&out);
	check_old();
	out = open_out("out");
	write_file(out, "a", "new", true);
	assert_int_equal(sl_outdir_finish(out, &err), SL_OK);
	sl_outdir_free(&out);
	read_file("out/a", text, sizeof(text));
	assert_string_equal(text, "new");
	assert_int_equal(read_file("out/MANIFEST.sha256", text, sizeof(text)), 63);
}

static void giving_up_leaves_the_old_file(void **state)
{
	struct sl_err err;
	struct sl_outfile *file;
	(void)state;
	struct sl_outdir *out = open_old();
	assert_int_equal(sl_outfile_open(out, "a", true, &file, &err), SL_OK);
	sl_outfile_add(file, SL_SPAN("new"));
	sl_outfile_abort(&file);
	sl_outfile_abort(&file);
	sl_outdir_free(&out);
	check_old();
}

/* What stands in the way of one file is found before the first one is replaced. */
static void something_in_the_way(void **state)
{
	char text[64];
	struct sl_err err;
	(void)state;
	struct sl_outdir *out = open_old();
	assert_int_equal(mkdir(path_of("out/z"), 0700), 0);
	write_file(out, "a", "new", true);
	write_file(out, "z", "new", true);
	assert_int_equal(sl_outdir_finish(out, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CANTCREAT);
	assert_non_null(strstr(err.text, "out/z"));
	sl_outdir_free(&out);
	check_old();
	assert_int_equal(rmdir(path_of("out/z")), 0);
	assert_int_equal(unlink(path_of("out/MANIFEST.sha256")), 0);
	assert_int_equal(mkdir(path_of("out/MANIFEST.sha256"), 0700), 0);
	assert_int_equal(sl_outdir_open(path_of("out"), &out, &err), SL_OK);
	assert_int_equal(sl_outdir_begin(out, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CANTCREAT);
	sl_outdir_free(&out);
	read_file("out/a", text, sizeof(text));
	assert_string_equal(text, "old");
}

/* A write that fails (here: over the file size limit) is told at the close, with 73. */
static void failing_writes(void **state)
{
	struct sl_err err;
	struct sl_outfile *file;
	struct rlimit old, small;
	(void)state;
	struct sl_outdir *out = open_old();
	write_file(out, "lists/b", "new", true);

	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 100 * 1024;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(sl_outfile_open(out, "a", true, &file, &err), SL_OK);
	for (int i = 0; i < 100000; i++)
		sl_outfile_add(file, SL_SPAN("a line of text\n"));
	assert_int_equal(sl_outfile_close(&file, &err), SL_FATAL);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(err.exit_code, SL_EXIT_CANTCREAT);
	assert_non_null(strstr(err.text, "out/a"));
	sl_outdir_free(&out);
	check_old();
}

static void litter_and_links_are_replaced(void **state)
{
	char text[64];
	struct sl_err err;
	(void)state;
	struct sl_outdir *out = open_out("out");
	int fd = open(path_of("victim"), O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(fd, "mine", 4), 4);
	close(fd);
	assert_int_equal(symlink("../victim", path_of("out/.a.tmp")), 0);
	write_file(out, "a", "new", true);
	assert_int_equal(sl_outdir_finish(out, &err), SL_OK);
	read_file("victim", text, sizeof(text));
	assert_string_equal(text, "mine");
	read_file("out/a", text, sizeof(text));
	assert_string_equal(text, "new");
	sl_outdir_free(&out);
}

static void what_cannot_be_created(void **state)
{
	struct sl_err err;
	struct sl_outdir *out;
	struct sl_outfile *file;
	(void)state;
	int fd = open(path_of("file"), O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(sl_outdir_open(path_of("file"), &out, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CANTCREAT);
	assert_int_equal(sl_outdir_open(path_of("file/below"), &out, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CANTCREAT);
	assert_int_equal(sl_outdir_open("", &out, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CANTCREAT);
	out = open_out("out");
	fd = open(path_of("out/lists"), O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(sl_outfile_open(out, "lists/a.txt", true, &file, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CANTCREAT);
	sl_outdir_free(&out);
}

/* Larger than the buffer, in odd pieces: bytes and digest are those of the whole. */
static void large_files(void **state)
{
	struct sl_err err;
	struct sl_outfile *file;
	char piece[1000], want[80], text[256];
	(void)state;
	struct sl_outdir *out = open_out("out");
	struct sl_digest *digest = sl_digest_new();
	assert_int_equal(sl_outfile_open(out, "big", true, &file, &err), SL_OK);
	for (size_t i = 0; i < 900; i++) {
		memset(piece, (int)('a' + i % 26), sizeof(piece));
		sl_outfile_add(file, sl_span_of(piece, i));
		sl_digest_add(digest, sl_span_of(piece, i));
	}
	assert_int_equal(sl_outfile_close(&file, &err), SL_OK);
	assert_int_equal(sl_outdir_finish(out, &err), SL_OK);
	struct stat st;
	assert_int_equal(stat(path_of("out/big"), &st), 0);
	assert_int_equal(st.st_size, 900 * 899 / 2);
	sl_outdir_free(&out);
	struct sl_sha256 sum = sl_digest_final(digest);
	sl_digest_free(&digest);
	for (size_t i = 0; i < sizeof(sum.b); i++)
		snprintf(want + 2 * i, 3, "%02x", sum.b[i]);
	read_file("out/MANIFEST.sha256", text, sizeof(text));
	assert_memory_equal(text, want, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(manifest_is_sorted_and_true, set_up, tear_down),
		cmocka_unit_test_setup_teardown(old_files_stay_until_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(something_in_the_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(giving_up_leaves_the_old_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(failing_writes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(litter_and_links_are_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_created, set_up, tear_down),
		cmocka_unit_test_setup_teardown(large_files, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
