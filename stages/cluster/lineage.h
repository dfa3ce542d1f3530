/* SPDX-License-Identifier: Apache-2.0 */
/* lineage.h - ids of campaigns, and the log of what happened to them.
 *
 * An id is made once, out of the founding message, and never computed again. The log is
 * append-only: no message changes its campaign without a line that explains it.
 */
#ifndef SL_CLUSTER_LINEAGE_H
#define SL_CLUSTER_LINEAGE_H

#include "storage/store.h"

/* "c" + 16 characters of base32 of SHA-256("spamloom campaign 1" + sha256 of the message). */
struct sl_campaign_id sl_campaign_id_make(const struct sl_sha256 *founder);
bool sl_campaign_id_eq(const struct sl_campaign_id *a, const struct sl_campaign_id *b);
int sl_campaign_id_cmp(const struct sl_campaign_id *a, const struct sl_campaign_id *b);

/* What a night did to one campaign. */
struct sl_event {
	const char *op;                  /* "born" "join" "merge" */
	struct sl_campaign_id id, other; /* merge: `other` ended in `id` */
	uint64_t messages, variants;     /* moved */
	uint64_t evidence[SL_EVIDENCES]; /* of the variants that moved */
	struct sl_edge edge;             /* merge: what joined the two */
};

/* Order of the log inside a night: by id, then op, then other. For qsort. */
int sl_event_compare(const void *a, const void *b);
/* Append one event with its reason in words. */
enum sl_rc sl_event_write(struct sl_store *store, struct sl_arena *arena, uint64_t night,
	const struct sl_event *event, struct sl_err *err) SL_MUST_CHECK;

#endif
