/* SPDX-License-Identifier: Apache-2.0 */
/* inject.c - run a program and let one of its system calls fail, be cut short, or kill it.
 *
 *   inject count FILE -- PROGRAM ARG...         numbers of the calls, one a line: NUMBER COUNT
 *   inject NUMBER FAULT WHEN -- PROGRAM ARG...  FAULT: an errno, "short", or "kill"
 *
 * WHEN is N (the Nth call only) or N+ (from the Nth on). It is like strace -e inject, but for three
 * things. It follows threads and no child processes: PTRACE_O_TRACECLONE alone means clone without
 * SIGCHLD. It counts over all threads together. And "short" makes a true short read or write: the
 * call is made with half the length, so that what was said to be written is written. Counting
 * begins at main(), which is known by the program's first fcntl(0, F_GETFD).
 *
 * A call that fails is not made. A wake-up by futex never fails: no kernel does that, and waiters
 * would wait for ever. The exit status is that of the program; it dies of the same signal.
 * 77: this machine does not let us trace.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { TASKS = 4096, CALLS = 1024, SKIP = 77 };

struct task {
	pid_t tid;
	bool failing, shortened, asked;
	unsigned long long length; /* the argument to be put back */
	uintptr_t iovec;           /* whose length was changed, or 0 */
	size_t iovec_length;
};

struct injector {
	pid_t engine;
	struct task tasks[TASKS];
	size_t n_tasks;
	bool begun; /* main() was reached */
	uint64_t seen[CALLS];
	/* what to do; call < 0: count only */
	long call;
	int error; /* 0: cut short */
	bool kill;
	uint64_t first;
	bool for_ever;
};

static struct task *task_of(struct injector *in, pid_t tid)
{
	for (size_t i = 0; i < in->n_tasks; i++)
		if (in->tasks[i].tid == tid)
			return &in->tasks[i];
	if (in->n_tasks == TASKS)
		abort();
	in->tasks[in->n_tasks] = (struct task){ .tid = tid };
	return &in->tasks[in->n_tasks++];
}

static void forget_task(struct injector *in, pid_t tid)
{
	for (size_t i = 0; i < in->n_tasks; i++)
		if (in->tasks[i].tid == tid)
			in->tasks[i] = in->tasks[--in->n_tasks];
}

static bool is_wake(const struct __ptrace_syscall_info *info)
{
	if (info->entry.nr != SYS_futex)
		return false;
	uint64_t operation = info->entry.args[1] & (unsigned)FUTEX_CMD_MASK;
	return operation != FUTEX_WAIT && operation != FUTEX_WAIT_BITSET;
}

/* Is it this call's turn? Counts it. */
static bool is_due(struct injector *in, const struct __ptrace_syscall_info *info)
{
	uint64_t nr = info->entry.nr;
	if (!in->begun)
		in->begun = nr == SYS_fcntl && info->entry.args[0] == 0 &&
			    info->entry.args[1] == F_GETFD;
	if (!in->begun || nr >= CALLS || is_wake(info))
		return false;
	uint64_t at = ++in->seen[nr];
	if (in->call < 0 || nr != (uint64_t)in->call)
		return false;
	return at == in->first || (in->for_ever && at > in->first);
}

/* The first vector alone, and half of it. */
static void shorten_vector(struct task *task, struct user_regs_struct *regs)
{
	uintptr_t length_at = regs->rsi + offsetof(struct iovec, iov_len);
	errno = 0;
	long length = ptrace(PTRACE_PEEKDATA, task->tid, length_at, 0);
	if (errno || length <= 0)
		return;
	if (regs->rdx > 1) {
		regs->rdx = 1;
	} else if (length > 1) {
		task->iovec = length_at;
		task->iovec_length = (size_t)length;
		ptrace(PTRACE_POKEDATA, task->tid, length_at, length / 2);
	}
}

static void shorten(struct injector *in, struct task *task, struct user_regs_struct *regs)
{
	bool vector = in->call == SYS_writev || in->call == SYS_readv || in->call == SYS_pwritev ||
		      in->call == SYS_preadv;
	task->shortened = true;
	task->length = regs->rdx;
	if (vector)
		shorten_vector(task, regs);
	else if (regs->rdx > 1)
		regs->rdx /= 2;
}

static void on_entry(struct injector *in, pid_t tid, const struct __ptrace_syscall_info *info)
{
	struct user_regs_struct regs;
	if (!is_due(in, info))
		return;
	if (in->kill) {
		kill(in->engine, SIGKILL);
		return;
	}
	struct task *task = task_of(in, tid);
	if (ptrace(PTRACE_GETREGS, tid, 0, &regs))
		return;
	if (in->error && in->call == SYS_brk) {
		/* it fails by answering where the end is now, as when it is asked */
		task->asked = true;
		task->length = regs.rdi;
		regs.rdi = 0;
	} else if (in->error) {
		task->failing = true;
		regs.orig_rax = (unsigned long long)-1;
	} else {
		shorten(in, task, &regs);
	}
	ptrace(PTRACE_SETREGS, tid, 0, &regs);
}

static void on_exit_of_call(struct injector *in, pid_t tid)
{
	struct task *task = task_of(in, tid);
	struct user_regs_struct regs;
	if ((!task->failing && !task->shortened && !task->asked) ||
		ptrace(PTRACE_GETREGS, tid, 0, &regs))
		return;
	if (task->failing)
		regs.rax = (unsigned long long)-(long long)in->error;
	if (task->shortened)
		regs.rdx = task->length;
	if (task->asked)
		regs.rdi = task->length;
	if (task->iovec)
		ptrace(PTRACE_POKEDATA, tid, task->iovec, task->iovec_length);
	ptrace(PTRACE_SETREGS, tid, 0, &regs);
	*task = (struct task){ .tid = tid };
}

static void on_call(struct injector *in, pid_t tid)
{
	struct __ptrace_syscall_info info;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(in, tid, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		on_exit_of_call(in, tid);
}

/* Until the program has ended; its wait status. */
static int trace(struct injector *in)
{
	int status, ended = 0;
	pid_t tid;
	while ((tid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (tid < 0)
			continue;
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			forget_task(in, tid);
			if (tid != in->engine)
				continue;
			ended = status;
			break;
		}
		int number = WSTOPSIG(status);
		if (number == (SIGTRAP | 0x80)) {
			on_call(in, tid);
			number = 0;
		} else if (status >> 16) {
			number = 0; /* a new thread, an exec */
		}
		ptrace(PTRACE_SYSCALL, tid, 0, number);
	}
	return ended;
}

static pid_t start(char **program, int *go_r)
{
	int go[2];
	char byte;
	if (pipe2(go, O_CLOEXEC))
		exit(SKIP);
	pid_t pid = fork();
	if (pid)
		close(go[0]);
	*go_r = go[1];
	if (pid)
		return pid;
	close(go[1]);
	if (read(go[0], &byte, 1) != 1)
		_exit(SKIP);
	execv(program[0], program);
	_exit(127);
}

static void write_counts(const struct injector *in, const char *path)
{
	FILE *file = fopen(path, "w");
	if (!file)
		exit(1);
	for (size_t i = 0; i < CALLS; i++)
		if (in->seen[i])
			fprintf(file, "%zu %llu\n", i, (unsigned long long)in->seen[i]);
	fclose(file);
}

static bool read_orders(struct injector *in, char **words)
{
	char *end;
	in->kill = strcmp(words[2], "kill") == 0;
	in->error =
		strcmp(words[2], "short") == 0 || in->kill ? 0 : (int)strtol(words[2], NULL, 10);
	in->call = strtol(words[1], &end, 10);
	if (*end || in->call < 0)
		return false;
	in->first = strtoull(words[3], &end, 10);
	in->for_ever = *end == '+';
	return in->first > 0;
}

int main(int argc, char **argv)
{
	static struct injector in = { .call = -1 };
	const struct rlimit no_core = { 0, 0 };
	int at = 1, go;
	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	bool count = at == 3 && strcmp(argv[1], "count") == 0;
	if (at + 1 >= argc || (!count && (at != 4 || !read_orders(&in, argv)))) {
		fprintf(stderr, "usage: inject count FILE | NUMBER FAULT WHEN  -- PROGRAM...\n");
		return 2;
	}
	setrlimit(RLIMIT_CORE, &no_core);
	in.engine = start(argv + at + 1, &go);
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
	if (ptrace(PTRACE_SEIZE, in.engine, 0, options) ||
		ptrace(PTRACE_INTERRUPT, in.engine, 0, 0) || write(go, "", 1) != 1)
		return SKIP;
	int status = trace(&in);
	if (count)
		write_counts(&in, argv[2]);
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return 1;
}
#else
int main(void)
{
	fprintf(stderr, "inject: knows the registers of x86-64 only\n");
	return 77;
}
#endif
