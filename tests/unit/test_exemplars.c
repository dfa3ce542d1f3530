/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever order messages come in, and whatever archives are taken out again, the smallest of each
 * variant was met as one that may be it. */
#include "check.h"
#include "pipeline/exemplars.h"

#include <stdlib.h>

enum { VARIANTS = 5, ARCHIVES = 3, MESSAGES = 60 };

struct message {
	struct sl_id variant, id;
	int64_t time;
	uint32_t archive;
	bool has_digest;
};

static struct sl_id id_of(unsigned number)
{
	return sl_hash_name(sl_span_of((const char *)&number, sizeof(number)));
}

static int order(const struct message *a, const struct message *b)
{
	int64_t x = a->time == SL_TIME_NONE ? INT64_MAX : a->time;
	int64_t y = b->time == SL_TIME_NONE ? INT64_MAX : b->time;
	return x != y ? (x > y) - (x < y) : sl_id_cmp(&a->id, &b->id);
}

/* Every exemplar of what lies in the archives of this mask. */
static void check_exemplars(const struct message *messages, size_t n, unsigned mask)
{
	for (unsigned v = 0; v < VARIANTS; v++) {
		const struct message *least = NULL;
		struct sl_id variant = id_of(v);
		for (size_t i = 0; i < n; i++)
			if (sl_id_eq(&messages[i].variant, &variant) &&
				(mask >> messages[i].archive & 1) &&
				(!least || order(&messages[i], least) < 0))
				least = &messages[i];
		if (least)
			assert_true(least->has_digest);
	}
}

static void the_smallest_always_has_one(void **state)
{
	(void)state;
	unsigned dice = 1, computed = 0;
	for (unsigned round = 0; round < 300; round++) {
		struct sl_exemplars *exemplars = sl_exemplars_new();
		struct message messages[MESSAGES];
		for (unsigned i = 0; i < MESSAGES; i++) {
			dice = dice * 1103515245 + 12345;
			unsigned roll = dice >> 8;
			messages[i] = (struct message){ .variant = id_of(roll % VARIANTS),
				.id = id_of(roll / 7 % 50),
				.time = roll / 11 % 6 ? (int64_t)(roll / 13 % 4) : SL_TIME_NONE,
				.archive = roll / 17 % ARCHIVES };
			struct message *m = &messages[i];
			m->has_digest = sl_exemplars_meet(
				exemplars, &m->variant, m->archive, m->time, &m->id);
			computed += m->has_digest;
		}
		for (unsigned mask = 1; mask < 1 << ARCHIVES; mask++)
			check_exemplars(messages, MESSAGES, mask);
		sl_exemplars_free(&exemplars);
	}
	assert_true(computed < 300 * MESSAGES / 2 + 300 * MESSAGES / 4);
}

/* More variants than are remembered: digests that nobody needs, none is missing. */
static void a_full_table_forgets(void **state)
{
	(void)state;
	struct sl_exemplars *exemplars = sl_exemplars_new();
	struct sl_id id = id_of(0), behind = id_of(1);
	int64_t late = 2;
	for (unsigned i = 0; i < 200000; i++) {
		struct sl_id variant = id_of(i);
		assert_true(sl_exemplars_meet(exemplars, &variant, 0, 1, &id));
		assert_false(sl_exemplars_meet(exemplars, &variant, 0, late, &behind));
		assert_true(sl_exemplars_meet(exemplars, &variant, 1, late, &behind));
	}
	sl_exemplars_free(&exemplars);
	assert_null(exemplars);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_always_has_one),
		cmocka_unit_test(a_full_table_forgets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
