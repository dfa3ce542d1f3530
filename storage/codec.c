/* SPDX-License-Identifier: Apache-2.0 */
#include "visit.h"

/* The order of visits below is the format. A change of it is a new SL_CODEC_VERSION. Version 2
 * names texts that are there already by their place, leaves out the parent that most messages lack,
 * and puts the content of a result behind its length. */

static void visit_version(struct sl_visit *v)
{
	v->version = SL_CODEC_VERSION;
	sl_visit_bytes(v, &v->version, 1);
	if (v->version < SL_CODEC_OLDEST || v->version > SL_CODEC_VERSION)
		sl_visit_refuse(v);
}

static void visit_indicator(struct sl_visit *v, void *item)
{
	struct sl_indicator *i = item;
	i->kind = (enum sl_kind)sl_visit_max(v, i->kind, SL_KINDS - 1);
	i->role = (enum sl_role)sl_visit_max(v, i->role, SL_ROLES - 1);
	i->view = (enum sl_view_kind)sl_visit_max(v, i->view, SL_VIEWS - 1);
	sl_visit_u32(v, &i->part);
	i->flags = (uint32_t)sl_visit_max(v, i->flags, SL_BIT(SL_IND_FLAGS) - 1);
	sl_visit_known_text(v, &i->value);
	sl_visit_text_within(v, &i->host, i->value);
	sl_visit_text_ending(v, &i->domain, i->host);
}

static void visit_attachment(struct sl_visit *v, void *item)
{
	struct sl_attachment *a = item;
	sl_visit_text(v, &a->name);
	sl_visit_text(v, &a->type);
	sl_visit_u32(v, &a->part);
	sl_visit_u64(v, &a->size);
	sl_visit_bytes(v, a->sha256.b, sizeof(a->sha256.b));
	sl_visit_bytes(v, a->sha1.b, sizeof(a->sha1.b));
	sl_visit_bytes(v, a->md5.b, sizeof(a->md5.b));
}

enum { INDICATOR_MIN = 8, ATTACHMENT_MIN = 4 + 32 + 20 + 16 };

static struct sl_indicator *visit_indicators(
	struct sl_visit *v, struct sl_indicator *items, size_t *n)
{
	return sl_visit_array(v, items, n, sizeof(*items), INDICATOR_MIN, visit_indicator);
}

static void visit_known_item(struct sl_visit *v, void *text)
{
	sl_visit_known_text(v, text);
}

static struct sl_span *visit_texts(struct sl_visit *v, struct sl_span *items, size_t *n)
{
	return sl_visit_array(v, items, n, sizeof(*items), 1, visit_known_item);
}

static void visit_ip(struct sl_visit *v, struct sl_ip *ip)
{
	ip->family = (uint8_t)sl_visit_max(v, ip->family, 6);
	switch (ip->family) {
	case 0:
		break;
	case 4:
		sl_visit_bytes(v, ip->b, 4);
		break;
	case 6:
		sl_visit_bytes(v, ip->b, 16);
		break;
	default:
		sl_assert(v->reading);
		sl_visit_refuse(v);
	}
}

static void visit_parent(struct sl_visit *v, struct sl_id *parent)
{
	bool any = v->version < 2 || !sl_id_is_zero(parent);
	if (v->version >= 2)
		sl_visit_bool(v, &any);
	if (any)
		sl_visit_id(v, parent);
}

static void visit_digest(struct sl_visit *v, struct sl_message *m)
{
	enum { NONE, COMPUTED, ASKED, STATES };
	static const struct sl_sha256 none;
	uint64_t state = ASKED; /* version 1 knew nothing else */
	if (v->version >= 2) {
		if (!v->reading)
			state = m->sha256_asked                           ? ASKED
				: memcmp(&m->sha256, &none, sizeof(none)) ? COMPUTED
									  : NONE;
		state = sl_visit_max(v, state, STATES - 1);
	}
	if (state != NONE)
		sl_visit_bytes(v, m->sha256.b, sizeof(m->sha256.b));
	m->sha256_asked = state == ASKED;
}

static void visit_message_names(struct sl_visit *v, struct sl_message *m, bool keyed)
{
	sl_visit_id(v, &m->id);
	if (keyed || v->version < 2)
		sl_visit_id(v, &m->key);
	visit_digest(v, m);
	visit_parent(v, &m->parent);
	sl_visit_id(v, &m->content);
	sl_visit_id(v, &m->variant);
	sl_visit_id(v, &m->variant_name);
}

static void visit_message_route(struct sl_visit *v, struct sl_message *m)
{
	visit_ip(v, &m->origin_ip);
	m->origin_reason = (enum sl_ip_reason)sl_visit_max(v, m->origin_reason, SL_IP_REASONS - 1);
	sl_visit_u32(v, &m->origin_hop);
	sl_visit_known_text(v, &m->origin_helo);
	sl_visit_known_text(v, &m->origin_rdns);
	m->claimed = visit_texts(v, m->claimed, &m->n_claimed);
	m->relays = visit_texts(v, m->relays, &m->n_relays);
}

static void visit_message_texts(struct sl_visit *v, struct sl_message *m)
{
	struct sl_span *const texts[] = { &m->subject, &m->from_name, &m->from_addr,
		&m->from_domain, &m->return_path, &m->reply_to, &m->message_id, &m->spf, &m->dkim,
		&m->dmarc, &m->arc, &m->auth_by, &m->mailer, &m->language, &m->brand,
		&m->subject_norm, &m->sender_norm };
	for (size_t i = 0; i < SL_LEN(texts); i++)
		sl_visit_known_text(v, texts[i]);
}

void sl_visit_message(struct sl_visit *v, struct sl_message *m, bool keyed)
{
	struct sl_visit_texts texts;
	sl_visit_record(v, &texts);
	visit_version(v);
	visit_message_names(v, m, keyed);
	sl_visit_u64(v, &m->size);
	m->flags = sl_visit_max(v, m->flags, SL_BIT(SL_MSG_FLAGS) - 1);
	sl_visit_time(v, &m->date);
	sl_visit_time(v, &m->received);
	visit_message_texts(v, m);
	visit_message_route(v, m);
	m->indicators = visit_indicators(v, m->indicators, &m->n_indicators);
	v->texts = NULL;
}

/* Mails without HTML have an empty sketch: one byte for it. */
static void visit_sketch(struct sl_visit *v, uint16_t sketch[SL_TAG_SKETCH])
{
	uint8_t pairs[2 * SL_TAG_SKETCH];
	uint16_t any = 0;
	for (size_t i = 0; i < SL_TAG_SKETCH; i++) {
		any |= sketch[i];
		pairs[2 * i] = (uint8_t)(sketch[i] >> 8);
		pairs[2 * i + 1] = (uint8_t)sketch[i];
	}
	bool filled = any != 0;
	sl_visit_bool(v, &filled);
	if (!filled)
		return;
	sl_visit_bytes(v, pairs, sizeof(pairs));
	any = 0;
	for (size_t i = 0; i < SL_TAG_SKETCH; i++)
		any |= sketch[i] = (uint16_t)(pairs[2 * i] << 8 | pairs[2 * i + 1]);
	if (!any)
		sl_visit_refuse(v);
}

void sl_visit_content(struct sl_visit *v, struct sl_content *c)
{
	struct sl_visit_texts texts;
	sl_visit_record(v, &texts);
	visit_version(v);
	sl_visit_id(v, &c->key);
	sl_visit_u64(v, &c->size);
	c->flags = sl_visit_max(v, c->flags, SL_BIT(SL_MSG_FLAGS) - 1);
	c->text_source = (enum sl_view_kind)sl_visit_max(v, c->text_source, SL_VIEWS - 1);
	sl_visit_text(v, &c->norm);
	c->anchors = visit_texts(v, c->anchors, &c->n_anchors);
	sl_visit_u32(v, &c->html_tags);
	sl_visit_u64(v, &c->skeleton);
	visit_sketch(v, c->tag_sketch);
	sl_visit_text(v, &c->language);
	c->brands = visit_texts(v, c->brands, &c->n_brands);
	c->attachments = sl_visit_array(v, c->attachments, &c->n_attachments,
		sizeof(*c->attachments), ATTACHMENT_MIN, visit_attachment);
	c->indicators = visit_indicators(v, c->indicators, &c->n_indicators);
	v->texts = NULL;
}

/* Visitors take what they may fill; an encoder hands them a copy of the const record. */

void sl_message_encode(struct sl_buf *to, const struct sl_message *message)
{
	struct sl_message copy = *message;
	struct sl_visit v = sl_visit_writer(to);
	sl_visit_message(&v, &copy, true);
}

void sl_content_encode(struct sl_buf *to, const struct sl_content *content)
{
	struct sl_content copy = *content;
	struct sl_visit v = sl_visit_writer(to);
	sl_visit_content(&v, &copy);
}

/* ---- results ---- */

/* Lengths stand in 4 bytes, so that they can be filled in afterwards. */
typedef uint32_t size_in_result;

static void visit_parcel(struct sl_visit *v, struct sl_parcel *p)
{
	visit_version(v);
	if (v->version != SL_CODEC_VERSION)
		sl_visit_refuse(v);
	sl_visit_u32(v, &p->index);
	sl_visit_text(v, &p->inner);
	sl_visit_u64(v, &p->length);
	sl_visit_time(v, &p->time);
}

static size_t begin_size(struct sl_buf *to)
{
	size_in_result none = 0;
	sl_buf_add(to, sl_span_of(&none, sizeof(none)));
	return to->n;
}

static void end_size(struct sl_buf *to, size_t from)
{
	size_in_result n = (size_in_result)(to->n - from);
	if (!to->overflow)
		memcpy(to->p + from - sizeof(n), &n, sizeof(n));
}

void sl_result_encode_with(
	struct sl_buf *to, const struct sl_result *result, struct sl_span content)
{
	struct sl_parcel head = { .index = result->index,
		.inner = result->inner,
		.length = result->length,
		.time = result->time };
	struct sl_visit v = sl_visit_writer(to);
	sl_assert(to->max <= UINT32_MAX);
	visit_parcel(&v, &head);
	size_t from = begin_size(to);
	sl_message_encode(to, &result->message);
	end_size(to, from);
	from = begin_size(to);
	if (content.n)
		sl_buf_add(to, content);
	else
		sl_content_encode(to, &result->content);
	end_size(to, from);
}

void sl_result_encode(struct sl_buf *to, const struct sl_result *result)
{
	sl_result_encode_with(to, result, SL_SPAN_NULL);
}

static struct sl_span take_sized(struct sl_visit *v)
{
	size_in_result n = 0;
	sl_visit_bytes(v, &n, sizeof(n));
	if (v->bad || n > v->in.n) {
		sl_visit_refuse(v);
		return SL_SPAN_NULL;
	}
	struct sl_span bytes = sl_span_head(v->in, n);
	v->in = sl_span_from(v->in, n);
	return bytes;
}

bool sl_result_take(struct sl_span *from, struct sl_parcel *parcel_r)
{
	struct sl_visit v = sl_visit_reader(*from, NULL);
	memset(parcel_r, 0, sizeof(*parcel_r));
	visit_parcel(&v, parcel_r);
	parcel_r->message = take_sized(&v);
	parcel_r->content = take_sized(&v);
	if (v.bad)
		return false;
	*from = v.in;
	return true;
}

bool sl_result_decode(struct sl_span *from, struct sl_arena *arena, struct sl_result *result_r)
{
	struct sl_parcel parcel;
	struct sl_span rest = *from;
	memset(result_r, 0, sizeof(*result_r));
	if (!sl_result_take(&rest, &parcel) ||
		!sl_message_decode(parcel.message, arena, &result_r->message) ||
		!sl_content_decode(parcel.content, arena, &result_r->content))
		return false;
	result_r->index = parcel.index;
	result_r->inner = parcel.inner;
	result_r->length = parcel.length;
	result_r->time = parcel.time;
	*from = rest;
	return true;
}

/* ---- decoding ---- */

/* Where an encoded message has its key. Places of texts are counted back from where they are named,
 * and all texts are behind the key: so the rest is the same without it. */
enum { KEY_AT = 1 + sizeof(struct sl_id), KEY_END = KEY_AT + sizeof(struct sl_id) };

bool sl_message_bytes_are(struct sl_span record, struct sl_span message)
{
	return record.n > KEY_AT && message.n > KEY_END &&
	       sl_span_eq(sl_span_head(record, KEY_AT), sl_span_head(message, KEY_AT)) &&
	       sl_span_eq(sl_span_from(record, KEY_AT), sl_span_from(message, KEY_END));
}

void sl_message_bytes_without_key(struct sl_buf *to, struct sl_span message)
{
	sl_assert(message.n > KEY_END && message.p[0] == SL_CODEC_VERSION);
	sl_buf_add(to, sl_span_head(message, KEY_AT));
	sl_buf_add(to, sl_span_from(message, KEY_END));
}

bool sl_message_decode(struct sl_span from, struct sl_arena *arena, struct sl_message *message_r)
{
	struct sl_visit v = sl_visit_reader(from, arena);
	memset(message_r, 0, sizeof(*message_r));
	sl_visit_message(&v, message_r, true);
	return sl_visit_ended(&v);
}

bool sl_content_key(struct sl_span from, struct sl_id *key_r)
{
	struct sl_visit v = sl_visit_reader(from, NULL);
	visit_version(&v);
	sl_visit_id(&v, key_r);
	return !v.bad;
}

bool sl_content_decode(struct sl_span from, struct sl_arena *arena, struct sl_content *content_r)
{
	struct sl_visit v = sl_visit_reader(from, arena);
	memset(content_r, 0, sizeof(*content_r));
	sl_visit_content(&v, content_r);
	return sl_visit_ended(&v);
}
