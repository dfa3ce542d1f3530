/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/policy.h"
#include "visit.h"

/* The order of visits below is the format. A change of it is a new SL_CODEC_VERSION. Version 2
 * names texts that are there already by their place, cuts a message in two, leaves out what nobody
 * reads of a record (Message-ID, and the names that the boundary hop wrote), and puts the content
 * of a result behind its length. */

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

/* What mails in mails have; for them alone it takes more than a byte. */
static void visit_parent(struct sl_visit *v, struct sl_id *parent)
{
	bool any = !sl_id_is_zero(parent);
	sl_visit_bool(v, &any);
	if (any)
		sl_visit_id(v, parent);
}

static void visit_digest(struct sl_visit *v, struct sl_message *m)
{
	enum { NONE, COMPUTED, ASKED, STATES };
	static const struct sl_sha256 none;
	uint64_t state = m->sha256_asked                           ? ASKED
			 : memcmp(&m->sha256, &none, sizeof(none)) ? COMPUTED
								   : NONE;
	state = sl_visit_max(v, state, STATES - 1);
	if (state != NONE)
		sl_visit_bytes(v, m->sha256.b, sizeof(m->sha256.b));
	m->sha256_asked = state == ASKED;
}

/* An address in text form, which takes two to eight times the room of its bytes. */
static void visit_address(struct sl_visit *v, void *item)
{
	struct sl_span *text = item;
	struct sl_ip ip = { .family = 0 };
	char canonical[46];
	if (!v->reading && sl_ip_parse(*text, &ip) &&
		!sl_span_eq(*text, sl_span_of(canonical, sl_ip_text(&ip, canonical))))
		ip.family = 0;
	visit_ip(v, &ip);
	if (ip.family == 0)
		sl_visit_known_text(v, text);
	else if (v->reading && !v->bad)
		*text = sl_arena_copy(v->arena, sl_span_of(canonical, sl_ip_text(&ip, canonical)));
}

static struct sl_span *visit_addresses(struct sl_visit *v, struct sl_span *items, size_t *n)
{
	if (v->version < 2)
		return visit_texts(v, items, n);
	return sl_visit_array(v, items, n, sizeof(*items), 1, visit_address);
}

static void visit_place(struct sl_visit *v, struct sl_message *m)
{
	sl_visit_u64(v, &m->size);
	m->flags = sl_visit_max(v, m->flags, SL_BIT(SL_MSG_FLAGS) - 1);
	sl_visit_time(v, &m->date);
	sl_visit_time(v, &m->received);
}

static void visit_route(struct sl_visit *v, struct sl_message *m)
{
	visit_ip(v, &m->origin_ip);
	m->origin_reason = (enum sl_ip_reason)sl_visit_max(v, m->origin_reason, SL_IP_REASONS - 1);
	sl_visit_u32(v, &m->origin_hop);
	if (v->version < 2) {
		sl_visit_text(v, &m->origin_helo);
		sl_visit_text(v, &m->origin_rdns);
	}
	m->claimed = visit_addresses(v, m->claimed, &m->n_claimed);
	m->relays = visit_addresses(v, m->relays, &m->n_relays);
}

static void visit_look(struct sl_visit *v, struct sl_message *m)
{
	struct sl_span *const texts[] = { &m->subject, &m->from_name, &m->from_addr,
		&m->from_domain, &m->return_path, &m->reply_to, &m->message_id, &m->spf, &m->dkim,
		&m->dmarc, &m->arc, &m->auth_by, &m->mailer, &m->language, &m->brand,
		&m->subject_norm, &m->sender_norm };
	for (size_t i = 0; i < SL_LEN(texts); i++)
		if (v->version < 2 || texts[i] != &m->message_id)
			sl_visit_known_text(v, texts[i]);
}

static void visit_message_1(struct sl_visit *v, struct sl_message *m)
{
	sl_visit_id(v, &m->id);
	sl_visit_id(v, &m->key);
	sl_visit_bytes(v, m->sha256.b, sizeof(m->sha256.b));
	m->sha256_asked = true; /* it knew nothing else */
	sl_visit_id(v, &m->parent);
	sl_visit_id(v, &m->content);
	sl_visit_id(v, &m->variant);
	sl_visit_id(v, &m->variant_name);
	visit_place(v, m);
	visit_look(v, m);
	visit_route(v, m);
	m->indicators = visit_indicators(v, m->indicators, &m->n_indicators);
}

/* ---- a message in two parts ---- */

bool sl_indicator_is_of_copy(const struct sl_indicator *indicator)
{
	return indicator->role == SL_ROLE_SENDING_IP || indicator->role == SL_ROLE_RELAY ||
	       indicator->role == SL_ROLE_MESSAGE_ID;
}

static enum sl_kind kind_of_address(struct sl_span text)
{
	return sl_span_chr(text, ':', 0) < 0 ? SL_KIND_IPV4 : SL_KIND_IPV6;
}

/* Most indicators of a copy are just one of its first relays. A number for that, else 0. */
enum { RELAYS_LOOKED_AT = 16 };

static uint64_t code_of_relay(const struct sl_message *m, const struct sl_indicator *i)
{
	if ((i->role != SL_ROLE_SENDING_IP && i->role != SL_ROLE_RELAY) ||
		i->view != SL_VIEW_HEADER || i->part || i->flags || i->domain.n ||
		!sl_span_eq(i->host, i->value) || i->kind != kind_of_address(i->value))
		return 0;
	for (uint64_t at = 0; at < m->n_relays && at < RELAYS_LOOKED_AT; at++)
		if (sl_span_eq(m->relays[at], i->value))
			return 1 + 2 * at + (i->role == SL_ROLE_RELAY);
	return 0;
}

static struct sl_indicator relay_of_code(const struct sl_message *m, uint64_t code)
{
	struct sl_span text = m->relays[(code - 1) / 2];
	return (struct sl_indicator){ .kind = kind_of_address(text),
		.role = code % 2 ? SL_ROLE_SENDING_IP : SL_ROLE_RELAY,
		.view = SL_VIEW_HEADER,
		.value = text,
		.host = text };
}

static void visit_copy_indicator(
	struct sl_visit *v, const struct sl_message *m, struct sl_indicator *indicator)
{
	uint64_t code = v->reading ? 0 : code_of_relay(m, indicator);
	code = sl_visit_max(v, code, 2 * RELAYS_LOOKED_AT);
	if (code == 0)
		visit_indicator(v, indicator);
	else if ((code - 1) / 2 >= m->n_relays)
		sl_visit_refuse(v);
	else if (v->reading)
		*indicator = relay_of_code(m, code);
	if (v->reading && !v->bad && !sl_indicator_is_of_copy(indicator))
		sl_visit_refuse(v);
}

static void visit_face_indicator(struct sl_visit *v, struct sl_indicator *indicator)
{
	visit_indicator(v, indicator);
	if (v->reading && sl_indicator_is_of_copy(indicator))
		sl_visit_refuse(v);
}

static void visit_one(struct sl_visit *v, const struct sl_message *m, bool of_copy,
	struct sl_indicator *indicator)
{
	if (of_copy)
		visit_copy_indicator(v, m, indicator);
	else
		visit_face_indicator(v, indicator);
}

static void write_indicators(struct sl_visit *v, const struct sl_message *m, bool of_copy)
{
	uint64_t n = 0;
	for (size_t i = 0; i < m->n_indicators; i++)
		n += sl_indicator_is_of_copy(&m->indicators[i]) == of_copy;
	sl_visit_u64(v, &n);
	for (size_t i = 0; i < m->n_indicators; i++) {
		struct sl_indicator copy = m->indicators[i];
		if (sl_indicator_is_of_copy(&copy) == of_copy)
			visit_one(v, m, of_copy, &copy);
	}
}

static struct sl_indicator *read_indicators(
	struct sl_visit *v, const struct sl_message *m, bool of_copy, size_t *n_r)
{
	uint64_t n = 0;
	sl_visit_u64(v, &n);
	*n_r = 0;
	if (n > v->in.n / INDICATOR_MIN + (of_copy ? 2 * RELAYS_LOOKED_AT : 0))
		sl_visit_refuse(v);
	if (v->bad || n == 0)
		return NULL;
	struct sl_indicator *items = sl_arena_zalloc(v->arena, (size_t)n * sizeof(*items));
	for (size_t i = 0; i < n && !v->bad; i++)
		visit_one(v, m, of_copy, &items[i]);
	*n_r = v->bad ? 0 : (size_t)n;
	return items;
}

/* Those of the face stand first. */
static void join_indicators(struct sl_visit *v, struct sl_message *m, struct sl_indicator *face,
	size_t n_face, struct sl_indicator *copy, size_t n_copy)
{
	m->n_indicators = n_face + n_copy;
	m->indicators = n_face ? face : copy;
	if (n_face == 0 || n_copy == 0)
		return;
	m->indicators = sl_arena_alloc(v->arena, m->n_indicators * sizeof(*m->indicators));
	memcpy(m->indicators, face, n_face * sizeof(*face));
	memcpy(m->indicators + n_face, copy, n_copy * sizeof(*copy));
}

static void visit_part_indicators(struct sl_visit *v, struct sl_message *m, bool of_copy)
{
	size_t n;
	if (!v->reading) {
		write_indicators(v, m, of_copy);
		return;
	}
	struct sl_indicator *items = read_indicators(v, m, of_copy, &n);
	if (of_copy)
		join_indicators(v, m, m->indicators, m->n_indicators, items, n);
	else
		join_indicators(v, m, items, n, m->indicators, m->n_indicators);
}

static void visit_face_names(struct sl_visit *v, struct sl_message *m)
{
	visit_version(v);
	if (v->version < 2)
		sl_visit_refuse(v);
	sl_visit_id(v, &m->content);
	sl_visit_id(v, &m->variant);
	sl_visit_id(v, &m->variant_name);
}

static void visit_face_look(struct sl_visit *v, struct sl_message *m)
{
	visit_face_names(v, m);
	visit_look(v, m);
}

void sl_visit_face_look(struct sl_visit *v, struct sl_message *m)
{
	sl_assert(v->reading);
	sl_visit_record(v, NULL);
	visit_face_look(v, m);
}

void sl_visit_face(struct sl_visit *v, struct sl_message *m)
{
	struct sl_visit_texts texts;
	sl_visit_record(v, &texts);
	visit_face_look(v, m);
	visit_part_indicators(v, m, false);
	v->texts = NULL;
}

static void visit_copy_head(struct sl_visit *v, struct sl_message *m)
{
	sl_visit_id(v, &m->id);
	visit_digest(v, m);
	visit_parent(v, &m->parent);
}

static void visit_copy(struct sl_visit *v, struct sl_message *m)
{
	struct sl_visit_texts texts;
	sl_visit_record(v, &texts);
	visit_copy_head(v, m);
	visit_place(v, m);
	visit_route(v, m);
	visit_part_indicators(v, m, true);
	v->texts = NULL;
}

void sl_visit_message_1(struct sl_visit *v, struct sl_message *m)
{
	visit_version(v);
	if (v->version != 1)
		sl_visit_refuse(v);
	visit_message_1(v, m);
}

static void visit_face_key(struct sl_visit *v, struct sl_id *face)
{
	v->version = SL_CODEC_VERSION;
	sl_visit_id(v, face);
	if (sl_id_is_zero(face))
		sl_visit_refuse(v);
}

void sl_visit_copy_head(struct sl_visit *v, struct sl_message *m, struct sl_id *face)
{
	sl_assert(v->reading);
	visit_face_key(v, face);
	visit_copy_head(v, m);
}

void sl_visit_copy(struct sl_visit *v, struct sl_message *m, struct sl_id *face)
{
	visit_face_key(v, face);
	visit_copy(v, m);
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
	sl_visit_sketch(v, c->tag_sketch);
	sl_visit_text(v, &c->language);
	c->brands = visit_texts(v, c->brands, &c->n_brands);
	c->attachments = sl_visit_array(v, c->attachments, &c->n_attachments,
		sizeof(*c->attachments), ATTACHMENT_MIN, visit_attachment);
	c->indicators = visit_indicators(v, c->indicators, &c->n_indicators);
	v->texts = NULL;
}

/* Visitors take what they may fill; an encoder hands them a copy of the const record. */

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
	sl_assert(to->max <= UINT32_MAX);
	sl_buf_add(to, sl_span_of(&none, sizeof(none)));
	return to->n;
}

static void end_size(struct sl_buf *to, size_t from)
{
	size_in_result n = (size_in_result)(to->n - from);
	if (!to->overflow)
		memcpy(to->p + from - sizeof(n), &n, sizeof(n));
}

void sl_message_encode(struct sl_buf *to, const struct sl_message *message)
{
	struct sl_message copy = *message;
	struct sl_visit v = sl_visit_writer(to);
	visit_version(&v);
	sl_visit_id(&v, &copy.key);
	size_t from = begin_size(to);
	sl_visit_face(&v, &copy);
	end_size(to, from);
	visit_copy(&v, &copy);
}

void sl_result_encode_with(
	struct sl_buf *to, const struct sl_result *result, struct sl_span content)
{
	struct sl_parcel head = { .index = result->index,
		.inner = result->inner,
		.length = result->length,
		.time = result->time };
	struct sl_visit v = sl_visit_writer(to);
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

static bool take_key_and_face(struct sl_visit *v, struct sl_id *key_r, struct sl_span *face_r)
{
	visit_version(v);
	if (v->version < 2)
		sl_visit_refuse(v);
	sl_visit_id(v, key_r);
	*face_r = take_sized(v);
	return !v->bad;
}

bool sl_message_parts(struct sl_span message, struct sl_span *face_r, struct sl_span *copy_r)
{
	struct sl_visit v = sl_visit_reader(message, NULL);
	struct sl_id key;
	bool good = take_key_and_face(&v, &key, face_r);
	*copy_r = v.in;
	return good;
}

bool sl_face_decode(struct sl_span from, struct sl_arena *arena, struct sl_message *message)
{
	struct sl_visit v = sl_visit_reader(from, arena);
	sl_visit_face(&v, message);
	return sl_visit_ended(&v);
}

bool sl_message_decode(struct sl_span from, struct sl_arena *arena, struct sl_message *message_r)
{
	struct sl_visit v = sl_visit_reader(from, arena);
	struct sl_span face;
	memset(message_r, 0, sizeof(*message_r));
	if (from.n && from.p[0] == 1) {
		sl_visit_message_1(&v, message_r);
		return sl_visit_ended(&v);
	}
	if (!take_key_and_face(&v, &message_r->key, &face) ||
		!sl_face_decode(face, arena, message_r))
		return false;
	visit_copy(&v, message_r);
	return sl_visit_ended(&v);
}

bool sl_message_decode_copy(
	struct sl_span from, struct sl_arena *arena, struct sl_message *message_r)
{
	struct sl_visit v = sl_visit_reader(from, arena);
	struct sl_span face;
	memset(message_r, 0, sizeof(*message_r));
	if (!take_key_and_face(&v, &message_r->key, &face))
		return false;
	struct sl_visit names = sl_visit_reader(face, NULL);
	visit_face_names(&names, message_r);
	visit_copy(&v, message_r);
	return !names.bad && sl_visit_ended(&v);
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
