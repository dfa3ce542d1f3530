/* SPDX-License-Identifier: Apache-2.0 */
/* decode.h - decompressors as streams over streams.
 *
 * gzip, bzip2, xz, lzma and zstd are driven here and not through libarchive, for two reasons that
 * were measured (3.6.2): libarchive never checks the CRC of gzip, and when a file is cut it throws
 * away up to 64 KB that it had decoded. lz4 and compress are left to it. Files glued together are
 * read one behind the other (gzip members, xz streams, zstd frames), zeros between them are
 * skipped. Memory: a window of 128 KiB and what the format needs, at most SL_DECODE_MEMORY.
 */
#ifndef SL_DECODE_H
#define SL_DECODE_H

#include "sniff.h"
#include "stream.h"

/* The largest dictionary: xz -9 needs 65 MiB, zstd --long 128 MiB. Larger ones are refused. */
enum { SL_DECODE_MEMORY = 192 << 20, SL_DECODE_WINDOW_LOG = 27 };

struct sl_codec;
struct sl_decoder {
	struct sl_stream *below; /* compressed bytes; borrowed */
	struct sl_stream *self;  /* where damage is noted */
	const struct sl_codec *codec;
	void *state; /* of the codec */
	enum sl_sniff_kind kind;
	uint64_t made;  /* bytes given */
	uint64_t start; /* below->taken at the beginning */
	bool done;
};

/* A piece is one gzip member, xz stream, bzip2 stream or zstd frame. */
enum sl_piece { SL_PIECE_MORE, SL_PIECE_END, SL_PIECE_FAILED };

struct sl_codec {
	/* Ready for the first piece, or for one more. False: damage is noted. */
	bool (*begin)(struct sl_decoder *decoder);
	/* Decode to `to`; MORE with *made_r == 0 only when it has to be called again. */
	enum sl_piece (*step)(struct sl_decoder *decoder, char *to, size_t room, size_t *made_r);
	void (*close)(struct sl_decoder *decoder);
};

extern const struct sl_codec sl_codec_gzip, sl_codec_bzip2, sl_codec_lzma, sl_codec_zstd,
	sl_codec_archive;

/* Memory ran out. What a decoder asks for is bounded, so that says nothing about the input: it is
 * given up and read again by the next run. */
enum sl_piece sl_decoder_no_memory(struct sl_decoder *decoder);
/* Make `stream` the decoded form of `below`, which sniffed as `kind` and must live longer. */
void sl_decode_open(struct sl_stream *stream, struct sl_stream *below, enum sl_sniff_kind kind);

#endif
