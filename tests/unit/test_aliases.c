/* SPDX-License-Identifier: Apache-2.0 */
/* What the filter of beginnings lets pass: every text in which an alias is found without it. */
#include "check.h"

#include "pipeline/base/arena.h"
#include "pipeline/tables_internal.h"

#include <stdlib.h>

static const char *const names[] = { "acme", "acme card", "a-b", "q&z", "o2x", "3mm", "42 deluxe",
	"to yama bank", "lo", "extraordinary", "extraordinarily long name", "élan", "ärger",
	"株式会社", "アクメ カード", "acme銀行", "ж банк" };

struct table {
	struct sl_arena *arena;
	struct sl_aliases narrow, open; /* open: any text may begin an alias */
};

static int setup(void **state)
{
	struct table *t = sl_calloc(1, sizeof(*t));
	t->arena = sl_arena_new(0);
	for (size_t i = 0; i < SL_LEN(names); i++)
		assert_true(sl_aliases_add(
			&t->narrow, t->arena, sl_span_str(names[i]), (uint32_t)i, true));
	sl_matcher_finish(t->narrow.matcher);
	t->open = t->narrow;
	memset(t->open.begins, 0xff, sizeof(t->open.begins));
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct table *t = *state;
	sl_matcher_free(&t->narrow.matcher);
	sl_arena_free(&t->arena);
	free(t);
	return 0;
}

enum { HITS = 256 };
struct hits {
	size_t n;
	struct {
		uint32_t owner;
		size_t at;
	} hit[HITS];
};

static void note(void *arg, const struct sl_alias *alias, size_t at)
{
	struct hits *hits = arg;
	assert_true(hits->n < HITS);
	hits->hit[hits->n].owner = alias->owner;
	hits->hit[hits->n++].at = at;
}

static struct hits scan(const struct sl_aliases *aliases, struct sl_span text)
{
	struct hits hits = { .n = 0 };
	sl_aliases_scan(aliases, text, false, note, &hits);
	return hits;
}

static struct hits check_alike(const struct table *t, struct sl_span text)
{
	struct hits a = scan(&t->narrow, text), b = scan(&t->open, text);
	bool alike = a.n == b.n;
	for (size_t i = 0; alike && i < a.n; i++)
		alike = a.hit[i].owner == b.hit[i].owner && a.hit[i].at == b.hit[i].at;
	if (!alike)
		fail_msg("%zu hits, %zu without the filter: %.*s", a.n, b.n, SL_ARG(text));
	return a;
}

/* Each way of writing is one hit of that name. */
static void test_ways_of_writing(void **state)
{
	static const struct {
		const char *text, *name;
	} rows[] = {
		{ "acme", "acme" },
		{ "an acme!", "acme" },
		{ "a c m e", "acme" },
		{ "x 7 a.c.m.e.", "acme" },
		{ "acmecard", "acme card" },
		{ "acme\n\ncard", "acme card" },
		{ "a b", "a-b" },
		{ "ab", "a-b" },
		{ "q & z", "q&z" },
		{ "o2x", "o2x" },
		{ "é 3mm", "3mm" },
		{ "4 2 d e l u x e", "42 deluxe" },
		{ "42deluxe", "42 deluxe" },
		{ "to yamabank", "to yama bank" },
		{ "toyama bank", "to yama bank" },
		{ "lo", "lo" },
		{ "extraordinary", "extraordinary" },
		{ "extraordinarily long name", "extraordinarily long name" },
		{ "élan", "élan" },
		{ "の株式会社は", "株式会社" },
		{ "株 式 会 社", "株式会社" },
		{ "アクメカード", "アクメ カード" },
		{ "9acme銀行9", "acme銀行" },
		{ "acme2026", "acme" },
		{ "3mm4", "3mm" },
		{ "жбанк", "ж банк" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct hits hits = check_alike(*state, sl_span_str(rows[i].text));
		if (hits.n != 1)
			fail_msg("%zu hits: %s", hits.n, rows[i].text);
		assert_string_equal(names[hits.hit[0].owner], rows[i].name);
	}
}

static void test_inside_words(void **state)
{
	static const char *const texts[] = { "macme", "acmes", "43mm", "éacme", "142deluxe", "solo",
		"qz", "acm e", "toy ama bank", "exTra" };
	for (size_t i = 0; i < SL_LEN(texts); i++)
		assert_int_equal(check_alike(*state, sl_span_str(texts[i])).n, 0);
}

/* Letters and separators of the names in any order, some bytes that are no UTF-8 in between. */
static void test_any_text(void **state)
{
	static const char *const between[] = { "", "", " ", "-", "&", "\xe3\x80\x80", "é", "7", "s",
		"\x80", "\xc3", "the " };
	uint64_t seed = 4;
	for (int round = 0; round < 3000; round++) {
		char text[1024];
		size_t n = 0;
		for (int k = 0; k < 12; k++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			const char *name = names[(seed >> 33) % SL_LEN(names)];
			size_t length = strlen(name), cut = (seed >> 45) % 4 ? 0 : (seed >> 47) % 8;
			length -= cut < length ? cut : 0;
			memcpy(text + n, name, length);
			n += length;
			const char *gap = between[(seed >> 53) % SL_LEN(between)];
			memcpy(text + n, gap, strlen(gap));
			n += strlen(gap);
		}
		check_alike(*state, sl_span_of(text, n));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways_of_writing),
		cmocka_unit_test(test_inside_words),
		cmocka_unit_test(test_any_text),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
