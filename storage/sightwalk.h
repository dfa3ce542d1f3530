/* SPDX-License-Identifier: Apache-2.0 */
/* sightwalk.h - walk over all sightings, message by message, wherever they are kept.
 *
 * The home of a message stands in its row (store.h), the others are rows of table sightings; both
 * tables are in the order of messages' keys. Internal to storage/.
 */
#ifndef SL_SIGHTWALK_H
#define SL_SIGHTWALK_H

#include "rowwalk.h"

struct sl_sightwalk {
	struct sl_walk messages, rows;
	struct sl_message_row message; /* next one with a home, when has_message */
	struct sl_sighting_row row;    /* next one, when has_row */
	bool has_message, has_row;
	bool at_home; /* what was given last is a home */
};

struct sl_sightwalk sl_sightwalk_make(struct sl_store *store);
void sl_sightwalk_end(struct sl_sightwalk *sights);
/* SL_END behind the last. What is read lives until the call after the next. */
enum sl_rc sl_sightwalk_next(struct sl_sightwalk *sights, struct sl_sighting_row *row_r,
	struct sl_err *err) SL_MUST_CHECK;
/* The caller is about to write to messages. */
void sl_sightwalk_touch(struct sl_sightwalk *sights);
/* Delete what was given last; it is no home. */
enum sl_rc sl_sightwalk_delete(struct sl_sightwalk *sights, struct sl_err *err) SL_MUST_CHECK;

#endif
