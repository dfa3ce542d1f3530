/* SPDX-License-Identifier: Apache-2.0 */
/* What the messages of a campaign add up to: times, waves, subjects, senders, traps, exemplar.
 *
 * A campaign may have a million messages, so nothing is kept for each: texts are counted where they
 * differ, times grow together to waves, and what copies of a lure have in common is read once.
 */
#include "dossier_maker.h"

#include <stdlib.h>

/* Messages that came one after the other, without a silence in between. */
struct stretch {
	int64_t first, last;
	uint64_t messages;
	uint64_t night; /* the earliest */
};

struct tally {
	struct sl_dossier_maker *m;
	struct sl_dossier *d;
	struct stretch *stretches; /* owned */
	size_t n_stretches, room_stretches;
	int64_t silence;            /* longer ones end a wave */
	struct sl_message_row best; /* smallest (time, id) so far, in brief */
};

/* Empty: no such archive. */
static struct sl_span read_name(struct sl_dossier_maker *maker, const struct sl_id *key)
{
	struct sl_archive_row row;
	return sl_view_archive(maker->view, key, maker->lasting, &row) ? row.name : SL_SPAN_NULL;
}

/* Most messages stand in the archive of the one before. */
static struct sl_span archive_name(struct sl_dossier_maker *maker, const struct sl_id *key)
{
	struct sl_span bytes = sl_span_of(key->b, sizeof(key->b));
	if (maker->n_archives && sl_id_eq(&maker->archives[maker->last_archive].key, key))
		return maker->archives[maker->last_archive].name;
	size_t at = sl_counts_find(&maker->archive_keys, bytes);
	if (at == maker->n_archives) {
		struct sl_dossier_archive *a = SL_ARENA_PUSH(
			maker->lasting, maker->archives, maker->n_archives, maker->room_archives);
		*a = (struct sl_dossier_archive){ *key, read_name(maker, key) };
		maker->archive_keys.entries[at].text = sl_arena_copy(maker->lasting, bytes);
	}
	maker->last_archive = at;
	return maker->archives[at].name;
}

static bool comes_before(const struct sl_message_row *a, const struct sl_message_row *b)
{
	if (a->first != b->first) {
		if (a->first == SL_TIME_NONE || b->first == SL_TIME_NONE)
			return b->first == SL_TIME_NONE;
		return a->first < b->first;
	}
	return sl_id_cmp(&a->message.id, &b->message.id) < 0;
}

/* ---- traps ---- */

/* Each name once a message, however often the message lies in archives of it. */
static void add_trap(struct tally *t, const struct sl_id *archive)
{
	struct sl_counts *traps = &t->m->traps;
	size_t at = sl_counts_find(traps, archive_name(t->m, archive));
	traps->entries[at].count += traps->entries[at].last != t->d->messages;
	traps->entries[at].last = t->d->messages;
}

static void add_traps(struct tally *t, const struct sl_message_row *row)
{
	struct sl_sighting_row sighting;

	if (row->has_home && row->sightings == 1) {
		add_trap(t, &row->home.origin.archive);
		return;
	}
	struct sl_scan *scan = sl_scan_open(t->m->view, SL_TABLE_SIGHTINGS,
		sl_span_of(row->message.key.b, sizeof(row->message.key.b)));
	while (sl_scan_next(scan, t->m->scratch, &sighting))
		add_trap(t, &sighting.origin.archive);
	sl_scan_close(&scan);
}

/* ---- texts ---- */

/* Where the texts of a message are counted; copies of a lure have the same places. */
static bool read_look(struct sl_dossier_maker *maker, const struct sl_message_row *row,
	struct sl_dossier_look *look)
{
	struct sl_message m;

	if (!sl_view_look(maker->view, row, &m))
		return false;
	const struct sl_span texts[] = { m.subject, m.from_addr, m.from_name, m.mailer,
		m.language };
	_Static_assert(SL_LEN(texts) == SL_DOSSIER_TEXTS, "in the order of enum sl_dossier_text");
	for (size_t i = 0; i < SL_DOSSIER_TEXTS; i++)
		look->at[i] = sl_counts_find(&maker->texts[i], texts[i]);
	look->face = row->face;
	return true;
}

static bool add_texts(struct tally *t, const struct sl_message_row *row)
{
	struct sl_dossier_look *look = &t->m->looks[sl_id_slot(&row->face) % SL_DOSSIER_LOOKS];
	bool known = !sl_id_is_zero(&row->face) && sl_id_eq(&row->face, &look->face);

	if (!known && !read_look(t->m, row, look))
		return false;
	for (size_t i = 0; i < SL_DOSSIER_TEXTS; i++)
		t->m->texts[i].entries[look->at[i]].count++;
	return true;
}

static void reset_texts(struct sl_dossier_maker *maker)
{
	for (size_t i = 0; i < SL_DOSSIER_TEXTS; i++)
		sl_counts_reset(&maker->texts[i]);
	sl_counts_reset(&maker->traps);
	memset(maker->looks, 0, sizeof(maker->looks));
}

static void list_texts(struct tally *t)
{
	struct sl_dossier *d = t->d;
	struct sl_arena *arena = t->m->arena;
	struct sl_counts *texts = t->m->texts;

	d->n_subjects = sl_counts_list(&texts[SL_DOSSIER_SUBJECT], arena, &d->subjects);
	d->n_senders = sl_counts_list(&texts[SL_DOSSIER_SENDER], arena, &d->senders);
	d->n_sender_names = sl_counts_list(&texts[SL_DOSSIER_NAME], arena, &d->sender_names);
	d->n_mailers = sl_counts_list(&texts[SL_DOSSIER_MAILER], arena, &d->mailers);
	d->n_languages = sl_counts_list(&texts[SL_DOSSIER_LANGUAGE], arena, &d->languages);
	d->n_traps = sl_counts_list(&t->m->traps, arena, &d->traps);
}

/* ---- waves ---- */

static int by_first(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Stretches without a silence between them are one, whatever comes later. */
static void unite(struct tally *t)
{
	size_t out = 0;

	if (t->n_stretches)
		qsort(t->stretches, t->n_stretches, sizeof(*t->stretches), by_first);
	for (size_t i = 0; i < t->n_stretches; i++) {
		const struct stretch *next = &t->stretches[i];
		struct stretch *last = out ? &t->stretches[out - 1] : NULL;

		if (!last || next->first - last->last > t->silence) {
			t->stretches[out++] = *next;
			continue;
		}
		last->last = next->last > last->last ? next->last : last->last;
		last->messages += next->messages;
		last->night = next->night < last->night ? next->night : last->night;
	}
	t->n_stretches = out;
}

static void add_time(struct tally *t, const struct sl_message_row *row)
{
	enum { ROOM_LEAST = 64 };

	if (row->first == SL_TIME_NONE)
		return;
	if (t->n_stretches == t->room_stretches)
		unite(t);
	if (2 * t->n_stretches >= t->room_stretches) {
		t->room_stretches = t->room_stretches ? 2 * t->room_stretches : ROOM_LEAST;
		t->stretches = sl_realloc(t->stretches, t->room_stretches * sizeof(*t->stretches));
	}
	t->stretches[t->n_stretches++] = (struct stretch){ row->first, row->first, 1, row->night };
}

/* A silence of more than wave_days ends a wave. Back in the last night after a silence: returned.
 */
static void make_waves(struct tally *t)
{
	struct sl_dossier *d = t->d;

	unite(t);
	d->n_waves = t->n_stretches;
	d->waves = sl_arena_alloc(t->m->arena, (d->n_waves + 1) * sizeof(*d->waves));
	for (size_t i = 0; i < d->n_waves; i++)
		d->waves[i] = (struct sl_wave){ t->stretches[i].first, t->stretches[i].last,
			t->stretches[i].messages };
	if (d->n_waves)
		d->first_seen = d->waves[0].first;
	if (d->status == SL_STATUS_ONGOING && d->n_waves > 1 &&
		t->stretches[d->n_waves - 1].night == t->m->last_night)
		d->status = SL_STATUS_RETURNED;
}

/* ---- all of it ---- */

static void add_message(struct tally *t, const struct sl_message_row *row)
{
	if (!add_texts(t, row))
		return;
	add_time(t, row);
	t->d->messages++;
	t->d->sightings += row->sightings;
	if (row->last != SL_TIME_NONE &&
		(t->d->last_seen == SL_TIME_NONE || row->last > t->d->last_seen))
		t->d->last_seen = row->last;
	add_traps(t, row);
	if (t->d->messages == 1 || comes_before(row, &t->best))
		t->best = *row;
}

static void add_variant(struct tally *t, const struct sl_id *variant)
{
	struct sl_scan *scan = sl_scan_open(
		t->m->view, SL_TABLE_MEMBERS, sl_span_of(variant->b, sizeof(variant->b)));
	struct sl_member_row member;
	struct sl_message_row row;

	while (sl_scan_next(scan, NULL, &member)) {
		if (sl_view_message_brief(t->m->view, &member.message, t->m->scratch, &row))
			add_message(t, &row);
		sl_arena_reset(t->m->scratch);
	}
	sl_scan_close(&scan);
}

static bool read_exemplar(struct tally *t)
{
	struct sl_dossier_maker *m = t->m;
	struct sl_message_row row;

	if (t->d->messages == 0 || !sl_view_message(m->view, &t->best.message.key, m->arena, &row))
		return false;
	t->d->exemplar = row.message;
	sl_view_content(m->view, &row.message.content, m->arena, &t->d->exemplar_content);
	return true;
}

/* Of many places the first by archive, entry, ordinal. */
static void find_origin(struct tally *t)
{
	struct sl_dossier *d = t->d;
	struct sl_scan *scan = sl_scan_open(t->m->view, SL_TABLE_SIGHTINGS,
		sl_span_of(d->exemplar.key.b, sizeof(d->exemplar.key.b)));
	struct sl_sighting_row row;
	bool first = true;

	while (sl_scan_next(scan, t->m->arena, &row)) {
		struct sl_span name = archive_name(t->m, &row.origin.archive);
		int order = first ? -1 : sl_span_cmp(name, d->exemplar_archive);

		if (order == 0)
			order = sl_span_cmp(row.origin.entry, d->exemplar_entry);
		if (order == 0)
			order = row.origin.ordinal < d->exemplar_ordinal ? -1 : 1;
		first = false;
		if (order > 0)
			continue;
		d->exemplar_archive = name;
		d->exemplar_entry = row.origin.entry;
		d->exemplar_ordinal = row.origin.ordinal;
		d->exemplar_offset = row.origin.offset;
		d->exemplar_length = row.origin.length;
	}
	sl_scan_close(&scan);
}

bool sl_dossier_add_messages(struct sl_dossier_maker *maker, size_t at)
{
	const struct sl_roster_campaign *c = &maker->roster->campaigns[at];
	struct sl_dossier *d = &maker->dossier;
	struct tally t = {
		.m = maker, .d = d, .silence = (int64_t)maker->config->wave_days * 86400
	};

	d->first_seen = d->last_seen = SL_TIME_NONE;
	reset_texts(maker);
	for (size_t i = 0; i < c->n; i++)
		add_variant(&t, &maker->roster->variants[c->first + i].key);
	d->variants = c->n;
	bool any = read_exemplar(&t);
	if (any) {
		make_waves(&t);
		list_texts(&t);
		find_origin(&t);
	}
	free(t.stretches);
	return any;
}
