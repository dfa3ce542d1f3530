/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/source.h"

#include "walk.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Longest path through all levels, with every byte escaped. */
enum { PATH_BYTES = 1 << 20 };

const char *sl_member_name(enum sl_member member)
{
	static const char *const names[SL_MEMBERS] = {
		[SL_MEMBER_MBOX] = "mbox",
		[SL_MEMBER_MAIL] = "mail",
		[SL_MEMBER_ARCHIVE] = "archive",
		[SL_MEMBER_EMPTY] = "empty",
		[SL_MEMBER_TEXT] = "text",
		[SL_MEMBER_BINARY] = "binary",
		[SL_MEMBER_METADATA] = "metadata",
		[SL_MEMBER_SPECIAL] = "special",
		[SL_MEMBER_UNSUPPORTED] = "unsupported",
		[SL_MEMBER_ENCRYPTED] = "encrypted",
		[SL_MEMBER_DAMAGED] = "damaged",
	};
	sl_assert(member < SL_MEMBERS);
	return names[member];
}

/* libarchive turns names that an archive declares as Unicode (7z, pax, zip) into the charset of the
 * locale, and into '?' where that is ASCII. This locale is for the calling thread, only for the
 * time of a walk, and always the same. */
static locale_t utf8_locale;
static pthread_once_t utf8_once = PTHREAD_ONCE_INIT;

/* This thread is inside a walk. */
static _Thread_local bool walking;

/* libarchive calls exit(1) when it gets no memory; 1 is what a run says that came to its end. The
 * handler runs in the thread that called it. */
static void on_exit_of_process(void)
{
	if (walking)
		sl_assert_fail("libarchive goes on", __FILE__, __LINE__);
}

static void make_locale(void)
{
	utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	sl_assert(atexit(on_exit_of_process) == 0);
}

void sl_source_prepare(void)
{
	pthread_once(&utf8_once, make_locale);
}

static size_t pull_file(struct sl_stream *stream, char *to, size_t room)
{
	struct sl_infile *file = stream->state;
	size_t n = sl_infile_read(file, stream->taken + (stream->end - stream->begin), to, room);
	stream->nest->read += n;
	return n;
}

/* Nothing of the block that changed was seen by a parser; the message in hand was not ended. */
static enum sl_rc tell_change(struct sl_walk *walk)
{
	struct sl_reject changed = { SL_SPAN_NULL, walk->nest.changed_at, "changed-while-read",
		"not the bytes that were hashed; they are read next night" };
	enum sl_rc rc = walk->sink->reject(walk->sink, &changed);
	return rc == SL_OK ? SL_SKIP : rc;
}

static enum sl_rc walk_file(struct sl_walk *walk, struct sl_infile *file, const char *name)
{
	struct sl_stream stream;
	sl_stream_init(&stream, &walk->nest);
	stream.pull = pull_file;
	stream.state = file;
	struct sl_content content = {
		.stream = &stream, .name = sl_span_str(name), .time = SL_TIME_NONE, .file = file
	};
	sl_walk_content(walk, &content);
	sl_stream_fini(&stream);
	if (walk->nest.changed)
		return walk->rc == SL_OK ? tell_change(walk) : walk->rc;
	if (walk->nest.fatal)
		return sl_err_context(walk->nest.err, "%s", name);
	return walk->rc;
}

enum sl_rc sl_source_read(int fd, const char *name, const struct sl_limits *limits,
	const struct sl_proof *proof, struct sl_sink *sink, struct sl_err *err)
{
	struct stat st;
	sl_source_prepare();
	if (!utf8_locale) /* without it names would be others */
		return sl_err_set(err, SL_EXIT_IOERR, "%s: cannot read the locale C.UTF-8", name);
	if (fstat(fd, &st) < 0)
		return sl_err_errno(err, SL_EXIT_IOERR, "%s: cannot read the input", name);
	struct sl_infile file;
	struct sl_walk walk = { .sink = sink, .entry = sl_buf_make(PATH_BYTES), .rc = SL_OK };
	walk.nest = (struct sl_nest){ .limits = limits, .err = err };
	sl_infile_init(&file, fd, (uint64_t)st.st_size, proof, &walk.nest);
	walk.nest.file_size = file.size;
	locale_t before = uselocale(utf8_locale);
	walking = true;
	enum sl_rc rc = walk_file(&walk, &file, name);
	walking = false;
	uselocale(before);
	sl_infile_fini(&file);
	sl_buf_free(&walk.entry);
	sl_ordinals_free(&walk.ordinals);
	return rc;
}
