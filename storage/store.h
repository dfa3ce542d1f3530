/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - the memory of spamloom: one LMDB environment, one writer.
 *
 * Primary tables say what was seen: archives, files, messages, sightings, contents, rejects,
 * nights, campaigns, lineage, lookups, meta. Derived tables (variants, indicators, uses) can be
 * built again from the primary ones (sl_store_rebuild). All merges are commutative and associative:
 * min, max, sums over distinct keys, unions, the smallest exemplar. So the order of commits does
 * not matter.
 *
 * Writing: one thread, sl_store_begin() .. sl_store_commit(). Results, counters and done ranges of
 * a batch go into one transaction. Reading: a view is a snapshot; any number of threads, one view
 * each. Rows decoded from a view live as long as the view; rows decoded inside a write transaction
 * live until the next write.
 */
#ifndef SL_STORE_H
#define SL_STORE_H

#include "codec.h"
#include "pipeline/base/err.h"
#include "pipeline/dossier.h"
#include "pipeline/lookup.h"
#include "pipeline/source.h"

/* Schema 2 added fields at the end of archives and sightings, and two tables (keys.h); schema 3
 * writes records in version 2 of the codec, what copies of a lure have in common into a table of
 * its own (faces.h), the first sighting into its message, and many uses into one row (uses.h).
 * Older stores can be read; opening one for writing makes it one of schema 3. */
enum { SL_STORE_SCHEMA = 3, SL_STORE_SCHEMA_OLDEST = 1 };

struct sl_store;
struct sl_view;

enum sl_store_mode {
	SL_STORE_READ, /* must exist; several processes may */
	SL_STORE_WRITE /* made when missing; takes the lock: exit 75 names the holder */
};

/* Open the folder `path`. Exit 73 cannot make it, 74 damaged or of a newer schema, 75 locked. The
 * map is reserved at 1 TiB; never MDB_WRITEMAP; stale readers are cleared. */
enum sl_rc sl_store_open(const char *path, enum sl_store_mode mode, struct sl_store **store_r,
	struct sl_err *err) SL_MUST_CHECK;
void sl_store_close(struct sl_store **store);
const struct sl_secret *sl_store_secret(const struct sl_store *store);

/* ---- rows ---- */

struct sl_range {
	uint64_t from, to; /* message numbers [from, to) */
};

/* One archive, keyed by the seeded hash of its bytes. */
struct sl_archive_row {
	struct sl_id key;
	struct sl_span name;   /* printed: the smallest name of the night it was first seen */
	struct sl_span *names; /* all names it ever came under, sorted */
	size_t n_names;
	uint64_t name_night;                    /* the night `name` is from */
	uint64_t size;                          /* bytes of the file */
	uint32_t source_version, parse_version; /* that read it */
	bool complete;                          /* read to its end and everything committed */
	bool damaged;
	bool limited;          /* a limit was hit in one of its messages */
	struct sl_range *done; /* committed messages, sorted, disjoint, not touching */
	size_t n_done;
	uint64_t messages; /* in it; final once complete */
	uint64_t bytes;    /* decompressed bytes of messages */
	uint64_t members[SL_MEMBERS];
	uint64_t rejects;
	uint64_t crashed;  /* messages of it that were quarantined */
	uint64_t in_a_row; /* of those, how many at the end of what is committed */
	bool set_aside;    /* too many crashed: the rest is not read */
	uint32_t round;    /* how often it was reopened: sl_store_reopen_archive() */
};

/* Where one copy of a message lies. */
struct sl_sighting_row {
	struct sl_id message; /* key */
	struct sl_origin origin;
	uint64_t night;
	int64_t time;
	bool embedded;
	/* What the message's record got from this place; not known of places that a schema 1
	 * store noted. */
	bool has_place;
	uint64_t flags;
	struct sl_id parent;
	uint32_t round; /* of the archive, when the place was seen last */
};

/* One message: its record, and what its sightings add up to. Most are seen once: the place where
 * one was seen first is kept in its row, the others are rows of table sightings. Scans and walks
 * (sightwalk.h) give all of them. */
struct sl_message_row {
	struct sl_message message;
	struct sl_id
		face; /* key of what it shares with its copies; zero: an older schema wrote it */
	uint64_t sightings;
	int64_t first, last; /* over sightings, or SL_TIME_NONE */
	uint64_t night;      /* first seen in */
	bool has_home;       /* false: an older schema wrote it, or the place was taken out */
	struct sl_sighting_row home;
};

/* All messages whose masked text is equal. Derived. */
struct sl_variant_row {
	struct sl_id key, name;
	struct sl_id exemplar; /* message key: smallest (first time, id); no time sorts last */
	struct sl_id exemplar_id;
	int64_t exemplar_time;
	uint64_t messages;
	int64_t first, last;
	uint64_t night; /* first seen in */
	bool assigned;
	struct sl_campaign_id campaign; /* when assigned; may be an alias: resolve it */
	enum sl_evidence evidence;      /* that brought it there */
	unsigned score;                 /* 0..1000 */
	struct sl_id partner; /* key of the variant it was compared with; zero for a founder */
};

/* One campaign. Keyed by id text. */
struct sl_campaign_row {
	struct sl_campaign_id id;
	struct sl_campaign_id merged_into; /* empty text: alive */
	struct sl_id founder;              /* message key */
	struct sl_sha256 founder_sha256;
	uint64_t born, touched;        /* nights */
	struct sl_span brand;          /* id or empty */
	struct sl_id *representatives; /* variant keys, at most 8 */
	size_t n_representatives;
	uint64_t evidence[SL_EVIDENCES];
	struct sl_edge weakest; /* a, b: variant keys */
	bool has_weakest;
};

struct sl_lineage_row {
	uint64_t seq; /* position in the log, from 0 */
	struct sl_lineage line;
	struct sl_campaign_id *from; /* campaigns it came from */
	size_t n_from;
};

/* One distinct indicator. Derived. */
struct sl_indicator_row {
	struct sl_id key; /* of kind and value */
	enum sl_kind kind;
	struct sl_span value, host, domain;
	uint64_t flags; /* united */
	uint64_t night; /* first seen in */
};

/* One indicator in one variant. Derived. */
struct sl_use_row {
	struct sl_id variant, indicator; /* keys */
	uint32_t roles;                  /* bits */
	uint32_t views;                  /* bits */
	uint64_t messages;
	int64_t first, last;
};

enum sl_night_state { SL_NIGHT_READING, SL_NIGHT_CLUSTERED, SL_NIGHT_LOOKED_UP, SL_NIGHT_DONE };

struct sl_night_row {
	uint64_t serial; /* from 1 */
	int64_t as_of;
	enum sl_night_state state;
	uint64_t messages;  /* distinct ones first seen in this night, embedded ones among them */
	uint64_t sightings; /* further ones, of known messages */
};

struct sl_reject_row {
	struct sl_id archive;
	struct sl_span entry, reason, detail;
	uint64_t offset;
	uint64_t night;
};

/* ---- writing ---- */

enum sl_rc sl_store_begin(struct sl_store *store, struct sl_err *err) SL_MUST_CHECK;
enum sl_rc sl_store_commit(struct sl_store *store, struct sl_err *err) SL_MUST_CHECK;
void sl_store_abort(struct sl_store *store);
/* Make one transaction of several: from here on what begins and commits is held, and the release
 * commits it. An abort of any of them is one of all. */
void sl_store_hold(struct sl_store *store);
enum sl_rc sl_store_release(struct sl_store *store, struct sl_err *err) SL_MUST_CHECK;
/* Bytes of dirty pages so far, an estimate from above. */
size_t sl_store_dirty(const struct sl_store *store);

enum sl_seen { SL_SEEN_MESSAGE, SL_SEEN_SIGHTING, SL_SEEN_NOTHING };

/* One result on its way into the store. */
struct sl_sight {
	const struct sl_origin *origin;
	int64_t time;
	bool embedded;
	const struct sl_message *message;
	bool is_copy;                     /* the message is as sl_message_decode_copy() gives it */
	const struct sl_content *content; /* NULL: only when the store knows it */
	/* A name of the content's bytes, the same for the same bytes and for no others; or NULL. */
	const struct sl_id *blob;
	/* As an encoder of today writes them: sl_result_take(). Or empty. */
	struct sl_span message_bytes, content_bytes;
};

/* Were the content's very bytes put in this run, so that nobody need look at them again? The answer
 * holds until the next write. */
bool sl_store_knows(struct sl_store *store, uint64_t night, const struct sl_sight *sight);
/* Merge one sighting. seen_r: a new message, a new sighting of a known one, or nothing new; a new
 * message may still be of a known content or variant: *new_variant_r. */
enum sl_rc sl_store_put_sight(struct sl_store *store, uint64_t night, const struct sl_sight *sight,
	enum sl_seen *seen_r, bool *new_variant_r, struct sl_err *err) SL_MUST_CHECK;

/* Note that message number `seq` of the archive is committed. */
enum sl_rc sl_store_put_done(
	struct sl_store *store, const struct sl_id *archive, uint64_t seq, struct sl_err *err);
/* Merge name, size and versions of an archive; makes the row. */
enum sl_rc sl_store_put_archive(struct sl_store *store, uint64_t night, const struct sl_id *key,
	struct sl_span name, uint64_t size, uint32_t source_version, uint32_t parse_version,
	struct sl_err *err);
/* The archive was read to its end: totals, and complete. Idempotent. */
enum sl_rc sl_store_finish_archive(
	struct sl_store *store, const struct sl_archive_row *totals, struct sl_err *err);
/* A message of the archive hit a limit. The row must be there. Idempotent. */
enum sl_rc sl_store_mark_limited(
	struct sl_store *store, const struct sl_id *key, struct sl_err *err);
/* How many messages of the archive were quarantined, how many of them in a row at the end of what
 * is committed, and whether it is set aside. The row must be there. Idempotent. */
enum sl_rc sl_store_put_crashes(struct sl_store *store, const struct sl_id *archive,
	uint64_t crashed, uint64_t in_a_row, bool set_aside, struct sl_err *err);
/* Forget done ranges and completeness, because the archive is read again. From here on results of
 * it replace what is stored of their messages (record, content), and once it is finished, places
 * that were not met again go: see sl_store_settle(). Nothing is counted twice. */
enum sl_rc sl_store_reopen_archive(
	struct sl_store *store, const struct sl_id *key, struct sl_err *err);
/* Behind the reading, before campaigns are made: bring the store to what it would be if archives
 * that were read again had been read this way from the start. A transaction of its own; costs a
 * rebuild of the derived tables, nothing when no archive was reopened. What is not finished waits
 * for the next time. */
enum sl_rc sl_store_settle(struct sl_store *store, struct sl_err *err) SL_MUST_CHECK;
enum sl_rc sl_store_put_reject(
	struct sl_store *store, const struct sl_reject_row *reject, struct sl_err *err);
/* (device, inode, size, mtime, ctime) -> archive key, so that old files are not read again. */
struct sl_file_stamp {
	uint64_t device, inode, size;
	int64_t mtime_ns, ctime_ns;
};
enum sl_rc sl_store_put_file(struct sl_store *store, const struct sl_file_stamp *stamp,
	const struct sl_id *archive, struct sl_err *err);

enum sl_rc sl_store_put_night(
	struct sl_store *store, const struct sl_night_row *night, struct sl_err *err);
enum sl_rc sl_store_put_campaign(
	struct sl_store *store, const struct sl_campaign_row *campaign, struct sl_err *err);
/* Set the campaign of a variant (assigned, campaign, evidence, score, partner). */
enum sl_rc sl_store_assign(
	struct sl_store *store, const struct sl_variant_row *variant, struct sl_err *err);
/* Append; the seq is given by the store. */
enum sl_rc sl_store_put_lineage(
	struct sl_store *store, const struct sl_lineage_row *lineage, struct sl_err *err);
enum sl_rc sl_store_put_lookup(struct sl_store *store, const char *lookup, enum sl_kind kind,
	struct sl_span value, struct sl_span edition, const struct sl_answer *answer,
	struct sl_err *err);

/* ---- taking out ---- */

struct sl_forgotten {
	uint64_t archives, sightings, messages, rejects, campaigns;
	bool exact; /* campaigns are as they were before that night */
	uint64_t
		unassigned; /* this night has variants without a campaign now: make its campaigns */
};

/* Take a night out: sightings, archives and rejects that were first seen in it, messages and
 * contents that nothing holds any more, and the night itself. For the last night the campaigns are
 * put back as they were before it. For an older one campaigns without a mail go, the others keep
 * their ids, their history and what later nights made of them. Walks the store and rebuilds the
 * derived tables: inside a write transaction, which ends well or not at all. SL_END: no such
 * night. */
enum sl_rc sl_store_forget_night(struct sl_store *store, uint64_t serial,
	struct sl_forgotten *forgotten_r, struct sl_err *err) SL_MUST_CHECK;
/* The same for one archive. When all of it was seen in the last night, that night's campaigns are
 * to be made again (`unassigned`), so that the store is as if it had never seen the archive. */
enum sl_rc sl_store_forget_archive(struct sl_store *store, const struct sl_id *archive,
	struct sl_forgotten *forgotten_r, struct sl_err *err) SL_MUST_CHECK;

/* ---- reading ---- */

/* A snapshot. Also inside a write transaction of the same thread: then it sees what was
 * written so far (`store` must have been begun; give writing = true). */
enum sl_rc sl_view_open(struct sl_store *store, bool writing, struct sl_view **view_r,
	struct sl_err *err) SL_MUST_CHECK;
void sl_view_close(struct sl_view **view);

/* By key; false: not there. A row that cannot be read ends the process with exit 74 and a line that
 * says so: nothing that was made without it is worth having. In a check it
 * reads as not there, and sl_view_damage() counts it. Arrays go into the arena.
 */
bool sl_view_archive(struct sl_view *view, const struct sl_id *key, struct sl_arena *arena,
	struct sl_archive_row *row_r);
bool sl_view_file(struct sl_view *view, const struct sl_file_stamp *stamp, struct sl_id *archive_r);
bool sl_view_message(struct sl_view *view, const struct sl_id *key, struct sl_arena *arena,
	struct sl_message_row *row_r);
/* The same without the record, but for id, key, digest and parent: a tenth of the cost. What an
 * older schema wrote is read whole. */
bool sl_view_message_brief(struct sl_view *view, const struct sl_id *key, struct sl_arena *arena,
	struct sl_message_row *row_r);
/* Of the record of such a row: what copies of a lure have in common but for its indicators: names
 * of content and variant, the texts. They live as long as the view. Rows with the same face that is
 * not zero look the same. */
bool sl_view_look(
	struct sl_view *view, const struct sl_message_row *row, struct sl_message *message_r);
bool sl_view_content(struct sl_view *view, const struct sl_id *key, struct sl_arena *arena,
	struct sl_content *row_r);
bool sl_view_variant(struct sl_view *view, const struct sl_id *key, struct sl_variant_row *row_r);
bool sl_view_indicator(
	struct sl_view *view, const struct sl_id *key, struct sl_indicator_row *row_r);
bool sl_view_campaign(struct sl_view *view, const struct sl_campaign_id *id, struct sl_arena *arena,
	struct sl_campaign_row *row_r);
/* The living campaign that an id or alias leads to; false: no such id. */
bool sl_view_resolve(
	struct sl_view *view, const struct sl_campaign_id *id, struct sl_campaign_id *id_r);
bool sl_view_lookup(struct sl_view *view, const char *lookup, enum sl_kind kind,
	struct sl_span value, struct sl_arena *arena, struct sl_span *edition_r,
	struct sl_answer *answer_r);
bool sl_view_last_night(struct sl_view *view, struct sl_night_row *row_r);
/* Number of rows that could not be decoded through this view. */
uint64_t sl_view_damage(const struct sl_view *view);

enum sl_table {
	SL_TABLE_ARCHIVES,   /* struct sl_archive_row, by key */
	SL_TABLE_MESSAGES,   /* struct sl_message_row, by key */
	SL_TABLE_SIGHTINGS,  /* struct sl_sighting_row, by message key */
	SL_TABLE_CONTENTS,   /* struct sl_content, by key */
	SL_TABLE_VARIANTS,   /* struct sl_variant_row, by key */
	SL_TABLE_MEMBERS,    /* struct sl_member_row: messages by variant key, message key */
	SL_TABLE_INDICATORS, /* struct sl_indicator_row, by key */
	SL_TABLE_USES,       /* struct sl_use_row, by variant key, indicator key */
	SL_TABLE_CAMPAIGNS,  /* struct sl_campaign_row, by id text */
	SL_TABLE_LINEAGE,    /* struct sl_lineage_row, by seq */
	SL_TABLE_NIGHTS,     /* struct sl_night_row, by serial */
	SL_TABLE_REJECTS,    /* struct sl_reject_row */
	SL_TABLES
};

struct sl_member_row {
	struct sl_id variant, message;
};

/* Rows of a table; not of sightings, which are not all rows. */
uint64_t sl_view_count(struct sl_view *view, enum sl_table table);

/* Walk a table in key order; `prefix` (may be empty) limits it to keys that begin so (a variant
 * key, a message key). `row_r` must be of the table's row type. */
struct sl_scan;
struct sl_scan *sl_scan_open(struct sl_view *view, enum sl_table table, struct sl_span prefix);
/* Walk the messages, rows as sl_view_message_brief() gives them. */
struct sl_scan *sl_scan_open_brief(struct sl_view *view);
bool sl_scan_next(struct sl_scan *scan, struct sl_arena *arena, void *row_r);
void sl_scan_close(struct sl_scan **scan);

/* ---- upkeep ---- */

/* Walk every table, decode every row, compare the derived tables and counters with the primary
 * ones. `say` gets one line per finding. SL_OK: sound; SL_WARN: findings. */
enum sl_rc sl_store_check(struct sl_store *store, void (*say)(void *arg, const char *line),
	void *arg, struct sl_err *err);
/* Build the derived tables again and drop the cache of look-ups; campaign assignments are kept
 * where they can be read. SL_WARN: rows of primary tables are lost. */
enum sl_rc sl_store_rebuild(struct sl_store *store, struct sl_err *err);

#endif
