/* SPDX-License-Identifier: Apache-2.0 */
#include "each_mail.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 18, MARK = 6 };

struct splitter {
	char *keep; /* the mail in hand, as far as it lies in former blocks */
	size_t n, room;
	each_mail_fn *mail;
	void *arg;
};

static void keep(struct splitter *s, const char *p, size_t n)
{
	while (s->room < s->n + n)
		s->keep = realloc(s->keep, s->room = s->room ? s->room * 2 : 1 << 20);
	if (n)
		memcpy(s->keep + s->n, p, n);
	s->n += n;
}

/* A piece of an mbox, its From_ line still on top. */
static void mail_of(struct splitter *s, char *p, size_t n)
{
	char *line = memchr(p, '\n', n);
	if (line)
		s->mail(line + 1, n - (size_t)(line + 1 - p), s->arg);
}

/* What is kept ends where `keep` holds the last bytes of the mark and the block the others. */
static size_t mark_across(struct splitter *s, const char *p, size_t n)
{
	for (size_t old = s->n < MARK - 1 ? s->n : MARK - 1; old > 0; old--)
		if (n >= MARK - old && memcmp(s->keep + s->n - old, "\nFrom ", old) == 0 &&
			memcmp(p, &"\nFrom "[old], MARK - old) == 0)
			return old;
	return 0;
}

static void split_block(struct splitter *s, char *p, size_t n)
{
	char *next;
	size_t old = mark_across(s, p, n);
	if (old) {
		mail_of(s, s->keep, s->n - old + 1);
		memmove(s->keep, s->keep + s->n - old + 1, old - 1);
		s->n = old - 1;
	}
	while ((next = memmem(p, n, "\nFrom ", MARK)) != NULL) {
		size_t length = (size_t)(next + 1 - p);
		if (s->n) {
			keep(s, p, length);
			mail_of(s, s->keep, s->n);
			s->n = 0;
		} else {
			mail_of(s, p, length);
		}
		p += length;
		n -= length;
	}
	keep(s, p, n);
}

static int read_entry(struct archive *a, struct splitter *s)
{
	const void *block;
	size_t n;
	la_int64_t offset;
	int rc;
	bool first = true, mbox = false;
	s->n = 0;
	while ((rc = archive_read_data_block(a, &block, &n, &offset)) == ARCHIVE_OK) {
		if (first)
			mbox = n > 5 && memcmp(block, "From ", 5) == 0;
		first = false;
		if (mbox)
			split_block(s, (char *)block, n);
		else
			keep(s, block, n);
	}
	if (s->n && mbox)
		mail_of(s, s->keep, s->n);
	else if (s->n)
		s->mail(s->keep, s->n, s->arg);
	return rc != ARCHIVE_EOF;
}

int each_mail(const char *path, each_mail_fn *mail, void *arg)
{
	struct splitter s = { .mail = mail, .arg = arg };
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_zip(a);
	archive_read_support_format_7zip(a);
	archive_read_support_format_raw(a);
	int rc = archive_read_open_filename(a, path, BLOCK);
	while (rc == ARCHIVE_OK && (rc = archive_read_next_header(a, &entry)) == ARCHIVE_OK)
		if (archive_entry_filetype(entry) == AE_IFREG)
			rc = read_entry(a, &s) ? ARCHIVE_FATAL : ARCHIVE_OK;
	if (rc != ARCHIVE_EOF)
		fprintf(stderr, "%s: %s\n", path, archive_error_string(a));
	free(s.keep);
	archive_read_free(a);
	return rc != ARCHIVE_EOF;
}
