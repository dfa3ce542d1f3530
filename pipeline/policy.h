/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h - what may be fed to a blocker, why, how sure, for how long.
 *
 * A pure function by the rule table in docs/INDICATORS.md. The reasons are a closed list of
 * names (`brand`, `toplist`, `warninglist`, `shared-hosting`, `shortener`, `redirector`,
 * `namespace`, `trap`, `own`, `allowed`, `reserved`, `image`, `role`, `header`, `good`, `tracker`,
 * `lure-link`, ...).
 */
#ifndef SL_POLICY_H
#define SL_POLICY_H

#include "record.h"
#include "tables.h"
#include "verdict.h"

struct sl_policy_facts {
	uint32_t roles;    /* bits of enum sl_role under which it was seen */
	uint64_t messages; /* distinct messages */
	uint64_t campaigns;
	unsigned listed;          /* number of block lists that name it; 0 offline */
	int64_t last_seen;        /* or SL_TIME_NONE */
	bool genuine_only;        /* only seen in mail or campaigns whose verdict is genuine */
	struct sl_span file_type; /* of an attachment's hash: "application/pdf"; empty: not known */
};

struct sl_policy_answer {
	bool actionable;
	const char *why;     /* a literal of the closed list */
	unsigned confidence; /* 0..100 */
	int64_t expires;     /* or SL_TIME_NONE */
};

/* For one indicator of one message, `facts` NULL: roles are the indicator's own. Cheap. */
void sl_policy_judge(const struct sl_tables *tables, const struct sl_config *config,
	const struct sl_indicator *indicator, const struct sl_policy_facts *facts,
	struct sl_policy_answer *answer_r);
/* The same for one of many: `memo` remembers what was asked about their hosts. */
struct sl_hostmemo;
void sl_policy_judge_many(struct sl_hostmemo *memo, const struct sl_tables *tables,
	const struct sl_indicator *indicator, const struct sl_policy_facts *facts,
	struct sl_policy_answer *answer_r);

/* Private, reserved, loopback, documentation (RFC 1918, 5735, 5737, 6598, 4193, 3849 ...). */
bool sl_ip_is_public(const struct sl_ip *ip);
/* Text form: dotted, or RFC 5952. Returns the length; needs 46 bytes. */
size_t sl_ip_text(const struct sl_ip *ip, char text_r[46]);
/* Strict text forms only ("1.2.3.4", RFC 4291); mapped IPv6 becomes IPv4. */
bool sl_ip_parse(struct sl_span text, struct sl_ip *ip_r);

/* "hxxp://a[.]example/x": scheme and dots of the host, or the @ of an address, disarmed. */
struct sl_span sl_defang(struct sl_arena *arena, enum sl_kind kind, struct sl_span value);

#endif
