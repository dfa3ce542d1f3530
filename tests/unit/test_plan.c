/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"
#include "pipeline/engine.h"

#include <dirent.h>
#include <stdio.h>

static const char *bad_folder; /* whose reading fails behind its first names */
static int bad_error;

struct dirent *readdir(DIR *folder)
{
	(void)folder;
	fail_msg("readdir() does not say what failed; scandir() does");
	return NULL;
}

int scandir(const char *path, struct dirent ***entries_r, int (*wanted)(const struct dirent *),
	int (*order)(const struct dirent **, const struct dirent **))
{
	size_t n = strlen(path), bad = bad_folder ? strlen(bad_folder) : 0;
	if (bad && n >= bad && strcmp(path + n - bad, bad_folder) == 0) {
		errno = bad_error;
		return -1;
	}
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int found = fd < 0 ? -1 : scandirat(fd, ".", entries_r, wanted, order);
	if (fd >= 0)
		close(fd);
	return found;
}

static char root[] = "/tmp/plan.XXXXXX";

static void put(const char *name)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", root, name);
	if (name[strlen(name) - 1] == '/') {
		assert_int_equal(mkdir(path, 0700), 0);
		return;
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
}

static const char *const tree[] = { "b", "a/", "a/2", "a/1", "a/x/", "a/x/deep", "a.txt", "c/" };

static int make_tree(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < SL_LEN(tree); i++)
		put(tree[i]);
	char link[4096];
	snprintf(link, sizeof(link), "%s/loop", root);
	return symlink(root, link);
}

static int remove_tree(void **state)
{
	char path[4096];
	(void)state;
	snprintf(path, sizeof(path), "%s/loop", root);
	unlink(path);
	for (size_t i = SL_LEN(tree); i-- > 0;) {
		snprintf(path, sizeof(path), "%s/%s", root, tree[i]);
		remove(path);
	}
	return rmdir(root);
}

/* Names of the inputs, with a blank behind each. */
static void check_plan(const char *operand, const char *want)
{
	struct sl_plan plan;
	struct sl_err err;
	const char *items[] = { operand };
	struct sl_strings operands = { .items = items, .n = 1 };
	struct sl_buf names = sl_buf_make(4096);
	assert_int_equal(sl_plan_make(&operands, &plan, &err), SL_OK);
	for (size_t i = 0; i < plan.n; i++)
		sl_buf_printf(&names, "%.*s ", SL_ARG(plan.inputs[i].name));
	CHECK_SPAN(sl_buf_span(&names), want);
	assert_int_equal(plan.specials, 1);
	sl_buf_free(&names);
	sl_plan_free(&plan);
}

static void test_order(void **state)
{
	(void)state;
	char slashes[4096];
	snprintf(slashes, sizeof(slashes), "%s//", root);
	check_plan(root, "a/1 a/2 a/x/deep a.txt b ");
	check_plan(slashes, "a/1 a/2 a/x/deep a.txt b ");
}

/* A folder that cannot be read stands in the plan itself, so that a reader says so. */
static void test_unreadable_folder(void **state)
{
	(void)state;
	bad_folder = "/a";
	bad_error = EIO;
	check_plan(root, "a a.txt b ");
	bad_folder = "/a/x";
	check_plan(root, "a/1 a/2 a/x a.txt b ");
	bad_folder = NULL;
}

/* Want of descriptors or memory says nothing about the folder. */
static void test_no_descriptors(void **state)
{
	const int errors[] = { EMFILE, ENFILE, ENOMEM };
	(void)state;
	bad_folder = "/a/x";
	for (size_t i = 0; i < SL_LEN(errors); i++) {
		struct sl_plan plan;
		struct sl_err err;
		const char *items[] = { root };
		struct sl_strings operands = { .items = items, .n = 1 };
		bad_error = errors[i];
		assert_int_equal(sl_plan_make(&operands, &plan, &err), SL_FATAL);
		assert_int_equal(err.exit_code, SL_EXIT_IOERR);
		sl_plan_free(&plan);
	}
	bad_folder = NULL;
}

/* Standard input goes to a file; a disk that writes a part at a time is no error. */
static void test_standard_input(void **state)
{
	enum { N = 100000 };
	int ends[2];
	struct sl_plan plan;
	struct sl_err err;
	const char *items[] = { "-" };
	struct sl_strings operands = { .items = items, .n = 1 };
	static char text[N];
	(void)state;
	FILE *file = tmpfile();
	assert_non_null(file);
	memset(text, 'm', N);
	assert_int_equal(fwrite(text, 1, N, file), N);
	rewind(file);
	ends[0] = dup(STDIN_FILENO);
	assert_int_equal(dup2(fileno(file), STDIN_FILENO), STDIN_FILENO);
	disk.halves = true;
	enum sl_rc rc = sl_plan_make(&operands, &plan, &err);
	disk.halves = false;
	assert_int_equal(rc, SL_OK);
	assert_int_equal(plan.bytes, N);
	assert_int_equal(lseek(plan.inputs[0].fd, 0, SEEK_END), N);
	sl_plan_free(&plan);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_unreadable_folder),
		cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_standard_input),
	};
	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
