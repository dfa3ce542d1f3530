/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/buf.h"
#include "pipeline/base/json_read.h"
#include "pipeline/quarantine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROOMY = 1 << 30 };

static char store[64], inside[128];

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static int set_up(void **state)
{
	(void)state;
	/* in memory where that is: the many syncs are not what is tested */
	snprintf(store, sizeof(store), "%s/spamloom-quarantine-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	snprintf(
		inside, sizeof(inside), "%s/quarantine", mkdtemp(store) ? store : "mkdtemp failed");
	return access(store, F_OK);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(store, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct sl_quarantined item_of(const char *text)
{
	struct sl_span bytes = sl_span_str(text);
	return (struct sl_quarantined){ .id = sl_hash_name(bytes),
		.bytes = bytes,
		.archive = SL_SPAN("night/a.tar.gz"),
		.entry = SL_SPAN("box"),
		.ordinal = 3,
		.offset = 70,
		.length = bytes.n,
		.cause = SL_SPAN("signal 11 (Segmentation fault)"),
		.stage = SL_SPAN("body") };
}

static struct sl_quarantine *opened(uint64_t budget)
{
	struct sl_quarantine *q;
	struct sl_err err = { .text = "" };
	if (sl_quarantine_open(store, budget, &q, &err) != SL_OK)
		fail_msg("%s", err.text);
	return q;
}

static bool put(struct sl_quarantine *q, const struct sl_quarantined *item)
{
	bool kept;
	struct sl_err err = { .text = "" };
	if (sl_quarantine_put(q, item, &kept, &err) != SL_OK)
		fail_msg("%s", err.text);
	return kept;
}

static void path_of(const struct sl_quarantined *item, const char *suffix, char path_r[256])
{
	struct sl_buf hex = sl_buf_make(64);
	sl_buf_hex(&hex, &item->id, sizeof(item->id));
	snprintf(path_r, 256, "%s/%.2s/%s%s", inside, hex.p, hex.p, suffix);
	sl_buf_free(&hex);
}

static struct sl_buf contents(const char *path)
{
	struct sl_buf text = sl_buf_make(16 << 20);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;
	while (fd >= 0 && n > 0) {
		char *to = sl_buf_reserve(&text, 65536);
		n = read(fd, to, 65536);
		sl_buf_filled(&text, n > 0 ? (size_t)n : 0);
	}
	if (fd >= 0)
		close(fd);
	return text;
}

static bool there(const struct sl_quarantined *item, const char *suffix)
{
	char path[256];
	path_of(item, suffix, path);
	return access(path, F_OK) == 0;
}

struct found {
	unsigned mails, descriptions, others;
};

static struct found found;
static mode_t worst_mode;

/* Every name is one of ours, every file is whole. */
static int look_at(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	const char *name = path + where->base;
	if (kind == FTW_D) {
		worst_mode |= st->st_mode & 07777 & ~0700U;
		return 0;
	}
	worst_mode |= st->st_mode & 07777 & ~0600U;
	struct sl_buf text = contents(path);
	if (sl_span_ends(sl_span_str(name), SL_SPAN(".eml"))) {
		struct sl_id id = sl_hash_name(sl_buf_span(&text));
		struct sl_buf hex = sl_buf_make(64);
		sl_buf_hex(&hex, &id, sizeof(id));
		assert_int_equal(memcmp(hex.p, name, hex.n), 0);
		sl_buf_free(&hex);
		found.mails++;
	} else if (sl_span_ends(sl_span_str(name), SL_SPAN(".json"))) {
		struct sl_jsonin *json = sl_jsonin_parse(sl_buf_span(&text));
		assert_non_null(json);
		sl_jsonin_free(&json);
		found.descriptions++;
	} else {
		found.others++;
	}
	sl_buf_free(&text);
	return 0;
}

static struct found look(void)
{
	found = (struct found){ 0, 0, 0 };
	worst_mode = 0;
	assert_int_equal(nftw(inside, look_at, 16, FTW_PHYS), 0);
	return found;
}

static void case_100_name_from_hash(void **state)
{
	(void)state;
	struct sl_quarantined item = item_of("Subject: ../../etc/x\r\n\r\n\0\xff");
	struct sl_quarantine *q = opened(ROOMY);
	assert_true(put(q, &item));
	sl_quarantine_close(&q);
	assert_null(q);
	char path[256];
	path_of(&item, ".eml", path);
	struct sl_buf mail = contents(path);
	assert_true(sl_span_eq(sl_buf_span(&mail), item.bytes));
	sl_buf_free(&mail);
	struct found have = look();
	assert_int_equal(have.mails, 1);
	assert_int_equal(have.descriptions, 1);
	assert_int_equal(have.others, 0);
	assert_int_equal(worst_mode, 0);
}

static void descriptions(void **state)
{
	(void)state;
	struct sl_quarantined item = item_of("");
	item.entry = SL_SPAN("a\"\n\x1b[2J\xff\xe2\x80\xae!x");
	item.stage = SL_SPAN_NULL;
	item.ordinal = UINT64_MAX;
	struct sl_quarantine *q = opened(0);
	assert_true(put(q, &item)); /* nothing of it fits into nothing */
	sl_quarantine_close(&q);
	char path[256];
	path_of(&item, ".json", path);
	struct sl_buf text = contents(path);
	static const char want[] =
		"{\"schema\":1,\"id\":\"99aa06d3014798d86001c324468d497f\","
		"\"archive\":\"night/a.tar.gz\",\"entry\":\"a\\\"\\n\\u001b[2J\xef\xbf\xbd"
		"\\u202e!x\",\"ordinal\":18446744073709551615,\"offset\":70,\"length\":0,"
		"\"cause\":\"signal 11 (Segmentation fault)\",\"stage\":null,\"kept\":true,"
		"\"size\":0,\"libraries\":{\"spamloom\":\"";
	CHECK_SPAN(sl_span_head(sl_buf_span(&text), sizeof(want) - 1), want);
	assert_true(text.p[text.n - 1] == '\n');
	sl_buf_free(&text);
}

/* Names as long as they come still make one description. */
static void long_names(void **state)
{
	(void)state;
	enum { LONG = 2 << 20 };
	char *name = sl_malloc(LONG);
	memset(name, 1, LONG);
	struct sl_quarantined item = item_of("x");
	item.archive = item.entry = item.cause = item.stage = sl_span_of(name, LONG);
	struct sl_quarantine *q = opened(ROOMY);
	assert_true(put(q, &item));
	sl_quarantine_close(&q);
	free(name);
	assert_int_equal(look().descriptions, 1);
}

static void case_100_twice(void **state)
{
	(void)state;
	char path[2][256];
	struct stat before[2], after[2];
	struct sl_quarantined item = item_of("Subject: twice\r\n\r\n");
	path_of(&item, ".eml", path[0]);
	path_of(&item, ".json", path[1]);
	struct sl_quarantine *q = opened(ROOMY);
	assert_true(put(q, &item));
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(stat(path[i], &before[i]), 0);
	item.cause = SL_SPAN("another");
	assert_true(put(q, &item));
	sl_quarantine_close(&q);
	q = opened(0); /* full by now */
	assert_true(put(q, &item));
	sl_quarantine_close(&q);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(stat(path[i], &after[i]), 0);
		assert_true(after[i].st_ino == before[i].st_ino &&
			    after[i].st_mtim.tv_nsec == before[i].st_mtim.tv_nsec);
	}
	/* killed between the two: the bytes are there, the description is not */
	assert_int_equal(unlink(path[1]), 0);
	q = opened(0);
	assert_true(put(q, &item));
	sl_quarantine_close(&q);
	assert_true(there(&item, ".json"));
}

static void case_100_budget(void **state)
{
	(void)state;
	enum { SIZE = 10 };
	char text[SIZE + 1];
	struct sl_quarantine *q = opened(5 * SIZE + SIZE - 1);
	for (unsigned i = 0; i < 8; i++) {
		snprintf(text, sizeof(text), "number %3u", i);
		struct sl_quarantined item = item_of(text);
		assert_int_equal(put(q, &item), i < 5);
		assert_int_equal(there(&item, ".eml"), i < 5);
		assert_true(there(&item, ".json"));
		if (i == 3) { /* what is there counts for the next run as well */
			sl_quarantine_close(&q);
			q = opened(5 * SIZE + SIZE - 1);
		}
	}
	struct sl_quarantined small = item_of("fits yet!");
	assert_true(put(q, &small));
	sl_quarantine_close(&q);
	assert_int_equal(look().mails, 6);
	assert_int_equal(look().descriptions, 9);
}

static void case_100_many_files(void **state)
{
	(void)state;
	enum { MANY = 2000 };
	char text[32];
	struct timespec from, to;
	struct sl_quarantine *q = opened(ROOMY);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "Subject: %u\r\n\r\n", i);
		struct sl_quarantined item = item_of(text);
		assert_true(put(q, &item));
	}
	sl_quarantine_close(&q);
	clock_gettime(CLOCK_MONOTONIC, &to);
	print_message("%d messages: %.2f s", MANY,
		(double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec));
	clock_gettime(CLOCK_MONOTONIC, &from);
	q = opened(ROOMY);
	sl_quarantine_close(&q);
	clock_gettime(CLOCK_MONOTONIC, &to);
	print_message(", open again: %.3f s\n",
		(double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec));
	assert_int_equal(look().mails, MANY);
	assert_int_equal(found.descriptions, MANY);
	/* spread: the top holds folders only, no folder much more than its share */
	unsigned most = 0;
	for (unsigned i = 0; i < 256; i++) {
		char path[160];
		unsigned n = 0;
		snprintf(path, sizeof(path), "%s/%02x", inside, i);
		DIR *folder = opendir(path);
		while (folder && readdir(folder))
			n++;
		if (folder)
			closedir(folder);
		most = n > most ? n : most;
	}
	assert_true(most < 2 + 2 * 40);
}

static void refused(const char *what)
{
	struct sl_quarantine *q;
	struct sl_err err = { .text = "" };
	if (sl_quarantine_open(store, ROOMY, &q, &err) == SL_OK)
		fail_msg("%s was taken", what);
	assert_null(q);
	if (err.exit_code != SL_EXIT_CANTCREAT || !strstr(err.text, "quarantine"))
		fail_msg("%s: exit %d, \"%s\"", what, (int)err.exit_code, err.text);
}

static void case_100_folder_of_another(void **state)
{
	(void)state;
	char elsewhere[160], below[160];
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", store);
	snprintf(below, sizeof(below), "%s/ab", inside);
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	assert_int_equal(symlink(elsewhere, inside), 0);
	refused("a link to a folder");
	assert_int_equal(unlink(inside), 0);
	assert_int_equal(symlink("/nowhere", inside), 0);
	refused("a link to nothing");
	assert_int_equal(unlink(inside), 0);
	int fd = open(inside, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	refused("a file");
	assert_int_equal(unlink(inside), 0);
	assert_int_equal(mkdir(inside, 0700), 0);
	assert_int_equal(symlink(elsewhere, below), 0);
	refused("a link below");
	assert_int_equal(unlink(below), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(inside, 12345, 12345), 0);
		refused("another user's folder");
		assert_int_equal(chown(inside, 0, 0), 0);
	}
	assert_int_equal(rmdir(elsewhere), 0); /* nothing was put there */
	struct sl_quarantine *q;
	struct sl_err err;
	assert_int_equal(sl_quarantine_open("/nowhere/store", 1, &q, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CANTCREAT);
}

/* A link that appears later, where a folder or a file is due. */
static void case_100_links_later(void **state)
{
	(void)state;
	char path[256], elsewhere[160];
	bool kept;
	struct sl_err err;
	struct stat st;
	struct sl_quarantined item = item_of("x");
	struct sl_quarantine *q = opened(ROOMY);
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", store);
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	path_of(&item, "", path);
	*strrchr(path, '/') = '\0';
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_int_equal(sl_quarantine_put(q, &item, &kept, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CANTCREAT);
	assert_int_equal(unlink(path), 0);
	/* under a final name: the link goes, what it points to stays */
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere/file", store);
	path_of(&item, ".eml", path);
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_true(put(q, &item));
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode) && access(elsewhere, F_OK) != 0);
	/* under the temporary name */
	snprintf(path, sizeof(path), "%s/.new", inside);
	assert_int_equal(symlink(elsewhere, path), 0);
	item = item_of("y");
	assert_int_equal(sl_quarantine_put(q, &item, &kept, &err), SL_FATAL);
	assert_int_equal(access(elsewhere, F_OK), -1);
	sl_quarantine_close(&q);
	q = opened(ROOMY);
	assert_true(put(q, &item));
	sl_quarantine_close(&q);
}

static void case_100_modes(void **state)
{
	(void)state;
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	for (size_t i = 0; i < SL_LEN(masks); i++) {
		char text[8];
		snprintf(text, sizeof(text), "%zu", i);
		struct sl_quarantined item = item_of(text);
		if (i)
			set_up(state);
		mode_t before = umask(masks[i]);
		struct sl_quarantine *q = opened(ROOMY);
		bool kept = put(q, &item);
		umask(before);
		sl_quarantine_close(&q);
		assert_true(kept);
		assert_int_equal(look().mails, 1);
		assert_int_equal(worst_mode, 0);
		assert_int_equal(chmod(inside, 0755), 0); /* opened up by somebody */
		q = opened(ROOMY);
		sl_quarantine_close(&q);
		look();
		assert_int_equal(worst_mode, 0);
		if (i + 1 < SL_LEN(masks))
			tear_down(state);
	}
}

/* No space at every size: nothing half under a final name, and all is well afterwards. */
static void case_100_disk_full(void **state)
{
	(void)state;
	static char text[3000];
	memset(text, 'x', sizeof(text) - 1);
	void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
	struct rlimit old, full;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	unsigned failed = 0;
	for (unsigned room = 0; room < sizeof(text) + 100; room += 100) {
		text[0] = (char)('a' + room / 100);
		struct sl_quarantined item = item_of(text);
		struct sl_err err = { .exit_code = SL_EXIT_CLEAN };
		bool kept;
		struct sl_quarantine *q = opened(ROOMY);
		full = (struct rlimit){ room, old.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
		enum sl_rc rc = sl_quarantine_put(q, &item, &kept, &err);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		failed += rc == SL_FATAL;
		if (rc == SL_FATAL)
			assert_int_equal(err.exit_code, SL_EXIT_IOERR);
		assert_int_equal(rc == SL_OK, room >= sizeof(text) - 1);
		assert_int_equal(look().others, 0);
		if (room % 200)
			assert_true(put(q, &item));
		sl_quarantine_close(&q);
	}
	signal(SIGXFSZ, before);
	assert_int_equal(failed, 30);
}

/* A run that is killed at any point leaves whole files, and litter that the next one takes away. */
static void case_100_killed(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			struct sl_quarantine *q = opened(ROOMY);
			for (unsigned i = 0;; i++) {
				char text[20000];
				memset(text, 'x', sizeof(text));
				snprintf(text + sizeof(text) - 32, 32, "%u %u", round, i);
				struct sl_quarantined item = item_of(text);
				put(q, &item);
			}
		}
		struct timespec wait = { 0, 1000000 * (long)(3 + round) };
		nanosleep(&wait, NULL);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		if (access(inside, F_OK) == 0)
			assert_true(look().others <= 1);
		struct sl_quarantine *q = opened(ROOMY);
		sl_quarantine_close(&q);
		assert_int_equal(look().others, 0);
		assert_true(found.mails - found.descriptions <= round + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(case_100_name_from_hash, set_up, tear_down),
		cmocka_unit_test_setup_teardown(descriptions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(case_100_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(case_100_budget, set_up, tear_down),
		cmocka_unit_test_setup_teardown(case_100_many_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(case_100_folder_of_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(case_100_links_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(case_100_modes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(case_100_disk_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(case_100_killed, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
