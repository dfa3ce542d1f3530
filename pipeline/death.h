/* SPDX-License-Identifier: Apache-2.0 */
/* death.h - why a cell ended, in words. Private to pipeline/. */
#ifndef SL_DEATH_H
#define SL_DEATH_H

#include "cell.h"

struct sl_death {
	bool killed_outside; /* SIGKILL that was not ours: the kernel short of memory, or a person
			      */
	char cause[256];     /* "signal 11 (Segmentation fault)" */
};

/* `status`: what the cell left; it is not trusted. `how`: of waitpid(). `why`: our own reason to
 * kill it, or NULL. */
void sl_death_explain(
	const struct sl_cell_status *status, int how, const char *why, struct sl_death *death_r);

#endif
