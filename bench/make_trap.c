/* SPDX-License-Identifier: Apache-2.0 */
/* make_trap.c - a made-up spam trap of any size, with its truth beside it.
 *
 *   make_trap [OPTIONS] STEM
 *
 * Writes STEM.mbox (or another format), STEM.truth.jsonl (see trap_truth.h), and STEM.brands.tsv:
 * the invented brands, for `spamloom run --brands`. The same options and seed give the same mails
 * on any machine, in any format and number of shards. Memory does not grow with the number of
 * mails.
 *
 * How it is made: trap_plan.c says what a mail is, trap_maker.c makes it (trap_head.c, trap_body.c,
 * trap_text.c), trap_out.c writes it. Texts are tables: trap_tongue_XX.c, trap_frame.c,
 * trap_names.c.
 */
#include "trap_args.h"
#include "trap_maker.h"
#include "trap_names.h"
#include "trap_out.h"

#include <stdio.h>
#include <stdlib.h>

#define ROW(name, kind, field, help)                                                               \
	{                                                                                          \
		name, kind, offsetof(struct trap_options, field), help                             \
	}

static const struct trap_arg rows[] = {
	ROW("--mails", TRAP_ARG_NUMBER, mails, "how many (1K)"),
	ROW("--campaigns", TRAP_ARG_NUMBER, campaigns, "how many (one for 200 mails)"),
	ROW("--brands", TRAP_ARG_NUMBER, brands, "how many (campaigns, at most 1000)"),
	ROW("--kit", TRAP_ARG_NUMBER, kit,
		"campaigns of one kit: same frame and text, other brand (1)"),
	ROW("--copies", TRAP_ARG_NUMBER, copies, "of each body (1)"),
	ROW("--burst", TRAP_ARG_NUMBER, burst, "bodies whose copies are mixed (200)"),
	ROW("--identical", TRAP_ARG_SHARE, identical, "copies with the body byte for byte (0.5)"),
	ROW("--rotated", TRAP_ARG_SHARE, rotated, "of the others: another boundary (1)"),
	ROW("--url-tokens", TRAP_ARG_SHARE, url_tokens,
		"of the others: tokens in clear links (0.6)"),
	ROW("--coded-tokens", TRAP_ARG_SHARE, coded_tokens,
		"of the others: tokens inside quoted-printable and base64 (0)"),
	ROW("--headers", TRAP_ARG_NUMBER, headers, "14 or 59 fields (59)"),
	ROW("--mean", TRAP_ARG_NUMBER, mean, "bytes of a body without attachments (20K)"),
	ROW("--median", TRAP_ARG_NUMBER, median, "the same (12K)"),
	ROW("--attachments", TRAP_ARG_SHARE, attachments, "families with files (0.08)"),
	ROW("--text-only", TRAP_ARG_SHARE, text_only, "families without HTML (0.1)"),
	ROW("--encoded", TRAP_ARG_SHARE, encoded, "parts in quoted-printable or base64 (0.75)"),
	ROW("--crlf", TRAP_ARG_SHARE, crlf, "families with CRLF line ends (0.85)"),
	ROW("--busters", TRAP_ARG_SHARE, busters, "bodies with random letters in them (0.2)"),
	ROW("--padding", TRAP_ARG_SHARE, padding, "bodies with a long text of no meaning (0.1)"),
	ROW("--languages", TRAP_ARG_TEXT, languages, "out of ja,en,de,pt,zh (all)"),
	ROW("--format", TRAP_ARG_TEXT, format, "mbox gz zst zst-long xz tar tar.gz zip 7z maildir"),
	ROW("--shards", TRAP_ARG_NUMBER, shards, "files to spread the mails over (1)"),
	ROW("--member", TRAP_ARG_NUMBER, member, "mails in a member of an archive (1)"),
	ROW("--seed", TRAP_ARG_NUMBER, seed, "of the dice (1)"),
	ROW("--truth", TRAP_ARG_TEXT, truth, "where the truth goes (STEM.truth.jsonl)"),
	ROW("--brands-file", TRAP_ARG_TEXT, brands_file, "where the brands go (STEM.brands.tsv)"),
};

SL_NORETURN static void die(enum sl_exit code, const char *what, const char *why)
{
	fprintf(stderr, "make_trap: %s: %s\n", what, why);
	exit((int)code);
}

/* `path`, or STEM with an ending. */
static FILE *open_beside(const char *path, const char *stem, const char *ending)
{
	char beside[4096];
	snprintf(beside, sizeof(beside), "%s%s", stem, ending);
	FILE *file = fopen(path ? path : beside, "we");
	if (!file)
		die(SL_EXIT_CANTCREAT, path ? path : beside, "cannot be created");
	return file;
}

static void put(FILE *file, struct sl_buf *buf)
{
	if (fwrite(buf->p, 1, buf->n, file) != buf->n)
		die(SL_EXIT_IOERR, "truth or brands", "cannot be written");
	sl_buf_reset(buf);
}

static void close_file(FILE *file)
{
	if (fclose(file) != 0)
		die(SL_EXIT_IOERR, "truth or brands", "cannot be written");
}

static void write_brands(const struct trap_options *options, const char *stem)
{
	FILE *file = open_beside(options->brands_file, stem, ".brands.tsv");
	struct sl_buf row = sl_buf_make(1024);
	for (uint64_t i = 0; i < options->brands; i++) {
		trap_names_brand_row(options->seed, i, &row);
		put(file, &row);
	}
	sl_buf_free(&row);
	close_file(file);
}

static void make(const struct trap_options *options, struct trap_out *out, const char *stem)
{
	struct trap_maker maker;
	struct sl_buf line = sl_buf_make(1 << 20);
	FILE *truth = open_beside(options->truth, stem, ".truth.jsonl");
	trap_maker_init(&maker, options);
	for (uint64_t i = 0; i < options->mails; i++) {
		struct sl_span raw = trap_maker_mail(&maker, i);
		trap_out_mail(out, &maker.mail, sl_buf_span(&maker.sender), raw);
		trap_truth_line(&maker.truth, options, &maker.mail, raw, &line);
		put(truth, &line);
	}
	trap_maker_free(&maker);
	sl_buf_free(&line);
	close_file(truth);
}

int main(int argc, char **argv)
{
	struct trap_options options = { .mails = 1000,
		.copies = 1,
		.burst = 200,
		.kit = 1,
		.headers = 59,
		.mean = 20000,
		.median = 12000,
		.shards = 1,
		.member = 1,
		.seed = 1,
		.identical = 500000,
		.rotated = TRAP_WHOLE,
		.url_tokens = 600000,
		.attachments = 80000,
		.text_only = 100000,
		.encoded = 750000,
		.crlf = 850000,
		.busters = 200000,
		.padding = 100000,
		.languages = "ja,en,de,pt,zh",
		.format = "mbox" };
	const char *why;
	int n = trap_args_read(
		argc, argv, "make_trap [OPTIONS] STEM", rows, SL_LEN(rows), &options);
	if (n != 1)
		die(SL_EXIT_USAGE, "usage", "one STEM is needed; see --help");
	if (!trap_plan_settle(&options, &why))
		die(SL_EXIT_USAGE, "options", why);
	setenv("TZ", "UTC", 1); /* a zip holds local times */
	struct trap_out *out = trap_out_open(&options, argv[1]);
	if (!out)
		die(SL_EXIT_USAGE, options.format, "no such format; see --help");
	write_brands(&options, argv[1]);
	make(&options, out, argv[1]);
	trap_out_close(out);
	return 0;
}
