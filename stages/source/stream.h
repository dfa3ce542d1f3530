/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - bytes pulled through one buffer: a file, a decompressor, a member of an archive.
 *
 * A stream asks its `pull` for bytes when its window is empty; the consumer looks at the window and
 * takes from it. The chain file -> decompressor -> tar member -> decompressor ... holds one window
 * of SL_STREAM_ROOM bytes a link. Damage does not stop what was decoded before it: it is noted in
 * the stream and read by the owner at the end. Streams of one input share a nest, which bounds what
 * comes out of it.
 */
#ifndef SL_STREAM_H
#define SL_STREAM_H

#include "pipeline/source.h"

enum { SL_STREAM_ROOM = 128 * 1024, SL_DAMAGE_TEXT = 128 };

/* What all streams of one input file share. */
struct sl_nest {
	const struct sl_limits *limits;
	struct sl_err *err;
	uint64_t file_size, read; /* of the input file; bytes that were read from it */
	uint64_t made; /* bytes that came out of decompressors and archives, over all levels */
	bool fatal;    /* the disk failed (err is filled), or: */
	bool changed;  /* the file is not what it was when it was hashed */
	uint64_t changed_at; /* the block where that was seen */
	bool over;           /* the ratio of the whole nest was passed: everything ends */
};

struct sl_damage {
	const char *reason; /* NULL: none */
	uint64_t offset;    /* in the bytes that this stream gives */
	char detail[SL_DAMAGE_TEXT];
};

struct sl_stream {
	/* Put up to `room` bytes at `to`; 0: the end, or damage. */
	size_t (*pull)(struct sl_stream *stream, char *to, size_t room);
	void (*close)(struct sl_stream *stream); /* may be NULL */
	void *state;                             /* of pull and close */
	struct sl_nest *nest;
	char *window;
	size_t begin, end;
	uint64_t taken;          /* bytes the consumer took: the offset of window[begin] */
	bool finished;           /* pull gave 0 */
	int64_t time;            /* that the stream itself holds (gzip header), or SL_TIME_NONE */
	struct sl_damage damage; /* the first one; END reasons and warnings alike */
};

/* Allocates the window. */
void sl_stream_init(struct sl_stream *stream, struct sl_nest *nest);
/* Calls close, frees the window. */
void sl_stream_fini(struct sl_stream *stream);
/* At least `want` (<= SL_SNIFF_WINDOW) bytes unless the end comes first; nothing is taken. */
struct sl_span sl_stream_peek(struct sl_stream *stream, size_t want);
/* What is in the window, filled when empty; empty at the end. */
struct sl_span sl_stream_next(struct sl_stream *stream);
/* Take `n` bytes of what peek or next showed. */
void sl_stream_take(struct sl_stream *stream, size_t n);
/* Note the first damage; offset: where the bytes given end. `detail` may be NULL. */
void sl_stream_damage(struct sl_stream *stream, const char *reason, const char *detail);

/* The disk failed with this errno; the first failure is kept. */
void sl_nest_fail(struct sl_nest *nest, int error, const char *what);
/* Count bytes that came out of a decompressor or archive. False: the nest is over its ratio. */
bool sl_nest_made(struct sl_nest *nest, uint64_t bytes);
/* Is `made` out of `read` bytes more than the ratio allows? A ratio of 0 allows all. */
bool sl_nest_is_over(const struct sl_nest *nest, uint64_t made, uint64_t read);

#endif
