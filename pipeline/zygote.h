/* SPDX-License-Identifier: Apache-2.0 */
/* zygote.h - the process that all cells are forked from.
 *
 * It is forked before there are threads, locks or a store, and holds what a cell needs and a
 * sandbox would keep from it: tables, the public suffix list, every charset converter. It has one
 * thread and parses nothing. It dies with the engine, and its cells with it; when it dies first,
 * the run ends with exit 70 and can be resumed.
 */
#ifndef SL_ZYGOTE_H
#define SL_ZYGOTE_H

#include "cell.h"

struct sl_zygote;

/* Fork it. The caller must have one thread. Costs what making one mill costs. */
enum sl_rc sl_zygote_start(const struct sl_config *config, const struct sl_tables *tables,
	struct sl_pool *pool, struct sl_zygote **zygote_r, struct sl_err *err) SL_MUST_CHECK;
/* Ends it and every cell. */
void sl_zygote_stop(struct sl_zygote **zygote);
/* What seeds the keys; before the first cell. */
void sl_zygote_set_secret(struct sl_zygote *zygote, const struct sl_secret *secret);

struct sl_cell {
	int socket; /* -1: there is none */
	int pid;
	enum sl_cell_role role;
	unsigned number, window;
};

/* One packet to a cell, with up to `n` descriptors (which stay the caller's), or one from it.
 * SL_END: it is gone. SL_FATAL: the socket fails in another way, of which no cell, and no message
 * that it has in hand, can be guilty. */
enum sl_rc sl_cell_tell(const struct sl_cell *cell, const struct sl_cell_packet *packet,
	const int *fds, size_t n, struct sl_err *err) SL_MUST_CHECK;
enum sl_rc sl_cell_hear(const struct sl_cell *cell, struct sl_cell_packet *packet_r,
	struct sl_err *err) SL_MUST_CHECK;

/* Make a cell and wait for its HELLO (about 2 ms). SL_SKIP: it died before that. Any thread, one at
 * a time. */
enum sl_rc sl_zygote_spawn(struct sl_zygote *zygote, enum sl_cell_role role, unsigned number,
	unsigned window, struct sl_cell *cell_r, struct sl_sandbox_level *level_r,
	struct sl_err *err) SL_MUST_CHECK;
/* Kill what is left of the cell, wait for its end, close the socket. `status_r` is of waitpid(2).
 */
enum sl_rc sl_zygote_bury(struct sl_zygote *zygote, struct sl_cell *cell, int *status_r,
	struct sl_err *err) SL_MUST_CHECK;

#endif
