/* SPDX-License-Identifier: Apache-2.0 */
#include "mmdf.h"

/* Four ^A, perhaps "\r". */
enum { SEPARATOR_MAX = 5 };

void sl_mmdf_init(struct sl_mmdf *mmdf, struct sl_emit *emit, uint64_t skip)
{
	mmdf->emit = emit;
	mmdf->at = skip;
	mmdf->slice_at = 0;
	mmdf->in_line = false;
	mmdf->top = false;
	mmdf->n_hold = 0;
}

static bool is_separator(struct sl_span line)
{
	if (line.n && line.p[line.n - 1] == '\n')
		line.n--;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return sl_span_eq(line, SL_SPAN("\1\1\1\1"));
}

static void open_message(struct sl_mmdf *mmdf, int64_t from_time)
{
	sl_emit_begin(mmdf->emit, mmdf->slice_at, from_time);
	mmdf->top = false;
}

/* The held bytes are part of a message; outside of one only separators are wanted. */
static void release(struct sl_mmdf *mmdf)
{
	if (mmdf->top)
		open_message(mmdf, SL_TIME_NONE);
	sl_emit_write(mmdf->emit, sl_span_of(mmdf->hold, mmdf->n_hold));
	mmdf->n_hold = 0;
}

/* Files with one line between messages are met too: what follows any separator is a message. */
static void separate(struct sl_mmdf *mmdf)
{
	if (mmdf->emit->open) {
		sl_emit_end(mmdf->emit, mmdf->at);
		mmdf->slice_at = mmdf->at;
	}
	mmdf->top = true;
	mmdf->n_hold = 0;
}

static void line_held(struct sl_mmdf *mmdf)
{
	struct sl_span line = sl_span_of(mmdf->hold, mmdf->n_hold);
	struct sl_fromline from;
	if (is_separator(line)) {
		separate(mmdf);
	} else if (mmdf->top && sl_span_trim(line).n == 0) {
		mmdf->n_hold = 0;
	} else if (mmdf->top && sl_fromline_read(sl_span_trim(line), &from) &&
		   (from.date || from.address)) {
		open_message(mmdf, from.time);
		mmdf->n_hold = 0;
	} else {
		release(mmdf);
	}
}

/* May the held bytes still become a separator or a From_ line? */
static bool undecided(const struct sl_mmdf *mmdf)
{
	struct sl_span line = sl_span_of(mmdf->hold, mmdf->n_hold);
	sl_assert(line.n > 0);
	if (line.p[0] == '\1')
		return line.n <= SEPARATOR_MAX;
	if (mmdf->top && line.n == 1 && line.p[0] == '\r')
		return true;
	return mmdf->top && line.n <= SL_FROMLINE_MAX &&
	       sl_span_eq(sl_span_head(line, 5), sl_span_head(SL_SPAN("From "), line.n));
}

static size_t rest_of_line(struct sl_mmdf *mmdf, struct sl_span bytes, size_t i)
{
	const char *end = memchr(bytes.p + i, '\n', bytes.n - i);
	size_t n = end ? (size_t)(end - bytes.p) + 1 - i : bytes.n - i;
	sl_emit_write(mmdf->emit, sl_span_of(bytes.p + i, n));
	mmdf->in_line = !end;
	mmdf->at += n;
	return n;
}

void sl_mmdf_feed(struct sl_mmdf *mmdf, struct sl_span bytes)
{
	size_t i = 0;
	while (i < bytes.n && mmdf->emit->rc == SL_OK) {
		if (mmdf->in_line) {
			i += rest_of_line(mmdf, bytes, i);
			continue;
		}
		sl_assert(mmdf->n_hold < sizeof(mmdf->hold));
		mmdf->hold[mmdf->n_hold++] = bytes.p[i++];
		mmdf->at++;
		if (mmdf->hold[mmdf->n_hold - 1] == '\n') {
			line_held(mmdf);
		} else if (!undecided(mmdf)) {
			release(mmdf);
			mmdf->in_line = true;
		}
	}
}

void sl_mmdf_finish(struct sl_mmdf *mmdf)
{
	if (mmdf->n_hold)
		line_held(mmdf);
	sl_emit_end(mmdf->emit, mmdf->at);
}
