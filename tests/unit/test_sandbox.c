/* SPDX-License-Identifier: Apache-2.0 */
#include "closed.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

/* ---- what must end the process ---- */

static void do_execve(void)
{
	execl("/bin/true", "true", (char *)NULL);
}

static void do_execveat(void)
{
	char *const none[] = { NULL };
	syscall(SYS_execveat, 2, "", none, none, AT_EMPTY_PATH);
}

static void do_socket(void)
{
	socket(AF_INET, SOCK_STREAM, 0);
}

static void do_socketpair(void)
{
	int two[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, two);
}

static void do_connect(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	connect(0, (struct sockaddr *)&to, sizeof(to));
}

static void do_bind(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "\0spamloom" };
	bind(0, (struct sockaddr *)&to, sizeof(to));
}

static void do_sendto(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	sendto(0, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
}

static void do_open(void)
{
	open(victim, O_RDONLY);
}

static void do_openat2(void)
{
	uint64_t how[3] = { O_RDONLY, 0, 0 };
	syscall(SYS_openat2, AT_FDCWD, victim, how, sizeof(how));
}

static void do_stat(void)
{
	struct stat st;
	fstatat(AT_FDCWD, victim, &st, 0);
}

/* fstat() is served, a path beside the flag is not. */
static void do_stat_empty(void)
{
	struct stat st;
	fstatat(AT_FDCWD, victim, &st, AT_EMPTY_PATH);
}

static void do_ptrace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void do_kill(void)
{
	kill(parent, 0);
}

static void do_tgkill(void)
{
	syscall(SYS_tgkill, parent, parent, 0);
}

static void do_fork(void)
{
	if (fork() == 0)
		_exit(LIVED);
}

static void do_clone3(void)
{
	uint64_t args[8] = { 0 };
	args[4] = SIGCHLD;
	if (syscall(SYS_clone3, args, sizeof(args)) == 0)
		_exit(LIVED);
}

static void do_unlink(void)
{
	unlinkat(AT_FDCWD, victim, 0);
}

static void do_rename(void)
{
	renameat(AT_FDCWD, victim, AT_FDCWD, "/tmp/spamloom-sandbox-renamed");
}

static void do_chmod(void)
{
	fchmodat(AT_FDCWD, victim, 0777, 0);
}

static void do_truncate(void)
{
	if (truncate(victim, 0)) {
		/* only whether it may be tried is of interest */
	}
}

static void do_mkdir(void)
{
	mkdirat(AT_FDCWD, "/tmp/spamloom-sandbox-made", 0700);
}

static void do_mmap_exec(void)
{
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void do_mprotect_exec(void)
{
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void do_pkey_mprotect(void)
{
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	syscall(SYS_pkey_mprotect, page, 4096, PROT_EXEC, -1);
}

static void do_prctl(void)
{
	prctl(PR_SET_NAME, "another", 0, 0, 0);
}

static void do_setrlimit(void)
{
	struct rlimit up = { RLIM_INFINITY, RLIM_INFINITY };
	setrlimit(RLIMIT_NOFILE, &up);
}

static void do_sigaction(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN };
	sigaction(SIGTERM, &action, NULL);
}

static void do_io_uring(void)
{
	char params[256] = "";
	syscall(SYS_io_uring_setup, 4, params);
}

static void do_bpf(void)
{
	syscall(SYS_bpf, 0, NULL, 0);
}

static void do_userfaultfd(void)
{
	syscall(SYS_userfaultfd, O_CLOEXEC);
}

static void do_writev_other(void)
{
	struct iovec none = { NULL, 0 };
	process_vm_writev(parent, &none, 1, &none, 1, 0);
}

static void do_pidfd(void)
{
	syscall(SYS_pidfd_open, parent, 0);
}

static void do_personality(void)
{
	syscall(SYS_personality, 0xffffffff);
}

static void do_ioctl(void)
{
	syscall(SYS_ioctl, 0, 0x5412, "x"); /* TIOCSTI: type into the terminal */
}

static void do_seccomp(void)
{
	syscall(SYS_seccomp, 0, 0, NULL);
}

static void do_unshare(void)
{
	syscall(SYS_unshare, 0x10000000);
}

static void do_unknown(void)
{
	syscall(4000);
}

static void do_memfd(void)
{
	memfd_create("x", MFD_CLOEXEC);
}

static void do_dup(void)
{
	if (dup(0) >= 0)
		_exit(LIVED);
}

static void do_setown(void)
{
	fcntl(0, F_SETOWN, 1);
}

struct forbidden_row {
	const char *what;
	act *act;
	long number;
	int roles;
};

static const struct forbidden_row forbidden_rows[] = {
	{ "execve", do_execve, SYS_execve, BOTH },
	{ "execveat", do_execveat, SYS_execveat, BOTH },
	{ "socket", do_socket, SYS_socket, BOTH },
	{ "socketpair", do_socketpair, SYS_socketpair, BOTH },
	{ "connect", do_connect, SYS_connect, BOTH },
	{ "bind", do_bind, SYS_bind, BOTH },
	{ "sendto a name", do_sendto, SYS_sendto, BOTH },
	{ "open", do_open, SYS_openat, BOTH },
	{ "openat2", do_openat2, SYS_openat2, BOTH },
	{ "stat", do_stat, SYS_newfstatat, BOTH },
	{ "stat with the flag of fstat", do_stat_empty, SYS_newfstatat, BOTH },
	{ "ptrace", do_ptrace, SYS_ptrace, BOTH },
	{ "kill", do_kill, SYS_kill, BOTH },
	{ "tgkill", do_tgkill, SYS_tgkill, BOTH },
	{ "fork", do_fork, SYS_clone, BOTH },
	{ "clone3", do_clone3, SYS_clone3, BOTH },
	{ "unlink", do_unlink, SYS_unlinkat, BOTH },
	{ "rename", do_rename, SYS_renameat, BOTH },
	{ "chmod", do_chmod, SYS_fchmodat, BOTH },
	{ "truncate", do_truncate, SYS_truncate, BOTH },
	{ "mkdir", do_mkdir, SYS_mkdirat, BOTH },
	{ "mmap of code", do_mmap_exec, SYS_mmap, BOTH },
	{ "mprotect to code", do_mprotect_exec, SYS_mprotect, BOTH },
	{ "pkey_mprotect", do_pkey_mprotect, SYS_pkey_mprotect, BOTH },
	{ "prctl", do_prctl, SYS_prctl, BOTH },
	{ "setrlimit", do_setrlimit, SYS_prlimit64, BOTH },
	{ "sigaction", do_sigaction, SYS_rt_sigaction, BOTH },
	{ "io_uring_setup", do_io_uring, SYS_io_uring_setup, BOTH },
	{ "bpf", do_bpf, SYS_bpf, BOTH },
	{ "userfaultfd", do_userfaultfd, SYS_userfaultfd, BOTH },
	{ "process_vm_writev", do_writev_other, SYS_process_vm_writev, BOTH },
	{ "pidfd_open", do_pidfd, SYS_pidfd_open, BOTH },
	{ "personality", do_personality, SYS_personality, BOTH },
	{ "ioctl", do_ioctl, SYS_ioctl, BOTH },
	{ "seccomp", do_seccomp, SYS_seccomp, BOTH },
	{ "unshare", do_unshare, SYS_unshare, BOTH },
	{ "an unknown number", do_unknown, 4000, BOTH },
	{ "memfd_create", do_memfd, SYS_memfd_create, WORKER },
	{ "dup", do_dup, SYS_dup, WORKER },
	{ "fcntl", do_setown, SYS_fcntl, BOTH },
};

static void forbidden_calls(void **state)
{
	(void)state;
	if (!here.seccomp)
		skip();
	for (size_t i = 0; i < 2 * SL_LEN(forbidden_rows); i++) {
		const struct forbidden_row *row = &forbidden_rows[i / 2];
		if (!(row->roles >> i % 2 & 1))
			continue;
		struct sl_sandbox_wish wish = wish_of(i % 2);
		int status = run_child(&wish, SL_SANDBOX_LAYERS, row->act);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != SL_SANDBOX_STATUS ||
			*forbidden != row->number + 1)
			fail_msg("%s as role %zu: status %#x, noted %d, want %ld", row->what, i % 2,
				status, *forbidden, row->number + 1);
		if (row->number != 4000 && !*sl_sandbox_call_name(*forbidden - 1))
			fail_msg("%s has no name", row->what);
	}
}

/* Calls of another ABI of the same processor get no handler. */
#ifdef __x86_64__
static void do_x32(void)
{
	syscall(0x40000000 | SYS_getpid);
}

static void do_i386(void)
{
	long number = 20; /* getpid() there */
	__asm__ volatile("int $0x80" : "+a"(number) : : "memory");
}

static void other_abi(void **state)
{
	(void)state;
	static act *const acts[] = { do_x32, do_i386 };
	if (!here.seccomp)
		skip();
	for (size_t i = 0; i < SL_LEN(acts); i++) {
		struct sl_sandbox_wish wish = wish_of(SL_SANDBOX_WORKER);
		int status = run_child(&wish, SL_SANDBOX_LAYERS, acts[i]);
		assert_true(WIFSIGNALED(status));
		/* SIGSEGV: the kernel was built without that ABI */
		if (WTERMSIG(status) != SIGSYS && !(i == 1 && WTERMSIG(status) == SIGSEGV))
			fail_msg("act %zu: status %#x", i, status);
	}
}
#endif

/* A blocked or ignored SIGSYS, and nowhere to note it. */
static void odd_signals(void **state)
{
	(void)state;
	struct sl_sandbox_wish wish = wish_of(SL_SANDBOX_WORKER);
	sigset_t set, before;
	if (!here.seccomp)
		skip();
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &before);
	signal(SIGSYS, SIG_IGN);
	int status = run_child(&wish, SL_SANDBOX_LAYERS, do_open);
	assert_int_equal(*forbidden, SYS_openat + 1);
	wish.forbidden = NULL;
	int unnoted = run_child(&wish, SL_SANDBOX_LAYERS, do_open);
	signal(SIGSYS, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(status, SL_SANDBOX_STATUS << 8);
	assert_int_equal(unnoted, SL_SANDBOX_STATUS << 8);
}

/* ---- one layer alone ---- */

static void in_landlock(void)
{
	MUST(open(victim, O_RDONLY) < 0 && errno == EACCES);
	MUST(open(folder, O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES);
	MUST(open("/proc/self/maps", O_RDONLY) < 0 && errno == EACCES);
	MUST(unlink(victim) < 0 && errno == EACCES);
	MUST(mkdir("/tmp/spamloom-sandbox-made", 0700) < 0 && errno == EACCES);
	MUST(rename(victim, "/tmp/spamloom-sandbox-renamed") < 0);
	MUST(execl("/bin/true", "true", (char *)NULL) < 0 && errno == EACCES);
	if (here.landlock >= 3)
		MUST(truncate(victim, 0) < 0 && errno == EACCES);
	if (here.landlock >= 4) {
		struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = 0x900 };
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		MUST(fd < 0 ||
			(connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno == EACCES));
		MUST(fd < 0 ||
			(bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno == EACCES));
	}
	if (here.landlock >= 6)
		MUST(kill(parent, 0) < 0 && errno == EPERM);
}

static void in_rlimits(void)
{
	struct rlimit limit;
	struct pollfd none[3] = { { -1, 0, 0 }, { -1, 0, 0 }, { -1, 0, 0 } };
	MUST(open("/", O_RDONLY) < 0 && errno == EMFILE);
	MUST(dup(2) < 0 && errno == EMFILE);
	MUST(poll(none, 3, 0) == 0);
	MUST(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 1);
	MUST(getrlimit(RLIMIT_CPU, &limit) == 0 && limit.rlim_cur >= 60 && limit.rlim_cur < 90);
	MUST(limit.rlim_max == limit.rlim_cur + 1);
	if (!SANITIZED)
		MUST(getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur > 256 << 20 &&
			limit.rlim_cur == limit.rlim_max);
	MUST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

static void layers_alone(void **state)
{
	(void)state;
	struct sl_sandbox_wish wish = wish_of(SL_SANDBOX_WORKER);
	wish.cpu_seconds = 60;
	wish.data_bytes = 256 << 20;
	if (here.landlock)
		assert_int_equal(run_child(&wish, SL_SANDBOX_LANDLOCK, in_landlock), LIVED << 8);
	assert_int_equal(run_child(&wish, SL_SANDBOX_RLIMITS, in_rlimits), LIVED << 8);
	if (here.seccomp)
		assert_int_equal(
			run_child(&wish, SL_SANDBOX_SECCOMP, do_open), SL_SANDBOX_STATUS << 8);
}

/* The probe leaves the process open, and says what sl_sandbox_enter() says. */
static void probed(void **state)
{
	(void)state;
	int fd = open(victim, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
	assert_true(here.rlimits);
	assert_int_equal(sl_sandbox_is_full(&here), here.landlock && here.seccomp);
}

static void texts(void **state)
{
	(void)state;
	static const struct {
		struct sl_sandbox_level level;
		const char *text;
		bool full;
	} rows[] = {
		{ { 0, false, false }, "none", false },
		{ { 7, true, true }, "landlock7+seccomp+rlimits", true },
		{ { 2, true, true }, "landlock2+seccomp+rlimits", true },
		{ { 0, true, true }, "seccomp+rlimits", false },
		{ { 7, false, true }, "landlock7+rlimits", false },
		{ { 7, true, false }, "landlock7+seccomp", false },
		{ { UINT_MAX, true, true }, "landlock4294967295+seccomp+rlimits", true },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		char text[SL_SANDBOX_TEXT];
		sl_sandbox_text(&rows[i].level, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(sl_sandbox_is_full(&rows[i].level), rows[i].full);
	}
	assert_string_equal(sl_sandbox_call_name(SYS_execve), "execve");
	assert_string_equal(sl_sandbox_call_name(-1), "");
	assert_string_equal(sl_sandbox_call_name(100000), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forbidden_calls),
#ifdef __x86_64__
		cmocka_unit_test(other_abi),
#endif
		cmocka_unit_test(odd_signals),
		cmocka_unit_test(layers_alone),
		cmocka_unit_test(probed),
		cmocka_unit_test(texts),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
