/* SPDX-License-Identifier: Apache-2.0 */
/* tally.h - every distinct indicator of the store with what all messages say about it.
 *
 * Made once for all feeds of a writing, out of the tables indicators, uses, variants and contents;
 * sorted by kind name, value. Costs 96 bytes an indicator and 4 bytes for each campaign that an
 * indicator is in, and while it is made 16 bytes more for each; texts stay in the store's map.
 * Values in which a trap address was hidden are merged when they became equal, and are never
 * actionable; a trap address itself is left out.
 */
#ifndef SL_TALLY_H
#define SL_TALLY_H

#include "redact.h"

#include "pipeline/feed.h"

struct sl_tallied {
	struct sl_span value; /* redacted */
	int64_t first, last;
	union {
		struct {
			struct sl_id key;
			uint32_t into; /* the item that this one is counted with */
		} making;              /* while uses are collected */
		struct {
			const uint32_t *campaigns; /* indices into the tally's ids, ascending */
			const char *why;           /* this and the next: struct sl_policy_answer */
			uint16_t days;             /* from the last time to the end; 0: no end */
			uint8_t confidence;
			bool actionable;
		};
	};
	/* Host and domain: bytes behind the start of the value's row. */
	uint32_t host_at, host_n, domain_at, domain_n;
	uint32_t roles; /* bits */
	uint32_t messages;
	uint32_t night; /* first seen in */
	uint32_t n_campaigns;
	uint8_t kind;
	bool hidden; /* a trap address was taken out */
	bool whole;  /* while it is made: seen at all */
};

struct sl_tally {
	struct sl_arena *arena;
	struct sl_redact *redact;
	struct sl_tallied *items; /* owned */
	size_t n;
	uint32_t *campaigns;        /* owned; of all items */
	struct sl_campaign_id *ids; /* of living campaigns, ascending */
	bool *genuine;              /* beside ids: the verdict is genuine */
	size_t n_ids;
	struct sl_span *editions; /* distinct ones of the answers about addresses, ascending */
	size_t n_editions;
};

/* The tally of this writing: the kept one, or a new one that is then kept with `out`. */
enum sl_rc sl_tally_of(const struct sl_feed_input *in, struct sl_outdir *out,
	const struct sl_tally **tally_r, struct sl_err *err);
void sl_tally_free(struct sl_tally **tally);

/* Does something seen from `first` to `last` fall into --since .. --until? */
bool sl_in_period(const struct sl_config *config, int64_t first, int64_t last);
/* Would a blocking list carry it? */
bool sl_tallied_blocks(const struct sl_tallied *item, const struct sl_config *config);
/* When a blocker should forget it, or SL_TIME_NONE. */
int64_t sl_tallied_expires(const struct sl_tallied *item);
/* Sort by kind name, value (tally_sort.c). Values of a kind differ. */
void sl_tally_sort(struct sl_tallied *items, size_t n);
/* Names of the roles in the bits, sorted. */
const struct sl_span *sl_role_names(struct sl_arena *arena, uint32_t roles, size_t *n_r);

#endif
