/* SPDX-License-Identifier: Apache-2.0 */
#include "container.h"

#include "arcio.h"
#include "dictionary.h"
#include "entryname.h"
#include "sevenhead.h"
#include "spool.h"
#include "zipdir.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	TAR_BLOCK = 512,
	HEAD = 128,       /* of the data of a member */
	RETRIES = 100000, /* damaged headers in a row before an archive is given up */
	FATALS = 2        /* members of a zip in a row that cannot be decoded */
};

/* DOS times begin in 1980 and tools write that for "none". */
enum { FIRST_TIME = 315705600 };

struct container {
	struct sl_walk *walk;
	enum sl_sniff_kind kind;
	struct archive *a;
	struct sl_arcio io;
	size_t prefix; /* length of walk->entry without the member */
	unsigned fatals, retries;
	bool warned;  /* libarchive found fault with the header in hand */
	bool opening; /* this reader has opening_seven */
	enum sl_member result;
};

/* A packed 7z header may state millions of files in a few bytes (sevenhead.h cannot look into it),
 * and libarchive allocates by that number: so that several readers do not at the same time, only
 * one of them is ever between opening a 7z and its first member. */
static pthread_mutex_t opening_seven = PTHREAD_MUTEX_INITIALIZER;

static void begin_opening(struct container *box)
{
	sl_assert(!box->opening);
	if (box->kind != SL_SNIFF_7ZIP)
		return;
	pthread_mutex_lock(&opening_seven);
	box->opening = true;
}

static void end_opening(struct container *box)
{
	if (!box->opening)
		return;
	box->opening = false;
	pthread_mutex_unlock(&opening_seven);
}

/* One member as a stream. */
struct member {
	struct container *box;
	struct sl_span block; /* what libarchive gave and was not taken yet */
	uint64_t at, gap;     /* bytes given; zeros of a sparse file in front of `block` */
	bool done;
};

static void set_entry(struct container *box, struct sl_span name)
{
	struct sl_buf *entry = &box->walk->entry;
	entry->n = box->prefix;
	if (box->prefix)
		sl_buf_char(entry, '!');
	sl_entryname_add(entry, name.n ? name : SL_SPAN("?"));
	sl_assert(!entry->overflow);
}

static void reset_entry(struct container *box)
{
	struct sl_buf *entry = &box->walk->entry;
	sl_assert(entry->n >= box->prefix);
	entry->n = box->prefix;
	if (entry->p)
		entry->p[box->prefix] = '\0';
}

/* Bytes of the archive that were read: where its damage lies, more or less. */
static uint64_t position(const struct container *box)
{
	return box->io.stream ? box->io.stream->taken : box->io.at;
}

/* Nothing that a tar states makes libarchive take much memory: when there is none, that says
 * nothing about the archive, which is given up and read again by the next run. A zip or 7z may ask
 * for any dictionary: that is damage. */
static void check_memory(struct container *box)
{
	bool tar = box->kind == SL_SNIFF_TAR || box->kind == SL_SNIFF_TAR_DAMAGED;
	if (tar && archive_errno(box->a) == ENOMEM)
		sl_nest_fail(&box->walk->nest, ENOMEM, "cannot read the input");
}

/* Damage of the archive itself; the entry is the archive. */
static void damaged(struct container *box, const char *reason, const char *words)
{
	reset_entry(box);
	sl_walk_reject(box->walk, position(box), reason, words);
	if (box->result == SL_MEMBER_ARCHIVE)
		box->result = SL_MEMBER_DAMAGED;
}

/* The next block of the member. */
static void fetch(struct sl_stream *stream, struct member *member)
{
	struct archive *a = member->box->a;
	const void *p = NULL;
	size_t n = 0;
	la_int64_t offset = 0;
	int rc = archive_read_data_block(a, &p, &n, &offset);
	if (rc == ARCHIVE_FATAL)
		check_memory(member->box);
	if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF)
		sl_stream_damage(stream, sl_arcio_reason(a), sl_arcio_words(a));
	if (rc == ARCHIVE_OK || rc == ARCHIVE_WARN) {
		uint64_t at = offset > 0 ? (uint64_t)offset : 0;
		member->gap = at > member->at ? at - member->at : 0;
		member->block = sl_span_of(p, p ? n : 0);
		/* a warning with nothing in it is the last word */
		member->done = rc == ARCHIVE_WARN && n == 0;
		return;
	}
	member->done = true;
	if (rc == ARCHIVE_FATAL)
		member->box->fatals++;
}

static size_t pull_member(struct sl_stream *stream, char *to, size_t room)
{
	struct member *member = stream->state;
	size_t n;
	while (member->block.n == 0 && member->gap == 0) {
		if (member->done)
			return 0;
		fetch(stream, member);
	}
	if (member->gap) {
		n = member->gap < room ? (size_t)member->gap : room;
		memset(to, 0, n);
		member->gap -= n;
	} else {
		n = member->block.n < room ? member->block.n : room;
		memcpy(to, member->block.p, n);
		member->block = sl_span_from(member->block, n);
	}
	member->at += n;
	sl_nest_made(stream->nest, n);
	return n;
}

static int64_t time_of(struct archive_entry *entry)
{
	if (!archive_entry_mtime_is_set(entry))
		return SL_TIME_NONE;
	int64_t time = archive_entry_mtime(entry);
	return time >= FIRST_TIME ? time : SL_TIME_NONE;
}

static void read_member(struct container *box, struct archive_entry *entry, struct sl_span name)
{
	struct member member = { .box = box };
	struct sl_stream stream;
	sl_stream_init(&stream, &box->walk->nest);
	stream.pull = pull_member;
	stream.state = &member;
	struct sl_content content = { .stream = &stream, .name = name, .time = time_of(entry) };
	unsigned fatals = box->fatals;
	sl_walk_content(box->walk, &content);
	if (box->fatals == fatals)
		box->fatals = 0;
	sl_stream_fini(&stream);
}

static uint64_t size_of(struct archive_entry *entry)
{
	int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : 0;
	return size > 0 ? (uint64_t)size : 0;
}

/* Names that have no form in Unicode are no damage: they are kept as bytes. */
static void warn_header(struct container *box)
{
	struct sl_span words = sl_span_str(sl_arcio_words(box->a));
	if (!box->warned || sl_span_find(words, SL_SPAN("onvert"), 0) >= 0)
		return;
	const char *reason = sl_arcio_reason(box->a);
	bool sum = strcmp(reason, "bad-checksum") == 0;
	sl_walk_reject(box->walk, 0, sum ? reason : "bad-header", words.p);
}

/* What the member in hand of a zip wants; libarchive has read its header and nothing behind. */
static uint64_t dictionary_of(struct container *box)
{
	char head[HEAD];
	struct sl_span method = sl_span_str(archive_format_name(box->a));
	bool lzma = sl_span_ends(method, SL_SPAN("(lzma)"));
	if (!lzma && !sl_span_ends(method, SL_SPAN("(xz)")))
		return 0;
	la_int64_t at = archive_filter_bytes(box->a, 0);
	struct sl_span s = sl_infile_fill(box->io.file, (uint64_t)at, head, sizeof(head));
	return lzma ? sl_dictionary_zip_lzma(s) : sl_dictionary_xz(s);
}

static void take_entry(struct container *box, struct archive_entry *entry)
{
	struct sl_walk *walk = box->walk;
	uint64_t size = size_of(entry);
	mode_t type = archive_entry_filetype(entry);
	bool link = archive_entry_hardlink(entry) && size == 0;
	if (type == AE_IFDIR && size == 0)
		return;
	const char *path = archive_entry_pathname(entry);
	if (!path)
		path = archive_entry_pathname_utf8(entry);
	struct sl_span name = sl_span_str(path);
	set_entry(box, name);
	warn_header(box);
	if (archive_entry_is_encrypted(entry)) {
		sl_walk_reject(walk, 0, "encrypted", "");
		sl_walk_member(walk, SL_MEMBER_ENCRYPTED, size, 0);
	} else if (link || (type != AE_IFREG && type != 0)) {
		sl_walk_member(walk, SL_MEMBER_SPECIAL, size, 0);
	} else if (box->kind == SL_SNIFF_ZIP && dictionary_of(box) > SL_DICTIONARY_MOST) {
		sl_walk_reject(walk, 0, "limit-memory", "dictionary");
		sl_walk_member(walk, SL_MEMBER_DAMAGED, size, 0);
	} else {
		read_member(box, entry, name);
	}
	reset_entry(box);
}

/* Encrypted headers of 7z end in an error. When no format took the archive, libarchive (3.6.2)
 * must not be asked: its pointer to the format is then one behind the last of its table. */
static void header_failed(struct container *box)
{
	const char *reason = sl_arcio_reason(box->a);
	check_memory(box);
	if (archive_format(box->a) != 0 && archive_read_has_encrypted_entries(box->a) > 0)
		reason = "encrypted";
	damaged(box, reason, sl_arcio_words(box->a));
	if (strcmp(reason, "encrypted") == 0)
		box->result = SL_MEMBER_ENCRYPTED;
}

/* A damaged header; libarchive looks for the next good one. One reject for a run of them. */
static bool header_retry(struct container *box)
{
	if (box->retries++ == 0)
		damaged(box, "bad-header", sl_arcio_words(box->a));
	return box->retries < RETRIES;
}

/* False: the archive is at its end, or given up. */
static bool next_entry(struct container *box)
{
	struct archive_entry *entry;
	struct sl_walk *walk = box->walk;
	int rc = archive_read_next_header(box->a, &entry);
	if (rc == ARCHIVE_EOF)
		return false;
	if (rc == ARCHIVE_RETRY)
		return header_retry(box);
	if (rc < ARCHIVE_WARN) {
		/* after a member that broke off, the end was told already */
		if (box->fatals == 0)
			header_failed(box);
		return false;
	}
	end_opening(box); /* a member may be a 7z again */
	box->retries = 0;
	box->warned = rc == ARCHIVE_WARN;
	if (walk->entries++ >= walk->nest.limits->entries) {
		damaged(box, "limit-entries", "");
		return false;
	}
	take_entry(box, entry);
	/* a zip goes on behind a bad member; elsewhere what follows cannot be trusted */
	unsigned allowed = box->kind == SL_SNIFF_ZIP ? FATALS : 1;
	if (box->fatals >= allowed && box->result == SL_MEMBER_ARCHIVE)
		box->result = SL_MEMBER_DAMAGED;
	return box->fatals < allowed;
}

static void enable_format(struct container *box)
{
	if (box->kind == SL_SNIFF_ZIP)
		archive_read_support_format_zip(box->a);
	else if (box->kind == SL_SNIFF_7ZIP)
		archive_read_support_format_7zip(box->a);
	else
		archive_read_support_format_tar(box->a);
}

static void walk_entries(struct container *box)
{
	box->a = archive_read_new();
	sl_assert(box->a != NULL);
	enable_format(box);
	begin_opening(box);
	if (sl_arcio_open(box->a, &box->io) != ARCHIVE_OK) {
		header_failed(box);
	} else {
		while (next_entry(box) && sl_walk_goes_on(box->walk))
			continue;
	}
	archive_read_free(box->a);
	end_opening(box);
}

/* A tar whose first header is damaged: go on at the first good one. */
static bool find_tar_header(struct container *box, struct sl_stream *stream)
{
	damaged(box, "bad-header", "checksum of the first tar header");
	for (;;) {
		struct sl_span s = sl_stream_peek(stream, TAR_BLOCK);
		if (s.n < TAR_BLOCK)
			return false;
		if (sl_sniff_is_tar_header(s))
			return true;
		sl_stream_take(stream, TAR_BLOCK);
	}
}

static void walk_stream(struct container *box, struct sl_stream *stream)
{
	box->io.stream = stream;
	if (box->kind == SL_SNIFF_TAR_DAMAGED && !find_tar_header(box, stream))
		return;
	walk_entries(box);
}

static void walk_file(struct container *box, struct sl_infile *file)
{
	struct sl_zipdir dir;
	if (box->kind == SL_SNIFF_ZIP && sl_zipdir_find(file, &dir) &&
		sl_zipdir_overlaps(file, &dir)) {
		damaged(box, "zip-overlap", "records share bytes");
		return;
	}
	const char *refusal = box->kind == SL_SNIFF_7ZIP ? sl_sevenhead_refusal(file) : NULL;
	if (refusal) {
		damaged(box, "limit-memory", refusal);
		return;
	}
	if (!sl_walk_goes_on(box->walk))
		return;
	box->io.file = file;
	box->io.buffer = sl_malloc_aligned(SL_STREAM_ROOM);
	walk_entries(box);
	free(box->io.buffer);
}

static void walk_spooled(struct container *box, struct sl_stream *stream)
{
	uint64_t size;
	const char *reason;
	struct sl_spools *spools = box->walk->sink->spools;
	int fd = sl_spool(stream, spools, &size, &reason);
	if (fd >= 0) {
		struct sl_infile file;
		sl_infile_init(&file, fd, size, NULL, stream->nest);
		walk_file(box, &file);
		sl_spool_give_back(spools, fd);
	} else if (reason) {
		damaged(box, reason, "");
	}
}

enum sl_member sl_container_walk(struct sl_walk *walk, enum sl_sniff_kind kind,
	struct sl_stream *stream, struct sl_infile *file)
{
	struct container box = {
		.walk = walk, .kind = kind, .prefix = walk->entry.n, .result = SL_MEMBER_ARCHIVE
	};
	sl_assert(sl_sniff_is_container(kind));
	box.io = (struct sl_arcio){ .nest = &walk->nest, .counts = file != NULL };
	if (kind == SL_SNIFF_TAR || kind == SL_SNIFF_TAR_DAMAGED)
		walk_stream(&box, stream);
	else if (file)
		walk_file(&box, file);
	else
		walk_spooled(&box, stream);
	reset_entry(&box);
	return box.result;
}
