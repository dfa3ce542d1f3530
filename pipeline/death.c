/* SPDX-License-Identifier: Apache-2.0 */
#include "death.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* What the cell wrote before it went; printable, whatever it wrote. */
static void add_words(struct sl_buf *to, const struct sl_cell_status *status)
{
	char words[SL_CELL_WORDS];
	memcpy(words, status->words, sizeof(words));
	size_t n = strnlen(words, sizeof(words));
	if (n == 0)
		return;
	sl_buf_str(to, ": ");
	sl_buf_escaped(to, sl_span_of(words, n), 160);
}

void sl_death_explain(
	const struct sl_cell_status *status, int how, const char *why, struct sl_death *death_r)
{
	struct sl_buf text = sl_buf_make(4096);
	int32_t forbidden = status->forbidden;
	bool signaled = WIFSIGNALED(how), exited = WIFEXITED(how);
	if (why) {
		sl_buf_str(&text, why);
	} else if (exited && WEXITSTATUS(how) == SL_SANDBOX_STATUS && forbidden > 0) {
		const char *name = sl_sandbox_call_name(forbidden - 1);
		sl_buf_printf(&text, "forbidden system call %d", (int)forbidden - 1);
		if (*name)
			sl_buf_printf(&text, " (%s)", name);
	} else if (signaled) {
		const char *name = sigdescr_np(WTERMSIG(how));
		sl_buf_printf(&text, "signal %d (%s)", WTERMSIG(how), name ? name : "unknown");
		add_words(&text, status);
	} else {
		sl_buf_printf(&text, "exit status %d", exited ? WEXITSTATUS(how) : how);
		add_words(&text, status);
	}
	death_r->killed_outside = !why && signaled && WTERMSIG(how) == SIGKILL;
	snprintf(death_r->cause, sizeof(death_r->cause), "%s", text.p);
	sl_buf_free(&text);
}
