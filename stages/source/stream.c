/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include <errno.h>
#include <stdlib.h>

/* Ratios count only behind so much output. */
enum { RATIO_FREE = 16 << 20 };

void sl_stream_init(struct sl_stream *stream, struct sl_nest *nest)
{
	*stream = (struct sl_stream){
		.nest = nest, .window = sl_malloc_aligned(SL_STREAM_ROOM), .time = SL_TIME_NONE
	};
}

void sl_stream_fini(struct sl_stream *stream)
{
	if (stream->close)
		stream->close(stream);
	free(stream->window);
	stream->window = NULL;
}

static bool fill(struct sl_stream *stream)
{
	sl_assert(stream->begin <= stream->end && stream->end <= SL_STREAM_ROOM);
	if (stream->finished || stream->nest->fatal || stream->nest->over)
		return false;
	if (stream->begin) {
		memmove(stream->window, stream->window + stream->begin,
			stream->end - stream->begin);
		stream->end -= stream->begin;
		stream->begin = 0;
	}
	size_t room = SL_STREAM_ROOM - stream->end;
	sl_assert(room > 0);
	size_t n = stream->pull(stream, stream->window + stream->end, room);
	sl_assert(n <= room);
	stream->end += n;
	stream->finished = n == 0;
	return n > 0;
}

struct sl_span sl_stream_peek(struct sl_stream *stream, size_t want)
{
	sl_assert(want <= SL_STREAM_ROOM / 2);
	while (stream->end - stream->begin < want && fill(stream))
		continue;
	return sl_span_of(stream->window + stream->begin, stream->end - stream->begin);
}

struct sl_span sl_stream_next(struct sl_stream *stream)
{
	return sl_stream_peek(stream, 1);
}

void sl_stream_take(struct sl_stream *stream, size_t n)
{
	sl_assert(n <= stream->end - stream->begin);
	stream->begin += n;
	stream->taken += n;
}

void sl_stream_damage(struct sl_stream *stream, const char *reason, const char *detail)
{
	if (stream->damage.reason)
		return;
	stream->damage.reason = reason;
	stream->damage.offset = stream->taken + (stream->end - stream->begin);
	struct sl_span text = sl_span_str(detail);
	if (text.n >= SL_DAMAGE_TEXT)
		text.n = SL_DAMAGE_TEXT - 1;
	if (text.n)
		memcpy(stream->damage.detail, text.p, text.n);
	stream->damage.detail[text.n] = '\0';
}

void sl_nest_fail(struct sl_nest *nest, int error, const char *what)
{
	errno = error;
	if (!nest->fatal)
		sl_err_errno(nest->err, SL_EXIT_IOERR, "%s", what);
	nest->fatal = true;
}

bool sl_nest_is_over(const struct sl_nest *nest, uint64_t made, uint64_t read)
{
	uint64_t ratio = nest->limits->ratio;
	return ratio && made > RATIO_FREE && made / ratio > read;
}

bool sl_nest_made(struct sl_nest *nest, uint64_t bytes)
{
	nest->made += bytes;
	uint64_t read = nest->read < nest->file_size ? nest->read : nest->file_size;
	if (sl_nest_is_over(nest, nest->made, read))
		nest->over = true;
	return !nest->over;
}
