/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "records.h"
#include "storage/codec.h"
#include "storage/messagerow.h"
#include "storage/rows.h"
#include "storage/visit.h"

#include <stdlib.h>

enum { RECORDS = 40 };

struct room {
	struct sl_arena *arena, *decoded;
	struct sl_buf buf, again;
};

static int room_open(void **state)
{
	struct room *room = sl_calloc(1, sizeof(*room));
	room->arena = sl_arena_new(0);
	room->decoded = sl_arena_new(0);
	room->buf = sl_buf_make(1 << 24);
	room->again = sl_buf_make(1 << 24);
	*state = room;
	return 0;
}

static int room_close(void **state)
{
	struct room *room = *state;
	sl_arena_free(&room->arena);
	sl_arena_free(&room->decoded);
	sl_buf_free(&room->buf);
	sl_buf_free(&room->again);
	free(room);
	return 0;
}

static void check_indicators(const struct sl_indicator *a, const struct sl_indicator *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(a[i].kind, b[i].kind);
		assert_int_equal(a[i].role, b[i].role);
		assert_int_equal(a[i].view, b[i].view);
		assert_int_equal(a[i].part, b[i].part);
		assert_int_equal(a[i].flags, b[i].flags);
		assert_true(sl_span_eq(a[i].value, b[i].value));
		assert_true(sl_span_eq(a[i].host, b[i].host));
		assert_true(sl_span_eq(a[i].domain, b[i].domain));
	}
}

/* Those of the face come back first. */
static void check_parted(const struct sl_message *a, const struct sl_message *b)
{
	size_t at = 0;
	assert_int_equal(a->n_indicators, b->n_indicators);
	for (int of_copy = 0; of_copy < 2; of_copy++)
		for (size_t i = 0; i < a->n_indicators; i++) {
			enum sl_role role = a->indicators[i].role;
			if ((role == SL_ROLE_SENDING_IP || role == SL_ROLE_RELAY ||
				    role == SL_ROLE_MESSAGE_ID) == of_copy)
				check_indicators(&a->indicators[i], &b->indicators[at++], 1);
		}
}

static void check_spans(const struct sl_span *a, const struct sl_span *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_true(sl_span_eq(a[i], b[i]));
}

/* Fields one by one: an encoder and a decoder that forget the same field agree with each other. */
static void check_messages(const struct sl_message *a, const struct sl_message *b)
{
	assert_memory_equal(&a->id, &b->id, 16);
	assert_memory_equal(&a->key, &b->key, 16);
	assert_memory_equal(&a->sha256, &b->sha256, 32);
	assert_memory_equal(&a->parent, &b->parent, 16);
	assert_memory_equal(&a->content, &b->content, 16);
	assert_memory_equal(&a->variant, &b->variant, 16);
	assert_memory_equal(&a->variant_name, &b->variant_name, 16);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->date, b->date);
	assert_int_equal(a->received, b->received);
	const struct sl_span *const x[] = { &a->subject, &a->from_name, &a->from_addr,
		&a->from_domain, &a->return_path, &a->reply_to, &a->spf, &a->dkim, &a->dmarc,
		&a->arc, &a->auth_by, &a->mailer, &a->language, &a->brand, &a->subject_norm,
		&a->sender_norm };
	const struct sl_span *const y[] = { &b->subject, &b->from_name, &b->from_addr,
		&b->from_domain, &b->return_path, &b->reply_to, &b->spf, &b->dkim, &b->dmarc,
		&b->arc, &b->auth_by, &b->mailer, &b->language, &b->brand, &b->subject_norm,
		&b->sender_norm };
	for (size_t i = 0; i < SL_LEN(x); i++)
		assert_true(sl_span_eq(*x[i], *y[i]));
	assert_int_equal(a->origin_ip.family, b->origin_ip.family);
	assert_memory_equal(a->origin_ip.b, b->origin_ip.b, 16);
	assert_int_equal(a->origin_reason, b->origin_reason);
	assert_int_equal(a->origin_hop, b->origin_hop);
	assert_int_equal(a->n_claimed, b->n_claimed);
	check_spans(a->claimed, b->claimed, a->n_claimed);
	assert_int_equal(a->n_relays, b->n_relays);
	check_spans(a->relays, b->relays, a->n_relays);
	check_parted(a, b);
}

static void check_contents(const struct sl_content *a, const struct sl_content *b)
{
	assert_memory_equal(&a->key, &b->key, 16);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->text_source, b->text_source);
	assert_true(sl_span_eq(a->norm, b->norm));
	assert_int_equal(a->n_anchors, b->n_anchors);
	check_spans(a->anchors, b->anchors, a->n_anchors);
	assert_int_equal(a->html_tags, b->html_tags);
	assert_int_equal(a->skeleton, b->skeleton);
	assert_memory_equal(a->tag_sketch, b->tag_sketch, sizeof(a->tag_sketch));
	assert_true(sl_span_eq(a->language, b->language));
	assert_int_equal(a->n_brands, b->n_brands);
	check_spans(a->brands, b->brands, a->n_brands);
	assert_int_equal(a->n_attachments, b->n_attachments);
	for (size_t i = 0; i < a->n_attachments; i++) {
		const struct sl_attachment *p = &a->attachments[i], *q = &b->attachments[i];
		assert_true(sl_span_eq(p->name, q->name));
		assert_true(sl_span_eq(p->type, q->type));
		assert_int_equal(p->part, q->part);
		assert_int_equal(p->size, q->size);
		assert_memory_equal(&p->sha256, &q->sha256, 32);
		assert_memory_equal(&p->sha1, &q->sha1, 20);
		assert_memory_equal(&p->md5, &q->md5, 16);
	}
	assert_int_equal(a->n_indicators, b->n_indicators);
	check_indicators(a->indicators, b->indicators, a->n_indicators);
}

static struct sl_message full_message(struct sl_arena *arena, unsigned number)
{
	struct sl_message m = made_message(arena, number);
	m.parent = made_id(arena, "parent", number);
	m.reply_to = SL_SPAN("reply@example.org");
	m.origin_rdns = SL_SPAN("rdns.example.org");
	m.dkim = SL_SPAN("fail");
	m.dmarc = SL_SPAN("none");
	m.arc = SL_SPAN("pass");
	m.auth_by = SL_SPAN("mx.example.org");
	m.mailer = SL_SPAN("Mailer 1.0");
	memset(m.origin_ip.b, 0, sizeof(m.origin_ip.b));
	m.origin_ip.family = number % 3 == 0 ? 0 : number % 3 == 1 ? 4 : 6;
	for (size_t i = 0; i < (m.origin_ip.family == 4 ? 4 : m.origin_ip.family ? 16 : 0); i++)
		m.origin_ip.b[i] = (uint8_t)(number + i);
	return m;
}

static void round_trip(void **state)
{
	struct room *room = *state;
	for (unsigned i = 0; i < RECORDS; i++) {
		struct sl_message message = full_message(room->arena, i), m;
		struct sl_content content = made_content(room->arena, i), c;
		sl_buf_reset(&room->buf);
		sl_message_encode(&room->buf, &message);
		assert_true(sl_message_decode(sl_buf_span(&room->buf), room->decoded, &m));
		check_messages(&message, &m);
		sl_buf_reset(&room->buf);
		sl_content_encode(&room->buf, &content);
		assert_true(sl_content_decode(sl_buf_span(&room->buf), room->decoded, &c));
		check_contents(&content, &c);
	}
}

static void empty_and_extreme(void **state)
{
	struct room *room = *state;
	static const int64_t times[] = { SL_TIME_NONE, INT64_MIN + 1, -1, 0, 1, INT64_MAX };
	for (size_t i = 0; i < SL_LEN(times); i++) {
		struct sl_message message = { .date = times[i],
			.received = times[SL_LEN(times) - 1 - i],
			.size = UINT64_MAX,
			.origin_hop = SL_HOP_NONE,
			.flags = SL_BIT(SL_MSG_FLAGS) - 1 };
		struct sl_message m;
		sl_buf_reset(&room->buf);
		sl_message_encode(&room->buf, &message);
		assert_true(sl_message_decode(sl_buf_span(&room->buf), room->decoded, &m));
		check_messages(&message, &m);
	}
	struct sl_content empty = { .size = 0 }, c;
	sl_buf_reset(&room->buf);
	sl_content_encode(&room->buf, &empty);
	assert_true(sl_content_decode(sl_buf_span(&room->buf), room->decoded, &c));
	check_contents(&empty, &c);
	assert_false(sl_content_decode(SL_SPAN_NULL, room->decoded, &c));
}

static void result_stream(void **state)
{
	struct room *room = *state;
	for (unsigned i = 0; i < RECORDS; i++) {
		struct sl_result result = made_result(room->arena, i, (int64_t)i - 3);
		sl_result_encode(&room->buf, &result);
	}
	struct sl_span rest = sl_buf_span(&room->buf);
	for (unsigned i = 0; i < RECORDS; i++) {
		struct sl_result want = made_result(room->arena, i, (int64_t)i - 3), r;
		assert_true(sl_result_decode(&rest, room->decoded, &r));
		assert_int_equal(r.index, want.index);
		assert_true(sl_span_eq(r.inner, want.inner));
		assert_int_equal(r.length, want.length);
		assert_int_equal(r.time, want.time);
		check_messages(&want.message, &r.message);
		check_contents(&want.content, &r.content);
	}
	assert_int_equal(rest.n, 0);
	struct sl_result r;
	assert_false(sl_result_decode(&rest, room->decoded, &r));
}

/* A copy of exactly that size on the heap: the sanitizer sees every byte read too many. */
static bool decodes(struct room *room, struct sl_span bytes, struct sl_result *result_r)
{
	char *copy = sl_malloc(bytes.n);
	if (bytes.n)
		memcpy(copy, bytes.p, bytes.n);
	struct sl_span rest = sl_span_of(copy, bytes.n);
	sl_arena_reset(room->decoded);
	bool ok = sl_result_decode(&rest, room->decoded, result_r);
	assert_true(rest.n <= bytes.n && (ok || rest.n == bytes.n));
	if (ok) {
		/* what is accepted is a record: written and read again, it is the same */
		struct sl_result same;
		sl_buf_reset(&room->again);
		sl_result_encode(&room->again, result_r);
		struct sl_span again = sl_buf_span(&room->again);
		assert_true(sl_result_decode(&again, room->decoded, &same));
		assert_int_equal(again.n, 0);
		check_messages(&result_r->message, &same.message);
		check_contents(&result_r->content, &same.content);
	}
	free(copy);
	return ok;
}

static void cut_anywhere(void **state)
{
	struct room *room = *state;
	struct sl_result result = made_result(room->arena, 29, 5), r;
	sl_result_encode(&room->buf, &result);
	struct sl_span all = sl_buf_span(&room->buf);
	for (size_t n = 0; n < all.n; n++)
		assert_false(decodes(room, sl_span_head(all, n), &r));
	assert_true(decodes(room, all, &r));
}

static void bytes_left_over(void **state)
{
	struct room *room = *state;
	struct sl_message message = made_message(room->arena, 3), m;
	sl_message_encode(&room->buf, &message);
	sl_buf_char(&room->buf, '\0');
	assert_false(sl_message_decode(sl_buf_span(&room->buf), room->decoded, &m));
}

static void flipped_bytes(void **state)
{
	struct room *room = *state;
	uint64_t random = 88172645463325252u;
	struct sl_result r;
	for (unsigned round = 0; round < 20000; round++) {
		struct sl_result result = made_result(room->arena, round % RECORDS, 5);
		sl_buf_reset(&room->buf);
		sl_result_encode(&room->buf, &result);
		for (uint64_t flips = 1 + made_next(&random) % 4; flips; flips--)
			room->buf.p[made_next(&random) % room->buf.n] = (char)made_next(&random);
		decodes(room, sl_buf_span(&room->buf), &r);
		if (round % 64 == 0)
			sl_arena_reset(room->arena);
	}
}

static void every_byte_to_extremes(void **state)
{
	struct room *room = *state;
	struct sl_result result = made_result(room->arena, 31, 5), r;
	static const unsigned char values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	sl_result_encode(&room->buf, &result);
	for (size_t at = 0; at < room->buf.n; at++) {
		char old = room->buf.p[at];
		for (size_t i = 0; i < SL_LEN(values); i++) {
			room->buf.p[at] = (char)values[i];
			decodes(room, sl_buf_span(&room->buf), &r);
		}
		room->buf.p[at] = old;
	}
}

/* Hand-made numbers: bytes, whether they are one, the value. */
static void numbers(void **state)
{
	(void)state;
	static const struct {
		struct sl_span bytes;
		bool good;
		uint64_t value;
	} rows[] = {
		{ { "\x00", 1 }, true, 0 },
		{ { "\x7f", 1 }, true, 127 },
		{ { "\x80\x01", 2 }, true, 128 },
		{ { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 }, true, UINT64_MAX },
		{ { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10 }, false, 0 },
		{ { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11 }, false, 0 },
		{ { "\x80\x00", 2 }, false, 0 },
		{ { "\x80", 1 }, false, 0 },
		{ { "", 0 }, false, 0 },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_visit v = sl_visit_reader(rows[i].bytes, NULL);
		uint64_t value = 77;
		sl_visit_u64(&v, &value);
		if (sl_visit_ended(&v) != rows[i].good || value != rows[i].value)
			fail_msg("row %zu: %d, %llu", i, (int)sl_visit_ended(&v),
				(unsigned long long)value);
	}
}

/* A count that the bytes cannot hold must not allocate. */
static void huge_count(void **state)
{
	struct room *room = *state;
	struct sl_content content = { .size = 1 }, c;
	sl_content_encode(&room->buf, &content);
	sl_buf_reset(&room->again);
	/* the last byte is the count of indicators */
	sl_buf_add(&room->again, sl_span_head(sl_buf_span(&room->buf), room->buf.n - 1));
	sl_buf_add(&room->again, SL_SPAN("\xff\xff\xff\xff\x7f"));
	sl_arena_reset(room->decoded);
	assert_false(sl_content_decode(sl_buf_span(&room->again), room->decoded, &c));
	assert_int_equal(sl_arena_used(room->decoded), 0);
	assert_int_equal(c.n_indicators, 0);
}

static void invalid_text(void **state)
{
	struct room *room = *state;
	static const struct sl_span bad[] = { { "\xff", 1 }, { "\xc0\x80", 2 },
		{ "\xed\xa0\x80", 3 }, { "a\xe3\x81", 3 }, { "\xf4\x90\x80\x80", 4 } };
	for (size_t i = 0; i < SL_LEN(bad); i++) {
		struct sl_message message = { .subject = bad[i] }, m;
		sl_buf_reset(&room->buf);
		sl_message_encode(&room->buf, &message);
		assert_false(sl_message_decode(sl_buf_span(&room->buf), room->decoded, &m));
	}
	struct sl_message message = { .subject = { "a\0b", 3 } }, m;
	sl_buf_reset(&room->buf);
	sl_message_encode(&room->buf, &message);
	assert_true(sl_message_decode(sl_buf_span(&room->buf), room->decoded, &m));
	assert_int_equal(m.subject.n, 3);
}

static void old_text(struct sl_buf *to, struct sl_span text)
{
	sl_buf_char(to, (char)text.n);
	sl_buf_add(to, text);
}

/* A row of schema 2: what its sightings add up to, and such a record. */
static void check_old_row(struct room *room, const struct sl_message *want, struct sl_span record)
{
	struct sl_message_row row;
	struct sl_key key = sl_key_of_id(&want->key);
	sl_buf_reset(&room->again);
	sl_buf_add(&room->again, SL_SPAN("\3\0\0\2"));
	sl_buf_add(&room->again, record);
	sl_row_seal(SL_TABLE_MESSAGES, sl_key_span(&key), &room->again);
	assert_true(sl_row_decode(SL_TABLE_MESSAGES, sl_key_span(&key), sl_buf_span(&room->again),
		room->decoded, &row));
	check_messages(want, &row.message);
	assert_int_equal(row.sightings, 3);
	assert_int_equal(row.first, SL_TIME_NONE);
	assert_int_equal(row.night, 2);
	assert_false(row.has_home);
	assert_true(sl_id_is_zero(&row.face));
	/* brief rows of it are whole */
	assert_true(sl_row_message_brief(
		sl_key_span(&key), sl_buf_span(&room->again), room->decoded, &row));
	check_messages(want, &row.message);
	assert_int_equal(row.sightings, 3);
}

/* As version 1 wrote it: the key, always a parent, and every text in full. */
static void version_1(void **state)
{
	struct room *room = *state;
	struct sl_message want = full_message(room->arena, 7), m;
	const struct sl_span *const texts[] = { &want.subject, &want.from_name, &want.from_addr,
		&want.from_domain, &want.return_path, &want.reply_to, &want.message_id, &want.spf,
		&want.dkim, &want.dmarc, &want.arc, &want.auth_by, &want.mailer, &want.language,
		&want.brand, &want.subject_norm, &want.sender_norm };
	want.size = 77;
	want.flags = 0;
	want.date = want.received = SL_TIME_NONE;
	want.origin_ip = (struct sl_ip){ .family = 0 };
	want.origin_hop = 3;
	want.n_claimed = want.n_relays = 0;
	want.n_indicators = 1;
	struct sl_buf *to = &room->buf;
	sl_buf_char(to, 1);
	sl_buf_add(to, sl_span_of(&want.id, 16));
	sl_buf_add(to, sl_span_of(&want.key, 16));
	sl_buf_add(to, sl_span_of(&want.sha256, 32));
	sl_buf_add(to, sl_span_of(&want.parent, 16));
	sl_buf_add(to, sl_span_of(&want.content, 16));
	sl_buf_add(to, sl_span_of(&want.variant, 16));
	sl_buf_add(to, sl_span_of(&want.variant_name, 16));
	sl_buf_add(to, SL_SPAN("\x4d\0\0\0"));
	for (size_t i = 0; i < SL_LEN(texts); i++)
		old_text(to, *texts[i]);
	sl_buf_char(to, 0);
	sl_buf_char(to, (char)want.origin_reason);
	sl_buf_char(to, 3);
	old_text(to, want.origin_helo);
	old_text(to, want.origin_rdns);
	sl_buf_add(to, SL_SPAN("\0\0\1"));
	const struct sl_indicator *i = want.indicators;
	const char head[] = { (char)i->kind, (char)i->role, (char)i->view, (char)i->part };
	sl_buf_add(to, sl_span_of(head, sizeof(head)));
	struct sl_visit v = sl_visit_writer(to);
	uint64_t flags = i->flags;
	sl_visit_u64(&v, &flags);
	old_text(to, i->value);
	old_text(to, i->host);
	old_text(to, i->domain);
	assert_true(sl_message_decode(sl_buf_span(to), room->decoded, &m));
	check_messages(&want, &m);
	assert_true(sl_span_eq(want.message_id, m.message_id));
	assert_true(sl_span_eq(want.origin_helo, m.origin_helo));
	assert_true(sl_span_eq(want.origin_rdns, m.origin_rdns));
	check_old_row(room, &want, sl_buf_span(to));
}

/* A text that is there already takes no second place, whatever it ends or lies in. */
static void known_texts(void **state)
{
	struct room *room = *state;
	struct sl_indicator i = { .kind = SL_KIND_URL,
		.value = SL_SPAN("http://www.shop.example.com/a"),
		.host = SL_SPAN("www.shop.example.com"),
		.domain = SL_SPAN("example.com") };
	struct sl_message message = { .from_addr = SL_SPAN("someone@shop.example.com"),
		.from_domain = SL_SPAN("shop.example.com"),
		.return_path = SL_SPAN("someone@shop.example.com"),
		.reply_to = SL_SPAN("nobody@shop.example.com"),
		.indicators = &i,
		.n_indicators = 1 };
	struct sl_message bare = { .size = 0 }, m;
	sl_message_encode(&room->again, &bare);
	sl_message_encode(&room->buf, &message);
	size_t most = message.from_addr.n + message.reply_to.n + i.value.n;
	assert_true(room->buf.n <= room->again.n + most + 13);
	assert_true(sl_message_decode(sl_buf_span(&room->buf), room->decoded, &m));
	check_messages(&message, &m);
}

/* A few bytes must not become many: here a text of 100 KB that 300 others would stand for. */
static void expansion(void **state)
{
	struct room *room = *state;
	enum { LONG = 100000, TIMES = 300 };
	char *bytes = memset(sl_malloc(LONG), 'a', LONG);
	struct sl_span *texts = sl_calloc(TIMES, sizeof(*texts));
	for (size_t i = 0; i < TIMES; i++)
		texts[i] = sl_span_of(bytes, LONG);
	struct sl_message message = { .claimed = texts, .n_claimed = TIMES }, m;
	struct sl_buf buf = sl_buf_make(1 << 26);
	sl_message_encode(&buf, &message);
	assert_true(buf.n > (size_t)LONG * TIMES - SL_VISIT_ROOM);
	assert_true(sl_message_decode(sl_buf_span(&buf), room->decoded, &m));
	check_messages(&message, &m);
	sl_buf_free(&buf);
	free(texts);
	free(bytes);
}

static void foreign_places(void **state)
{
	(void)state;
	/* a text of 3 bytes, then one of 3 that lies so many bytes back */
	static const struct {
		char back;
		bool good;
	} rows[] = { { 0, false }, { 2, false }, { 3, true }, { 4, true }, { 5, false } };
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		char bytes[] = { 6, 'a', 'b', 'c', 7, rows[i].back };
		struct sl_visit v = sl_visit_reader(sl_span_of(bytes, sizeof(bytes)), NULL);
		struct sl_span first, second;
		sl_visit_record(&v, NULL);
		v.version = 2;
		sl_visit_known_text(&v, &first);
		sl_visit_known_text(&v, &second);
		assert_int_equal(sl_visit_ended(&v), rows[i].good);
		if (rows[i].good)
			assert_ptr_equal(second.p, bytes + 4 - rows[i].back);
	}
}

static void parcels(void **state)
{
	struct room *room = *state;
	struct sl_result result = made_result(room->arena, 29, 5);
	struct sl_parcel parcel;
	struct sl_content content;
	sl_content_encode(&room->again, &result.content);
	sl_result_encode(&room->buf, &result);
	size_t n = room->buf.n;
	/* what was encoded before makes the same bytes */
	struct sl_result bare = result;
	memset(&bare.content, 0, sizeof(bare.content));
	sl_result_encode_with(&room->buf, &bare, sl_buf_span(&room->again));
	assert_int_equal(room->buf.n, 2 * n);
	assert_memory_equal(room->buf.p, room->buf.p + n, n);
	struct sl_span rest = sl_buf_span(&room->buf);
	assert_true(sl_result_take(&rest, &parcel));
	assert_int_equal(rest.n, n);
	assert_int_equal(parcel.index, result.index);
	assert_true(sl_span_eq(parcel.content, sl_buf_span(&room->again)));
	assert_true(sl_content_decode(parcel.content, room->decoded, &content));
	check_contents(&result.content, &content);
}

/* Encoding into a buffer that is too small says so and writes no byte behind its maximum. */
static void overflow(void **state)
{
	struct room *room = *state;
	struct sl_message message = made_message(room->arena, 1);
	struct sl_buf small = sl_buf_make(100);
	sl_message_encode(&small, &message);
	assert_true(small.overflow);
	assert_true(small.n <= 100);
	sl_buf_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_trip, room_open, room_close),
		cmocka_unit_test_setup_teardown(empty_and_extreme, room_open, room_close),
		cmocka_unit_test_setup_teardown(result_stream, room_open, room_close),
		cmocka_unit_test_setup_teardown(cut_anywhere, room_open, room_close),
		cmocka_unit_test_setup_teardown(bytes_left_over, room_open, room_close),
		cmocka_unit_test_setup_teardown(flipped_bytes, room_open, room_close),
		cmocka_unit_test_setup_teardown(every_byte_to_extremes, room_open, room_close),
		cmocka_unit_test(numbers),
		cmocka_unit_test_setup_teardown(huge_count, room_open, room_close),
		cmocka_unit_test_setup_teardown(invalid_text, room_open, room_close),
		cmocka_unit_test_setup_teardown(version_1, room_open, room_close),
		cmocka_unit_test_setup_teardown(known_texts, room_open, room_close),
		cmocka_unit_test_setup_teardown(expansion, room_open, room_close),
		cmocka_unit_test(foreign_places),
		cmocka_unit_test_setup_teardown(parcels, room_open, room_close),
		cmocka_unit_test_setup_teardown(overflow, room_open, room_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
