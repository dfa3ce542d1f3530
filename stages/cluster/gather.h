/* SPDX-License-Identifier: Apache-2.0 */
/* gather.h - what a night's clustering works on, read out of the store.
 *
 * Variants without a campaign (fresh) and the representatives of living campaigns as lures, sorted
 * by name; the corpus over all variants. Everything is read before anything is written, so that
 * spans of lures may point into the store. About 400 bytes for each lure, 16 for each line of a
 * text while the corpus is made.
 */
#ifndef SL_GATHER_H
#define SL_GATHER_H

#include "corpus.h"
#include "lineage.h"

#define SL_NO_OWNER UINT32_MAX

/* A living campaign. */
struct sl_standing {
	struct sl_campaign_row row; /* lists and spans in the arena of the gathering */
	uint64_t messages, variants;
};

/* An id that leads to another one. */
struct sl_alias {
	struct sl_campaign_id id, into;
};

struct sl_gathering {
	struct sl_arena *arena;
	struct sl_lure *lures;
	size_t n;
	bool *fresh;     /* per lure: has no campaign yet */
	uint32_t *owner; /* per lure: index into standing, or SL_NO_OWNER */
	uint32_t *given; /* per lure: smallest lure of the same campaign; of fresh ones, itself */
	struct sl_span *brands;    /* per lure: brand of the exemplar; in the arena */
	struct sl_sha256 *digests; /* per lure: of the exemplar */
	size_t n_fresh;
	struct sl_standing *standing; /* by id */
	size_t n_standing;
	struct sl_alias *aliases; /* by id */
	size_t n_aliases;
	struct sl_corpus *corpus; /* frozen; NULL when nothing is fresh */
};

/* `arena` is the caller's and holds all lists. As many threads as there are jobs (0: processors).
 */
enum sl_rc sl_gather(struct sl_view *view, const struct sl_tables *tables, unsigned jobs,
	struct sl_arena *arena, struct sl_gathering *gathering_r, struct sl_err *err) SL_MUST_CHECK;
/* Index of the living campaign that an id leads to, or SL_NO_OWNER. */
uint32_t sl_gathering_owner(const struct sl_gathering *gathering, const struct sl_campaign_id *id);
void sl_gathering_clear(struct sl_gathering *gathering);

#endif
