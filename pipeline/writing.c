/* SPDX-License-Identifier: Apache-2.0 */
/* writing.c - all feeds of one night, out of the store.
 *
 * Half of the feeds (campaigns, messages, rejects) are written on a
 * second thread, from a snapshot of its own; whoever asks for that must hold the store's lock, so
 * that both see the same. Both views stay open until both threads are done: what one made for both
 * points into its view.
 */
#include "base/thread.h"
#include "feed.h"
#include "phase.h"
#include "run.h"
#include "stage.h"
#include "storage/store.h"

/* "indicators-csv" is meant by its name, by "indicators", by "csv", and by "all". */
static bool names_feed(const char *word, const struct sl_feed *feed)
{
	struct sl_span want = sl_span_str(word), name = sl_span_str(feed->name), half;
	if (sl_span_eq(want, SL_SPAN("all")) || sl_span_eq(want, name))
		return true;
	bool first = sl_span_split(&name, '-', &half);
	return first && name.n && (sl_span_eq(want, half) || sl_span_eq(want, name));
}

/* Naming only feeds that are not written by default adds them to those that are. */
static bool wanted(const struct sl_config *config, const struct sl_feed *feed)
{
	bool named = false, only_extra = true;
	for (size_t i = 0; i < config->formats.n; i++) {
		named |= names_feed(config->formats.items[i], feed);
		for (size_t k = 0; sl_feeds[k]; k++)
			only_extra &= !sl_feeds[k]->by_default ||
				      !names_feed(config->formats.items[i], sl_feeds[k]);
	}
	return named || (only_extra && feed->by_default);
}

enum sl_rc sl_feeds_check_formats(const struct sl_config *config, struct sl_err *err)
{
	for (size_t i = 0; i < config->formats.n; i++) {
		bool known = false;
		for (size_t k = 0; sl_feeds[k]; k++)
			known |= names_feed(config->formats.items[i], sl_feeds[k]);
		if (!known)
			return sl_err_set(err, SL_EXIT_USAGE,
				"--format: no feed \"%s\"; see spamloom feed --help",
				config->formats.items[i]);
	}
	return SL_OK;
}

/* One thread's share. */
struct share {
	struct sl_feed_input in;
	struct sl_outdir *out;
	bool apart, all; /* which feeds: those that stand apart or the others; all */
	enum sl_rc rc;
	struct sl_err err;
};

static bool is_mine(const struct share *share, const struct sl_feed *feed)
{
	return wanted(share->in.config, feed) && (share->all || feed->apart == share->apart);
}

static bool has_work(const struct share *share)
{
	for (size_t i = 0; sl_feeds[i]; i++)
		if (is_mine(share, sl_feeds[i]))
			return true;
	return false;
}

static void write_share(void *share_p)
{
	struct share *share = share_p;
	for (size_t i = 0; sl_feeds[i] && share->rc == SL_OK; i++)
		if (is_mine(share, sl_feeds[i]))
			share->rc = sl_feeds[i]->write(&share->in, share->out, &share->err);
}

static void close_share(struct share *share)
{
	sl_dossiers_close(&share->in.campaigns);
	sl_view_close(&share->in.view);
}

/* What stands apart on a thread of its own, from a view of its own. */
static void write_both(struct share *ours, struct sl_store *store)
{
	struct share theirs = *ours;
	struct sl_thread thread = { .running = false };
	theirs.apart = true;
	theirs.in.view = NULL;
	theirs.in.campaigns = (struct sl_dossiers){ 0 };
	ours->all = !has_work(ours) || !has_work(&theirs);
	if (!ours->all)
		ours->rc = sl_view_open(store, false, &theirs.in.view, &ours->err);
	if (!ours->all && ours->rc == SL_OK) {
		sl_dossiers_share(&ours->in.campaigns, theirs.in.view, &theirs.in.campaigns);
		ours->rc = sl_thread_start(&thread, "feeds", write_share, &theirs, &ours->err);
	}
	if (ours->rc == SL_OK)
		write_share(ours);
	sl_thread_join(&thread);
	close_share(&theirs);
	if (ours->rc == SL_OK && theirs.rc != SL_OK) {
		ours->rc = theirs.rc;
		ours->err = theirs.err;
	}
}

enum sl_rc sl_feeds_write(const struct sl_config *config, const struct sl_tables *tables,
	struct sl_store *store, int64_t as_of, bool two, struct sl_outdir *out, struct sl_err *err)
{
	struct share ours = {
		.in = { .config = config, .tables = tables, .as_of = as_of, .wanted = wanted },
		.out = out,
		.all = !two
	};
	sl_suffixes_edition(&ours.in.psl_name, &ours.in.psl_date);
	if (sl_outdir_begin(out, err) != SL_OK ||
		sl_view_open(store, false, &ours.in.view, err) != SL_OK)
		return SL_FATAL;
	ours.rc = sl_dossiers_open(
		ours.in.view, config, tables, as_of, &ours.in.campaigns, &ours.err);
	if (ours.rc == SL_OK && two)
		write_both(&ours, store);
	else if (ours.rc == SL_OK)
		write_share(&ours);
	close_share(&ours);
	if (ours.rc == SL_OK)
		return sl_outdir_finish(out, err);
	*err = ours.err;
	return SL_FATAL;
}

int sl_run_feeds(const struct sl_config *config, const struct sl_tables *tables, struct sl_log *log)
{
	struct sl_err err;
	struct sl_store *store = NULL;
	struct sl_outdir *out = NULL;
	int code = SL_EXIT_CLEAN;
	if (sl_feeds_check_formats(config, &err) != SL_OK ||
		sl_store_open(config->store, SL_STORE_READ, &store, &err) != SL_OK ||
		sl_outdir_open(config->out, &out, &err) != SL_OK ||
		sl_feeds_write(config, tables, store, config->as_of, false, out, &err) != SL_OK)
		code = sl_log_failure(log, &err);
	else if (sl_feeds_say_held(out, log))
		code = SL_EXIT_DAMAGED;
	sl_outdir_free(&out);
	sl_store_close(&store);
	return code;
}
