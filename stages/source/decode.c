/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include <errno.h>
#include <stdlib.h>

/* Calls in a row that take nothing and give nothing: no decoder of ours does this. */
enum { IDLE_MAX = 64 };

static const struct sl_codec *codec_of(enum sl_sniff_kind kind)
{
	switch (kind) {
	case SL_SNIFF_GZIP:
		return &sl_codec_gzip;
	case SL_SNIFF_BZIP2:
		return &sl_codec_bzip2;
	case SL_SNIFF_XZ:
	case SL_SNIFF_LZMA:
		return &sl_codec_lzma;
	case SL_SNIFF_ZSTD:
		return &sl_codec_zstd;
	default:
		sl_assert(kind == SL_SNIFF_LZ4 || kind == SL_SNIFF_COMPRESS);
		return &sl_codec_archive;
	}
}

/* Zeros are padding (tapes, xz). Returns false at the end of the input. */
static bool skip_zeros(struct sl_stream *below)
{
	for (;;) {
		struct sl_span s = sl_stream_next(below);
		size_t n = 0;
		while (n < s.n && s.p[n] == '\0')
			n++;
		sl_stream_take(below, n);
		if (n < s.n)
			return true;
		if (s.n == 0)
			return false;
	}
}

/* Behind one piece: go on with the next, or end. */
static void next_piece(struct sl_decoder *decoder)
{
	struct sl_sniff sniff = { .kind = SL_SNIFF_EMPTY };
	decoder->done = true;
	if (!skip_zeros(decoder->below))
		return;
	struct sl_span head = sl_stream_peek(decoder->below, 16);
	sniff.kind = sl_magic_binary(head, &sniff.format);
	if (sniff.kind == decoder->kind && decoder->kind != SL_SNIFF_LZMA)
		decoder->done = !decoder->codec->begin(decoder);
	else
		sl_stream_damage(decoder->self, "trailing-garbage", NULL);
}

/* Count, and stop at the ratio of this decompressor alone: a bomb among good members of an
 * archive costs only itself. */
static void count(struct sl_decoder *decoder, size_t made)
{
	struct sl_nest *nest = decoder->self->nest;
	decoder->made += made;
	uint64_t read = decoder->below->taken - decoder->start;
	if (sl_nest_is_over(nest, decoder->made, read)) {
		sl_stream_damage(decoder->self, "limit-ratio", NULL);
		decoder->done = true;
	}
	sl_assert(decoder->below->taken >= decoder->start);
	sl_nest_made(nest, made);
}

static void act_on(struct sl_decoder *decoder, enum sl_piece piece)
{
	if (piece == SL_PIECE_FAILED)
		decoder->done = true;
	else if (piece == SL_PIECE_END && !decoder->done)
		next_piece(decoder);
}

static size_t pull(struct sl_stream *stream, char *to, size_t room)
{
	struct sl_decoder *decoder = stream->state;
	size_t made = 0;
	for (int idle = 0; made == 0 && !decoder->done && !stream->nest->over; idle++) {
		uint64_t before = decoder->below->taken;
		enum sl_piece piece = decoder->codec->step(decoder, to, room, &made);
		sl_assert(made <= room);
		count(decoder, made);
		act_on(decoder, piece);
		if (decoder->below->taken != before)
			idle = 0;
		if (idle == IDLE_MAX) {
			sl_stream_damage(stream, "bad-data", "no progress");
			decoder->done = true;
		}
	}
	return made;
}

static void close_decoder(struct sl_stream *stream)
{
	struct sl_decoder *decoder = stream->state;
	decoder->codec->close(decoder);
	free(decoder);
	stream->state = NULL;
}

enum sl_piece sl_decoder_no_memory(struct sl_decoder *decoder)
{
	sl_nest_fail(decoder->self->nest, ENOMEM, "cannot read the input");
	return SL_PIECE_FAILED;
}

void sl_decode_open(struct sl_stream *stream, struct sl_stream *below, enum sl_sniff_kind kind)
{
	sl_assert(sl_sniff_is_compressed(kind));
	sl_stream_init(stream, below->nest);
	struct sl_decoder *decoder = sl_calloc(1, sizeof(*decoder));
	decoder->below = below;
	decoder->self = stream;
	decoder->kind = kind;
	decoder->codec = codec_of(kind);
	decoder->start = below->taken;
	stream->state = decoder;
	stream->pull = pull;
	stream->close = close_decoder;
	decoder->done = !decoder->codec->begin(decoder);
}
