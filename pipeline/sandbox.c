/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include "sandbox_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

/* Sanitizers map their shadow by terabytes, so that RLIMIT_DATA means nothing there. The thread
 * sanitizer has a thread of its own that sleeps and opens files: no seccomp in such a build, and
 * the level says so. The address sanitizer lives in the sandbox; only the stack of its report is
 * lost, because it wants to read /proc/self/maps. */
#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
enum { UNDER_TSAN = true, UNDER_ASAN = false };
#elif defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
enum { UNDER_TSAN = false, UNDER_ASAN = true };
#else
enum { UNDER_TSAN = false, UNDER_ASAN = false };
#endif

static enum sl_rc fail(struct sl_err *err, const char *what)
{
	return sl_err_errno(err, SL_EXIT_INTERNAL, "cannot close a cell: %s", what);
}

/* ---- Landlock ---- */

/* linux/landlock.h of Debian 12 ends with ABI 2; numbers from the header of Linux 6.15. */
struct ruleset {
	uint64_t files;  /* bit per right on a path */
	uint64_t net;    /* ABI 4: bit 0 TCP bind, bit 1 TCP connect */
	uint64_t scoped; /* ABI 6: bit 0 abstract unix sockets, bit 1 signals */
};
enum { LANDLOCK_KNOWN = 7, LANDLOCK_ASK_VERSION = 1 };

/* Rights on paths by ABI: 13 from the start, then REFER, TRUNCATE and IOCTL_DEV. */
static uint64_t file_rights(unsigned abi)
{
	unsigned rights = 13U + (abi >= 2) + (abi >= 3) + (abi >= 5);
	return ((uint64_t)1 << rights) - 1;
}

static unsigned landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_ASK_VERSION);
	if (abi < 0)
		return 0; /* not built in, or off */
	return abi < LANDLOCK_KNOWN ? (unsigned)abi : LANDLOCK_KNOWN;
}

/* Everything that the ABI can handle is, and no rule gives any of it back. */
static enum sl_rc enter_landlock(unsigned *abi_r, struct sl_err *err)
{
	*abi_r = landlock_abi();
	if (*abi_r == 0)
		return SL_OK;
	struct ruleset ruleset = { .files = file_rights(*abi_r),
		.net = *abi_r >= 4 ? 3 : 0,
		.scoped = *abi_r >= 6 ? 3 : 0 };
	long fd = syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);
	if (fd < 0)
		return fail(err, "landlock_create_ruleset");
	long failed = syscall(SYS_landlock_restrict_self, fd, 0);
	int number = errno;
	close((int)fd);
	errno = number;
	return failed ? fail(err, "landlock_restrict_self") : SL_OK;
}

/* ---- limits ---- */

/* Bytes that RLIMIT_DATA counts now, and the stack on top; 0: not known. */
static uint64_t data_in_use(void)
{
	char text[256];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	struct sl_span rest = sl_span_of(text, (size_t)n), field = SL_SPAN_NULL;
	for (unsigned i = 0; i < 6; i++) /* size resident shared text lib data */
		if (!sl_span_split(&rest, ' ', &field))
			return 0;
	uint64_t pages;
	return sl_span_u64(field, &pages) ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

/* Never above what is in force already. */
static bool lower(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit limit;
	if (getrlimit((__rlimit_resource_t)resource, &limit))
		return false;
	if (hard < limit.rlim_max)
		limit.rlim_max = hard;
	if (soft < limit.rlim_cur)
		limit.rlim_cur = soft;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

/* SIGXCPU at the wish, SIGKILL a second later. */
static bool limit_cpu(uint64_t seconds)
{
	struct rusage used;
	if (getrusage(RUSAGE_SELF, &used))
		return false;
	int64_t rounded_up = used.ru_utime.tv_sec + used.ru_stime.tv_sec +
			     (used.ru_utime.tv_usec + used.ru_stime.tv_usec + 999999) / 1000000;
	uint64_t until = seconds + (uint64_t)rounded_up;
	return lower(RLIMIT_CPU, until, until + 1);
}

/* The number that the next descriptor would get. As a limit it forbids that one and all behind it,
 * while poll() still takes as many as are open without a gap from 0: it refuses more than
 * RLIMIT_NOFILE. */
static rlim_t next_descriptor(void)
{
	int fd = 0;
	while (fcntl(fd, F_GETFD) >= 0)
		fd++;
	return (rlim_t)fd;
}

enum { READER_DESCRIPTORS = 64 };

/* `in_use` was asked for while files could be opened. False: one of them is not in force. */
static bool enter_rlimits(const struct sl_sandbox_wish *wish, uint64_t in_use)
{
	rlim_t files = wish->role == SL_SANDBOX_WORKER ? next_descriptor() : READER_DESCRIPTORS;
	/* 1, not 0: a core that is piped to a program knows no size but this one, core(5) */
	bool good = lower(RLIMIT_CORE, 1, 1) && lower(RLIMIT_NOFILE, files, files);
	if (wish->cpu_seconds)
		good = limit_cpu(wish->cpu_seconds) && good;
	if (wish->data_bytes && !UNDER_ASAN && !UNDER_TSAN) {
		rlim_t most = in_use + wish->data_bytes;
		good = in_use && lower(RLIMIT_DATA, most, most) && good;
	}
	return good;
}

/* ---- seccomp ---- */

/* Set once, before the filter is in force; read by the handler only. */
static volatile int32_t *forbidden_note;

/* fstat() of glibc is newfstatat(fd, "", AT_EMPTY_PATH). The filter cannot read the path, so it
 * lets no newfstatat through; what is meant is done here, by a call that takes no path. */
static bool serve_fstat(const siginfo_t *info, ucontext_t *context)
{
	if (info->si_syscall != SYS_newfstatat)
		return false;
#if defined(__x86_64__)
	greg_t *regs = context->uc_mcontext.gregs;
	long fd = regs[REG_RDI], path = regs[REG_RSI], to = regs[REG_RDX], flags = regs[REG_R10];
#elif defined(__aarch64__)
	unsigned long long *regs = context->uc_mcontext.regs;
	long fd = (long)regs[0], path = (long)regs[1], to = (long)regs[2], flags = (long)regs[3];
#else
	long fd = -1, path = 0, to = 0, flags = 0;
	(void)context;
#endif
	if (flags != AT_EMPTY_PATH || path == 0 || *(const char *)path != '\0')
		return false;
	int number = errno;
	long result = syscall(SYS_fstat, fd, to) ? -errno : 0;
	errno = number;
#if defined(__x86_64__)
	regs[REG_RAX] = result;
#elif defined(__aarch64__)
	regs[0] = (unsigned long long)result;
#else
	(void)result;
#endif
	return true;
}

static void on_forbidden(int number, siginfo_t *info, void *context)
{
	(void)number;
	if (serve_fstat(info, context))
		return;
	if (forbidden_note)
		*forbidden_note = info->si_syscall + 1;
	_exit(SL_SANDBOX_STATUS);
}

static bool has_seccomp(void)
{
	uint32_t action = SECCOMP_RET_TRAP;
	return !UNDER_TSAN && syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static enum sl_rc enter_seccomp(
	const struct sl_sandbox_wish *wish, bool *seccomp_r, struct sl_err *err)
{
	struct sl_sandbox_filter filter;
	if (!has_seccomp() || !sl_sandbox_filter_make(wish->role, (uint32_t)getpid(), &filter))
		return SL_OK;
	forbidden_note = wish->forbidden;
	struct sigaction action = { .sa_sigaction = on_forbidden, .sa_flags = SA_SIGINFO };
	sigset_t set;
	sigemptyset(&action.sa_mask);
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	/* blocked, it would end the process without a note */
	if (sigaction(SIGSYS, &action, NULL) || sigprocmask(SIG_UNBLOCK, &set, NULL))
		return fail(err, "sigaction");
	struct sock_fprog program = { filter.n, filter.code };
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		return fail(err, "seccomp");
	*seccomp_r = true;
	return SL_OK;
}

/* ---- all of them ---- */

enum sl_rc sl_sandbox_enter_layers(const struct sl_sandbox_wish *wish, unsigned layers,
	struct sl_sandbox_level *level_r, struct sl_err *err)
{
	sl_assert(wish->role == SL_SANDBOX_WORKER || wish->role == SL_SANDBOX_READER);
	*level_r = (struct sl_sandbox_level){ 0, false, false };
	uint64_t in_use = data_in_use();
	enum sl_rc rc = SL_OK;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return fail(err, "no_new_privs");
	if (layers & SL_SANDBOX_LANDLOCK)
		rc = enter_landlock(&level_r->landlock, err);
	if (rc == SL_OK && layers & SL_SANDBOX_RLIMITS)
		level_r->rlimits = enter_rlimits(wish, in_use);
	if (rc == SL_OK && layers & SL_SANDBOX_SECCOMP)
		rc = enter_seccomp(wish, &level_r->seccomp, err);
	return rc;
}

enum sl_rc sl_sandbox_enter(
	const struct sl_sandbox_wish *wish, struct sl_sandbox_level *level_r, struct sl_err *err)
{
	return sl_sandbox_enter_layers(wish, SL_SANDBOX_LAYERS, level_r, err);
}

enum { PROBE_ABI = 15, PROBE_SECCOMP = 16, PROBE_RLIMITS = 32 };
_Static_assert((int)LANDLOCK_KNOWN <= (int)PROBE_ABI, "the level is an exit status");

SL_NORETURN static void probe(void)
{
	struct sl_sandbox_wish wish = { SL_SANDBOX_WORKER, (uint64_t)1 << 30, 60, NULL };
	struct sl_sandbox_level level;
	struct sl_err err;
	if (sl_sandbox_enter(&wish, &level, &err) != SL_OK)
		_exit(0);
	_exit((int)level.landlock | (level.seccomp ? PROBE_SECCOMP : 0) |
		(level.rlimits ? PROBE_RLIMITS : 0));
}

void sl_sandbox_probe(struct sl_sandbox_level *level_r)
{
	*level_r = (struct sl_sandbox_level){ 0, false, false };
	pid_t child = fork();
	if (child == 0)
		probe();
	int status = 0;
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return;
	if (child < 0 || !WIFEXITED(status))
		return;
	unsigned found = (unsigned)WEXITSTATUS(status);
	level_r->landlock = found & PROBE_ABI;
	level_r->seccomp = found & PROBE_SECCOMP;
	level_r->rlimits = found & PROBE_RLIMITS;
}

bool sl_sandbox_is_full(const struct sl_sandbox_level *level)
{
	return level->landlock && level->seccomp && level->rlimits;
}

void sl_sandbox_text(const struct sl_sandbox_level *level, char text_r[SL_SANDBOX_TEXT])
{
	char landlock[24] = "";
	if (level->landlock)
		snprintf(landlock, sizeof(landlock), "+landlock%u", level->landlock);
	int n = snprintf(text_r, SL_SANDBOX_TEXT, "%s%s%s", landlock,
		level->seccomp ? "+seccomp" : "", level->rlimits ? "+rlimits" : "");
	sl_assert(n >= 0 && n < SL_SANDBOX_TEXT);
	if (n == 0)
		snprintf(text_r, SL_SANDBOX_TEXT, "none");
	else
		memmove(text_r, text_r + 1, (size_t)n);
}

enum sl_rc sl_sandbox_insist(
	const struct sl_sandbox_level *level, const char *whose, struct sl_err *err)
{
	char text[SL_SANDBOX_TEXT];
	if (sl_sandbox_is_full(level))
		return SL_OK;
	sl_sandbox_text(level, text);
	return sl_err_set(err, SL_EXIT_CONFIG, "--require-sandbox: %s only: %s", whose, text);
}
