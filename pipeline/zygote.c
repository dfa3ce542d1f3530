/* SPDX-License-Identifier: Apache-2.0 */
#include "zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum op { OP_SPAWN, OP_REAP };

struct request {
	uint32_t op, role, number, window;
	int32_t pid;
	struct sl_secret secret;
};

struct answer {
	int32_t pid, status, error;
};

struct sl_zygote {
	int socket, pid;
	pthread_mutex_t lock; /* of the conversation */
	bool broken;          /* it was cut short: what comes next may be an old answer */
	struct sl_pool *pool;
	struct sl_secret secret;
};

/* ---- the zygote's side ---- */

static void spawn(const struct request *request, const int *fds, size_t n,
	struct sl_cell_birth *birth, struct answer *answer)
{
	birth->role = request->role == SL_CELL_READER ? SL_CELL_READER : SL_CELL_WORKER;
	birth->number = request->number;
	birth->window = request->window;
	birth->socket = n ? fds[0] : -1;
	for (size_t i = 0; i < SL_CELL_SPOOLS; i++)
		birth->spools[i] = i + 1 < n ? fds[i + 1] : -1;
	birth->parent = getpid();
	pid_t pid = fork();
	if (pid == 0)
		sl_cell_main(birth);
	answer->pid = pid;
	answer->error = pid < 0 ? errno : 0;
}

static void reap(const struct request *request, struct answer *answer)
{
	int status = 0;
	pid_t pid;
	kill(request->pid, SIGKILL); /* not reaped yet, so the number is still its own */
	do
		pid = waitpid(request->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	answer->pid = pid;
	answer->status = status;
	answer->error = pid < 0 ? errno : 0;
}

/* The engine decides what a signal from the terminal means. */
static void ignore_signals(void)
{
	static const int from_outside[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ,
		SIGTSTP };
	for (size_t i = 0; i < SL_LEN(from_outside); i++)
		signal(from_outside[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}

/* Cells are the first to go when memory is short. */
static void volunteer(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t written = write(fd, "500", 3);
	(void)written; /* a cell may do without */
	close(fd);
}

SL_NORETURN static void live(int socket, const struct sl_config *config,
	const struct sl_tables *tables, struct sl_pool *pool)
{
	struct sl_secret secret;
	struct request request;
	int fds[SL_CELL_SPOOLS + 1];
	size_t n;
	memset(&secret, 0, sizeof(secret));
	ignore_signals();
	volunteer();
	sl_pool_close(pool);
	struct sl_cell_birth birth = { .pool = pool, .config = config, .secret = &secret };
	birth.mill = sl_mill_new(config, tables, &secret);
	while (sl_cell_receive(socket, &request, sizeof(request), fds, SL_LEN(fds), &n)) {
		struct answer answer = { .error = EINVAL };
		secret = request.secret;
		if (request.op == OP_SPAWN)
			spawn(&request, fds, n, &birth, &answer);
		else
			reap(&request, &answer);
		for (size_t i = 0; i < n; i++)
			close(fds[i]);
		if (!sl_cell_send(socket, &answer, sizeof(answer), NULL, 0))
			break;
	}
	_exit(0);
}

/* ---- the engine's side ---- */

enum sl_rc sl_zygote_start(const struct sl_config *config, const struct sl_tables *tables,
	struct sl_pool *pool, struct sl_zygote **zygote_r, struct sl_err *err)
{
	int pair[2], engine = getpid();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return sl_err_errno(err, SL_EXIT_INTERNAL, "no socket for the zygote");
	pid_t pid = fork();
	if (pid == 0) {
		/* follows the main thread, which lives as long as the engine */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != engine)
			_exit(0);
		prctl(PR_SET_NAME, "sl-zygote");
		close(pair[0]);
		live(pair[1], config, tables, pool);
	}
	if (pid < 0) {
		sl_err_errno(err, SL_EXIT_INTERNAL, "cannot fork the zygote");
		close(pair[0]);
		close(pair[1]);
		return SL_FATAL;
	}
	if (close(pair[1]) != 0) {
		sl_err_errno(err, SL_EXIT_INTERNAL, "cannot close the socket of the zygote");
		close(pair[0]);
		kill(pid, SIGKILL);
		return SL_FATAL;
	}
	struct sl_zygote *zygote = sl_calloc(1, sizeof(*zygote));
	zygote->socket = pair[0];
	zygote->pid = pid;
	zygote->pool = pool;
	pthread_mutex_init(&zygote->lock, NULL);
	*zygote_r = zygote;
	return SL_OK;
}

void sl_zygote_stop(struct sl_zygote **zygote_p)
{
	struct sl_zygote *zygote = *zygote_p;
	if (!zygote)
		return;
	close(zygote->socket);
	kill(zygote->pid, SIGKILL); /* it parses nothing and writes nothing: it may go at once */
	while (waitpid(zygote->pid, NULL, 0) < 0 && errno == EINTR)
		;
	pthread_mutex_destroy(&zygote->lock);
	free(zygote);
	*zygote_p = NULL;
}

void sl_zygote_set_secret(struct sl_zygote *zygote, const struct sl_secret *secret)
{
	zygote->secret = *secret;
}

/* Does errno say that the other side has gone? Kernels differ in the word for it. 0 is the end of a
 * stream; EINTR was left by a call that was made again. */
static bool is_end(int number)
{
	static const int ends[] = { 0, EINTR, EPIPE, ECONNRESET, ECONNREFUSED, ENOTCONN };
	for (size_t i = 0; i < SL_LEN(ends); i++)
		if (number == ends[i])
			return true;
	return false;
}

static enum sl_rc fail(struct sl_err *err, int number, const char *end, const char *fault)
{
	if (is_end(number))
		return sl_err_set(err, SL_EXIT_INTERNAL, "%s", end);
	errno = number;
	return sl_err_errno(err, SL_EXIT_INTERNAL, "%s", fault);
}

enum sl_rc sl_cell_tell(const struct sl_cell *cell, const struct sl_cell_packet *packet,
	const int *fds, size_t n, struct sl_err *err)
{
	errno = 0;
	if (sl_cell_send(cell->socket, packet, sizeof(*packet), fds, n))
		return SL_OK;
	return is_end(errno) ? SL_END : sl_err_errno(err, SL_EXIT_INTERNAL, "cannot tell a cell");
}

enum sl_rc sl_cell_hear(
	const struct sl_cell *cell, struct sl_cell_packet *packet_r, struct sl_err *err)
{
	errno = 0;
	if (sl_cell_receive(cell->socket, packet_r, sizeof(*packet_r), NULL, 0, NULL))
		return SL_OK;
	return is_end(errno) ? SL_END : sl_err_errno(err, SL_EXIT_INTERNAL, "cannot hear a cell");
}

static enum sl_rc converse(struct sl_zygote *zygote, struct request *request, const int *fds,
	size_t n, struct answer *answer_r, struct sl_err *err)
{
	request->secret = zygote->secret;
	pthread_mutex_lock(&zygote->lock);
	errno = 0;
	bool good = !zygote->broken &&
		    sl_cell_send(zygote->socket, request, sizeof(*request), fds, n) &&
		    sl_cell_receive(zygote->socket, answer_r, sizeof(*answer_r), NULL, 0, NULL);
	int number = errno;
	zygote->broken = !good;
	pthread_mutex_unlock(&zygote->lock);
	if (!good)
		return fail(err, number,
			"the zygote died; what was read is in the store, run again to go on",
			"cannot talk to the zygote");
	if (answer_r->error) {
		errno = answer_r->error;
		return sl_err_errno(err, SL_EXIT_INTERNAL, "the zygote cannot %s a cell",
			request->op == OP_SPAWN ? "fork" : "bury");
	}
	return SL_OK;
}

/* A reader gets nameless files for archives inside archives: it can make none. */
static enum sl_rc fork_cell(
	struct sl_zygote *zygote, struct sl_cell *cell, int theirs, struct sl_err *err)
{
	struct request request = { .op = OP_SPAWN,
		.role = (uint32_t)cell->role,
		.number = cell->number,
		.window = cell->window };
	struct answer answer = { .pid = 0 };
	int fds[SL_CELL_SPOOLS + 1] = { theirs };
	size_t n = 1;
	while (cell->role == SL_CELL_READER && n <= SL_CELL_SPOOLS &&
		(fds[n] = sl_spool_file()) >= 0)
		n++;
	enum sl_rc rc = converse(zygote, &request, fds, n, &answer, err);
	cell->pid = answer.pid;
	for (size_t i = 1; i < n; i++)
		close(fds[i]);
	return rc;
}

enum sl_rc sl_zygote_spawn(struct sl_zygote *zygote, enum sl_cell_role role, unsigned number,
	unsigned window, struct sl_cell *cell_r, struct sl_sandbox_level *level_r,
	struct sl_err *err)
{
	int pair[2], status;
	*cell_r = (struct sl_cell){ -1, 0, role, number, window };
	memset(sl_pool_window(zygote->pool, window), 0, sizeof(struct sl_cell_status));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return sl_err_errno(err, SL_EXIT_INTERNAL, "no socket for a cell");
	enum sl_rc rc = fork_cell(zygote, cell_r, pair[1], err);
	/* while it is open, nobody hears of the end of the cell */
	if (close(pair[1]) != 0 && rc == SL_OK)
		rc = sl_err_errno(err, SL_EXIT_INTERNAL, "cannot close the socket of a cell");
	if (rc != SL_OK) {
		close(pair[0]);
		return rc;
	}
	cell_r->socket = pair[0];
	struct sl_cell_packet hello;
	rc = sl_cell_hear(cell_r, &hello, err);
	if (rc == SL_OK && hello.word == SL_CELL_HELLO) {
		*level_r = hello.level;
		return SL_OK;
	}
	struct sl_err ignored; /* the first error is the one to be told */
	if (sl_zygote_bury(zygote, cell_r, &status, rc == SL_FATAL ? &ignored : err) != SL_OK)
		return SL_FATAL;
	return rc == SL_FATAL ? SL_FATAL : SL_SKIP;
}

enum sl_rc sl_zygote_bury(
	struct sl_zygote *zygote, struct sl_cell *cell, int *status_r, struct sl_err *err)
{
	struct request request = { .op = OP_REAP, .pid = cell->pid };
	struct answer answer = { .status = 0 };
	sl_assert(cell->socket >= 0);
	close(cell->socket);
	cell->socket = -1;
	enum sl_rc rc = converse(zygote, &request, NULL, 0, &answer, err);
	*status_r = answer.status;
	return rc;
}
