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
	struct sl_arena *scratch;
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

/* What the answers about addresses came from; asks nobody. */
static void note_edition(struct making *m, const struct sl_indicator_row *row)
{
	struct sl_answer answer;
	struct sl_span edition;
	if ((sl_lookup_geo.kinds >> row->kind & 1) &&
		sl_view_lookup(m->in->view, sl_lookup_geo.name, row->kind, row->value, m->scratch,
			&edition, &answer))
		add_edition(m, edition);
	sl_arena_reset(m->scratch);
}

/* A row of the store with another value in front. */
static struct sl_indicator_row copy_row(
	struct sl_arena *arena, const struct sl_indicator_row *row, struct sl_span value)
{
	struct sl_indicator_row copy = *row;
	char *to = sl_arena_alloc(arena, value.n + row->host.n + row->domain.n + 1);
	struct sl_span *const texts[] = { &copy.value, &copy.host, &copy.domain };
	copy.value = value;
	for (size_t i = 0; i < SL_LEN(texts); i++) {
		if (texts[i]->n)
			memcpy(to, texts[i]->p, texts[i]->n);
		texts[i]->p = to;
		to += texts[i]->n;
	}
	return copy;
}

/* The texts of a row lie in one piece, the value in front. */
static uint32_t place_in_row(const struct sl_indicator_row *row, struct sl_span text)
{
	sl_assert(text.n == 0 || (text.p >= row->value.p && text.n <= UINT32_MAX));
	ptrdiff_t at = text.n ? text.p - row->value.p : 0;
	sl_assert(at <= UINT32_MAX);
	return (uint32_t)at;
}

static struct sl_span text_of_row(const struct sl_tallied *item, uint32_t at, uint32_t n)
{
	return n ? sl_span_of(item->value.p + at, n) : SL_SPAN_NULL;
}

static uint32_t at_most(uint64_t number)
{
	return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

static void add_indicator(struct making *m, const struct sl_indicator_row *row)
{
	struct sl_tally *t = m->tally;
	struct sl_indicator_row copy = *row;
	struct sl_span value = sl_redact_text(t->redact, m->scratch, row->value);
	bool hidden = sl_redact_changed(row->value, value);
	sl_assert(t->n < m->room_items && t->n < UINT32_MAX);
	if (hidden)
		copy = copy_row(t->arena, row, value);
	struct sl_tallied *item = &t->items[t->n++];
	*item = (struct sl_tallied){ .value = copy.value,
		.first = SL_TIME_NONE,
		.last = SL_TIME_NONE,
		.making = { row->key, (uint32_t)(t->n - 1) },
		.host_at = place_in_row(&copy, copy.host),
		.host_n = (uint32_t)copy.host.n,
		.domain_at = place_in_row(&copy, copy.domain),
		.domain_n = (uint32_t)copy.domain.n,
		.night = at_most(row->night),
		.kind = (uint8_t)row->kind,
		.hidden = hidden };
	sl_assert(t->n < 2 || sl_id_cmp(&item[-1].making.key, &item->making.key) < 0);
	note_edition(m, row);
}

static void collect_indicators(struct making *m)
{
	struct sl_indicator_row row;
	struct sl_scan *scan = sl_scan_open(m->in->view, SL_TABLE_INDICATORS, SL_SPAN_NULL);
	m->room_items = (size_t)sl_view_count(m->in->view, SL_TABLE_INDICATORS);
	m->tally->items = sl_malloc((m->room_items + 1) * sizeof(*m->tally->items));
	while (sl_scan_next(scan, NULL, &row))
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
		while (head <= head_of(m, &t->items[i].making.key))
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
		int order = sl_id_cmp(key, &t->items[middle].making.key);
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
	int order = x->kind == y->kind ? 0 : x->kind < y->kind ? -1 : 1;
	return order ? order : sl_span_cmp(x->value, y->value);
}

static int by_value(const void *a, const void *b)
{
	const struct sl_tallied *x = *(const struct sl_tallied *const *)a,
				*y = *(const struct sl_tallied *const *)b;
	int order = item_order(x, y);
	if (!order)
		order = sl_span_cmp(text_of_row(x, x->host_at, x->host_n),
			text_of_row(y, y->host_at, y->host_n));
	return order ? order : sl_id_cmp(&x->making.key, &y->making.key);
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
		qsort(hidden, n, sizeof(struct sl_tallied *), by_value);
	for (size_t i = 1; i < n; i++) {
		if (item_order(hidden[i - 1], hidden[i]) == 0) {
			hidden[i]->making.into = hidden[i - 1]->making.into;
			struct sl_tallied *into = &t->items[hidden[i]->making.into];
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
	const struct sl_campaign_id *found = NULL;
	if (!t->n_ids || !sl_view_variant(m->in->view, variant, &row) || !row.assigned)
		return false;
	/* most live under the name that they had */
	found = bsearch(&row.campaign, t->ids, t->n_ids, sizeof(id), by_id);
	if (!found && sl_view_resolve(m->in->view, &row.campaign, &id))
		found = bsearch(&id, t->ids, t->n_ids, sizeof(id), by_id);
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
	item = &t->items[item->making.into];
	item->roles |= use->roles;
	item->messages = at_most(item->messages + use->messages);
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
	struct sl_scan *scan = sl_scan_open(m->in->view, SL_TABLE_USES, SL_SPAN_NULL);
	while (sl_scan_next(scan, NULL, &use)) {
		if (!any || !sl_id_eq(&variant, &use.variant)) {
			variant = use.variant;
			has_campaign = campaign_of(m, &variant, &campaign);
			any = true;
		}
		add_use(m, &use, has_campaign, campaign);
	}
	sl_scan_close(&scan);
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
	uint32_t *all = sl_malloc((m->n_refs + 1) * sizeof(*all)), *at = all;
	t->campaigns = all;
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

/* Of each file's hash the type of the file: the smallest of those it came with. */
struct types {
	const struct sl_tallied *hashes; /* by value */
	size_t n;
	struct sl_span *types; /* beside them */
};

static int by_hex(const void *key, const void *element)
{
	const struct sl_span *hex = key;
	const struct sl_tallied *item = element;
	return sl_span_cmp(*hex, item->value);
}

/* The smallest type wins, so that the order of rows does not matter. */
static void add_type(struct types *t, const struct sl_attachment *a, struct sl_buf *hex)
{
	sl_buf_reset(hex);
	sl_buf_hex(hex, a->sha256.b, sizeof(a->sha256.b));
	struct sl_span key = sl_buf_span(hex);
	const struct sl_tallied *found = bsearch(&key, t->hashes, t->n, sizeof(*t->hashes), by_hex);
	if (!found || !a->type.n)
		return;
	struct sl_span *type = &t->types[found - t->hashes];
	if (!type->n || sl_span_cmp(a->type, *type) < 0)
		*type = a->type;
}

/* A hash alone does not tell a picture from a program; the files that have it do. */
static void collect_types(struct making *m, struct types *types)
{
	struct sl_content content;
	struct sl_buf hex = sl_buf_make(4096);
	types->types = sl_calloc(types->n, sizeof(*types->types));
	struct sl_scan *scan = sl_scan_open(m->in->view, SL_TABLE_CONTENTS, SL_SPAN_NULL);
	while (sl_scan_next(scan, m->scratch, &content)) {
		for (size_t i = 0; i < content.n_attachments; i++)
			add_type(types, &content.attachments[i], &hex);
		sl_arena_reset(m->scratch);
	}
	sl_scan_close(&scan);
	sl_buf_free(&hex);
}

/* Items are sorted: hashes stand together. */
static struct types find_hashes(const struct sl_tally *t)
{
	size_t from = 0, n = 0;
	while (from < t->n && t->items[from].kind != SL_KIND_SHA256)
		from++;
	while (from + n < t->n && t->items[from + n].kind == SL_KIND_SHA256)
		n++;
	return (struct types){ .hashes = t->items + from, .n = n };
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

static void judge(const struct making *m, const struct types *types, struct sl_tallied *item)
{
	enum { DAY = 86400 };
	bool is_file = item->kind == SL_KIND_SHA256;
	struct sl_policy_answer answer;
	struct sl_indicator indicator = { .kind = (enum sl_kind)item->kind,
		.role = first_role(item->roles),
		.view = SL_VIEW_TEXT,
		.value = item->value,
		.host = text_of_row(item, item->host_at, item->host_n),
		.domain = text_of_row(item, item->domain_at, item->domain_n) };
	struct sl_policy_facts facts = { .roles = item->roles,
		.messages = item->messages,
		.campaigns = item->n_campaigns,
		.last_seen = item->last,
		.genuine_only = genuine_only(m->tally, item),
		.file_type = is_file ? types->types[item - types->hashes] : SL_SPAN_NULL };
	sl_policy_judge_many(m->memo, m->in->tables, &indicator, &facts, &answer);
	sl_assert(answer.confidence <= 100 && answer.why);
	int64_t days = answer.expires == SL_TIME_NONE ? 0 : (answer.expires - item->last) / DAY;
	sl_assert(days >= 0 && days <= UINT16_MAX);
	item->actionable = answer.actionable && !item->hidden;
	item->why = item->hidden ? "trap" : answer.why;
	item->confidence = (uint8_t)answer.confidence;
	item->days = (uint16_t)days;
}

int64_t sl_tallied_expires(const struct sl_tallied *item)
{
	enum { DAY = 86400 };
	return item->days ? item->last + (int64_t)item->days * DAY : SL_TIME_NONE;
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

static void finish(struct making *m)
{
	struct sl_tally *t = m->tally;
	size_t n = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (is_wanted(m, &t->items[i]))
			t->items[n++] = t->items[i];
	}
	t->n = n;
	sl_tally_sort(t->items, t->n);
	struct types types = find_hashes(t);
	if (types.n)
		collect_types(m, &types);
	/* now URLs of one host stand together */
	for (size_t i = 0; i < t->n; i++)
		judge(m, &types, &t->items[i]);
	free(types.types);
	if (t->n_editions)
		qsort(t->editions, t->n_editions, sizeof(*t->editions), by_text);
}

static struct sl_tally *make(const void *input)
{
	const struct sl_feed_input *in = input;
	struct making m = { .in = in, .tally = sl_calloc(1, sizeof(*m.tally)) };
	m.tally->arena = sl_arena_new(0);
	m.tally->redact = sl_redact_new(in->config);
	m.scratch = sl_arena_new(0);
	collect_campaigns(&m);
	collect_indicators(&m);
	unite_hidden(m.tally);
	make_heads(&m);
	collect_uses(&m);
	free(m.heads);
	hand_out_refs(&m);
	free(m.refs);
	m.memo = sl_hostmemo_new(in->tables);
	finish(&m);
	sl_hostmemo_free(&m.memo);
	sl_arena_free(&m.scratch);
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
	free((*tally)->items);
	free((*tally)->campaigns);
	free(*tally);
	*tally = NULL;
}

bool sl_tallied_blocks(const struct sl_tallied *item, const struct sl_config *config)
{
	return item->actionable && item->confidence >= config->confidence;
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
