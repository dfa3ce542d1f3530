/* SPDX-License-Identifier: Apache-2.0 */
#include "messagerow.h"

static void visit_sums(struct sl_visit *v, struct sl_message_row *row)
{
	sl_visit_u64(v, &row->sightings);
	sl_visit_time(v, &row->first);
	sl_visit_time(v, &row->last);
	sl_visit_u64(v, &row->night);
}

/* A mail that is seen once is as old as its home, and as its night. */
static void visit_home(struct sl_visit *v, struct sl_message_row *row)
{
	struct sl_sighting_row *home = &row->home;
	uint64_t nights_after = home->night - row->night;
	bool other_time = home->time != row->first;
	sl_visit_id(v, &home->origin.archive);
	sl_visit_span(v, &home->origin.entry);
	sl_visit_u64(v, &home->origin.ordinal);
	sl_visit_u64(v, &home->origin.offset);
	sl_visit_u64(v, &home->origin.length);
	sl_visit_u64(v, &nights_after);
	sl_visit_bool(v, &other_time);
	if (v->reading)
		home->time = row->first;
	if (other_time)
		sl_visit_time(v, &home->time);
	home->night = row->night + nights_after;
	sl_visit_bool(v, &home->embedded);
	sl_visit_u64(v, &home->flags);
	sl_visit_u32(v, &home->round);
	if (home->embedded)
		sl_visit_id(v, &home->parent);
	home->has_place = true;
}

void sl_visit_message_head(struct sl_visit *v, struct sl_message_row *row)
{
	enum { VERSION_1 = 1, BARE, AT_HOME };
	visit_sums(v, row);
	v->version = SL_CODEC_VERSION;
	if (v->reading && v->in.n && v->in.p[0] == VERSION_1) {
		v->version = 1;
		return;
	}
	uint64_t mark = sl_visit_max(v, row->has_home ? AT_HOME : BARE, AT_HOME);
	if (mark < BARE)
		sl_visit_refuse(v);
	row->has_home = mark == AT_HOME;
	if (row->has_home)
		visit_home(v, row);
}

bool sl_row_message_head(struct sl_span key, struct sl_span value, struct sl_message_row *row_r)
{
	struct sl_span fields;
	memset(row_r, 0, sizeof(*row_r));
	if (!sl_row_open(SL_TABLE_MESSAGES, key, value, &fields))
		return false;
	struct sl_visit v = sl_visit_reader(fields, NULL);
	sl_visit_message_head(&v, row_r);
	return !v.bad && sl_key_take_id(&key, &row_r->home.message) && key.n == 0;
}

bool sl_row_message_brief(struct sl_span key, struct sl_span value, struct sl_arena *arena,
	struct sl_message_row *row_r)
{
	struct sl_span fields;
	memset(row_r, 0, sizeof(*row_r));
	if (!sl_row_open(SL_TABLE_MESSAGES, key, value, &fields))
		return false;
	struct sl_visit v = sl_visit_reader(fields, arena);
	sl_visit_message_head(&v, row_r);
	if (v.version == 1)
		return sl_row_decode(SL_TABLE_MESSAGES, key, value, arena, row_r);
	sl_visit_copy_head(&v, &row_r->message, &row_r->face);
	if (v.bad || !sl_key_take_id(&key, &row_r->message.key) || key.n)
		return false;
	row_r->home.message = row_r->message.key;
	return true;
}

bool sl_row_face_look(struct sl_span key, struct sl_span value, struct sl_message *message)
{
	struct sl_span fields;
	if (!sl_row_open(SL_TABLE_FACES, key, value, &fields))
		return false;
	struct sl_visit v = sl_visit_reader(fields, NULL);
	sl_visit_face_look(&v, message);
	return !v.bad;
}

void sl_row_message_fields(
	const struct sl_message_row *row, struct sl_span message_copy, struct sl_buf *to)
{
	struct sl_message_row copy = *row;
	struct sl_visit v = sl_visit_writer(to);
	sl_buf_reset(to);
	sl_visit_message_head(&v, &copy);
	sl_visit_id(&v, &copy.face);
	sl_buf_add(to, message_copy);
}

bool sl_row_message_same(struct sl_span key, struct sl_span value, const struct sl_id *face,
	struct sl_span message_copy, struct sl_message_row *sums_r)
{
	struct sl_span fields;
	memset(sums_r, 0, sizeof(*sums_r));
	if (!sl_row_open(SL_TABLE_MESSAGES, key, value, &fields))
		return false;
	struct sl_visit v = sl_visit_reader(fields, NULL);
	sl_visit_message_head(&v, sums_r);
	return !v.bad && v.version == SL_CODEC_VERSION && v.in.n > sizeof(face->b) &&
	       memcmp(v.in.p, face->b, sizeof(face->b)) == 0 &&
	       sl_span_eq(sl_span_from(v.in, sizeof(face->b)), message_copy);
}

bool sl_row_face_decode(struct sl_span key, struct sl_span value, struct sl_arena *arena,
	struct sl_message *message)
{
	struct sl_span fields;
	return sl_row_open(SL_TABLE_FACES, key, value, &fields) &&
	       sl_face_decode(fields, arena, message);
}
