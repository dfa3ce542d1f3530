/* SPDX-License-Identifier: Apache-2.0 */
#include "tally.h"

#include "outdir.h"

#include "pipeline/hostmemo.h"
#include "storage/store.h"

#include <stdlib.h>

/* An indicator in a campaign. */
struct ref {
	uint32_t item, campaign;
};

struct making {
	const struct sl_feed_input *in;
	struct sl_tally *tally;
	size_t room_items, room_ids, room_editions;
	uint32_t *heads; /* by the leading bits of a key: the first item at or behind it */
	unsigned head_bits;
	struct ref *refs;
	size_t n_refs, room_refs;
	struct sl_hostmemo *memo;
};

static void collect_campaigns(struct making *m)
{
	const struct sl_dossiers *campaigns = &m->in->campaigns;
	struct sl_tally *t = m->tally;
	struct sl_campaign_brief brief;
	size_t room_genuine = 0, n_genuine = 0;
	for (size_t i = 0; campaigns->brief(campaigns->state, i, &brief); i++) {
		*SL_ARENA_PUSH(t->arena, t->ids, t->n_ids, m->room_ids) = brief.id;
		*SL_ARENA_PUSH(t->arena, t->genuine, n_genuine, room_genuine) =
			campaigns->honest(campaigns->state, i);
		sl_assert(t->n_ids < 2 ||
			  strcmp(t->ids[t->n_ids - 2].text, t->ids[t->n_ids - 1].text) < 0);
	}
}

static void add_edition(struct making *m, struct sl_span edition)
{
	struct sl_tally *t = m->tally;
	for (size_t i = 0; i < t->n_editions; i++)
		if (sl_span_eq(t->editions[i], edition))
			return;
	*SL_ARENA_PUSH(t->arena, t->editions, t->n_editions, m->room_editions) =
		sl_arena_copy(t->arena, edition);
}

/* What the cache knows about an address; asks nobody. */
static const struct sl_answer *answer_of(struct making *m, enum sl_kind kind, struct sl_span value)
{
	struct sl_arena *arena = m->tally->arena;
	struct sl_answer answer, *kept;
	struct sl_span edition;
	if (!(sl_lookup_geo.kinds >> kind & 1) || !sl_view_lookup(m->in->view, sl_lookup_geo.name,
							  kind, value, arena, &edition, &answer))
		return NULL;
	add_edition(m, edition);
	kept = sl_arena_alloc(arena, sizeof(*kept));
	*kept = answer;
	return kept;
}

static void add_indicator(struct making *m, const struct sl_indicator_row *row)
{
	struct sl_tally *t = m->tally;
	struct sl_span value = sl_redact_text(t->redact, t->arena, row->value);
	struct sl_tallied *item = SL_ARENA_PUSH(t->arena, t->items, t->n, m->room_items);
	memset(item, 0, sizeof(*item));
	item->key = row->key;
	item->kind = row->kind;
	item->value = value;
	item->host = row->host;
	item->domain = row->domain;
	item->flags = (uint32_t)row->flags;
	item->night = row->night;
	item->first = item->last = SL_TIME_NONE;
	item->into = (uint32_t)(t->n - 1);
	item->hidden = sl_redact_changed(row->value, value);
	item->geo = answer_of(m, row->kind, row->value);
	sl_assert(t->n < UINT32_MAX);
	sl_assert(t->n < 2 || sl_id_cmp(&item[-1].key, &item->key) < 0);
}

static void collect_indicators(struct making *m)
{
	struct sl_indicator_row row;
	struct sl_scan *scan = sl_scan_open(m->in->view, SL_TABLE_INDICATORS, SL_SPAN_NULL);
	while (sl_scan_next(scan, m->tally->arena, &row))
		add_indicator(m, &row);
	sl_scan_close(&scan);
}

/* The leading bits of a key, for the table of heads. */
static size_t head_of(const struct making *m, const struct sl_id *key)
{
	uint64_t lead = (uint64_t)key->b[0] << 24 | (uint64_t)key->b[1] << 16 |
			(uint64_t)key->b[2] << 8 | key->b[3];
	return (size_t)(lead >> (32 - m->head_bits));
}

/* Keys are hashes, evenly spread: with as many heads as items, one or two steps find any. */
static void make_heads(struct making *m)
{
	const struct sl_tally *t = m->tally;
	m->head_bits = 1;
	while (m->head_bits < 31 && (size_t)1 << m->head_bits < t->n)
		m->head_bits++;
	size_t n = (size_t)1 << m->head_bits, head = 0;
	m->heads = sl_malloc((n + 1) * sizeof(*m->heads));
	for (size_t i = 0; i < t->n; i++)
		while (head <= head_of(m, &t->items[i].key))
			m->heads[head++] = (uint32_t)i;
	while (head <= n)
		m->heads[head++] = (uint32_t)t->n;
}

static struct sl_tallied *find_item(const struct making *m, const struct sl_id *key)
{
	const struct sl_tally *t = m->tally;
	size_t head = head_of(m, key), low = m->heads[head], high = m->heads[head + 1];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = sl_id_cmp(key, &t->items[middle].key);
		if (order == 0)
			return &t->items[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static int item_order(const struct sl_tallied *x, const struct sl_tallied *y)
{
	int order = x->kind == y->kind ? 0 : strcmp(sl_kind_name(x->kind), sl_kind_name(y->kind));
	return order ? order : sl_span_cmp(x->value, y->value);
}

static int by_value(const void *a, const void *b)
{
	const struct sl_tallied *x = a, *y = b;
	int order = item_order(x, y);
	if (!order)
		order = sl_span_cmp(x->host, y->host);
	return order ? order : sl_id_cmp(&x->key, &y->key);
}

static int by_value_of_pointers(const void *a, const void *b)
{
	const struct sl_tallied *const *x = a, *const *y = b;
	return by_value(*x, *y);
}

/* Values that became equal by hiding are counted as one. */
static void unite_hidden(struct sl_tally *t)
{
	struct sl_tallied **hidden = NULL;
	size_t n = 0, room = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (t->items[i].hidden)
			*SL_ARENA_PUSH(t->arena, hidden, n, room) = &t->items[i];
	}
	if (n)
		qsort(hidden, n, sizeof(struct sl_tallied *), by_value_of_pointers);
	for (size_t i = 1; i < n; i++) {
		if (item_order(hidden[i - 1], hidden[i]) == 0) {
			hidden[i]->into = hidden[i - 1]->into;
			struct sl_tallied *into = &t->items[hidden[i]->into];
			into->flags |= hidden[i]->flags;
			if (hidden[i]->night < into->night)
				into->night = hidden[i]->night;
		}
	}
}

static int by_id(const void *key, const void *element)
{
	const struct sl_campaign_id *x = key, *y = element;
	return strcmp(x->text, y->text);
}

/* Index of the living campaign of a variant; false: none. */
static bool campaign_of(struct making *m, const struct sl_id *variant, uint32_t *index_r)
{
	struct sl_variant_row row;
	struct sl_campaign_id id;
	struct sl_tally *t = m->tally;
	if (!sl_view_variant(m->in->view, variant, &row) || !row.assigned ||
		!sl_view_resolve(m->in->view, &row.campaign, &id) || !t->n_ids)
		return false;
	const struct sl_campaign_id *found = bsearch(&id, t->ids, t->n_ids, sizeof(id), by_id);
	if (!found)
		return false;
	*index_r = (uint32_t)(found - t->ids);
	return true;
}

static void widen(struct sl_tallied *item, int64_t first, int64_t last)
{
	if (first != SL_TIME_NONE && (item->first == SL_TIME_NONE || first < item->first))
		item->first = first;
	if (last != SL_TIME_NONE && (item->last == SL_TIME_NONE || last > item->last))
		item->last = last;
}

static void add_use(
	struct making *m, const struct sl_use_row *use, bool has_campaign, uint32_t campaign)
{
	struct sl_tally *t = m->tally;
	struct sl_tallied *item = find_item(m, &use->indicator);
	if (!item)
		return;
	item = &t->items[item->into];
	item->roles |= use->roles;
	item->messages += use->messages;
	item->whole = true;
	widen(item, use->first, use->last);
	if (!has_campaign)
		return;
	if (m->n_refs == m->room_refs) {
		m->room_refs = m->room_refs ? m->room_refs * 2 : 1024;
		m->refs = sl_realloc(m->refs, m->room_refs * sizeof(*m->refs));
	}
	m->refs[m->n_refs++] = (struct ref){ (uint32_t)(item - t->items), campaign };
}

static void collect_uses(struct making *m)
{
	struct sl_use_row use;
	struct sl_id variant = { { 0 } };
	uint32_t campaign = 0;
	bool any = false, has_campaign = false;
	struct sl_arena *scratch = sl_arena_new(0);
	struct sl_scan *scan = sl_scan_open(m->in->view, SL_TABLE_USES, SL_SPAN_NULL);
	while (sl_scan_next(scan, scratch, &use)) {
		if (!any || !sl_id_eq(&variant, &use.variant)) {
			variant = use.variant;
			has_campaign = campaign_of(m, &variant, &campaign);
			any = true;
		}
		add_use(m, &use, has_campaign, campaign);
		sl_arena_reset(scratch);
	}
	sl_scan_close(&scan);
	sl_arena_free(&scratch);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* Sorted, each once; the count. Most lists are of one campaign. */
static uint32_t tidy(uint32_t *campaigns, uint32_t n)
{
	uint32_t out = 0;
	if (n > 1)
		qsort(campaigns, n, sizeof(*campaigns), by_number);
	for (uint32_t i = 0; i < n; i++)
		if (out == 0 || campaigns[out - 1] != campaigns[i])
			campaigns[out++] = campaigns[i];
	return out;
}

/* Give each item its distinct campaigns, in one array. */
static void hand_out_refs(struct making *m)
{
	struct sl_tally *t = m->tally;
	uint32_t *all = sl_arena_alloc(t->arena, (m->n_refs + 1) * sizeof(*all)), *at = all;
	for (size_t i = 0; i < m->n_refs; i++)
		t->items[m->refs[i].item].n_campaigns++;
	for (size_t i = 0; i < t->n; i++) {
		t->items[i].campaigns = at;
		at += t->items[i].n_campaigns;
		t->items[i].n_campaigns = 0;
	}
	for (size_t i = 0; i < m->n_refs; i++) {
		struct sl_tallied *item = &t->items[m->refs[i].item];
		all[item->campaigns - all + item->n_campaigns++] = m->refs[i].campaign;
	}
	for (size_t i = 0; i < t->n; i++)
		t->items[i].n_campaigns =
			tidy(all + (t->items[i].campaigns - all), t->items[i].n_campaigns);
}

static int by_hex(const void *a, const void *b)
{
	const struct sl_tallied *const *x = a, *const *y = b;
	return sl_span_cmp((*x)->value, (*y)->value);
}

/* Items that are hashes of files, by value. */
static struct sl_tallied **collect_hashes(struct making *m, size_t *n_r)
{
	struct sl_tally *t = m->tally;
	struct sl_tallied **hashes = NULL;
	size_t room = 0;
	*n_r = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (t->items[i].kind == SL_KIND_SHA256)
			*SL_ARENA_PUSH(t->arena, hashes, *n_r, room) = &t->items[i];
	}
	if (*n_r)
		qsort(hashes, *n_r, sizeof(struct sl_tallied *), by_hex);
	return hashes;
}

/* The smallest type wins, so that the order of rows does not matter. */
static void add_type(
	struct sl_tallied **hashes, size_t n, const struct sl_attachment *a, struct sl_buf *hex)
{
	sl_buf_reset(hex);
	sl_buf_hex(hex, a->sha256.b, sizeof(a->sha256.b));
	struct sl_tallied wanted = { .value = sl_buf_span(hex) }, *key = &wanted;
	struct sl_tallied **found = bsearch(&key, hashes, n, sizeof(struct sl_tallied *), by_hex);
	if (!found || !a->type.n)
		return;
	struct sl_span *type = &(*found)->file_type;
	if (!type->n || sl_span_cmp(a->type, *type) < 0)
		*type = a->type;
}

/* A hash alone does not tell a picture from a program; the files that have it do. */
static void collect_types(struct making *m)
{
	size_t n;
	struct sl_tallied **hashes = collect_hashes(m, &n);
	if (!n)
		return;
	struct sl_content content;
	struct sl_arena *scratch = sl_arena_new(0);
	struct sl_buf hex = sl_buf_make(4096);
	struct sl_scan *scan = sl_scan_open(m->in->view, SL_TABLE_CONTENTS, SL_SPAN_NULL);
	while (sl_scan_next(scan, scratch, &content)) {
		for (size_t i = 0; i < content.n_attachments; i++)
			add_type(hashes, n, &content.attachments[i], &hex);
		sl_arena_reset(scratch);
	}
	sl_scan_close(&scan);
	sl_buf_free(&hex);
	sl_arena_free(&scratch);
}

static int by_text(const void *a, const void *b)
{
	const struct sl_span *x = a, *y = b;
	return sl_span_cmp(*x, *y);
}

static bool genuine_only(const struct sl_tally *t, const struct sl_tallied *item)
{
	for (uint32_t i = 0; i < item->n_campaigns; i++) {
		if (!t->genuine[item->campaigns[i]])
			return false;
	}
	return item->n_campaigns > 0;
}

static enum sl_role first_role(uint32_t roles)
{
	for (unsigned role = 0; role < SL_ROLES; role++) {
		if (roles >> role & 1)
			return (enum sl_role)role;
	}
	return SL_ROLE_MENTION;
}

static void judge(const struct making *m, struct sl_tallied *item)
{
	struct sl_indicator indicator = { .kind = item->kind,
		.role = first_role(item->roles),
		.view = SL_VIEW_TEXT,
		.flags = item->flags,
		.value = item->value,
		.host = item->host,
		.domain = item->domain };
	struct sl_policy_facts facts = { .roles = item->roles,
		.messages = item->messages,
		.campaigns = item->n_campaigns,
		.last_seen = item->last,
		.genuine_only = genuine_only(m->tally, item),
		.file_type = item->file_type };
	sl_policy_judge_many(m->memo, m->in->tables, &indicator, &facts, &item->policy);
	if (item->hidden) {
		item->policy.actionable = false;
		item->policy.why = "trap";
	}
	sl_assert(item->policy.confidence <= 100 && item->policy.why);
}

bool sl_in_period(const struct sl_config *config, int64_t first, int64_t last)
{
	if (config->since != SL_TIME_NONE && (last == SL_TIME_NONE || last < config->since))
		return false;
	return config->until == SL_TIME_NONE || (first != SL_TIME_NONE && first <= config->until);
}

static bool is_wanted(const struct making *m, const struct sl_tallied *item)
{
	return item->whole && !(item->hidden && item->kind == SL_KIND_EMAIL) &&
	       sl_in_period(m->in->config, item->first, item->last);
}

/* Each place of the cycle through `i` gets what its pointer says; the pointers are used up. */
static void turn_cycle(struct sl_tallied *items, struct sl_tallied **order, size_t i)
{
	struct sl_tallied first = items[i];
	size_t at = i;
	while (order[at] != &items[i]) {
		size_t from = (size_t)(order[at] - items);
		items[at] = items[from];
		order[at] = NULL;
		at = from;
	}
	items[at] = first;
	order[at] = NULL;
}

/* Items are large, so pointers are sorted, and each item goes to its place once. */
static void sort_items(struct sl_tally *t)
{
	struct sl_tallied **order = sl_malloc((t->n + 1) * sizeof(struct sl_tallied *));
	for (size_t i = 0; i < t->n; i++)
		order[i] = &t->items[i];
	if (t->n)
		qsort(order, t->n, sizeof(struct sl_tallied *), by_value_of_pointers);
	for (size_t i = 0; i < t->n; i++)
		if (order[i])
			turn_cycle(t->items, order, i);
	free(order);
}

static void finish(struct making *m)
{
	struct sl_tally *t = m->tally;
	size_t n = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (is_wanted(m, &t->items[i]))
			t->items[n++] = t->items[i];
	}
	t->n = n;
	sort_items(t);
	/* now URLs of one host stand together */
	for (size_t i = 0; i < t->n; i++)
		judge(m, &t->items[i]);
	if (t->n_editions)
		qsort(t->editions, t->n_editions, sizeof(*t->editions), by_text);
}

static struct sl_tally *make(const void *input)
{
	const struct sl_feed_input *in = input;
	struct making m = { .in = in, .tally = sl_calloc(1, sizeof(*m.tally)) };
	m.tally->arena = sl_arena_new(0);
	m.tally->redact = sl_redact_new(in->config);
	collect_campaigns(&m);
	collect_indicators(&m);
	unite_hidden(m.tally);
	make_heads(&m);
	collect_uses(&m);
	hand_out_refs(&m);
	collect_types(&m);
	m.memo = sl_hostmemo_new(in->tables);
	finish(&m);
	sl_hostmemo_free(&m.memo);
	free(m.heads);
	free(m.refs);
	return m.tally;
}

enum sl_rc sl_tally_of(const struct sl_feed_input *in, struct sl_outdir *out,
	const struct sl_tally **tally_r, struct sl_err *err)
{
	*tally_r = sl_outdir_tally(out, make, in);
	if (sl_view_damage(in->view))
		return sl_err_set(err, SL_EXIT_IOERR,
			"the store has rows that cannot be read; see `spamloom check`");
	return SL_OK;
}

void sl_tally_free(struct sl_tally **tally)
{
	if (!*tally)
		return;
	sl_redact_free(&(*tally)->redact);
	sl_arena_free(&(*tally)->arena);
	free(*tally);
	*tally = NULL;
}

bool sl_tallied_blocks(const struct sl_tallied *item, const struct sl_config *config)
{
	return item->policy.actionable && item->policy.confidence >= config->confidence;
}

/* Every role, by name. */
static const enum sl_role by_name[] = { SL_ROLE_ATTACHMENT, SL_ROLE_DISPLAY, SL_ROLE_EMBED,
	SL_ROLE_FORM, SL_ROLE_IMAGE, SL_ROLE_LINK, SL_ROLE_MENTION, SL_ROLE_MESSAGE_ID,
	SL_ROLE_NAMESPACE, SL_ROLE_OPAQUE, SL_ROLE_QR, SL_ROLE_REFRESH, SL_ROLE_RELAY,
	SL_ROLE_REPLY_TO, SL_ROLE_RETURN_PATH, SL_ROLE_SENDER, SL_ROLE_SENDING_IP, SL_ROLE_TARGET,
	SL_ROLE_UNSUBSCRIBE, SL_ROLE_WRAPPER };

/* Most things have one role or two. */
const struct sl_span *sl_role_names(struct sl_arena *arena, uint32_t roles, size_t *n_r)
{
	size_t n = 0, count = (size_t)__builtin_popcount(roles);
	struct sl_span *names = sl_arena_alloc(arena, (count + 1) * sizeof(*names));
	_Static_assert(SL_LEN(by_name) == SL_ROLES, "every role has a place");
	for (size_t i = 0; i < SL_LEN(by_name) && n < count; i++)
		if (roles >> by_name[i] & 1)
			names[n++] = sl_span_str(sl_role_name(by_name[i]));
	*n_r = n;
	return names;
}
