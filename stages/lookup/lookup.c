/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c - asks every configured source about every distinct indicator, through the cache.
 *
 * First the cache is read in one snapshot and what is missing, stale or of another edition is
 * noted; then the snapshot is closed, so that it holds no old pages back, and the answers are
 * written in small transactions. A run that is killed in between asks the rest next time.
 */
#include "pipeline/lookup.h"

#include "pipeline/phase.h"
#include "storage/store.h"

enum { BATCH = 1000 };

const struct sl_lookup *const sl_lookups[] = { &sl_lookup_geo, NULL };

const char *sl_lookup_status_name(enum sl_lookup_status status)
{
	static const char *const names[] = { "found", "not-found", "failed", "not-asked" };
	sl_assert((unsigned)status < SL_LEN(names));
	return names[status];
}

struct sl_span sl_answer_get(const struct sl_answer *answer, const char *name)
{
	for (size_t i = 0; i < answer->n_pairs; i++) {
		if (sl_span_eq(answer->pairs[i].name, sl_span_str(name)))
			return answer->pairs[i].value;
	}
	return SL_SPAN_NULL;
}

struct question {
	enum sl_kind kind;
	struct sl_span value;
};

struct questions {
	struct sl_arena *arena; /* owns the values too */
	struct question *items;
	size_t n, room;
};

static bool is_fresh(struct sl_view *view, const struct sl_lookup *lookup, struct sl_span edition,
	const struct sl_indicator_row *row, int64_t as_of, struct sl_arena *scratch)
{
	struct sl_answer answer;
	struct sl_span cached;
	return sl_view_lookup(
		       view, lookup->name, row->kind, row->value, scratch, &cached, &answer) &&
	       answer.status != SL_LOOKUP_FAILED && answer.expires > as_of &&
	       sl_span_eq(cached, edition);
}

static enum sl_rc collect(struct sl_store *store, const struct sl_lookup *lookup,
	struct sl_span edition, int64_t as_of, struct questions *questions, struct sl_err *err)
{
	struct sl_view *view;
	enum sl_rc rc = sl_view_open(store, false, &view, err);
	if (rc != SL_OK)
		return rc;
	struct sl_arena *scratch = sl_arena_new(0);
	struct sl_indicator_row row;
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_INDICATORS, SL_SPAN_NULL);
	while (sl_scan_next(scan, scratch, &row)) {
		if ((lookup->kinds >> row.kind & 1) &&
			!is_fresh(view, lookup, edition, &row, as_of, scratch)) {
			struct question *q = SL_ARENA_PUSH(
				questions->arena, questions->items, questions->n, questions->room);
			q->kind = row.kind;
			q->value = sl_arena_copy(questions->arena, row.value);
		}
		sl_arena_reset(scratch);
	}
	sl_scan_close(&scan);
	sl_arena_free(&scratch);
	sl_view_close(&view);
	return SL_OK;
}

static enum sl_rc put_answer(struct sl_store *store, const struct sl_lookup *lookup, void *state,
	const struct question *q, int64_t as_of, struct sl_arena *scratch, struct sl_err *err)
{
	struct sl_answer answer;
	lookup->ask(state, q->kind, q->value, as_of, scratch, &answer);
	sl_assert(answer.status != SL_LOOKUP_NOT_ASKED);
	enum sl_rc rc = sl_store_put_lookup(
		store, lookup->name, q->kind, q->value, lookup->edition(state), &answer, err);
	sl_arena_reset(scratch);
	return rc;
}

static enum sl_rc answer_batch(struct sl_store *store, const struct sl_lookup *lookup, void *state,
	const struct question *first, size_t n, int64_t as_of, struct sl_err *err)
{
	enum sl_rc rc = sl_store_begin(store, err);
	if (rc != SL_OK)
		return rc;
	struct sl_arena *scratch = sl_arena_new(0);
	for (size_t i = 0; i < n && rc == SL_OK; i++)
		rc = put_answer(store, lookup, state, &first[i], as_of, scratch, err);
	sl_arena_free(&scratch);
	if (rc == SL_OK)
		return sl_store_commit(store, err);
	sl_store_abort(store);
	return rc;
}

static enum sl_rc ask_all(struct sl_store *store, const struct sl_lookup *lookup, void *state,
	int64_t as_of, struct sl_err *err)
{
	struct questions questions = { sl_arena_new(0), NULL, 0, 0 };
	enum sl_rc rc = collect(store, lookup, lookup->edition(state), as_of, &questions, err);
	for (size_t at = 0; at < questions.n && rc == SL_OK; at += BATCH) {
		size_t left = questions.n - at;
		rc = answer_batch(store, lookup, state, questions.items + at,
			left < BATCH ? left : BATCH, as_of, err);
	}
	sl_arena_free(&questions.arena);
	return rc;
}

enum sl_rc sl_lookups_run(
	struct sl_store *store, const struct sl_config *config, int64_t as_of, struct sl_err *err)
{
	for (size_t i = 0; sl_lookups[i]; i++) {
		const struct sl_lookup *lookup = sl_lookups[i];
		void *state;
		if (lookup->network && config->offline)
			continue;
		enum sl_rc rc = lookup->open(config, &state, err);
		if (rc != SL_OK)
			return rc;
		if (!state)
			continue;
		rc = ask_all(store, lookup, state, as_of, err);
		lookup->close(state);
		if (rc != SL_OK)
			return rc;
	}
	return SL_OK;
}
