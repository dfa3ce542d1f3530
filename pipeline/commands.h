/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h - the shape of a command of the command line. */
#ifndef SL_COMMANDS_H
#define SL_COMMANDS_H

#include "base/buf.h"
#include "base/log.h"
#include "config.h"
#include "tables.h"

struct sl_command {
	const char *name;
	const char *operands; /* for the usage line */
	const char *help;     /* one line */
	const char *more;     /* behind the options in --help; ends with a line end, or is empty */
	size_t least, most;   /* operands */
	bool threads;         /* in several threads */
	bool parses;          /* walks the per-message stages */
	/* The exit code. Data goes to stdout, everything else to the log. */
	int (*run)(const struct sl_config *config, const struct sl_tables *tables,
		const struct sl_strings *operands, struct sl_log *log);
};

extern const struct sl_command sl_command_run;
extern const struct sl_command sl_command_feed;
extern const struct sl_command sl_command_campaigns;
extern const struct sl_command sl_command_show;
extern const struct sl_command sl_command_explain;
extern const struct sl_command sl_command_lookup;
extern const struct sl_command sl_command_check;
extern const struct sl_command sl_command_forget;

/* Program, libraries with their versions, store schema. */
void sl_version_text(struct sl_buf *to);
/* Every field of every output. */
void sl_list_fields(struct sl_buf *to);

#endif
