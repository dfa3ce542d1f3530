/* SPDX-License-Identifier: Apache-2.0 */
/* run.h - the nightly job, and writing feeds again. */
#ifndef SL_RUN_H
#define SL_RUN_H

#include "base/log.h"
#include "config.h"
#include "tables.h"

/* Read the INPUT operands into the store, group, look up, write feeds. Returns the exit code of the
 * program; what went wrong is in the log. Installs handlers for SIGINT and SIGTERM. */
int sl_run_night(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_strings *operands, struct sl_log *log);
/* Write the feeds out of the store. */
int sl_run_feeds(
	const struct sl_config *config, const struct sl_tables *tables, struct sl_log *log);

#endif
