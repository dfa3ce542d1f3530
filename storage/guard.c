/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include "pipeline/base/err.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GUARDS = 8, LINE_ROOM = 1024 };

/* A signal handler can be handed nothing, so what it knows is global. A slot is written while it is
 * not live, and read only while it is. */
struct guard {
	atomic_bool taken, live;
	uintptr_t from, to; /* the mapping; both 0 when it is not known */
	char line[LINE_ROOM];
	size_t n;
};

static struct guard guards[GUARDS];
static struct sigaction former_bus, former_segv;
static pthread_once_t installed = PTHREAD_ONCE_INIT;
static atomic_flag ending = ATOMIC_FLAG_INIT;

_Thread_local volatile unsigned sl_guard_depth;

static _Noreturn void end(const char *line, size_t n)
{
	/* two threads may meet the damage at once: the second waits for the end */
	while (atomic_flag_test_and_set(&ending))
		pause();
	ssize_t written = write(STDERR_FILENO, line, n);
	(void)written;
	_exit(SL_EXIT_IOERR);
}

void sl_guard_end(const char *line)
{
	end(line, strlen(line));
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;
	const struct guard *inside = NULL;
	(void)context;
	for (size_t i = 0; i < GUARDS; i++) {
		const struct guard *g = &guards[i];
		if (!atomic_load(&g->live))
			continue;
		if (info->si_code > 0 && at >= g->from && at < g->to)
			end(g->line, g->n);
		inside = g;
	}
	if (info->si_code > 0 && sl_guard_depth && inside)
		end(inside->line, inside->n);
	/* not ours: it happens again as soon as this returns, and goes to whoever had it before */
	sigaction(number, number == SIGBUS ? &former_bus : &former_segv, NULL);
	if (info->si_code <= 0)
		raise(number);
}

static void install(void)
{
	struct sigaction action = { .sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, &former_bus);
	sigaction(SIGSEGV, &action, &former_segv);
}

/* LMDB does not tell where its map lies. */
static void find_mapping(struct guard *g, int fd)
{
	char line[512];
	struct stat st;
	FILE *maps = fopen("/proc/self/maps", "re");
	g->from = g->to = 0;
	if (!maps)
		return;
	bool known = fstat(fd, &st) == 0;
	while (known && fgets(line, sizeof(line), maps)) {
		unsigned long from, to, offset, inode;
		if (sscanf(line, "%lx-%lx %*s %lx %*s %lu", &from, &to, &offset, &inode) != 4)
			continue;
		/* the device is not compared: on layered file systems it is another one */
		if (inode == st.st_ino && offset == 0 && to - from > g->to - g->from) {
			g->from = from;
			g->to = to;
		}
	}
	fclose(maps);
}

size_t sl_guard_add(int fd, const char *line)
{
	pthread_once(&installed, install);
	for (size_t i = 0; i < GUARDS; i++) {
		struct guard *g = &guards[i];
		if (atomic_exchange(&g->taken, true))
			continue;
		find_mapping(g, fd);
		int n = snprintf(g->line, sizeof(g->line), "%s", line);
		g->n = n < 0 ? 0 : (size_t)n < sizeof(g->line) ? (size_t)n : sizeof(g->line) - 1;
		atomic_store(&g->live, true);
		return i;
	}
	return SIZE_MAX;
}

bool sl_guard_range(size_t guard, const char **map_r, size_t *size_r)
{
	if (guard >= GUARDS || guards[guard].to == 0)
		return false;
	*map_r = (const char *)guards[guard].from;
	*size_r = guards[guard].to - guards[guard].from;
	return true;
}

void sl_guard_remove(size_t guard)
{
	if (guard >= GUARDS)
		return;
	atomic_store(&guards[guard].live, false);
	atomic_store(&guards[guard].taken, false);
}
