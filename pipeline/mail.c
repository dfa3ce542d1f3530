/* SPDX-License-Identifier: Apache-2.0 */
#include "mail.h"

/* Open-addressing set of indicator numbers + 1, in the message's arena. */
struct seen {
	size_t room, count;
	uint32_t *slots;
};

enum { SEEN_FIRST = 64, INDICATOR_NUMBERS = 32 };
#define IN_HEADER 0x80000000u

void sl_mail_begin_named(struct sl_mail *mail, const struct sl_config *config,
	const struct sl_tables *tables, const struct sl_secret *secret, struct sl_arena *arena,
	struct sl_span raw, const struct sl_id *id, const struct sl_id *key)
{
	*mail = (struct sl_mail){ .config = config,
		.tables = tables,
		.secret = secret,
		.arena = arena,
		.raw = raw,
		.from_time = SL_TIME_NONE,
		.member_time = SL_TIME_NONE,
		.time = SL_TIME_NONE };
	mail->message.date = mail->message.received = SL_TIME_NONE;
	mail->message.origin_hop = SL_HOP_NONE;
	mail->message.size = raw.n;
	mail->message.id = *id;
	mail->message.key = *key;
}

void sl_mail_begin(struct sl_mail *mail, const struct sl_config *config,
	const struct sl_tables *tables, const struct sl_secret *secret, struct sl_arena *arena,
	struct sl_span raw)
{
	struct sl_id id = sl_hash_name(raw), key = sl_hash_key(raw, secret);
	sl_mail_begin_named(mail, config, tables, secret, arena, raw, &id, &key);
}

/* Of the length and both ends of a name: few names of a header share it. */
static size_t field_slot(struct sl_span name)
{
	if (name.n == 0)
		return 0;
	size_t first = (unsigned char)name.p[0] & 31, last = (unsigned char)name.p[name.n - 1] & 31;
	return (name.n + first * 5 + last * 11) % SL_FIELD_SLOTS;
}

void sl_mail_set_fields(struct sl_mail *mail, struct sl_field *fields, size_t n)
{
	sl_assert(n < UINT32_MAX);
	mail->fields = fields;
	mail->n_fields = n;
	mail->field_next = sl_arena_alloc(mail->arena, n * sizeof(*mail->field_next));
	memset(mail->field_slots, 0, sizeof(mail->field_slots));
	for (size_t i = n; i-- > 0;) {
		uint32_t *slot = &mail->field_slots[field_slot(fields[i].name)];
		mail->field_next[i] = *slot;
		*slot = (uint32_t)i + 1;
	}
}

static const struct sl_field *field_from(
	const struct sl_mail *mail, uint32_t number, struct sl_span name)
{
	while (number && !sl_span_ieq(mail->fields[number - 1].name, name))
		number = mail->field_next[number - 1];
	return number ? &mail->fields[number - 1] : NULL;
}

const struct sl_field *sl_mail_field(const struct sl_mail *mail, const char *name)
{
	struct sl_span want = sl_span_str(name);
	return field_from(mail, mail->field_slots[field_slot(want)], want);
}

const struct sl_field *sl_mail_next_field(const struct sl_mail *mail, const struct sl_field *field)
{
	return field_from(mail, mail->field_next[field - mail->fields], field->name);
}

static struct sl_indicator *indicator_at(struct sl_mail *mail, uint32_t number)
{
	uint32_t i = (number & ~IN_HEADER) - 1;
	return number & IN_HEADER ? &mail->message.indicators[i] : &mail->content.indicators[i];
}

static bool same_place(const struct sl_indicator *a, const struct sl_indicator *b)
{
	return a->kind == b->kind && a->role == b->role && a->view == b->view &&
	       a->part == b->part && sl_span_eq(a->value, b->value);
}

static uint64_t hash_of(const struct sl_indicator *i)
{
	return sl_hash64(i->value, (uint64_t)i->kind << 48 | (uint64_t)i->role << 40 |
					   (uint64_t)i->view << 32 | i->part);
}

static uint32_t *slot_for(struct sl_mail *mail, struct seen *seen, const struct sl_indicator *want)
{
	size_t at = hash_of(want) & (seen->room - 1);
	while (seen->slots[at] && !same_place(indicator_at(mail, seen->slots[at]), want))
		at = (at + 1) & (seen->room - 1);
	return &seen->slots[at];
}

static void grow_seen(struct sl_mail *mail, struct seen *seen)
{
	struct seen old = *seen;
	seen->room = old.room ? old.room * 2 : SEEN_FIRST;
	seen->slots = sl_arena_zalloc(mail->arena, seen->room * sizeof(seen->slots[0]));
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i])
			*slot_for(mail, seen, indicator_at(mail, old.slots[i])) = old.slots[i];
}

static uint64_t room_of(const struct sl_mail *mail, bool header)
{
	uint64_t n = header ? mail->head.n : mail->body.n;
	uint64_t factor = header ? SL_MAIL_HEADER_FACTOR : SL_MAIL_BODY_FACTOR;
	uint64_t most = header ? SL_MAIL_HEADER_MOST : SL_MAIL_BODY_MOST;
	uint64_t room = SL_MAIL_ROOM_FLOOR + factor * n;
	return room < most ? room : most;
}

bool sl_mail_take(struct sl_mail *mail, bool header, size_t bytes)
{
	uint64_t *taken = header ? &mail->header_room : &mail->body_room;
	uint64_t room = room_of(mail, header);
	sl_assert(*taken <= room);
	if (bytes > room - *taken)
		return false;
	*taken += bytes;
	return true;
}

/* What an indicator takes as encoded; its domain, filled in later, is the end of its host. */
static bool take_room(struct sl_mail *mail, const struct sl_indicator *add)
{
	bool header = add->view == SL_VIEW_HEADER;
	if (sl_mail_take(mail, header,
		    INDICATOR_NUMBERS + add->value.n + 2 * add->host.n + add->domain.n))
		return true;
	if (header)
		sl_mail_flag_header(mail, SL_MSG_LIMIT_URLS);
	else
		sl_mail_flag_body(mail, SL_MSG_LIMIT_URLS);
	return false;
}

struct sl_indicator *sl_mail_add_indicator(struct sl_mail *mail, const struct sl_indicator *add)
{
	struct sl_message *m = &mail->message;
	struct sl_content *c = &mail->content;
	struct seen *seen = mail->seen;
	if (!seen)
		mail->seen = seen = sl_arena_zalloc(mail->arena, sizeof(*seen));
	if (seen->count * 2 >= seen->room)
		grow_seen(mail, seen);
	uint32_t *slot = slot_for(mail, seen, add);
	if (*slot) {
		struct sl_indicator *there = indicator_at(mail, *slot);
		there->flags |= add->flags;
		return there;
	}
	sl_assert(!mail->known || add->view == SL_VIEW_HEADER);
	if (!take_room(mail, add))
		return NULL;
	seen->count++;
	if (add->view == SL_VIEW_HEADER) {
		*SL_ARENA_PUSH(mail->arena, m->indicators, m->n_indicators, mail->room_header_ind) =
			*add;
		*slot = (uint32_t)m->n_indicators | IN_HEADER;
		return &m->indicators[m->n_indicators - 1];
	}
	*SL_ARENA_PUSH(mail->arena, c->indicators, c->n_indicators, mail->room_body_ind) = *add;
	*slot = (uint32_t)c->n_indicators;
	return &c->indicators[c->n_indicators - 1];
}

void sl_mail_add_view(
	struct sl_mail *mail, enum sl_view_kind kind, uint32_t part, struct sl_span text)
{
	if (text.n == 0)
		return;
	*SL_ARENA_PUSH(mail->arena, mail->views, mail->n_views, mail->room_views) =
		(struct sl_view){ kind, part, text };
}
