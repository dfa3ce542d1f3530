/* SPDX-License-Identifier: Apache-2.0 */
#include "visit.h"

/* The order of visits below is the format. A change of it is a new SL_CODEC_VERSION. */

static void visit_version(struct sl_visit *v)
{
	uint8_t version = SL_CODEC_VERSION;
	sl_visit_bytes(v, &version, 1);
	if (version != SL_CODEC_VERSION)
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
	sl_visit_text(v, &i->value);
	sl_visit_text(v, &i->host);
	sl_visit_text(v, &i->domain);
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

static struct sl_span *visit_texts(struct sl_visit *v, struct sl_span *items, size_t *n)
{
	return sl_visit_array(v, items, n, sizeof(*items), 1, sl_visit_text_item);
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

static void visit_message_names(struct sl_visit *v, struct sl_message *m)
{
	sl_visit_id(v, &m->id);
	sl_visit_id(v, &m->key);
	sl_visit_bytes(v, m->sha256.b, sizeof(m->sha256.b));
	sl_visit_id(v, &m->parent);
	sl_visit_id(v, &m->content);
	sl_visit_id(v, &m->variant);
	sl_visit_id(v, &m->variant_name);
}

static void visit_message_route(struct sl_visit *v, struct sl_message *m)
{
	visit_ip(v, &m->origin_ip);
	m->origin_reason = (enum sl_ip_reason)sl_visit_max(v, m->origin_reason, SL_IP_REASONS - 1);
	sl_visit_u32(v, &m->origin_hop);
	sl_visit_text(v, &m->origin_helo);
	sl_visit_text(v, &m->origin_rdns);
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
		sl_visit_text(v, texts[i]);
}

void sl_visit_message(struct sl_visit *v, struct sl_message *m)
{
	visit_version(v);
	visit_message_names(v, m);
	sl_visit_u64(v, &m->size);
	m->flags = sl_visit_max(v, m->flags, SL_BIT(SL_MSG_FLAGS) - 1);
	sl_visit_time(v, &m->date);
	sl_visit_time(v, &m->received);
	visit_message_texts(v, m);
	visit_message_route(v, m);
	m->indicators = visit_indicators(v, m->indicators, &m->n_indicators);
}

/* Mails without HTML have an empty sketch: one byte for it. */
static void visit_sketch(struct sl_visit *v, uint16_t sketch[SL_TAG_SKETCH])
{
	bool filled = false;
	for (size_t i = 0; i < SL_TAG_SKETCH; i++)
		filled = filled || sketch[i] != 0;
	sl_visit_bool(v, &filled);
	uint16_t any = 0;
	for (size_t i = 0; i < SL_TAG_SKETCH && filled; i++) {
		uint8_t pair[2] = { (uint8_t)(sketch[i] >> 8), (uint8_t)sketch[i] };
		sl_visit_bytes(v, pair, sizeof(pair));
		sketch[i] = (uint16_t)(pair[0] << 8 | pair[1]);
		any |= sketch[i];
	}
	if (filled && !any)
		sl_visit_refuse(v);
}

void sl_visit_content(struct sl_visit *v, struct sl_content *c)
{
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
}

static void visit_result_head(struct sl_visit *v, struct sl_result *r)
{
	visit_version(v);
	sl_visit_u32(v, &r->index);
	sl_visit_text(v, &r->inner);
	sl_visit_u64(v, &r->length);
	sl_visit_time(v, &r->time);
	sl_visit_message(v, &r->message);
}

/* Visitors take what they may fill; an encoder hands them a copy of the const record. */

void sl_message_encode(struct sl_buf *to, const struct sl_message *message)
{
	struct sl_message copy = *message;
	struct sl_visit v = sl_visit_writer(to);
	sl_visit_message(&v, &copy);
}

void sl_content_encode(struct sl_buf *to, const struct sl_content *content)
{
	struct sl_content copy = *content;
	struct sl_visit v = sl_visit_writer(to);
	sl_visit_content(&v, &copy);
}

void sl_result_encode(struct sl_buf *to, const struct sl_result *result, struct sl_span content)
{
	struct sl_result copy = *result;
	struct sl_visit v = sl_visit_writer(to);
	visit_result_head(&v, &copy);
	if (content.n)
		sl_buf_add(to, content);
	else
		sl_visit_content(&v, &copy.content);
}

bool sl_message_decode(struct sl_span from, struct sl_arena *arena, struct sl_message *message_r)
{
	struct sl_visit v = sl_visit_reader(from, arena);
	memset(message_r, 0, sizeof(*message_r));
	sl_visit_message(&v, message_r);
	return sl_visit_ended(&v);
}

bool sl_content_decode(struct sl_span from, struct sl_arena *arena, struct sl_content *content_r)
{
	struct sl_visit v = sl_visit_reader(from, arena);
	memset(content_r, 0, sizeof(*content_r));
	sl_visit_content(&v, content_r);
	return sl_visit_ended(&v);
}

bool sl_result_decode(struct sl_span *from, struct sl_arena *arena, struct sl_result *result_r)
{
	struct sl_visit v = sl_visit_reader(*from, arena);
	memset(result_r, 0, sizeof(*result_r));
	visit_result_head(&v, result_r);
	sl_visit_content(&v, &result_r->content);
	if (v.bad)
		return false;
	*from = v.in;
	return true;
}
