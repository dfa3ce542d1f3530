/* SPDX-License-Identifier: Apache-2.0 */
/* command_store.c - commands that read the store: campaigns, show, check. */
#include "commands.h"
#include "phase.h"
#include "report.h"
#include "storage/store.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_MAX = 64 << 20 };

struct reading {
	struct sl_store *store;
	struct sl_view *view;
	struct sl_dossiers dossiers;
};

static void close_reading(struct reading *r)
{
	sl_dossiers_close(&r->dossiers);
	sl_view_close(&r->view);
	sl_store_close(&r->store);
}

static enum sl_rc open_reading(const struct sl_config *config, const struct sl_tables *tables,
	struct reading *r, struct sl_err *err)
{
	*r = (struct reading){ 0 };
	if (sl_store_open(config->store, SL_STORE_READ, &r->store, err) == SL_OK &&
		sl_view_open(r->store, false, &r->view, err) == SL_OK &&
		sl_dossiers_open(r->view, config, tables, config->as_of, &r->dossiers, err) ==
			SL_OK)
		return SL_OK;
	close_reading(r);
	return SL_FATAL;
}

/* One line of the list; kept so that it can be sorted by size. */
struct line {
	uint64_t messages;
	struct sl_span text;
	struct sl_campaign_id id;
};

static int by_size(const void *a_p, const void *b_p)
{
	const struct line *a = a_p, *b = b_p;
	if (a->messages != b->messages)
		return a->messages < b->messages ? 1 : -1;
	return strcmp(a->id.text, b->id.text);
}

static void print_lines(struct line *lines, size_t n)
{
	if (n)
		qsort(lines, n, sizeof(*lines), by_size);
	for (size_t i = 0; i < n; i++)
		printf("%.*s\n", SL_ARG(lines[i].text));
}

/* "cXXXX  123 mails  2026-10-01 to 2026-11-03  phishing  name" */
static void put_line(const struct sl_dossier *d, struct sl_buf *to)
{
	char first[SL_TIME_TEXT] = "----------", last[SL_TIME_TEXT] = "----------";
	if (d->first_seen != SL_TIME_NONE)
		sl_time_text(d->first_seen, first);
	if (d->last_seen != SL_TIME_NONE)
		sl_time_text(d->last_seen, last);
	sl_buf_printf(to, "%s %6llu  %.10s to %.10s  %-9s %-11s ", d->id.text,
		(unsigned long long)d->messages, first, last, sl_status_name(d->status),
		sl_verdict_name(d->verdict.label));
	sl_buf_escaped(to, d->name, 200);
}

static int campaigns(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_strings *operands, struct sl_log *log)
{
	struct sl_err err;
	struct reading r;
	struct line *lines = NULL;
	size_t n = 0, room = 0;
	(void)operands;
	if (open_reading(config, tables, &r, &err) != SL_OK)
		return sl_log_failure(log, &err);
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_buf text = sl_buf_make(TEXT_MAX);
	const struct sl_dossier *d;
	while ((d = r.dossiers.next(r.dossiers.state)) != NULL) {
		if (d->messages < 2 && !config->all)
			continue;
		sl_buf_reset(&text);
		put_line(d, &text);
		struct line *line = SL_ARENA_PUSH(arena, lines, n, room);
		*line = (struct line){ d->messages, sl_arena_copy(arena, sl_buf_span(&text)),
			d->id };
	}
	print_lines(lines, n);
	sl_buf_free(&text);
	sl_arena_free(&arena);
	close_reading(&r);
	return SL_EXIT_CLEAN;
}

static int show(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_strings *operands, struct sl_log *log)
{
	struct sl_err err;
	struct reading r;
	struct sl_campaign_id id = { { 0 } };
	int code = SL_EXIT_CLEAN;
	if (open_reading(config, tables, &r, &err) != SL_OK)
		return sl_log_failure(log, &err);
	snprintf(id.text, sizeof(id.text), "%s", operands->items[0]);
	const struct sl_dossier *d = sl_dossier_one(&r.dossiers, &id);
	if (d) {
		struct sl_buf text = sl_buf_make(TEXT_MAX);
		sl_show_text(d, tables, config, &text);
		fwrite(text.p, 1, text.n, stdout);
		sl_buf_free(&text);
	} else {
		sl_err_set(&err, SL_EXIT_NOINPUT, "no campaign %s in %s", id.text, config->store);
		code = sl_log_failure(log, &err);
	}
	close_reading(&r);
	return code;
}

static void say(void *log, const char *line)
{
	sl_log_line(log, SL_LOG_WARN, "%s", line);
}

/* The writer's work: what it changes is all or nothing, so it may die of the damage, too. */
static int rebuild_here(const struct sl_config *config, struct sl_log *log)
{
	struct sl_err err;
	struct sl_store *store;
	if (sl_store_open(config->store, SL_STORE_READ, &store, &err) != SL_OK)
		return sl_log_failure(log, &err); /* do not make one */
	sl_store_close(&store);
	if (sl_store_open(config->store, SL_STORE_WRITE, &store, &err) != SL_OK)
		return sl_log_failure(log, &err);
	enum sl_rc rc = sl_store_rebuild(store, &err);
	sl_store_close(&store);
	if (rc == SL_FATAL)
		return sl_log_failure(log, &err);
	if (rc == SL_WARN)
		sl_log_line(log, SL_LOG_WARN, "mails that cannot be read are not counted");
	return SL_EXIT_CLEAN;
}

static int check_here(const struct sl_config *config, struct sl_log *log)
{
	struct sl_err err;
	struct sl_store *store;
	int code = config->rebuild ? rebuild_here(config, log) : SL_EXIT_CLEAN;
	if (code != SL_EXIT_CLEAN)
		return code;
	if (sl_store_open(config->store, SL_STORE_READ, &store, &err) != SL_OK)
		return sl_log_failure(log, &err);
	enum sl_rc rc = sl_store_check(store, say, log, &err);
	sl_store_close(&store);
	if (rc == SL_FATAL)
		return sl_log_failure(log, &err);
	if (rc == SL_OK)
		sl_log_line(log, SL_LOG_INFO, "%s is sound", config->store);
	return rc == SL_OK ? SL_EXIT_CLEAN : SL_EXIT_DAMAGED;
}

/* Its death is expected, so it leaves no core file behind. */
static _Noreturn void check_in_child(const struct sl_config *config, struct sl_log *log)
{
	const struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int code = check_here(config, log);
	fflush(NULL);
	_exit(code);
}

/* Other signals come from outside and say nothing of the store. */
static bool is_fault(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGABRT || signal == SIGFPE ||
	       signal == SIGILL;
}

/* LMDB has no sums of its pages and follows what stands in them: on a store that was written over
 * it dies. So the check is done by a child. */
static int check(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_strings *operands, struct sl_log *log)
{
	struct sl_err err;
	int status = 0;
	(void)tables;
	(void)operands;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		check_in_child(config, log);
	pid_t ended = child;
	while (child > 0 && (ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
		continue;
	if (ended < 0) {
		sl_err_errno(&err, SL_EXIT_INTERNAL, "cannot start the check");
		return sl_log_failure(log, &err);
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	int signal = WTERMSIG(status);
	sl_err_set(&err, SL_EXIT_IOERR, "store %s%s: check died of signal %d", config->store,
		is_fault(signal) ? " is damaged" : "", signal);
	return sl_log_failure(log, &err);
}

const struct sl_command sl_command_campaigns = {
	.name = "campaigns",
	.operands = "",
	.help = "list the campaigns, largest first",
	.more = "",
	.least = 0,
	.most = 0,
	.run = campaigns,
};

const struct sl_command sl_command_show = {
	.name = "show",
	.operands = "ID",
	.help = "all that is known of one campaign",
	.more = "",
	.least = 1,
	.most = 1,
	.run = show,
};

const struct sl_command sl_command_check = {
	.name = "check",
	.operands = "",
	.help = "verify the store",
	.more = "\nExit codes: 0 sound; 1 rows that do not fit, one line each; 74 pages that "
		"cannot be "
		"read.\n--rebuild mends what does not fit in tables that can be built again, and "
		"drops "
		"the cache\nof look-ups. What it cannot mend: rows of archives, messages, "
		"sightings, "
		"contents and\ncampaigns (forget their archive or night and read it again), and "
		"damaged pages (a copy).\n",
	.least = 0,
	.most = 0,
	.run = check,
};
