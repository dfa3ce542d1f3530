/* SPDX-License-Identifier: Apache-2.0 */
/* tally.h - every distinct indicator of the store with what all messages say about it.
 *
 * Made once for all feeds of a writing, out of the tables indicators, uses, variants and contents;
 * sorted by kind name, value. Costs about 200 bytes an indicator and 8 bytes for each campaign that
 * an indicator is in; texts stay in the store's map. Values in which a trap address was hidden are
 * merged when they became equal, and are never actionable; a trap address itself is left out.
 */
#ifndef SL_TALLY_H
#define SL_TALLY_H

#include "redact.h"

#include "pipeline/feed.h"

struct sl_tallied {
	struct sl_id key;
	enum sl_kind kind;
	struct sl_span value; /* redacted */
	struct sl_span host, domain;
	struct sl_span file_type; /* of a file's hash: the smallest of those it came with */
	uint32_t flags, roles;    /* bits */
	uint64_t messages;
	uint64_t night; /* first seen in */
	int64_t first, last;
	const uint32_t *campaigns; /* indices into the tally's ids, ascending */
	uint32_t n_campaigns;
	uint32_t into; /* while it is made: the item that this one is counted with */
	bool hidden;   /* a trap address was taken out */
	bool whole;    /* while it is made: seen at all */
	struct sl_policy_answer policy;
	const struct sl_answer *geo; /* of an address that was asked about, or NULL */
};

struct sl_tally {
	struct sl_arena *arena;
	struct sl_redact *redact;
	struct sl_tallied *items;
	size_t n;
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
/* Names of the roles in the bits, sorted. */
const struct sl_span *sl_role_names(struct sl_arena *arena, uint32_t roles, size_t *n_r);

#endif
