/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine makes of a socket that fails: it is no death of a cell, and no mail's fault. */
#include "check.h"

#include "pipeline/driver.h"
#include "storage/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SLAB = 64 * 1024, MAILS = 3 };
enum call { NONE, SENDMSG, RECVMSG, POLL, CALLS };

/* Calls of this process that fail; those of its children do not. */
static struct {
	pid_t engine;
	enum call call;
	int error;
	unsigned first, seen;
	bool for_ever;
	bool deaf;                       /* whatever a cell says is the end of its socket */
	unsigned impatient;              /* polls that end at once */
	unsigned clocks, clocks_unknown; /* CPU clocks asked for; how many cannot be told */
} fault;

static bool strikes(enum call call)
{
	if (getpid() != fault.engine || call != fault.call)
		return false;
	fault.seen++;
	errno = fault.error;
	return fault.seen == fault.first || (fault.for_ever && fault.seen > fault.first);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return strikes(SENDMSG) ? -1 : syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	bool of_a_cell = message->msg_iov->iov_len == sizeof(struct sl_cell_packet);
	if (fault.deaf && of_a_cell && getpid() == fault.engine)
		return 0;
	return strikes(RECVMSG) ? -1 : syscall(SYS_recvmsg, fd, message, flags);
}

int poll(struct pollfd *fds, nfds_t n, int milliseconds)
{
	if (getpid() == fault.engine && fault.impatient && fault.impatient--)
		return 0;
	struct timespec wait = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
	if (strikes(POLL))
		return -1;
	return (int)syscall(SYS_ppoll, fds, n, milliseconds < 0 ? NULL : &wait, NULL, 0);
}

/* Every cell has used as much CPU as this machine is old. */
int clock_getcpuclockid(pid_t pid, clockid_t *clock_r)
{
	(void)pid;
	*clock_r = CLOCK_MONOTONIC;
	return ++fault.clocks <= fault.clocks_unknown ? EPERM : 0;
}

/* ---- an engine with one worker ---- */

struct desk {
	char path[64];
	struct sl_config config;
	struct sl_tables *tables;
	struct sl_store *store;
	struct sl_log *log;
	int nowhere;
};

static struct sl_engine *engine_of(struct desk *desk)
{
	struct sl_err err = { .exit_code = SL_EXIT_CLEAN };
	struct sl_engine *e = sl_calloc(1, sizeof(*e));
	struct sl_pool_sizes sizes = { 1, 2, SLAB, 1 << 20, 1, sl_cell_window_size(SLAB) };
	e->config = &desk->config;
	e->tables = desk->tables;
	e->log = desk->log;
	e->store = desk->store;
	e->readers = e->workers = 1;
	pthread_mutex_init(&e->lock, NULL);
	if (sl_pool_new(&sizes, &e->pool, &err) != SL_OK ||
		sl_zygote_start(e->config, e->tables, e->pool, &e->zygote, &err) != SL_OK)
		fail_msg("%s", err.text);
	sl_zygote_set_secret(e->zygote, sl_store_secret(e->store));
	return e;
}

static void free_engine(struct sl_engine *e)
{
	sl_zygote_stop(&e->zygote);
	sl_pool_free(&e->pool);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

static void fill(struct sl_batch *batch)
{
	size_t at = 0;
	batch->n = MAILS;
	for (size_t i = 0; i < MAILS; i++) {
		char *bytes = batch->slab->bytes + at;
		int n = snprintf(bytes, batch->size - at,
			"From: a@kumo.example\r\nSubject: number %zu\r\n\r\nwords\r\n", i);
		batch->raws[i] = (struct sl_raw){ .seq = i,
			.from_time = SL_TIME_NONE,
			.member_time = SL_TIME_NONE,
			.bytes = sl_span_of(bytes, (size_t)n) };
		at += (size_t)n;
	}
}

static unsigned count_results(const struct sl_batch *batch)
{
	for (unsigned n = 0; n < batch->n_items; n++) {
		assert_int_equal(batch->items[n].parcel.index, n);
		assert_false(batch->items[n].message->flags & SL_BIT(SL_MSG_CRASHED));
	}
	return (unsigned)batch->n_items;
}

/* A batch through a cell of a new engine. */
static enum sl_rc mill(struct desk *desk, struct sl_err *err)
{
	struct sl_engine *e = engine_of(desk);
	struct sl_driver driver = sl_driver_make(e, SL_CELL_WORKER, 0, 0);
	struct sl_batch *batch = sl_pool_take(e->pool, 0);
	*err = (struct sl_err){ .exit_code = SL_EXIT_CLEAN };
	fill(batch);
	enum sl_rc rc = sl_driver_batch(&driver, batch, err);
	assert_int_equal(batch->n_crashes, 0);
	if (rc == SL_OK) {
		assert_int_equal(count_results(batch), MAILS);
		assert_int_equal(e->counts.respawns, 0);
	}
	sl_batch_home(batch);
	sl_driver_end(&driver);
	free_engine(e);
	return rc;
}

/* ---- tests ---- */

static void a_fault_is_nobodys_death(void **state)
{
	static const int errors[] = { EIO, ENOMEM, ENOBUFS };
	struct sl_err err;
	for (enum call call = SENDMSG; call < CALLS; call++)
		for (unsigned row = 0; row < 2 * SL_LEN(errors); row++) {
			unsigned struck = 0;
			for (unsigned at = 1;; at++, struck++) {
				fault.call = call;
				fault.error = errors[row / 2];
				fault.for_ever = row % 2;
				fault.first = at;
				fault.seen = 0;
				enum sl_rc rc = mill(*state, &err);
				if (fault.seen < at)
					break;
				/* nothing but the burial at the end may fail unnoticed */
				if (rc == SL_OK)
					continue;
				assert_int_equal(rc, SL_FATAL);
				assert_int_equal(err.exit_code, SL_EXIT_INTERNAL);
				if (!strstr(err.text, "cannot "))
					fail_msg("call %d, number %u: %s", (int)call, at, err.text);
			}
			assert_true(struck >= 1);
		}
}

static void interrupts_are_nothing(void **state)
{
	struct sl_err err;
	for (enum call call = SENDMSG; call < CALLS; call++)
		for (unsigned at = 1; at < 5; at++) {
			fault.call = call;
			fault.error = EINTR;
			fault.first = at;
			fault.seen = 0;
			assert_int_equal(mill(*state, &err), SL_OK);
		}
}

static void a_clock_that_cannot_be_read(void **state)
{
	struct sl_err err;
	for (fault.clocks_unknown = 0; fault.clocks_unknown < 8; fault.clocks_unknown += 3) {
		fault.clocks = 0;
		fault.impatient = 6;
		assert_int_equal(mill(*state, &err), SL_OK);
		assert_true(fault.clocks >= 2);
	}
}

static void cells_that_are_stillborn(void **state)
{
	struct sl_err err;
	fault.deaf = true;
	assert_int_equal(mill(*state, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_INTERNAL);
	assert_non_null(strstr(err.text, "died at birth"));
}

static int set_up(void **state)
{
	static struct desk desk;
	struct sl_err err = { .exit_code = SL_EXIT_CLEAN };
	memset(&fault, 0, sizeof(fault));
	fault.engine = getpid();
	signal(SIGPIPE, SIG_IGN);
	desk = (struct desk){ .nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC) };
	sl_limits_default(&desk.config.limits);
	desk.config.message_cpu = 30000;
	snprintf(desk.path, sizeof(desk.path), "/tmp/sl-driver-XXXXXX");
	assert_non_null(mkdtemp(desk.path));
	desk.log = sl_log_new(desk.nowhere, SL_LOG_WARN);
	if (sl_tables_load(&desk.config, &desk.tables, &err) != SL_OK ||
		sl_store_open(desk.path, SL_STORE_WRITE, &desk.store, &err) != SL_OK)
		fail_msg("%s", err.text);
	*state = &desk;
	return 0;
}

static int tear_down(void **state)
{
	struct desk *desk = *state;
	char command[96];
	sl_store_close(&desk->store);
	snprintf(command, sizeof(command), "rm -rf '%s'", desk->path);
	assert_int_equal(system(command), 0);
	sl_log_free(&desk->log);
	sl_tables_free(&desk->tables);
	return close(desk->nowhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_fault_is_nobodys_death, set_up, tear_down),
		cmocka_unit_test_setup_teardown(interrupts_are_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_clock_that_cannot_be_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cells_that_are_stillborn, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
