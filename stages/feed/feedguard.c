/* SPDX-License-Identifier: Apache-2.0 */
#include "feedguard.h"

#include "outdir.h"

#include "pipeline/base/log.h"
#include "storage/feedsizes.h"

#include <stdlib.h>

enum { REACH = 400, REASON_MAX = 2000, DAY = 86400 };

struct sl_feedguard {
	const struct sl_feed_input *in;
	struct sl_arena *arena;
	bool measuring; /* false: there is no night, or only a part is written */
	bool force, was_forced;
	struct sl_feed_night_row row; /* of the last night, as it is to be kept */
	size_t room_feeds, room_lists;
	const char *why_lists;      /* the warninglists are not as they were; NULL: they are */
	struct sl_span about_lists; /* how so */
	struct sl_held *held;
	size_t n_held, room_held;
};

/* ---- warninglists ---- */

static const struct sl_feed_size *find(
	const struct sl_feed_size *sizes, size_t n, struct sl_span name)
{
	for (size_t i = 0; i < n; i++)
		if (sl_span_eq(sizes[i].name, name))
			return &sizes[i];
	return NULL;
}

static void keep_size(struct sl_feedguard *g, struct sl_feed_size **sizes, size_t *n, size_t *room,
	struct sl_feed_size size)
{
	*SL_ARENA_PUSH(g->arena, *sizes, *n, *room) = size;
}

/* "20260617" as MISP numbers its lists, or "2026-06-17". Other versions are no date. */
static bool date_of(struct sl_span text, int64_t *time_r)
{
	char dashed[10];
	if (text.n == 8) {
		memcpy(dashed, text.p, 4);
		dashed[4] = dashed[7] = '-';
		memcpy(dashed + 5, text.p + 4, 2);
		memcpy(dashed + 8, text.p + 6, 2);
		text = sl_span_of(dashed, sizeof(dashed));
	}
	return text.n == 10 && sl_is_digit(text.p[0]) && sl_time_parse(text, time_r);
}

static void blame(struct sl_feedguard *g, const char *why, struct sl_span about)
{
	if (g->why_lists)
		return;
	g->why_lists = why;
	g->about_lists = about;
}

/* Lists come and go upstream one by one, and some are years old for good: what tells that nobody
 * fetches them any more is the newest. */
static void check_age(struct sl_feedguard *g)
{
	const struct sl_feed_input *in = g->in;
	struct sl_span name, date;
	uint64_t entries, days = in->config->list_days;
	int64_t time, newest = SL_TIME_NONE;
	char text[SL_TIME_TEXT];
	for (size_t i = 0; sl_tables_warninglist(in->tables, i, &name, &date, &entries); i++)
		if (date_of(date, &time) && time > newest)
			newest = time;
	if (!days || newest == SL_TIME_NONE || in->as_of - newest <= (int64_t)days * DAY)
		return;
	blame(g, "warninglist-old",
		sl_arena_printf(g->arena,
			"the newest warninglist is of %.10s, more than %llu days ago",
			sl_time_text(newest, text), (unsigned long long)days));
}

static void check_list(struct sl_feedguard *g, const struct sl_feed_size *was)
{
	const struct sl_feed_size *is = find(g->row.lists, g->row.n_lists, was->name);
	if (was->entries == 0)
		return;
	if (!is || is->entries == 0)
		blame(g, is ? "warninglist-empty" : "warninglist-missing",
			sl_arena_printf(g->arena, "warninglist %.*s is %s, it had %llu entries",
				SL_ARG(was->name), is ? "empty" : "missing",
				(unsigned long long)was->entries));
	else if (was->entries >= SL_FEEDGUARD_LEAST &&
		 is->entries <= was->entries / SL_FEEDGUARD_TIMES)
		blame(g, "warninglist-shrunk",
			sl_arena_printf(g->arena, "warninglist %.*s has %llu entries, it had %llu",
				SL_ARG(was->name), (unsigned long long)is->entries,
				(unsigned long long)was->entries));
}

static void collect_lists(struct sl_feedguard *g)
{
	struct sl_feed_size size = { .held = false };
	struct sl_span date;
	for (size_t i = 0;
		sl_tables_warninglist(g->in->tables, i, &size.name, &date, &size.entries); i++)
		keep_size(g, &g->row.lists, &g->row.n_lists, &g->room_lists, size);
}

/* The night before this one that wrote blocking feeds. */
static bool row_before(
	const struct sl_feedguard *g, uint64_t night, struct sl_feed_night_row *row_r)
{
	uint64_t least = g->row.night > REACH ? g->row.night - REACH : 1;
	while (night-- > least)
		if (sl_view_feed_night(g->in->view, night, g->arena, row_r))
			return true;
	return false;
}

static void check_lists(struct sl_feedguard *g)
{
	struct sl_feed_night_row before;
	collect_lists(g);
	check_age(g);
	if (!row_before(g, g->row.night, &before))
		return;
	for (size_t i = 0; i < before.n_lists; i++)
		check_list(g, &before.lists[i]);
	if (g->why_lists && !g->force) { /* the next night must have what this one missed */
		g->row.lists = before.lists;
		g->row.n_lists = before.n_lists;
	}
}

/* ---- sizes ---- */

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

/* Median of the nights that were let through; false: too few to be a measure. */
static bool usual_size(
	const struct sl_feedguard *g, struct sl_span feed, uint64_t *usual_r, size_t *nights_r)
{
	uint64_t sizes[SL_FEEDGUARD_NIGHTS], night = g->row.night;
	struct sl_feed_night_row row = { .forced = false };
	size_t n = 0;
	while (n < SL_FEEDGUARD_NIGHTS && !row.forced && row_before(g, night, &row)) {
		const struct sl_feed_size *size = find(row.feeds, row.n_feeds, feed);
		if (size && !size->held)
			sizes[n++] = size->entries;
		night = row.night;
	}
	*nights_r = n;
	if (n == 0 || (n < SL_FEEDGUARD_KNOWN && !row.forced))
		return false;
	qsort(sizes, n, sizeof(*sizes), by_number);
	*usual_r = sizes[(n - 1) / 2] / 2 + sizes[n / 2] / 2 +
		   (sizes[(n - 1) / 2] % 2 + sizes[n / 2] % 2) / 2;
	return true;
}

static const char *judge_size(uint64_t entries, uint64_t usual)
{
	if (entries >= SL_FEEDGUARD_LEAST && entries / SL_FEEDGUARD_TIMES >= (usual ? usual : 1))
		return "grown";
	if (usual >= SL_FEEDGUARD_LEAST && entries <= usual / SL_FEEDGUARD_TIMES)
		return "shrunk";
	return NULL;
}

static void hold(struct sl_feedguard *g, const struct sl_feedguard_question *q, const char *why,
	uint64_t usual, size_t nights)
{
	struct sl_buf text = sl_buf_make(REASON_MAX);
	const char *slash = strchr(q->feed, '/');
	sl_buf_printf(&text, "%s is held back: ", q->feed);
	if (why == g->why_lists) {
		sl_buf_add(&text, g->about_lists);
	} else {
		sl_buf_printf(&text, "%llu entries, usual are %llu (median of %zu nights)",
			(unsigned long long)q->entries, (unsigned long long)usual, nights);
		q->tell(q->arg, q->entries > usual, &text);
	}
	sl_buf_printf(&text, "; see held%s, --force lets it through", slash ? slash : "");
	*SL_ARENA_PUSH(g->arena, g->held, g->n_held, g->room_held) = (struct sl_held){ q->feed, why,
		q->entries, usual, q->fresh, sl_arena_copy(g->arena, sl_buf_span(&text)) };
	sl_buf_free(&text);
}

bool sl_feedguard_lets(struct sl_feedguard *g, const struct sl_feedguard_question *q)
{
	struct sl_feed_size size = { sl_span_str(q->feed), q->entries, false };
	uint64_t usual = 0;
	size_t nights = 0;
	if (!g->measuring)
		return true;
	sl_assert(!find(g->row.feeds, g->row.n_feeds, size.name));
	const char *why =
		usual_size(g, size.name, &usual, &nights) ? judge_size(q->entries, usual) : NULL;
	if (g->why_lists)
		why = g->why_lists;
	size.held = why && !g->force;
	g->row.forced |= why && g->force;
	keep_size(g, &g->row.feeds, &g->row.n_feeds, &g->room_feeds, size);
	if (size.held)
		hold(g, q, why, usual, nights);
	return !size.held;
}

/* ---- life ---- */

static struct sl_feedguard *make(const struct sl_feed_input *in)
{
	const struct sl_config *config = in->config;
	struct sl_feedguard *g = sl_calloc(1, sizeof(*g));
	struct sl_feed_night_row own;
	struct sl_night_row last;
	g->in = in;
	g->arena = sl_arena_new(0);
	g->force = config->force;
	if (config->since != SL_TIME_NONE || config->until != SL_TIME_NONE ||
		!sl_view_last_night(in->view, &last))
		return g;
	g->measuring = true;
	g->row.night = last.serial;
	/* somebody has looked at this night already */
	if (sl_view_feed_night(in->view, last.serial, g->arena, &own) && own.forced)
		g->force = g->row.forced = true;
	check_lists(g);
	return g;
}

enum sl_rc sl_feedguard_of(const struct sl_feed_input *in, struct sl_outdir *out,
	struct sl_feedguard **guard_r, struct sl_err *err)
{
	if (!sl_outdir_guard(out))
		sl_outdir_keep_guard(out, make(in));
	*guard_r = sl_outdir_guard(out);
	if (sl_view_damage(in->view))
		return sl_err_set(err, SL_EXIT_IOERR,
			"the store has rows that cannot be read; see `spamloom check`");
	return SL_OK;
}

void sl_feedguard_free(struct sl_feedguard **guard)
{
	if (!*guard)
		return;
	sl_arena_free(&(*guard)->arena);
	free(*guard);
	*guard = NULL;
}

/* ---- after the feeds ---- */

size_t sl_feeds_held(const struct sl_outdir *out, const struct sl_held **held_r)
{
	const struct sl_feedguard *g = sl_outdir_guard(out);
	*held_r = g ? g->held : NULL;
	return g ? g->n_held : 0;
}

size_t sl_feeds_say_held(const struct sl_outdir *out, struct sl_log *log)
{
	const struct sl_held *held;
	size_t n = sl_feeds_held(out, &held);
	for (size_t i = 0; i < n; i++)
		sl_log_line(log, SL_LOG_WARN, "%.*s", SL_ARG(held[i].reason));
	return n;
}

static bool same_sizes(
	const struct sl_feed_size *a, size_t n, const struct sl_feed_size *b, size_t n_b)
{
	bool same = n == n_b;
	for (size_t i = 0; same && i < n; i++)
		same = sl_span_eq(a[i].name, b[i].name) && a[i].entries == b[i].entries &&
		       a[i].held == b[i].held;
	return same;
}

/* A run that learned nothing new writes nothing to the store. */
static bool is_known(struct sl_store *store, const struct sl_feedguard *g, struct sl_err *err)
{
	const struct sl_feed_night_row *row = &g->row;
	struct sl_feed_night_row known;
	struct sl_view *view;
	if (sl_view_open(store, false, &view, err) != SL_OK)
		return false;
	bool same = sl_view_feed_night(view, row->night, g->arena, &known) &&
		    known.forced == row->forced &&
		    same_sizes(row->feeds, row->n_feeds, known.feeds, known.n_feeds) &&
		    same_sizes(row->lists, row->n_lists, known.lists, known.n_lists);
	sl_view_close(&view);
	return same;
}

enum sl_rc sl_feeds_remember(
	struct sl_store *store, const struct sl_outdir *out, struct sl_err *err)
{
	const struct sl_feedguard *g = sl_outdir_guard(out);
	if (!g || !g->measuring || is_known(store, g, err))
		return SL_OK;
	if (sl_store_begin(store, err) != SL_OK)
		return SL_FATAL;
	if (sl_store_put_feed_night(store, &g->row, err) != SL_OK) {
		sl_store_abort(store);
		return SL_FATAL;
	}
	return sl_store_commit(store, err);
}
