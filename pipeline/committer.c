/* SPDX-License-Identifier: Apache-2.0 */
/* committer.c - the only writer while mails are read.
 *
 * The results of a message, the counters of the night and the done range of the archive go into the
 * same transaction, so a killed run has either all of a message or nothing of it.
 *
 * All merges of the store are commutative, so the order in which archives come does not matter. The
 * batches of one reader are put in the order in which it filled them (workers overtake one
 * another): then the messages of an archive come in their own order, and the place where an archive
 * with too many crashes is set aside is the same on any machine. A batch that came too early waits;
 * the reader's quota bounds how many.
 */
#include "engine.h"
#include "results.h"

#include <stdlib.h>

enum { COMMIT_MESSAGES = 1000, COMMIT_DIRTY = 64 << 20 };
static const double COMMIT_SECONDS = 1.0;

/* An archive is set aside when this many messages in a row crashed, or so many and one in a hundred
 * more: the grace keeps a bad stretch of a good archive from being the end of it. */
enum { CRASHES_IN_A_ROW = 50, CRASHES_GRACE = 50, CRASHES_SHARE = 100 };

struct order {
	uint64_t next;          /* serial of the batch that is due */
	struct sl_batch *early; /* those that came too soon, by serial */
};

struct committer {
	struct sl_engine *engine;
	struct sl_arena *arena; /* of one decoded result */
	struct sl_err err;
	bool open; /* a transaction */
	double opened;
	uint64_t in_txn;
	struct order *orders; /* one a reader */
};

static enum sl_rc begin(struct committer *c)
{
	if (c->open)
		return SL_OK;
	if (sl_store_begin(c->engine->store, &c->err) != SL_OK)
		return SL_FATAL;
	c->open = true;
	c->opened = sl_clock_monotonic();
	c->in_txn = 0;
	return SL_OK;
}

static enum sl_rc commit(struct committer *c)
{
	if (!c->open)
		return SL_OK;
	struct sl_engine *e = c->engine;
	if (e->night_exists && sl_store_put_night(e->store, &e->night, &c->err) != SL_OK)
		return SL_FATAL;
	c->open = false;
	atomic_fetch_add(&e->counts.commits, 1);
	return sl_store_commit(e->store, &c->err);
}

/* The first message, sighting or archive makes the night; a run that learns nothing makes none. */
static void something_new(struct committer *c)
{
	c->engine->night_exists = true;
}

static enum sl_rc ensure_archive(struct committer *c, struct sl_input *input)
{
	if (input->seen)
		return SL_OK;
	input->seen = true;
	struct sl_view *view;
	struct sl_archive_row row;
	bool named = false;
	if (sl_view_open(c->engine->store, true, &view, &c->err) != SL_OK)
		return SL_FATAL;
	bool met = sl_view_archive(view, &input->key, c->arena, &row);
	for (size_t i = 0; met && i < row.n_names; i++)
		named |= sl_span_eq(row.names[i], input->name);
	sl_view_close(&view);
	if (met && !c->engine->config->again) {
		/* of an earlier run: what is done is not read again, and tells nothing any more */
		if (row.crashed)
			input->damaged = true;
		input->limited = row.limited;
		input->crashed = row.crashed;
		input->in_a_row = row.in_a_row;
		if (row.set_aside)
			atomic_store(&input->set_aside, true);
	}
	if (input->known && named)
		return SL_OK;
	if (!met)
		something_new(c);
	if (c->engine->config->again && !input->twin &&
		sl_store_reopen_archive(c->engine->store, &input->key, &c->err) != SL_OK)
		return SL_FATAL;
	return sl_store_put_archive(c->engine->store, c->engine->night.serial, &input->key,
		input->name, input->stamp.size, SL_SOURCE_VERSION, SL_PARSE_VERSION, &c->err);
}

/* How far the reader got before it heard of it is chance: what it counted is not used. */
static void count_what_was_kept(const struct sl_input *input, struct sl_archive_row *totals)
{
	totals->damaged = true;
	totals->messages = input->kept;
	totals->bytes = 0;
	totals->rejects = input->kept_rejects + input->crashed + 1;
	memset(totals->members, 0, sizeof(totals->members));
}

/* Everything of the archive is committed, or will be with this transaction. */
static enum sl_rc finish_archive(struct committer *c, struct sl_input *input)
{
	struct sl_engine *e = c->engine;
	if (!input->ended || input->finished || input->committed < input->pushed)
		return SL_OK;
	input->finished = true;
	if (!input->known && !input->twin && input->complete) {
		struct sl_archive_row totals = { .key = input->key,
			.complete = true,
			.damaged = input->damaged,
			.messages = input->emitted,
			.bytes = input->bytes,
			.rejects = input->rejects + input->crashed };
		memcpy(totals.members, input->members, sizeof(totals.members));
		if (atomic_load(&input->set_aside))
			count_what_was_kept(input, &totals);
		if (sl_store_finish_archive(e->store, &totals, &c->err) != SL_OK)
			return SL_FATAL;
	}
	/* What was committed is true of this key; the rest is read from a twin or next night. */
	if (input->changed || (!input->known && !input->twin && !input->complete))
		return SL_OK;
	return sl_store_put_file(e->store, &input->stamp, &input->key, &c->err);
}

static void count_new(struct committer *c, bool embedded, enum sl_seen seen)
{
	struct sl_engine *e = c->engine;
	if (seen == SL_SEEN_NOTHING)
		return;
	something_new(c);
	if (seen == SL_SEEN_SIGHTING) {
		e->night.sightings++;
		atomic_fetch_add(&e->counts.sightings, 1);
		return;
	}
	e->night.messages++;
	atomic_fetch_add(embedded ? &e->counts.embedded : &e->counts.messages, 1);
}

/* Also for mail that was seen before: a limit that was hit never looks clean. */
static enum sl_rc note_limits(
	struct committer *c, struct sl_input *input, const struct sl_origin *origin, uint64_t flags)
{
	struct sl_engine *e = c->engine;
	atomic_fetch_add(&e->counts.limited, 1);
	for (unsigned flag = 0; flag <= SL_MSG_LIMIT_EMBEDDED; flag++)
		if (flags & SL_BIT(flag))
			sl_log_input(e->log, sl_msg_flag_name((enum sl_msg_flag)flag), input->name,
				origin->entry, origin->offset,
				"the mail is kept, what lies beyond the limit was not looked at");
	if (input->limited)
		return SL_OK;
	input->limited = true;
	return sl_store_mark_limited(e->store, &input->key, &c->err);
}

static struct sl_origin origin_of(struct committer *c, const struct sl_raw *raw,
	const struct sl_input *input, const struct sl_parcel *parcel)
{
	struct sl_origin origin = { input->key, raw->entry, raw->ordinal, raw->offset,
		raw->length };
	if (parcel->inner.n) {
		origin.entry = sl_arena_printf(
			c->arena, "%.*s%.*s", SL_ARG(raw->entry), SL_ARG(parcel->inner));
		origin.ordinal = origin.offset = 0;
		origin.length = parcel->length;
	}
	return origin;
}

/* What the driver did not decode, or what there was no room for in the batch. It has looked at
 * these bytes, so they are sound. */
static bool decode_rest(struct committer *c, struct sl_sight *sight)
{
	if (!sight->message) {
		struct sl_message *m = sl_arena_alloc(c->arena, sizeof(*m));
		if (!sl_message_decode(sight->message_bytes, c->arena, m))
			return false;
		sight->message = m;
	}
	if (!sight->content && !sl_store_knows(c->engine->store, c->engine->night.serial, sight)) {
		struct sl_content *content = sl_arena_alloc(c->arena, sizeof(*content));
		if (!sl_content_decode(sight->content_bytes, c->arena, content))
			return false;
		sight->content = content;
	}
	return true;
}

static enum sl_rc put_item(
	struct committer *c, const struct sl_batch *batch, const struct sl_item *item)
{
	struct sl_engine *e = c->engine;
	const struct sl_parcel *parcel = &item->parcel;
	const struct sl_raw *raw = &batch->raws[parcel->index];
	struct sl_input *input = &e->plan->inputs[raw->archive];
	enum sl_seen seen;
	bool new_variant, embedded = parcel->inner.n > 0;
	sl_arena_reset(c->arena);
	struct sl_origin origin = origin_of(c, raw, input, parcel);
	struct sl_sight sight = { .origin = &origin,
		.time = parcel->time,
		.embedded = embedded,
		.message = item->message,
		.is_copy = item->is_copy,
		.content = item->content,
		.blob = &item->blob,
		.message_bytes = parcel->message,
		.content_bytes = parcel->content };
	if (!decode_rest(c, &sight))
		return sl_err_set(
			&c->err, SL_EXIT_INTERNAL, "a worker handed over a malformed result");
	if (sl_store_put_sight(e->store, e->night.serial, &sight, &seen, &new_variant, &c->err) !=
		SL_OK)
		return SL_FATAL;
	count_new(c, embedded, seen);
	if ((sight.message->flags & SL_MSG_LIMITS) &&
		note_limits(c, input, &origin, sight.message->flags) != SL_OK)
		return SL_FATAL;
	if (new_variant)
		atomic_fetch_add(&e->counts.variants, 1);
	return SL_OK;
}

/* ---- crashes ---- */

static const struct sl_crash *crash_of(const struct sl_batch *batch, uint32_t index)
{
	for (size_t i = 0; i < batch->n_crashes; i++)
		if (batch->crashes[i].index == index)
			return &batch->crashes[i];
	return NULL;
}

static enum sl_rc put_reject(struct committer *c, struct sl_input *input, struct sl_span entry,
	const char *reason, struct sl_span detail, uint64_t offset)
{
	struct sl_engine *e = c->engine;
	struct sl_reject_row row = { input->key, entry, sl_span_str(reason), detail, offset,
		e->night.serial };
	input->damaged = true;
	atomic_fetch_add(&e->counts.rejects, 1);
	sl_log_input(e->log, reason, input->name, entry, offset, "%.*s", SL_ARG(detail));
	return sl_store_put_reject(e->store, &row, &c->err);
}

/* The bytes go into quarantine before the transaction that says so is committed: a killed run puts
 * them there twice, which is once. */
static enum sl_rc put_crash(struct committer *c, struct sl_input *input, const struct sl_raw *raw,
	const struct sl_crash *crash)
{
	struct sl_engine *e = c->engine;
	bool kept;
	struct sl_quarantined item = { .id = sl_hash_name(raw->bytes),
		.bytes = raw->bytes,
		.archive = input->name,
		.entry = raw->entry,
		.ordinal = raw->ordinal,
		.offset = raw->offset,
		.length = raw->length,
		.cause = crash->cause,
		.stage = crash->stage };
	atomic_fetch_add(&e->counts.crashed, 1);
	if (sl_quarantine_put(e->quarantine, &item, &kept, &c->err) != SL_OK)
		return SL_FATAL;
	struct sl_span detail = crash->stage.n ? sl_arena_printf(c->arena, "%.*s in %.*s",
							 SL_ARG(crash->cause), SL_ARG(crash->stage))
					       : crash->cause;
	return put_reject(c, input, raw->entry, "crashed", detail, raw->offset);
}

static bool too_many(const struct sl_input *input)
{
	return input->in_a_row >= CRASHES_IN_A_ROW ||
	       input->crashed > CRASHES_GRACE + input->kept / CRASHES_SHARE;
}

static enum sl_rc count_crash(
	struct committer *c, struct sl_input *input, const struct sl_raw *raw, bool crashed)
{
	bool was = input->in_a_row > 0;
	input->in_a_row = crashed ? input->in_a_row + 1 : 0;
	input->crashed += crashed;
	if (!crashed && !was)
		return SL_OK;
	bool aside = crashed && too_many(input);
	if (sl_store_put_crashes(c->engine->store, &input->key, input->crashed, input->in_a_row,
		    aside, &c->err) != SL_OK)
		return SL_FATAL;
	if (!aside)
		return SL_OK;
	atomic_store(&input->set_aside, true);
	struct sl_span detail = sl_arena_printf(c->arena,
		"%llu of %llu messages crashed, %llu of them in a row; the rest is not read",
		(unsigned long long)input->crashed, (unsigned long long)input->kept,
		(unsigned long long)input->in_a_row);
	return put_reject(c, input, raw->entry, "set-aside", detail, raw->offset);
}

/* ---- batches ---- */

/* All results of one message, and that it is done. */
static enum sl_rc put_message(
	struct committer *c, const struct sl_batch *batch, uint32_t index, size_t *at)
{
	const struct sl_raw *raw = &batch->raws[index];
	struct sl_input *input = &c->engine->plan->inputs[raw->archive];
	const struct sl_crash *crash = crash_of(batch, index);
	if (ensure_archive(c, input) != SL_OK)
		return SL_FATAL;
	bool aside = atomic_load(&input->set_aside);
	sl_assert(*at < batch->n_items && batch->items[*at].parcel.index == index);
	for (; *at < batch->n_items && batch->items[*at].parcel.index == index; ++*at)
		if (!aside && put_item(c, batch, &batch->items[*at]) != SL_OK)
			return SL_FATAL;
	sl_arena_reset(c->arena);
	input->committed++;
	c->in_txn++;
	atomic_fetch_add(&c->engine->counts.passed, 1);
	if (aside)
		return SL_OK;
	input->kept = raw->seq + 1;
	if ((crash && put_crash(c, input, raw, crash) != SL_OK) ||
		count_crash(c, input, raw, crash != NULL) != SL_OK)
		return SL_FATAL;
	return sl_store_put_done(c->engine->store, &input->key, raw->seq, &c->err);
}

static enum sl_rc put_messages(struct committer *c, const struct sl_batch *batch)
{
	size_t at = 0;
	for (uint32_t i = 0; i < batch->n; i++) {
		struct sl_input *input = &c->engine->plan->inputs[batch->raws[i].archive];
		if (put_message(c, batch, i, &at) != SL_OK || finish_archive(c, input) != SL_OK)
			return SL_FATAL;
	}
	sl_assert(at == batch->n_items);
	return SL_OK;
}

static enum sl_rc put_note(struct committer *c, const struct sl_note *note)
{
	struct sl_engine *e = c->engine;
	struct sl_input *input = &e->plan->inputs[note->archive];
	if (note->kind == SL_NOTE_MEMBER)
		return SL_OK;
	if (ensure_archive(c, input) != SL_OK)
		return SL_FATAL;
	if (note->kind == SL_NOTE_END) {
		input->ended = true;
		return finish_archive(c, input);
	}
	if (atomic_load(&input->set_aside) && note->seq > input->kept)
		return SL_OK;
	input->kept_rejects++;
	struct sl_reject_row row = { input->key, note->entry, note->reason, note->detail,
		note->offset, e->night.serial };
	return sl_store_put_reject(e->store, &row, &c->err);
}

static enum sl_rc put_batch(struct committer *c, struct sl_batch *batch)
{
	if (begin(c) != SL_OK || put_messages(c, batch) != SL_OK)
		return SL_FATAL;
	for (size_t i = 0; i < batch->n_notes; i++)
		if (put_note(c, &batch->notes[i]) != SL_OK)
			return SL_FATAL;
	if (c->in_txn >= COMMIT_MESSAGES || sl_store_dirty(c->engine->store) >= COMMIT_DIRTY ||
		sl_clock_monotonic() - c->opened >= COMMIT_SECONDS)
		return commit(c);
	return SL_OK;
}

/* ---- order ---- */

static void keep_for_later(struct order *order, struct sl_batch *batch)
{
	struct sl_batch **at = &order->early;
	while (*at && (*at)->serial < batch->serial)
		at = &(*at)->next_free;
	batch->next_free = *at;
	*at = batch;
}

/* Put it, and those that waited for it. Batches go home whatever happens. */
static enum sl_rc put_in_order(struct committer *c, struct sl_batch *batch)
{
	struct order *order = &c->orders[batch->reader];
	enum sl_rc rc = SL_OK;
	keep_for_later(order, batch);
	while (rc == SL_OK && order->early && order->early->serial == order->next) {
		struct sl_batch *due = order->early;
		order->early = due->next_free;
		order->next++;
		rc = put_batch(c, due);
		sl_batch_home(due);
	}
	return rc;
}

static void send_home(struct committer *c)
{
	for (unsigned r = 0; r < c->engine->readers; r++)
		while (c->orders[r].early) {
			struct sl_batch *batch = c->orders[r].early;
			c->orders[r].early = batch->next_free;
			sl_batch_home(batch);
		}
	free(c->orders);
}

static struct sl_batch *next_batch(struct committer *c)
{
	bool timeout;
	if (!c->open)
		return sl_queue_pop(c->engine->done);
	struct sl_batch *batch = sl_queue_pop_timed(c->engine->done, COMMIT_SECONDS, &timeout);
	if (batch || !timeout)
		return batch;
	/* nothing came for a second: do not leave a transaction open */
	if (commit(c) != SL_OK) {
		sl_engine_fail(c->engine, &c->err);
		return NULL;
	}
	return sl_queue_pop(c->engine->done);
}

void sl_committer_main(void *engine_p)
{
	struct sl_engine *engine = engine_p;
	struct committer c = { .engine = engine,
		.arena = sl_arena_new((size_t)4 << 20),
		.orders = sl_calloc(engine->readers, sizeof(*c.orders)) };
	struct sl_batch *batch;
	sl_working_on("commits to the store");
	while ((batch = next_batch(&c)) != NULL) {
		if (put_in_order(&c, batch) != SL_OK) {
			sl_engine_fail(engine, &c.err);
			break;
		}
	}
	if (sl_queue_aborted(engine->done)) {
		if (c.open)
			sl_store_abort(engine->store);
	} else if (commit(&c) != SL_OK) {
		sl_engine_fail(engine, &c.err);
	}
	send_home(&c);
	sl_arena_free(&c.arena);
	atomic_store(&engine->committer_done, true);
}
