/* SPDX-License-Identifier: Apache-2.0 */
/* campaigns_feed.c - campaigns.csv and campaigns.jsonl: one row for each campaign, by id.
 *
 * Campaigns of one message are left out unless --all. The CSV has what fits into a cell: long lists
 * are cut at SL_CELL_LIST values; the JSON lines have the lists of the dossier.
 */
#include "campaign_rows.h"
#include "feeds.h"
#include "outdir.h"
#include "row_lines.h"
#include "tally.h"

static bool is_wanted(const struct sl_feed_input *in, const struct sl_dossier *d)
{
	return (in->config->all || d->messages >= 2) &&
	       sl_in_period(in->config, d->first_seen, d->last_seen);
}

/* For the head of the CSV: of all when no period was asked for, which costs no dossiers. */
static uint64_t count_wanted(const struct sl_feed_input *in)
{
	const struct sl_dossiers *campaigns = &in->campaigns;
	const struct sl_dossier *d;
	struct sl_campaign_brief brief;
	uint64_t count = 0;
	if (in->config->since == SL_TIME_NONE && in->config->until == SL_TIME_NONE) {
		for (size_t i = 0; campaigns->brief(campaigns->state, i, &brief); i++)
			count += in->config->all || brief.messages >= 2;
		return count;
	}
	campaigns->rewind(campaigns->state);
	while ((d = campaigns->next(campaigns->state)))
		count += is_wanted(in, d);
	return count;
}

struct writing {
	const struct sl_feed_input *in;
	struct sl_outfile *csv, *json; /* NULL: not asked for */
	struct sl_redact *redact;
	struct sl_arena *arena;
	struct sl_row_lines *lines;
	struct sl_buf csv_line, json_line;
};

static void write_row(struct writing *w, const struct sl_told_campaign *told)
{
	sl_row_lines_add(w->lines, told, w->arena, w->csv ? &w->csv_line : NULL,
		w->json ? &w->json_line : NULL);
	if (w->csv)
		sl_outfile_take(w->csv, &w->csv_line);
	if (w->json)
		sl_outfile_take(w->json, &w->json_line);
	sl_arena_reset(w->arena);
}

static void write_rows(struct writing *w)
{
	const struct sl_dossiers *campaigns = &w->in->campaigns;
	const struct sl_dossier *d;
	campaigns->rewind(campaigns->state);
	while ((d = campaigns->next(campaigns->state))) {
		struct sl_told_campaign told = { d, w->redact };
		if (is_wanted(w->in, d))
			write_row(w, &told);
	}
}

static void write_csv_head(struct writing *w)
{
	struct sl_csv csv = sl_csv_make(&w->csv_line);
	sl_rows_csv_comments(&csv, &sl_fields_campaigns, w->in->as_of, count_wanted(w->in));
	sl_rows_csv_head(&csv, &sl_fields_campaigns);
	sl_outfile_take(w->csv, &w->csv_line);
}

/* Dossiers are dear: both files are written in one pass over them. */
static enum sl_rc write_files(const struct sl_feed_input *in, struct sl_outdir *out, bool with_csv,
	bool with_json, struct sl_err *err)
{
	struct writing w = { .in = in,
		.csv_line = sl_buf_make(SL_LINE_MAX),
		.json_line = sl_buf_make(SL_LINE_MAX) };
	enum sl_rc rc = SL_OK;
	if (with_csv)
		rc = sl_outfile_open(out, "campaigns.csv", true, &w.csv, err);
	if (with_json && rc == SL_OK)
		rc = sl_outfile_open(out, "campaigns.jsonl", true, &w.json, err);
	if (rc == SL_OK) {
		w.redact = sl_redact_new(in->config);
		w.arena = sl_arena_new(0);
		w.lines = sl_row_lines_new(&sl_fields_campaigns);
		if (w.csv)
			write_csv_head(&w);
		write_rows(&w);
		sl_row_lines_free(&w.lines);
		sl_arena_free(&w.arena);
		sl_redact_free(&w.redact);
	}
	sl_buf_free(&w.csv_line);
	sl_buf_free(&w.json_line);
	if (rc == SL_OK && w.csv)
		rc = sl_outfile_close(&w.csv, err);
	if (rc == SL_OK && w.json)
		rc = sl_outfile_close(&w.json, err);
	if (w.csv)
		sl_outfile_abort(&w.csv);
	if (w.json)
		sl_outfile_abort(&w.json);
	return rc;
}

static bool is_asked(const struct sl_feed_input *in, const struct sl_feed *feed)
{
	return in->wanted && in->wanted(in->config, feed);
}

static enum sl_rc write_csv(
	const struct sl_feed_input *in, struct sl_outdir *out, struct sl_err *err)
{
	return write_files(in, out, true, is_asked(in, &sl_feed_campaigns_jsonl), err);
}

static enum sl_rc write_json(
	const struct sl_feed_input *in, struct sl_outdir *out, struct sl_err *err)
{
	if (is_asked(in, &sl_feed_campaigns_csv))
		return SL_OK; /* done with the CSV */
	return write_files(in, out, false, true, err);
}

const struct sl_feed sl_feed_campaigns_csv = { "campaigns-csv",
	"campaigns.csv: one row for each campaign", true, write_csv, true };
const struct sl_feed sl_feed_campaigns_jsonl = { "campaigns-jsonl",
	"campaigns.jsonl: the dossiers as JSON lines", true, write_json, true };
