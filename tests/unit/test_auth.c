/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "stages/parse/auth.h"
#include "stages/parse/fieldmemo.h"
#include "stages/parse/headfields.h"

#include <stdlib.h>

static const struct sl_fieldmemo nothing = { NULL, NULL };

enum { IDS = 2 };

struct row {
	const char *head;
	const char *ids[IDS]; /* NULL ends; none: not configured */
	const char *trust;
	const char *want; /* "spf dkim dmarc arc by" */
};

#define AR "Authentication-Results: "
#define HOP "Received: from a.example (a.example [5.5.5.1]) by mx.trap.test; x\n"
#define GOOGLE "Received: from a.example (a.example. [5.5.5.1]) by mx.google.com; x\n"
#define OUTLOOK                                                                                    \
	"Received: from a.example (5.5.5.1) by E.mail.protection.outlook.com (10.1.1.1); x\n"

static const struct row rows[] = {
	{ AR "mx.trap.test; spf=pass smtp.mailfrom=a; dkim=fail; dmarc=none; arc=pass\n",
		{ "mx.trap.test" }, "trap.test", "pass fail none pass mx.trap.test" },
	{ AR "MX.trap.test 1; SPF=Pass\n", { "mx.trap.test" }, NULL, "pass - - - mx.trap.test" },
	{ AR "mx.trap.test.evil.example; spf=pass\n", { "mx.trap.test" }, NULL, "- - - - -" },
	{ AR "other.example; spf=pass\n" AR "mx.trap.test; spf=fail\n", { "mx.trap.test" }, NULL,
		"fail - - - mx.trap.test" },
	{ AR "mx.trap.test; spf=fail\n" AR "mx.trap.test; spf=pass; dkim=pass\n",
		{ "mx.trap.test" }, NULL, "fail pass - - mx.trap.test" },
	{ AR "a.trap.test; spf=fail\n" AR "b.trap.test; dkim=pass\n",
		{ "a.trap.test", "b.trap.test" }, NULL, "fail pass - - a.trap.test" },
	{ AR "mx.trap.test; none\n", { "mx.trap.test" }, NULL, "- - - - mx.trap.test" },
	{ AR "mx.trap.test; dkim=temperror; dkim=fail; dkim=pass; dkim=none\n", { "mx.trap.test" },
		NULL, "- pass - - mx.trap.test" },
	{ AR "mx.trap.test; dkim=fail (spf=pass; dmarc=pass) reason=\"x; dmarc=pass\"\n",
		{ "mx.trap.test" }, NULL, "- fail - - mx.trap.test" },
	{ AR "mx.trap.test; spf/1 = softfail (c (d) \\) e) smtp.x=y\n", { "mx.trap.test" }, NULL,
		"softfail - - - mx.trap.test" },
	{ AR "mx.trap.test; spf=; dkim==x; =pass; dmarc\n", { "mx.trap.test" }, NULL,
		"- - - - mx.trap.test" },
	{ "X-" AR "mx.trap.test; spf=pass\nARC-" AR "i=1; mx.trap.test; spf=pass\n",
		{ "mx.trap.test" }, NULL, "- - - - -" },
	/* below the boundary it is the sender's */
	{ HOP AR "mx.trap.test; spf=pass\n", { "mx.trap.test" }, "trap.test", "- - - - -" },
	{ AR "mx.trap.test; spf=fail\n" HOP AR "mx.trap.test; spf=pass; dkim=pass\n",
		{ "mx.trap.test" }, "trap.test", "fail - - - mx.trap.test" },
	/* Google writes below its own line */
	{ GOOGLE AR "mx.google.com; spf=fail\n" AR "mx.google.com; spf=pass\n", { NULL },
		"mx.google.com", "fail - - - mx.google.com" },
	{ GOOGLE "Received: by x\n" AR "mx.google.com; spf=pass\n", { NULL }, "mx.google.com",
		"- - - - -" },
	/* not configured: the topmost id above the boundary */
	{ AR "x.trap.test; spf=fail\n" AR "y.trap.test; spf=pass; dkim=pass\n" AR
	     "x.trap.test; dkim=none\n" HOP,
		{ NULL }, "trap.test", "fail none - - x.trap.test" },
	{ AR "x.trap.test; spf=fail\n", { NULL }, "trap.test", "- - - - -" },
	/* Microsoft: no id */
	{ AR "spf=fail (sender IP is 5.5.5.1)\n smtp.mailfrom=a.example; dkim=none (x) "
	     "header.d=none;dmarc=fail "
	     "action=none header.from=;compauth=fail\n" OUTLOOK,
		{ NULL }, "outlook.com", "fail none fail - E.mail.protection.outlook.com" },
	{ AR "spf=fail\n" OUTLOOK, { "mx.trap.test" }, "outlook.com", "- - - - -" },
	{ AR "spf=fail\n" OUTLOOK, { "" }, "outlook.com",
		"fail - - - E.mail.protection.outlook.com" },
	/* Received-SPF */
	{ "Received-SPF: SoftFail (mx.trap.test: x) client-ip=5.5.5.1; helo=y;\n",
		{ "mx.trap.test" }, NULL, "softfail - - - mx.trap.test" },
	{ "Received-SPF: Pass (x) receiver=other.example\nReceived-SPF: none (y) "
	  "receiver=mx.trap.test;\n",
		{ "mx.trap.test" }, NULL, "none - - - mx.trap.test" },
	{ "Received-SPF: Pass (x) receiver=<UNKNOWN>\n" HOP, { NULL }, "trap.test", "- - - - -" },
	{ "Received-SPF: Fail (protection.outlook.com: x) client-ip=5.5.5.1\n" OUTLOOK, { NULL },
		"outlook.com", "fail - - - protection.outlook.com" },
	{ OUTLOOK "Received-SPF: Pass (protection.outlook.com: x)\n", { NULL }, "outlook.com",
		"- - - - -" },
	{ "", { "mx.trap.test" }, NULL, "- - - - -" },
	{ AR "\n" AR ";;;\n" AR "((((\n" AR "\"\n", { "mx.trap.test" }, NULL, "- - - - -" },
};

static const char *or_dash(struct sl_arena *arena, struct sl_span s)
{
	return s.n ? sl_arena_copy(arena, s).p : "-";
}

static struct sl_span answer(struct sl_arena *arena, const struct row *row, struct sl_span head)
{
	struct sl_limits limits;
	const char *entry = row->trust, *ids[IDS];
	struct sl_strings entries = { &entry, entry ? 1 : 0 }, id_list = { ids, 0 };
	struct sl_trust *trust = sl_trust_new(&entries);
	struct sl_field *fields;
	struct sl_chain chain;
	struct sl_auth a;
	struct sl_cuts cuts = { 0 };
	uint64_t flags = 0;
	while (id_list.n < IDS && row->ids[id_list.n]) {
		ids[id_list.n] = row->ids[id_list.n];
		id_list.n++;
	}
	sl_limits_default(&limits);
	size_t n = sl_fields_split(arena, head, &limits, &fields, &cuts, &flags);
	sl_chain_read(arena, fields, n, &limits, trust, &nothing, &chain, &flags);
	sl_auth_read(arena, fields, n, &chain, trust, &id_list, &a);
	sl_trust_free(&trust);
	return sl_arena_printf(arena, "%s %s %s %s %s", or_dash(arena, a.spf),
		or_dash(arena, a.dkim), or_dash(arena, a.dmarc), or_dash(arena, a.arc),
		or_dash(arena, a.by));
}

static void believes_the_receiver(void **state)
{
	(void)state;
	struct sl_arena *arena = sl_arena_new(0);
	for (size_t i = 0; i < SL_LEN(rows); i++)
		CHECK_SPAN_ROW(answer(arena, &rows[i], sl_span_str(rows[i].head)), rows[i].want, i);
	sl_arena_free(&arena);
}

static void survives_any_cut(void **state)
{
	(void)state;
	struct sl_arena *arena = sl_arena_new(0);
	for (size_t i = 0; i < SL_LEN(rows); i++)
		for (size_t n = 0; n < strlen(rows[i].head); n++) {
			char *exact = sl_malloc(n);
			memcpy(exact, rows[i].head, n);
			answer(arena, &rows[i], sl_span_of(exact, n));
			sl_arena_reset(arena);
			free(exact);
		}
	sl_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(believes_the_receiver),
		cmocka_unit_test(survives_any_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
