/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include <zstd.h>
#include <zstd_errors.h>

static bool begin(struct sl_decoder *decoder)
{
	if (decoder->state)
		return true;
	ZSTD_DStream *zstd = ZSTD_createDStream();
	if (!zstd) {
		sl_decoder_no_memory(decoder);
		return false;
	}
	size_t rc = ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, SL_DECODE_WINDOW_LOG);
	sl_assert(!ZSTD_isError(rc));
	decoder->state = zstd;
	return true;
}

static const char *reason_of(size_t rc)
{
	switch (ZSTD_getErrorCode(rc)) {
	case ZSTD_error_checksum_wrong:
		return "bad-checksum";
	case ZSTD_error_frameParameter_windowTooLarge:
		return "limit-memory";
	default:
		return "bad-data";
	}
}

static enum sl_piece step(struct sl_decoder *decoder, char *to, size_t room, size_t *made_r)
{
	struct sl_span s = sl_stream_next(decoder->below);
	ZSTD_inBuffer in = { s.p, s.n, 0 };
	ZSTD_outBuffer out = { to, room, 0 };
	size_t rc = ZSTD_decompressStream(decoder->state, &out, &in);
	sl_stream_take(decoder->below, in.pos);
	*made_r = out.pos;
	if (ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation)
		return sl_decoder_no_memory(decoder);
	if (ZSTD_isError(rc)) {
		sl_stream_damage(decoder->self, reason_of(rc), ZSTD_getErrorName(rc));
		return SL_PIECE_FAILED;
	}
	if (rc == 0)
		return SL_PIECE_END;
	if (s.n || out.pos)
		return SL_PIECE_MORE;
	sl_stream_damage(decoder->self, "truncated", "zstd");
	return SL_PIECE_FAILED;
}

static void close_zstd(struct sl_decoder *decoder)
{
	ZSTD_freeDStream(decoder->state);
}

const struct sl_codec sl_codec_zstd = { begin, step, close_zstd };
