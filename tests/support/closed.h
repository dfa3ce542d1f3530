/* SPDX-License-Identifier: Apache-2.0 */
/* closed.h - run a function in a closed child, for tests of the sandbox. */
#ifndef SL_TEST_CLOSED_H
#define SL_TEST_CLOSED_H

#include "check.h"
#include "pipeline/sandbox_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

enum { LIVED = 7, WORKER = 1 << SL_SANDBOX_WORKER, READER = 1 << SL_SANDBOX_READER, BOTH = 3 };

static pid_t parent;
static volatile int32_t *forbidden; /* shared with the children */
static struct sl_sandbox_level here;
static char folder[] = "/tmp/spamloom-sandbox-XXXXXX";
static char victim[64];

/* What a child does in the sandbox; comes back when nothing stopped it. */
typedef void act(void);

static inline struct sl_sandbox_wish wish_of(enum sl_sandbox_role role)
{
	return (struct sl_sandbox_wish){ role, 0, 0, forbidden };
}

/* -> wait status */
static inline int run_child(const struct sl_sandbox_wish *wish, unsigned layers, act *body)
{
	*forbidden = 0;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* cmocka's, not meant for here */
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		struct sl_sandbox_level level;
		struct sl_err err;
		if (sl_sandbox_enter_layers(wish, layers, &level, &err) != SL_OK)
			_exit(1);
		body();
		_exit(LIVED);
	}
	int status;
	while (waitpid(child, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return status;
}

static inline void must(bool good, int line)
{
	if (!good) {
		fprintf(stderr, "line %d: errno %d\n", line, errno);
		_exit(2);
	}
}
#define MUST(x) must((x), __LINE__)

static inline int set_up(void **state)
{
	(void)state;
	parent = getpid();
	/* some starters leave the standard streams closed */
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= 2)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	close(fd);
	forbidden = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(forbidden != MAP_FAILED);
	assert_non_null(mkdtemp(folder));
	snprintf(victim, sizeof(victim), "%s/victim", folder);
	FILE *file = fopen(victim, "we");
	assert_non_null(file);
	fputs("here", file);
	fclose(file);
	sl_sandbox_probe(&here);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	struct stat st;
	/* nothing of it was touched */
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, 4);
	unlink(victim);
	rmdir(folder);
	return 0;
}

#endif
