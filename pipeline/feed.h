/* SPDX-License-Identifier: Apache-2.0 */
/* feed.h - the shape of an output format.
 *
 * A feed writes its files from one snapshot of the store, in a fixed order, with nothing of
 * the process in them: the same store, options and clock give the same bytes. Files go through
 * struct sl_outdir: temporary names, fsync, renames of all; the manifest comes last.
 */
#ifndef SL_FEED_H
#define SL_FEED_H

#include "base/buf.h"
#include "config.h"
#include "dossier.h"
#include "policy.h"
#include "tables.h"

struct sl_view; /* storage/store.h */
struct sl_outdir;

/* The little that is known of every living campaign, those of one message among them. */
struct sl_campaign_brief {
	struct sl_campaign_id id;
	uint64_t messages;
};

/* Campaigns in order of id. `next` gives NULL at the end; what it gave lives until the next call.
 * It leaves out campaigns of one message unless --all. `brief` numbers all of them, in the same
 * order; false behind the last. `honest`: is the verdict of that number an honest one? Judged once,
 * when it is asked for. */
struct sl_dossiers {
	void *state;
	const struct sl_dossier *(*next)(void *state);
	void (*rewind)(void *state);
	bool (*brief)(void *state, size_t number, struct sl_campaign_brief *brief_r);
	bool (*honest)(void *state, size_t number);
};

struct sl_feed;

struct sl_feed_input {
	const struct sl_config *config;
	const struct sl_tables *tables;
	struct sl_view *view;
	struct sl_dossiers campaigns;
	int64_t as_of;
	struct sl_span psl_name, psl_date; /* of the public suffix list in force */
	/* True when --format asks for this feed: two feeds over the same costly rows may be written
	 * in one pass, by the first of them. */
	bool (*wanted)(const struct sl_config *config, const struct sl_feed *feed);
};

struct sl_feed {
	const char *name; /* for --format */
	const char *help;
	bool by_default;
	enum sl_rc (*write)(
		const struct sl_feed_input *in, struct sl_outdir *out, struct sl_err *err);
	/* May be written on another thread while those that are not `apart` are, from a view and
	 * dossiers of its own. What feeds share is made under a lock of the folder, and lives until
	 * both threads are done. */
	bool apart;
};

/* A blocking feed that was not let through: the file of the last time stays in OUT, and what would
 * have been written lies in OUT/held. */
struct sl_held {
	const char *feed;        /* "lists/domains.txt" */
	const char *why;         /* a literal: docs/FORMATS.md */
	uint64_t entries, usual; /* tonight; the median of the nights before */
	uint64_t fresh;          /* of tonight's, first seen in the last night */
	struct sl_span reason;   /* one line for people, defanged, not escaped */
};
struct sl_store;
struct sl_log;
/* What the feeds of this writing held back. */
size_t sl_feeds_held(const struct sl_outdir *out, const struct sl_held **held_r);
/* The same as warnings; their number. */
size_t sl_feeds_say_held(const struct sl_outdir *out, struct sl_log *log);
/* After the feeds of `run`: remember how large the blocking ones were, in a transaction of its own.
 * Idempotent. */
enum sl_rc sl_feeds_remember(
	struct sl_store *store, const struct sl_outdir *out, struct sl_err *err) SL_MUST_CHECK;

/* All feeds in the order in which they are written; ends with NULL (stages/feed/feeds.c). */
extern const struct sl_feed *const sl_feeds[];

/* A file being written; every line goes through it. */
struct sl_outfile;
/* Open OUT (made when missing). Exit 73 when it cannot be. */
enum sl_rc sl_outdir_open(const char *path, struct sl_outdir **out_r, struct sl_err *err);
/* Begin a writing; the outputs of last time stay until sl_outdir_finish(). */
enum sl_rc sl_outdir_begin(struct sl_outdir *out, struct sl_err *err);
/* `name` may hold one folder level ("lists/domains.txt"). In the manifest when `listed`. */
enum sl_rc sl_outfile_open(struct sl_outdir *out, const char *name, bool listed,
	struct sl_outfile **file_r, struct sl_err *err);
/* Buffered; errors are kept and told by sl_outfile_close(). */
void sl_outfile_add(struct sl_outfile *file, struct sl_span bytes);
/* fsync; frees. A listed file takes its place in sl_outdir_finish(), another one now. On error the
 * old file is untouched; exit 73, or 74 when the disk fails. */
enum sl_rc sl_outfile_close(struct sl_outfile **file, struct sl_err *err);
/* Give up: remove the temporary file; frees. */
void sl_outfile_abort(struct sl_outfile **file);
/* The manifest of last time goes, all listed files take their places, MANIFEST.sha256 over them,
 * sorted by name, comes last. What fails before the first rename leaves everything as it was. */
enum sl_rc sl_outdir_finish(struct sl_outdir *out, struct sl_err *err);
void sl_outdir_free(struct sl_outdir **out);

#endif
