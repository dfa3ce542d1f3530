/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox.h - close a process for good: no path, no network, no exec, no other process.
 *
 * Layers, each used where the kernel has it, and reported: no_new_privs, Landlock (every right that
 * the running ABI knows, no rule: nothing can be opened), seccomp (a list of what a cell needs;
 * anything else ends it), rlimits (RLIMIT_DATA, CPU, CORE, NOFILE). Raw system calls and a BPF
 * program made here; no library. Sources: landlock(7), seccomp(2), getrlimit(2).
 */
#ifndef SL_SANDBOX_H
#define SL_SANDBOX_H

#include "base/err.h"

enum sl_sandbox_role {
	SL_SANDBOX_WORKER, /* no new descriptor, ever */
	SL_SANDBOX_READER  /* takes descriptors over its socket, makes nameless memory files */
};

struct sl_sandbox_level {
	unsigned landlock; /* ABI in use; 0: the kernel has none */
	bool seccomp;
	bool rlimits;
};
enum { SL_SANDBOX_TEXT = 64 };

struct sl_sandbox_wish {
	enum sl_sandbox_role role;
	uint64_t data_bytes;  /* RLIMIT_DATA above what the process has already; 0: leave it */
	uint64_t cpu_seconds; /* RLIMIT_CPU, from now on; 0: leave it */
	/* Where the number + 1 of a forbidden system call is noted before the process ends with
	 * status SL_SANDBOX_STATUS; lives as long as the process. */
	volatile int32_t *forbidden;
};
enum { SL_SANDBOX_STATUS = 159 };

/* What this kernel would give, found out without closing the calling process: a child tries. */
void sl_sandbox_probe(struct sl_sandbox_level *level_r);
/* True when nothing is missing. */
bool sl_sandbox_is_full(const struct sl_sandbox_level *level);
/* What --require-sandbox asks for; else exit 78: "WHOSE only: LEVEL" ("this kernel gives"). */
enum sl_rc sl_sandbox_insist(
	const struct sl_sandbox_level *level, const char *whose, struct sl_err *err) SL_MUST_CHECK;
/* "landlock7+seccomp+rlimits", "none". */
void sl_sandbox_text(const struct sl_sandbox_level *level, char text_r[SL_SANDBOX_TEXT]);

/* Close the calling process, which must have one thread. Layers that the kernel lacks are left
 * out; fails (exit 70) only when a layer that is there cannot be put in force. Cost: < 1 ms. */
enum sl_rc sl_sandbox_enter(const struct sl_sandbox_wish *wish, struct sl_sandbox_level *level_r,
	struct sl_err *err) SL_MUST_CHECK;

/* "execve" for a number that is likely to be met, else "". */
const char *sl_sandbox_call_name(int number);

#endif
