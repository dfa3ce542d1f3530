/* SPDX-License-Identifier: Apache-2.0 */
/* Results that come as encoded bytes, with contents that need not be looked at any more, leave the
 * store that the same results leave when they come as records. */
#include "stores.h"

enum { MESSAGES = 150, ROUNDS = 1000, NIGHTS = 2 };

/* One result and where it lies; as numbers, so that each store can be given its own copy. */
struct event {
	unsigned number, archive, night;
	int64_t time;
	bool flagged; /* by its place */
};

static struct event made_event(uint64_t *random)
{
	uint64_t n = made_next(random);
	return (struct event){ .number = (unsigned)(n % MESSAGES),
		.archive = (unsigned)(n >> 16) % 4,
		.night = 1 + (unsigned)(n >> 24) % NIGHTS,
		.time = n % 7 ? 1700000000 + (int64_t)(n >> 32) % 9 : SL_TIME_NONE,
		.flagged = (n >> 40) % 11 == 0 };
}

/* Half of the messages are copies of one lure: they differ in the way they came, which may have an
 * indicator that the lure has, too, or one of them in two roles. */
static void make_copy(struct room *room, unsigned number, struct sl_result *result)
{
	unsigned lure = number / 3, n = 0;
	struct sl_message *m = &result->message;
	struct sl_indicator *found = sl_arena_alloc(room->arena, 6 * sizeof(*found));
	m->subject = SL_SPAN("One subject");
	for (; n < 1 + lure % 3; n++)
		found[n] = made_indicator(room->arena, lure % 11 + n / 2, lure + n);
	if (result->content.n_indicators && number % 5)
		found[n++] = result->content.indicators[0];
	found[n] = made_indicator(room->arena, number % 7, number);
	found[n + 1] = found[n];
	found[n++].role = SL_ROLE_RELAY;
	found[n++].role = SL_ROLE_SENDING_IP;
	if (number % 5 > 2)
		found[n - 3].role = SL_ROLE_RELAY;
	m->indicators = found;
	m->n_indicators = n;
}

static struct sl_result result_of(struct room *room, const struct event *e)
{
	struct sl_result result = made_result(room->arena, e->number, e->time);
	result.inner = SL_SPAN_NULL;
	/* what these records should be, if a worker made them */
	result.content.key = result.message.content;
	if (e->number % 2)
		make_copy(room, e->number, &result);
	if (e->flagged)
		result.message.flags |= SL_BIT(SL_MSG_LIMIT_MESSAGE);
	return result;
}

static enum sl_seen put_record(struct room *room, const struct event *e)
{
	struct sl_result result = result_of(room, e);
	struct sl_origin origin = origin_of(room->arena, e->archive, e->number);
	enum sl_seen seen;
	bool new_variant;
	STORES_OK(put_result(room->store, e->night, &result, &origin, &seen, &new_variant, &err));
	return seen;
}

/* As the committer does it; counts contents that were left alone. */
static enum sl_seen put_bytes(struct room *room, const struct event *e, unsigned *known)
{
	struct sl_result result = result_of(room, e);
	struct sl_origin origin = origin_of(room->arena, e->archive, e->number);
	struct sl_buf bytes = sl_buf_make(1 << 20);
	struct sl_parcel parcel;
	struct sl_message copy;
	enum sl_seen seen;
	bool new_variant;
	sl_result_encode(&bytes, &result);
	struct sl_span rest = sl_buf_span(&bytes);
	assert_true(sl_result_take(&rest, &parcel));
	struct sl_id blob = sl_hash_name(parcel.content);
	assert_true(sl_message_decode_copy(parcel.message, room->arena, &copy));
	struct sl_sight sight = { .origin = &origin,
		.time = result.time,
		.message = &copy,
		.is_copy = true,
		.blob = &blob,
		.message_bytes = parcel.message,
		.content_bytes = parcel.content };
	if (sl_store_knows(room->store, e->night, &sight))
		++*known;
	else
		sight.content = &result.content;
	STORES_OK(sl_store_put_sight(room->store, e->night, &sight, &seen, &new_variant, &err));
	sl_buf_free(&bytes);
	return seen;
}

static void begin(struct room *room)
{
	STORES_OK(sl_store_begin(room->store, &err));
}

static void commit(struct room *room)
{
	STORES_OK(sl_store_commit(room->store, &err));
}

/* Some transactions are lost: whatever was known of them must be forgotten. */
static void end_some(struct room *one, struct room *other, unsigned round, unsigned *lost)
{
	if (round % 101 == 100) {
		sl_store_abort(one->store);
		sl_store_abort(other->store);
		++*lost;
	} else if (round % 10 == 9) {
		commit(one);
		commit(other);
	} else {
		return;
	}
	begin(one);
	begin(other);
}

static void put_archives(struct room *room)
{
	begin(room);
	for (unsigned i = 0; i < 4; i++) {
		struct sl_id key = made_id(room->arena, "archive", i);
		STORES_OK(sl_store_put_archive(
			room->store, 1, &key, SL_SPAN("a.tar"), 9, 1, 1, &err));
	}
	commit(room);
}

static void compare(struct room *one, struct room *other)
{
	stores_must_be_sound(one->store);
	stores_must_be_sound(other->store);
	struct sl_span a = stores_dump(one->store, one->arena);
	struct sl_span b = stores_dump(other->store, one->arena);
	assert_int_equal(a.n, b.n);
	assert_true(sl_span_eq(a, b));
	assert_true(a.n > 10000);
}

static void as_records_or_bytes(void **state)
{
	void *inner[2];
	uint64_t random = 6364136223846793005u;
	unsigned known = 0, lost = 0;
	(void)state;
	room_open(&inner[0]);
	room_open(&inner[1]);
	struct room *one = inner[0], *other = inner[1];
	put_archives(one);
	put_archives(other);
	begin(one);
	begin(other);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct event e = made_event(&random);
		assert_int_equal(put_record(one, &e), put_bytes(other, &e, &known));
		end_some(one, other, round, &lost);
	}
	commit(one);
	commit(other);
	assert_true(known > 50);
	assert_true(lost > 5);
	compare(one, other);
	room_close(&inner[0]);
	room_close(&inner[1]);
}

/* What is read again may replace what is stored: nothing is known then. */
static void read_again(void **state)
{
	struct room *room = *state;
	struct event e = { .number = 4, .archive = 1, .night = 1, .time = 5 };
	struct sl_id archive = made_id(room->arena, "archive", 1);
	unsigned known = 0;
	put_archives(room);
	begin(room);
	put_bytes(room, &e, &known);
	e.number = 5;
	put_bytes(room, &e, &known);
	assert_int_equal(known, 1);
	STORES_OK(sl_store_reopen_archive(room->store, &archive, &err));
	put_bytes(room, &e, &known);
	assert_int_equal(known, 1);
	commit(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_records_or_bytes),
		cmocka_unit_test_setup_teardown(read_again, room_open, room_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
