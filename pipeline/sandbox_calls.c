/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox_calls.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* What a role may do with a call. */
enum verdict {
	NO,
	YES,
	NO_CODE, /* third argument, the protection, without PROT_EXEC */
	OWN,     /* first argument, a process, is this one: 0 or its id */
	FLAGS,   /* second argument of fcntl() is one of the harmless commands */
	NO_NAME  /* fifth argument, an address to send to, is NULL */
};

struct call {
	int number;
	const char *name;
	enum verdict worker, reader;
};

#define CALL(name, worker, reader)                                                                 \
	{                                                                                          \
		SYS_##name, #name, worker, reader                                                  \
	}

/* Only what was seen to be needed by libc, mimalloc, GMime, ICU and the decoders once they are
 * open, and what cannot reach outside the process. Rows with NO are there for their names. Why some
 * are not here: newfstatat takes a path (see sandbox.c), prlimit64 and rt_sigaction could undo the
 * sandbox, ioctl reaches drivers, a worker needs no duplicate of a descriptor. */
static const struct call calls[] = {
	/* data, on what is open */
	CALL(read, YES, YES),
	CALL(write, YES, YES),
	CALL(readv, YES, YES),
	CALL(writev, YES, YES),
	CALL(pread64, NO, YES),
	CALL(pwrite64, NO, YES),
	CALL(recvmsg, YES, YES),
	CALL(sendmsg, YES, YES),
	CALL(recvfrom, YES, YES),
	CALL(sendto, NO_NAME, NO_NAME),
	CALL(ppoll, YES, YES),
	CALL(lseek, YES, YES),
	CALL(close, YES, YES),
	CALL(fstat, YES, YES),
	CALL(fadvise64, NO, YES),
	CALL(memfd_create, NO, YES),
	CALL(ftruncate, NO, YES),
	CALL(fcntl, NO, FLAGS),
	CALL(dup, NO, YES),
	/* memory */
	CALL(brk, YES, YES),
	CALL(mmap, NO_CODE, NO_CODE),
	CALL(mprotect, NO_CODE, NO_CODE),
	CALL(mremap, YES, YES),
	CALL(munmap, YES, YES),
	CALL(madvise, YES, YES),
	/* the process itself */
	CALL(futex, YES, YES),
	CALL(membarrier, YES, YES),
	CALL(sched_yield, YES, YES),
	CALL(sched_getaffinity, OWN, OWN), /* malloc() asks it when an arena is full */
	CALL(sysinfo, YES, YES),           /* qsort() of glibc asks it for the size of memory */
	CALL(getcpu, YES, YES),
	CALL(clock_gettime, YES, YES),
	CALL(gettimeofday, YES, YES),
	CALL(getrandom, YES, YES),
	CALL(getpid, YES, YES),
	CALL(gettid, YES, YES),
	CALL(tgkill, OWN, OWN), /* abort() */
	CALL(rt_sigprocmask, YES, YES),
	CALL(rt_sigreturn, YES, YES),
	CALL(sigaltstack, YES, YES),
	CALL(restart_syscall, YES, YES),
	CALL(exit, YES, YES),
	CALL(exit_group, YES, YES),
	/* names only */
	CALL(accept4, NO, NO),
	CALL(bind, NO, NO),
	CALL(bpf, NO, NO),
	CALL(chdir, NO, NO),
	CALL(chroot, NO, NO),
	CALL(clock_nanosleep, NO, NO),
	CALL(clone, NO, NO),
	CALL(clone3, NO, NO),
	CALL(connect, NO, NO),
	CALL(copy_file_range, NO, NO),
	CALL(dup3, NO, NO),
	CALL(execve, NO, NO),
	CALL(execveat, NO, NO),
	CALL(faccessat, NO, NO),
	CALL(faccessat2, NO, NO),
	CALL(fallocate, NO, NO),
	CALL(fchmod, NO, NO),
	CALL(fchmodat, NO, NO),
	CALL(fchown, NO, NO),
	CALL(fchownat, NO, NO),
	CALL(fdatasync, NO, NO),
	CALL(finit_module, NO, NO),
	CALL(flock, NO, NO),
	CALL(fstatfs, NO, NO),
	CALL(fsync, NO, NO),
	CALL(getcwd, NO, NO),
	CALL(getdents64, NO, NO),
	CALL(getpeername, NO, NO),
	CALL(getppid, NO, NO),
	CALL(getrlimit, NO, NO),
	CALL(getrusage, NO, NO),
	CALL(getsockname, NO, NO),
	CALL(getsockopt, NO, NO),
	CALL(getuid, NO, NO),
	CALL(inotify_init1, NO, NO),
	CALL(io_uring_enter, NO, NO),
	CALL(io_uring_setup, NO, NO),
	CALL(ioctl, NO, NO),
	CALL(kill, NO, NO),
	CALL(linkat, NO, NO),
	CALL(listen, NO, NO),
	CALL(mkdirat, NO, NO),
	CALL(mlock, NO, NO),
	CALL(mount, NO, NO),
	CALL(nanosleep, NO, NO),
	CALL(newfstatat, NO, NO),
	CALL(openat, NO, NO),
	CALL(openat2, NO, NO),
	CALL(personality, NO, NO),
	CALL(pidfd_open, NO, NO),
	CALL(pipe2, NO, NO),
	CALL(pkey_mprotect, NO, NO),
	CALL(prctl, NO, NO),
	CALL(prlimit64, NO, NO),
	CALL(process_vm_readv, NO, NO),
	CALL(process_vm_writev, NO, NO),
	CALL(ptrace, NO, NO),
	CALL(readlinkat, NO, NO),
	CALL(renameat, NO, NO),
	CALL(renameat2, NO, NO),
	CALL(rseq, NO, NO),
	CALL(rt_sigaction, NO, NO),
	CALL(rt_sigqueueinfo, NO, NO),
	CALL(seccomp, NO, NO),
	CALL(sendfile, NO, NO),
	CALL(set_robust_list, NO, NO),
	CALL(setrlimit, NO, NO),
	CALL(setsockopt, NO, NO),
	CALL(setuid, NO, NO),
	CALL(shutdown, NO, NO),
	CALL(socket, NO, NO),
	CALL(socketpair, NO, NO),
	CALL(splice, NO, NO),
	CALL(statfs, NO, NO),
	CALL(statx, NO, NO),
	CALL(symlinkat, NO, NO),
	CALL(tkill, NO, NO),
	CALL(truncate, NO, NO),
	CALL(umask, NO, NO),
	CALL(uname, NO, NO),
	CALL(unlinkat, NO, NO),
	CALL(unshare, NO, NO),
	CALL(userfaultfd, NO, NO),
	CALL(utimensat, NO, NO),
	CALL(wait4, NO, NO),
#ifdef __x86_64__
	/* calls that younger architectures have in another form only */
	CALL(poll, YES, YES),
	CALL(time, YES, YES),
	CALL(access, NO, NO),
	CALL(alarm, NO, NO),
	CALL(arch_prctl, NO, NO),
	CALL(chmod, NO, NO),
	CALL(chown, NO, NO),
	CALL(creat, NO, NO),
	CALL(dup2, NO, NO),
	CALL(epoll_create, NO, NO),
	CALL(fork, NO, NO),
	CALL(link, NO, NO),
	CALL(lstat, NO, NO),
	CALL(mkdir, NO, NO),
	CALL(open, NO, NO),
	CALL(pipe, NO, NO),
	CALL(readlink, NO, NO),
	CALL(rename, NO, NO),
	CALL(rmdir, NO, NO),
	CALL(select, NO, NO),
	CALL(stat, NO, NO),
	CALL(symlink, NO, NO),
	CALL(unlink, NO, NO),
	CALL(vfork, NO, NO),
#endif
};

const char *sl_sandbox_call_name(int number)
{
	for (size_t i = 0; i < SL_LEN(calls); i++)
		if (calls[i].number == number)
			return calls[i].name;
	return "";
}

#if defined(__x86_64__)
enum { ARCHITECTURE_KNOWN = true };
static const uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { ARCHITECTURE_KNOWN = true };
static const uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
enum { ARCHITECTURE_KNOWN = false };
static const uint32_t architecture = 0;
#endif
/* Calls of the x32 ABI come with the architecture of x86_64 and this bit. No other architecture
 * has numbers of that size. */
static const uint32_t x32_bit = 0x40000000;

static void emit(struct sl_sandbox_filter *filter, unsigned code, uint32_t k, size_t if_true,
	size_t if_false)
{
	sl_assert(filter->n < SL_SANDBOX_CODE && if_true <= UINT8_MAX && if_false <= UINT8_MAX);
	filter->code[filter->n++] =
		(struct sock_filter){ (uint16_t)code, (uint8_t)if_true, (uint8_t)if_false, k };
}

static void emit_load(struct sl_sandbox_filter *filter, size_t offset)
{
	emit(filter, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* The lower half of an argument: all that the kernel takes of an int; little endian only. */
static void emit_load_argument(struct sl_sandbox_filter *filter, size_t argument)
{
	emit_load(filter, offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t));
}

static void emit_return(struct sl_sandbox_filter *filter, uint32_t action)
{
	emit(filter, BPF_RET | BPF_K, action, 0, 0);
}

/* Go on when the loaded value is one of these, else SIGSYS. */
static void emit_one_of(struct sl_sandbox_filter *filter, const uint32_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		emit(filter, BPF_JMP | BPF_JEQ | BPF_K, values[i], n - i, 0);
	emit_return(filter, SECCOMP_RET_TRAP);
	emit_return(filter, SECCOMP_RET_ALLOW);
}

static void emit_no_name(struct sl_sandbox_filter *filter)
{
	emit_load_argument(filter, 4);
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
	emit_load(filter, offsetof(struct seccomp_data, args[4]) + sizeof(uint32_t));
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
	emit_return(filter, SECCOMP_RET_ALLOW);
	emit_return(filter, SECCOMP_RET_TRAP);
}

static void emit_no_code(struct sl_sandbox_filter *filter)
{
	emit_load_argument(filter, 2);
	emit(filter, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
	emit_return(filter, SECCOMP_RET_TRAP);
	emit_return(filter, SECCOMP_RET_ALLOW);
}

static void emit_verdict(struct sl_sandbox_filter *filter, enum verdict verdict, uint32_t own)
{
	static const uint32_t commands[] = { F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL,
		F_ADD_SEALS, F_GET_SEALS };
	switch (verdict) {
	case NO_CODE:
		emit_no_code(filter);
		break;
	case OWN:
		emit_load_argument(filter, 0);
		emit_one_of(filter, (uint32_t[]){ 0, own }, 2);
		break;
	case FLAGS:
		emit_load_argument(filter, 1);
		emit_one_of(filter, commands, SL_LEN(commands));
		break;
	case NO_NAME:
		emit_no_name(filter);
		break;
	case YES:
	case NO:
		emit_return(filter, verdict == YES ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRAP);
	}
}

/* "Is it this number?", then its verdict, which never falls through. */
static void emit_call(
	struct sl_sandbox_filter *filter, int number, enum verdict verdict, uint32_t own)
{
	unsigned short at = filter->n;
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 0);
	emit_verdict(filter, verdict, own);
	filter->code[at].jf = (uint8_t)(filter->n - at - 1);
}

static void emit_head(struct sl_sandbox_filter *filter)
{
	emit_load(filter, offsetof(struct seccomp_data, arch));
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
	emit_return(filter, SECCOMP_RET_KILL_PROCESS);
	emit_load(filter, offsetof(struct seccomp_data, nr));
	emit(filter, BPF_JMP | BPF_JGE | BPF_K, x32_bit, 0, 1);
	emit_return(filter, SECCOMP_RET_KILL_PROCESS);
}

bool sl_sandbox_filter_make(
	enum sl_sandbox_role role, uint32_t own, struct sl_sandbox_filter *filter_r)
{
	filter_r->n = 0;
	if (!ARCHITECTURE_KNOWN)
		return false;
	emit_head(filter_r);
	for (size_t i = 0; i < SL_LEN(calls); i++) {
		enum verdict verdict =
			role == SL_SANDBOX_WORKER ? calls[i].worker : calls[i].reader;
		if (verdict != NO)
			emit_call(filter_r, calls[i].number, verdict, own);
	}
	emit_return(filter_r, SECCOMP_RET_TRAP);
	return true;
}
