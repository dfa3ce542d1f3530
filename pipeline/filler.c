/* SPDX-License-Identifier: Apache-2.0 */
#include "filler.h"

#include "base/utf8.h"
#include "mock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct filler {
	struct sl_sink sink; /* first: the source knows only this */
	const struct sl_fill_job *job;
	const struct sl_limits *limits;
	const struct sl_fill_sizes *sizes;
	const struct sl_outlet *outlet;
	struct sl_walked *walked;
	struct sl_slab *slab; /* in hand, or NULL */
	bool has_range;       /* the slab holds one large message, which lies in the range */
	uint64_t notes;       /* of this walk */
	/* the message being written */
	bool skipping, cut;
	size_t range; /* index of the done range that may hold the next message */
	char *at;     /* its first byte */
	size_t have, room;
	struct sl_slab_raw raw;
};

static struct filler *filler_of(struct sl_sink *sink)
{
	return (struct filler *)sink;
}

static void step(struct filler *f)
{
	atomic_fetch_add_explicit(&f->walked->steps, 1, memory_order_relaxed);
}

static bool push(struct filler *f)
{
	struct sl_slab *full = f->slab;
	f->slab = NULL;
	f->has_range = false;
	return f->outlet->push(f->outlet->state, full);
}

static bool take(struct filler *f)
{
	f->slab = f->outlet->take(f->outlet->state);
	return f->slab != NULL;
}

/* Is there room for one more entry with so many bytes of text? */
static bool has_room(const struct filler *f, size_t text)
{
	return atomic_load(&f->slab->n) < SL_BATCH_MESSAGES &&
	       atomic_load(&f->slab->n_notes) < SL_BATCH_MESSAGES &&
	       f->slab->text_used + text <= SL_SLAB_TEXT && !f->has_range;
}

static bool slab_ready(struct filler *f, size_t text)
{
	if (f->slab && !has_room(f, text) && !push(f))
		return false;
	return f->slab || take(f);
}

/* Valid UTF-8 of at most `most` bytes: the engine takes nothing else. */
static struct sl_slab_text put_text(struct sl_slab *slab, struct sl_span s, size_t most)
{
	struct sl_slab_text text = { slab->text_used, 0 };
	s = sl_span_head(s, most);
	sl_assert(s.n <= SL_SLAB_TEXT - slab->text_used);
	while (s.n) {
		size_t good = sl_utf8_valid_prefix(s);
		if (good)
			memcpy(slab->text + slab->text_used, s.p, good);
		slab->text_used += (uint32_t)good;
		s = sl_span_from(s, good);
		if (s.n) {
			slab->text[slab->text_used++] = '?';
			s = sl_span_from(s, 1);
		}
	}
	text.n = slab->text_used - text.at;
	return text;
}

static bool is_done(struct filler *f, uint64_t seq)
{
	const struct sl_fill_job *job = f->job;
	if (seq < job->from)
		return true;
	while (f->range < job->n_done && job->done[f->range].to <= seq)
		f->range++;
	return f->range < job->n_done && job->done[f->range].from <= seq;
}

static enum sl_rc message_begin(struct sl_sink *sink, const struct sl_slice *slice)
{
	struct filler *f = filler_of(sink);
	if (f->outlet->stopping(f->outlet->state))
		return SL_END;
	step(f);
	f->cut = false;
	f->have = 0;
	f->skipping = is_done(f, f->walked->emitted);
	if (f->skipping)
		return SL_OK;
	if (sl_mock_entry)
		sl_mock_entry(slice->entry);
	if (!slab_ready(f, SL_SLAB_ENTRY_MOST))
		return SL_END;
	f->raw = (struct sl_slab_raw){ .seq = f->walked->emitted,
		.entry = put_text(f->slab, slice->entry, SL_SLAB_ENTRY_MOST),
		.ordinal = slice->ordinal,
		.offset = slice->offset,
		.from_time = slice->from_time,
		.member_time = slice->member_time };
	f->at = f->slab->bytes + f->slab->used;
	f->room = f->sizes->slab - f->slab->used;
	return SL_OK;
}

/* The slab is full in the middle of a message: take the message along into an empty one, or, when
 * it has a slab for itself and that is not enough, into the large range. */
static bool more_room(struct filler *f)
{
	struct sl_slab *full = f->slab;
	char *from = f->at;
	if (atomic_load(&full->n) == 0 && atomic_load(&full->n_notes) == 0) {
		f->at = f->outlet->range(f->outlet->state, full);
		if (!f->at)
			return false;
		f->has_range = true;
		f->room = f->sizes->message;
		memcpy(f->at, from, f->have);
		return true;
	}
	if (!take(f)) {
		f->slab = full;
		return false;
	}
	struct sl_span entry = sl_span_of(full->text + f->raw.entry.at, f->raw.entry.n);
	f->raw.entry = put_text(f->slab, entry, entry.n);
	f->at = f->slab->bytes;
	f->room = f->sizes->slab;
	memcpy(f->at, from, f->have);
	return f->outlet->push(f->outlet->state, full);
}

static enum sl_rc message_write(struct sl_sink *sink, struct sl_span bytes)
{
	struct filler *f = filler_of(sink);
	step(f);
	if (f->skipping) {
		f->have += bytes.n;
		return SL_OK;
	}
	uint64_t left = f->limits->message - f->have;
	if (bytes.n > left)
		f->cut = true;
	bytes = sl_span_head(bytes, left);
	while (bytes.n > f->room - f->have)
		if (!more_room(f))
			return SL_END;
	if (bytes.n)
		memcpy(f->at + f->have, bytes.p, bytes.n);
	f->have += bytes.n;
	return f->cut ? SL_SKIP : SL_OK;
}

static enum sl_rc message_end(struct sl_sink *sink, uint64_t length, bool drop)
{
	struct filler *f = filler_of(sink);
	if (drop)
		return SL_OK;
	f->walked->emitted++;
	f->walked->bytes += f->have;
	if (f->skipping)
		return SL_OK;
	struct sl_slab *slab = f->slab;
	uint32_t n = atomic_load(&slab->n);
	sl_assert(n < SL_BATCH_MESSAGES);
	f->raw.length = length;
	f->raw.cut = f->cut;
	f->raw.at = (uint64_t)(f->at - f->sizes->base);
	f->raw.n = f->have;
	slab->raws[n] = f->raw;
	if (!f->has_range)
		slab->used += (f->have + 15) / 16 * 16;
	if (slab->used > f->sizes->slab)
		slab->used = f->sizes->slab;
	atomic_store_explicit(&slab->n, n + 1, memory_order_release);
	return SL_OK;
}

static enum sl_rc add_note(struct filler *f, enum sl_note_kind kind, struct sl_span entry,
	uint64_t offset, const char *reason, const char *detail)
{
	if (f->notes++ < f->job->notes)
		return SL_OK;
	if (!slab_ready(f, SL_SLAB_ENTRY_MOST + 2 * SL_SLAB_DETAIL_MOST))
		return SL_END;
	struct sl_slab *slab = f->slab;
	uint32_t n = atomic_load(&slab->n_notes);
	slab->notes[n] = (struct sl_slab_note){ .kind = (uint32_t)kind,
		.seq = f->walked->emitted,
		.entry = put_text(slab, entry, SL_SLAB_ENTRY_MOST),
		.reason = put_text(slab, sl_span_str(reason), SL_SLAB_DETAIL_MOST),
		.detail = put_text(slab, sl_span_str(detail ? detail : ""), SL_SLAB_DETAIL_MOST),
		.offset = offset };
	atomic_store_explicit(&slab->n_notes, n + 1, memory_order_release);
	return SL_OK;
}

static enum sl_rc member(struct sl_sink *sink, struct sl_span entry, enum sl_member kind,
	uint64_t size, uint64_t messages)
{
	struct filler *f = filler_of(sink);
	char detail[96];
	step(f);
	f->walked->members[kind]++;
	if (kind == SL_MEMBER_DAMAGED || kind == SL_MEMBER_ENCRYPTED ||
		kind == SL_MEMBER_UNSUPPORTED)
		f->walked->damaged = 1;
	if (!f->job->members)
		return SL_OK;
	snprintf(detail, sizeof(detail), "%llu bytes, %llu messages", (unsigned long long)size,
		(unsigned long long)messages);
	return add_note(f, SL_NOTE_MEMBER, entry, 0, sl_member_name(kind), detail);
}

static enum sl_rc reject(struct sl_sink *sink, const struct sl_reject *reject)
{
	struct filler *f = filler_of(sink);
	step(f);
	f->walked->rejects++;
	f->walked->damaged = 1;
	return add_note(
		f, SL_NOTE_REJECT, reject->entry, reject->offset, reject->reason, reject->detail);
}

enum sl_rc sl_fill(int fd, const struct sl_fill_job *job, const struct sl_limits *limits,
	const struct sl_fill_sizes *sizes, const struct sl_outlet *outlet, struct sl_slab **slab,
	struct sl_walked *walked, struct sl_err *err)
{
	struct filler f = { .sink = { message_begin, message_write, message_end, member, reject,
				    job->spools },
		.job = job,
		.limits = limits,
		.sizes = sizes,
		.outlet = outlet,
		.walked = walked,
		.slab = *slab };
	sl_assert(!f.slab || f.slab->used <= sizes->slab);
	enum sl_rc rc = sl_source_read(fd, job->path, limits, job->proof, &f.sink, err);
	*slab = f.slab;
	return rc;
}
