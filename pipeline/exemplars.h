/* SPDX-License-Identifier: Apache-2.0 */
/* exemplars.h - which messages need their SHA-256.
 *
 * The digest is wanted for the exemplar of each variant, its message with the smallest (time, id),
 * and costs more than everything else that a copy of a known mail needs. Which message that will be
 * nobody knows while others are still to be read; but one that comes behind a smaller one of its
 * variant will not be it. So each worker remembers the smallest that it has met, and a message
 * above that goes without. It does so archive by archive: whatever archives are forgotten later,
 * the smallest of what is left was the smallest of its archive.
 *
 * Bounded: a full table is emptied, and then some digests are computed that nobody needs. O(1).
 */
#ifndef SL_EXEMPLARS_H
#define SL_EXEMPLARS_H

#include "base/clock.h"
#include "base/hash.h"

struct sl_exemplars;

struct sl_exemplars *sl_exemplars_new(void);
void sl_exemplars_free(struct sl_exemplars **exemplars);

/* May this message of that variant be the smallest of the archive? Remembers it then. */
bool sl_exemplars_meet(struct sl_exemplars *exemplars, const struct sl_id *variant,
	uint32_t archive, int64_t time, const struct sl_id *id);

#endif
