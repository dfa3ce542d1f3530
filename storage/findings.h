/* SPDX-License-Identifier: Apache-2.0 */
/* findings.h - what a check of the store has found so far.
 *
 * Lines hold table names, keys in hexadecimal and numbers, never texts of mails. After 1,000 lines
 * findings are only counted. Internal to storage/.
 */
#ifndef SL_FINDINGS_H
#define SL_FINDINGS_H

#include "store_inner.h"

struct sl_findings {
	struct sl_store *store;
	struct sl_view *view;
	void (*say)(void *arg, const char *line);
	void *arg;
	uint64_t n;
	struct sl_buf line;     /* owned */
	struct sl_arena *arena; /* owned; of one row */
};

void sl_finding(struct sl_findings *findings, unsigned table, struct sl_span key,
	const char *format, ...) SL_PRINTF(4, 5);
/* Is there a row of that key, readable or not? */
bool sl_findings_has(struct sl_findings *findings, unsigned table, const struct sl_key *key);
/* Compare the derived tables with what the primary ones add up to. */
void sl_findings_derived(struct sl_findings *findings);

#endif
