/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include "buf.h"
#include "fullio.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { KINDS = 64, KIND_NAME = 48, LINES_PER_KIND = 20, LINE_MAX_BYTES = 4096, NAME_SHOWN = 300 };

struct kind {
	char name[KIND_NAME];
	uint64_t count;
};

struct sl_log {
	pthread_mutex_t lock;
	int fd;
	bool terminal, progress_shown;
	enum sl_log_level level;
	struct kind kinds[KINDS];
	size_t n_kinds;
};

struct sl_log *sl_log_new(int fd, enum sl_log_level level)
{
	struct sl_log *log = sl_calloc(1, sizeof(*log));
	pthread_mutex_init(&log->lock, NULL);
	log->fd = fd;
	log->level = level;
	log->terminal = isatty(fd) == 1;
	return log;
}

void sl_log_free(struct sl_log **log)
{
	if (!*log)
		return;
	pthread_mutex_destroy(&(*log)->lock);
	free(*log);
	*log = NULL;
}

/* A log that cannot be written must not end the run. */
static void put(int fd, struct sl_span s)
{
	bool written = sl_write_all(fd, s);
	(void)written;
}

static void clear_progress(struct sl_log *log)
{
	if (log->progress_shown)
		put(log->fd, SL_SPAN("\r\033[K"));
	log->progress_shown = false;
}

static void put_line(struct sl_log *log, struct sl_buf *line)
{
	sl_buf_char(line, '\n');
	clear_progress(log);
	put(log->fd, sl_buf_span(line));
}

void sl_log_line(struct sl_log *log, enum sl_log_level level, const char *format, ...)
{
	if (level > log->level)
		return;
	char text[LINE_MAX_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	struct sl_buf line = sl_buf_make(2 * LINE_MAX_BYTES);
	sl_buf_printf(&line, "spamloom: %s", level == SL_LOG_WARN ? "warning: " : "");
	sl_buf_escaped(&line, sl_span_str(text), sizeof(text));
	pthread_mutex_lock(&log->lock);
	put_line(log, &line);
	pthread_mutex_unlock(&log->lock);
	sl_buf_free(&line);
}

/* True while this kind may still be printed; counts it. Lock held. There are fewer kinds than room,
 * unless a cell invents some: these share the last place. */
static bool count_kind(struct sl_log *log, const char *name)
{
	for (size_t i = 0; i < log->n_kinds; i++)
		if (strncmp(log->kinds[i].name, name, KIND_NAME - 1) == 0)
			return ++log->kinds[i].count <= LINES_PER_KIND;
	if (log->n_kinds == KINDS)
		return ++log->kinds[KINDS - 1].count <= LINES_PER_KIND;
	struct kind *kind = &log->kinds[log->n_kinds++];
	snprintf(kind->name, sizeof(kind->name), "%s", name);
	kind->count = 1;
	return true;
}

void sl_log_input(struct sl_log *log, const char *kind, struct sl_span archive,
	struct sl_span entry, uint64_t offset, const char *format, ...)
{
	if (log->level < SL_LOG_WARN)
		return;
	char text[LINE_MAX_BYTES / 2];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	struct sl_buf line = sl_buf_make(2 * LINE_MAX_BYTES);
	sl_buf_str(&line, "spamloom: ");
	sl_buf_escaped(&line, archive, NAME_SHOWN);
	if (entry.n) {
		sl_buf_char(&line, '!');
		sl_buf_escaped(&line, entry, NAME_SHOWN);
	}
	sl_buf_printf(&line, "@%llu: %s: ", (unsigned long long)offset, kind);
	sl_buf_escaped(&line, sl_span_str(text), sizeof(text));
	pthread_mutex_lock(&log->lock);
	if (count_kind(log, kind))
		put_line(log, &line);
	pthread_mutex_unlock(&log->lock);
	sl_buf_free(&line);
}

void sl_log_flush(struct sl_log *log)
{
	pthread_mutex_lock(&log->lock);
	for (size_t i = 0; i < log->n_kinds; i++) {
		struct kind *kind = &log->kinds[i];
		if (kind->count <= LINES_PER_KIND)
			continue;
		struct sl_buf line = sl_buf_make(LINE_MAX_BYTES);
		sl_buf_printf(&line, "spamloom: %s: %llu more not shown, see rejects.jsonl",
			kind->name, (unsigned long long)(kind->count - LINES_PER_KIND));
		put_line(log, &line);
		sl_buf_free(&line);
	}
	clear_progress(log);
	log->n_kinds = 0;
	pthread_mutex_unlock(&log->lock);
}

void sl_log_progress(struct sl_log *log, const char *text)
{
	if (!log->terminal || log->level == SL_LOG_QUIET)
		return;
	struct sl_buf line = sl_buf_make(LINE_MAX_BYTES);
	sl_buf_printf(&line, "\r%s\033[K", text);
	pthread_mutex_lock(&log->lock);
	put(log->fd, sl_buf_span(&line));
	log->progress_shown = true;
	pthread_mutex_unlock(&log->lock);
	sl_buf_free(&line);
}

bool sl_log_is_terminal(const struct sl_log *log)
{
	return log->terminal;
}

int sl_log_failure(struct sl_log *log, const struct sl_err *err)
{
	sl_log_line(log, SL_LOG_QUIET, "%s", err->text);
	return (int)err->exit_code;
}
