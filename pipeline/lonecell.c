/* SPDX-License-Identifier: Apache-2.0 */
#include "lonecell.h"

#include "base/fullio.h"
#include "death.h"
#include "glib_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 50, FIRST_FD = STDERR_FILENO + 1, BYTES_PER_SHARE = 16 << 20 };
/* For the way to the mail, and for the kernel when nobody watches any more. */
static const double WALK_CPU = 30;
enum { CPU_SECONDS = 3600 };
static const uint64_t PARSER_DATA = (uint64_t)1 << 30;

/* What parent and child share. The parent believes none of it. */
struct sl_lonecell_page {
	struct sl_cell_status status;
	_Atomic uint64_t mail; /* bytes of the mail at work + 1 */
	int32_t rc, code;
	uint32_t done;
};

void sl_lonecell_mail(struct sl_lonecell *cell, size_t n)
{
	if (cell->page)
		atomic_store(&cell->page->mail, (uint64_t)n + 1);
}

/* ---- the child ---- */

/* The pipe becomes 3, what the work needs 4 and up; streams lead nowhere, everything else goes. */
static bool keep_only(struct sl_lonecell *cell, int *pipe)
{
	int moved[SL_LONECELL_FDS], nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	int high = fcntl(*pipe, F_DUPFD, 32);
	for (size_t i = 0; i < cell->n_fds; i++)
		moved[i] = fcntl(cell->fds[i], F_DUPFD, 32);
	for (int fd = 0; fd < FIRST_FD; fd++)
		if (nowhere < 0 || dup2(nowhere, fd) < 0)
			close(fd);
	*pipe = dup2(high, FIRST_FD);
	bool good = *pipe >= 0;
	for (size_t i = 0; i < cell->n_fds; i++) {
		cell->fds[i] = dup2(moved[i], FIRST_FD + 1 + (int)i);
		good = good && cell->fds[i] >= 0;
	}
	return good && close_range((unsigned)FIRST_FD + 1 + (unsigned)cell->n_fds, ~0U, 0) == 0;
}

static enum sl_rc enter(const struct sl_lonecell *cell, struct sl_err *err)
{
	uint64_t decoded = 3 * cell->config->limits.decoded;
	struct sl_sandbox_wish wish = { SL_SANDBOX_READER,
		SL_CELL_READER_DATA + (decoded > PARSER_DATA ? decoded : PARSER_DATA), CPU_SECONDS,
		&cell->page->status.forbidden };
	struct sl_sandbox_level level;
	return sl_sandbox_enter(&wish, &level, err);
}

/* What the parent, or a sanitizer, does about them is not wanted here. */
static void die_of_signals(void)
{
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS,
		SIGXCPU };
	for (size_t i = 0; i < SL_LEN(deadly); i++)
		signal(deadly[i], SIG_DFL);
}

SL_NORETURN static void live(struct sl_lonecell *cell, int pipe, size_t text_max, pid_t parent)
{
	struct sl_lonecell_page *page = cell->page;
	struct sl_err err = { .text = "no room for its descriptors" };
	struct sl_buf text = sl_buf_make(text_max);
	int code = SL_EXIT_INTERNAL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	prctl(PR_SET_NAME, "sl-lone");
	die_of_signals();
	sl_last_words(page->status.words, sizeof(page->status.words));
	sl_glib_log_to(page->status.words, sizeof(page->status.words));
	enum sl_rc rc = SL_FATAL;
	if (keep_only(cell, &pipe) && enter(cell, &err) == SL_OK)
		rc = cell->work(cell, &text, &code, &err);
	if (rc == SL_FATAL)
		snprintf(page->status.words, sizeof(page->status.words), "%.500s", err.text);
	else if (!sl_write_all(pipe, sl_buf_span(&text)))
		_exit(0);
	page->rc = rc;
	page->code = rc == SL_FATAL ? (int)err.exit_code : code;
	page->done = 1;
	_exit(0);
}

/* ---- the parent ---- */

struct watch {
	uint64_t mail;
	double cpu; /* when `mail` was first seen */
};

/* Reason to kill the child, or NULL. */
static const char *judge(
	const struct sl_lonecell *cell, pid_t child, struct watch *watch, char *why, size_t n)
{
	clockid_t clock;
	struct timespec used;
	uint64_t mail = atomic_load(&cell->page->mail);
	if (clock_getcpuclockid(child, &clock) != 0 || clock_gettime(clock, &used) != 0)
		return NULL;
	double cpu = (double)used.tv_sec + (double)used.tv_nsec / 1e9;
	if (mail && !watch->mail)
		*watch = (struct watch){ mail, cpu };
	double limit = (double)cell->config->message_cpu / 1000 *
		       (1 + (double)watch->mail / BYTES_PER_SHARE);
	if (!watch->mail)
		limit = WALK_CPU;
	if (cpu - watch->cpu <= limit)
		return NULL;
	snprintf(why, n, "no end after %.0f ms of CPU", limit * 1000);
	return why;
}

/* Take the text until the child closes its end: NULL; or the reason to kill it. */
static const char *listen(const struct sl_lonecell *cell, pid_t child, int pipe,
	struct sl_buf *text, char *why, size_t n)
{
	struct watch watch = { 0, 0 };
	for (;;) {
		struct pollfd fd = { .fd = pipe, .events = POLLIN };
		const char *reason = judge(cell, child, &watch, why, n);
		if (reason)
			return reason;
		if (poll(&fd, 1, TICK_MS) <= 0)
			continue;
		char *room = sl_buf_reserve(text, 65536);
		if (!room)
			return "endless text";
		ssize_t got = read(pipe, room, 65536);
		if (got == 0)
			return NULL;
		if (got < 0 && errno != EINTR)
			return "its text cannot be read";
		if (got > 0)
			sl_buf_filled(text, (size_t)got);
	}
}

/* The child is not reaped yet, so the number is still its own; one that ended is not killed. */
static int reap(pid_t child)
{
	int how = 0;
	kill(child, SIGKILL);
	while (waitpid(child, &how, 0) < 0 && errno == EINTR)
		;
	return how;
}

/* The work's own reason to fail: printable, whatever the child wrote. */
static enum sl_rc fail(const struct sl_lonecell_page *page, struct sl_err *err)
{
	struct sl_buf text = sl_buf_make(4096);
	const char *words = page->status.words;
	sl_buf_escaped(&text, sl_span_of(words, strnlen(words, sizeof(page->status.words))), 500);
	sl_err_set(err, page->code == SL_EXIT_IOERR ? SL_EXIT_IOERR : SL_EXIT_INTERNAL, "%s",
		text.p ? text.p : "");
	sl_buf_free(&text);
	return SL_FATAL;
}

static enum sl_rc outcome(
	const struct sl_lonecell *cell, int how, const char *why, int *code_r, struct sl_err *err)
{
	const struct sl_lonecell_page *page = cell->page;
	struct sl_death death;
	if (why || how != 0 || page->done != 1) {
		sl_death_explain(&page->status, how, why, &death);
		return sl_err_set(
			err, SL_EXIT_INTERNAL, "the mail ended its reader: %s", death.cause);
	}
	if (page->rc == SL_FATAL)
		return fail(page, err);
	*code_r = page->code == SL_EXIT_CLEAN ? SL_EXIT_CLEAN : SL_EXIT_DAMAGED;
	return SL_OK;
}

static enum sl_rc in_child(
	struct sl_lonecell *cell, struct sl_buf *text, int *code_r, struct sl_err *err)
{
	int ends[2];
	char why[64];
	pid_t parent = getpid();
	if (pipe2(ends, O_CLOEXEC) != 0)
		return sl_err_errno(err, SL_EXIT_INTERNAL, "no pipe for a cell");
	pid_t child = fork();
	if (child == 0)
		live(cell, ends[1], text->max, parent);
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return sl_err_errno(err, SL_EXIT_INTERNAL, "cannot fork a cell");
	}
	const char *reason = listen(cell, child, ends[0], text, why, sizeof(why));
	close(ends[0]);
	return outcome(cell, reap(child), reason, code_r, err);
}

static enum sl_rc insist(const struct sl_config *config, struct sl_err *err)
{
	struct sl_sandbox_level level;
	if (!config->require_sandbox)
		return SL_OK;
	sl_sandbox_probe(&level);
	return sl_sandbox_insist(&level, "this kernel gives", err);
}

enum sl_rc sl_lonecell_run(
	struct sl_lonecell *cell, struct sl_buf *text, int *code_r, struct sl_err *err)
{
	if (!cell->config->isolation_process)
		return cell->work(cell, text, code_r, err);
	if (insist(cell->config, err) != SL_OK)
		return SL_FATAL;
	void *page = mmap(NULL, sizeof(*cell->page), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return sl_err_errno(err, SL_EXIT_INTERNAL, "no memory for a cell");
	cell->page = page;
	enum sl_rc rc = in_child(cell, text, code_r, err);
	munmap(page, sizeof(*cell->page));
	cell->page = NULL;
	return rc;
}
