/* SPDX-License-Identifier: Apache-2.0 */
/* committer.c - the only writer while mails are read.
 *
 * It takes batches in whatever order they come: all merges of the store are commutative. The
 * results of a message, the counters of the night and the done range of the archive go into the
 * same transaction, so a killed run has either all of a message or nothing of it.
 */
#include "engine.h"

enum { COMMIT_MESSAGES = 1000, COMMIT_DIRTY = 64 << 20 };
static const double COMMIT_SECONDS = 1.0;

struct committer {
	struct sl_engine *engine;
	struct sl_arena *arena; /* of one decoded result */
	struct sl_err err;
	bool open; /* a transaction */
	double opened;
	uint64_t in_txn;
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
			.rejects = input->rejects };
		memcpy(totals.members, input->members, sizeof(totals.members));
		if (sl_store_finish_archive(e->store, &totals, &c->err) != SL_OK)
			return SL_FATAL;
	}
	/* What was read is not what was hashed: nothing of this key counts as done. */
	if (!input->known && !input->twin && !input->complete)
		return sl_store_reopen_archive(e->store, &input->key, &c->err);
	return sl_store_put_file(e->store, &input->stamp, &input->key, &c->err);
}

static void count_new(struct committer *c, const struct sl_result *result, enum sl_seen seen)
{
	struct sl_engine *e = c->engine;
	bool embedded = result->inner.n > 0;
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

static enum sl_rc put_result(
	struct committer *c, const struct sl_batch *batch, const struct sl_result *result)
{
	struct sl_engine *e = c->engine;
	const struct sl_raw *raw = &batch->raws[result->index];
	struct sl_input *input = &e->plan->inputs[raw->archive];
	struct sl_origin origin = { input->key, raw->entry, raw->ordinal, raw->offset,
		raw->length };
	enum sl_seen seen;
	bool new_variant;
	if (result->inner.n) {
		origin.entry = sl_arena_printf(
			c->arena, "%.*s%.*s", SL_ARG(raw->entry), SL_ARG(result->inner));
		origin.ordinal = origin.offset = 0;
		origin.length = result->length;
	}
	if (sl_store_put_result(e->store, e->night.serial, result, &origin, &seen, &new_variant,
		    &c->err) != SL_OK)
		return SL_FATAL;
	count_new(c, result, seen);
	if ((result->message.flags & SL_MSG_LIMITS) &&
		note_limits(c, input, &origin, result->message.flags) != SL_OK)
		return SL_FATAL;
	if (new_variant)
		atomic_fetch_add(&e->counts.variants, 1);
	return SL_OK;
}

static enum sl_rc put_results(struct committer *c, struct sl_batch *batch)
{
	struct sl_span rest = sl_buf_span(&batch->results);
	size_t results = 0;
	while (rest.n) {
		struct sl_result result;
		sl_arena_reset(c->arena);
		if (!sl_result_decode(&rest, c->arena, &result) || result.index >= batch->n)
			return sl_err_set(&c->err, SL_EXIT_INTERNAL,
				"a worker handed over a malformed result");
		struct sl_input *input =
			&c->engine->plan->inputs[batch->raws[result.index].archive];
		if (ensure_archive(c, input) != SL_OK || put_result(c, batch, &result) != SL_OK)
			return SL_FATAL;
		results++;
	}
	sl_assert(results >= batch->n);
	return SL_OK;
}

static enum sl_rc put_done(struct committer *c, const struct sl_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		const struct sl_raw *raw = &batch->raws[i];
		struct sl_input *input = &c->engine->plan->inputs[raw->archive];
		if (sl_store_put_done(c->engine->store, &input->key, raw->seq, &c->err) != SL_OK)
			return SL_FATAL;
		input->committed++;
		c->in_txn++;
		atomic_fetch_add(&c->engine->counts.passed, 1);
		if (finish_archive(c, input) != SL_OK)
			return SL_FATAL;
	}
	return SL_OK;
}

static enum sl_rc put_notes(struct committer *c, const struct sl_batch *batch)
{
	for (size_t i = 0; i < batch->n_notes; i++) {
		const struct sl_note *note = &batch->notes[i];
		struct sl_input *input = &c->engine->plan->inputs[note->archive];
		if (ensure_archive(c, input) != SL_OK)
			return SL_FATAL;
		if (note->kind == SL_NOTE_REJECT) {
			struct sl_reject_row row = { input->key, note->entry, note->reason,
				note->detail, note->offset, c->engine->night.serial };
			if (sl_store_put_reject(c->engine->store, &row, &c->err) != SL_OK)
				return SL_FATAL;
		} else {
			input->ended = true;
			if (finish_archive(c, input) != SL_OK)
				return SL_FATAL;
		}
	}
	return SL_OK;
}

static enum sl_rc put_batch(struct committer *c, struct sl_batch *batch)
{
	if (begin(c) != SL_OK || put_results(c, batch) != SL_OK || put_done(c, batch) != SL_OK ||
		put_notes(c, batch) != SL_OK)
		return SL_FATAL;
	if (c->in_txn >= COMMIT_MESSAGES || sl_store_dirty(c->engine->store) >= COMMIT_DIRTY ||
		sl_clock_monotonic() - c->opened >= COMMIT_SECONDS)
		return commit(c);
	return SL_OK;
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
	struct committer c = { .engine = engine_p, .arena = sl_arena_new((size_t)4 << 20) };
	struct sl_batch *batch;
	sl_working_on("commits to the store");
	while ((batch = next_batch(&c)) != NULL) {
		enum sl_rc rc = put_batch(&c, batch);
		sl_batch_home(batch);
		if (rc != SL_OK) {
			sl_engine_fail(c.engine, &c.err);
			break;
		}
	}
	if (sl_queue_aborted(c.engine->done)) {
		if (c.open)
			sl_store_abort(c.engine->store);
	} else if (commit(&c) != SL_OK) {
		sl_engine_fail(c.engine, &c.err);
	}
	sl_arena_free(&c.arena);
	atomic_store(&c.engine->committer_done, true);
}
