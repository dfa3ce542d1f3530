/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
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
		.examiner = sl_examiner_make(&engine->blind) };
}

void sl_driver_end(struct sl_driver *driver)
{
	struct sl_death death;
	struct sl_err err;
	if (driver->cell.socket >= 0 &&
		sl_driver_bury(driver, "the run is over", &death, &err) != SL_OK)
		sl_log_line(driver->engine->log, SL_LOG_DEBUG, "%s", err.text);
	sl_examiner_free(&driver->examiner);
}

/* ---- death ---- */

static const char *role_name(const struct sl_driver *driver)
{
	return driver->role == SL_CELL_READER ? "reader" : "worker";
}

enum sl_rc sl_driver_bury(
	struct sl_driver *driver, const char *why, struct sl_death *death_r, struct sl_err *err)
{
	int how;
	enum sl_rc rc = sl_zygote_bury(driver->engine->zygote, &driver->cell, &how, err);
	if (driver->faulty)
		*err = driver->fault; /* it came first */
	if (rc != SL_OK || driver->faulty)
		return SL_FATAL;
	sl_death_explain(sl_pool_window(driver->engine->pool, driver->window), how, why, death_r);
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
	for (unsigned tries = 1; driver->cell.socket < 0; tries++) {
		enum sl_rc rc = sl_zygote_spawn(e->zygote, driver->role, driver->number,
			driver->window, &driver->cell, &level, err);
		if (rc == SL_FATAL)
			return rc;
		driver->handled = 0;
		driver->seen = (struct sl_mill_work){ .known = 0 };
		/* what was found when the run began need not be what this cell got */
		if (rc == SL_OK)
			return e->config->require_sandbox
				       ? sl_sandbox_insist(&level, "a cell got", err)
				       : SL_OK;
		struct sl_death death = { .cause = "it did not start" };
		const struct sl_cell_status *status = sl_pool_window(e->pool, driver->window);
		if (status->words[0])
			snprintf(death.cause, sizeof(death.cause), "it did not start: %.200s",
				status->words);
		if (tries == STORM)
			return sl_err_set(err, SL_EXIT_INTERNAL,
				"%d cells in a row died at birth, the last one: %s", STORM,
				death.cause);
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
		return -1;
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* SL_FATAL is for the burial to tell: no message is tried again for it. */
static enum sl_rc note_fault(struct sl_driver *driver, enum sl_rc rc)
{
	if (rc != SL_FATAL)
		return rc;
	driver->faulty = true;
	return SL_END;
}

bool sl_driver_tell(
	struct sl_driver *driver, const struct sl_cell_packet *packet, const int *fds, size_t n)
{
	return note_fault(driver, sl_cell_tell(&driver->cell, packet, fds, n, &driver->fault)) ==
	       SL_OK;
}

enum sl_rc sl_driver_wait(struct sl_driver *driver, double seconds, struct sl_cell_packet *packet_r)
{
	struct pollfd fd = { .fd = driver->cell.socket, .events = POLLIN };
	if (driver->faulty)
		return SL_END;
	int ready = poll(&fd, 1, (int)(seconds * 1000));
	if (ready == 0 || (ready < 0 && errno == EINTR))
		return SL_SKIP;
	enum sl_rc rc =
		ready < 0 ? sl_err_errno(&driver->fault, SL_EXIT_INTERNAL, "cannot wait for a cell")
			  : sl_cell_hear(&driver->cell, packet_r, &driver->fault);
	return note_fault(driver, rc);
}
