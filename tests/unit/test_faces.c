/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/visit.h"
#include "stores.h"

/* Copies of a lure have one face, whatever way they came. */
static void two_parts(void **state)
{
	struct room *room = *state;
	struct sl_buf whole = sl_buf_make(1 << 16), other = sl_buf_make(1 << 16);
	struct sl_indicator found[] = {
		{ .kind = SL_KIND_IPV4, .role = SL_ROLE_RELAY, .value = SL_SPAN("198.51.100.7") },
		{ .kind = SL_KIND_EMAIL,
			.role = SL_ROLE_SENDER,
			.value = SL_SPAN("a@example.org"),
			.host = SL_SPAN("example.org"),
			.domain = SL_SPAN("example.org") },
		{ .kind = SL_KIND_IPV4,
			.role = SL_ROLE_SENDING_IP,
			.view = SL_VIEW_HEADER,
			.value = SL_SPAN("192.0.2.9"),
			.host = SL_SPAN("192.0.2.9") },
	};
	struct sl_message a = made_message(room->arena, 1), b, m;
	struct sl_span relays[] = { SL_SPAN("192.0.2.9"), SL_SPAN("2001:db8::7"),
		SL_SPAN("2001:DB8:0::7"), SL_SPAN("no address") };
	a.relays = relays;
	a.n_relays = SL_LEN(relays);
	a.indicators = found;
	a.n_indicators = 3;
	b = a;
	b.id = made_id(room->arena, "copy", 1);
	b.key = made_id(room->arena, "copy key", 1);
	b.flags ^= 1;
	b.date = 5;
	b.size++;
	b.n_indicators = 2;
	struct sl_span face[2], copy[2];
	sl_message_encode(&whole, &a);
	sl_message_encode(&other, &b);
	assert_true(sl_message_parts(sl_buf_span(&whole), &face[0], &copy[0]));
	assert_true(sl_message_parts(sl_buf_span(&other), &face[1], &copy[1]));
	assert_true(sl_span_eq(face[0], face[1]));
	assert_false(sl_span_eq(copy[0], copy[1]));
	assert_true(sl_message_decode(sl_buf_span(&whole), room->arena, &m));
	assert_int_equal(m.n_indicators, 3);
	assert_int_equal(m.indicators[0].role, SL_ROLE_SENDER);
	assert_int_equal(m.indicators[1].role, SL_ROLE_RELAY);
	assert_int_equal(m.indicators[2].role, SL_ROLE_SENDING_IP);
	assert_true(sl_span_eq(m.subject, a.subject));
	for (size_t i = 0; i < SL_LEN(relays); i++)
		assert_true(sl_span_eq(m.relays[i], relays[i]));
	assert_ptr_equal(m.indicators[2].value.p, m.relays[0].p);
	/* an indicator in the part where it does not belong */
	struct sl_visit v = sl_visit_reader(face[0], room->arena);
	sl_visit_face(&v, &m);
	assert_true(sl_visit_ended(&v));
	ssize_t at = sl_span_find(face[0],
		SL_SPAN("\x1a"
			"a@example.org"),
		0);
	assert_true(at > 4);
	char *forged = sl_arena_alloc(room->arena, face[0].n);
	memcpy(forged, face[0].p, face[0].n);
	assert_int_equal(forged[at - 4], SL_ROLE_SENDER);
	forged[at - 4] = SL_ROLE_RELAY;
	assert_false(sl_face_decode(sl_span_of(forged, face[0].n), room->arena, &m));
	sl_buf_free(&whole);
	sl_buf_free(&other);
}

/* A brief row and a look tell what the whole row tells. */
static void brief_rows(void **state)
{
	struct room *room = *state;
	struct sl_view *view;
	struct sl_message_row whole, brief;
	struct sl_message look;
	bool new_variant;
	size_t n = 0;
	STORES_OK(sl_store_begin(room->store, &err));
	for (unsigned i = 0; i < 20; i++)
		put_number(room, i, i % 3, 100 + i, 1, &new_variant);
	put_number(room, 7, 2, 50, 2, &new_variant);
	STORES_OK(sl_store_commit(room->store, &err));
	STORES_OK(sl_view_open(room->store, false, &view, &err));
	struct sl_scan *scan = sl_scan_open_brief(view);
	while (sl_scan_next(scan, room->arena, &brief)) {
		const struct sl_id *key = &brief.message.key;
		assert_true(sl_view_message(view, key, room->arena, &whole));
		assert_true(sl_view_look(view, &brief, &look));
		assert_true(sl_id_eq(&brief.message.id, &whole.message.id));
		assert_true(sl_id_eq(&brief.message.parent, &whole.message.parent));
		assert_memory_equal(&brief.message.sha256, &whole.message.sha256, 32);
		assert_true(sl_id_eq(&brief.face, &whole.face));
		assert_int_equal(brief.sightings, whole.sightings);
		assert_int_equal(brief.first, whole.first);
		assert_int_equal(brief.night, whole.night);
		assert_true(sl_id_eq(&brief.home.message, key));
		assert_int_equal(brief.message.n_indicators, 0);
		assert_true(sl_id_eq(&look.content, &whole.message.content));
		assert_true(sl_id_eq(&look.variant, &whole.message.variant));
		assert_true(sl_span_eq(look.subject, whole.message.subject));
		assert_true(sl_span_eq(look.sender_norm, whole.message.sender_norm));
		n++;
	}
	assert_int_equal(n, 20);
	sl_scan_close(&scan);
	sl_view_close(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = { ROOM_TEST(two_parts), ROOM_TEST(brief_rows) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
