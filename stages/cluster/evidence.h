/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h - do two variants carry the same lure, and what shows it?
 *
 * The rule table of docs/CAMPAIGNS.md, on exact (never estimated) similarities. A match is an
 * edge of one type, or nothing; a veto says that the two claim to come from different parties, or
 * speak different languages. A comparer keeps gram sets and answers of pairs; both caches are
 * bounded and never change an answer. One comparer per thread, but for sl_comparer_judge().
 */
#ifndef SL_EVIDENCE_H
#define SL_EVIDENCE_H

#include "corpus.h"

#include "pipeline/dossier.h"

struct sl_match {
	bool edge, veto;           /* never both */
	enum sl_evidence evidence; /* of an edge */
	uint16_t score;            /* 0..1000; of an edge */
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

struct sl_comparer;
/* `lures` and `corpus` are borrowed; indices into `lures` name the items. */
struct sl_comparer *sl_comparer_new(
	const struct sl_corpus *corpus, const struct sl_lure *lures, size_t n);
void sl_comparer_free(struct sl_comparer **comparer);
/* The core gram set of an item; valid until the next call on this comparer. */
const struct sl_grams *sl_comparer_grams(struct sl_comparer *comparer, uint32_t item);
void sl_comparer_facts(
	struct sl_comparer *comparer, uint32_t a, uint32_t b, struct sl_facts *facts_r);
/* Are all gram sets made and kept? After sl_comparer_grams() of each item, while they have room. */
bool sl_comparer_is_whole(const struct sl_comparer *comparer);
/* The answer for a < b, not kept: of a comparer that is whole, from any number of threads. */
void sl_comparer_judge(
	const struct sl_comparer *comparer, uint32_t a, uint32_t b, struct sl_match *match_r);
/* Keep an answer for sl_comparer_match(); of a pair that has none yet. */
void sl_comparer_keep(
	struct sl_comparer *comparer, uint32_t a, uint32_t b, const struct sl_match *match);
/* Symmetric. About 3 us the first time, 20 ns again. */
void sl_comparer_match(
	struct sl_comparer *comparer, uint32_t a, uint32_t b, struct sl_match *match_r);

#endif
