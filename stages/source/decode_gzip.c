/* SPDX-License-Identifier: Apache-2.0 */
/* decode_gzip.c - gzip (RFC 1952) over zlib's raw inflate, with the CRC and length checks that
 * libarchive leaves out. A wrong sum is noted and reading goes on: the messages are still worth
 * having. */
#include "decode.h"

#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

enum { FLAG_HCRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16 };

struct gzip {
	z_stream z;
	uint32_t crc;
	uint32_t size; /* modulo 2^32, as in the trailer */
};

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
	struct gzip *gzip = decoder->state;
	if (!gzip) {
		gzip = sl_calloc(1, sizeof(*gzip));
		decoder->state = gzip;
		int rc = inflateInit2(&gzip->z, -MAX_WBITS);
		sl_assert(rc == Z_OK || rc == Z_MEM_ERROR);
		if (rc != Z_OK)
			sl_decoder_no_memory(decoder);
		if (rc != Z_OK)
			return false;
	} else {
		sl_assert(inflateReset(&gzip->z) == Z_OK);
	}
	gzip->crc = 0;
	gzip->size = 0;
	if (read_header(decoder->below, decoder->self))
		return true;
	sl_stream_damage(decoder->self, "truncated", "in a gzip header");
	return false;
}

static enum sl_piece check_trailer(struct sl_decoder *decoder)
{
	struct gzip *gzip = decoder->state;
	uint32_t crc, size;
	if (!little_endian(decoder->below, 4, &crc) || !little_endian(decoder->below, 4, &size)) {
		sl_stream_damage(decoder->self, "truncated", "in the gzip trailer");
		return SL_PIECE_FAILED;
	}
	if (crc != gzip->crc)
		sl_stream_damage(decoder->self, "bad-checksum", "gzip CRC");
	else if (size != gzip->size)
		sl_stream_damage(decoder->self, "bad-checksum", "gzip length");
	return SL_PIECE_END;
}

static enum sl_piece step(struct sl_decoder *decoder, char *to, size_t room, size_t *made_r)
{
	struct gzip *gzip = decoder->state;
	struct sl_span in = sl_stream_next(decoder->below);
	gzip->z.next_in = (const Bytef *)in.p;
	gzip->z.avail_in = (uInt)in.n;
	gzip->z.next_out = (Bytef *)to;
	gzip->z.avail_out = (uInt)room;
	int rc = inflate(&gzip->z, Z_SYNC_FLUSH);
	sl_stream_take(decoder->below, in.n - gzip->z.avail_in);
	*made_r = room - gzip->z.avail_out;
	gzip->crc = (uint32_t)crc32(gzip->crc, (const Bytef *)to, (uInt)*made_r);
	gzip->size += (uint32_t)*made_r;
	if (rc == Z_STREAM_END)
		return check_trailer(decoder);
	if (rc == Z_OK)
		return SL_PIECE_MORE;
	if (rc == Z_MEM_ERROR)
		return sl_decoder_no_memory(decoder);
	sl_stream_damage(decoder->self, rc == Z_BUF_ERROR && in.n == 0 ? "truncated" : "bad-data",
		gzip->z.msg);
	return SL_PIECE_FAILED;
}

static void close_gzip(struct sl_decoder *decoder)
{
	struct gzip *gzip = decoder->state;
	inflateEnd(&gzip->z);
	free(gzip);
}

const struct sl_codec sl_codec_gzip = { begin, step, close_gzip };
