/* SPDX-License-Identifier: Apache-2.0 */
/* outdir.h - what feeds of one writing share.
 *
 * All feeds of one folder are written from one snapshot, so what one feed counted the next may use:
 * the folder keeps it and gives it back when it is freed.
 */
#ifndef SL_OUTDIR_H
#define SL_OUTDIR_H

#include "pipeline/feed.h"

struct sl_tally;
struct sl_feedguard;

/* The tally kept with this folder; the first who asks makes it, others wait for it meanwhile. The
 * folder owns it. `make` NULL: only what is there already, or NULL. */
struct sl_tally *sl_outdir_tally(
	struct sl_outdir *out, struct sl_tally *(*make)(const void *arg), const void *arg);
/* The guard of blocking feeds, or NULL; the folder owns it once it is kept. What it says is read
 * until the folder is freed, but it may be asked only while the feeds are being written. */
struct sl_feedguard *sl_outdir_guard(const struct sl_outdir *out);
void sl_outdir_keep_guard(struct sl_outdir *out, struct sl_feedguard *guard);

/* The file of the last time stays: name it in the manifest as it is. SL_OK also when there is none.
 */
enum sl_rc sl_outdir_keep_file(struct sl_outdir *out, const char *name, struct sl_err *err);
/* When the others take their places, remove a file that an earlier writing may have left. A
 * literal. */
void sl_outdir_drop_file(struct sl_outdir *out, const char *name);

/* Write what is in `line` and empty it. */
void sl_outfile_take(struct sl_outfile *file, struct sl_buf *line);

#endif
