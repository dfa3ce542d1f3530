/* SPDX-License-Identifier: Apache-2.0 */
/* records.h - made-up records for tests of the codec and the store.
 *
 * Everything is a function of small numbers, so that two tests that ask for message 7 mean the same
 * one. Keys do not depend on a store's secret here: dumps of two stores can be compared.
 */
#ifndef SL_TEST_RECORDS_H
#define SL_TEST_RECORDS_H

#include "pipeline/base/arena.h"
#include "pipeline/record.h"

/* A generator of our own: the same numbers everywhere. */
static inline uint64_t made_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline struct sl_id made_id(struct sl_arena *arena, const char *what, unsigned number)
{
	return sl_hash_name(sl_arena_printf(arena, "%s %u", what, number));
}

static inline void made_sha256(struct sl_sha256 *digest_r, unsigned number)
{
	for (size_t i = 0; i < sizeof(digest_r->b); i++)
		digest_r->b[i] = (uint8_t)(number + i + 1);
}

/* Indicator `number` in a role that may differ from mail to mail. */
static inline struct sl_indicator made_indicator(
	struct sl_arena *arena, unsigned number, unsigned turn)
{
	struct sl_span host = sl_arena_printf(arena, "h%u.example.net", number);
	struct sl_indicator i = {
		.kind = (enum sl_kind)(number % 3),
		.role = (enum sl_role)(turn % SL_ROLES),
		.view = (enum sl_view_kind)(turn % SL_VIEWS),
		.part = turn % 4,
		.flags = (uint32_t)(SL_BIT(turn % SL_IND_FLAGS)),
		.value = host,
		.host = host,
		.domain = SL_SPAN("example.net"),
	};
	if (i.kind == SL_KIND_URL)
		i.value = sl_arena_printf(arena, "http://h%u.example.net/a", number);
	if (i.kind == SL_KIND_DOMAIN)
		i.value = i.host = i.domain;
	return i;
}

static inline struct sl_span *made_spans(struct sl_arena *arena, const char *what, size_t n)
{
	struct sl_span *spans = sl_arena_alloc(arena, n * sizeof(*spans));
	for (size_t i = 0; i < n; i++)
		spans[i] = sl_arena_printf(arena, "%s:%zu", what, i);
	return spans;
}

static inline struct sl_content made_content(struct sl_arena *arena, unsigned number)
{
	struct sl_content c = {
		.key = made_id(arena, "content", number),
		.size = 1000 + number,
		.flags = SL_BIT(SL_MSG_HIDDEN_TEXT),
		.text_source = SL_VIEW_HTML,
		.norm = sl_arena_printf(arena, "\xe3\x81\x8a\xe7\x9f\xa5 %u\nbody text\n", number),
		.anchors = made_spans(arena, "amount", number % 3),
		.n_anchors = number % 3,
		.html_tags = number,
		.skeleton = number * 0x123456789abcdefu,
		.language = SL_SPAN("ja"),
		.brands = made_spans(arena, "brand", number % 2),
		.n_brands = number % 2,
	};
	for (size_t i = 0; i < SL_TAG_SKETCH && number % 4; i++)
		c.tag_sketch[i] = (uint16_t)(number * 77 + i);
	c.n_indicators = number % 5;
	c.indicators = sl_arena_alloc(arena, (c.n_indicators + 1) * sizeof(*c.indicators));
	for (unsigned i = 0; i < c.n_indicators; i++)
		c.indicators[i] = made_indicator(arena, number % 7 + i, number + i);
	c.n_attachments = number % 2;
	c.attachments = sl_arena_zalloc(arena, 2 * sizeof(*c.attachments));
	c.attachments[0].name = SL_SPAN("invoice.pdf");
	c.attachments[0].type = SL_SPAN("application/pdf");
	c.attachments[0].size = 12345;
	made_sha256(&c.attachments[0].sha256, number);
	c.attachments[0].sha1.b[3] = 9;
	c.attachments[0].md5.b[15] = 8;
	return c;
}

/* Three messages share a content; five contents share a variant. */
static inline struct sl_message made_message(struct sl_arena *arena, unsigned number)
{
	unsigned content = number / 3, variant = content / 5;
	struct sl_message m = {
		.id = made_id(arena, "message", number),
		.key = made_id(arena, "message key", number),
		.content = made_id(arena, "content", content),
		.variant = made_id(arena, "variant", variant),
		.variant_name = made_id(arena, "variant name", variant),
		.size = 2000 + number,
		.flags = SL_BIT(SL_MSG_BIDI) | SL_BIT(SL_MSG_FLAGS - 1),
		.date = number % 4 ? -86400 * (int64_t)number : SL_TIME_NONE,
		.received = number % 5 ? 1700000000 + number : SL_TIME_NONE,
		.subject = sl_arena_printf(arena, "Subject \xe2\x82\xac %u", number),
		.from_name = SL_SPAN("Example Shop"),
		.from_addr = SL_SPAN("shop@example.com"),
		.from_domain = SL_SPAN("example.com"),
		.return_path = SL_SPAN("bounce@example.org"),
		.message_id = sl_arena_printf(arena, "%u@example.org", number),
		.origin_ip = { .family = number % 2 ? 4 : 6, .b = { 192, 0, 2, 7 } },
		.origin_reason = SL_IP_BOUNDARY,
		.origin_hop = number % 3 ? number % 3 : SL_HOP_NONE,
		.origin_helo = SL_SPAN("mail.example.org"),
		.claimed = made_spans(arena, "claimed", number % 2),
		.n_claimed = number % 2,
		.relays = made_spans(arena, "relay", 2),
		.n_relays = 2,
		.spf = SL_SPAN("pass"),
		.language = SL_SPAN("ja"),
		.brand = SL_SPAN("example-shop"),
		.subject_norm = SL_SPAN("subject #"),
		.sender_norm = SL_SPAN("example shop"),
	};
	made_sha256(&m.sha256, number);
	m.n_indicators = 1 + number % 4;
	m.indicators = sl_arena_alloc(arena, m.n_indicators * sizeof(*m.indicators));
	for (unsigned i = 0; i < m.n_indicators; i++)
		m.indicators[i] = made_indicator(arena, number % 11 + i / 2, number + i);
	return m;
}

static inline struct sl_result made_result(struct sl_arena *arena, unsigned number, int64_t time)
{
	return (struct sl_result){
		.index = number % 64,
		.inner = number % 6 ? SL_SPAN_NULL : SL_SPAN("!#4/2"),
		.length = number % 6 ? 0 : 1234,
		.time = time,
		.message = made_message(arena, number),
		.content = made_content(arena, number / 3),
	};
}

#endif
