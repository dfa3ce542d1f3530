/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { STORM = 20 };
static const double STORM_SECONDS = 1.0;

struct sl_driver sl_driver_make(
	struct sl_engine *engine, enum sl_cell_role role, unsigned number, unsigned window)
{
	return (struct sl_driver){ .engine = engine,
		.role = role,
		.number = number,
		.window = window,
		.cell = { .socket = -1 },
		.arena = sl_arena_new(0) };
}

void sl_driver_end(struct sl_driver *driver)
{
	struct sl_death death;
	struct sl_err err;
	if (driver->cell.socket >= 0 &&
		sl_driver_bury(driver, "the run is over", &death, &err) != SL_OK)
		sl_log_line(driver->engine->log, SL_LOG_DEBUG, "%s", err.text);
	sl_arena_free(&driver->arena);
}

/* ---- death ---- */

static const char *role_name(const struct sl_driver *driver)
{
	return driver->role == SL_CELL_READER ? "reader" : "worker";
}

/* What the cell wrote before it went; printable, whatever it wrote. */
static void add_words(struct sl_buf *to, const struct sl_cell_status *status)
{
	char words[SL_CELL_WORDS];
	memcpy(words, status->words, sizeof(words));
	size_t n = strnlen(words, sizeof(words));
	if (n == 0)
		return;
	sl_buf_str(to, ": ");
	sl_buf_escaped(to, sl_span_of(words, n), 160);
}

static void say_cause(
	const struct sl_cell_status *status, int how, const char *why, struct sl_death *death_r)
{
	struct sl_buf text = sl_buf_make(4096);
	int32_t forbidden = status->forbidden;
	bool signaled = WIFSIGNALED(how), exited = WIFEXITED(how);
	if (why) {
		sl_buf_str(&text, why);
	} else if (exited && WEXITSTATUS(how) == SL_SANDBOX_STATUS && forbidden > 0) {
		const char *name = sl_sandbox_call_name(forbidden - 1);
		sl_buf_printf(&text, "forbidden system call %d", (int)forbidden - 1);
		if (*name)
			sl_buf_printf(&text, " (%s)", name);
	} else if (signaled) {
		const char *name = sigdescr_np(WTERMSIG(how));
		sl_buf_printf(&text, "signal %d (%s)", WTERMSIG(how), name ? name : "unknown");
		add_words(&text, status);
	} else {
		sl_buf_printf(&text, "exit status %d", exited ? WEXITSTATUS(how) : how);
		add_words(&text, status);
	}
	death_r->killed_outside = !why && signaled && WTERMSIG(how) == SIGKILL;
	snprintf(death_r->cause, sizeof(death_r->cause), "%s", text.p);
	sl_buf_free(&text);
}

enum sl_rc sl_driver_bury(
	struct sl_driver *driver, const char *why, struct sl_death *death_r, struct sl_err *err)
{
	int how;
	if (sl_zygote_bury(driver->engine->zygote, &driver->cell, &how, err) != SL_OK)
		return SL_FATAL;
	say_cause(sl_pool_window(driver->engine->pool, driver->window), how, why, death_r);
	return SL_OK;
}

enum sl_rc sl_driver_blame_nobody(
	struct sl_driver *driver, const struct sl_death *death, struct sl_err *err)
{
	struct sl_engine *e = driver->engine;
	double now = sl_clock_monotonic();
	pthread_mutex_lock(&e->lock);
	double *oldest = &e->deaths[e->n_deaths++ % SL_LEN(e->deaths)];
	bool storm = e->n_deaths > STORM && now - *oldest < STORM_SECONDS;
	*oldest = now;
	pthread_mutex_unlock(&e->lock);
	atomic_fetch_add(&e->counts.respawns, 1);
	if (!storm) {
		sl_log_line(e->log, SL_LOG_WARN,
			"a %s ended between two messages: %s; another takes its place",
			role_name(driver), death->cause);
		return SL_OK;
	}
	return sl_err_set(err, SL_EXIT_INTERNAL,
		"more than %d cells a second end with no message to blame, the last one: %s; "
		"what was read is in the store, run again to go on",
		STORM, death->cause);
}

/* ---- birth ---- */

enum sl_rc sl_driver_ready(struct sl_driver *driver, struct sl_err *err)
{
	struct sl_engine *e = driver->engine;
	struct sl_sandbox_level level;
	while (driver->cell.socket < 0) {
		enum sl_rc rc = sl_zygote_spawn(e->zygote, driver->role, driver->number,
			driver->window, &driver->cell, &level, err);
		if (rc == SL_FATAL)
			return rc;
		driver->handled = 0;
		memset(driver->stage_seen, 0, sizeof(driver->stage_seen));
		if (rc == SL_OK)
			break;
		struct sl_death death = { .cause = "it did not start" };
		const struct sl_cell_status *status = sl_pool_window(e->pool, driver->window);
		if (status->words[0])
			snprintf(death.cause, sizeof(death.cause), "it did not start: %.200s",
				status->words);
		if (sl_driver_blame_nobody(driver, &death, err) != SL_OK)
			return SL_FATAL;
	}
	return SL_OK;
}

double sl_driver_cpu(const struct sl_driver *driver)
{
	clockid_t clock;
	struct timespec used;
	if (clock_getcpuclockid(driver->cell.pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
		return 0;
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

enum sl_rc sl_driver_wait(struct sl_driver *driver, double seconds, struct sl_cell_packet *packet_r)
{
	struct pollfd fd = { .fd = driver->cell.socket, .events = POLLIN };
	int ready = poll(&fd, 1, (int)(seconds * 1000));
	if (ready == 0 || (ready < 0 && errno == EINTR))
		return SL_SKIP;
	if (ready < 0)
		return SL_END;
	return sl_cell_receive(driver->cell.socket, packet_r, sizeof(*packet_r), NULL, 0, NULL)
		       ? SL_OK
		       : SL_END;
}
