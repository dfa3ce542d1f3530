/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_calls.h - which system calls a cell may make, and the filter made of them.
 *
 * Private to the sandbox and its test. The filter is classic BPF (seccomp(2)): wrong architecture
 * ends the process, a call of the table goes on, anything else raises SIGSYS.
 */
#ifndef SL_SANDBOX_CALLS_H
#define SL_SANDBOX_CALLS_H

#include "sandbox.h"

#include <linux/filter.h>

enum { SL_SANDBOX_CODE = 512 };

struct sl_sandbox_filter {
	struct sock_filter code[SL_SANDBOX_CODE];
	unsigned short n;
};

/* The filter for a process with this id; false: the architecture has no table. O(table). */
bool sl_sandbox_filter_make(
	enum sl_sandbox_role role, uint32_t own, struct sl_sandbox_filter *filter_r);

enum sl_sandbox_layer {
	SL_SANDBOX_LANDLOCK = 1,
	SL_SANDBOX_SECCOMP = 2,
	SL_SANDBOX_RLIMITS = 4,
	SL_SANDBOX_LAYERS = 7
};

/* sl_sandbox_enter() with some layers only, so that a test can look at each one alone. */
enum sl_rc sl_sandbox_enter_layers(const struct sl_sandbox_wish *wish, unsigned layers,
	struct sl_sandbox_level *level_r, struct sl_err *err) SL_MUST_CHECK;

#endif
