/* SPDX-License-Identifier: Apache-2.0 */
#include "gather.h"

#include <stdlib.h>

struct seat {
	struct sl_id variant; /* representative */
	uint32_t owner;
};

/* One variant that will be compared, before the sort. */
struct entry {
	struct sl_lure lure;
	struct sl_span brand;
	struct sl_sha256 digest;
	uint32_t owner;
	bool fresh;
};

enum { BATCH = 4096, TEXTS_A_HAND = 256 };

struct work {
	struct sl_view *view;
	const struct sl_tables *tables;
	unsigned jobs;
	struct sl_gathering *out;
	struct sl_arena *scratch; /* of one variant */
	size_t room_aliases, room_standing;
	struct seat *seats; /* by variant */
	size_t n_seats;
	struct entry *entries;
	size_t n_entries, room_entries;
	struct sl_corpus_entry *batch; /* on their way into the corpus */
	size_t n_batch;
	struct sl_arena *passing; /* lures of the batch that nobody compares */
	uint64_t documents;
};

static void add_standing(struct work *w, const struct sl_campaign_row *row)
{
	struct sl_arena *arena = w->out->arena;
	struct sl_standing *s =
		SL_ARENA_PUSH(arena, w->out->standing, w->out->n_standing, w->room_standing);

	*s = (struct sl_standing){ .row = *row };
	s->row.brand = sl_arena_copy(arena, row->brand);
}

static void read_campaigns(struct work *w)
{
	struct sl_scan *scan = sl_scan_open(w->view, SL_TABLE_CAMPAIGNS, SL_SPAN_NULL);
	struct sl_campaign_row row;

	while (sl_scan_next(scan, w->out->arena, &row)) {
		if (row.merged_into.text[0])
			*SL_ARENA_PUSH(w->out->arena, w->out->aliases, w->out->n_aliases,
				w->room_aliases) = (struct sl_alias){ row.id, row.merged_into };
		else
			add_standing(w, &row);
	}
	sl_scan_close(&scan);
}

static int compare_alias(const void *a, const void *b)
{
	return sl_campaign_id_cmp(a, b); /* the id is the first field */
}

static int compare_standing(const void *a, const void *b)
{
	const struct sl_campaign_id *id = a;
	const struct sl_standing *standing = b;

	return sl_campaign_id_cmp(id, &standing->row.id);
}

uint32_t sl_gathering_owner(const struct sl_gathering *gathering, const struct sl_campaign_id *id)
{
	const struct sl_gathering *g = gathering;
	const struct sl_standing *found = NULL;

	/* Chains end: a merge goes to a campaign that lives. */
	for (size_t step = 0; step < g->n_aliases; step++) {
		const struct sl_alias *alias =
			bsearch(id, g->aliases, g->n_aliases, sizeof(*alias), compare_alias);

		if (!alias)
			break;
		id = &alias->into;
	}
	if (g->n_standing)
		found = bsearch(id, g->standing, g->n_standing, sizeof(*found), compare_standing);
	return found ? (uint32_t)(found - g->standing) : SL_NO_OWNER;
}

static int compare_seats(const void *a, const void *b)
{
	return sl_id_cmp(a, b); /* the variant is the first field */
}

static void make_seats(struct work *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->out->n_standing; i++)
		n += w->out->standing[i].row.n_representatives;
	w->seats = sl_arena_alloc(w->out->arena, (n ? n : 1) * sizeof(*w->seats));
	for (size_t i = 0; i < w->out->n_standing; i++) {
		const struct sl_campaign_row *row = &w->out->standing[i].row;

		for (size_t j = 0; j < row->n_representatives; j++)
			w->seats[w->n_seats++] =
				(struct seat){ row->representatives[j], (uint32_t)i };
	}
	sl_assert(w->n_seats == n);
	qsort(w->seats, n, sizeof(*w->seats), compare_seats);
}

static uint32_t seat_of(const struct work *w, const struct sl_id *variant)
{
	const struct seat *seat =
		bsearch(variant, w->seats, w->n_seats, sizeof(*seat), compare_seats);

	return seat ? seat->owner : SL_NO_OWNER;
}

/* How many variants there are, and is any without a campaign? Also the sizes of campaigns. */
static void count_variants(struct work *w)
{
	struct sl_scan *scan = sl_scan_open(w->view, SL_TABLE_VARIANTS, SL_SPAN_NULL);
	struct sl_variant_row row;

	while (sl_scan_next(scan, NULL, &row)) {
		uint32_t owner =
			row.assigned ? sl_gathering_owner(w->out, &row.campaign) : SL_NO_OWNER;

		w->documents++;
		w->out->n_fresh += owner == SL_NO_OWNER;
		if (owner == SL_NO_OWNER)
			continue;
		w->out->standing[owner].messages += row.messages;
		w->out->standing[owner].variants++;
	}
	sl_scan_close(&scan);
}

static void fill_identity(struct sl_lure *lure, const struct sl_variant_row *row)
{
	lure->key = row->key;
	lure->name = row->name;
	lure->exemplar = row->exemplar;
	lure->exemplar_id = row->exemplar_id;
	lure->time = row->exemplar_time;
	lure->messages = row->messages;
}

static void flush_batch(struct work *w)
{
	sl_corpus_add(w->out->corpus, w->batch, w->n_batch);
	w->n_batch = 0;
	sl_arena_reset(w->passing);
}

static void read_record(struct work *w, const struct sl_variant_row *row,
	const struct sl_message *message, const struct sl_content *content, uint32_t owner,
	bool compared)
{
	struct sl_lure *lure;

	if (compared) {
		struct entry *entry = &w->entries[w->n_entries++];

		sl_assert(w->n_entries <= w->room_entries);
		entry->brand = sl_arena_copy(w->out->arena, message->brand);
		entry->digest = message->sha256;
		entry->fresh = owner == SL_NO_OWNER;
		entry->owner = owner;
		lure = &entry->lure;
	} else {
		lure = sl_arena_alloc(w->passing, sizeof(*lure));
	}
	sl_lure_make(compared ? w->out->arena : w->passing, w->tables, message, content, lure);
	fill_identity(lure, row);
	w->batch[w->n_batch++] = (struct sl_corpus_entry){ .lure = lure, .keep = compared };
	if (w->n_batch == BATCH)
		flush_batch(w);
}

/* Into the corpus, and into the list when it will be compared. */
static void take_variant(struct work *w, const struct sl_variant_row *row)
{
	uint32_t owner = row->assigned ? sl_gathering_owner(w->out, &row->campaign) : SL_NO_OWNER;
	bool compared = owner == SL_NO_OWNER;
	struct sl_message_row message;
	struct sl_content content;

	if (!compared) {
		owner = seat_of(w, &row->key);
		compared = owner != SL_NO_OWNER;
	}
	sl_arena_reset(w->scratch);
	if (!sl_view_message(w->view, &row->exemplar, w->scratch, &message))
		return;
	if (!sl_view_content(w->view, &message.message.content, w->scratch, &content))
		content = (struct sl_content){ .size = 0 };
	read_record(w, row, &message.message, &content, owner, compared);
}

static void read_variants(struct work *w)
{
	struct sl_scan *scan = sl_scan_open(w->view, SL_TABLE_VARIANTS, SL_SPAN_NULL);
	struct sl_variant_row row;

	w->out->corpus =
		sl_corpus_new(w->documents, sl_crew_hands(w->jobs, w->documents, TEXTS_A_HAND));
	w->scratch = sl_arena_new(0);
	w->passing = sl_arena_new(0);
	w->batch = sl_malloc(BATCH * sizeof(*w->batch));
	w->room_entries = w->out->n_fresh + w->n_seats;
	w->entries = sl_malloc(w->room_entries * sizeof(*w->entries));
	while (sl_scan_next(scan, NULL, &row))
		take_variant(w, &row);
	sl_scan_close(&scan);
	flush_batch(w);
	free(w->batch);
	sl_arena_free(&w->passing);
	sl_arena_free(&w->scratch);
	sl_corpus_freeze(w->out->corpus);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return sl_id_cmp(&x->lure.name, &y->lure.name);
}

/* From here on a lure is known by its rank. */
static void rank(struct work *w)
{
	struct sl_gathering *g = w->out;
	uint32_t *first = sl_arena_alloc(g->arena, (g->n_standing + 1) * sizeof(*first));
	size_t n = w->n_entries;

	if (n)
		qsort(w->entries, n, sizeof(*w->entries), compare_entries);
	sl_assert(n <= w->documents);
	g->n = n;
	g->lures = sl_arena_alloc(g->arena, (n + 1) * sizeof(*g->lures));
	g->fresh = sl_arena_alloc(g->arena, (n + 1) * sizeof(*g->fresh));
	g->owner = sl_arena_alloc(g->arena, (n + 1) * sizeof(*g->owner));
	g->given = sl_arena_alloc(g->arena, (n + 1) * sizeof(*g->given));
	g->brands = sl_arena_alloc(g->arena, (n + 1) * sizeof(*g->brands));
	g->digests = sl_arena_alloc(g->arena, (n + 1) * sizeof(*g->digests));
	memset(first, 0xff, (g->n_standing + 1) * sizeof(*first));
	for (uint32_t i = 0; i < n; i++) {
		const struct entry *e = &w->entries[i];
		uint32_t *seat = e->fresh ? NULL : &first[e->owner];

		g->lures[i] = e->lure;
		g->fresh[i] = e->fresh;
		g->owner[i] = e->fresh ? SL_NO_OWNER : e->owner;
		g->brands[i] = e->brand;
		g->digests[i] = e->digest;
		if (seat && *seat == SL_NO_OWNER)
			*seat = i;
		g->given[i] = seat ? *seat : i;
	}
}

enum sl_rc sl_gather(struct sl_view *view, const struct sl_tables *tables, unsigned jobs,
	struct sl_arena *arena, struct sl_gathering *gathering_r, struct sl_err *err)
{
	struct work w = { .view = view, .tables = tables, .jobs = jobs, .out = gathering_r };

	*gathering_r = (struct sl_gathering){ .arena = arena };
	read_campaigns(&w);
	count_variants(&w);
	if (w.documents >= SL_NO_OWNER)
		return sl_err_set(err, SL_EXIT_INTERNAL, "too many variants to cluster");
	if (gathering_r->n_fresh == 0)
		return SL_OK;
	make_seats(&w);
	read_variants(&w);
	rank(&w);
	free(w.entries);
	return SL_OK;
}

void sl_gathering_clear(struct sl_gathering *gathering)
{
	sl_corpus_free(&gathering->corpus);
}
