/* SPDX-License-Identifier: Apache-2.0 */
/* decode_gzip.c - gzip (RFC 1952): the headers here, the rest in inflate.h, with the checks of CRC
 * and length that libarchive leaves out. A wrong sum is noted and reading goes on: the messages are
 * still worth having. */
#include "decode.h"

#include "inflate.h"

#include <stdlib.h>

enum { FLAG_HCRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16 };

/* The next byte, or -1 at the end. */
static int next_byte(struct sl_stream *below)
{
	struct sl_span s = sl_stream_next(below);
	if (s.n == 0)
		return -1;
	sl_stream_take(below, 1);
	return (unsigned char)s.p[0];
}

static bool skip(struct sl_stream *below, size_t n)
{
	for (; n; n--) {
		if (next_byte(below) < 0)
			return false;
	}
	return true;
}

static bool skip_string(struct sl_stream *below)
{
	int c;
	do
		c = next_byte(below);
	while (c > 0);
	return c == 0;
}

/* `n` bytes, least significant first. */
static bool little_endian(struct sl_stream *below, unsigned n, uint32_t *value_r)
{
	*value_r = 0;
	for (unsigned i = 0; i < n; i++) {
		int c = next_byte(below);
		if (c < 0)
			return false;
		*value_r |= (uint32_t)c << (8 * i);
	}
	return true;
}

static bool read_header(struct sl_stream *below, struct sl_stream *self)
{
	uint32_t magic, flags, time, rest, extra = 0;
	if (!little_endian(below, 3, &magic) || !little_endian(below, 1, &flags) ||
		!little_endian(below, 4, &time) || !little_endian(below, 2, &rest))
		return false;
	if ((flags & FLAG_EXTRA) && (!little_endian(below, 2, &extra) || !skip(below, extra)))
		return false;
	if ((flags & FLAG_NAME) && !skip_string(below))
		return false;
	if ((flags & FLAG_COMMENT) && !skip_string(below))
		return false;
	if ((flags & FLAG_HCRC) && !skip(below, 2))
		return false;
	if (time && self->time == SL_TIME_NONE)
		self->time = time;
	return true;
}

static bool begin(struct sl_decoder *decoder)
{
	if (decoder->state)
		sl_inflate_reset(decoder->state);
	else
		decoder->state = sl_inflate_new();
	if (read_header(decoder->below, decoder->self))
		return true;
	sl_stream_damage(decoder->self, "truncated", "in a gzip header");
	return false;
}

static enum sl_piece fail(struct sl_decoder *decoder, const char *reason, const char *detail)
{
	sl_stream_damage(decoder->self, reason, detail);
	return SL_PIECE_FAILED;
}

static enum sl_piece step(struct sl_decoder *decoder, char *to, size_t room, size_t *made_r)
{
	struct sl_span in = sl_stream_next(decoder->below), rest = in;
	enum sl_inflated rc = sl_inflate_step(decoder->state, &rest, to, room, made_r);
	sl_stream_take(decoder->below, in.n - rest.n);
	switch (rc) {
	case SL_INFLATED_MORE:
		return SL_PIECE_MORE;
	case SL_INFLATED_END:
		return SL_PIECE_END;
	case SL_INFLATED_BAD_SUM:
		sl_stream_damage(decoder->self, "bad-checksum", "gzip CRC or length");
		return SL_PIECE_END;
	case SL_INFLATED_CUT:
		return fail(decoder, "truncated", "");
	case SL_INFLATED_CUT_TRAILER:
		return fail(decoder, "truncated", "in the gzip trailer");
	case SL_INFLATED_BAD_DATA:
		break;
	}
	return fail(decoder, "bad-data", "no deflate");
}

static void close_gzip(struct sl_decoder *decoder)
{
	struct sl_inflate *inflate = decoder->state;
	sl_inflate_free(&inflate);
}

const struct sl_codec sl_codec_gzip = { begin, step, close_gzip };
