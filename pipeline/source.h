/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - what a reader hands over: messages, members that are no mail, damage.
 *
 * A source walks one input file to its end and calls the sink. Calls come from one thread, in an
 * order that is a function of the file's bytes alone (the same file gives the same calls), so a
 * message can be named by its number in that sequence. A message comes as begin, write*, end.
 */
#ifndef SL_SOURCE_H
#define SL_SOURCE_H

#include "base/clock.h"
#include "base/err.h"
#include "limits.h"

/* What a member of an archive turned out to be. Names: sl_member_name(). */
enum sl_member {
	SL_MEMBER_MBOX,
	SL_MEMBER_MAIL,    /* one message */
	SL_MEMBER_ARCHIVE, /* opened and walked */
	SL_MEMBER_EMPTY,
	SL_MEMBER_TEXT,     /* no mail, text */
	SL_MEMBER_BINARY,   /* no mail, not text */
	SL_MEMBER_METADATA, /* known by content or name as housekeeping: index, cmds, .DS_Store */
	SL_MEMBER_SPECIAL,  /* link, device, folder with data */
	SL_MEMBER_UNSUPPORTED, /* an archive format that is not enabled */
	SL_MEMBER_ENCRYPTED,
	SL_MEMBER_DAMAGED, /* could not be read to its end */
	SL_MEMBERS
};
const char *sl_member_name(enum sl_member member);

struct sl_slice {
	struct sl_span entry;     /* path, levels joined by '!'; borrowed for the call */
	uint64_t ordinal, offset; /* as in struct sl_origin; length is known at the end */
	int64_t from_time;        /* of the From_ line, or SL_TIME_NONE */
	int64_t member_time;      /* modification time kept inside the archive (tar, zip, gz header,
				   * Maildir name), or SL_TIME_NONE; never the file system's */
};

/* Damage, or a refusal. `reason` is one of a closed list of short names with hyphens. */
struct sl_reject {
	struct sl_span entry; /* borrowed for the call */
	uint64_t offset;      /* in the decompressed entry, or of the archive when entry is empty */
	const char *reason;   /* "truncated", "bad-checksum", "limit-ratio", "encrypted", ... */
	const char *detail;   /* the library's words, or "" */
};

/* Nameless files for archives inside archives, given to a reader that can make none. */
struct sl_spools {
	int fds[8];
	size_t n;
	uint32_t busy; /* bits */
};

/* A nameless file under TMPDIR or /tmp; where there is none, memory. -1: errno. */
int sl_spool_file(void);

struct sl_sink {
	/* Any callback may return SL_FATAL or SL_END: the source stops at once and returns it. */
	enum sl_rc (*message_begin)(struct sl_sink *sink, const struct sl_slice *slice);
	/* SL_SKIP: message limit reached; the source goes on calling, bytes are dropped. */
	enum sl_rc (*message_write)(struct sl_sink *sink, struct sl_span bytes);
	/* `length`: of the slice as it lies in the entry. `drop`: forget the message. */
	enum sl_rc (*message_end)(struct sl_sink *sink, uint64_t length, bool drop);
	/* One call for each member, when it is finished; plain files have one with entry "". */
	enum sl_rc (*member)(struct sl_sink *sink, struct sl_span entry, enum sl_member member,
		uint64_t size, uint64_t messages);
	enum sl_rc (*reject)(struct sl_sink *sink, const struct sl_reject *reject);
	struct sl_spools *spools; /* NULL: make files under TMPDIR */
};

/* Bumped when the same bytes may give other messages; kept in the archive row. */
enum { SL_SOURCE_VERSION = 1 };

/* Load what a walk needs from files (a locale). Called by sl_source_read(), too; call it before a
 * sandbox closes the file system. Any number of times, from any thread. */
void sl_source_prepare(void);

struct sl_proof;

/* Walk the open file `fd` (seekable, not closed here). `name` is its path as given, used for
 * Maildir times only. `proof`: what it must hold, or NULL when nobody else writes it. SL_OK: read
 * to the end (damage went to reject()). SL_SKIP: the bytes are no longer those of the proof; all
 * messages that were ended are true, the one in hand was not ended, and the last call was a reject
 * "changed-while-read". SL_FATAL only for what the sink returned or for a broken environment (read
 * error of the disk: exit 74). */
enum sl_rc sl_source_read(int fd, const char *name, const struct sl_limits *limits,
	const struct sl_proof *proof, struct sl_sink *sink, struct sl_err *err) SL_MUST_CHECK;

#endif
