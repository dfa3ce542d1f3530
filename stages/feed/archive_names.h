/* SPDX-License-Identifier: Apache-2.0 */
/* archive_names.h - printed names of archives by their keys, read once. */
#ifndef SL_ARCHIVE_NAMES_H
#define SL_ARCHIVE_NAMES_H

#include "storage/store.h"

struct sl_names;

/* Reads the table of archives: about 40 bytes each and its name. */
struct sl_names *sl_names_new(struct sl_view *view);
void sl_names_free(struct sl_names **names);
/* The empty span for an unknown key. */
struct sl_span sl_names_of(const struct sl_names *names, const struct sl_id *key);

#endif
