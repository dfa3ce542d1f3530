/* SPDX-License-Identifier: Apache-2.0 */
/* campaigns_feed.c - campaigns.csv and campaigns.jsonl: one row for each campaign, by id.
 *
 * Campaigns of one message are left out unless --all. The CSV has what fits into a cell: long lists
 * are cut at SL_CELL_LIST values; the JSON lines have the lists of the dossier.
 */
#include "campaign_rows.h"
#include "feeds.h"
#include "outdir.h"
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
	struct sl_outfile *file;
	struct sl_redact *redact;
	struct sl_arena *arena;
	struct sl_buf line;
};

static void csv_row(struct writing *w, const struct sl_told_campaign *told)
{
	struct sl_csv csv = sl_csv_make(&w->line);
	sl_rows_csv_line(&csv, &sl_fields_campaigns, told, w->arena);
}

static void json_row(struct writing *w, const struct sl_told_campaign *told)
{
	struct sl_json json = sl_json_make(&w->line);
	sl_rows_json(&json, &sl_fields_campaigns, told, w->arena);
	sl_json_line(&json);
}

static void write_rows(
	struct writing *w, void (*row)(struct writing *w, const struct sl_told_campaign *told))
{
	const struct sl_dossiers *campaigns = &w->in->campaigns;
	const struct sl_dossier *d;
	campaigns->rewind(campaigns->state);
	while ((d = campaigns->next(campaigns->state))) {
		struct sl_told_campaign told = { d, w->redact };
		if (!is_wanted(w->in, d))
			continue;
		row(w, &told);
		sl_outfile_take(w->file, &w->line);
		sl_arena_reset(w->arena);
	}
}

static enum sl_rc begin(const struct sl_feed_input *in, struct sl_outdir *out, const char *name,
	struct writing *w_r, struct sl_err *err)
{
	*w_r = (struct writing){ .in = in, .line = sl_buf_make(SL_LINE_MAX) };
	enum sl_rc rc = sl_outfile_open(out, name, true, &w_r->file, err);
	if (rc != SL_OK)
		return rc;
	w_r->redact = sl_redact_new(in->config);
	w_r->arena = sl_arena_new(0);
	return SL_OK;
}

static enum sl_rc end(struct writing *w, struct sl_err *err)
{
	sl_arena_free(&w->arena);
	sl_redact_free(&w->redact);
	sl_buf_free(&w->line);
	return sl_outfile_close(&w->file, err);
}

static enum sl_rc write_csv(
	const struct sl_feed_input *in, struct sl_outdir *out, struct sl_err *err)
{
	struct writing w;
	enum sl_rc rc = begin(in, out, "campaigns.csv", &w, err);
	if (rc != SL_OK)
		return rc;
	struct sl_csv csv = sl_csv_make(&w.line);
	sl_rows_csv_comments(&csv, &sl_fields_campaigns, in->as_of, count_wanted(in));
	sl_rows_csv_head(&csv, &sl_fields_campaigns);
	sl_outfile_take(w.file, &w.line);
	write_rows(&w, csv_row);
	return end(&w, err);
}

static enum sl_rc write_json(
	const struct sl_feed_input *in, struct sl_outdir *out, struct sl_err *err)
{
	struct writing w;
	enum sl_rc rc = begin(in, out, "campaigns.jsonl", &w, err);
	if (rc != SL_OK)
		return rc;
	write_rows(&w, json_row);
	return end(&w, err);
}

const struct sl_feed sl_feed_campaigns_csv = { "campaigns-csv",
	"campaigns.csv: one row for each campaign", true, write_csv };
const struct sl_feed sl_feed_campaigns_jsonl = { "campaigns-jsonl",
	"campaigns.jsonl: the dossiers as JSON lines", true, write_json };
