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

/* The tally kept with this folder, or NULL. */
struct sl_tally *sl_outdir_tally(const struct sl_outdir *out);
/* Keep it; the folder owns it from now on. */
void sl_outdir_keep_tally(struct sl_outdir *out, struct sl_tally *tally);

/* Write what is in `line` and empty it. */
void sl_outfile_take(struct sl_outfile *file, struct sl_buf *line);

#endif
