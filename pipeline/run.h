/* SPDX-License-Identifier: Apache-2.0 */
/* run.h - the nightly job, and writing feeds again. */
#ifndef SL_RUN_H
#define SL_RUN_H

#include "base/log.h"
#include "config.h"
#include "tables.h"

struct sl_outdir;
struct sl_store;

/* Read the INPUT operands into the store, group, look up, write feeds. Returns the exit code of the
 * program; what went wrong is in the log. Installs handlers for SIGINT and SIGTERM. */
int sl_run_night(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_strings *operands, struct sl_log *log);
/* Exit 64 when --format names no feed. */
enum sl_rc sl_feeds_check_formats(const struct sl_config *config, struct sl_err *err) SL_MUST_CHECK;
/* Write all feeds that --format asks for, from one state of the store. `two`: on two threads; only
 * for who holds the store's lock. */
enum sl_rc sl_feeds_write(const struct sl_config *config, const struct sl_tables *tables,
	struct sl_store *store, int64_t as_of, bool two, struct sl_outdir *out,
	struct sl_err *err) SL_MUST_CHECK;
/* Write the feeds out of the store. */
int sl_run_feeds(
	const struct sl_config *config, const struct sl_tables *tables, struct sl_log *log);

#endif
