/* SPDX-License-Identifier: Apache-2.0 */
/* decode_lzma.c - .xz and legacy .lzma over liblzma, with a bound on the dictionary. */
#include "decode.h"

#include <lzma.h>
#include <stdlib.h>

static bool begin(struct sl_decoder *decoder)
{
	lzma_stream *xz = decoder->state;
	if (!xz) {
		static const lzma_stream init = LZMA_STREAM_INIT;
		xz = decoder->state = sl_malloc(sizeof(*xz));
		*xz = init;
	}
	lzma_ret rc = decoder->kind == SL_SNIFF_XZ ? lzma_stream_decoder(xz, SL_DECODE_MEMORY, 0)
						   : lzma_alone_decoder(xz, SL_DECODE_MEMORY);
	sl_assert(rc == LZMA_OK || rc == LZMA_MEM_ERROR);
	if (rc != LZMA_OK)
		sl_decoder_no_memory(decoder);
	return rc == LZMA_OK;
}

static const char *reason_of(lzma_ret rc)
{
	switch (rc) {
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return "truncated";
	case LZMA_MEMLIMIT_ERROR:
		return "limit-memory";
	default:
		return "bad-data";
	}
}

static enum sl_piece step(struct sl_decoder *decoder, char *to, size_t room, size_t *made_r)
{
	lzma_stream *xz = decoder->state;
	struct sl_span in = sl_stream_next(decoder->below);
	xz->next_in = (const uint8_t *)in.p;
	xz->avail_in = in.n;
	xz->next_out = (uint8_t *)to;
	xz->avail_out = room;
	sl_assert(room > 0);
	lzma_ret rc = lzma_code(xz, in.n ? LZMA_RUN : LZMA_FINISH);
	sl_stream_take(decoder->below, in.n - xz->avail_in);
	*made_r = room - xz->avail_out;
	if (rc == LZMA_STREAM_END)
		return SL_PIECE_END;
	if (rc == LZMA_MEM_ERROR)
		return sl_decoder_no_memory(decoder);
	bool stuck = in.n == 0 && *made_r == 0;
	if (rc == LZMA_UNSUPPORTED_CHECK || (rc == LZMA_OK && !stuck))
		return SL_PIECE_MORE;
	sl_stream_damage(decoder->self, reason_of(rc), "lzma");
	return SL_PIECE_FAILED;
}

static void close_lzma(struct sl_decoder *decoder)
{
	lzma_end(decoder->state);
	free(decoder->state);
}

const struct sl_codec sl_codec_lzma = { begin, step, close_lzma };
