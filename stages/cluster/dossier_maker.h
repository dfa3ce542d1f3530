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

#include "counts.h"
#include "roster.h"

#include "pipeline/hostmemo.h"
#include "pipeline/phase.h"

struct sl_dossier_archive {
	struct sl_id key;
	struct sl_span name;
};

/* Texts of messages that are counted. */
enum sl_dossier_text {
	SL_DOSSIER_SUBJECT,
	SL_DOSSIER_SENDER,
	SL_DOSSIER_NAME,
	SL_DOSSIER_MAILER,
	SL_DOSSIER_LANGUAGE,
	SL_DOSSIER_TEXTS
};

enum { SL_DOSSIER_LOOKS = 64 };

/* The entries of a message's texts; those of messages with the same face. */
struct sl_dossier_look {
	struct sl_id face; /* zero: none */
	size_t at[SL_DOSSIER_TEXTS];
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
	struct sl_arena *scratch; /* of one message or variant at a time */
	struct sl_arena *lasting; /* names of archives */
	struct sl_dossier_archive *archives;
	size_t n_archives, room_archives, last_archive;
	struct sl_counts archive_keys;            /* beside archives */
	struct sl_counts texts[SL_DOSSIER_TEXTS]; /* of one campaign at a time */
	struct sl_counts traps;                   /* the same */
	struct sl_dossier_look looks[SL_DOSSIER_LOOKS];
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

#endif
