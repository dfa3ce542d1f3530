/* SPDX-License-Identifier: Apache-2.0 */
/* What the messages of a campaign add up to: times, waves, subjects, senders, traps, exemplar. */
#include "dossier_maker.h"

#include <stdlib.h>

struct moment {
	int64_t time;
	uint64_t night;
};

struct tally {
	struct sl_dossier_maker *m;
	struct sl_dossier *d;
	struct sl_span *subjects, *senders, *names, *mailers, *languages, *traps;
	struct moment *moments;
	size_t n, n_moments, n_traps;
	size_t room, room_traps;
	struct sl_message_row best; /* smallest (time, id) so far */
	bool has_best;
};

static int compare_spans(const void *a, const void *b)
{
	return sl_span_cmp(*(const struct sl_span *)a, *(const struct sl_span *)b);
}

static int compare_counted(const void *a, const void *b)
{
	const struct sl_counted *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return sl_span_cmp(x->value, y->value);
}

size_t sl_dossier_count(
	struct sl_arena *arena, struct sl_span *values, size_t n, struct sl_counted **counted_r)
{
	struct sl_counted *list = NULL;
	size_t count = 0, room = 0;

	if (n)
		qsort(values, n, sizeof(*values), compare_spans);
	for (size_t i = 0; i < n; i++) {
		if (values[i].n == 0)
			continue;
		if (count == 0 || !sl_span_eq(list[count - 1].value, values[i]))
			*SL_ARENA_PUSH(arena, list, count, room) =
				(struct sl_counted){ values[i], 0 };
		list[count - 1].count++;
	}
	if (count)
		qsort(list, count, sizeof(*list), compare_counted);
	*counted_r = list;
	return count < SL_DOSSIER_LIST ? count : SL_DOSSIER_LIST;
}

struct sl_span sl_dossier_archive_name(struct sl_dossier_maker *maker, const struct sl_id *key)
{
	struct sl_archive_row row;
	struct sl_dossier_archive *a;

	for (size_t i = 0; i < maker->n_archives; i++)
		if (sl_id_eq(&maker->archives[i].key, key))
			return maker->archives[i].name;
	a = SL_ARENA_PUSH(maker->lasting, maker->archives, maker->n_archives, maker->room_archives);
	*a = (struct sl_dossier_archive){ .key = *key };
	if (sl_view_archive(maker->view, key, maker->lasting, &row))
		a->name = row.name;
	return a->name;
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

/* Each archive once a message, however often the message lies in it. */
static void add_traps(struct tally *t, const struct sl_message_row *row)
{
	struct sl_scan *scan = sl_scan_open(t->m->view, SL_TABLE_SIGHTINGS,
		sl_span_of(row->message.key.b, sizeof(row->message.key.b)));
	struct sl_sighting_row sighting;
	size_t first = t->n_traps;

	while (sl_scan_next(scan, t->m->arena, &sighting)) {
		struct sl_span name = sl_dossier_archive_name(t->m, &sighting.origin.archive);
		bool known = false;

		for (size_t i = first; i < t->n_traps && !known; i++)
			known = sl_span_eq(t->traps[i], name);
		if (!known)
			*SL_ARENA_PUSH(t->m->arena, t->traps, t->n_traps, t->room_traps) = name;
	}
	sl_scan_close(&scan);
}

static void grow(struct tally *t)
{
	struct sl_arena *arena = t->m->arena;
	size_t room = t->room ? 2 * t->room : 64;
	size_t old = t->room * sizeof(struct sl_span), new = room * sizeof(struct sl_span);

	if (t->n < t->room)
		return;
	t->subjects = sl_arena_grow(arena, t->subjects, old, new);
	t->senders = sl_arena_grow(arena, t->senders, old, new);
	t->names = sl_arena_grow(arena, t->names, old, new);
	t->mailers = sl_arena_grow(arena, t->mailers, old, new);
	t->languages = sl_arena_grow(arena, t->languages, old, new);
	t->moments = sl_arena_grow(
		arena, t->moments, t->room * sizeof(*t->moments), room * sizeof(*t->moments));
	t->room = room;
}

static void add_message(struct tally *t, const struct sl_message_row *row)
{
	grow(t);
	sl_assert(t->n < t->room);
	t->subjects[t->n] = row->message.subject;
	t->senders[t->n] = row->message.from_addr;
	t->names[t->n] = row->message.from_name;
	t->mailers[t->n] = row->message.mailer;
	t->languages[t->n] = row->message.language;
	if (row->first != SL_TIME_NONE)
		t->moments[t->n_moments++] = (struct moment){ row->first, row->night };
	t->n++;
	t->d->messages++;
	t->d->sightings += row->sightings;
	if (row->last != SL_TIME_NONE &&
		(t->d->last_seen == SL_TIME_NONE || row->last > t->d->last_seen))
		t->d->last_seen = row->last;
	add_traps(t, row);
	if (!t->has_best || comes_before(row, &t->best)) {
		t->best = *row;
		t->has_best = true;
	}
}

static void add_variant(struct tally *t, const struct sl_id *variant)
{
	struct sl_scan *scan = sl_scan_open(
		t->m->view, SL_TABLE_MEMBERS, sl_span_of(variant->b, sizeof(variant->b)));
	struct sl_member_row member;
	struct sl_message_row row;

	while (sl_scan_next(scan, t->m->arena, &member))
		if (sl_view_message(t->m->view, &member.message, t->m->arena, &row))
			add_message(t, &row);
	sl_scan_close(&scan);
}

static int compare_moments(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->night < y->night ? -1 : x->night > y->night;
}

/* A silence of more than wave_days ends a wave. Back in the last night after a silence: returned.
 */
static void cut_waves(struct tally *t)
{
	int64_t silence = (int64_t)t->m->config->wave_days * 86400;
	struct sl_dossier *d = t->d;
	size_t room = 0;
	uint64_t earliest = UINT64_MAX; /* night of the wave */

	if (t->n_moments)
		qsort(t->moments, t->n_moments, sizeof(*t->moments), compare_moments);
	for (size_t i = 0; i < t->n_moments; i++) {
		const struct moment *now = &t->moments[i];
		struct sl_wave *wave = d->n_waves ? &d->waves[d->n_waves - 1] : NULL;

		if (!wave || now->time - wave->last > silence) {
			wave = SL_ARENA_PUSH(t->m->arena, d->waves, d->n_waves, room);
			*wave = (struct sl_wave){ now->time, now->time, 0 };
			earliest = UINT64_MAX;
		}
		wave->last = now->time;
		wave->messages++;
		earliest = now->night < earliest ? now->night : earliest;
	}
	if (d->n_waves)
		d->first_seen = d->waves[0].first;
	if (d->status == SL_STATUS_ONGOING && d->n_waves > 1 && earliest == t->m->last_night)
		d->status = SL_STATUS_RETURNED;
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
		struct sl_span name = sl_dossier_archive_name(t->m, &row.origin.archive);
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
	struct sl_arena *arena = maker->arena;
	struct tally t = { .m = maker, .d = d };

	d->first_seen = d->last_seen = SL_TIME_NONE;
	for (size_t i = 0; i < c->n; i++)
		add_variant(&t, &maker->roster->variants[c->first + i].key);
	if (!t.has_best)
		return false;
	sl_assert(t.n == d->messages);
	d->variants = c->n;
	cut_waves(&t);
	d->n_subjects = sl_dossier_count(arena, t.subjects, t.n, &d->subjects);
	d->n_senders = sl_dossier_count(arena, t.senders, t.n, &d->senders);
	d->n_sender_names = sl_dossier_count(arena, t.names, t.n, &d->sender_names);
	d->n_mailers = sl_dossier_count(arena, t.mailers, t.n, &d->mailers);
	d->n_languages = sl_dossier_count(arena, t.languages, t.n, &d->languages);
	d->n_traps = sl_dossier_count(arena, t.traps, t.n_traps, &d->traps);
	d->exemplar = t.best.message;
	sl_view_content(maker->view, &d->exemplar.content, arena, &d->exemplar_content);
	find_origin(&t);
	return true;
}
