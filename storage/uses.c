/* SPDX-License-Identifier: Apache-2.0 */
#include "uses.h"

/* Sums [from, to) are of one variant. */
struct flush {
	struct sl_store *store;
	const struct sl_pending *sums;
	size_t from, to;
};

static const struct sl_use_row *row_at(const struct flush *f, size_t i)
{
	const struct sl_use_sum *sum = sl_pending_sorted(f->sums, i);
	return &sum->row;
}

/* ---- where they go ---- */

/* The row that sum number `from` belongs to, empty when there is none, and the bound behind it:
 * no key of this variant when it is the last one. */
static enum sl_rc find_chunk(
	struct flush *f, struct sl_use_chunk *chunk_r, struct sl_key *behind_r, struct sl_err *err)
{
	const struct sl_use_row *first = row_at(f, f->from);
	struct sl_key wanted = sl_key_of_ids(&first->variant, &first->indicator);
	struct sl_span key, value, behind;
	struct sl_store *store = f->store;
	enum sl_rc rc = sl_txn_get_floor(
		store->txn, SL_TABLE_USES, sl_key_span(&wanted), &key, &value, &behind, err);
	behind_r->n = 0;
	if (rc == SL_FATAL)
		return sl_store_note(store, rc, err);
	if (behind.n <= sizeof(behind_r->b))
		sl_key_add(behind_r, behind);
	*chunk_r = (struct sl_use_chunk){ .variant = first->variant };
	if (rc == SL_END ||
		!sl_span_starts(key, sl_span_of(first->variant.b, sizeof(first->variant.b))))
		return SL_OK;
	key = sl_arena_copy(store->work, key);
	value = sl_arena_copy(store->work, value);
	if (!sl_row_decode(SL_TABLE_USES, key, value, store->work, chunk_r))
		return sl_store_note(store, sl_store_damaged(store, SL_TABLE_USES, err), err);
	return SL_OK;
}

static size_t end_of_chunk(const struct flush *f, const struct sl_key *behind)
{
	size_t at = f->from;
	struct sl_span bound = sl_key_span(behind);
	while (at < f->to) {
		const struct sl_use_row *row = row_at(f, at);
		struct sl_key key = sl_key_of_ids(&row->variant, &row->indicator);
		if (bound.n && sl_span_cmp(sl_key_span(&key), bound) >= 0)
			break;
		at++;
	}
	return at;
}

/* ---- merging ---- */

static void merge(struct flush *f, struct sl_use_chunk *chunk, size_t end)
{
	size_t old = 0, n = 0, most = chunk->n + (end - f->from);
	struct sl_use_row *uses = sl_arena_alloc(f->store->work, most * sizeof(*uses));
	while (old < chunk->n || f->from < end) {
		int order = old == chunk->n  ? 1
			    : f->from == end ? -1
					     : sl_id_cmp(&chunk->uses[old].indicator,
						       &row_at(f, f->from)->indicator);
		uses[n] = order <= 0 ? chunk->uses[old++] : *row_at(f, f->from);
		if (order == 0)
			sl_use_merge(&uses[n], row_at(f, f->from));
		f->from += order >= 0;
		n++;
	}
	chunk->uses = uses;
	chunk->n = n;
}

/* A row that has grown too long is cut; the first piece keeps its key. */
static enum sl_rc put_chunk(struct flush *f, const struct sl_use_chunk *chunk, struct sl_err *err)
{
	enum sl_rc rc = SL_OK;
	size_t step = chunk->n > SL_USES_MOST ? SL_USES_SPLIT : SL_USES_MOST;
	for (size_t at = 0; !rc && at < chunk->n; at += step) {
		struct sl_use_chunk piece = { .variant = chunk->variant,
			.from = at ? chunk->uses[at].indicator : chunk->from,
			.uses = chunk->uses + at,
			.n = chunk->n - at < step ? chunk->n - at : step };
		struct sl_key key = sl_key_of_ids(&piece.variant, &piece.from);
		rc = sl_store_put(f->store, SL_TABLE_USES, &key, &piece, err);
	}
	return rc;
}

enum sl_rc sl_uses_flush(struct sl_store *store, const struct sl_pending *uses, struct sl_err *err)
{
	struct flush f = { .store = store, .sums = uses };
	enum sl_rc rc = SL_OK;
	while (!rc && f.from < uses->n) {
		const struct sl_id *variant = &row_at(&f, f.from)->variant;
		for (f.to = f.from; f.to < uses->n; f.to++)
			if (!sl_id_eq(&row_at(&f, f.to)->variant, variant))
				break;
		while (!rc && f.from < f.to) {
			struct sl_use_chunk chunk;
			struct sl_key behind;
			sl_arena_reset(store->work);
			rc = find_chunk(&f, &chunk, &behind, err);
			if (rc)
				return rc;
			merge(&f, &chunk, end_of_chunk(&f, &behind));
			rc = put_chunk(&f, &chunk, err);
		}
	}
	return rc;
}
