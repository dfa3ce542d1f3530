/* SPDX-License-Identifier: Apache-2.0 */
#include "roster.h"

#include <stdlib.h>

struct work {
	struct sl_view *view;
	struct sl_roster *out;
	struct sl_arena *scratch;
	size_t room_campaigns, room_variants, room_uses, room_forms, room_lines;
};

static void *more(void *items, size_t size, size_t n, size_t *room)
{
	if (n < *room)
		return items;
	*room = *room ? 2 * *room : 256;
	return sl_realloc(items, *room * size);
}

static void add_trait(
	struct sl_keyed **traits, size_t *n, size_t *room, uint64_t trait, uint32_t campaign)
{
	*traits = more(*traits, sizeof(**traits), *n, room);
	(*traits)[(*n)++] = (struct sl_keyed){ trait, campaign };
}

uint64_t sl_roster_trait_of(const struct sl_id *indicator)
{
	uint64_t head;

	memcpy(&head, indicator->b, sizeof(head));
	return head;
}

/* The form of a campaign is that of its founder's variant. */
static void read_form(struct work *w, const struct sl_id *variant, struct sl_roster_campaign *c)
{
	struct sl_variant_row row;
	struct sl_message_row message;
	struct sl_content content;

	if (!sl_view_variant(w->view, variant, &row) ||
		!sl_view_message(w->view, &row.exemplar, w->scratch, &message) ||
		!sl_view_content(w->view, &message.message.content, w->scratch, &content))
		return;
	if (content.html_tags >= 12)
		c->skeleton = content.skeleton;
}

static void read_campaigns(struct work *w)
{
	struct sl_scan *scan = sl_scan_open(w->view, SL_TABLE_CAMPAIGNS, SL_SPAN_NULL);
	struct sl_roster *r = w->out;
	struct sl_campaign_row row;

	while (sl_scan_next(scan, w->scratch, &row)) {
		struct sl_roster_campaign *c;

		if (row.merged_into.text[0])
			continue;
		r->campaigns = more(
			r->campaigns, sizeof(*r->campaigns), r->n_campaigns, &w->room_campaigns);
		c = &r->campaigns[r->n_campaigns++];
		*c = (struct sl_roster_campaign){ .id = row.id };
		c->brand = row.brand.n ? sl_hash64(row.brand, 0) | 1 : 0;
		if (c->brand && row.n_representatives) /* who claims nobody has no family */
			read_form(w, &row.representatives[0], c);
		if (c->skeleton)
			add_trait(&r->forms, &r->n_forms, &w->room_forms, c->skeleton,
				(uint32_t)(r->n_campaigns - 1));
		sl_arena_reset(w->scratch);
	}
	sl_scan_close(&scan);
}

static int compare_campaign(const void *a, const void *b)
{
	const struct sl_campaign_id *id = a;
	const struct sl_roster_campaign *c = b;

	return sl_campaign_id_cmp(id, &c->id);
}

ssize_t sl_roster_find(const struct sl_roster *roster, const struct sl_campaign_id *id)
{
	const struct sl_roster_campaign *found = NULL;

	if (roster->n_campaigns)
		found = bsearch(id, roster->campaigns, roster->n_campaigns, sizeof(*found),
			compare_campaign);
	return found ? found - roster->campaigns : -1;
}

/* The exemplar of a campaign is the smallest (time, id) of the exemplars of its variants; no time
 * sorts last, as in the store. */
static void offer_exemplar(struct sl_roster_campaign *c, const struct sl_variant_row *row)
{
	bool timed = row->exemplar_time != SL_TIME_NONE;
	bool before = timed && c->exemplar_time == SL_TIME_NONE;

	if (timed == (c->exemplar_time != SL_TIME_NONE))
		before = row->exemplar_time != c->exemplar_time
				 ? row->exemplar_time < c->exemplar_time
				 : sl_id_cmp(&row->exemplar_id, &c->exemplar_id) < 0;
	if (!before && !sl_id_is_zero(&c->exemplar))
		return;
	c->exemplar = row->exemplar;
	c->exemplar_id = row->exemplar_id;
	c->exemplar_time = row->exemplar_time;
}

/* In key order, as the table has them. */
static void read_variants(struct work *w)
{
	struct sl_scan *scan = sl_scan_open(w->view, SL_TABLE_VARIANTS, SL_SPAN_NULL);
	struct sl_roster *r = w->out;
	struct sl_variant_row row;
	struct sl_campaign_id id;
	ssize_t at;

	while (sl_scan_next(scan, NULL, &row)) {
		if (!row.assigned || !sl_view_resolve(w->view, &row.campaign, &id) ||
			(at = sl_roster_find(r, &id)) < 0)
			continue;
		r->variants =
			more(r->variants, sizeof(*r->variants), r->n_variants, &w->room_variants);
		r->variants[r->n_variants++] =
			(struct sl_roster_variant){ row.key, row.name, (uint32_t)at };
		r->campaigns[at].messages += row.messages;
		offer_exemplar(&r->campaigns[at], &row);
	}
	sl_scan_close(&scan);
}

/* Both tables lie in the order of variant keys: one walk. */
static void read_uses(struct work *w)
{
	struct sl_scan *scan = sl_scan_open(w->view, SL_TABLE_USES, SL_SPAN_NULL);
	struct sl_roster *r = w->out;
	struct sl_use_row row;
	size_t at = 0;

	while (sl_scan_next(scan, NULL, &row)) {
		while (at < r->n_variants && sl_id_cmp(&r->variants[at].key, &row.variant) < 0)
			at++;
		if (at < r->n_variants && sl_id_eq(&r->variants[at].key, &row.variant))
			add_trait(&r->uses, &r->n_uses, &w->room_uses,
				sl_roster_trait_of(&row.indicator), r->variants[at].campaign);
	}
	sl_scan_close(&scan);
}

static void read_lines(struct work *w)
{
	struct sl_scan *scan = sl_scan_open(w->view, SL_TABLE_LINEAGE, SL_SPAN_NULL);
	struct sl_roster *r = w->out;
	struct sl_lineage_row row;
	struct sl_campaign_id id;
	ssize_t at;

	while (sl_scan_next(scan, w->scratch, &row)) {
		if (sl_view_resolve(w->view, &row.line.id, &id) &&
			(at = sl_roster_find(r, &id)) >= 0) {
			r->lines = more(r->lines, sizeof(*r->lines), r->n_lines, &w->room_lines);
			r->lines[r->n_lines++] =
				(struct sl_roster_line){ (uint32_t)at, row.seq, row.line };
		}
		sl_arena_reset(w->scratch);
	}
	sl_scan_close(&scan);
}

static int compare_lines(const void *a, const void *b)
{
	const struct sl_roster_line *x = a, *y = b;

	if (x->campaign != y->campaign)
		return x->campaign < y->campaign ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Where each campaign's lines begin. */
static void sort_lines(struct sl_roster *r)
{
	if (r->n_lines)
		qsort(r->lines, r->n_lines, sizeof(*r->lines), compare_lines);
	for (size_t i = r->n_lines; i > 0; i--) {
		struct sl_roster_campaign *c = &r->campaigns[r->lines[i - 1].campaign];

		c->first_line = i - 1;
		c->n_lines++;
	}
}

/* Each campaign of a trait once, in order; their number. */
static size_t sort_traits(struct sl_keyed *traits, size_t n)
{
	size_t out = 0;

	sl_radix_keyed(traits, n);
	for (size_t i = 0; i < n; i++)
		if (out == 0 || traits[out - 1].key != traits[i].key ||
			traits[out - 1].value != traits[i].value)
			traits[out++] = traits[i];
	return out;
}

static int compare_variants(const void *a, const void *b)
{
	const struct sl_roster_variant *x = a, *y = b;

	if (x->campaign != y->campaign)
		return x->campaign < y->campaign ? -1 : 1;
	return sl_id_cmp(&x->name, &y->name);
}

static void sort_variants(struct sl_roster *r)
{
	if (r->n_variants)
		qsort(r->variants, r->n_variants, sizeof(*r->variants), compare_variants);
	for (size_t i = 0, end; i < r->n_variants; i = end) {
		struct sl_roster_campaign *c = &r->campaigns[r->variants[i].campaign];

		for (end = i + 1; end < r->n_variants &&
				  r->variants[end].campaign == r->variants[i].campaign;)
			end++;
		sl_assert(r->variants[i].campaign < r->n_campaigns);
		c->first = i;
		c->n = end - i;
	}
}

struct sl_roster *sl_roster_new(struct sl_view *view)
{
	struct sl_roster *r = sl_calloc(1, sizeof(*r));
	struct work w = { .view = view, .out = r, .scratch = sl_arena_new(0) };

	read_campaigns(&w);
	read_variants(&w);
	read_uses(&w);
	read_lines(&w);
	sort_lines(r);
	r->n_uses = sort_traits(r->uses, r->n_uses);
	r->n_forms = sort_traits(r->forms, r->n_forms);
	sort_variants(r);
	sl_arena_free(&w.scratch);
	return r;
}

void sl_roster_free(struct sl_roster **roster)
{
	struct sl_roster *r = *roster;

	if (r) {
		free(r->campaigns);
		free(r->variants);
		free(r->uses);
		free(r->forms);
		free(r->lines);
		free(r);
	}
	*roster = NULL;
}

/* First place whose trait is not below `trait`. Traits are hashes, spread evenly: the search goes
 * out from where it should be, by steps that double. */
static size_t lower_bound(const struct sl_keyed *traits, size_t n, uint64_t trait)
{
	size_t at = (size_t)((trait >> 32) * n >> 32), low = 0, high = n, step = 2;

	sl_assert(n <= UINT32_MAX && (n == 0 || at < n));
	if (n && traits[at].key < trait) {
		for (low = at + 1; step <= n - low && traits[low + step - 1].key < trait; step *= 2)
			low += step;
		high = step <= n - low ? low + step - 1 : n;
	} else {
		for (high = at; step <= high && traits[high - step].key >= trait; step *= 2)
			high -= step;
		low = step <= high ? high - step + 1 : 0;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (traits[middle].key < trait)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t sl_roster_run(
	const struct sl_keyed *traits, size_t n, uint64_t trait, const struct sl_keyed **run_r)
{
	size_t from = lower_bound(traits, n, trait), to = from;
	size_t step = 1; /* most runs are short */

	for (; step <= n - to && traits[to + step - 1].key == trait; step *= 2)
		to += step;
	for (size_t end = step <= n - to ? to + step - 1 : n; to < end;) {
		size_t middle = to + (end - to) / 2;

		if (traits[middle].key == trait)
			to = middle + 1;
		else
			end = middle;
	}
	sl_assert(from <= to && to <= n);
	*run_r = traits ? traits + from : NULL;
	return to - from;
}
