/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields that a worker remembers: what is remembered is what was read. */
#include "check.h"

#include "stages/parse/fieldmemo.h"
#include "stages/parse/headfields.h"

static const struct sl_secret secret = { { 7 } };
static struct sl_arena *arena;
static struct sl_charset *charset;
static struct sl_limits limits;

static bool within(struct sl_span part, struct sl_span whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void same_name(struct sl_span a, struct sl_span b)
{
	assert_true(sl_span_eq(a, b));
}

static void same_hop(const struct sl_hop *a, const struct sl_hop *b)
{
	same_name(a->helo, b->helo);
	same_name(a->rdns, b->rdns);
	same_name(a->by, b->by);
	assert_memory_equal(&a->peer, &b->peer, sizeof(a->peer));
	assert_memory_equal(&a->by_ip, &b->by_ip, sizeof(a->by_ip));
	assert_memory_equal(a->claimed, b->claimed, sizeof(a->claimed));
	assert_int_equal(a->n_claimed, b->n_claimed);
	assert_int_equal(a->time, b->time);
	assert_true(a->from == b->from && a->fetched == b->fetched && a->exchange == b->exchange &&
		    a->impossible == b->impossible);
}

static const char *const hops[] = {
	" from a.example (b.example [5.5.5.1])\r\n\tby mx.trap.test (Postfix) with ESMTP id 1;\r\n"
	" Tue, 3 Nov 2026 10:15:16 +0900",
	" from a.example (b.example [5.5.5.1])\r\n\tby mx.trap.test (Postfix) with ESMTP id 1;\r\n"
	" Tue, 3 Nov 2026 10:15:17 +0900",
	" from unknown (HELO [10.1.1.1]) (5.5.5.7) by mx.trap.test with POP3",
	" from [9.9.9.999] by EX1.trap.test with mapi",
	" (qmail 99 invoked from network)",
	"",
};

static void remembers_hops(void **state)
{
	(void)state;
	struct sl_fieldmemo known = { sl_memo_new(1 << 20), &secret };
	for (unsigned round = 0; round < 3; round++)
		for (size_t i = 0; i < SL_LEN(hops); i++) {
			struct sl_span value = sl_span_str(hops[i]);
			struct sl_hop hop, fresh;
			sl_fieldmemo_hop(&known, arena, value, &hop);
			sl_hop_parse(arena, sl_field_unfold(arena, value), &fresh);
			same_hop(&hop, &fresh);
		}
	/* nothing is to be unfolded, so that what is read points into the value */
	struct sl_span value = sl_span_str(hops[2]);
	struct sl_hop hop;
	sl_fieldmemo_hop(&known, arena, value, &hop);
	assert_false(within(hop.by, value));
	sl_memo_free(&known.memo);
	sl_fieldmemo_hop(&known, arena, value, &hop);
	assert_true(within(hop.by, value));
}

static void same_lists(struct sl_address *a, size_t n_a, struct sl_address *b, size_t n_b)
{
	assert_int_equal(n_a, n_b);
	for (size_t i = 0; i < n_a; i++) {
		same_name(a[i].name, b[i].name);
		same_name(a[i].addr, b[i].addr);
		same_name(a[i].local, b[i].local);
		same_name(a[i].host, b[i].host);
		assert_int_equal(a[i].damaged, b[i].damaged);
	}
}

static void remembers_addresses(void **state)
{
	(void)state;
	static const char *const values[] = { " Jane Doe <jane@a.example>",
		" =?utf-8?q?J=C3=A4ne?= <jane@a.example>, \"x\" <y@b.example>",
		" \xe9 <a@b.example>", " nobody", "", " <>", " a@@b.example" };
	struct sl_fieldmemo known = { sl_memo_new(1 << 20), &secret };
	for (unsigned round = 0; round < 3; round++)
		for (size_t i = 0; i < SL_LEN(values); i++) {
			struct sl_span value = sl_span_str(values[i]);
			struct sl_address *list, *fresh;
			uint64_t flags = 0, fresh_flags = 0;
			size_t n = sl_fieldmemo_addresses(
				&known, charset, arena, value, &limits, &list, &flags);
			size_t n_fresh =
				sl_addresses(charset, arena, value, &limits, &fresh, &fresh_flags);
			same_lists(list, n, fresh, n_fresh);
			assert_int_equal(flags, fresh_flags);
		}
	/* under other limits nobody could read it so: it was remembered */
	struct sl_limits none = limits;
	none.addresses = 0;
	struct sl_address *list;
	uint64_t flags = 0;
	assert_int_equal(sl_fieldmemo_addresses(&known, charset, arena, sl_span_str(values[0]),
				 &none, &list, &flags),
		1);
	assert_int_equal(flags, 0);
	sl_memo_free(&known.memo);
}

/* One value, read in both ways. */
static void kinds_are_apart(void **state)
{
	(void)state;
	struct sl_fieldmemo known = { sl_memo_new(1 << 20), &secret };
	struct sl_span value = SL_SPAN("from a.example ([5.5.5.1]) by mx.trap.test");
	for (unsigned round = 0; round < 2; round++) {
		struct sl_address *list;
		struct sl_hop hop;
		uint64_t flags = 0;
		sl_fieldmemo_hop(&known, arena, value, &hop);
		same_name(hop.by, SL_SPAN("mx.trap.test"));
		assert_int_equal(sl_fieldmemo_addresses(
					 &known, charset, arena, value, &limits, &list, &flags),
			1);
		assert_true(list[0].damaged);
	}
	sl_memo_free(&known.memo);
}

/* A list that met a limit, or is long, is read again: its cut belongs to the mail. */
static void limits_are_not_kept(void **state)
{
	(void)state;
	struct sl_fieldmemo known = { sl_memo_new(1 << 20), &secret };
	struct sl_span value = SL_SPAN("a@b.example, c@d.example, e@f.example, g@h.example, i@j.k");
	struct sl_limits two = limits;
	two.addresses = 2;
	struct sl_address *list;
	uint64_t flags = 0;
	assert_int_equal(
		sl_fieldmemo_addresses(&known, charset, arena, value, &two, &list, &flags), 2);
	assert_true(flags & SL_BIT(SL_MSG_LIMIT_ADDRESSES));
	for (unsigned round = 0; round < 2; round++) {
		flags = 0;
		assert_int_equal(sl_fieldmemo_addresses(
					 &known, charset, arena, value, &limits, &list, &flags),
			5);
		assert_int_equal(flags, 0);
	}
	sl_memo_free(&known.memo);
}

static int setup(void **state)
{
	(void)state;
	arena = sl_arena_new(0);
	charset = sl_charset_new();
	sl_limits_default(&limits);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sl_arena_free(&arena);
	sl_charset_free(&charset);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembers_hops),
		cmocka_unit_test(remembers_addresses),
		cmocka_unit_test(kinds_are_apart),
		cmocka_unit_test(limits_are_not_kept),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
