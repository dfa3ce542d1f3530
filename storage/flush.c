/* SPDX-License-Identifier: Apache-2.0 */
#include "uses.h"

#include <stdlib.h>

/* ---- derived rows, in key order ---- */

/* Twins by time and id: the digest of the stored one is needed to decide. */
static enum sl_rc exemplar_digest(
	struct sl_store *store, struct sl_variant_sum *stored, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(&stored->row.exemplar);
	struct sl_message_row row;
	enum sl_rc rc = sl_store_get(store, SL_TABLE_MESSAGES, &key, store->work, &row, err);
	if (rc == SL_OK)
		stored->sha256 = row.message.sha256;
	return rc == SL_END ? SL_OK : rc;
}

/* Most rows of a night are new: one search then. */
static enum sl_rc flush_variant(
	struct sl_store *store, const struct sl_variant_sum *sum, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(&sum->row.key);
	struct sl_variant_sum into = { .row = { .key = sum->row.key } };
	struct sl_span old;
	sl_variant_merge(&into, sum);
	enum sl_rc rc = sl_store_put_new(store, SL_TABLE_VARIANTS, &key, &into.row, &old, err);
	if (rc != SL_END)
		return rc;
	into = (struct sl_variant_sum){ .row = { .key = sum->row.key } };
	if (!sl_row_decode(SL_TABLE_VARIANTS, sl_key_span(&key), old, NULL, &into.row))
		return sl_store_note(store, sl_store_damaged(store, SL_TABLE_VARIANTS, err), err);
	if (sl_variant_tie(&into.row, &sum->row))
		rc = exemplar_digest(store, &into, err);
	if (rc == SL_FATAL)
		return rc;
	sl_variant_merge(&into, sum);
	return sl_store_put(store, SL_TABLE_VARIANTS, &key, &into.row, err);
}

static enum sl_rc flush_indicator(
	struct sl_store *store, const struct sl_indicator_row *sum, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(&sum->key);
	struct sl_indicator_row into;
	struct sl_span old;
	enum sl_rc rc = sl_store_put_new(store, SL_TABLE_INDICATORS, &key, sum, &old, err);
	if (rc != SL_END)
		return rc;
	old = sl_arena_copy(store->work, old);
	if (!sl_row_decode(SL_TABLE_INDICATORS, sl_key_span(&key), old, NULL, &into))
		return sl_store_note(store, sl_store_damaged(store, SL_TABLE_INDICATORS, err), err);
	if (!sl_indicator_merge(&into, sum))
		return SL_OK;
	return sl_store_put(store, SL_TABLE_INDICATORS, &key, &into, err);
}

static enum sl_rc flush_derived(struct sl_store *store, struct sl_err *err)
{
	struct sl_derived *d = &store->derived;
	enum sl_rc rc = SL_OK;
	sl_derived_spread(d);
	sl_pending_sort(&d->variants);
	sl_pending_sort(&d->uses);
	sl_pending_sort(&d->indicators);
	for (size_t i = 0; !rc && i < d->variants.n; i++) {
		sl_arena_reset(store->work);
		rc = flush_variant(store, sl_pending_sorted(&d->variants, i), err);
	}
	if (!rc)
		rc = sl_uses_flush(store, &d->uses, err);
	for (size_t i = 0; !rc && i < d->indicators.n; i++) {
		sl_arena_reset(store->work);
		rc = flush_indicator(store, sl_pending_sorted(&d->indicators, i), err);
	}
	sl_derived_reset(d);
	return rc;
}

/* ---- done ranges ---- */

static int order_done(const void *a, const void *b)
{
	const struct sl_done *x = a, *y = b;
	int order = sl_id_cmp(&x->archive, &y->archive);
	return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

/* Append, or widen the last range when the new one overlaps or touches it. */
static void add_range(struct sl_range *ranges, size_t *n, struct sl_range range)
{
	sl_assert(range.from < range.to);
	struct sl_range *last = *n ? &ranges[*n - 1] : NULL;
	if (!last || range.from > last->to)
		ranges[(*n)++] = range;
	else if (range.to > last->to)
		last->to = range.to;
}

/* Both lists are sorted by where they begin: a merge, as in a merge sort. */
static void merge_done(
	struct sl_arena *arena, struct sl_archive_row *row, const struct sl_done *done, size_t n)
{
	struct sl_range *ranges = sl_arena_alloc(arena, (row->n_done + n) * sizeof(*ranges));
	size_t n_ranges = 0, old = 0, fresh = 0;
	while (old < row->n_done || fresh < n) {
		if (fresh == n || (old < row->n_done && row->done[old].from <= done[fresh].seq)) {
			add_range(ranges, &n_ranges, row->done[old++]);
		} else {
			uint64_t seq = done[fresh++].seq;
			add_range(ranges, &n_ranges, (struct sl_range){ seq, seq + 1 });
		}
	}
	row->done = ranges;
	row->n_done = n_ranges;
}

static enum sl_rc flush_archive(
	struct sl_store *store, const struct sl_done *done, size_t n, struct sl_err *err)
{
	struct sl_key key = sl_key_of_id(&done->archive);
	struct sl_archive_row row;
	sl_arena_reset(store->work);
	enum sl_rc rc = sl_store_get(store, SL_TABLE_ARCHIVES, &key, store->work, &row, err);
	if (rc == SL_FATAL)
		return rc;
	if (rc == SL_END)
		row = (struct sl_archive_row){ .key = done->archive };
	merge_done(store->work, &row, done, n);
	return sl_store_put(store, SL_TABLE_ARCHIVES, &key, &row, err);
}

enum sl_rc sl_store_flush_done(struct sl_store *store, struct sl_err *err)
{
	sl_assert(store->txn != NULL);
	enum sl_rc rc = SL_OK;
	if (store->n_done)
		qsort(store->done, store->n_done, sizeof(*store->done), order_done);
	for (size_t i = 0, n; !rc && i < store->n_done; i += n) {
		const struct sl_done *first = &store->done[i];
		for (n = 1; i + n < store->n_done && sl_id_eq(&first[n].archive, &first->archive);)
			n++;
		rc = flush_archive(store, first, n, err);
	}
	store->n_done = 0;
	return rc;
}

bool sl_store_is_flushed(const struct sl_store *store)
{
	const struct sl_derived *d = &store->derived;
	return store->n_done == 0 && d->faces.n == 0 && d->variants.n == 0 && d->uses.n == 0 &&
	       d->indicators.n == 0;
}

enum sl_rc sl_store_flush(struct sl_store *store, struct sl_err *err)
{
	sl_assert(store->txn != NULL);
	enum sl_rc rc = sl_store_flush_done(store, err);
	if (!rc)
		rc = flush_derived(store, err);
	return rc;
}
