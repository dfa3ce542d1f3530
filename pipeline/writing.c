/* SPDX-License-Identifier: Apache-2.0 */
/* writing.c - all feeds of one night, out of the store.
 *
 * Feeds that share nothing with the others (campaigns, messages, rejects) are written on a second
 * thread, from a snapshot of its own; whoever asks for that must hold the store's lock, so that
 * both see the same.
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
	const struct sl_config *config;
	const struct sl_tables *tables;
	struct sl_store *store;
	int64_t as_of;
	struct sl_outdir *out;
	bool apart, all; /* which feeds: those that stand apart or the others; all */
	enum sl_rc rc;
	struct sl_err err;
};

static bool has_work(const struct share *share)
{
	for (size_t i = 0; sl_feeds[i]; i++)
		if (wanted(share->config, sl_feeds[i]) &&
			(share->all || sl_feeds[i]->apart == share->apart))
			return true;
	return false;
}

static void write_share(void *share_p)
{
	struct share *share = share_p;
	struct sl_feed_input in = { .config = share->config,
		.tables = share->tables,
		.as_of = share->as_of,
		.wanted = wanted };
	sl_suffixes_edition(&in.psl_name, &in.psl_date);
	share->rc = sl_view_open(share->store, false, &in.view, &share->err);
	if (share->rc != SL_OK)
		return;
	share->rc = sl_dossiers_open(
		in.view, share->config, share->tables, share->as_of, &in.campaigns, &share->err);
	for (size_t i = 0; sl_feeds[i] && share->rc == SL_OK; i++)
		if (wanted(share->config, sl_feeds[i]) &&
			(share->all || sl_feeds[i]->apart == share->apart))
			share->rc = sl_feeds[i]->write(&in, share->out, &share->err);
	sl_dossiers_close(&in.campaigns);
	sl_view_close(&in.view);
}

enum sl_rc sl_feeds_write(const struct sl_config *config, const struct sl_tables *tables,
	struct sl_store *store, int64_t as_of, bool two, struct sl_outdir *out, struct sl_err *err)
{
	struct share ours = { config, tables, store, as_of, out, false, !two, SL_OK,
		{ .text = "" } };
	struct share theirs = ours;
	struct sl_thread thread = { .running = false };
	theirs.apart = true;
	if (sl_outdir_begin(out, err) != SL_OK)
		return SL_FATAL;
	if (!ours.all && has_work(&ours) && has_work(&theirs))
		ours.rc = sl_thread_start(&thread, "feeds", write_share, &theirs, &ours.err);
	else
		ours.all = true;
	if (ours.rc == SL_OK)
		write_share(&ours);
	sl_thread_join(&thread);
	if (ours.rc == SL_OK && theirs.rc == SL_OK)
		return sl_outdir_finish(out, err);
	*err = ours.rc != SL_OK ? ours.err : theirs.err;
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
