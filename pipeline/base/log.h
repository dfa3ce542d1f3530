/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - lines for the person on duty, on stderr.
 *
 * One log a process, made in main and passed down. A line is written with one write(2), so
 * lines of threads do not mix. Foreign bytes go through sl_buf_escaped() first. A kind of
 * warning that comes too often is counted instead (sl_log_input()).
 */
#ifndef SL_LOG_H
#define SL_LOG_H

#include "err.h"

enum sl_log_level { SL_LOG_QUIET = 0, SL_LOG_WARN = 1, SL_LOG_INFO = 2, SL_LOG_DEBUG = 3 };

struct sl_log;

struct sl_log *sl_log_new(int fd, enum sl_log_level level);
void sl_log_free(struct sl_log **log);
void sl_log_line(struct sl_log *log, enum sl_log_level level, const char *format, ...)
	SL_PRINTF(3, 4);
/* A message about input: "archive!entry@offset: text". At most 20 lines of one `kind` (a
 * short name) are printed, the rest is summed up by sl_log_flush(). */
void sl_log_input(struct sl_log *log, const char *kind, struct sl_span archive,
	struct sl_span entry, uint64_t offset, const char *format, ...) SL_PRINTF(6, 7);
/* Say how many lines of each kind were held back. */
void sl_log_flush(struct sl_log *log);
/* Draw `text` as the progress line (terminal only; the next log line clears it). */
void sl_log_progress(struct sl_log *log, const char *text);
/* Say why something fatal happened, whatever the level; its exit code, for `return`. */
int sl_log_failure(struct sl_log *log, const struct sl_err *err);
bool sl_log_is_terminal(const struct sl_log *log);

#endif
