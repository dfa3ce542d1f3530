/* SPDX-License-Identifier: Apache-2.0 */
/* ordinals.h - numbers messages on where two members of an archive have one name.
 *
 * A sighting is known by (archive, entry, ordinal), and archives may hold a name twice: the second
 * one goes on counting where the first one ended. Open addressing over 64-bit hashes, at most
 * SL_ORDINALS_MAX names (16 MiB); names beyond that are not remembered.
 */
#ifndef SL_ORDINALS_H
#define SL_ORDINALS_H

#include "pipeline/base/span.h"

enum { SL_ORDINALS_MAX = 1 << 19 };

struct sl_ordinals {
	struct sl_ordinal_slot *slots;
	size_t room, used;
};

/* Zeroed is empty. */
void sl_ordinals_free(struct sl_ordinals *ordinals);
/* The first ordinal that this entry has not used. */
uint64_t sl_ordinals_get(const struct sl_ordinals *ordinals, struct sl_span entry);
void sl_ordinals_set(struct sl_ordinals *ordinals, struct sl_span entry, uint64_t next);

#endif
