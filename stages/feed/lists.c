/* SPDX-License-Identifier: Apache-2.0 */
/* lists.c - lists/NAME.txt: what a blocker should take, one value a line and nothing else.
 *
 * Only actionable indicators of at least --confidence. Lists are what most consumers can read.
 */
#include "feeds.h"
#include "field_rows.h"
#include "outdir.h"
#include "tally.h"

struct list {
	const char *file, *title;
	uint32_t kinds; /* bits */
};

static const struct list lists[] = {
	{ "lists/domains.txt", "registered domains", 1u << SL_KIND_DOMAIN },
	{ "lists/hosts.txt", "host names", 1u << SL_KIND_HOST },
	{ "lists/ips.txt", "addresses", 1u << SL_KIND_IPV4 | 1u << SL_KIND_IPV6 },
	{ "lists/urls.txt", "URLs", 1u << SL_KIND_URL },
};

static bool is_in(
	const struct list *list, const struct sl_tallied *item, const struct sl_config *config)
{
	return (list->kinds >> item->kind & 1) && sl_tallied_blocks(item, config);
}

static void write_head(struct sl_buf *to, const struct list *list, int64_t as_of, uint64_t count)
{
	char time[SL_TIME_TEXT];
	sl_buf_printf(to, "# spamloom: %s to block\n# as of %s\n# %llu entries\n", list->title,
		sl_time_text(as_of, time), (unsigned long long)count);
}

static enum sl_rc write_list(const struct sl_feed_input *in, const struct sl_tally *tally,
	const struct list *list, struct sl_outdir *out, struct sl_err *err)
{
	struct sl_outfile *file;
	uint64_t count = 0;
	enum sl_rc rc = sl_outfile_open(out, list->file, true, &file, err);
	if (rc != SL_OK)
		return rc;
	for (size_t i = 0; i < tally->n; i++)
		count += is_in(list, &tally->items[i], in->config);
	struct sl_buf line = sl_buf_make(SL_LINE_MAX);
	write_head(&line, list, in->as_of, count);
	for (size_t i = 0; i < tally->n; i++) {
		if (!is_in(list, &tally->items[i], in->config))
			continue;
		sl_buf_add(&line, tally->items[i].value);
		sl_buf_char(&line, '\n');
		sl_outfile_take(file, &line);
	}
	sl_outfile_take(file, &line);
	sl_buf_free(&line);
	return sl_outfile_close(&file, err);
}

static enum sl_rc write_lists(
	const struct sl_feed_input *in, struct sl_outdir *out, struct sl_err *err)
{
	const struct sl_tally *tally;
	enum sl_rc rc = sl_tally_of(in, out, &tally, err);
	for (size_t i = 0; i < SL_LEN(lists) && rc == SL_OK; i++)
		rc = write_list(in, tally, &lists[i], out, err);
	return rc;
}

const struct sl_feed sl_feed_lists = { "lists",
	"lists/: domains, hosts, addresses and URLs to block, one a line", true, write_lists };
