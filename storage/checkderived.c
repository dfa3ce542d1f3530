/* SPDX-License-Identifier: Apache-2.0 */
#include "findings.h"

/* The derived tables are computed again variant by variant, so that memory is bounded by the
 * largest variant; only 40 bytes of each distinct indicator are kept to the end. */

struct met {
	struct sl_id key;
	uint64_t flags, night;
	bool host, domain; /* the stored text was met in some message */
};

struct derived_check {
	struct sl_findings *f;
	struct sl_derived derived;    /* of one variant */
	struct sl_pending indicators; /* struct met, of all variants */
	struct sl_buf value;
};

static struct sl_span id_span(const struct sl_id *id)
{
	return sl_span_of(id->b, sizeof(id->b));
}

static void add_member(struct derived_check *c, const struct sl_member_row *member)
{
	struct sl_findings *f = c->f;
	struct sl_message_row row;
	struct sl_content content;
	struct sl_key key = sl_key_of_ids(&member->variant, &member->message);
	sl_arena_reset(f->arena);
	if (!sl_view_message(f->view, &member->message, f->arena, &row)) {
		sl_finding(f, SL_TABLE_MEMBERS, sl_key_span(&key), "its message is missing");
		return;
	}
	if (!sl_id_eq(&row.message.variant, &member->variant)) {
		sl_finding(f, SL_TABLE_MEMBERS, sl_key_span(&key),
			"its message is of another variant");
		return;
	}
	bool found = sl_view_content(f->view, &row.message.content, f->arena, &content);
	sl_derived_add(&c->derived, &row, found ? &content : NULL, 1);
}

/* Do two rows of a table have the same bytes? */
static bool same_row(struct derived_check *c, unsigned table, const struct sl_key *key,
	const void *want, const void *have)
{
	struct sl_span k = sl_key_span(key);
	sl_row_encode(table, k, want, &c->value);
	struct sl_span first = sl_arena_copy(c->f->arena, sl_buf_span(&c->value));
	sl_row_encode(table, k, have, &c->value);
	return sl_span_eq(first, sl_buf_span(&c->value));
}

static void compare_variant(struct derived_check *c, const struct sl_variant_row *stored)
{
	struct sl_key key = sl_key_of_id(&stored->key);
	const struct sl_variant_sum *sum = sl_pending_find(&c->derived.variants, &stored->key);
	if (!sum) {
		sl_finding(c->f, SL_TABLE_VARIANTS, id_span(&stored->key), "has no messages");
		return;
	}
	struct sl_variant_row want = sum->row;
	want.assigned = stored->assigned;
	want.campaign = stored->campaign;
	want.evidence = stored->evidence;
	want.score = stored->score;
	want.partner = stored->partner;
	if (!same_row(c, SL_TABLE_VARIANTS, &key, &want, stored))
		sl_finding(c->f, SL_TABLE_VARIANTS, id_span(&stored->key),
			"is not what its %llu messages add up to",
			(unsigned long long)want.messages);
}

static bool same_use(const struct sl_use_row *a, const struct sl_use_row *b)
{
	return a->roles == b->roles && a->views == b->views && a->messages == b->messages &&
	       a->first == b->first && a->last == b->last;
}

static void compare_use(struct derived_check *c, const struct sl_use_row *stored, size_t *met)
{
	struct sl_key key = sl_key_of_ids(&stored->variant, &stored->indicator);
	const struct sl_use_sum *sum = sl_pending_find(&c->derived.uses, stored);
	if (!sum) {
		sl_finding(c->f, SL_TABLE_USES, sl_key_span(&key), "no message has it");
		return;
	}
	++*met;
	if (!same_use(&sum->row, stored))
		sl_finding(c->f, SL_TABLE_USES, sl_key_span(&key),
			"is not what its %llu messages add up to",
			(unsigned long long)sum->row.messages);
}

static void compare_uses(struct derived_check *c, const struct sl_id *variant)
{
	struct sl_use_row stored;
	struct sl_id last = { { 0 } };
	size_t met = 0;
	struct sl_scan *scan = sl_scan_open(c->f->view, SL_TABLE_USES, id_span(variant));
	while (sl_scan_next(scan, NULL, &stored)) {
		if (sl_id_cmp(&stored.indicator, &last) <= 0)
			sl_finding(
				c->f, SL_TABLE_USES, id_span(variant), "its uses are out of order");
		last = stored.indicator;
		compare_use(c, &stored, &met);
		sl_arena_reset(c->f->arena);
	}
	sl_scan_close(&scan);
	if (met < c->derived.uses.n)
		sl_finding(c->f, SL_TABLE_VARIANTS, id_span(variant), "%zu of its uses are missing",
			c->derived.uses.n - met);
}

static void compare_indicator(struct derived_check *c, const struct sl_indicator_row *want)
{
	struct sl_indicator_row have;
	bool fresh;
	struct met *met = sl_pending_add(&c->indicators, &want->key, &fresh);
	met->flags |= want->flags;
	if (fresh || want->night < met->night)
		met->night = want->night;
	if (!sl_view_indicator(c->f->view, &want->key, &have)) {
		if (fresh)
			sl_finding(c->f, SL_TABLE_INDICATORS, id_span(&want->key), "is missing");
		return;
	}
	met->host = met->host || sl_span_eq(have.host, want->host);
	met->domain = met->domain || sl_span_eq(have.domain, want->domain);
	struct sl_indicator_row merged = have;
	sl_indicator_merge(&merged, want);
	if (have.kind != want->kind || !sl_span_eq(have.value, want->value) ||
		!sl_span_eq(merged.host, have.host) || !sl_span_eq(merged.domain, have.domain))
		sl_finding(c->f, SL_TABLE_INDICATORS, id_span(&want->key),
			"is not what messages say it is");
}

static void check_variant(struct derived_check *c, const struct sl_variant_row *stored)
{
	struct sl_member_row member;
	struct sl_scan *scan = sl_scan_open(c->f->view, SL_TABLE_MEMBERS, id_span(&stored->key));
	sl_derived_reset(&c->derived);
	while (sl_scan_next(scan, NULL, &member))
		add_member(c, &member);
	sl_scan_close(&scan);
	sl_arena_reset(c->f->arena);
	compare_variant(c, stored);
	compare_uses(c, &stored->key);
	for (size_t i = 0; i < c->derived.indicators.n; i++)
		compare_indicator(c, sl_pending_at(&c->derived.indicators, i));
}

/* Rows of a table keyed by variant whose variant is gone. */
static void check_orphans(struct sl_findings *f, enum sl_table table)
{
	union {
		struct sl_member_row member;
		struct sl_use_row use;
	} row;
	struct sl_id last = { { 0 } };
	struct sl_scan *scan = sl_scan_open(f->view, table, SL_SPAN_NULL);
	while (sl_scan_next(scan, NULL, &row)) {
		/* both rows begin with the variant */
		struct sl_key key = sl_key_of_id(&row.member.variant);
		if (!sl_id_eq(&row.member.variant, &last) &&
			!sl_findings_has(f, SL_TABLE_VARIANTS, &key))
			sl_finding(f, table, sl_key_span(&key), "its variant is missing");
		last = row.member.variant;
	}
	sl_scan_close(&scan);
}

static void check_indicators(struct derived_check *c)
{
	struct sl_indicator_row row;
	struct sl_scan *scan = sl_scan_open(c->f->view, SL_TABLE_INDICATORS, SL_SPAN_NULL);
	while (sl_scan_next(scan, NULL, &row)) {
		const struct met *met = sl_pending_find(&c->indicators, &row.key);
		if (!met)
			sl_finding(
				c->f, SL_TABLE_INDICATORS, id_span(&row.key), "no message has it");
		else if (met->flags != row.flags || met->night != row.night ||
			 (!met->host && row.host.n) || (!met->domain && row.domain.n))
			sl_finding(c->f, SL_TABLE_INDICATORS, id_span(&row.key),
				"is not what its messages add up to");
	}
	sl_scan_close(&scan);
}

void sl_findings_derived(struct sl_findings *findings)
{
	struct derived_check c = { .f = findings,
		.indicators = sl_pending_make(sizeof(struct met), sizeof(struct sl_id)),
		.value = sl_buf_make(INT_MAX) };
	struct sl_variant_row row;
	sl_derived_init(&c.derived, sl_store_secret(findings->store));
	struct sl_scan *scan = sl_scan_open(findings->view, SL_TABLE_VARIANTS, SL_SPAN_NULL);
	while (sl_scan_next(scan, NULL, &row))
		check_variant(&c, &row);
	sl_scan_close(&scan);
	check_orphans(findings, SL_TABLE_MEMBERS);
	check_orphans(findings, SL_TABLE_USES);
	check_indicators(&c);
	sl_derived_free(&c.derived);
	sl_pending_free(&c.indicators);
	sl_buf_free(&c.value);
}
