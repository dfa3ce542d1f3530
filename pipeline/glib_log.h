/* SPDX-License-Identifier: Apache-2.0 */
/* glib_log.h - GLib says why before it aborts; here is where it says it. */
#ifndef SL_GLIB_LOG_H
#define SL_GLIB_LOG_H

#include <stddef.h>

/* Fatal messages of GLib and GMime go to stderr by one write(2): its own handler allocates and
 * locks, and waits for itself for ever when memory is what is missing. Others are dropped: they are
 * about input. `words` (may be NULL) gets the text, too, NUL-terminated; it lives as long as the
 * process. */
void sl_glib_log_to(char *words, size_t size);

#endif
