/* SPDX-License-Identifier: Apache-2.0 */
#include "mend.h"

#include "rowwalk.h"

#include <stdlib.h>

enum { REPRESENTATIVES_MAX = 8 };
#define NOBODY SIZE_MAX

struct member {
	int64_t time;
	struct sl_id id, key;
};

struct standing {
	struct sl_campaign_row row;
	size_t leader; /* index of the living campaign it leads to, or NOBODY */
	uint64_t variants, evidence[SL_EVIDENCES];
	struct member oldest[REPRESENTATIVES_MAX]; /* sorted */
	size_t n_oldest;
};

struct mend {
	struct sl_store *store;
	const struct sl_pending *moved; /* or NULL */
	struct sl_arena *arena;
	struct standing *all; /* by id */
	size_t n, room;
	uint64_t gone;
};

/* ---- who is there ---- */

static int compare_id(const void *id_p, const void *standing_p)
{
	const struct sl_campaign_id *id = id_p;
	const struct standing *s = standing_p;
	return strncmp(id->text, s->row.id.text, sizeof(id->text));
}

static size_t find(const struct mend *m, const struct sl_campaign_id *id)
{
	const struct standing *s =
		m->n ? bsearch(id, m->all, m->n, sizeof(*m->all), compare_id) : NULL;
	return s ? (size_t)(s - m->all) : NOBODY;
}

static enum sl_rc read_campaigns(struct mend *m, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(m->store, SL_TABLE_CAMPAIGNS);
	struct sl_campaign_row row;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err))) {
		struct standing *s = SL_ARENA_PUSH(m->arena, m->all, m->n, m->room);
		*s = (struct standing){ .row = row };
		s->row.brand = sl_arena_copy(m->arena, row.brand);
		s->row.representatives = sl_arena_zalloc(
			m->arena, REPRESENTATIVES_MAX * sizeof(*row.representatives));
		for (size_t i = 0; i < row.n_representatives; i++)
			s->row.representatives[i] = row.representatives[i];
		sl_assert(row.n_representatives <= REPRESENTATIVES_MAX);
	}
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

/* More steps than campaigns: a circle, which only damage can make. */
static size_t leader_of(const struct mend *m, const struct sl_campaign_id *id)
{
	size_t at = find(m, id);
	for (size_t step = 0; at != NOBODY && step < m->n; step++) {
		if (m->all[at].row.merged_into.text[0] == '\0')
			return at;
		at = find(m, &m->all[at].row.merged_into);
	}
	return NOBODY;
}

static bool before(const struct member *a, const struct member *b)
{
	bool timed_a = a->time != SL_TIME_NONE, timed_b = b->time != SL_TIME_NONE;
	if (timed_a != timed_b)
		return timed_a;
	if (a->time != b->time)
		return a->time < b->time;
	return sl_id_cmp(&a->id, &b->id) < 0;
}

static void add_member(struct standing *s, const struct sl_variant_row *row)
{
	struct member member = { row->exemplar_time, row->exemplar_id, row->key };
	size_t at = s->n_oldest;
	s->variants++;
	s->evidence[row->evidence]++;
	while (at > 0 && before(&member, &s->oldest[at - 1]))
		at--;
	if (at == REPRESENTATIVES_MAX)
		return;
	if (s->n_oldest < REPRESENTATIVES_MAX)
		s->n_oldest++;
	for (size_t i = s->n_oldest - 1; i > at; i--)
		s->oldest[i] = s->oldest[i - 1];
	s->oldest[at] = member;
}

static enum sl_rc read_variants(struct mend *m, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(m->store, SL_TABLE_VARIANTS);
	struct sl_variant_row row;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err))) {
		size_t leader = row.assigned ? leader_of(m, &row.campaign) : NOBODY;
		if (leader != NOBODY)
			add_member(&m->all[leader], &row);
	}
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

static bool is_dead(const struct mend *m, const struct sl_campaign_id *id)
{
	size_t leader = leader_of(m, id);
	return leader == NOBODY || m->all[leader].variants == 0;
}

/* ---- rows ---- */

static bool has_variant(struct mend *m, const struct sl_id *id)
{
	struct sl_key key = sl_key_of_id(id);
	struct sl_span value;
	struct sl_err err;
	return sl_txn_get(m->store->txn, SL_TABLE_VARIANTS, sl_key_span(&key), &value, &err) ==
	       SL_OK;
}

/* What the variant is today; false: it is gone. */
static bool today(struct mend *m, struct sl_id *id)
{
	const struct sl_moved *moved = m->moved ? sl_pending_find(m->moved, id) : NULL;
	if (has_variant(m, id))
		return true;
	if (!moved || !has_variant(m, &moved->to))
		return false;
	*id = moved->to;
	return true;
}

static void mend_representatives(struct mend *m, struct standing *s)
{
	struct sl_campaign_row *row = &s->row;
	size_t n = 0;
	for (size_t i = 0; i < row->n_representatives; i++) {
		struct sl_id id = row->representatives[i];
		bool twice = false;
		bool there = today(m, &id);
		for (size_t k = 0; k < n; k++)
			twice = twice || sl_id_eq(&row->representatives[k], &id);
		if (there && !twice)
			row->representatives[n++] = id;
	}
	for (size_t i = 0; n == 0 && i < s->n_oldest; i++)
		row->representatives[i] = s->oldest[i].key;
	row->n_representatives = n ? n : s->n_oldest;
}

static enum sl_rc mend_row(struct mend *m, struct standing *s, struct sl_err *err)
{
	struct sl_campaign_row *row = &s->row;
	struct sl_key key = sl_key_of_campaign(&row->id);
	if (is_dead(m, &row->id)) {
		m->gone++;
		return sl_store_delete(m->store, SL_TABLE_CAMPAIGNS, &key, err);
	}
	mend_representatives(m, s);
	row->has_weakest = row->has_weakest && today(m, &row->weakest.a) &&
			   today(m, &row->weakest.b) && !sl_id_eq(&row->weakest.a, &row->weakest.b);
	if (row->merged_into.text[0] == '\0')
		memcpy(row->evidence, s->evidence, sizeof(row->evidence));
	return sl_store_put(m->store, SL_TABLE_CAMPAIGNS, &key, row, err);
}

/* Lines that are left close up. */
static enum sl_rc mend_lineage(struct mend *m, struct sl_err *err)
{
	struct sl_walk walk = sl_walk_make(m->store, SL_TABLE_LINEAGE);
	struct sl_lineage_row row;
	uint64_t seq = 0;
	enum sl_rc rc;
	while (!(rc = sl_walk_next(&walk, &row, err))) {
		bool dead = is_dead(m, &row.line.id) ||
			    (row.line.other.text[0] && is_dead(m, &row.line.other));
		struct sl_key key = sl_key_of_u64(seq);
		if (!dead && row.seq == seq++)
			continue;
		rc = sl_walk_delete(&walk, err);
		if (!rc && !dead)
			rc = sl_store_put(m->store, SL_TABLE_LINEAGE, &key, &row, err);
		if (rc)
			break;
	}
	sl_walk_end(&walk);
	return rc == SL_END ? SL_OK : rc;
}

enum sl_rc sl_store_mend_campaigns(struct sl_store *store, const struct sl_pending *moved,
	uint64_t *gone_r, struct sl_err *err)
{
	struct mend m = { .store = store, .moved = moved, .arena = sl_arena_new(0) };
	enum sl_rc rc = read_campaigns(&m, err);
	if (!rc)
		rc = read_variants(&m, err);
	for (size_t i = 0; !rc && i < m.n; i++)
		rc = mend_row(&m, &m.all[i], err);
	if (!rc && m.gone)
		rc = mend_lineage(&m, err);
	*gone_r = m.gone;
	sl_arena_free(&m.arena);
	return rc;
}
