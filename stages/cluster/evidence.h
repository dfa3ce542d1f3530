/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h - do two variants carry the same lure, and what shows it?
 *
 * The rule table of docs/CAMPAIGNS.md, on exact (never estimated) similarities. A match is an
 * edge of one type, or nothing; a veto says that the two claim to come from different parties, or
 * speak different languages. Pure: two texts cost about 3 us.
 */
#ifndef SL_EVIDENCE_H
#define SL_EVIDENCE_H

#include "corpus.h"

#include "pipeline/dossier.h"

struct sl_match {
	bool edge, veto;           /* never both */
	uint16_t score;            /* 0..1000; of an edge */
	enum sl_evidence evidence; /* of an edge */
};

/* The similarities that the rules look at, in thousandths. */
struct sl_facts {
	unsigned text, subject, sender, tags;
	bool same_skeleton, same_file, same_anchor;
	bool rare_skeleton; /* and few senders use it */
	bool no_text;       /* one of the two has too little core text to tell */
	bool short_text;    /* enough to compare, not enough to decide alone */
	bool padded;        /* the body of one of them is not its lure */
	bool brand_conflict, language_conflict;
};

/* The rule table, pure. */
void sl_evidence_judge(const struct sl_facts *facts, struct sl_match *match_r);

/* The text of a variant without the lines that many senders share. */
struct sl_body {
	struct sl_grams grams; /* weighed */
	bool padded;           /* it is not the lure */
};

struct sl_side {
	const struct sl_lure *lure;
	const struct sl_body *body;
};

/* `all`: also where no rule would look at the likeness of the texts, which costs most. */
void sl_evidence_look(const struct sl_corpus *corpus, const struct sl_side *a,
	const struct sl_side *b, bool all, struct sl_facts *facts_r);

#endif
