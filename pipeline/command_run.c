/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "run.h"

static int run(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_strings *operands, struct sl_log *log)
{
	return sl_run_night(config, tables, operands, log);
}

static int feed(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_strings *operands, struct sl_log *log)
{
	(void)operands;
	return sl_run_feeds(config, tables, log);
}

const struct sl_command sl_command_run = {
	.name = "run",
	.operands = "INPUT...",
	.help = "the nightly job: read archives, group, look up, write feeds",
	.more = "\nINPUT: files, folders (walked), or - for standard input. What a file is, is "
		"told by "
		"its\ncontent, never by its name. A run that was killed goes on when it is started "
		"again.\n\nExit codes: 0 clean; 1 finished, but some input was damaged or limited, "
		"or a list was held back; 64 "
		"usage;\n65 no input readable; 66 no such input; 73 cannot create output; 74 I/O "
		"error;\n"
		"75 the store is in use; 78 configuration; 128+n stopped by signal n.\n",
	.least = 1,
	.most = SIZE_MAX,
	.threads = true,
	.parses = true,
	.run = run,
};

const struct sl_command sl_command_feed = {
	.name = "feed",
	.operands = "",
	.help = "write the feeds again, out of the store",
	.more = "",
	.least = 0,
	.most = 0,
	.parses = true, /* night.json names the public suffix list */
	.run = feed,
};
