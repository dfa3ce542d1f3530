/* SPDX-License-Identifier: Apache-2.0 */
/* lists.c - lists/NAME.txt: what a blocker should take, one value a line and nothing else.
 *
 * Only actionable indicators of at least --confidence. Lists are what most consumers can read, and
 * they are loaded by machines: each line is checked once more, whatever came before
 * (pipeline/listline.h), and a list that is not as usual is held back (feedguard.h).
 */
#include "feedguard.h"
#include "feeds.h"
#include "outdir.h"
#include "tally.h"

#include "pipeline/listline.h"
#include "storage/store.h"

#include <stdlib.h>

struct list {
	const char *file, *held, *title;
	uint32_t kinds; /* bits */
};

static const struct list lists[] = {
	{ "lists/domains.txt", "held/domains.txt", "registered domains", 1u << SL_KIND_DOMAIN },
	{ "lists/hosts.txt", "held/hosts.txt", "host names", 1u << SL_KIND_HOST },
	{ "lists/ips.txt", "held/ips.txt", "addresses", 1u << SL_KIND_IPV4 | 1u << SL_KIND_IPV6 },
	{ "lists/urls.txt", "held/urls.txt", "URLs", 1u << SL_KIND_URL },
};

/* A line without its LF. */
struct line {
	struct sl_span text;
	const struct sl_tallied *item;
};

struct writing {
	const struct sl_feed_input *in;
	const struct sl_tally *tally;
	const struct list *list;
	uint64_t night; /* the last one */
	struct sl_arena *arena;
	struct line *lines; /* of the list, sorted, each once */
	size_t n_lines;
	uint64_t fresh; /* of these, first seen in the last night */
};

static bool is_in(const struct writing *w, const struct sl_tallied *item)
{
	return (w->list->kinds >> item->kind & 1) && sl_tallied_blocks(item, w->in->config);
}

static int by_text(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	if (x->item->kind != y->item->kind)
		return x->item->kind < y->item->kind ? -1 : 1;
	int order = sl_span_cmp(x->text, y->text);
	return order ? order : (x->item > y->item) - (x->item < y->item); /* of one array */
}

static void collect_lines(struct writing *w)
{
	struct sl_buf text = sl_buf_make(SL_LIST_LINE_MAX);
	size_t room = 0, n = 0;
	w->lines = NULL;
	w->n_lines = 0;
	for (size_t i = 0; i < w->tally->n; i++) {
		const struct sl_tallied *item = &w->tally->items[i];
		sl_buf_reset(&text);
		if (!is_in(w, item) || !sl_list_line((enum sl_kind)item->kind, item->value, &text))
			continue;
		struct sl_span own = sl_span_head(sl_buf_span(&text), text.n - 1);
		bool same = sl_span_eq(own, item->value);
		*SL_ARENA_PUSH(w->arena, w->lines, w->n_lines, room) =
			(struct line){ same ? item->value : sl_arena_copy(w->arena, own), item };
	}
	sl_buf_free(&text);
	if (w->n_lines)
		qsort(w->lines, w->n_lines, sizeof(*w->lines), by_text);
	w->fresh = 0;
	for (size_t i = 0; i < w->n_lines; i++) {
		if (i && sl_span_eq(w->lines[i].text, w->lines[n - 1].text))
			continue;
		w->lines[n++] = w->lines[i];
		w->fresh += w->lines[i].item->night == w->night;
	}
	w->n_lines = n;
}

/* ---- why a list was held ---- */

enum { EXAMPLES = 3, RULES = 3 };

static void tell_new(const struct writing *w, struct sl_buf *to)
{
	enum { LONG = 100 };
	unsigned told = 0;
	sl_buf_printf(to, "; %llu of them first seen in this night", (unsigned long long)w->fresh);
	for (size_t i = 0; i < w->n_lines && told < EXAMPLES; i++) {
		const struct line *line = &w->lines[i];
		if (line->item->night != w->night || line->text.n > LONG)
			continue;
		sl_buf_str(to, told++ ? " " : ", such as ");
		sl_buf_add(to, sl_defang(w->arena, (enum sl_kind)line->item->kind, line->text));
	}
}

struct rule {
	const char *why;
	uint64_t count;
};

static int by_count(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->why, y->why);
}

static void count_rule(struct rule *rules, size_t *n, size_t room, const char *why)
{
	for (size_t i = 0; i < *n; i++) {
		if (strcmp(rules[i].why, why) == 0) {
			rules[i].count++;
			return;
		}
	}
	if (*n < room)
		rules[(*n)++] = (struct rule){ why, 1 };
}

/* What is gone was there before this night, so the rules that keep older ones out say why. */
static void tell_gone(const struct writing *w, struct sl_buf *to)
{
	struct rule rules[64];
	size_t n = 0;
	for (size_t i = 0; i < w->tally->n; i++) {
		const struct sl_tallied *item = &w->tally->items[i];
		if ((w->list->kinds >> item->kind & 1) && item->night < w->night && !is_in(w, item))
			count_rule(rules, &n, SL_LEN(rules),
				item->actionable ? "confidence" : item->why);
	}
	if (n)
		qsort(rules, n, sizeof(*rules), by_count);
	for (size_t i = 0; i < n && i < RULES; i++)
		sl_buf_printf(to, "%s%s %llu", i ? ", " : "; older ones are kept out by ",
			rules[i].why, (unsigned long long)rules[i].count);
}

static void tell(const void *arg, bool grown, struct sl_buf *to)
{
	if (grown)
		tell_new(arg, to);
	else
		tell_gone(arg, to);
}

/* ---- one list ---- */

static void write_lines(const struct writing *w, struct sl_outfile *file)
{
	char time[SL_TIME_TEXT];
	struct sl_buf head = sl_buf_make(1000);
	sl_buf_printf(&head, "# spamloom: %s to block\n# as of %s\n# %zu entries\n", w->list->title,
		sl_time_text(w->in->as_of, time), w->n_lines);
	sl_outfile_take(file, &head);
	sl_buf_free(&head);
	for (size_t i = 0; i < w->n_lines; i++) {
		sl_outfile_add(file, w->lines[i].text);
		sl_outfile_add(file, SL_SPAN("\n"));
	}
}

static enum sl_rc write_file(
	const struct writing *w, const char *name, struct sl_outdir *out, struct sl_err *err)
{
	struct sl_outfile *file;
	enum sl_rc rc = sl_outfile_open(out, name, true, &file, err);
	if (rc != SL_OK)
		return rc;
	write_lines(w, file);
	return sl_outfile_close(&file, err);
}

static enum sl_rc write_list(const struct writing *w, struct sl_feedguard *guard,
	struct sl_outdir *out, struct sl_err *err)
{
	const struct sl_feedguard_question question = { .feed = w->list->file,
		.entries = w->n_lines,
		.fresh = w->fresh,
		.tell = tell,
		.arg = w };
	if (sl_feedguard_lets(guard, &question)) {
		sl_outdir_drop_file(out, w->list->held);
		return write_file(w, w->list->file, out, err);
	}
	enum sl_rc rc = sl_outdir_keep_file(out, w->list->file, err);
	return rc == SL_OK ? write_file(w, w->list->held, out, err) : rc;
}

static enum sl_rc write_lists(
	const struct sl_feed_input *in, struct sl_outdir *out, struct sl_err *err)
{
	struct writing w = { .in = in };
	struct sl_night_row last;
	struct sl_feedguard *guard = NULL;
	enum sl_rc rc = sl_tally_of(in, out, &w.tally, err);
	if (rc == SL_OK)
		rc = sl_feedguard_of(in, out, &guard, err);
	w.night = sl_view_last_night(in->view, &last) ? last.serial : 0;
	w.arena = sl_arena_new(0);
	for (size_t i = 0; i < SL_LEN(lists) && rc == SL_OK; i++) {
		w.list = &lists[i];
		collect_lines(&w);
		rc = write_list(&w, guard, out, err);
		sl_arena_reset(w.arena);
	}
	sl_arena_free(&w.arena);
	return rc;
}

const struct sl_feed sl_feed_lists = { "lists",
	"lists/: domains, hosts, addresses and URLs to block, one a line", true, write_lists,
	false };
