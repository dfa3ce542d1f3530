/* SPDX-License-Identifier: Apache-2.0 */
/* trap_tongue.h - what the lures say: one file of tables for each language, trap_tongue_XX.c.
 *
 * A new lure is a row, a new language is a file and a line in trap_tongue.c. All text is invented,
 * in UTF-8, and can be written in each charset that its tongue names. Slots:
 *
 *   $b brand   $n name of a person   $a amount   $d date   $r reference number
 *   $i address of a machine          $e contact address       $$ a dollar
 *
 * The story is what makes the wording of one campaign different from the next one's: sentences of
 * four phrases, drawn once for a family.
 */
#ifndef TRAP_TONGUE_H
#define TRAP_TONGUE_H

#include "pipeline/base/span.h"

enum { TRAP_LURES = 6, TRAP_LINES = 4, TRAP_CHARSETS = 3, TRAP_PHRASES = 12, TRAP_NAMES = 12 };

struct trap_lure {
	const char *pretext;
	const char *subject;
	const char *lines[TRAP_LINES]; /* why, where from, what to do, or else */
	const char *button;
};

struct trap_tongue {
	const char *code;
	const char *charsets[TRAP_CHARSETS]; /* the first as often as the others together */
	const char *greeting;
	const char *closing;
	const char *contact; /* holds $e */
	const char *names[TRAP_NAMES];
	const char *starts[TRAP_PHRASES], *subjects[TRAP_PHRASES], *objects[TRAP_PHRASES],
		*ends[TRAP_PHRASES];
	struct trap_lure lures[TRAP_LURES];
};

extern const struct trap_tongue trap_tongue_ja, trap_tongue_en, trap_tongue_de, trap_tongue_pt,
	trap_tongue_zh;

/* All of them, in a fixed order; a NULL ends the list. */
extern const struct trap_tongue *const trap_tongues[];

#endif
