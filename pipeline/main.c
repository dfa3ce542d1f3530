/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the command line: which command, with which options. */
#include "commands.h"
#include "glib_log.h"
#include "options.h"
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MOST_DESCRIPTORS = 65536 };

static const struct sl_command *const commands[] = {
	&sl_command_run,
	&sl_command_feed,
	&sl_command_campaigns,
	&sl_command_show,
	&sl_command_explain,
	&sl_command_lookup,
	&sl_command_check,
	&sl_command_forget,
};

static void print(struct sl_buf *text)
{
	fwrite(text->p, 1, text->n, stdout);
	sl_buf_free(text);
}

static int usage(void)
{
	struct sl_buf text = sl_buf_make(1 << 20);
	sl_buf_str(&text,
		"spamloom: archives of unwanted mail in, campaigns and indicator feeds out\n\n");
	for (size_t i = 0; i < SL_LEN(commands); i++)
		sl_buf_printf(&text, "  spamloom %-10s%-28s %s\n", commands[i]->name,
			commands[i]->operands, commands[i]->help);
	sl_buf_str(&text, "\n  spamloom COMMAND --help      the options of a command\n"
			  "  spamloom --version           versions of program and libraries\n"
			  "  spamloom --list-fields       every field of every output\n"
			  "  spamloom --dump-options      every option, as a table\n"
			  "  spamloom COMMAND [OPTIONS] --print-config   the options in force\n");
	print(&text);
	return SL_EXIT_CLEAN;
}

static int command_help(const struct sl_command *command)
{
	struct sl_buf text = sl_buf_make(1 << 20);
	sl_buf_printf(&text,
		"spamloom %s [OPTIONS] %s\n\n%s\n\n  -c, --config=FILE                  "
		"options from a file, [spamloom] group\n",
		command->name, command->operands, command->help);
	sl_options_help(&text, command->name);
	sl_buf_str(&text, command->more);
	print(&text);
	return SL_EXIT_CLEAN;
}

static int complain(const struct sl_err *err)
{
	struct sl_buf text = sl_buf_make(1 << 16);
	sl_buf_escaped(&text, sl_span_str(err->text), sizeof(err->text));
	fprintf(stderr, "spamloom: %s\n", text.p ? text.p : "");
	sl_buf_free(&text);
	return (int)err->exit_code;
}

/* A test and its tables want a clock; SOURCE_DATE_EPOCH is the usual way to give one. */
static enum sl_rc set_clock(struct sl_config *config, struct sl_err *err)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds;
	if (config->as_of_given)
		return SL_OK;
	config->as_of = sl_clock_now();
	if (!epoch || !*epoch)
		return SL_OK;
	if (!sl_span_u64(sl_span_str(epoch), &seconds) || seconds > INT64_MAX)
		return sl_err_set(err, SL_EXIT_CONFIG, "SOURCE_DATE_EPOCH is no number of seconds");
	config->as_of = (int64_t)seconds;
	return SL_OK;
}

/* GLib's slice allocator costs two threads more than it saves one; it reads its environment before
 * main(), so the only way to turn it off is to start once more. Cells have one thread each. */
static void restart_without_slices(
	const struct sl_command *command, const struct sl_config *config, char **argv)
{
	if (!command->threads || config->isolation_process || getenv("G_SLICE"))
		return;
	if (setenv("G_SLICE", "always-malloc", 1) == 0) /* or it would start for ever */
		execv("/proc/self/exe", argv);
}

static int run_command(const struct sl_command *command, struct sl_options *options,
	const struct sl_strings *operands, bool print_config)
{
	struct sl_err err;
	struct sl_config *config = sl_options_config(options);
	struct sl_tables *tables = NULL;
	if (print_config) {
		struct sl_buf text = sl_buf_make(1 << 20);
		sl_options_print(options, true, &text);
		print(&text);
		return SL_EXIT_CLEAN;
	}
	if (operands->n < command->least || operands->n > command->most) {
		sl_err_set(&err, SL_EXIT_USAGE, "usage: spamloom %s [OPTIONS] %s", command->name,
			command->operands);
		return complain(&err);
	}
	if (set_clock(config, &err) != SL_OK || sl_tables_load(config, &tables, &err) != SL_OK)
		return complain(&err);
	if (command->parses && sl_suffixes_preload(config, tables, &err) != SL_OK) {
		sl_tables_free(&tables);
		return complain(&err);
	}
	enum sl_log_level level = config->quiet     ? SL_LOG_WARN
				  : config->verbose ? SL_LOG_DEBUG
						    : SL_LOG_INFO;
	struct sl_log *log = sl_log_new(STDERR_FILENO, level);
	int code = command->run(config, tables, operands, log);
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == SL_EXIT_CLEAN) {
		sl_log_line(log, SL_LOG_QUIET, "cannot write standard output");
		code = SL_EXIT_IOERR;
	}
	sl_log_free(&log);
	sl_tables_free(&tables);
	return code;
}

/* `argv`: of the program. */
static int with_command(const struct sl_command *command, int argc, char **argv)
{
	struct sl_err err;
	struct sl_strings operands;
	struct sl_options *options = sl_options_new();
	bool print_config = false;
	int kept = 0;
	char **rest = sl_calloc((size_t)argc + 1, sizeof(*rest));
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			free(rest);
			sl_options_free(&options);
			return command_help(command);
		}
		if (strcmp(argv[i], "--print-config") == 0)
			print_config = true;
		else
			rest[kept++] = argv[i];
	}
	int code;
	if (sl_options_parse(options, command->name, kept, rest, &operands, &err) == SL_OK) {
		restart_without_slices(command, sl_options_config(options), argv);
		code = run_command(command, options, &operands, print_config);
	} else {
		code = complain(&err);
	}
	sl_options_free(&options);
	free(rest);
	return code;
}

/* A closed standard stream would give its number to the store or to a feed. */
static void keep_standard_streams(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
			_exit(SL_EXIT_IOERR);
}

/* What the caller had blocked or ignored is his: a run must end when it is told to, and know of its
 * children. */
static void hear_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGCHLD, SIG_DFL);
}

/* Readers, cells and LMDB want some; a low soft limit is a habit, not a wish. */
static void raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max < MOST_DESCRIPTORS ? limit.rlim_max : MOST_DESCRIPTORS;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* libarchive reads the local times of zip members in the process's zone. A cell can open no zone
 * file: libc must know it by then. For want of memory tzset() forgets which one it has read, and
 * does not say so; the second one makes up for it. */
static void set_zone(void)
{
	struct sl_err err;
	if (setenv("TZ", "UTC0", 1) != 0) {
		sl_err_errno(&err, SL_EXIT_INTERNAL, "cannot set the time zone");
		exit(complain(&err));
	}
	tzset();
	tzset();
}

int main(int argc, char **argv)
{
	keep_standard_streams();
	hear_signals();
	raise_descriptors();
	sl_glib_log_to(NULL, 0);
	prctl(PR_SET_NAME, "spamloom"); /* a restart by /proc/self/exe is called "exe" */
	const char *word = argc > 1 ? argv[1] : "--help";
	set_zone();
	struct sl_buf text = sl_buf_make(1 << 20);
	for (size_t i = 0; i < SL_LEN(commands); i++)
		if (strcmp(word, commands[i]->name) == 0)
			return with_command(commands[i], argc, argv);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
		return usage();
	if (strcmp(word, "--version") == 0)
		sl_version_text(&text);
	else if (strcmp(word, "--dump-options") == 0)
		sl_options_dump(&text);
	else if (strcmp(word, "--list-fields") == 0)
		sl_list_fields(&text);
	else {
		struct sl_err err;
		sl_err_set(&err, SL_EXIT_USAGE, "no command \"%s\"; see spamloom --help", word);
		return complain(&err);
	}
	print(&text);
	return SL_EXIT_CLEAN;
}
