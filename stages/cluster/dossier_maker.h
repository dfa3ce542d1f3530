/* SPDX-License-Identifier: Apache-2.0 */
/* dossier_maker.h - the inside of sl_dossiers (pipeline/phase.h).
 *
 * A maker has the roster of a view and makes one dossier at a time in its arena. Each section is a
 * function over the maker; sections read rows and add up, they keep nothing.
 *
 * Confidence of a campaign, 0 to 100: the mean over its variants of the score that brought each of
 * them in (the founder counts 1000), divided by ten; a campaign of one variant has 100: nothing was
 * joined.
 */
#ifndef SL_DOSSIER_MAKER_H
#define SL_DOSSIER_MAKER_H

#include "roster.h"

#include "pipeline/hostmemo.h"
#include "pipeline/phase.h"

struct sl_dossier_archive {
	struct sl_id key;
	struct sl_span name;
};

struct sl_dossier_maker {
	struct sl_view *view;
	const struct sl_config *config;
	const struct sl_tables *tables;
	uint64_t last_night; /* serial; 0: none */
	const struct sl_roster *roster;
	struct sl_roster *own_roster; /* NULL: that of another maker */
	struct sl_hostmemo *memo;
	struct sl_arena *arena;   /* of the dossier that was made last */
	struct sl_arena *lasting; /* names of archives */
	struct sl_dossier_archive *archives;
	size_t n_archives, room_archives;
	size_t next;
	struct sl_dossier dossier;
	struct sl_id *used_keys; /* store keys of dossier.used */
	uint8_t *honesty;        /* by campaign; 0: not judged yet */
};

/* Make the dossier of the roster's campaign number `at`; false: it has no readable message. */
bool sl_dossier_make(struct sl_dossier_maker *maker, size_t at);

/* The sections, in the order in which they are made. */
bool sl_dossier_add_messages(struct sl_dossier_maker *maker, size_t at);
void sl_dossier_add_support(struct sl_dossier_maker *maker, size_t at);
void sl_dossier_add_uses(struct sl_dossier_maker *maker, size_t at);
void sl_dossier_add_relations(struct sl_dossier_maker *maker, size_t at);

/* Count equal spans: sorted by count descending, then bytes; cut at SL_DOSSIER_LIST. Empty spans do
 * not count. Sorts `values`. */
size_t sl_dossier_count(
	struct sl_arena *arena, struct sl_span *values, size_t n, struct sl_counted **counted_r);
/* The name of an archive for people. */
struct sl_span sl_dossier_archive_name(struct sl_dossier_maker *maker, const struct sl_id *key);

#endif
