/* SPDX-License-Identifier: Apache-2.0 */
/* decode_archive.c - lz4 and compress (.Z) through libarchive's filters and its raw format. */
#include "arcio.h"
#include "decode.h"

#include <errno.h>
#include <stdlib.h>

struct filter {
	struct archive *a;
	struct sl_arcio io;
	struct sl_span block; /* what libarchive gave and was not copied yet */
};

static bool begin(struct sl_decoder *decoder)
{
	struct filter *filter = sl_calloc(1, sizeof(*filter));
	decoder->state = filter;
	filter->io = (struct sl_arcio){ .stream = decoder->below, .nest = decoder->below->nest };
	filter->a = archive_read_new();
	sl_assert(filter->a != NULL);
	if (decoder->kind == SL_SNIFF_LZ4)
		archive_read_support_filter_lz4(filter->a);
	else
		archive_read_support_filter_compress(filter->a);
	archive_read_support_format_raw(filter->a);
	archive_read_support_format_empty(filter->a);
	struct archive_entry *entry;
	if (sl_arcio_open(filter->a, &filter->io) == ARCHIVE_OK &&
		archive_read_next_header(filter->a, &entry) >= ARCHIVE_WARN)
		return true;
	if (archive_errno(filter->a) == ENOMEM)
		sl_decoder_no_memory(decoder);
	sl_stream_damage(decoder->self, sl_arcio_reason(filter->a), sl_arcio_words(filter->a));
	return false;
}

/* Fetch a block. False at the end or at damage. */
static bool fetch(struct sl_decoder *decoder, struct filter *filter, enum sl_piece *piece_r)
{
	const void *p;
	size_t n;
	la_int64_t offset;
	int rc = archive_read_data_block(filter->a, &p, &n, &offset);
	if (rc == ARCHIVE_OK || rc == ARCHIVE_WARN) {
		filter->block = sl_span_of(p, n);
		return true;
	}
	*piece_r = SL_PIECE_END;
	if (rc != ARCHIVE_EOF && archive_errno(filter->a) == ENOMEM)
		sl_decoder_no_memory(decoder);
	if (rc != ARCHIVE_EOF) {
		sl_stream_damage(
			decoder->self, sl_arcio_reason(filter->a), sl_arcio_words(filter->a));
		*piece_r = SL_PIECE_FAILED;
	}
	return false;
}

static enum sl_piece step(struct sl_decoder *decoder, char *to, size_t room, size_t *made_r)
{
	struct filter *filter = decoder->state;
	enum sl_piece piece = SL_PIECE_MORE;
	if (filter->block.n == 0 && !fetch(decoder, filter, &piece)) {
		/* it read to the end of the input: there is no next piece */
		decoder->done = true;
		return piece;
	}
	struct sl_span part = sl_span_head(filter->block, room);
	if (part.n)
		memcpy(to, part.p, part.n);
	filter->block = sl_span_from(filter->block, part.n);
	*made_r = part.n;
	return SL_PIECE_MORE;
}

static void close_filter(struct sl_decoder *decoder)
{
	struct filter *filter = decoder->state;
	archive_read_free(filter->a);
	free(filter);
}

const struct sl_codec sl_codec_archive = { begin, step, close_filter };
