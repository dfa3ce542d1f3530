/* SPDX-License-Identifier: Apache-2.0 */
/* trap_truth.h - what a generated mail holds, written down at the moment when it is put in.
 *
 * One JSON object a line:
 *   {"mail":N,"id":XXH3-128 of the raw
 * mail,"original":N,"copy":N,"campaign":S,"family":S,"brand":S,
 *    "language":S,"charset":S,"urls":{"link":[S],"form":[S],"image":[S],"unsubscribe":[S]},
 *    "emails":[S],"ips":[S],"attachments":[SHA-256]}
 * Values are canonical, each once. `emails` are those of the body, `ips` those of header and body.
 */
#ifndef TRAP_TRUTH_H
#define TRAP_TRUTH_H

#include "trap_plan.h"

enum trap_fact_kind {
	TRAP_FACT_LINK,
	TRAP_FACT_FORM,
	TRAP_FACT_IMAGE,
	TRAP_FACT_UNSUBSCRIBE,
	TRAP_FACT_EMAIL,
	TRAP_FACT_IP,
	TRAP_FACT_FILE
};

enum { TRAP_FACTS = 64 };

struct trap_fact {
	enum trap_fact_kind kind;
	size_t at, n; /* in `text` */
};

/* Reset for each mail; owns its text. */
struct trap_truth {
	struct sl_buf text;
	struct trap_fact facts[TRAP_FACTS];
	size_t n;
};

void trap_truth_reset(struct trap_truth *truth);
/* A value that is there already is not added again. */
void trap_truth_add(struct trap_truth *truth, enum trap_fact_kind kind, struct sl_span value);
/* Append the line of this mail. */
void trap_truth_line(const struct trap_truth *truth, const struct trap_options *options,
	const struct trap_mail *mail, struct sl_span raw, struct sl_buf *to);

#endif
