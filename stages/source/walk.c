/* SPDX-License-Identifier: Apache-2.0 */
#include "walk.h"

#include "container.h"
#include "decode.h"
#include "entryname.h"
#include "mbox.h"
#include "mmdf.h"
#include "zipdir.h"

#include <stdio.h>
#include <stdlib.h>

/* What is being done with one content. */
struct work {
	struct sl_walk *walk;
	const struct sl_content *content;
	struct sl_stream *layers[SL_WALK_LEVELS]; /* decompressors over content->stream */
	size_t n_layers;
	struct sl_sniff sniff;
	uint64_t messages;
	enum sl_member member;
};

static struct sl_span entry_of(const struct sl_walk *walk)
{
	return sl_buf_span(&walk->entry);
}

void sl_walk_reject(struct sl_walk *walk, uint64_t offset, const char *reason, const char *detail)
{
	if (walk->rc != SL_OK || walk->nest.fatal)
		return;
	struct sl_reject reject = { entry_of(walk), offset, reason, detail };
	enum sl_rc rc = walk->sink->reject(walk->sink, &reject);
	if (sl_emit_stops(rc))
		walk->rc = rc;
}

void sl_walk_member(struct sl_walk *walk, enum sl_member member, uint64_t size, uint64_t messages)
{
	if (walk->rc != SL_OK || walk->nest.fatal)
		return;
	enum sl_rc rc = walk->sink->member(walk->sink, entry_of(walk), member, size, messages);
	if (sl_emit_stops(rc))
		walk->rc = rc;
}

/* The stream that gives the content with all compression undone. */
static struct sl_stream *top(const struct work *work)
{
	return work->n_layers ? work->layers[work->n_layers - 1] : work->content->stream;
}

/* The level this content stands on, were there `layers` decompressors: the first one is free. */
static bool too_deep(const struct work *work, size_t layers)
{
	uint64_t level = work->walk->level + 1 + (layers > 1 ? layers - 1 : 0);
	return level > work->walk->nest.limits->archive_depth || level >= SL_WALK_LEVELS;
}

static void refuse_depth(struct work *work)
{
	sl_walk_reject(work->walk, 0, "limit-archive-depth", "");
	work->member = SL_MEMBER_DAMAGED;
}

/* Sniff, and undo compression until something else is found. False: too deep. */
static bool undo_compression(struct work *work)
{
	for (;;) {
		struct sl_stream *stream = top(work);
		struct sl_span head = sl_stream_peek(stream, SL_SNIFF_WINDOW);
		sl_sniff_head(head, stream->finished, &work->sniff);
		if (!sl_sniff_is_compressed(work->sniff.kind))
			return true;
		if (too_deep(work, work->n_layers + 1)) {
			refuse_depth(work);
			return false;
		}
		sl_assert(work->n_layers < SL_WALK_LEVELS);
		struct sl_stream *layer = sl_malloc(sizeof(*layer));
		sl_decode_open(layer, stream, work->sniff.kind);
		work->layers[work->n_layers++] = layer;
	}
}

static void close_layers(struct work *work)
{
	while (work->n_layers) {
		struct sl_stream *layer = work->layers[--work->n_layers];
		sl_stream_fini(layer);
		free(layer);
	}
}

/* Maildir says when the mail came; else the innermost time that an archive keeps. */
static int64_t time_of(const struct work *work)
{
	int64_t time = sl_entryname_time(work->content->name);
	for (size_t i = work->n_layers; i-- > 0 && time == SL_TIME_NONE;)
		time = work->layers[i]->time;
	return time != SL_TIME_NONE ? time : work->content->time;
}

static void feed_mbox(struct sl_emit *emit, struct sl_stream *stream, const struct sl_sniff *sniff)
{
	struct sl_mbox mbox;
	sl_mbox_init(&mbox, emit, sniff->eol, sniff->start);
	struct sl_span s;
	while (emit->rc == SL_OK && (s = sl_stream_next(stream)).n) {
		sl_mbox_feed(&mbox, s);
		sl_stream_take(stream, s.n);
	}
	if (!stream->nest->fatal)
		sl_mbox_finish(&mbox);
}

static void feed_mmdf(struct sl_emit *emit, struct sl_stream *stream, const struct sl_sniff *sniff)
{
	struct sl_mmdf mmdf;
	sl_mmdf_init(&mmdf, emit, sniff->start);
	struct sl_span s;
	while (emit->rc == SL_OK && (s = sl_stream_next(stream)).n) {
		sl_mmdf_feed(&mmdf, s);
		sl_stream_take(stream, s.n);
	}
	if (!stream->nest->fatal)
		sl_mmdf_finish(&mmdf);
}

/* One mail: all of the stream, or `length` bytes of it. */
static void feed_single(struct sl_emit *emit, struct sl_stream *stream, uint64_t length)
{
	sl_emit_begin(emit, 0, SL_TIME_NONE);
	struct sl_span s;
	while (emit->rc == SL_OK && (s = sl_stream_next(stream)).n) {
		struct sl_span part = sl_span_head(s, length < s.n ? (size_t)length : s.n);
		sl_emit_write(emit, part);
		length -= part.n;
		sl_stream_take(stream, s.n);
	}
	if (!stream->nest->fatal)
		sl_emit_end(emit, stream->taken);
}

static void split(struct work *work)
{
	struct sl_walk *walk = work->walk;
	struct sl_stream *stream = top(work);
	struct sl_span entry = entry_of(walk);
	const struct sl_sniff *sniff = &work->sniff;
	struct sl_emit emit;
	sl_emit_init(
		&emit, walk->sink, entry, sl_ordinals_get(&walk->ordinals, entry), time_of(work));
	if (sniff->kind == SL_SNIFF_MBOX || sniff->kind == SL_SNIFF_MMDF ||
		sniff->kind == SL_SNIFF_EMLX)
		sl_stream_take(stream, sniff->start);
	if (sniff->kind == SL_SNIFF_MBOX)
		feed_mbox(&emit, stream, sniff);
	else if (sniff->kind == SL_SNIFF_MMDF)
		feed_mmdf(&emit, stream, sniff);
	else
		feed_single(
			&emit, stream, sniff->kind == SL_SNIFF_EMLX ? sniff->length : UINT64_MAX);
	sl_ordinals_set(&walk->ordinals, entry, emit.next);
	sl_assert(emit.rc != SL_OK || !emit.open || walk->nest.fatal);
	work->messages = emit.messages;
	work->member = emit.messages == 1 ? SL_MEMBER_MAIL : SL_MEMBER_MBOX;
	if (emit.rc != SL_OK)
		walk->rc = emit.rc;
	if (emit.empty) {
		char text[64];
		snprintf(text, sizeof(text), "%llu messages without a byte",
			(unsigned long long)emit.empty);
		sl_walk_reject(walk, 0, "empty-message", text);
	}
}

/* Read what is no mail to its end, so that its damage and size are known. */
static void drain(struct work *work)
{
	struct sl_stream *stream = top(work);
	struct sl_span s;
	while ((s = sl_stream_next(stream)).n)
		sl_stream_take(stream, s.n);
}

static void open_container(struct work *work, enum sl_sniff_kind kind)
{
	struct sl_walk *walk = work->walk;
	if (too_deep(work, work->n_layers)) {
		refuse_depth(work);
		return;
	}
	uint64_t outer = walk->level;
	walk->level += 1 + (work->n_layers > 1 ? work->n_layers - 1 : 0);
	struct sl_infile *file = work->n_layers ? NULL : work->content->file;
	work->member = sl_container_walk(walk, kind, top(work), file);
	walk->level = outer;
	/* the sums of a .tar.gz stand behind the end of the tar; zip and 7z were spooled */
	if (sl_walk_goes_on(walk) && (kind == SL_SNIFF_TAR || kind == SL_SNIFF_TAR_DAMAGED))
		drain(work);
}

/* No mail and no format by its head; a file may still end as a zip (self-extractors). */
static void other(struct work *work, enum sl_member member)
{
	struct sl_zipdir dir;
	const struct sl_content *content = work->content;
	work->member = member;
	if (content->file && work->n_layers == 0 && sl_zipdir_find(content->file, &dir) &&
		dir.records) {
		open_container(work, SL_SNIFF_ZIP);
		return;
	}
	if (sl_sniff_is_housekeeping(content->name))
		work->member = SL_MEMBER_METADATA;
	drain(work);
}

static void dispatch(struct work *work)
{
	enum sl_sniff_kind kind = work->sniff.kind;
	sl_assert(!sl_sniff_is_compressed(kind));
	switch (kind) {
	case SL_SNIFF_MBOX:
	case SL_SNIFF_MMDF:
	case SL_SNIFF_MAIL:
	case SL_SNIFF_EMLX:
		split(work);
		return;
	case SL_SNIFF_TAR:
	case SL_SNIFF_TAR_DAMAGED:
	case SL_SNIFF_ZIP:
	case SL_SNIFF_7ZIP:
		open_container(work, kind);
		return;
	case SL_SNIFF_UNSUPPORTED:
		sl_walk_reject(work->walk, 0, "unsupported", work->sniff.format);
		work->member = SL_MEMBER_UNSUPPORTED;
		drain(work);
		return;
	case SL_SNIFF_EMPTY:
		work->member = SL_MEMBER_EMPTY;
		return;
	case SL_SNIFF_METADATA:
		work->member = SL_MEMBER_METADATA;
		drain(work);
		return;
	case SL_SNIFF_TEXT:
		other(work, SL_MEMBER_TEXT);
		return;
	default:
		other(work, SL_MEMBER_BINARY);
		return;
	}
}

/* Reasons after which everything was read all the same. */
static bool is_warning(const char *reason)
{
	return strcmp(reason, "bad-checksum") == 0 || strcmp(reason, "trailing-garbage") == 0;
}

/* The damage nearest to the file: what lies above it is its consequence. */
static void report_damage(struct work *work)
{
	const struct sl_damage *damage = &work->content->stream->damage;
	for (size_t i = 0; i < work->n_layers && !damage->reason; i++)
		damage = &work->layers[i]->damage;
	if (damage->reason) {
		sl_walk_reject(work->walk, damage->offset, damage->reason, damage->detail);
		if (strcmp(damage->reason, "encrypted") == 0)
			work->member = SL_MEMBER_ENCRYPTED;
		else if (strcmp(damage->reason, "unsupported") == 0)
			work->member = SL_MEMBER_UNSUPPORTED;
		else if (!is_warning(damage->reason))
			work->member = SL_MEMBER_DAMAGED;
	}
	if (work->walk->nest.over) {
		work->member = SL_MEMBER_DAMAGED;
		if (!work->walk->told_over && !damage->reason)
			sl_walk_reject(work->walk, top(work)->taken, "limit-ratio", "");
		work->walk->told_over = true;
	}
}

void sl_walk_content(struct sl_walk *walk, const struct sl_content *content)
{
	struct work work = { .walk = walk, .content = content, .member = SL_MEMBER_EMPTY };
	if (undo_compression(&work))
		dispatch(&work);
	report_damage(&work);
	uint64_t size = top(&work)->taken;
	if (content->file && work.n_layers == 0)
		size = walk->nest.file_size;
	close_layers(&work);
	sl_assert(work.member < SL_MEMBERS);
	sl_walk_member(walk, work.member, size, work.messages);
}
