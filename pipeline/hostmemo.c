/* SPDX-License-Identifier: Apache-2.0 */
#include "hostmemo.h"

#include "base/hash.h"
#include "verdict.h"

#include <stdlib.h>

enum { SLOTS = 1 << 12, NAMES_MAX = 112 };

struct slot {
	bool has_known, has_like;
	uint8_t host_n, domain_n; /* both 0: free */
	unsigned known;
	const struct sl_brand *like; /* sl_lookalike_of() */
	char names[NAMES_MAX];       /* host, then domain */
};

struct sl_hostmemo {
	const struct sl_tables *tables;
	struct slot slots[SLOTS];
};

struct sl_hostmemo *sl_hostmemo_new(const struct sl_tables *tables)
{
	struct sl_hostmemo *memo = sl_calloc(1, sizeof(*memo));
	memo->tables = tables;
	return memo;
}

void sl_hostmemo_free(struct sl_hostmemo **memo)
{
	free(*memo);
	*memo = NULL;
}

/* The place of the two names, emptied when others stood in it; NULL: too long for any. */
static struct slot *slot_of(struct sl_hostmemo *memo, struct sl_span host, struct sl_span domain)
{
	if (host.n + domain.n > NAMES_MAX || host.n + domain.n == 0)
		return NULL;
	uint64_t hash = sl_hash64(host.n ? host : domain, domain.n);
	struct slot *slot = &memo->slots[hash % SLOTS];
	if (sl_span_eq(host, sl_span_of(slot->names, slot->host_n)) &&
		sl_span_eq(domain, sl_span_of(slot->names + slot->host_n, slot->domain_n)))
		return slot;
	*slot = (struct slot){ .host_n = (uint8_t)host.n, .domain_n = (uint8_t)domain.n };
	if (host.n)
		memcpy(slot->names, host.p, host.n);
	if (domain.n)
		memcpy(slot->names + host.n, domain.p, domain.n);
	return slot;
}

unsigned sl_hostmemo_known(struct sl_hostmemo *memo, struct sl_span host, struct sl_span domain)
{
	struct slot *slot = slot_of(memo, host, domain);
	if (!slot)
		return sl_tables_known(memo->tables, host, domain);
	if (!slot->has_known) {
		slot->known = sl_tables_known(memo->tables, host, domain);
		slot->has_known = true;
	}
	return slot->known;
}

const struct sl_brand *sl_hostmemo_like(
	struct sl_hostmemo *memo, struct sl_span host, struct sl_span domain)
{
	struct slot *slot = slot_of(memo, host, domain);
	if (!slot)
		return sl_lookalike_of(memo->tables, host, domain);
	if (!slot->has_like) {
		slot->like = sl_lookalike_of(memo->tables, host, domain);
		slot->has_like = true;
	}
	return slot->like;
}
