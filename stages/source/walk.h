/* SPDX-License-Identifier: Apache-2.0 */
/* walk.h - one input file on its way through sniffing, decompression, archives and splitters.
 *
 *   sl_source_read --> sl_walk_content --> splitter --> sink
 *                        ^          |
 *                        |          v
 *                      sl_container_walk   (one level of archive; limits->archive_depth bounds it)
 *
 * A level is a file as people see it: "x.tar.gz" is one, a gzip inside a gzip is a second one.
 */
#ifndef SL_WALK_H
#define SL_WALK_H

#include "emit.h"
#include "infile.h"
#include "ordinals.h"
#include "sniff.h"
#include "stream.h"

#include "pipeline/base/buf.h"

/* Levels that can ever be open, whatever the limit says: they are C stack. */
enum { SL_WALK_LEVELS = 32 };

struct sl_walk {
	struct sl_nest nest;
	struct sl_sink *sink;
	struct sl_buf entry; /* path of the member in hand; levels joined by '!' */
	struct sl_ordinals ordinals;
	uint64_t entries; /* members met, over all levels */
	uint64_t level;   /* levels open around the member in hand */
	enum sl_rc rc;    /* SL_OK, or what ended the walk */
	bool told_over;   /* the ratio of the nest was rejected already */
};

/* A file or member to be read. */
struct sl_content {
	struct sl_stream *stream; /* its bytes */
	struct sl_span name;      /* as stored, for Maildir times and housekeeping names */
	int64_t time;             /* of modification, or SL_TIME_NONE */
	struct sl_infile *file;   /* the stream is this whole file, or NULL */
};

/* Read it, report its messages, its damage and itself. */
void sl_walk_content(struct sl_walk *walk, const struct sl_content *content);
/* Report damage of walk->entry. */
void sl_walk_reject(struct sl_walk *walk, uint64_t offset, const char *reason, const char *detail);
/* Report a member that was not read. */
void sl_walk_member(struct sl_walk *walk, enum sl_member member, uint64_t size, uint64_t messages);
/* May the walk go on? */
static inline bool sl_walk_goes_on(const struct sl_walk *walk)
{
	return walk->rc == SL_OK && !walk->nest.fatal && !walk->nest.over;
}

#endif
