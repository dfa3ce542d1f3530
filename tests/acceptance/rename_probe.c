/* SPDX-License-Identifier: Apache-2.0 */
/* rename_probe FILE... - do the names of MIME boundaries have no part in what is learned?
 *
 * Reads each file as one mail. Where the key of the content leaves the names of boundaries out, the
 * mail is read again with other names of the same lengths, drawn by a seeded generator, and must
 * give the same content, key included. Prints how many were tried; exit 1 when one differs.
 */
#include "pipeline/mill.h"
#include "stages/parse/screen.h"
#include "storage/codec.h"
#include "tests/support/readfile.h"

#include <stdio.h>
#include <stdlib.h>

enum { TIMES = 3, NAMES_MOST = 64, FILE_MOST = 64 << 20 };

struct probe {
	struct sl_config config;
	struct sl_tables *tables;
	struct sl_secret secret;
	struct sl_mill *mill;
	uint64_t dice;
};

static uint32_t roll(struct probe *probe, uint32_t sides)
{
	probe->dice = probe->dice * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(probe->dice >> 33) % sides;
}

static void name_of(struct probe *probe, char *to, size_t n)
{
	static const char first[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	static const char all[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
	for (size_t i = 0; i < n; i++)
		to[i] = i + 1 == n ? first[roll(probe, sizeof(first) - 1)]
				   : all[roll(probe, sizeof(all) - 1)];
}

/* The names at the marks become others; false: too many. */
static bool rename_all(struct probe *probe, const struct sl_mail *mail, char *copy)
{
	const struct sl_screen *screen = mail->screen;
	char names[NAMES_MOST][256];
	bool named[NAMES_MOST] = { false };
	for (size_t i = 0; i < screen->body.n_marks; i++) {
		const struct sl_screen_mark *mark = &screen->body.marks[i];
		const char *whole = i < screen->body.n_type_marks ? screen->type.p : mail->body.p;
		if (mark->number >= NAMES_MOST || mark->n > sizeof(names[0]))
			return false;
		if (!named[mark->number])
			name_of(probe, names[mark->number], mark->n);
		named[mark->number] = true;
		memcpy(copy + (whole + mark->at - mail->raw.p), names[mark->number], mark->n);
	}
	return true;
}

static void encode(struct sl_buf *to, const struct sl_content *content)
{
	sl_buf_reset(to);
	sl_content_encode(to, content);
}

/* -> 1 as before, 0 not tried, -1 another content */
static int try_one(struct probe *probe, struct sl_span raw, char *copy, struct sl_buf *one,
	struct sl_buf *other)
{
	const struct sl_mail *mail = sl_mill_one(probe->mill, raw, SL_TIME_NONE);
	if (!mail->key_renamed)
		return 0;
	encode(one, &mail->content);
	memcpy(copy, raw.p, raw.n);
	if (!rename_all(probe, mail, copy))
		return 0;
	mail = sl_mill_one(probe->mill, sl_span_of(copy, raw.n), SL_TIME_NONE);
	encode(other, &mail->content);
	return sl_span_eq(sl_buf_span(one), sl_buf_span(other)) ? 1 : -1;
}

int main(int argc, char **argv)
{
	struct probe probe = { .dice = 20261124 };
	struct sl_err err;
	struct sl_buf raw = sl_buf_make(FILE_MOST), one = sl_buf_make(SL_RESULTS_MOST),
		      other = sl_buf_make(SL_RESULTS_MOST);
	unsigned tried = 0, left_out = 0, wrong = 0;
	sl_limits_default(&probe.config.limits);
	if (sl_tables_load(&probe.config, &probe.tables, &err) != SL_OK ||
		sl_suffixes_preload(&probe.config, probe.tables, &err) != SL_OK)
		return 70;
	probe.mill = sl_mill_new(&probe.config, probe.tables, &probe.secret);
	for (int i = 1; i < argc; i++) {
		if (!readfile_all(argv[i], &raw))
			continue;
		char *copy = sl_malloc(raw.n + 1);
		for (unsigned k = 0; k < TIMES; k++) {
			int same = try_one(&probe, sl_buf_span(&raw), copy, &one, &other);
			tried += same > 0;
			left_out += same == 0;
			wrong += same < 0;
			if (same < 0)
				printf("%s: another content\n", argv[i]);
		}
		free(copy);
	}
	printf("%u read again with other boundaries, %u left out, %u wrong\n", tried, left_out,
		wrong);
	sl_mill_free(&probe.mill);
	sl_tables_free(&probe.tables);
	sl_buf_free(&raw);
	sl_buf_free(&one);
	sl_buf_free(&other);
	return wrong > 0;
}
