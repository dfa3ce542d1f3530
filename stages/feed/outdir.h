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

/* The tally kept with this folder, or NULL. */
struct sl_tally *sl_outdir_tally(const struct sl_outdir *out);
/* Keep it; the folder owns it from now on. */
void sl_outdir_keep_tally(struct sl_outdir *out, struct sl_tally *tally);
/* The same for the guard of blocking feeds. What it says is read until the folder is freed, but it
 * may be asked only while the feeds are being written. */
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
