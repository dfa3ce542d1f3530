/* SPDX-License-Identifier: Apache-2.0 */
/* driver.h - the engine's side of a cell: hand over, wait, bury, try again.
 *
 * A driver is used by one thread. It never parses foreign bytes: it copies results out of the
 * cell's window and has the codec check them. Private to pipeline/.
 */
#ifndef SL_DRIVER_H
#define SL_DRIVER_H

#include "death.h"
#include "engine.h"
#include "results.h"

/* Cells of the driver's kind, one at a time, spawned when needed. */
struct sl_driver {
	struct sl_engine *engine;
	enum sl_cell_role role;
	unsigned number, window;
	struct sl_cell cell; /* socket -1: none */
	double cpu;          /* of the cell when it was last looked at */
	uint64_t handled;    /* messages since the cell was born */
	bool faulty;         /* talking to it fails, and it did not die of that; then the error */
	struct sl_err fault;
	struct sl_examiner examiner;    /* of a worker's */
	struct sl_mill_work work, seen; /* of all cells; of the cell at work so far */
};

struct sl_driver sl_driver_make(
	struct sl_engine *engine, enum sl_cell_role role, unsigned number, unsigned window);
void sl_driver_end(struct sl_driver *driver);

/* Make sure that there is a cell. */
enum sl_rc sl_driver_ready(struct sl_driver *driver, struct sl_err *err) SL_MUST_CHECK;
/* Bury it; says why it died. `why`: our own reason to kill it, or NULL. SL_FATAL: nobody can be
 * blamed, the run cannot go on: the zygote is gone, or a socket failed. */
enum sl_rc sl_driver_bury(struct sl_driver *driver, const char *why, struct sl_death *death_r,
	struct sl_err *err) SL_MUST_CHECK;
/* A death that no message can be blamed for. SL_FATAL (exit 70) when there are too many. */
enum sl_rc sl_driver_blame_nobody(
	struct sl_driver *driver, const struct sl_death *death, struct sl_err *err) SL_MUST_CHECK;
/* Seconds of CPU that the cell has used so far; below 0: it cannot be told, so do not judge. */
double sl_driver_cpu(const struct sl_driver *driver);
/* Send a packet with up to `n` descriptors. False: the cell is gone, or cannot be talked to: bury
 * it, which says which of the two. The next sl_driver_wait() sees it, too. */
bool sl_driver_tell(
	struct sl_driver *driver, const struct sl_cell_packet *packet, const int *fds, size_t n);
/* Wait for a packet for at most `seconds`. SL_SKIP: nothing came. SL_END: it is gone, or cannot be
 * talked to. */
enum sl_rc sl_driver_wait(
	struct sl_driver *driver, double seconds, struct sl_cell_packet *packet_r) SL_MUST_CHECK;

/* Work through a batch in the cell, with everything that goes wrong: batch->items and ->crashes are
 * filled. SL_FATAL: the run cannot go on. */
enum sl_rc sl_driver_batch(
	struct sl_driver *driver, struct sl_batch *batch, struct sl_err *err) SL_MUST_CHECK;

#endif
