/* SPDX-License-Identifier: Apache-2.0 */
/* phase.h - the phases over the store that make campaigns and tell about them.
 *
 * Implemented in stages/cluster. Results depend on the store's content, the options and the clock
 * that is handed in, never on the order in which messages came.
 */
#ifndef SL_PHASE_H
#define SL_PHASE_H

#include "feed.h"

struct sl_store;

/* Give every variant without a campaign one: of those that exist, or a new one; merge campaigns
 * that turn out to be one; write assignments, campaigns and lineage. Begins and commits a write
 * transaction of its own: all or nothing. Nothing new: nothing changes. */
enum sl_rc sl_campaigns_run(struct sl_store *store, uint64_t night, const struct sl_config *config,
	const struct sl_tables *tables, struct sl_err *err) SL_MUST_CHECK;

/* The dossiers of the living campaigns of two messages and more (--all: of all), by id. `view`,
 * `config` and `tables` are borrowed until the close. Costs an index of about 40 bytes a variant;
 * each dossier is made when it is asked for. */
enum sl_rc sl_dossiers_open(struct sl_view *view, const struct sl_config *config,
	const struct sl_tables *tables, int64_t as_of, struct sl_dossiers *dossiers_r,
	struct sl_err *err) SL_MUST_CHECK;
/* The same dossiers for another thread, over a view of the same snapshot: the index of `with`
 * serves both, so `with` and its view must be closed last. */
void sl_dossiers_share(
	const struct sl_dossiers *with, struct sl_view *view, struct sl_dossiers *dossiers_r);
void sl_dossiers_close(struct sl_dossiers *dossiers);
/* The dossier of one id or alias, or NULL; lives until the next call on these dossiers. */
const struct sl_dossier *sl_dossier_one(
	const struct sl_dossiers *dossiers, const struct sl_campaign_id *id);

/* Ask all configured sources about the indicators of the store. Answers that are still alive and
 * of the same edition are kept. Transactions of at most 1,000 answers. Exit 78: a source's file is
 * missing or damaged. (stages/lookup) */
enum sl_rc sl_lookups_run(struct sl_store *store, const struct sl_config *config, int64_t as_of,
	struct sl_err *err) SL_MUST_CHECK;

#endif
