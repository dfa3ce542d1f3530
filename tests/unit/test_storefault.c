/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/stamp.h"
#include "stores.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void must_fail(
	const char *path, enum sl_store_mode mode, enum sl_exit code, const char *word)
{
	struct sl_store *store = NULL;
	struct sl_err err = { .text = "" };
	assert_int_equal(sl_store_open(path, mode, &store, &err), SL_FATAL);
	assert_null(store);
	if (err.exit_code != code || !strstr(err.text, word) || !strstr(err.text, path))
		fail_msg("exit %d, \"%s\"", (int)err.exit_code, err.text);
}

/* Run `body` in a child; its exit status, or minus the signal. */
static int in_child(struct room *room, int (*body)(struct room *room))
{
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body(room));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int open_locked(struct room *room)
{
	struct sl_store *store;
	struct sl_err err;
	char pid[32];
	snprintf(pid, sizeof(pid), "process %ld", (long)getppid());
	if (sl_store_open(room->path, SL_STORE_WRITE, &store, &err) != SL_FATAL)
		return 1;
	return strstr(err.text, pid) ? (int)err.exit_code : 2;
}

static int read_beside(struct room *room)
{
	struct sl_store *store;
	struct sl_err err;
	struct sl_view *view;
	if (sl_store_open(room->path, SL_STORE_READ, &store, &err))
		return 1;
	if (sl_view_open(store, false, &view, &err))
		return 2;
	int n = (int)sl_view_count(view, SL_TABLE_MESSAGES);
	sl_view_close(&view);
	sl_store_close(&store);
	return n + 10;
}

static void one_writer_many_readers(void **state)
{
	struct room *room = *state;
	bool new_variant;
	assert_int_equal(in_child(room, open_locked), SL_EXIT_LOCKED);
	assert_int_equal(in_child(room, read_beside), 10);
	STORES_OK(sl_store_begin(room->store, &err));
	put_number(room, 1, 1, 1, 1, &new_variant);
	assert_int_equal(in_child(room, read_beside), 10); /* not committed */
	STORES_OK(sl_store_commit(room->store, &err));
	assert_int_equal(in_child(room, read_beside), 11);
}

static int killed_writing(struct room *room)
{
	bool new_variant;
	room->store = stores_open(room->path, SL_STORE_WRITE);
	STORES_OK(sl_store_begin(room->store, &err));
	for (unsigned i = 0; i < 20; i++)
		put_number(room, i, 1, 5, 1, &new_variant);
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_store_begin(room->store, &err));
	for (unsigned i = 20; i < 60; i++)
		put_number(room, i, 1, 5, 1, &new_variant);
	struct sl_view *view;
	STORES_OK(sl_view_open(room->store, true, &view, &err));
	return raise(SIGKILL);
}

/* What was committed is there, the lock is free, nothing else is there. */
static void killed(void **state)
{
	struct room *room = *state;
	struct sl_view *view;
	sl_store_close(&room->store);
	assert_int_equal(in_child(room, killed_writing), -SIGKILL);
	room->store = stores_open(room->path, SL_STORE_WRITE);
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	assert_int_equal(sl_view_count(view, SL_TABLE_MESSAGES), 20);
	assert_int_equal(stores_count_sightings(view), 20);
	sl_view_close(&view);
	stores_must_be_sound(room->store);
}

/* Files may not grow: what a full disk does to a commit. */
static int full_disk(struct room *room)
{
	bool new_variant;
	struct sl_err why = { .text = "" };
	room->store = stores_open(room->path, SL_STORE_WRITE);
	struct sl_id before = stores_raw_dump(room->store);
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit limit = { 200 * 1024, 200 * 1024 };
	if (setrlimit(RLIMIT_FSIZE, &limit))
		return 1;
	STORES_OK(sl_store_begin(room->store, &err));
	for (unsigned i = 0; i < 600; i++)
		put_number(room, i, 1, 5, 1, &new_variant);
	if (sl_store_commit(room->store, &why) != SL_FATAL || why.exit_code != SL_EXIT_IOERR)
		return 2;
	struct sl_id after = stores_raw_dump(room->store);
	if (!sl_id_eq(&before, &after))
		return 3;
	/* the store goes on with what fits */
	STORES_OK(sl_store_begin(room->store, &err));
	put_number(room, 1, 1, 5, 1, &new_variant);
	STORES_OK(sl_store_commit(room->store, &err));
	stores_must_be_sound(room->store);
	sl_store_close(&room->store);
	return 0;
}

static void disk_full(void **state)
{
	struct room *room = *state;
	sl_store_close(&room->store);
	assert_int_equal(in_child(room, full_disk), 0);
	room->store = stores_open(room->path, SL_STORE_WRITE);
	stores_must_be_sound(room->store);
}

/* Sanitizers reserve more address space than the limit. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ADDRESS_SPACE_IS_TAKEN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ADDRESS_SPACE_IS_TAKEN
#endif
#endif

#ifndef ADDRESS_SPACE_IS_TAKEN
static int little_space(struct room *room)
{
	struct rlimit limit = { (rlim_t)20 << 30, (rlim_t)20 << 30 };
	if (setrlimit(RLIMIT_AS, &limit))
		return 1;
	room->store = stores_open(room->path, SL_STORE_WRITE);
	sl_store_close(&room->store);
	return 0;
}
#endif

static void smaller_map(void **state)
{
#ifndef ADDRESS_SPACE_IS_TAKEN
	struct room *room = *state;
	sl_store_close(&room->store);
	assert_int_equal(in_child(room, little_space), 0);
#else
	(void)state;
	skip();
#endif
}

static void nothing_to_read(void **state)
{
	struct room *room = *state;
	char path[128];
	struct stat st;
	stores_path(path);
	must_fail(path, SL_STORE_READ, SL_EXIT_NOINPUT, "no store");
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(mkdir(path, 0700), 0);
	must_fail(path, SL_STORE_READ, SL_EXIT_NOINPUT, "no store");
	stores_remove(path);
	char below[160];
	snprintf(below, sizeof(below), "%s/lock/x", room->path);
	must_fail(below, SL_STORE_WRITE, SL_EXIT_CANTCREAT, "cannot make");
}

static void put_schema(struct room *room, uint64_t schema)
{
	struct sl_key value = sl_key_of_u64(schema);
	STORES_OK(sl_store_begin(room->store, &err));
	STORES_OK(sl_txn_put(
		room->store->txn, SL_TABLE_META, SL_SPAN("schema"), sl_key_span(&value), &err));
	STORES_OK(sl_store_commit(room->store, &err));
}

static void newer_schema(void **state)
{
	struct room *room = *state;
	put_schema(room, SL_STORE_SCHEMA + 41);
	sl_store_close(&room->store);
	must_fail(room->path, SL_STORE_READ, SL_EXIT_IOERR,
		"schema 44, this program knows schemas up to 3");
	must_fail(room->path, SL_STORE_WRITE, SL_EXIT_IOERR, "schema 44");
}

/* A row as schema 1 wrote it: without the fields that came later. The writer makes it schema 3. */
static void older_schema(void **state)
{
	struct room *room = *state;
	struct sl_id id = made_id(room->arena, "archive", 1);
	struct sl_key key = sl_key_of_id(&id);
	struct sl_archive_row row = { .key = id, .name = SL_SPAN("a"), .n_names = 1 };
	struct sl_buf value = sl_buf_make(4096);
	struct sl_view *view;
	enum { LATER = 4, SEAL = 4 }; /* bytes, of zeros */
	row.names = &row.name;
	sl_row_encode(SL_TABLE_ARCHIVES, sl_key_span(&key), &row, &value);
	struct sl_span fields = sl_span_of(value.p, value.n - SEAL - LATER);
	uint32_t seal =
		(uint32_t)sl_hash64(fields, sl_hash64(sl_key_span(&key), SL_TABLE_ARCHIVES));
	memcpy(value.p + fields.n, &seal, SEAL);
	put_schema(room, 1);
	STORES_OK(sl_store_begin(room->store, &err));
	STORES_OK(sl_txn_put(room->store->txn, SL_TABLE_ARCHIVES, sl_key_span(&key),
		sl_span_of(value.p, fields.n + SEAL), &err));
	STORES_OK(sl_store_commit(room->store, &err));
	for (int writing = 0; writing < 2; writing++) {
		reopen(room, writing ? SL_STORE_WRITE : SL_STORE_READ);
		assert_int_equal(room->store->schema, writing ? SL_STORE_SCHEMA : 1);
		STORES_OK(sl_view_open(room->store, false, &view, &err));
		assert_true(sl_view_archive(view, &id, room->arena, &row));
		CHECK_SPAN(row.name, "a");
		assert_int_equal(row.crashed, 0);
		sl_view_close(&view);
		stores_must_be_sound(room->store);
	}
	STORES_OK(sl_store_begin(room->store, &err));
	STORES_OK(sl_store_put_crashes(room->store, &id, 7, 3, true, &err));
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	assert_true(sl_view_archive(view, &id, room->arena, &row));
	assert_int_equal(row.crashed, 7);
	assert_int_equal(row.in_a_row, 3);
	assert_true(row.set_aside);
	sl_view_close(&view);
	sl_buf_free(&value);
}

static void no_schema(void **state)
{
	struct room *room = *state;
	put_schema(room, 0);
	sl_store_close(&room->store);
	must_fail(room->path, SL_STORE_READ, SL_EXIT_IOERR, "damaged");
}

static void fill_and_close(struct room *room)
{
	bool new_variant;
	STORES_OK(sl_store_begin(room->store, &err));
	for (unsigned i = 0; i < 3000; i++)
		put_number(room, i, 1, 5, 1, &new_variant);
	STORES_OK(sl_store_commit(room->store, &err));
	sl_store_close(&room->store);
}

static void data_path(const struct room *room, char path_r[160])
{
	snprintf(path_r, 160, "%s/data.mdb", room->path);
}

static void cut_file(void **state)
{
	struct room *room = *state;
	char path[160];
	struct stat st;
	fill_and_close(room);
	data_path(room, path);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 2 << 20);
	assert_int_equal(truncate(path, st.st_size / 2), 0);
	must_fail(room->path, SL_STORE_READ, SL_EXIT_IOERR, "damaged");
	must_fail(room->path, SL_STORE_WRITE, SL_EXIT_IOERR, "damaged");
	assert_int_equal(truncate(path, 5000), 0);
	must_fail(room->path, SL_STORE_READ, SL_EXIT_IOERR, "damaged");
	assert_int_equal(truncate(path, 100), 0);
	must_fail(room->path, SL_STORE_WRITE, SL_EXIT_IOERR, "damaged");
}

static int check_cut(struct room *room)
{
	struct stores_findings findings = { 0 };
	struct sl_err why;
	enum sl_rc rc = sl_store_open(room->path, SL_STORE_WRITE, &room->store, &why);
	if (rc == SL_OK)
		rc = sl_store_check(room->store, stores_say, &findings, &why);
	if (rc == SL_FATAL)
		return (int)why.exit_code;
	return rc == SL_WARN ? SL_EXIT_IOERR : 1;
}

/* A few pages short: opened by the writer, and what is missing is an error, not a signal. Where
 * LMDB cannot go on, the child ends with the same code. */
static void cut_tail(void **state)
{
	struct room *room = *state;
	char path[160];
	struct stat st;
	fill_and_close(room);
	data_path(room, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 40 * 4096), 0);
	assert_int_equal(in_child(room, check_cut), SL_EXIT_IOERR);
}

static void garbage_file(void **state)
{
	struct room *room = *state;
	char path[160], garbage[8192];
	fill_and_close(room);
	data_path(room, path);
	memset(garbage, 0x5a, sizeof(garbage));
	int fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, garbage, sizeof(garbage), 0), (ssize_t)sizeof(garbage));
	close(fd);
	must_fail(room->path, SL_STORE_READ, SL_EXIT_IOERR, "damaged");
	must_fail(room->path, SL_STORE_WRITE, SL_EXIT_IOERR, "damaged");
}

/* Two leaves change places; the file's time is put back, as if a disk had done it. */
static void swap_leaves(const char *path)
{
	struct leaf {
		uint64_t number;
		uint16_t pad, flags;
		char rest[4096 - 12];
	} pages[2];
	struct stat st;
	size_t n = 0;
	int fd = open(path, O_RDWR);
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t at = st.st_size / 2; n < 2; at += 4096) {
		assert_int_equal(pread(fd, &pages[n], 4096, at / 4096 * 4096), 4096);
		n += pages[n].flags == 2 && pages[n].number == (uint64_t)at / 4096;
	}
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			pwrite(fd, &pages[1 - i], 4096, (off_t)pages[i].number * 4096), 4096);
	struct timespec times[2] = { st.st_atim, st.st_mtim };
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

/* While the stamp of the last writer fits, leaves are looked at when they are read, and by a check;
 * otherwise at the open. */
static void stamps(void **state)
{
	struct room *room = *state;
	struct stores_findings findings = { 0 };
	struct sl_stamp stamp;
	struct sl_err why = { .text = "" };
	char path[160];
	int fd;
	uint64_t commits;
	fill_and_close(room);
	data_path(room, path);
	assert_true(sl_stamp_read(room->path, &stamp));
	assert_true(stamp.checked > 0);
	swap_leaves(path);
	room->store = stores_open(room->path, SL_STORE_READ);
	assert_int_equal(sl_store_check(room->store, stores_say, &findings, &why), SL_FATAL);
	assert_non_null(strstr(why.text, "damaged"));
	/* an old stamp */
	assert_true(sl_db_file(room->store->db, &fd, &commits));
	sl_stamp_write(room->path, fd, commits, stamp.checked - SL_STAMP_SECONDS);
	sl_store_close(&room->store);
	must_fail(room->path, SL_STORE_READ, SL_EXIT_IOERR, "damaged");
	/* another time of the file */
	fd = open(path, O_RDWR);
	sl_stamp_write(room->path, fd, commits, stamp.checked);
	room->store = stores_open(room->path, SL_STORE_READ);
	sl_store_close(&room->store);
	struct timespec times[2] = { { 5, 0 }, { 5, 0 } };
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
	must_fail(room->path, SL_STORE_READ, SL_EXIT_IOERR, "damaged");
	/* no stamp, and one that is torn */
	snprintf(path, sizeof(path), "%s/verified", room->path);
	assert_int_equal(truncate(path, 20), 0);
	assert_false(sl_stamp_read(room->path, &stamp));
	must_fail(room->path, SL_STORE_WRITE, SL_EXIT_IOERR, "damaged");
	assert_int_equal(unlink(path), 0);
	must_fail(room->path, SL_STORE_WRITE, SL_EXIT_IOERR, "damaged");
	assert_false(sl_stamp_read(room->path, &stamp));
}

static int read_broken(struct room *room)
{
	struct sl_view *view;
	struct sl_message_row row;
	struct sl_id id = made_id(room->arena, "message key", 1);
	reopen(room, SL_STORE_READ);
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	return sl_view_message(view, &id, room->arena, &row);
}

/* A row that is broken ends a reader; in a check it reads as not there, and a writer that needs it
 * stops. */
static void broken_row(void **state)
{
	struct room *room = *state;
	bool new_variant;
	struct sl_view *view;
	struct sl_message_row row;
	struct sl_err why = { .text = "" };
	struct sl_id id = made_id(room->arena, "message key", 1);
	struct sl_key key = sl_key_of_id(&id);
	struct sl_span value;
	STORES_OK(sl_store_begin(room->store, &err));
	put_number(room, 1, 1, 5, 1, &new_variant);
	STORES_OK(sl_txn_get(room->store->txn, SL_TABLE_MESSAGES, sl_key_span(&key), &value, &err));
	struct sl_span copy = sl_arena_copy(room->arena, value);
	char *bytes = sl_arena_alloc(room->arena, copy.n);
	memcpy(bytes, copy.p, copy.n);
	bytes[copy.n / 2] ^= 4;
	STORES_OK(sl_txn_put(room->store->txn, SL_TABLE_MESSAGES, sl_key_span(&key),
		sl_span_of(bytes, copy.n), &err));
	STORES_OK(sl_store_commit(room->store, &err));
	assert_int_equal(in_child(room, read_broken), SL_EXIT_IOERR);
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	view->lenient = true;
	assert_false(sl_view_message(view, &id, room->arena, &row));
	assert_int_equal(sl_view_damage(view), 1);
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_MESSAGES, SL_SPAN_NULL);
	assert_false(sl_scan_next(scan, room->arena, &row));
	sl_scan_close(&scan);
	assert_int_equal(sl_view_damage(view), 2);
	sl_view_close(&view);
	struct sl_result result = made_result(room->arena, 1, 5);
	struct sl_origin origin = origin_of(room->arena, 7, 1);
	enum sl_seen seen;
	STORES_OK(sl_store_begin(room->store, &err));
	assert_int_equal(
		put_result(room->store, 1, &result, &origin, &seen, &new_variant, &why), SL_FATAL);
	assert_int_equal(why.exit_code, SL_EXIT_IOERR);
	assert_non_null(strstr(why.text, "damaged"));
	/* the first error sticks */
	why.text[0] = '\0';
	assert_int_equal(sl_store_commit(room->store, &why), SL_FATAL);
	assert_non_null(strstr(why.text, "damaged"));
	STORES_OK(sl_store_begin(room->store, &err));
	sl_store_abort(room->store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROOM_TEST(one_writer_many_readers),
		ROOM_TEST(killed),
		ROOM_TEST(disk_full),
		ROOM_TEST(smaller_map),
		ROOM_TEST(nothing_to_read),
		ROOM_TEST(stamps),
		ROOM_TEST(newer_schema),
		ROOM_TEST(older_schema),
		ROOM_TEST(no_schema),
		ROOM_TEST(cut_file),
		ROOM_TEST(cut_tail),
		ROOM_TEST(garbage_file),
		ROOM_TEST(broken_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
