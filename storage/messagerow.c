/* SPDX-License-Identifier: Apache-2.0 */
#include "messagerow.h"

void sl_visit_sums(struct sl_visit *v, struct sl_message_row *row)
{
	sl_visit_u64(v, &row->sightings);
	sl_visit_time(v, &row->first);
	sl_visit_time(v, &row->last);
	sl_visit_u64(v, &row->night);
}

void sl_row_message_fields(
	const struct sl_message_row *row, struct sl_span message_copy, struct sl_buf *to)
{
	struct sl_message_row copy = *row;
	struct sl_visit v = sl_visit_writer(to);
	sl_buf_reset(to);
	sl_visit_sums(&v, &copy);
	sl_buf_char(to, SL_CODEC_VERSION);
	sl_visit_id(&v, &copy.face);
	sl_buf_add(to, message_copy);
}

bool sl_row_message_same(struct sl_span key, struct sl_span value, const struct sl_id *face,
	struct sl_span message_copy, struct sl_message_row *sums_r)
{
	enum { HEAD = 1 + sizeof(*face) };
	struct sl_span fields;
	memset(sums_r, 0, sizeof(*sums_r));
	if (!sl_row_open(SL_TABLE_MESSAGES, key, value, &fields))
		return false;
	struct sl_visit v = sl_visit_reader(fields, NULL);
	sl_visit_sums(&v, sums_r);
	return !v.bad && v.in.n > HEAD && v.in.p[0] == SL_CODEC_VERSION &&
	       memcmp(v.in.p + 1, face->b, sizeof(face->b)) == 0 &&
	       sl_span_eq(sl_span_from(v.in, HEAD), message_copy);
}

bool sl_row_face_decode(struct sl_span key, struct sl_span value, struct sl_arena *arena,
	struct sl_message *message)
{
	struct sl_span fields;
	return sl_row_open(SL_TABLE_FACES, key, value, &fields) &&
	       sl_face_decode(fields, arena, message);
}
