/* SPDX-License-Identifier: Apache-2.0 */
#include "derive.h"

#include <stdlib.h>

int64_t sl_time_first(int64_t a, int64_t b)
{
	if (a == SL_TIME_NONE || b == SL_TIME_NONE)
		return a == SL_TIME_NONE ? b : a;
	return a < b ? a : b;
}

int64_t sl_time_last(int64_t a, int64_t b)
{
	return a > b ? a : b; /* SL_TIME_NONE is the smallest number */
}

void sl_derived_init(struct sl_derived *derived, const struct sl_secret *secret)
{
	*derived = (struct sl_derived){
		.secret = secret,
		.faces = sl_pending_make(sizeof(struct sl_face_sum), sizeof(struct sl_id)),
		.variants = sl_pending_make(sizeof(struct sl_variant_sum), sizeof(struct sl_id)),
		.indicators =
			sl_pending_make(sizeof(struct sl_indicator_row), sizeof(struct sl_id)),
		.uses = sl_pending_make(sizeof(struct sl_use_sum), 2 * sizeof(struct sl_id)),
		.arena = sl_arena_new(0),
		.scratch = sl_buf_make(INT_MAX),
	};
}

void sl_derived_free(struct sl_derived *derived)
{
	sl_pending_free(&derived->faces);
	sl_pending_free(&derived->variants);
	sl_pending_free(&derived->indicators);
	sl_pending_free(&derived->uses);
	sl_arena_free(&derived->arena);
	sl_buf_free(&derived->scratch);
}

void sl_derived_reset(struct sl_derived *derived)
{
	sl_pending_reset(&derived->faces);
	derived->n_face_uses = 0;
	sl_pending_reset(&derived->variants);
	sl_pending_reset(&derived->indicators);
	sl_pending_reset(&derived->uses);
	sl_arena_reset(derived->arena);
}

bool sl_variant_tie(const struct sl_variant_row *a, const struct sl_variant_row *b)
{
	return a->exemplar_time == b->exemplar_time && sl_id_eq(&a->exemplar_id, &b->exemplar_id) &&
	       !sl_id_eq(&a->exemplar, &b->exemplar);
}

/* The smaller (first time, id); no time sorts last. */
static bool exemplar_before(const struct sl_variant_sum *a, const struct sl_variant_sum *b)
{
	int64_t s = a->row.exemplar_time, t = b->row.exemplar_time;
	if (s != t)
		return s != SL_TIME_NONE && (t == SL_TIME_NONE || s < t);
	int order = sl_id_cmp(&a->row.exemplar_id, &b->row.exemplar_id);
	if (!order)
		order = memcmp(&a->sha256, &b->sha256, sizeof(a->sha256));
	if (!order)
		order = sl_id_cmp(&a->row.exemplar, &b->row.exemplar);
	return order < 0;
}

void sl_variant_merge(struct sl_variant_sum *into, const struct sl_variant_sum *from)
{
	struct sl_variant_row *row = &into->row;
	sl_assert(sl_id_eq(&row->key, &from->row.key));
	bool first = sl_id_is_zero(&row->exemplar);
	if (first || exemplar_before(from, into)) {
		row->exemplar = from->row.exemplar;
		row->exemplar_id = from->row.exemplar_id;
		row->exemplar_time = from->row.exemplar_time;
		into->sha256 = from->sha256;
	}
	row->name = from->row.name;
	row->messages += from->row.messages;
	row->first = first ? from->row.first : sl_time_first(row->first, from->row.first);
	row->last = first ? from->row.last : sl_time_last(row->last, from->row.last);
	if (first || from->row.night < row->night)
		row->night = from->row.night;
}

void sl_use_merge(struct sl_use_row *into, const struct sl_use_row *from)
{
	sl_assert(sl_id_eq(&into->indicator, &from->indicator));
	into->roles |= from->roles;
	into->views |= from->views;
	into->messages += from->messages;
	into->first = sl_time_first(into->first, from->first);
	into->last = sl_time_last(into->last, from->last);
}

/* Host and domain follow from the value; should two readings differ, the smaller text stays. */
static bool text_merge(struct sl_span *into, struct sl_span from)
{
	if (from.n == 0 || (into->n && sl_span_cmp(*into, from) <= 0))
		return false;
	*into = from;
	return true;
}

bool sl_indicator_merge(struct sl_indicator_row *into, const struct sl_indicator_row *from)
{
	sl_assert(sl_id_eq(&into->key, &from->key));
	bool changed = (from->flags & ~into->flags) != 0 || from->night < into->night;
	into->flags |= from->flags;
	if (from->night < into->night)
		into->night = from->night;
	changed = text_merge(&into->host, from->host) || changed;
	return text_merge(&into->domain, from->domain) || changed;
}

static struct sl_variant_sum variant_of(const struct sl_message_row *row, uint64_t count)
{
	const struct sl_message *m = &row->message;
	return (struct sl_variant_sum){
		.row = { .key = m->variant,
			.name = m->variant_name,
			.exemplar = m->key,
			.exemplar_id = m->id,
			.exemplar_time = row->first,
			.messages = count,
			.first = row->first,
			.last = row->last,
			.night = row->night },
		.sha256 = m->sha256,
	};
}

static void merge_variant(struct sl_derived *derived, const struct sl_variant_sum *sum)
{
	bool fresh;
	sl_variant_merge(sl_pending_add(&derived->variants, &sum->row.key, &fresh), sum);
}

/* Once more, or for the first time, messages of the variant have that indicator. */
static void add_use(struct sl_derived *derived, const struct sl_variant_row *variant,
	const struct sl_familiar_use *found, uint64_t messages)
{
	struct sl_use_row use = { .variant = variant->key, .indicator = found->indicator };
	bool fresh;
	struct sl_use_sum *sum = sl_pending_add(&derived->uses, &use, &fresh);
	if (fresh)
		sum->row.first = sum->row.last = SL_TIME_NONE;
	/* One message counts once, however many roles the indicator has in it. */
	use.messages = sum->serial == derived->serial ? 0 : messages;
	sum->serial = derived->serial;
	use.roles = found->roles;
	use.views = found->views;
	use.first = variant->first;
	use.last = variant->last;
	sl_use_merge(&sum->row, &use);
}

static struct sl_familiar_use use_of(
	struct sl_derived *derived, const struct sl_indicator *indicator)
{
	return (struct sl_familiar_use){ .indicator =
						 sl_indicator_key(derived->secret, indicator->kind,
							 indicator->value, &derived->scratch),
		.roles = (uint32_t)SL_BIT(indicator->role),
		.views = (uint32_t)SL_BIT(indicator->view) };
}

static void add_indicator(struct sl_derived *derived, const struct sl_indicator *i,
	const struct sl_id *key, uint64_t night)
{
	struct sl_indicator_row one = { .key = *key,
		.kind = i->kind,
		.host = i->host,
		.domain = i->domain,
		.flags = i->flags,
		.night = night };
	bool fresh;
	if (derived->met && sl_indicators_met(derived->met, &one))
		return;
	struct sl_indicator_row *row = sl_pending_add(&derived->indicators, key, &fresh);
	if (fresh) {
		row->kind = i->kind;
		row->value = sl_arena_copy(derived->arena, i->value);
		row->night = night;
	}
	struct sl_span host = row->host, domain = row->domain;
	sl_indicator_merge(row, &one);
	if (row->host.p != host.p)
		row->host = sl_arena_copy(derived->arena, row->host);
	if (row->domain.p != domain.p)
		row->domain = sl_arena_copy(derived->arena, row->domain);
}

static void add_indicators(struct sl_derived *derived, const struct sl_variant_sum *sum,
	const struct sl_indicator *items, size_t n, uint64_t count)
{
	for (size_t i = 0; i < n; i++) {
		struct sl_familiar_use use = use_of(derived, &items[i]);
		add_use(derived, &sum->row, &use, count);
		add_indicator(derived, &items[i], &use.indicator, sum->row.night);
	}
}

void sl_derived_add(struct sl_derived *derived, const struct sl_message_row *row,
	const struct sl_content *content, uint64_t count)
{
	const struct sl_message *m = &row->message;
	struct sl_variant_sum sum = variant_of(row, count);
	sl_assert(count <= 1);
	derived->serial++;
	merge_variant(derived, &sum);
	add_indicators(derived, &sum, m->indicators, m->n_indicators, count);
	if (content)
		add_indicators(derived, &sum, content->indicators, content->n_indicators, count);
}

/* ---- copies ---- */

struct sl_face_sum *sl_derived_face(
	const struct sl_derived *derived, const struct sl_message_row *row)
{
	struct sl_face_sum *face = sl_pending_find(&derived->faces, &row->face);
	return face && face->sum.row.night <= row->night ? face : NULL;
}

static int order_uses(const void *a, const void *b)
{
	const struct sl_familiar_use *x = a, *y = b;
	return sl_id_cmp(&x->indicator, &y->indicator);
}

/* Sorted, and the roles of one indicator united. */
static size_t unite_uses(struct sl_familiar_use *uses, size_t n)
{
	size_t kept = 0;
	if (n)
		qsort(uses, n, sizeof(*uses), order_uses);
	for (size_t i = 0; i < n; i++) {
		if (kept && sl_id_eq(&uses[kept - 1].indicator, &uses[i].indicator)) {
			uses[kept - 1].roles |= uses[i].roles;
			uses[kept - 1].views |= uses[i].views;
		} else {
			uses[kept++] = uses[i];
		}
	}
	return kept;
}

/* What was made for a later night is made again: it sums up nothing that is not kept. */
struct sl_face_sum *sl_derived_make_face(struct sl_derived *derived,
	const struct sl_message_row *row, const struct sl_familiar *known)
{
	const struct sl_message *m = &row->message;
	struct sl_familiar_use *uses =
		sl_arena_alloc(derived->arena, (known->n + m->n_indicators + 1) * sizeof(*uses));
	size_t n = known->n;
	bool fresh;
	sl_assert(known->night <= row->night && !sl_id_is_zero(&row->face));
	memcpy(uses, known->uses, n * sizeof(*uses));
	for (size_t i = 0; i < m->n_indicators; i++) {
		if (sl_indicator_is_of_copy(&m->indicators[i]))
			continue;
		uses[n] = use_of(derived, &m->indicators[i]);
		add_indicator(derived, &m->indicators[i], &uses[n++].indicator, row->night);
	}
	struct sl_face_sum *face = sl_pending_add(&derived->faces, &row->face, &fresh);
	if (fresh) {
		face->sum.row.key = m->variant;
		face->sum.row.night = row->night;
		face->uses = uses;
		face->n = unite_uses(uses, n);
		derived->n_face_uses += face->n;
		/* it is a variant that somebody has seen from here on */
		(void)sl_pending_add(&derived->variants, &m->variant, &fresh);
	}
	return face;
}

static bool has_use(const struct sl_face_sum *face, const struct sl_familiar_use *use)
{
	return bsearch(use, face->uses, face->n, sizeof(*use), order_uses) != NULL;
}

void sl_derived_add_copy(
	struct sl_derived *derived, const struct sl_message_row *row, struct sl_face_sum *face)
{
	const struct sl_message *m = &row->message;
	struct sl_variant_sum sum = variant_of(row, 1);
	derived->serial++;
	sl_variant_merge(&face->sum, &sum);
	for (size_t i = 0; i < m->n_indicators; i++) {
		if (!sl_indicator_is_of_copy(&m->indicators[i]))
			continue;
		struct sl_familiar_use use = use_of(derived, &m->indicators[i]);
		add_use(derived, &sum.row, &use, has_use(face, &use) ? 0 : 1);
		add_indicator(derived, &m->indicators[i], &use.indicator, row->night);
	}
}

void sl_derived_spread(struct sl_derived *derived)
{
	for (size_t i = 0; i < derived->faces.n; i++) {
		const struct sl_face_sum *face = sl_pending_at(&derived->faces, i);
		derived->serial++;
		merge_variant(derived, &face->sum);
		for (size_t k = 0; k < face->n; k++)
			add_use(derived, &face->sum.row, &face->uses[k], face->sum.row.messages);
	}
	sl_pending_reset(&derived->faces);
	derived->n_face_uses = 0;
}
