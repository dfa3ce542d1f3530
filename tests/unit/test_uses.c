/* SPDX-License-Identifier: Apache-2.0 */
/* Many uses in one row: merged in any order, cut into rows that are not too long, and rows of one
 * use as schema 2 wrote them. */
#include "check.h"

#include "storage/uses.h"
#include "storage/visit.h"
#include "stores.h"

#include <stdlib.h>

enum { VARIANTS = 3, INDICATORS = 700, ROUNDS = 60 };

static struct sl_id id_of(unsigned kind, uint64_t number)
{
	struct sl_id id = { { (uint8_t)kind } };
	uint64_t mixed = number * 0x9e3779b97f4a7c15u;
	memcpy(id.b + 4, &mixed, sizeof(mixed));
	return id;
}

/* What a transaction adds to one use. */
static struct sl_use_row addition(uint64_t *random)
{
	uint64_t n = made_next(random);
	int64_t time = n % 5 ? 1700000000 + (int64_t)(n >> 32 & 0xfffff) - 500000 : SL_TIME_NONE;
	return (struct sl_use_row){ .variant = id_of(1, n % VARIANTS),
		.indicator = id_of((unsigned)(n >> 8) % 250, (n >> 16) % INDICATORS),
		.roles = (uint32_t)SL_BIT(n >> 40 & 3),
		.views = (uint32_t)SL_BIT(n >> 42 & 3),
		.messages = 1,
		.first = time,
		.last = time };
}

static void add(struct sl_pending *to, const struct sl_use_row *use)
{
	bool fresh;
	struct sl_use_sum *sum = sl_pending_add(to, use, &fresh);
	if (fresh)
		sum->row.first = sum->row.last = SL_TIME_NONE;
	sl_use_merge(&sum->row, use);
}

static void commit(struct sl_store *store, struct sl_pending *batch)
{
	STORES_OK(sl_store_begin(store, &err));
	sl_pending_sort(batch);
	STORES_OK(sl_uses_flush(store, batch, &err));
	STORES_OK(sl_store_commit(store, &err));
	sl_pending_reset(batch);
}

static void compare(struct sl_store *store, struct sl_pending *want)
{
	struct sl_view *view;
	struct sl_use_row row;
	size_t n = 0;
	sl_pending_sort(want);
	STORES_OK(sl_view_open(store, false, &view, &err));
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_USES, SL_SPAN_NULL);
	while (sl_scan_next(scan, NULL, &row)) {
		assert_true(n < want->n);
		const struct sl_use_sum *sum = sl_pending_sorted(want, n++);
		assert_memory_equal(&row, &sum->row, sizeof(row));
	}
	sl_scan_close(&scan);
	assert_int_equal(n, want->n);
	assert_int_equal(sl_view_damage(view), 0);
	/* of one variant */
	struct sl_id variant = id_of(1, 1);
	size_t of_one = 0, met = 0;
	for (size_t i = 0; i < want->n; i++)
		of_one += sl_id_eq(sl_pending_sorted(want, i), &variant);
	scan = sl_scan_open(view, SL_TABLE_USES, sl_span_of(variant.b, sizeof(variant.b)));
	while (sl_scan_next(scan, NULL, &row))
		met += sl_id_eq(&row.variant, &variant);
	sl_scan_close(&scan);
	assert_int_equal(met, of_one);
	/* no row is longer than it may be, and not many are short */
	uint64_t rows = sl_view_count(view, SL_TABLE_USES);
	assert_true(rows * SL_USES_MOST >= n && rows <= VARIANTS + 3 * n / SL_USES_SPLIT);
	sl_view_close(&view);
}

static void in_any_order(void **state)
{
	(void)state;
	char path[128];
	uint64_t random = 88172645463325252u;
	struct sl_pending batch = sl_pending_make(sizeof(struct sl_use_sum), 32);
	struct sl_pending want = sl_pending_make(sizeof(struct sl_use_sum), 32);
	struct sl_store *store = stores_open(stores_path(path), SL_STORE_WRITE);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (uint64_t n = made_next(&random) % 90; n; n--) {
			struct sl_use_row use = addition(&random);
			add(&batch, &use);
			add(&want, &use);
		}
		commit(store, &batch);
	}
	compare(store, &want);
	sl_pending_free(&batch);
	sl_pending_free(&want);
	sl_store_close(&store);
	stores_remove(path);
}

/* Its value is roles, views, messages, first, last, and a seal. */
static void put_single(struct sl_store *store, const struct sl_use_row *use)
{
	struct sl_key key = sl_key_of_ids(&use->variant, &use->indicator);
	struct sl_visit v = sl_visit_writer(&store->value);
	struct sl_use_row copy = *use;
	sl_buf_reset(&store->value);
	sl_visit_u32(&v, &copy.roles);
	sl_visit_u32(&v, &copy.views);
	sl_visit_u64(&v, &copy.messages);
	sl_visit_time(&v, &copy.first);
	sl_visit_time(&v, &copy.last);
	STORES_OK(sl_store_put_value(store, SL_TABLE_USES, &key, &err));
}

static void single_rows(void **state)
{
	(void)state;
	char path[128];
	uint64_t random = 1442695040888963407u;
	struct sl_pending batch = sl_pending_make(sizeof(struct sl_use_sum), 32);
	struct sl_pending want = sl_pending_make(sizeof(struct sl_use_sum), 32);
	struct sl_store *store = stores_open(stores_path(path), SL_STORE_WRITE);
	STORES_OK(sl_store_begin(store, &err));
	for (unsigned i = 0; i < 40; i++) {
		struct sl_use_row use = addition(&random);
		if (sl_pending_find(&want, &use))
			continue;
		put_single(store, &use);
		add(&want, &use);
	}
	STORES_OK(sl_store_commit(store, &err));
	for (unsigned i = 0; i < 2000; i++) {
		struct sl_use_row use = addition(&random);
		add(&batch, &use);
		add(&want, &use);
		if (i % 100 == 99)
			commit(store, &batch);
	}
	compare(store, &want);
	sl_pending_free(&batch);
	sl_pending_free(&want);
	sl_store_close(&store);
	stores_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_any_order),
		cmocka_unit_test(single_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
