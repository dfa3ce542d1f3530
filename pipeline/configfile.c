/* SPDX-License-Identifier: Apache-2.0 */
#include "configfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORD_MOST = 63 };

/* O_NONBLOCK: a FIFO must not wait for its writer. */
static enum sl_rc open_regular(const char *path, size_t most, enum sl_exit code, int *fd_r,
	size_t *size_r, struct sl_err *err)
{
	struct stat info;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &info) != 0)
		sl_err_errno(err, code, "%s", path);
	else if (!S_ISREG(info.st_mode))
		sl_err_set(err, code, "%s: not a file", path);
	else if ((uint64_t)info.st_size > most)
		sl_err_set(err, code, "%s: larger than %zu bytes", path, most);
	else {
		*fd_r = fd;
		*size_r = (size_t)info.st_size;
		return SL_OK;
	}
	if (fd >= 0)
		close(fd);
	return SL_FATAL;
}

static enum sl_rc refuse_nul(
	const char *path, struct sl_span bytes, enum sl_exit code, struct sl_err *err)
{
	ssize_t at = sl_span_chr(bytes, '\0', 0);
	if (at < 0)
		return SL_OK;
	size_t line = 1, column = 1;
	for (ssize_t i = 0; i < at; i++, column++)
		if (bytes.p[i] == '\n') {
			line++;
			column = 0;
		}
	return sl_err_set(err, code, "%s:%zu:%zu: a NUL byte; the file must be UTF-8 text", path,
		line, column);
}

enum sl_rc sl_configfile_bytes(const char *path, size_t most, struct sl_arena *arena,
	enum sl_exit code, struct sl_span *bytes_r, struct sl_err *err)
{
	int fd;
	size_t size, n = 0;
	if (open_regular(path, most, code, &fd, &size, err) != SL_OK)
		return SL_FATAL;
	char *bytes = sl_arena_alloc(arena, size + 1);
	ssize_t got = 1;
	while (n < size && got != 0) {
		got = read(fd, bytes + n, size - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			sl_err_errno(err, code, "%s", path);
			close(fd);
			return SL_FATAL;
		}
		n += (size_t)got;
	}
	close(fd);
	*bytes_r = sl_span_of(bytes, n);
	if (sl_span_starts(*bytes_r, SL_SPAN("\xef\xbb\xbf")))
		*bytes_r = sl_span_from(*bytes_r, 3);
	return refuse_nul(path, *bytes_r, code, err);
}

enum sl_rc sl_configfile_error(const struct sl_configfile *file, unsigned line, unsigned column,
	struct sl_err *err, const char *format, ...)
{
	char text[600];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return sl_err_set(err, SL_EXIT_CONFIG, "%s:%u:%u: %s", file->path, line, column, text);
}

/* One line on its way. */
struct line {
	struct sl_configfile *file;
	struct sl_arena *arena;
	struct sl_err *err;
	const char *start;
	unsigned number;
	bool in_group;
};

static unsigned column_of(const struct line *line, const char *at)
{
	return (unsigned)(at - line->start) + 1;
}

static char unescaped(char letter)
{
	static const char from[] = "stnr\\", to[] = " \t\n\r\\";
	const char *found = letter ? strchr(from, letter) : NULL;
	return found ? to[found - from] : '\0';
}

static enum sl_rc unescape(struct line *line, struct sl_span text, struct sl_span *value_r)
{
	char *value = sl_arena_alloc(line->arena, text.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\\') {
			c = i + 1 < text.n ? unescaped(text.p[i + 1]) : '\0';
			if (!c)
				return sl_configfile_error(line->file, line->number,
					column_of(line, text.p + i), line->err,
					"a backslash is written \\\\");
			i++;
		}
		value[n++] = c;
	}
	value[n] = '\0';
	*value_r = sl_span_of(value, n);
	return SL_OK;
}

static enum sl_rc add_pair(struct line *line, struct sl_span key, struct sl_span text)
{
	struct sl_configfile *file = line->file;
	struct sl_configpair pair = { .key = sl_arena_copy(line->arena, key),
		.line = line->number,
		.key_column = column_of(line, key.p),
		.value_column = column_of(line, text.p) };
	for (size_t i = 0; i < file->n; i++)
		if (sl_span_eq(file->pairs[i].key, key))
			return sl_configfile_error(file, line->number, pair.key_column, line->err,
				"key \"%.*s\" stands in line %u already",
				SL_ARG(sl_span_head(key, 100)), file->pairs[i].line);
	if (unescape(line, text, &pair.value) != SL_OK)
		return SL_FATAL;
	*SL_ARENA_PUSH(line->arena, file->pairs, file->n, file->room) = pair;
	return SL_OK;
}

static enum sl_rc begin_group(struct line *line, struct sl_span text, const char *group)
{
	struct sl_span name = sl_span_from(text, 1);
	line->in_group = sl_span_ends(name, SL_SPAN("]")) &&
			 sl_span_eq(sl_span_head(name, name.n - 1), sl_span_str(group));
	if (line->in_group)
		return SL_OK;
	return sl_configfile_error(line->file, line->number, column_of(line, text.p), line->err,
		"group %.*s is not known; [%s] is", SL_ARG(sl_span_head(text, 100)), group);
}

static enum sl_rc take_line(struct line *line, struct sl_span raw, const char *group)
{
	struct sl_span text = sl_span_trim(raw);
	line->start = raw.p;
	line->number++;
	if (text.n == 0 || text.p[0] == '#')
		return SL_OK;
	if (text.p[0] == '[')
		return begin_group(line, text, group);
	ssize_t equals = sl_span_chr(text, '=', 0);
	if (equals <= 0 || !line->in_group)
		return sl_configfile_error(line->file, line->number, column_of(line, text.p),
			line->err, equals <= 0 ? "not of the form key=value" : "a key before [%s]",
			group);
	struct sl_span value = sl_span_from(text, (size_t)equals + 1);
	while (value.n && sl_is_space(value.p[0]))
		value = sl_span_from(value, 1);
	return add_pair(line, sl_span_trim(sl_span_head(text, (size_t)equals)), value);
}

enum sl_rc sl_configfile_read(const char *path, const char *group, struct sl_arena *arena,
	struct sl_configfile *file_r, struct sl_err *err)
{
	struct sl_span rest, raw;
	*file_r = (struct sl_configfile){ .path = path };
	struct line line = { .file = file_r, .arena = arena, .err = err };
	if (sl_configfile_bytes(path, SL_CONFIGFILE_MOST, arena, SL_EXIT_CONFIG, &rest, err) !=
		SL_OK)
		return SL_FATAL;
	while (sl_span_split(&rest, '\n', &raw))
		if (take_line(&line, raw, group) != SL_OK)
			return SL_FATAL;
	if (!line.in_group)
		return sl_err_set(err, SL_EXIT_CONFIG, "%s: no [%s] group", path, group);
	return SL_OK;
}

void sl_configfile_escape(struct sl_buf *to, struct sl_span text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool edge = i == 0 || i + 1 == text.n;
		if (c == '\\')
			sl_buf_str(to, "\\\\");
		else if (c == ' ' && edge)
			sl_buf_str(to, "\\s");
		else if (c == '\t')
			sl_buf_str(to, "\\t");
		else if (c == '\n')
			sl_buf_str(to, "\\n");
		else if (c == '\r')
			sl_buf_str(to, "\\r");
		else
			sl_buf_char(to, c);
	}
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment, three rows of the table. */
unsigned sl_configfile_distance(struct sl_span a, struct sl_span b)
{
	unsigned rows[3][WORD_MOST + 1];
	if (a.n > WORD_MOST || b.n > WORD_MOST)
		return WORD_MOST;
	for (unsigned j = 0; j <= b.n; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned *now = rows[i % 3];
		const unsigned *above = rows[(i + 2) % 3], *two = rows[(i + 1) % 3];
		now[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned other = a.p[i - 1] != b.p[j - 1];
			now[j] = least(least(above[j] + 1, now[j - 1] + 1), above[j - 1] + other);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				now[j] = least(now[j], two[j - 2] + 1);
		}
	}
	return rows[a.n % 3][b.n];
}
