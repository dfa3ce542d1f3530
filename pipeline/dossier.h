/* SPDX-License-Identifier: Apache-2.0 */
/* dossier.h - the analysis of one campaign, as plain data.
 *
 * Made by stages/cluster/dossier.c out of one snapshot of the store, read by feeds and by `show`.
 * Lists are sorted (by count descending, then by bytes, unless said) and cut at SL_DOSSIER_LIST,
 * the true count standing beside. Everything lives in the arena of the maker's call.
 */
#ifndef SL_DOSSIER_H
#define SL_DOSSIER_H

#include "lookup.h"
#include "record.h"
#include "verdict.h"

enum { SL_CAMPAIGN_ID = 20, SL_DOSSIER_LIST = 1000 };

/* "c" and 16 characters of lower-case base32 (RFC 4648 alphabet), NUL-terminated. */
struct sl_campaign_id {
	char text[SL_CAMPAIGN_ID];
};

enum sl_status { SL_STATUS_NEW, SL_STATUS_ONGOING, SL_STATUS_RETURNED };
const char *sl_status_name(enum sl_status status);

struct sl_counted {
	struct sl_span value;
	uint64_t count; /* messages */
};

/* An indicator as one campaign uses it. Sorted by kind, value. */
struct sl_used {
	struct sl_indicator indicator; /* role: the strongest one */
	uint32_t roles;                /* bits */
	uint64_t messages;
	int64_t first_seen, last_seen;
	bool actionable;
	const char *why;
	unsigned confidence;
	struct sl_answer geo; /* of addresses; status NOT_ASKED when there is none */
};

struct sl_wave {
	int64_t first, last;
	uint64_t messages;
};

/* Names of evidence: sl_evidence_name(). */
enum sl_evidence {
	SL_EVIDENCE_VARIANT,     /* equal text after masking */
	SL_EVIDENCE_TEXT,        /* T: text overlap at or above t1 */
	SL_EVIDENCE_TEXT_LURE,   /* TS: some overlap and the same lure identity */
	SL_EVIDENCE_TEXT_ANCHOR, /* TA: some overlap and a shared rare anchor */
	SL_EVIDENCE_LURE,        /* SF: short or padded text, same subject and sender */
	SL_EVIDENCE_FORM,        /* SK: short text, same skeleton, and one lure field */
	SL_EVIDENCE_FILE,        /* FK: same attachment and one lure field */
	SL_EVIDENCE_ANALYST,     /* must-link */
	SL_EVIDENCES
};
const char *sl_evidence_name(enum sl_evidence evidence);
const char *sl_evidence_text(enum sl_evidence evidence); /* a sentence for people */

struct sl_edge {
	enum sl_evidence evidence;
	unsigned score;    /* 0..1000 */
	struct sl_id a, b; /* names of the two variants */
};

struct sl_relation {
	const char *type; /* "family", "operation", "rewrite" */
	struct sl_campaign_id campaign;
	struct sl_span reason;
};

struct sl_slot {
	size_t at;                 /* index of the template piece it follows */
	struct sl_counted *values; /* examples */
	size_t n_values, n_distinct;
};

struct sl_lineage {
	uint64_t night;
	const char *op;                  /* "born", "join", "merge", "alias", "split", "wave" */
	struct sl_campaign_id id, other; /* other: empty when there is none */
	uint64_t moved;                  /* messages */
	struct sl_span reason;
};

struct sl_dossier {
	struct sl_campaign_id id;
	struct sl_campaign_id *aliases;
	size_t n_aliases;
	struct sl_span name; /* one line for people: brand and subject of the exemplar */
	enum sl_status status;
	struct sl_span brand;   /* id or empty */
	struct sl_span pretext; /* exemplar's subject, slots masked */
	struct sl_counted *languages;
	size_t n_languages;
	int64_t first_seen, last_seen;
	struct sl_wave *waves;
	size_t n_waves;
	uint64_t messages, sightings, variants;
	struct sl_counted *traps; /* per archive */
	size_t n_traps;
	unsigned confidence;
	struct sl_counted *subjects, *senders, *sender_names, *mailers;
	size_t n_subjects, n_senders, n_sender_names, n_mailers;
	struct sl_used *used; /* all indicators of the campaign */
	size_t n_used;
	struct sl_attachment *attachments;
	size_t n_attachments;
	struct sl_message exemplar; /* the message with the smallest (time, id) */
	struct sl_content exemplar_content;
	struct sl_span exemplar_archive, exemplar_entry; /* names for people */
	uint64_t exemplar_ordinal, exemplar_offset, exemplar_length;
	struct sl_span *template_lines; /* literal text; slots as U+27E6 type U+27E7 */
	size_t n_template_lines;
	uint64_t evidence[SL_EVIDENCES];
	struct sl_edge weakest;
	bool has_weakest;
	struct sl_relation *related;
	size_t n_related;
	struct sl_lineage *lineage;
	size_t n_lineage;
	struct sl_verdict verdict;
};

#endif
