/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "messagerow.h"
#include "userow.h"
#include "visit.h"

enum { SEAL = 4, ROW_MAX = 2048, SCORE_MAX = 1000 };

/* ---- fields ---- */

static void visit_campaign_id(struct sl_visit *v, void *item)
{
	struct sl_campaign_id *id = item;
	struct sl_span text = sl_span_of(id->text, strnlen(id->text, sizeof(id->text)));
	sl_visit_span(v, &text);
	if (!v->reading)
		return;
	memset(id, 0, sizeof(*id));
	for (size_t i = 0; i < text.n; i++)
		if (i >= sizeof(id->text) - 1 || !sl_is_alnum(text.p[i])) {
			sl_visit_refuse(v);
			return;
		}
	if (text.n)
		memcpy(id->text, text.p, text.n);
}

static enum sl_evidence visit_evidence(struct sl_visit *v, enum sl_evidence evidence)
{
	return (enum sl_evidence)sl_visit_max(v, evidence, SL_EVIDENCES - 1);
}

static void visit_score(struct sl_visit *v, unsigned *score)
{
	*score = (unsigned)sl_visit_max(v, *score, SCORE_MAX);
}

static void visit_range(struct sl_visit *v, void *item)
{
	struct sl_range *range = item;
	sl_visit_u64(v, &range->from);
	sl_visit_u64(v, &range->to);
	if (range->from >= range->to)
		sl_visit_refuse(v);
}

static void visit_pair(struct sl_visit *v, void *item)
{
	struct sl_pair *pair = item;
	sl_visit_span(v, &pair->name);
	sl_visit_span(v, &pair->value);
}

/* What stands in the log is a word of this list: new ones go to its end. */
static const char *const lineage_ops[] = { "born", "join", "merge", "alias", "split", "wave" };

static void visit_op(struct sl_visit *v, const char **op)
{
	uint64_t number = 0;
	while (!v->reading && number < SL_LEN(lineage_ops) && strcmp(*op, lineage_ops[number]) != 0)
		number++;
	number = sl_visit_max(v, number, SL_LEN(lineage_ops) - 1);
	*op = lineage_ops[number];
}

/* ---- rows; key fields come from the key ---- */

/* A row that an older schema wrote has no more fields. */
static bool ends_early(const struct sl_visit *v)
{
	return v->reading && v->in.n == 0;
}

static void visit_archive(struct sl_visit *v, void *row)
{
	struct sl_archive_row *a = row;
	sl_visit_span(v, &a->name);
	a->names =
		sl_visit_array(v, a->names, &a->n_names, sizeof(*a->names), 1, sl_visit_span_item);
	sl_visit_u64(v, &a->name_night);
	sl_visit_u64(v, &a->size);
	sl_visit_u32(v, &a->source_version);
	sl_visit_u32(v, &a->parse_version);
	sl_visit_bool(v, &a->complete);
	sl_visit_bool(v, &a->damaged);
	sl_visit_bool(v, &a->limited);
	a->done = sl_visit_array(v, a->done, &a->n_done, sizeof(*a->done), 2, visit_range);
	sl_visit_u64(v, &a->messages);
	sl_visit_u64(v, &a->bytes);
	for (size_t i = 0; i < SL_MEMBERS; i++)
		sl_visit_u64(v, &a->members[i]);
	sl_visit_u64(v, &a->rejects);
	if (ends_early(v))
		return;
	sl_visit_u64(v, &a->crashed);
	sl_visit_u64(v, &a->in_a_row);
	sl_visit_bool(v, &a->set_aside);
	sl_visit_u32(v, &a->round);
}

static bool key_archive(struct sl_span key, void *row)
{
	struct sl_archive_row *a = row;
	return sl_key_take_id(&key, &a->key) && key.n == 0;
}

static void visit_message_row(struct sl_visit *v, void *row)
{
	struct sl_message_row *m = row;
	sl_visit_message_head(v, m);
	if (v->version == 1)
		sl_visit_message_1(v, &m->message);
	else
		sl_visit_copy(v, &m->message, &m->face);
}

static void visit_face_row(struct sl_visit *v, void *row)
{
	struct sl_face_row *f = row;
	sl_visit_face(v, &f->message);
}

static bool key_face(struct sl_span key, void *row)
{
	struct sl_face_row *f = row;
	return sl_key_take_id(&key, &f->key) && key.n == 0;
}

/* Rows of older schemas have the key in the record, too. */
static bool key_message(struct sl_span key, void *row)
{
	struct sl_message_row *m = row;
	struct sl_id written = m->message.key;
	if (!sl_key_take_id(&key, &m->message.key) || key.n)
		return false;
	m->home.message = m->message.key;
	return sl_id_is_zero(&written) || sl_id_eq(&written, &m->message.key);
}

static void visit_sighting(struct sl_visit *v, void *row)
{
	struct sl_sighting_row *s = row;
	sl_visit_span(v, &s->origin.entry);
	sl_visit_u64(v, &s->origin.offset);
	sl_visit_u64(v, &s->origin.length);
	sl_visit_u64(v, &s->night);
	sl_visit_time(v, &s->time);
	sl_visit_bool(v, &s->embedded);
	if (ends_early(v) || (!v->reading && !s->has_place))
		return;
	s->has_place = true;
	sl_visit_u64(v, &s->flags);
	sl_visit_u32(v, &s->round);
	if (s->embedded)
		sl_visit_id(v, &s->parent);
}

static bool key_sighting(struct sl_span key, void *row)
{
	struct sl_sighting_row *s = row;
	struct sl_id entry;
	return sl_key_take_id(&key, &s->message) && sl_key_take_id(&key, &s->origin.archive) &&
	       sl_key_take_id(&key, &entry) && sl_key_take_u64(&key, &s->origin.ordinal) &&
	       key.n == 0;
}

static void visit_content_row(struct sl_visit *v, void *row)
{
	sl_visit_content(v, row);
}

static bool key_content(struct sl_span key, void *row)
{
	const struct sl_content *c = row;
	return sl_span_eq(key, sl_span_of(c->key.b, sizeof(c->key.b)));
}

static void visit_variant(struct sl_visit *v, void *row)
{
	struct sl_variant_row *r = row;
	sl_visit_id(v, &r->name);
	sl_visit_id(v, &r->exemplar);
	sl_visit_id(v, &r->exemplar_id);
	sl_visit_time(v, &r->exemplar_time);
	sl_visit_u64(v, &r->messages);
	sl_visit_time(v, &r->first);
	sl_visit_time(v, &r->last);
	sl_visit_u64(v, &r->night);
	sl_visit_bool(v, &r->assigned);
	if (!r->assigned)
		return;
	visit_campaign_id(v, &r->campaign);
	r->evidence = visit_evidence(v, r->evidence);
	visit_score(v, &r->score);
	sl_visit_id(v, &r->partner);
}

static bool key_variant(struct sl_span key, void *row)
{
	struct sl_variant_row *r = row;
	return sl_key_take_id(&key, &r->key) && key.n == 0;
}

static void visit_nothing(struct sl_visit *v, void *row)
{
	(void)v;
	(void)row;
}

static bool key_member(struct sl_span key, void *row)
{
	struct sl_member_row *m = row;
	return sl_key_take_id(&key, &m->variant) && sl_key_take_id(&key, &m->message) && key.n == 0;
}

static void visit_indicator_row(struct sl_visit *v, void *row)
{
	enum { WITHIN = 64 }; /* added to the kind: host and domain are named by their place */
	struct sl_indicator_row *i = row;
	uint64_t kind = sl_visit_max(v, (uint64_t)i->kind + WITHIN, WITHIN + SL_KINDS - 1);
	bool within = kind >= WITHIN;
	_Static_assert((int)SL_KINDS <= (int)WITHIN, "older schemas wrote just the kind");
	if (!within && kind >= SL_KINDS)
		sl_visit_refuse(v);
	v->room = SL_VISIT_ROOM;
	v->version = within ? SL_CODEC_VERSION : 1;
	i->kind = v->bad ? 0 : (enum sl_kind)(within ? kind - WITHIN : kind);
	sl_visit_text(v, &i->value);
	sl_visit_text_within(v, &i->host, i->value);
	sl_visit_text_ending(v, &i->domain, i->host);
	i->flags = sl_visit_max(v, i->flags, SL_BIT(SL_IND_FLAGS) - 1);
	sl_visit_u64(v, &i->night);
}

static bool key_indicator(struct sl_span key, void *row)
{
	struct sl_indicator_row *i = row;
	return sl_key_take_id(&key, &i->key) && key.n == 0;
}

static void visit_weakest(struct sl_visit *v, struct sl_campaign_row *c)
{
	sl_visit_bool(v, &c->has_weakest);
	if (!c->has_weakest)
		return;
	c->weakest.evidence = visit_evidence(v, c->weakest.evidence);
	visit_score(v, &c->weakest.score);
	sl_visit_id(v, &c->weakest.a);
	sl_visit_id(v, &c->weakest.b);
}

static void visit_campaign(struct sl_visit *v, void *row)
{
	struct sl_campaign_row *c = row;
	visit_campaign_id(v, &c->merged_into);
	sl_visit_id(v, &c->founder);
	sl_visit_bytes(v, c->founder_sha256.b, sizeof(c->founder_sha256.b));
	sl_visit_u64(v, &c->born);
	sl_visit_u64(v, &c->touched);
	sl_visit_text(v, &c->brand);
	c->representatives = sl_visit_array(v, c->representatives, &c->n_representatives,
		sizeof(*c->representatives), sizeof(struct sl_id), sl_visit_id_item);
	for (size_t i = 0; i < SL_EVIDENCES; i++)
		sl_visit_u64(v, &c->evidence[i]);
	visit_weakest(v, c);
}

static bool key_campaign(struct sl_span key, void *row)
{
	struct sl_campaign_row *c = row;
	if (key.n == 0 || key.n >= sizeof(c->id.text))
		return false;
	memset(&c->id, 0, sizeof(c->id));
	memcpy(c->id.text, key.p, key.n);
	return strlen(c->id.text) == key.n;
}

static void visit_lineage(struct sl_visit *v, void *row)
{
	struct sl_lineage_row *l = row;
	sl_visit_u64(v, &l->line.night);
	visit_op(v, &l->line.op);
	visit_campaign_id(v, &l->line.id);
	visit_campaign_id(v, &l->line.other);
	sl_visit_u64(v, &l->line.moved);
	sl_visit_span(v, &l->line.reason);
	l->from = sl_visit_array(v, l->from, &l->n_from, sizeof(*l->from), 1, visit_campaign_id);
}

static bool key_lineage(struct sl_span key, void *row)
{
	struct sl_lineage_row *l = row;
	return sl_key_take_u64(&key, &l->seq) && key.n == 0;
}

static void visit_night(struct sl_visit *v, void *row)
{
	struct sl_night_row *n = row;
	sl_visit_time(v, &n->as_of);
	n->state = (enum sl_night_state)sl_visit_max(v, n->state, SL_NIGHT_DONE);
	sl_visit_u64(v, &n->messages);
	sl_visit_u64(v, &n->sightings);
}

static bool key_night(struct sl_span key, void *row)
{
	struct sl_night_row *n = row;
	return sl_key_take_u64(&key, &n->serial) && key.n == 0;
}

static void visit_reject(struct sl_visit *v, void *row)
{
	struct sl_reject_row *r = row;
	sl_visit_span(v, &r->entry);
	sl_visit_span(v, &r->reason);
	sl_visit_span(v, &r->detail);
	sl_visit_u64(v, &r->night);
}

static bool key_reject(struct sl_span key, void *row)
{
	struct sl_reject_row *r = row;
	struct sl_id text;
	return sl_key_take_id(&key, &r->archive) && sl_key_take_id(&key, &text) &&
	       sl_key_take_u64(&key, &r->offset) && key.n == 0;
}

static void visit_file(struct sl_visit *v, void *row)
{
	struct sl_file_row *f = row;
	sl_visit_id(v, &f->archive);
}

static bool key_file(struct sl_span key, void *row)
{
	struct sl_file_row *f = row;
	uint64_t mtime, ctime;
	if (!sl_key_take_u64(&key, &f->stamp.device) || !sl_key_take_u64(&key, &f->stamp.inode) ||
		!sl_key_take_u64(&key, &f->stamp.size) || !sl_key_take_u64(&key, &mtime) ||
		!sl_key_take_u64(&key, &ctime))
		return false;
	memcpy(&f->stamp.mtime_ns, &mtime, sizeof(mtime));
	memcpy(&f->stamp.ctime_ns, &ctime, sizeof(ctime));
	return key.n == 0;
}

static void visit_lookup(struct sl_visit *v, void *row)
{
	struct sl_lookup_row *l = row;
	struct sl_answer *a = &l->answer;
	l->kind = (enum sl_kind)sl_visit_max(v, l->kind, SL_KINDS - 1);
	sl_visit_span(v, &l->name);
	sl_visit_span(v, &l->value);
	sl_visit_span(v, &l->edition);
	a->status = (enum sl_lookup_status)sl_visit_max(v, a->status, SL_LOOKUP_NOT_ASKED);
	sl_visit_span(v, &a->source);
	sl_visit_time(v, &a->asked);
	sl_visit_time(v, &a->expires);
	a->pairs = sl_visit_array(v, a->pairs, &a->n_pairs, sizeof(*a->pairs), 2, visit_pair);
}

static bool key_lookup(struct sl_span key, void *row)
{
	const struct sl_lookup_row *l = row;
	struct sl_span name = sl_span_head(key, l->name.n);
	return key.n == l->name.n + 2 + sizeof(struct sl_id) && sl_span_eq(name, l->name) &&
	       (uint8_t)key.p[l->name.n + 1] == (uint8_t)l->kind;
}

static void visit_identity(struct sl_visit *v, void *row)
{
	struct sl_identity_row *i = row;
	sl_visit_bytes(v, i->secret.b, sizeof(i->secret.b));
	sl_visit_time(v, &i->created);
}

static void visit_undo(struct sl_visit *v, void *row)
{
	struct sl_undo_row *u = row;
	sl_visit_bool(v, &u->existed);
	sl_visit_span(v, &u->value);
}

static bool key_undo(struct sl_span key, void *row)
{
	struct sl_undo_row *u = row;
	if (!sl_key_take_u64(&key, &u->night) || key.n < 2)
		return false;
	u->table = (uint8_t)key.p[0];
	u->key = sl_span_from(key, 1);
	return u->table < SL_TABLES;
}

static void visit_redo(struct sl_visit *v, void *row)
{
	struct sl_redo_row *r = row;
	r->kind = (enum sl_redo_kind)sl_visit_max(v, r->kind, SL_REDO_MESSAGE);
	sl_visit_id(v, &r->variant);
	sl_visit_id(v, &r->content);
	if (!ends_early(v))
		sl_visit_id(v, &r->face);
}

static bool key_redo(struct sl_span key, void *row)
{
	struct sl_redo_row *r = row;
	return sl_key_take_id(&key, &r->id) && key.n == 0;
}

static bool key_any(struct sl_span key, void *row)
{
	(void)row;
	return key.n > 0;
}

/* ---- any table ---- */

static const struct row_kind {
	size_t size;
	void (*visit)(struct sl_visit *v, void *row);
	bool (*key)(struct sl_span key, void *row); /* after the visit: take or compare */
} row_kinds[SL_TABLES_ALL] = {
	[SL_TABLE_ARCHIVES] = { sizeof(struct sl_archive_row), visit_archive, key_archive },
	[SL_TABLE_MESSAGES] = { sizeof(struct sl_message_row), visit_message_row, key_message },
	[SL_TABLE_SIGHTINGS] = { sizeof(struct sl_sighting_row), visit_sighting, key_sighting },
	[SL_TABLE_CONTENTS] = { sizeof(struct sl_content), visit_content_row, key_content },
	[SL_TABLE_VARIANTS] = { sizeof(struct sl_variant_row), visit_variant, key_variant },
	[SL_TABLE_MEMBERS] = { sizeof(struct sl_member_row), visit_nothing, key_member },
	[SL_TABLE_INDICATORS] = { sizeof(struct sl_indicator_row), visit_indicator_row,
		key_indicator },
	[SL_TABLE_USES] = { sizeof(struct sl_use_chunk), sl_visit_uses, sl_key_uses },
	[SL_TABLE_CAMPAIGNS] = { sizeof(struct sl_campaign_row), visit_campaign, key_campaign },
	[SL_TABLE_LINEAGE] = { sizeof(struct sl_lineage_row), visit_lineage, key_lineage },
	[SL_TABLE_NIGHTS] = { sizeof(struct sl_night_row), visit_night, key_night },
	[SL_TABLE_REJECTS] = { sizeof(struct sl_reject_row), visit_reject, key_reject },
	[SL_TABLE_FILES] = { sizeof(struct sl_file_row), visit_file, key_file },
	[SL_TABLE_LOOKUPS] = { sizeof(struct sl_lookup_row), visit_lookup, key_lookup },
	[SL_TABLE_META] = { sizeof(struct sl_identity_row), visit_identity, key_any },
	[SL_TABLE_UNDO] = { sizeof(struct sl_undo_row), visit_undo, key_undo },
	[SL_TABLE_REDO] = { sizeof(struct sl_redo_row), visit_redo, key_redo },
	[SL_TABLE_FACES] = { sizeof(struct sl_face_row), visit_face_row, key_face },
};

static uint32_t seal_of(unsigned table, struct sl_span key, struct sl_span fields)
{
	return (uint32_t)sl_hash64(fields, sl_hash64(key, table));
}

size_t sl_row_size(unsigned table)
{
	sl_assert(table < SL_TABLES_ALL);
	return row_kinds[table].size;
}

void sl_row_seal(unsigned table, struct sl_span key, struct sl_buf *fields)
{
	uint32_t seal = seal_of(table, key, sl_buf_span(fields));
	sl_buf_add(fields, sl_span_of(&seal, SEAL));
}

void sl_row_encode(unsigned table, struct sl_span key, const void *row, struct sl_buf *to)
{
	_Alignas(16) char copy[ROW_MAX];
	struct sl_visit v = sl_visit_writer(to);
	sl_assert(sl_row_size(table) <= sizeof(copy));
	memcpy(copy, row, sl_row_size(table));
	sl_buf_reset(to);
	row_kinds[table].visit(&v, copy);
	sl_assert(!v.bad);
	sl_row_seal(table, key, to);
}

bool sl_row_open(unsigned table, struct sl_span key, struct sl_span value, struct sl_span *fields_r)
{
	uint32_t seal;
	if (value.n < SEAL)
		return false;
	*fields_r = sl_span_head(value, value.n - SEAL);
	memcpy(&seal, value.p + fields_r->n, SEAL);
	return seal == seal_of(table, key, *fields_r);
}

bool sl_row_decode(unsigned table, struct sl_span key, struct sl_span value, struct sl_arena *arena,
	void *row_r)
{
	struct sl_span fields;
	memset(row_r, 0, sl_row_size(table));
	if (!sl_row_open(table, key, value, &fields))
		return false;
	struct sl_visit v = sl_visit_reader(fields, arena);
	row_kinds[table].visit(&v, row_r);
	return sl_visit_ended(&v) && row_kinds[table].key(key, row_r);
}
