/* SPDX-License-Identifier: Apache-2.0 */
/* cell.c - the inside of a cell: a sandbox first, then work until the socket closes. */
#include "cell.h"

#include "glib_log.h"
#include "mock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A cell is replaced long before it comes near this; what is left is the kernel's last word. */
enum { CPU_SECONDS = 3600 };
static const uint64_t WORKER_DATA_LEAST = (uint64_t)768 << 20;

size_t sl_cell_window_size(size_t slab_size)
{
	size_t worker = sizeof(struct sl_worker_window) + sl_batch_results_most(slab_size) +
			SL_RESULTS_MOST;
	size_t reader = sizeof(struct sl_reader_window);
	return worker > reader ? worker : reader;
}

/* ---- packets ---- */

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int) * (SL_CELL_SPOOLS + 1))];
};

bool sl_cell_send(int socket, const void *packet, size_t size, const int *fds, size_t n)
{
	union control control = { .room = { 0 } };
	void *bytes = (void *)(uintptr_t)packet;
	struct iovec piece = { bytes, size };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	sl_assert(n <= SL_CELL_SPOOLS + 1);
	if (n) {
		message.msg_control = control.room;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int) * n);
		memcpy(CMSG_DATA(header), fds, sizeof(int) * n);
	}
	ssize_t sent;
	do
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)size;
}

static void take_descriptors(struct msghdr *message, int *fds, size_t room, size_t *n)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		size_t got = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < got; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(int));
			if (*n < room)
				fds[(*n)++] = fd;
			else
				close(fd);
		}
	}
}

bool sl_cell_receive(int socket, void *packet, size_t size, int *fds, size_t room, size_t *n_r)
{
	union control control;
	struct iovec piece = { packet, size };
	struct msghdr message = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	size_t n = 0;
	ssize_t got;
	do
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got >= 0)
		take_descriptors(&message, fds, room, &n);
	if (n_r)
		*n_r = n;
	return got == (ssize_t)size;
}

/* ---- birth ---- */

struct cell {
	const struct sl_cell_birth *birth;
	struct sl_cell_status *status;
	struct sl_spools spools; /* a reader's */
};

/* The socket becomes 3, spools 4 and up; everything else goes. Streams must lead nowhere: a library
 * that writes to stderr would write into whatever has its number. */
static void keep_only(struct sl_cell_birth *birth)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	int first = STDERR_FILENO + 1, moved[SL_CELL_SPOOLS + 1];
	moved[0] = fcntl(birth->socket, F_DUPFD, 16);
	for (int i = 0; i < SL_CELL_SPOOLS; i++)
		moved[i + 1] = birth->spools[i] < 0 ? -1 : fcntl(birth->spools[i], F_DUPFD, 16);
	for (int fd = 0; fd < first; fd++)
		if (nowhere < 0 || dup2(nowhere, fd) < 0)
			close(fd);
	for (int i = 0; i <= SL_CELL_SPOOLS; i++)
		if (moved[i] >= 0 && dup2(moved[i], first + i) < 0)
			_exit(SL_EXIT_INTERNAL);
	birth->socket = first;
	for (int i = 0; i < SL_CELL_SPOOLS; i++)
		birth->spools[i] = moved[i + 1] < 0 ? -1 : first + 1 + i;
	if (close_range((unsigned)(first + SL_CELL_SPOOLS + 1), ~0U, 0) != 0)
		_exit(SL_EXIT_INTERNAL);
	for (int i = 0; i < SL_CELL_SPOOLS; i++)
		if (birth->spools[i] < 0)
			close(first + 1 + i);
}

static void leave_signals_to_the_engine(void)
{
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS,
		SIGXCPU };
	for (size_t i = 0; i < SL_LEN(deadly); i++)
		signal(deadly[i], SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool say(const struct cell *cell, enum sl_cell_word word, uint32_t slab)
{
	struct sl_cell_packet packet = { .word = (uint32_t)word, .slab = slab };
	return sl_cell_send(cell->birth->socket, &packet, sizeof(packet), NULL, 0);
}

static void enter_sandbox(struct cell *cell)
{
	const struct sl_cell_birth *birth = cell->birth;
	bool reader = birth->role == SL_CELL_READER;
	uint64_t decoded = 3 * birth->config->limits.decoded;
	struct sl_sandbox_wish wish = { reader ? SL_SANDBOX_READER : SL_SANDBOX_WORKER,
		reader ? SL_CELL_READER_DATA
		       : birth->config->content_cache +
				 (decoded > WORKER_DATA_LEAST ? decoded : WORKER_DATA_LEAST),
		CPU_SECONDS, &cell->status->forbidden };
	struct sl_cell_packet hello = { .word = SL_CELL_HELLO };
	struct sl_err err;
	if (sl_sandbox_enter(&wish, &hello.level, &err) != SL_OK) {
		snprintf(cell->status->words, sizeof(cell->status->words), "%.400s", err.text);
		_exit(SL_EXIT_INTERNAL);
	}
	if (!sl_cell_send(birth->socket, &hello, sizeof(hello), NULL, 0))
		_exit(0);
}

/* ---- a worker ---- */

static void put_results(struct sl_worker_window *w, size_t room, uint32_t i, struct sl_buf *results)
{
	uint64_t at = i ? w->end[i - 1] : 0;
	sl_assert(!results->overflow && results->n <= room - at);
	memcpy(w->results + at, results->p, results->n);
	w->end[i] = at + results->n;
	atomic_store_explicit(&w->done, i + 1, memory_order_release);
}

static void work(struct cell *cell, struct sl_worker_window *w, struct sl_buf *results)
{
	const struct sl_cell_birth *birth = cell->birth;
	const char *base = sl_pool_base(birth->pool);
	size_t room = sl_pool_sizes(birth->pool)->window - sizeof(*w);
	uint32_t n = w->n < SL_BATCH_MESSAGES ? w->n : SL_BATCH_MESSAGES;
	for (uint32_t i = 0; i < n; i++) {
		const struct sl_work_item *item = &w->items[i];
		struct sl_raw raw = { .ordinal = item->ordinal,
			.from_time = item->from_time,
			.member_time = item->member_time,
			.archive = item->archive,
			.named = true,
			.id = item->id,
			.key = item->key,
			.bytes = sl_span_of(base + item->at, item->n),
			.cut = item->cut != 0 };
		sl_buf_reset(results);
		sl_mill_message(
			birth->mill, (enum sl_mill_mode)w->mode, &raw, item->index, results);
		if (sl_mock_results && w->mode == SL_MILL_FULL)
			sl_mock_results(raw.bytes, results);
		put_results(w, room, i, results);
	}
	w->work = *sl_mill_work(birth->mill);
}

static void worker_life(struct cell *cell)
{
	struct sl_worker_window *w = (void *)cell->status;
	struct sl_buf results = sl_buf_make(SL_RESULTS_MOST + 4096);
	struct sl_cell_packet packet;
	sl_mill_watch(cell->birth->mill, &w->stage);
	while (sl_cell_receive(cell->birth->socket, &packet, sizeof(packet), NULL, 0, NULL) &&
		packet.word == SL_CELL_GO) {
		work(cell, w, &results);
		if (!say(cell, SL_CELL_DONE, 0))
			break;
	}
}

/* ---- a reader ---- */

static bool ask(const struct cell *cell, enum sl_cell_word word, uint32_t slab,
	enum sl_cell_word want, struct sl_cell_packet *packet_r)
{
	return say(cell, word, slab) &&
	       sl_cell_receive(cell->birth->socket, packet_r, sizeof(*packet_r), NULL, 0, NULL) &&
	       packet_r->word == (uint32_t)want;
}

static struct sl_slab *take_slab(void *cell_p)
{
	struct cell *cell = cell_p;
	struct sl_cell_packet packet;
	if (!ask(cell, SL_CELL_TAKE, 0, SL_CELL_SLAB, &packet))
		return NULL;
	return sl_pool_slab(cell->birth->pool, packet.slab);
}

static uint32_t number_of(const struct cell *cell, const struct sl_slab *slab)
{
	size_t at = (size_t)((const char *)slab - sl_pool_base(cell->birth->pool));
	return (uint32_t)(at / sl_pool_sizes(cell->birth->pool)->slab);
}

static bool push_slab(void *cell_p, struct sl_slab *slab)
{
	struct cell *cell = cell_p;
	return say(cell, SL_CELL_PUSH, number_of(cell, slab));
}

static char *large_range(void *cell_p, struct sl_slab *slab)
{
	struct cell *cell = cell_p;
	struct sl_cell_packet packet;
	if (!ask(cell, SL_CELL_RANGE, number_of(cell, slab), SL_CELL_RANGE, &packet))
		return NULL;
	return sl_pool_range(cell->birth->pool, cell->birth->number);
}

static bool stopping(void *cell_p)
{
	const struct cell *cell = cell_p;
	const struct sl_reader_window *w = (const void *)cell->status;
	return atomic_load_explicit(&w->stop, memory_order_relaxed) != 0;
}

static enum sl_rc fill(struct cell *cell, int fd, const struct sl_proof *proof,
	struct sl_slab **slab, struct sl_err *err)
{
	const struct sl_cell_birth *birth = cell->birth;
	const struct sl_pool_sizes *pool = sl_pool_sizes(birth->pool);
	struct sl_reader_window *w = (void *)cell->status;
	struct sl_outlet outlet = { take_slab, push_slab, large_range, stopping, cell };
	struct sl_fill_sizes sizes = { pool->slab - sizeof(struct sl_slab), pool->message,
		sl_pool_base(birth->pool) };
	struct sl_fill_job job = { w->path, w->done, w->n_done, w->from, w->notes, w->members != 0,
		&cell->spools, proof };
	return sl_fill(fd, &job, &birth->config->limits, &sizes, &outlet, slab, &w->walked, err);
}

/* `fds`: the archive, and the hashes of its proof. */
static void walk(struct cell *cell, const int fds[2], const struct sl_cell_packet *packet)
{
	const struct sl_cell_birth *birth = cell->birth;
	const struct sl_reader_window *w = (const void *)cell->status;
	struct sl_slab *slab =
		packet->slab == SL_CELL_NO_SLAB ? NULL : sl_pool_slab(birth->pool, packet->slab);
	struct sl_cell_packet end = { .word = SL_CELL_END };
	struct sl_err err = { .text = "" };
	struct sl_proof proof;
	enum sl_rc rc;
	if (sl_proof_map(fds[1], w->size, birth->secret, &proof))
		rc = fill(cell, fds[0], &proof, &slab, &err);
	else
		rc = sl_err_errno(&err, SL_EXIT_IOERR, "cannot map its proof");
	sl_proof_unmap(&proof);
	end.rc = rc;
	end.exit_code = err.exit_code;
	end.slab = slab ? number_of(cell, slab) : SL_CELL_NO_SLAB;
	snprintf(end.text, sizeof(end.text), "%s", err.text);
	if (!sl_cell_send(birth->socket, &end, sizeof(end), NULL, 0))
		_exit(0);
}

static void reader_life(struct cell *cell)
{
	struct sl_cell_packet packet;
	int fds[2];
	size_t n;
	for (int i = 0; i < SL_CELL_SPOOLS; i++)
		if (cell->birth->spools[i] >= 0)
			cell->spools.fds[cell->spools.n++] = cell->birth->spools[i];
	while (sl_cell_receive(cell->birth->socket, &packet, sizeof(packet), fds, 2, &n) &&
		packet.word == SL_CELL_WALK && n == 2) {
		walk(cell, fds, &packet);
		close(fds[0]);
		close(fds[1]);
	}
}

void sl_cell_main(const struct sl_cell_birth *birth_p)
{
	struct sl_cell_birth birth = *birth_p;
	struct cell cell = { .birth = &birth };
	bool reader = birth.role == SL_CELL_READER;
	/* follows the thread that forked: the zygote has just one */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != birth.parent)
		_exit(0);
	prctl(PR_SET_NAME, reader ? "sl-reader" : "sl-worker");
	leave_signals_to_the_engine();
	sl_pool_open_window(birth.pool, birth.window);
	if (reader)
		sl_pool_open_slabs(birth.pool, birth.number);
	cell.status = sl_pool_window(birth.pool, birth.window);
	sl_last_words(cell.status->words, sizeof(cell.status->words));
	sl_glib_log_to(cell.status->words, sizeof(cell.status->words));
	keep_only(&birth);
	enter_sandbox(&cell);
	if (reader)
		reader_life(&cell);
	else
		worker_life(&cell);
	_exit(0);
}
