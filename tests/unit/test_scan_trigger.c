/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"
#include "stages/extract/scan_internal.h"

enum { ROUNDS = 3000, LONGEST = 120 };

/* What triggers stand next to, over and over, in any order. */
static const char *const crumbs[] = { ".", ":", "@", "(", "[", "{", ")", "]", "}", " ", "\n", "a",
	"d", "A", "D", "7", "com", "x1", "://", "http", "[.]", "(dot)", "[at]", "\u3042", "\u3002",
	"\uff0e", "\uff1a", "\uff61", "\u3001", "\xe3", "\xe3\x80", "\xef", "\xef\xbc", "\xef\xbd",
	"\x80", "-", "_", "www.", "/" };

static uint32_t random_number(void)
{
	static uint32_t seed = 11;
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static struct sl_span random_text(char room[static LONGEST])
{
	size_t n = 0, want = random_number() % LONGEST;
	while (n < want) {
		struct sl_span crumb = sl_span_str(crumbs[random_number() % SL_LEN(crumbs)]);
		for (size_t i = 0; i < crumb.n && n < want; i++)
			room[n++] = crumb.p[i];
	}
	return sl_span_of(room, n);
}

static void vectors_and_bytes_agree(void **state)
{
	char room[LONGEST];
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct sl_span text = random_text(room);
		for (size_t at = 0; at <= text.n; at++)
			assert_int_equal(
				sl_find_trigger(text, at), sl_find_trigger_plain(text, at));
	}
}

/* Anything that the readers of this trigger would take. */
static bool is_taken(struct sl_finder scan)
{
	struct sl_found found;
	uint32_t flags = 0;
	switch (scan.text.p[scan.at]) {
	case '@':
		return sl_find_email(&scan, &found);
	case '.':
		return sl_find_bare(&scan, &found);
	default:
		return sl_find_schemed(&scan, &found) || sl_find_email(&scan, &found) ||
		       (sl_find_dot(scan.text, scan.at, true, &flags) &&
			       sl_find_bare(&scan, &found));
	}
}

/* Of colons only the first of a run is looked at here: an IPv6 address is found from there. */
static bool is_tested(struct sl_span text, size_t at)
{
	return sl_find_is(text.p[at], SL_C_TRIGGER) &&
	       (text.p[at] != ':' || at == 0 || text.p[at - 1] != ':');
}

static void what_is_passed_over_is_nothing(void **state)
{
	struct desk *desk = *state;
	char room[LONGEST];
	for (int round = 0; round < ROUNDS; round++) {
		struct sl_span text = random_text(room);
		struct sl_finder scan;
		desk_clear(desk);
		sl_find_begin(&scan, desk->arena, desk->suffixes, text);
		for (scan.at = 0; scan.at < text.n; scan.at++)
			if (is_tested(text, scan.at) && sl_find_trigger(text, scan.at) != scan.at &&
				is_taken(scan))
				fail_msg("\"%.*s\" at %zu", SL_ARG(text), scan.at);
	}
}

static void finds_them_at_any_place(void **state)
{
	static const char *const marks[] = { "a.b", "a@b", "a:/", "a(.)", "a[at]", "a{d", "a\u3002",
		"a\uff0e", "a\uff1a", "a\uff61" };
	char room[LONGEST];
	(void)state;
	for (size_t i = 0; i < SL_LEN(marks); i++)
		for (size_t at = 0; at + 8 < LONGEST; at++) {
			memset(room, 'x', sizeof(room));
			memcpy(room + at, marks[i], strlen(marks[i]));
			struct sl_span text = sl_span_of(room, sizeof(room));
			assert_int_equal(sl_find_trigger(text, 0), at + 1);
			assert_int_equal(sl_find_trigger(text, at + 2), text.n);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(vectors_and_bytes_agree),
		cmocka_unit_test(what_is_passed_over_is_nothing),
		cmocka_unit_test(finds_them_at_any_place) };
	return cmocka_run_group_tests(tests, desk_set_up, desk_tear_down);
}
