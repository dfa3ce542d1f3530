/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/parse/fieldmemo.h"
#include "stages/parse/received.h"

#include <stdlib.h>
#include <time.h>

static const struct sl_fieldmemo nothing = { NULL, NULL };

static struct sl_span ip_text(struct sl_arena *arena, const struct sl_ip *ip)
{
	char text[46];
	return sl_arena_copy(arena, sl_span_of(text, sl_ip_text(ip, text)));
}

static void reads_hops(void **state)
{
	(void)state;
	static const struct {
		const char *value, *peer, *helo, *rdns, *by;
	} rows[] = {
		/* Postfix */
		{ "from a.example (b.example [5.5.5.1]) by mx.trap.test (Postfix) with ESMTP id 1; "
		  "x",
			"5.5.5.1", "a.example", "b.example", "mx.trap.test" },
		{ "from [9.9.9.9] (unknown [IPv6:2a01:4f8::9]) by mx.trap.test", "2a01:4f8::9",
			"[9.9.9.9]", "", "mx.trap.test" },
		{ "from a.example (b.example [5.5.5.1]) (using TLSv1.3 with cipher X (256/256 "
		  "bits)) "
		  "(Client CN \"[6.6.6.6]\", Issuer \"by me\" (verified OK)) by mx.trap.test",
			"5.5.5.1", "a.example", "b.example", "mx.trap.test" },
		/* sendmail */
		{ "from a (b.example [5.5.5.2] (may be forged)) by mx.trap.test (8.17.1/8.17.1)",
			"5.5.5.2", "a", "", "mx.trap.test" },
		{ "from a (IDENT:root@b.example [5.5.5.2]) by mx.trap.test", "5.5.5.2", "a",
			"b.example", "mx.trap.test" },
		{ "from a ([5.5.5.3]) by mx.trap.test (8.14.4/8.14.4) with ESMTP id 9.8.7.6",
			"5.5.5.3", "a", "", "mx.trap.test" },
		{ "(from root@localhost) by mx.trap.test (8.17.1/Submit) id 7; x", "", "", "",
			"mx.trap.test" },
		/* Exim */
		{ "from b.example ([5.5.5.4]:5000 helo=a.example ident=x) by mx.trap.test with "
		  "esmtp "
		  "(Exim 4.96)",
			"5.5.5.4", "a.example", "b.example", "mx.trap.test" },
		{ "from [5.5.5.5] (port=50 helo=[10.1.1.1]) by mx.trap.test with smtp (Exim 4.92)",
			"5.5.5.5", "[10.1.1.1]", "", "mx.trap.test" },
		{ "from b.example ([5.5.5.6]) by mx.trap.test with esmtp (Exim 4.96)", "5.5.5.6",
			"b.example", "b.example", "mx.trap.test" },
		/* qmail */
		{ "from unknown (HELO a.example) (5.5.5.7) by mx.trap.test with SMTP", "5.5.5.7",
			"a.example", "", "mx.trap.test" },
		{ "from b.example (HELO x) (1.1.1.1) (user@5.5.5.8) by mx.trap.test with SMTP",
			"5.5.5.8", "x", "b.example", "mx.trap.test" },
		{ "(qmail 99 invoked from network); 3 Nov 2026 10:15:16 +0900", "", "", "", "" },
		/* Exchange, Gmail, Yahoo, others */
		{ "from a.example (5.5.5.9) by EX1.trap.test (10.0.0.1) with Microsoft SMTP Server "
		  "id "
		  "15.20.8093.27",
			"5.5.5.9", "a.example", "", "EX1.trap.test" },
		{ "from a ([fe80::1%9]) by EX1.trap.test ([fe80::2%3]) with mapi id 15", "fe80::1",
			"a", "", "EX1.trap.test" },
		{ "from a.example (b.example. [5.5.6.1]) by mx.google.test with ESMTPS id "
		  "q.2026.11.3",
			"5.5.6.1", "a.example", "b.example", "mx.google.test" },
		{ "by 2002:a05:6a10:: with SMTP id x12; Mon", "", "", "", "2002:a05:6a10::" },
		{ "from 5.5.6.2 (EHLO a.example) by 10.2.3.4 with SMTPs", "5.5.6.2", "a.example",
			"", "10.2.3.4" },
		{ "from a.example [5.5.6.3] by mx.trap.test with POP3 (fetchmail-6.4)", "5.5.6.3",
			"a.example", "", "mx.trap.test" },
		{ "from a(b.example[5.5.6.4]) by mx.trap.test", "5.5.6.4", "a", "b.example",
			"mx.trap.test" },
		{ "from ([5.5.6.5]) by mx.trap.test", "5.5.6.5", "", "", "mx.trap.test" },
		{ "FROM by.example (b.example [5.5.6.6]) BY mx.trap.test", "5.5.6.6", "by.example",
			"b.example", "mx.trap.test" },
		{ "from ( (b.example [5.5.6.7]) by mx.trap.test", "5.5.6.7", "", "b.example",
			"mx.trap.test" },
		{ "from a.example by mx.trap.test (1.2.3.4) with SMTP", "", "a.example", "",
			"mx.trap.test" },
		{ "from a ([999.1.1.1]) by mx.trap.test", "", "a", "", "mx.trap.test" },
		{ "from a ([5.5.6.010]) by mx.trap.test", "", "a", "", "mx.trap.test" },
		{ "", "", "", "", "" },
		{ "from", "", "", "", "" },
		{ "from by", "", "", "", "" },
	};
	struct sl_arena *arena = sl_arena_new(0);
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_hop hop;
		sl_hop_parse(arena, sl_span_str(rows[i].value), &hop);
		CHECK_SPAN_ROW(ip_text(arena, &hop.peer), rows[i].peer, i);
		CHECK_SPAN_ROW(hop.helo, rows[i].helo, i);
		CHECK_SPAN_ROW(hop.rdns, rows[i].rdns, i);
		CHECK_SPAN_ROW(hop.by, rows[i].by, i);
	}
	sl_arena_free(&arena);
}

static void reads_hop_times(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "from a by b id 1; Tue, 3 Nov 2026 10:15:01 +0900 (JST)",
			"2026-11-03T01:15:01Z" },
		{ "from a by b (x;y) id 1; Tue, 3 Nov 2026 10:15:01 +0000",
			"2026-11-03T10:15:01Z" },
		{ "from a by b with HTTP id z Tue, 03 Nov 2026 10:15:01.420 +0000 (UTC)",
			"2026-11-03T10:15:01Z" },
	};
	struct sl_arena *arena = sl_arena_new(0);
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_hop hop;
		char text[SL_TIME_TEXT];
		sl_hop_parse(arena, sl_span_str(rows[i][0]), &hop);
		CHECK_SPAN_ROW(sl_span_str(sl_time_text(hop.time, text)), rows[i][1], i);
	}
	sl_arena_free(&arena);
}

enum { LINES = 6 };

struct chain_row {
	const char *trust; /* one entry, or NULL */
	const char *lines[LINES];
	const char *origin;
	int hop; /* -1: none */
	enum sl_ip_reason reason;
	bool forged;
};

#define OUTSIDE "from a.example (a.example [5.5.5.1]) by mx.trap.test; 3 Nov 2026 10:00 +0000"

static const struct chain_row chain_rows[] = {
	{ "trap.test", { NULL }, "", -1, SL_IP_NO_RECEIVED, false },
	{ "trap.test", { OUTSIDE }, "5.5.5.1", 0, SL_IP_BOUNDARY, false },
	{ NULL, { OUTSIDE }, "5.5.5.1", 0, SL_IP_TOP_HOP, false },
	{ "other.test", { OUTSIDE }, "5.5.5.1", 0, SL_IP_TOP_HOP, false },
	{ "rap.test", { OUTSIDE }, "5.5.5.1", 0, SL_IP_TOP_HOP, false },
	{ "trap.test", { "from x (x [127.0.0.1]) by mx.trap.test", OUTSIDE }, "5.5.5.1", 1,
		SL_IP_BOUNDARY, false },
	{ "trap.test", { "from x (x [10.1.1.1]) by mx.trap.test" }, "", -1, SL_IP_PRIVATE_ONLY,
		false },
	{ "trap.test", { "from x by mx.trap.test" }, "", -1, SL_IP_NO_PEER_IP, false },
	/* a named relay of ours, looked up, and its own line */
	{ "trap.test", { "from mx.trap.test (mx.trap.test [5.5.9.9]) by in.trap.test", OUTSIDE },
		"5.5.5.1", 1, SL_IP_BOUNDARY, false },
	/* the same name only claimed in HELO */
	{ "trap.test", { "from mx.trap.test (unknown [5.5.9.9]) by in.trap.test", OUTSIDE },
		"5.5.9.9", 0, SL_IP_BOUNDARY, false },
	/* looked up, but no line of its own */
	{ "trap.test",
		{ "from mx.trap.test (mx.trap.test [5.5.9.9]) by in.trap.test",
			"from x (x.example [5.5.5.2]) by y.example" },
		"5.5.9.9", 0, SL_IP_BOUNDARY, true },
	{ "5.5.9.0/24", { "from r (r [5.5.9.9]) by mx.trap.test", OUTSIDE }, "5.5.5.1", 1,
		SL_IP_TOP_HOP, false },
	/* a claimed name at an Exchange edge, with a forged line of ours below */
	{ "trap.test",
		{ "from EX9.trap.test (5.5.9.9) by EX1.trap.test (10.0.0.1) with Microsoft SMTP",
			"from v.example (8.8.4.4) by EX9.trap.test (5.5.9.9) with Microsoft SMTP" },
		"5.5.9.9", 0, SL_IP_BOUNDARY, false },
	/* the same among neighbours is one of ours */
	{ "trap.test",
		{ "from EX9.trap.test (5.5.9.9) by EX1.trap.test (5.5.9.1) with Microsoft SMTP",
			"from v.example (8.8.4.4) by EX9.trap.test (5.5.9.9) with Microsoft SMTP" },
		"8.8.4.4", 1, SL_IP_BOUNDARY, false },
	/* no address written, then a line of the sender: nothing is known */
	{ "trap.test",
		{ "from a.example by mx.trap.test with ESMTP",
			"from v.example (v.example [8.8.4.4]) by a.example" },
		"", -1, SL_IP_NO_PEER_IP, false },
	{ NULL, { "(qmail 1 invoked by uid 89)", OUTSIDE }, "5.5.5.1", 1, SL_IP_TOP_HOP, false },
	{ "trap.test",
		{ "from pop.isp.test (pop.isp.test [5.5.7.7]) by me.trap.test with POP3",
			"from a.example (a.example [5.5.5.1]) by mx.isp.test" },
		"5.5.5.1", 1, SL_IP_BOUNDARY, false },
	/* forgeries below the boundary */
	{ "trap.test", { OUTSIDE, "from v.example (v.example [8.8.4.4]) by mx.trap.test" },
		"5.5.5.1", 0, SL_IP_BOUNDARY, true },
	{ "trap.test", { OUTSIDE, "from v (v [8.8.4.4]) by smtp.other.example" }, "5.5.5.1", 0,
		SL_IP_BOUNDARY, true },
	{ "trap.test", { OUTSIDE, "from v (v [8.8.4.400]) by a.example" }, "5.5.5.1", 0,
		SL_IP_BOUNDARY, true },
	{ "trap.test", { OUTSIDE, "from v (v [8.8.4.4]) by a.example; 6 Nov 2026 10:00 +0000" },
		"5.5.5.1", 0, SL_IP_BOUNDARY, true },
	{ "trap.test", { OUTSIDE, "from v (v [8.8.4.4]) by a.example; 3 Nov 2026 19:00 +0900" },
		"5.5.5.1", 0, SL_IP_BOUNDARY, false },
	{ "trap.test", { OUTSIDE, "from v (v [8.8.4.4]) by localhost" }, "5.5.5.1", 0,
		SL_IP_BOUNDARY, false },
};

static void finds_the_boundary(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(chain_rows); i++) {
		const struct chain_row *row = &chain_rows[i];
		const char *entry = row->trust;
		struct sl_strings entries = { &entry, entry ? 1 : 0 };
		struct sl_trust *trust = sl_trust_new(&entries);
		struct sl_arena *arena = sl_arena_new(0);
		struct sl_field fields[LINES];
		struct sl_limits limits;
		struct sl_chain chain;
		uint64_t flags = 0;
		size_t n = 0;
		sl_limits_default(&limits);
		for (; n < LINES && row->lines[n]; n++)
			fields[n] = (struct sl_field){ SL_SPAN("received"),
				sl_span_str(row->lines[n]), 0 };
		sl_chain_read(arena, fields, n, &limits, trust, &nothing, &chain, &flags);
		bool found = chain.boundary < chain.n_hops;
		struct sl_ip none = { 0 };
		const struct sl_ip *ip = found ? &chain.hops[chain.boundary].peer : &none;
		CHECK_SPAN_ROW(ip_text(arena, ip), row->origin, i);
		if ((found ? (int)chain.boundary : -1) != row->hop || chain.reason != row->reason ||
			chain.forged != row->forged)
			fail_msg("row %zu: hop %zu reason %d forged %d", i, chain.boundary,
				chain.reason, chain.forged);
		sl_arena_free(&arena);
		sl_trust_free(&trust);
	}
}

static void matches_trust(void **state)
{
	(void)state;
	const char *list[] = { "trap.test", ".dot.test", "*.star.test", "192.0.2.0/25",
		"2001:db8::/33", "198.51.100.7", "bad/99", "1.2.3.4/33" };
	struct sl_strings entries = { list, SL_LEN(list) };
	struct sl_trust *trust = sl_trust_new(&entries);
	static const struct {
		const char *host;
		bool ours;
	} rows[] = { { "trap.test", true }, { "MX.Trap.Test.", true }, { "nottrap.test", false },
		{ "trap.test.evil.example", false }, { "a.dot.test", true },
		{ "a.star.test", true }, { "192.0.2.127", true }, { "192.0.2.128", false },
		{ "[192.0.2.1]", true }, { "2001:db8:7fff::1", true },
		{ "2001:db8:8000::1", false }, { "198.51.100.7", true }, { "198.51.100.8", false },
		{ "", false }, { ".", false }, { "1.2.3.4", false } };
	for (size_t i = 0; i < SL_LEN(rows); i++)
		if (sl_trust_host(trust, sl_span_str(rows[i].host)) != rows[i].ours)
			fail_msg("%s", rows[i].host);
	assert_false(sl_trust_is_empty(trust));
	sl_trust_free(&trust);
	assert_null(trust);
}

static void relates_hosts(void **state)
{
	(void)state;
	assert_true(sl_host_related(SL_SPAN("a.b.example"), SL_SPAN("C.B.Example.")));
	assert_false(sl_host_related(SL_SPAN("a.co.jp"), SL_SPAN("b.co.jp")));
	assert_true(sl_host_related(SL_SPAN("x.a.co.jp"), SL_SPAN("a.co.jp")));
	assert_false(sl_host_related(SL_SPAN("b.example"), SL_SPAN("c.example")));
	assert_true(sl_host_related(SL_SPAN("lure"), SL_SPAN("lure")));
	assert_false(sl_host_related(SL_SPAN("lure"), SL_SPAN("other")));
	assert_false(sl_host_related(SL_SPAN(""), SL_SPAN("")));
}

static void stays_linear(void **state)
{
	(void)state;
	static const char *const units[] = { "(", "from (", "[1.2.3.4] ", "by ", ";", "(a)",
		"(a [1.1.1.1] " };
	enum { BYTES = 500000 };
	struct sl_arena *arena = sl_arena_new(0);
	for (size_t i = 0; i < SL_LEN(units); i++) {
		size_t unit = strlen(units[i]);
		char *text = sl_malloc(BYTES);
		memcpy(text, "from x ", 7);
		for (size_t at = 7; at < BYTES; at++)
			text[at] = units[i][at % unit];
		struct sl_hop hop;
		clock_t start = clock();
		sl_hop_parse(arena, sl_span_of(text, BYTES), &hop);
		if (clock() - start > 5 * CLOCKS_PER_SEC)
			fail_msg("\"%s\" is slow", units[i]);
		sl_arena_reset(arena);
		free(text);
	}
	sl_arena_free(&arena);
}

static void survives_any_cut(void **state)
{
	(void)state;
	static const char text[] =
		"from [1.2.3.4] (HELO \xff) (x@y [IPv6:::ffff:1.2.3.4]:25 helo=[::1] (a "
		"[2.2.2.2])) \0 by [5.6.7.8] (Exim (x)) with POP3; Tue, 3 Nov";
	struct sl_arena *arena = sl_arena_new(0);
	for (size_t n = 0; n < sizeof(text); n++) {
		char *exact = sl_malloc(n);
		struct sl_hop hop;
		memcpy(exact, text, n);
		sl_hop_parse(arena, sl_span_of(exact, n), &hop);
		sl_arena_reset(arena);
		free(exact);
	}
	sl_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_hops),
		cmocka_unit_test(reads_hop_times),
		cmocka_unit_test(finds_the_boundary),
		cmocka_unit_test(matches_trust),
		cmocka_unit_test(relates_hosts),
		cmocka_unit_test(stays_linear),
		cmocka_unit_test(survives_any_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
