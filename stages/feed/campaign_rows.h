/* SPDX-License-Identifier: Apache-2.0 */
/* campaign_rows.h - one dossier as a row of campaigns.csv and an object of campaigns.jsonl. */
#ifndef SL_CAMPAIGN_ROWS_H
#define SL_CAMPAIGN_ROWS_H

#include "field_rows.h"
#include "redact.h"

enum { SL_CELL_LIST = 100 }; /* values in one cell of the CSV */

/* What is told of a campaign. Both borrowed. */
struct sl_told_campaign {
	const struct sl_dossier *dossier;
	const struct sl_redact *redact;
};

/* The values that are not flat, for the rows (campaign_json.c). */
void sl_put_waves(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_traps(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_languages(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_subjects(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_senders(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_sender_names(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_mailers(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_origin_ips(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_urls(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_domains(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_attachments(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_exemplar(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_template(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_evidence(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_related(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_lineage(const void *thing, struct sl_arena *arena, struct sl_json *to);
void sl_put_verdict(const void *thing, struct sl_arena *arena, struct sl_json *to);

/* Which indicators of a dossier stand in which list. */
bool sl_used_is_origin(const struct sl_used *used);
bool sl_used_is_url(const struct sl_used *used);
bool sl_used_is_domain(const struct sl_used *used);

#endif
