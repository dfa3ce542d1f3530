/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h - what the threads of one run share. Private to pipeline/: plan, reader, committer, run.
 *
 * Fields say who writes them. "reader" means the one reader that has the archive; what it wrote is
 * visible to the committer because a queue push stands between.
 */
#ifndef SL_ENGINE_H
#define SL_ENGINE_H

#include "base/log.h"
#include "base/queue.h"
#include "base/thread.h"
#include "batch.h"
#include "mill.h"
#include "quarantine.h"
#include "storage/store.h"
#include "zygote.h"

#include <stdatomic.h>

/* One input file. */
struct sl_input {
	const char *path;           /* plan */
	struct sl_span name;        /* plan: how it is printed */
	int fd;                     /* plan: of spooled standard input, else -1 */
	struct sl_id key;           /* reader */
	struct sl_file_stamp stamp; /* reader */
	bool keyed;                 /* reader: key and stamp are known */
	bool twin;  /* reader: the same bytes were read under another name in this run */
	bool known; /* reader: complete in the store, not read again */
	atomic_bool
		damaged; /* reader, committer: something was rejected, now or in an earlier run */
	bool complete;   /* reader: all bytes that were hashed were walked, proved */
	bool changed;    /* reader: by now, or perhaps: the stamp is not remembered */
	uint64_t emitted, bytes, rejects; /* reader */
	uint64_t pushed; /* reader: messages handed on, final before the END note is pushed */
	uint64_t members[SL_MEMBERS]; /* reader */
	uint64_t committed;           /* committer: messages that came by */
	bool seen, ended, finished;   /* committer */
	bool limited;                 /* committer: a limit was hit, and the row says so */
	uint64_t crashed, in_a_row;   /* committer: messages in quarantine */
	atomic_bool set_aside;        /* committer: too many of them; readers stop */
	uint64_t kept, kept_rejects;  /* committer: messages and rejects up to there */
};

struct sl_plan {
	struct sl_arena *arena;
	struct sl_input *inputs;
	size_t n, room;
	uint64_t bytes;    /* sizes of all files, for the progress line */
	uint64_t specials; /* devices, FIFOs, sockets: never opened */
};

/* Walk the INPUT operands. Exit 66 when one does not exist. Spools "-". */
enum sl_rc sl_plan_make(
	const struct sl_strings *operands, struct sl_plan *plan_r, struct sl_err *err);
void sl_plan_free(struct sl_plan *plan);

struct sl_counts {
	_Atomic uint64_t archives, known, unreadable, rejects;   /* readers */
	_Atomic uint64_t file_bytes;                             /* readers: of finished files */
	_Atomic uint64_t message_bytes;                          /* readers */
	_Atomic uint64_t messages, embedded, sightings, limited; /* committer */
	_Atomic uint64_t crashed;  /* committer: messages in quarantine */
	_Atomic uint64_t respawns; /* cells that died */
	_Atomic uint64_t passed;   /* committer: all messages that came by */
	_Atomic uint64_t variants; /* committer: new ones */
	_Atomic uint64_t commits;  /* committer */
};

struct sl_engine {
	const struct sl_config *config;
	const struct sl_tables *tables;
	struct sl_log *log;
	struct sl_store *store;
	struct sl_plan *plan;
	struct sl_pool *pool;
	struct sl_queue *raw;  /* readers -> workers */
	struct sl_queue *done; /* workers -> committer */
	unsigned readers, workers;
	atomic_size_t next_input;
	atomic_bool draining; /* SIGINT or SIGTERM: finish what is in flight */
	atomic_bool committer_done;
	struct sl_counts counts;
	struct sl_night_row night;        /* committer while threads run */
	struct sl_night_row last;         /* main: the night before this run; serial 0: none */
	bool night_exists;                /* committer: the row is in the store */
	struct sl_zygote *zygote;         /* NULL: mails and archives are parsed in threads */
	struct sl_quarantine *quarantine; /* committer */
	struct sl_sandbox_level sandbox;  /* of the cells */
	struct sl_secret blind;           /* main: names contents to drivers (results.h) */
	int64_t began;                    /* main: the wall clock, for the age of files alone */
	pthread_mutex_t lock;             /* of the six below */
	bool failed;
	struct sl_err err;
	void *keys;        /* GHashTable: archive key -> enum sl_claim, of this run */
	void *twins;       /* GArray of input numbers that wait for the fate of their key */
	double deaths[20]; /* when cells ended with no message to blame, in a ring */
	uint64_t n_deaths;
	struct sl_mill_work work;
};

/* Batches of one reader: enough to keep its share of the workers busy while it fills the next. */
static inline unsigned sl_engine_quota(const struct sl_engine *engine)
{
	return 4 + 2 * engine->workers / engine->readers;
}

/* Note the first fatal error and stop everything. Any thread. */
void sl_engine_fail(struct sl_engine *engine, const struct sl_err *err);
bool sl_engine_stopping(struct sl_engine *engine);
/* Archives of the same bytes are read once a run. Who claims a key first reads it and must settle
 * it; the others (BUSY) are put aside and taken up again when it is known whether that went well:
 * a file can fail or change on the way, and its twin need not. Any thread. */
enum sl_claim { SL_CLAIM_FREE, SL_CLAIM_MINE, SL_CLAIM_BUSY, SL_CLAIM_DONE };
enum sl_claim sl_engine_claim(struct sl_engine *engine, const struct sl_id *key, size_t input);
void sl_engine_settle(struct sl_engine *engine, const struct sl_id *key, bool done);
/* An input that was put aside and whose key is settled. False: none. Whoever settles looks here
 * later, so none is forgotten. */
bool sl_engine_take_twin(struct sl_engine *engine, size_t *input_r);

struct sl_reader_start {
	struct sl_engine *engine;
	unsigned number;
};
/* Thread body: read inputs until none is left. Takes a struct sl_reader_start *. */
void sl_reader_main(void *start);
/* Thread body: commit batches until the queue closes. Takes a struct sl_engine *. */
void sl_committer_main(void *engine);

#endif
