/* SPDX-License-Identifier: Apache-2.0 */
/* configfile.h - reads a configuration file: [group], key=value, # comments.
 *
 * The syntax is that of GLib's GKeyFile (escapes \s \t \n \r \\ in values). GLib's own reader is
 * not used because it tells neither line nor column, lets the last of two equal keys win in
 * silence, gives nothing for a value that is not UTF-8, and waits for the writer of a FIFO. Whole
 * file in memory, at most SL_CONFIGFILE_MOST bytes.
 */
#ifndef SL_CONFIGFILE_H
#define SL_CONFIGFILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { SL_CONFIGFILE_MOST = 1 << 20 };

struct sl_configpair {
	struct sl_span key, value;               /* unescaped, in the arena, NUL behind them */
	unsigned line, key_column, value_column; /* from 1, in bytes */
};

struct sl_configfile {
	const char *path;
	struct sl_configpair *pairs;
	size_t n, room;
};

/* All of a regular file of at most `most` bytes, without a byte order mark. NULs are refused: they
 * would end a text early. Exit `code`. */
enum sl_rc sl_configfile_bytes(const char *path, size_t most, struct sl_arena *arena,
	enum sl_exit code, struct sl_span *bytes_r, struct sl_err *err);
/* The keys of [group], each once, in the order of the file. Another group, a line that is neither,
 * a key that comes twice: exit 78 with path:line:column. */
enum sl_rc sl_configfile_read(const char *path, const char *group, struct sl_arena *arena,
	struct sl_configfile *file_r, struct sl_err *err);
/* The same error form for what the caller finds wrong. Returns SL_FATAL. */
enum sl_rc sl_configfile_error(const struct sl_configfile *file, unsigned line, unsigned column,
	struct sl_err *err, const char *format, ...) SL_PRINTF(5, 6);
/* `text` as it has to be written to be read back. */
void sl_configfile_escape(struct sl_buf *to, struct sl_span text);
/* Changes of one letter (added, left out, another, two swapped) between the two; for "did you
 * mean". More than 63 letters are far from everything. */
unsigned sl_configfile_distance(struct sl_span a, struct sl_span b);

#endif
