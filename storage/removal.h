/* SPDX-License-Identifier: Apache-2.0 */
/* removal.h - take sightings out of the store, and what nothing holds any more.
 *
 * One walk over all sightings. A message without a sighting goes; one that keeps some is summed up
 * again; contents and faces that no message has go. Derived tables are left as they are: rebuild
 * them. Memory is 40 bytes for each archive and for each content or face that may go. Internal to
 * storage/.
 */
#ifndef SL_REMOVAL_H
#define SL_REMOVAL_H

#include "store_inner.h"

struct sl_removal_archive {
	struct sl_id key;
	bool lost, left; /* it lost a sighting; it keeps one */
};

struct sl_removal {
	struct sl_store *store;
	bool (*doomed)(void *arg, const struct sl_sighting_row *row);
	/* Sum this one up again in any case? NULL: none. */
	bool (*changed)(void *arg, const struct sl_id *message);
	void *arg;
	struct sl_pending archives;        /* struct sl_removal_archive */
	struct sl_pending contents, faces; /* keys of those that may be without a message */
	uint64_t sightings, messages;      /* that went */
};

void sl_removal_init(struct sl_removal *removal, struct sl_store *store);
void sl_removal_free(struct sl_removal *removal);
/* Before the run: they may be without a message. */
void sl_removal_suspect(
	struct sl_removal *removal, const struct sl_id *content, const struct sl_id *face);
enum sl_rc sl_removal_run(struct sl_removal *removal, struct sl_err *err) SL_MUST_CHECK;
/* Count the messages and sightings of all nights again. */
enum sl_rc sl_store_recount_nights(struct sl_store *store, struct sl_err *err) SL_MUST_CHECK;

#endif
