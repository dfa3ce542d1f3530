/* SPDX-License-Identifier: Apache-2.0 */
/* repeat_corpus.c - a spam trap out of a real corpus: each mail many times, varied.
 *
 *   repeat_corpus [OPTIONS] ARCHIVE... >trap.mbox
 *
 * A trap gets a campaign in a burst. So the mails are taken 200 at a time, and the copies of these
 * 200 come in mixed order. Half of the copies keep their body byte for byte, half get another
 * boundary, and 60 % of that half also a token in up to three links that stand in clear. The same
 * seed gives the same bytes. Memory: the mails of one burst.
 *
 * Archives are read by libarchive as bench/baseline does; a file that begins with "From " is split
 * at "\nFrom ", everything else is one mail.
 */
#include "repeat_mail.h"
#include "trap_args.h"
#include "trap_stamp.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>

enum { READ_SIZE = 1 << 20, LONGEST_MAIL = 1 << 30 };
enum { DICE_ORDER = 1, DICE_COPY = 2 };

struct options {
	uint64_t copies, burst, seed;
	uint32_t identical, tokens;
};

/* What came so far; `mails` holds the burst in hand, one mail behind the other. */
struct trap {
	struct options options;
	struct sl_buf mails, out;
	size_t *ends; /* of each mail of the burst in `mails` */
	uint32_t *order;
	size_t n_mails;
	uint64_t bursts, copies;
};

SL_NORETURN static void die(const char *what, const char *why)
{
	fprintf(stderr, "repeat_corpus: %s: %s\n", what, why ? why : "damaged");
	exit(SL_EXIT_IOERR);
}

static struct repeat_fate fate_of(const struct trap *trap, struct trap_dice *dice, uint64_t copy)
{
	const struct options *o = &trap->options;
	struct repeat_fate fate = { .time = TRAP_FIRST_DAY + (int64_t)trap->copies };
	fate.rotated = copy * TRAP_WHOLE >= o->copies * o->identical;
	fate.token = fate.rotated && trap_chance(dice, o->tokens);
	return fate;
}

static void write_copy(struct trap *trap, uint64_t which)
{
	size_t mail = (size_t)(which / trap->options.copies);
	size_t begin = mail ? trap->ends[mail - 1] : 0;
	struct trap_dice dice = trap_dice_of(trap->options.seed, DICE_COPY, trap->copies);
	struct repeat_fate fate = fate_of(trap, &dice, which % trap->options.copies);
	sl_buf_reset(&trap->out);
	trap_stamp_from_line(&trap->out, SL_SPAN("copy@relay.example"), fate.time);
	sl_buf_char(&trap->out, '\n');
	repeat_mail_vary(&dice, sl_span_of(trap->mails.p + begin, trap->ends[mail] - begin), fate,
		&trap->out);
	sl_buf_char(&trap->out, '\n');
	if (fwrite(trap->out.p, 1, trap->out.n, stdout) != trap->out.n)
		die("standard output", "cannot be written");
	trap->copies++;
}

/* Fisher and Yates: every order is as likely. */
static void write_burst(struct trap *trap)
{
	uint32_t n = (uint32_t)(trap->n_mails * trap->options.copies);
	struct trap_dice dice = trap_dice_of(trap->options.seed, DICE_ORDER, trap->bursts++);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = trap_below(&dice, i + 1);
		trap->order[i] = trap->order[j];
		trap->order[j] = i;
	}
	for (uint32_t i = 0; i < n; i++)
		write_copy(trap, trap->order[i]);
	trap->n_mails = 0;
	sl_buf_reset(&trap->mails);
}

static void take_mail(struct trap *trap, struct sl_span mail)
{
	sl_buf_add(&trap->mails, mail);
	if (mail.n && mail.p[mail.n - 1] != '\n')
		sl_buf_char(&trap->mails, '\n');
	if (trap->mails.overflow)
		die("a burst", "too large for memory");
	trap->ends[trap->n_mails++] = trap->mails.n;
	if (trap->n_mails == trap->options.burst)
		write_burst(trap);
}

/* The mail at the start of `text`; false when its end is not in sight and more may come. */
static bool split_mail(struct sl_span *text, bool last, struct sl_span *mail_r)
{
	ssize_t begin = sl_span_chr(*text, '\n', 0);
	if (begin < 0)
		return false;
	ssize_t next = sl_span_find(*text, SL_SPAN("\nFrom "), (size_t)begin);
	if (next < 0 && !last)
		return false;
	size_t end = next < 0 ? text->n : (size_t)next + 1, from = (size_t)begin + 1;
	*mail_r = sl_span_of(text->p + from, end > from ? end - from : 0);
	*text = sl_span_from(*text, end);
	if (sl_span_ends(*mail_r, SL_SPAN("\r\n\r\n")))
		mail_r->n -= 2;
	else if (sl_span_ends(*mail_r, SL_SPAN("\n\n")))
		mail_r->n--;
	return true;
}

/* Take all mails of `held` that are whole; what is left moves to its front. */
static void split(struct trap *trap, struct sl_buf *held, bool last)
{
	struct sl_span text = sl_buf_span(held), mail;
	while (split_mail(&text, last, &mail))
		if (mail.n)
			take_mail(trap, mail);
	if (text.n)
		memmove(held->p, text.p, text.n);
	held->n = text.n;
}

static void read_entry(struct trap *trap, struct archive *a, struct sl_buf *held)
{
	la_ssize_t got;
	bool mbox = false;
	sl_buf_reset(held);
	for (bool first = true;; first = false) {
		char *to = sl_buf_reserve(held, READ_SIZE);
		if (!to)
			die("a mail", "too large");
		if ((got = archive_read_data(a, to, READ_SIZE)) <= 0)
			break;
		sl_buf_filled(held, (size_t)got);
		mbox = first ? sl_span_starts(sl_buf_span(held), SL_SPAN("From ")) : mbox;
		if (mbox)
			split(trap, held, false);
	}
	if (got < 0)
		die("an archive", archive_error_string(a));
	if (mbox)
		split(trap, held, true);
	else if (held->n)
		take_mail(trap, sl_buf_span(held));
}

static void read_archive(struct trap *trap, const char *path, struct sl_buf *held)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_zip(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_filename(a, path, READ_SIZE) != ARCHIVE_OK)
		die(path, archive_error_string(a));
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK)
		if (archive_entry_filetype(entry) != AE_IFDIR)
			read_entry(trap, a, held);
	archive_read_free(a);
}

int main(int argc, char **argv)
{
	static const struct trap_arg rows[] = {
		{ "--copies", TRAP_ARG_NUMBER, offsetof(struct options, copies),
			"of each mail (20)" },
		{ "--burst", TRAP_ARG_NUMBER, offsetof(struct options, burst),
			"mails whose copies are mixed (200)" },
		{ "--identical", TRAP_ARG_SHARE, offsetof(struct options, identical),
			"copies that keep the body byte for byte (0.5)" },
		{ "--tokens", TRAP_ARG_SHARE, offsetof(struct options, tokens),
			"of the others, those with tokens in links (0.6)" },
		{ "--seed", TRAP_ARG_NUMBER, offsetof(struct options, seed), "of the dice (1)" },
	};
	struct trap trap = { .options = { 20, 200, 1, 500000, 600000 },
		.mails = sl_buf_make(LONGEST_MAIL),
		.out = sl_buf_make(LONGEST_MAIL) };
	struct sl_buf held = sl_buf_make(LONGEST_MAIL);
	int n = trap_args_read(argc, argv, "repeat_corpus [OPTIONS] ARCHIVE... >MBOX", rows,
		SL_LEN(rows), &trap.options);
	if (n == 0 || trap.options.copies == 0 || trap.options.burst == 0 ||
		trap.options.copies > UINT32_MAX / trap.options.burst)
		die("usage", "an archive, and copies and a burst of at least one; see --help");
	trap.ends = sl_calloc(trap.options.burst, sizeof(*trap.ends));
	trap.order = sl_calloc(trap.options.burst * trap.options.copies, sizeof(*trap.order));
	for (int i = 1; i <= n; i++)
		read_archive(&trap, argv[i], &held);
	write_burst(&trap);
	if (fflush(stdout) != 0)
		die("standard output", "cannot be written");
	fprintf(stderr, "%llu mails\n", (unsigned long long)trap.copies);
	free(trap.ends);
	free(trap.order);
	sl_buf_free(&trap.mails);
	sl_buf_free(&trap.out);
	sl_buf_free(&held);
	return 0;
}
