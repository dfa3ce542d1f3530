/* SPDX-License-Identifier: Apache-2.0 */
/* sniff.h - what is this file? Told by its first bytes, never by its name.
 *
 * Magic numbers of formats that begin with control characters come first, then mail, then formats
 * whose magic is text: a mail about a zip file is no zip file, and a tar whose first member is
 * called "Subject: x" is no mail. Pure functions, O(head).
 */
#ifndef SL_SNIFF_H
#define SL_SNIFF_H

#include "pipeline/base/span.h"

/* As much as anybody needs to see. */
enum { SL_SNIFF_WINDOW = 64 * 1024 };

enum sl_sniff_kind {
	SL_SNIFF_EMPTY,
	SL_SNIFF_MBOX, /* From_ line on top: an mbox, or one mail with it */
	SL_SNIFF_MMDF, /* lines of four ^A */
	SL_SNIFF_MAIL,
	SL_SNIFF_EMLX, /* Apple Mail: length, mail, property list */
	SL_SNIFF_GZIP,
	SL_SNIFF_BZIP2,
	SL_SNIFF_XZ,
	SL_SNIFF_LZMA,
	SL_SNIFF_ZSTD,
	SL_SNIFF_LZ4,
	SL_SNIFF_COMPRESS,
	SL_SNIFF_TAR,
	SL_SNIFF_TAR_DAMAGED, /* says ustar, but the checksum of the first header is wrong */
	SL_SNIFF_ZIP,
	SL_SNIFF_7ZIP,
	SL_SNIFF_UNSUPPORTED, /* `format` says which */
	SL_SNIFF_METADATA,
	SL_SNIFF_TEXT,
	SL_SNIFF_BINARY
};

struct sl_sniff {
	enum sl_sniff_kind kind;
	const char *format; /* a short literal for UNSUPPORTED, else "" */
	size_t start;       /* MBOX, MMDF, EMLX: where mail begins behind a mark and empty lines */
	uint64_t length;    /* EMLX: bytes of the mail */
	char eol;           /* what ends lines: '\r' when there is no '\n' */
};

/* `whole`: `head` is all there is. */
void sl_sniff_head(struct sl_span head, bool whole, struct sl_sniff *sniff_r);

/* Decompressors, in the sense of one file in, one file out. */
static inline bool sl_sniff_is_compressed(enum sl_sniff_kind kind)
{
	return kind >= SL_SNIFF_GZIP && kind <= SL_SNIFF_COMPRESS;
}
static inline bool sl_sniff_is_container(enum sl_sniff_kind kind)
{
	return kind >= SL_SNIFF_TAR && kind <= SL_SNIFF_7ZIP;
}

/* A closed list of names that mail programs and corpora give to what is no mail; asked only for
 * content that is none. `path`: the last component counts. */
bool sl_sniff_is_housekeeping(struct sl_span path);

/* Is this block a tar header whose checksum is right (POSIX ustar, GNU, v7)? */
bool sl_sniff_is_tar_header(struct sl_span block);

/* The first match of a table of magic numbers: binary ones, or those that are text. EMPTY: none. */
enum sl_sniff_kind sl_magic_binary(struct sl_span head, const char **format_r);
enum sl_sniff_kind sl_magic_text(struct sl_span head, const char **format_r);

#endif
