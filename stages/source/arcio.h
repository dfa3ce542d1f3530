/* SPDX-License-Identifier: Apache-2.0 */
/* arcio.h - libarchive reading from our streams and files. Only stages/source/ sees archive.h.
 *
 * Formats and filters are enabled one by one by who opens: the *_all() calls would start programs
 * out of PATH and reach the readers that had most of the security bugs.
 */
#ifndef SL_ARCIO_H
#define SL_ARCIO_H

#include "infile.h"

#include <archive.h>
#include <archive_entry.h>

/* Where the bytes come from; one of both. Must stay in place while the archive is open. */
struct sl_arcio {
	struct sl_stream *stream; /* read once, front to back */
	size_t lent;              /* bytes of its window that libarchive looks at */
	struct sl_infile *file;   /* with seeking, or NULL */
	uint64_t at;              /* in the file */
	char *buffer;             /* of SL_STREAM_ROOM bytes, for files; borrowed */
	bool counts;              /* the file is the input itself: count what is read */
	struct sl_nest *nest;
};

/* Open `a`, whose formats and filters are set. The result of archive_read_open1(). */
int sl_arcio_open(struct archive *a, struct sl_arcio *io);
/* Why the last call failed: one of the names for rejects, and words. Never NULL. */
const char *sl_arcio_reason(struct archive *a);
const char *sl_arcio_words(struct archive *a);

#endif
