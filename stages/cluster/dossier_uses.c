/* SPDX-License-Identifier: Apache-2.0 */
/* The indicators of a campaign, with what policy and look-ups say. */
#include "dossier_maker.h"

#include "pipeline/policy.h"

#include <stdlib.h>

/* A sum over variants. */
struct sum {
	struct sl_id indicator;
	uint32_t roles, views;
	uint64_t messages;
	int64_t first, last;
};

static int compare_sums(const void *a, const void *b)
{
	const struct sum *x = a, *y = b;

	return sl_id_cmp(&x->indicator, &y->indicator);
}

static struct sum *read_sums(struct sl_dossier_maker *maker, size_t at, size_t *n_r)
{
	const struct sl_roster_campaign *c = &maker->roster->campaigns[at];
	struct sum *sums = NULL;
	struct sl_use_row row;
	size_t n = 0, room = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct sl_id *key = &maker->roster->variants[c->first + i].key;
		struct sl_scan *scan = sl_scan_open(
			maker->view, SL_TABLE_USES, sl_span_of(key->b, sizeof(key->b)));

		while (sl_scan_next(scan, maker->arena, &row))
			*SL_ARENA_PUSH(maker->arena, sums, n, room) = (struct sum){ row.indicator,
				row.roles, row.views, row.messages, row.first, row.last };
		sl_scan_close(&scan);
	}
	*n_r = n;
	return sums;
}

static int64_t earlier(int64_t a, int64_t b)
{
	if (a == SL_TIME_NONE || b == SL_TIME_NONE)
		return a == SL_TIME_NONE ? b : a;
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b; /* SL_TIME_NONE is the smallest number */
}

static size_t unite(struct sum *sums, size_t n)
{
	size_t out = 0;

	if (n)
		qsort(sums, n, sizeof(*sums), compare_sums);
	for (size_t i = 0; i < n; i++) {
		struct sum *last = out ? &sums[out - 1] : NULL;

		if (!last || compare_sums(last, &sums[i]) != 0) {
			sums[out++] = sums[i];
			continue;
		}
		last->roles |= sums[i].roles;
		last->views |= sums[i].views;
		last->messages += sums[i].messages;
		last->first = earlier(last->first, sums[i].first);
		last->last = later(last->last, sums[i].last);
	}
	return out;
}

/* What a victim touches first; then what only names or carries. */
static enum sl_role strongest_role(uint32_t roles)
{
	static const enum sl_role order[] = { SL_ROLE_TARGET, SL_ROLE_FORM, SL_ROLE_REFRESH,
		SL_ROLE_LINK, SL_ROLE_QR, SL_ROLE_ATTACHMENT, SL_ROLE_EMBED, SL_ROLE_WRAPPER,
		SL_ROLE_OPAQUE, SL_ROLE_IMAGE, SL_ROLE_MENTION, SL_ROLE_DISPLAY, SL_ROLE_SENDING_IP,
		SL_ROLE_SENDER, SL_ROLE_REPLY_TO, SL_ROLE_RETURN_PATH, SL_ROLE_UNSUBSCRIBE,
		SL_ROLE_RELAY, SL_ROLE_MESSAGE_ID, SL_ROLE_NAMESPACE };

	_Static_assert(SL_LEN(order) == SL_ROLES, "every role has a place");
	for (size_t i = 0; i < SL_LEN(order); i++)
		if (roles & SL_BIT(order[i]))
			return order[i];
	return SL_ROLE_MENTION;
}

static enum sl_view_kind first_view(uint32_t views)
{
	for (unsigned i = 0; i < SL_VIEWS; i++)
		if (views & SL_BIT(i))
			return (enum sl_view_kind)i;
	return SL_VIEW_HEADER;
}

static void judge(struct sl_dossier_maker *maker, const struct sum *sum, struct sl_used *used)
{
	const struct sl_keyed *run;
	struct sl_policy_facts facts = { .roles = used->roles,
		.messages = used->messages,
		.campaigns = sl_roster_run(maker->roster->uses, maker->roster->n_uses,
			sl_roster_trait_of(&sum->indicator), &run),
		.last_seen = used->last_seen,
		.genuine_only = sl_verdict_is_honest(maker->dossier.verdict.label) };
	struct sl_policy_answer answer;

	sl_policy_judge_many(maker->memo, maker->tables, &used->indicator, &facts, &answer);
	used->actionable = answer.actionable;
	used->why = answer.why;
	used->confidence = answer.confidence;
}

static void ask_geo(struct sl_dossier_maker *maker, struct sl_used *used)
{
	enum sl_kind kind = used->indicator.kind;
	struct sl_span edition;

	used->geo.status = SL_LOOKUP_NOT_ASKED;
	if ((kind == SL_KIND_IPV4 || kind == SL_KIND_IPV6) &&
		!sl_view_lookup(maker->view, "geo", kind, used->indicator.value, maker->arena,
			&edition, &used->geo))
		used->geo = (struct sl_answer){ .status = SL_LOOKUP_NOT_ASKED };
}

/* With its key, so that both are sorted together. */
struct keyed {
	struct sl_used used;
	struct sl_id key;
};

static bool make_used(struct sl_dossier_maker *maker, const struct sum *sum, struct sl_used *used_r)
{
	struct sl_indicator_row row;

	if (!sl_view_indicator(maker->view, &sum->indicator, &row))
		return false;
	*used_r = (struct sl_used){ .indicator = { .kind = row.kind,
					    .role = strongest_role(sum->roles),
					    .view = first_view(sum->views),
					    .flags = (uint32_t)row.flags,
					    .value = row.value,
					    .host = row.host,
					    .domain = row.domain },
		.roles = sum->roles,
		.messages = sum->messages,
		.first_seen = sum->first,
		.last_seen = sum->last };
	judge(maker, sum, used_r);
	ask_geo(maker, used_r);
	return true;
}

static int compare_keyed(const void *a, const void *b)
{
	const struct sl_indicator *x = &((const struct keyed *)a)->used.indicator;
	const struct sl_indicator *y = &((const struct keyed *)b)->used.indicator;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return sl_span_cmp(x->value, y->value);
}

void sl_dossier_add_uses(struct sl_dossier_maker *maker, size_t at)
{
	struct sl_dossier *d = &maker->dossier;
	size_t n;
	struct sum *sums = read_sums(maker, at, &n);
	struct keyed *list;

	n = unite(sums, n);
	list = sl_arena_alloc(maker->arena, (n ? n : 1) * sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		list[d->n_used].key = sums[i].indicator;
		d->n_used += make_used(maker, &sums[i], &list[d->n_used].used);
	}
	if (d->n_used)
		qsort(list, d->n_used, sizeof(*list), compare_keyed);
	d->used = sl_arena_alloc(maker->arena, (n ? n : 1) * sizeof(*d->used));
	maker->used_keys = sl_arena_alloc(maker->arena, (n ? n : 1) * sizeof(*maker->used_keys));
	for (size_t i = 0; i < d->n_used; i++) {
		d->used[i] = list[i].used;
		maker->used_keys[i] = list[i].key;
	}
}
