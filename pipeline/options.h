/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - one table of options for the command line, the configuration file, --help,
 * --print-config and --dump-options.
 *
 * Precedence: command line over configuration file over default. The file is GKeyFile syntax, read
 * by configfile.h ([spamloom] group, key = value; lists are ';'-separated). What is wrong in it is
 * named as FILE:LINE:COLUMN.
 */
#ifndef SL_OPTIONS_H
#define SL_OPTIONS_H

#include "base/buf.h"
#include "base/err.h"
#include "config.h"

enum sl_opt_type {
	SL_OPT_FLAG,         /* bool */
	SL_OPT_COUNT,        /* unsigned, +1 each time */
	SL_OPT_UNSIGNED,     /* unsigned */
	SL_OPT_SIZE,         /* uint64_t, with K M G (1024) or KB MB GB suffix */
	SL_OPT_TEXT,         /* const char * */
	SL_OPT_LIST,         /* struct sl_strings, repeatable or comma-separated */
	SL_OPT_LIST_OR_FILE, /* the same; an existing file is read line by line */
	SL_OPT_TIME,         /* int64_t */
	SL_OPT_CHOICE        /* bool: true for the first of the two words in `range` */
};

struct sl_opt_row {
	const char *name; /* long name, without -- */
	char letter;      /* short name or 0 */
	enum sl_opt_type type;
	size_t offset;        /* into struct sl_config */
	uint64_t least, most; /* for numbers */
	const char *range;    /* "process|thread", or what to print for the value: "FILE" */
	const char *standard; /* default as it would be written */
	const char *help;
	const char *commands; /* space-separated commands it belongs to, or "" for all */
};

extern const struct sl_opt_row sl_opt_rows[];
extern const size_t sl_opt_row_count;

struct sl_options; /* owns the strings of a config */

struct sl_options *sl_options_new(void);
void sl_options_free(struct sl_options **options);
struct sl_config *sl_options_config(struct sl_options *options);
/* Read argv behind the command word. Operands go to operands_r (borrowed from argv). Exit 64 for a
 * bad command line, 78 for a bad file. */
enum sl_rc sl_options_parse(struct sl_options *options, const char *command, int argc, char **argv,
	struct sl_strings *operands_r, struct sl_err *err);
/* The options of a command as help text. */
void sl_options_help(struct sl_buf *to, const char *command);
/* Only what differs from its default, with where it came from; or all. */
void sl_options_print(const struct sl_options *options, bool all, struct sl_buf *to);
/* Tab-separated rows for scripts: name, letter, type, range, default, commands, help. */
void sl_options_dump(struct sl_buf *to);

#endif
