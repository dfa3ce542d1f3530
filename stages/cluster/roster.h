/* SPDX-License-Identifier: Apache-2.0 */
/* roster.h - who belongs where: the index over a view that dossiers are made with.
 *
 * Living campaigns by id, their variants by name, and which campaigns use an indicator or a form.
 * About 40 bytes a variant, 120 a campaign and 16 bytes for each (indicator, campaign); made in one
 * pass over campaigns, variants and uses.
 */
#ifndef SL_ROSTER_H
#define SL_ROSTER_H

#include "lineage.h"
#include "radix.h"

struct sl_roster_variant {
	struct sl_id key, name;
	uint32_t campaign;
};

/* A line of the log, at the campaign that lives today. */
struct sl_roster_line {
	uint32_t campaign;
	uint64_t seq;
	struct sl_lineage line; /* spans as long as the view */
};

struct sl_roster_campaign {
	struct sl_campaign_id id;
	size_t first, n; /* its variants */
	uint64_t messages;
	struct sl_id exemplar, exemplar_id; /* message of smallest (time, id); key zero: none */
	int64_t exemplar_time;
	size_t first_line, n_lines;
	uint64_t brand;    /* hash of its id; 0: none */
	uint64_t skeleton; /* of the founder's variant; 0: none, or no brand */
};

struct sl_roster {
	struct sl_roster_campaign *campaigns; /* by id */
	size_t n_campaigns;
	struct sl_roster_variant *variants; /* by campaign, name */
	size_t n_variants;
	/* What campaigns may have in common: a trait, and the number of a campaign that has it; by
	 * trait, campaign. */
	struct sl_keyed *uses; /* of indicators: head of the key */
	size_t n_uses;
	struct sl_keyed *forms; /* skeletons */
	size_t n_forms;
	struct sl_roster_line *lines; /* by campaign, seq */
	size_t n_lines;
};

struct sl_roster *sl_roster_new(struct sl_view *view);
void sl_roster_free(struct sl_roster **roster);
/* Index of a living campaign, or -1. */
ssize_t sl_roster_find(const struct sl_roster *roster, const struct sl_campaign_id *id);
/* The run of campaigns that have a trait. A step or two when traits are spread evenly. */
size_t sl_roster_run(
	const struct sl_keyed *traits, size_t n, uint64_t trait, const struct sl_keyed **run_r);
uint64_t sl_roster_trait_of(const struct sl_id *indicator);

#endif
