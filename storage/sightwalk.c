/* SPDX-License-Identifier: Apache-2.0 */
#include "sightwalk.h"

struct sl_sightwalk sl_sightwalk_make(struct sl_store *store)
{
	return (struct sl_sightwalk){ .messages = sl_walk_make(store, SL_TABLE_MESSAGES),
		.rows = sl_walk_make(store, SL_TABLE_SIGHTINGS) };
}

void sl_sightwalk_end(struct sl_sightwalk *sights)
{
	sl_walk_end(&sights->messages);
	sl_walk_end(&sights->rows);
}

static enum sl_rc find_home(struct sl_sightwalk *s, struct sl_err *err)
{
	enum sl_rc rc = SL_OK;
	while (!rc && !s->has_message) {
		rc = sl_walk_next(&s->messages, &s->message, err);
		s->has_message = rc == SL_OK && s->message.has_home;
	}
	return rc == SL_END ? SL_OK : rc;
}

static enum sl_rc find_row(struct sl_sightwalk *s, struct sl_err *err)
{
	if (s->has_row)
		return SL_OK;
	enum sl_rc rc = sl_walk_next(&s->rows, &s->row, err);
	s->has_row = rc == SL_OK;
	return rc == SL_END ? SL_OK : rc;
}

enum sl_rc sl_sightwalk_next(
	struct sl_sightwalk *sights, struct sl_sighting_row *row_r, struct sl_err *err)
{
	struct sl_sightwalk *s = sights;
	enum sl_rc rc = find_home(s, err);
	if (!rc)
		rc = find_row(s, err);
	if (rc)
		return rc;
	if (!s->has_message && !s->has_row)
		return SL_END;
	s->at_home = s->has_message &&
		     (!s->has_row || sl_id_cmp(&s->message.home.message, &s->row.message) <= 0);
	*row_r = s->at_home ? s->message.home : s->row;
	if (s->at_home)
		s->has_message = false;
	else
		s->has_row = false;
	return SL_OK;
}

void sl_sightwalk_touch(struct sl_sightwalk *sights)
{
	sl_walk_touch(&sights->messages);
	sl_walk_touch(&sights->rows);
}

enum sl_rc sl_sightwalk_delete(struct sl_sightwalk *sights, struct sl_err *err)
{
	sl_assert(!sights->at_home);
	return sl_walk_delete(&sights->rows, err);
}
