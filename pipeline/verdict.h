/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.h - what a mail or campaign is, with reasons, by the rule table in docs/VERDICTS.md.
 *
 * A pure function of facts; the same for one mail (explain) and for a campaign (its exemplar's
 * facts, with counts). No network.
 */
#ifndef SL_VERDICT_H
#define SL_VERDICT_H

#include "record.h"
#include "tables.h"

enum sl_verdict_label {
	SL_VERDICT_UNKNOWN,
	SL_VERDICT_PHISHING,
	SL_VERDICT_SCAM,
	SL_VERDICT_MALWARE,
	SL_VERDICT_ADVERT,
	SL_VERDICT_BACKSCATTER,
	SL_VERDICT_AUTO_REPLY,
	SL_VERDICT_GENUINE,
	SL_VERDICTS
};
const char *sl_verdict_name(enum sl_verdict_label label);

/* Mail of people and shops who mean what they say, automatic answers among it: what it links to is
 * not fed to a blocker. */
static inline bool sl_verdict_is_honest(enum sl_verdict_label label)
{
	return label == SL_VERDICT_GENUINE || label == SL_VERDICT_AUTO_REPLY;
}

enum { SL_VERDICT_REASONS = 16 };

struct sl_verdict {
	enum sl_verdict_label label;
	unsigned confidence;                     /* 0..100 */
	const char *reasons[SL_VERDICT_REASONS]; /* names of rules that fired, strongest first */
	size_t n_reasons;
};

void sl_verdict_judge(const struct sl_tables *tables, const struct sl_message *message,
	const struct sl_content *content, struct sl_verdict *verdict_r);

/* False: the label cannot be an honest one, by the header alone. Cheap. */
bool sl_verdict_may_be_honest(const struct sl_tables *tables, const struct sl_message *message);

/* Distance of a host to a brand's domain: the brand whose name or domain this host imitates
 * ("amaezon.qzvnwseg.top" -> amazon), or NULL. Hosts that the brand owns give NULL. */
const struct sl_brand *sl_lookalike_of(
	const struct sl_tables *tables, struct sl_span host, struct sl_span domain);

#endif
