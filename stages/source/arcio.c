/* SPDX-License-Identifier: Apache-2.0 */
#include "arcio.h"

#include <errno.h>

static la_ssize_t read_stream(struct archive *a, void *arg, const void **buffer_r)
{
	struct sl_arcio *io = arg;
	(void)a;
	sl_stream_take(io->stream, io->lent);
	struct sl_span s = sl_stream_next(io->stream);
	sl_assert(s.n <= SL_STREAM_ROOM);
	io->lent = s.n;
	*buffer_r = s.p;
	return (la_ssize_t)s.n;
}

static la_ssize_t read_file(struct archive *a, void *arg, const void **buffer_r)
{
	struct sl_arcio *io = arg;
	size_t n = sl_infile_read(io->file, io->at, io->buffer, SL_STREAM_ROOM);
	if (n == 0 && io->nest->fatal) {
		archive_set_error(a, EIO, "read error");
		return -1;
	}
	io->at += n;
	if (io->counts)
		io->nest->read += n;
	*buffer_r = io->buffer;
	return (la_ssize_t)n;
}

static la_int64_t skip_file(struct archive *a, void *arg, la_int64_t request)
{
	struct sl_arcio *io = arg;
	(void)a;
	if (request <= 0)
		return 0;
	uint64_t left = io->at < io->nest->file_size ? io->nest->file_size - io->at : 0;
	uint64_t step = (uint64_t)request < left ? (uint64_t)request : left;
	io->at += step;
	return (la_int64_t)step;
}

static la_int64_t seek_file(struct archive *a, void *arg, la_int64_t offset, int whence)
{
	struct sl_arcio *io = arg;
	(void)a;
	la_int64_t end = (la_int64_t)io->file->size;
	la_int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (la_int64_t)io->at : end;
	la_int64_t to;
	if (__builtin_add_overflow(base, offset, &to) || to < 0)
		return ARCHIVE_FATAL;
	io->at = (uint64_t)to;
	return to;
}

int sl_arcio_open(struct archive *a, struct sl_arcio *io)
{
	sl_assert((io->stream != NULL) != (io->file != NULL));
	if (io->stream) {
		archive_read_set_read_callback(a, read_stream);
	} else {
		archive_read_set_read_callback(a, read_file);
		archive_read_set_seek_callback(a, seek_file);
		if (io->counts)
			archive_read_set_skip_callback(a, skip_file);
	}
	archive_read_set_callback_data(a, io);
	return archive_read_open1(a);
}

const char *sl_arcio_words(struct archive *a)
{
	const char *words = archive_error_string(a);
	return words ? words : "";
}

/* libarchive has no codes for these; the words are those of 3.6 and 3.7. */
const char *sl_arcio_reason(struct archive *a)
{
	static const struct {
		const char *words, *reason;
	} table[] = {
		{ "assphrase", "encrypted" },
		{ "ncrypt", "encrypted" },
		{ "runcated", "truncated" },
		{ "CRC", "bad-checksum" },
		{ "hecksum", "bad-checksum" },
		{ "nrecognized archive", "bad-data" },
		{ "allocate memory", "limit-memory" },
		{ "nsupported", "unsupported" },
		{ "ot supported", "unsupported" },
	};
	struct sl_span words = sl_span_str(sl_arcio_words(a));
	if (archive_errno(a) == ENOMEM)
		return "limit-memory";
	for (size_t i = 0; i < SL_LEN(table); i++) {
		if (sl_span_find(words, sl_span_str(table[i].words), 0) >= 0)
			return table[i].reason;
	}
	/* a stream that ends too early often comes without words */
	return words.n ? "bad-data" : "truncated";
}
