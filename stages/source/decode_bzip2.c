/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include <bzlib.h>
#include <stdlib.h>

static bool begin(struct sl_decoder *decoder)
{
	bz_stream *bz = decoder->state;
	if (bz)
		BZ2_bzDecompressEnd(bz);
	else
		bz = decoder->state = sl_calloc(1, sizeof(*bz));
	memset(bz, 0, sizeof(*bz));
	int rc = BZ2_bzDecompressInit(bz, 0, 0);
	sl_assert(rc == BZ_OK || rc == BZ_MEM_ERROR);
	if (rc != BZ_OK)
		sl_decoder_no_memory(decoder);
	return rc == BZ_OK;
}

static enum sl_piece step(struct sl_decoder *decoder, char *to, size_t room, size_t *made_r)
{
	bz_stream *bz = decoder->state;
	struct sl_span in = sl_stream_next(decoder->below);
	/* libbz2 has no const; it only reads */
	bz->next_in = decoder->below->window + decoder->below->begin;
	bz->avail_in = (unsigned)in.n;
	bz->next_out = to;
	bz->avail_out = (unsigned)room;
	int rc = BZ2_bzDecompress(bz);
	sl_stream_take(decoder->below, in.n - bz->avail_in);
	*made_r = room - bz->avail_out;
	if (rc == BZ_STREAM_END)
		return SL_PIECE_END;
	if (rc == BZ_MEM_ERROR)
		return sl_decoder_no_memory(decoder);
	bool stuck = in.n == 0 && *made_r == 0;
	if (rc == BZ_OK && !stuck)
		return SL_PIECE_MORE;
	sl_stream_damage(decoder->self, rc == BZ_OK ? "truncated" : "bad-data", "bzip2");
	return SL_PIECE_FAILED;
}

static void close_bzip2(struct sl_decoder *decoder)
{
	BZ2_bzDecompressEnd(decoder->state);
	free(decoder->state);
}

const struct sl_codec sl_codec_bzip2 = { begin, step, close_bzip2 };
