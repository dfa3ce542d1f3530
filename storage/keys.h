/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h - the tables of a store and how their keys are laid out.
 *
 *   archives    archive                           contents    content
 *   messages    message                           variants    variant
 *   sightings   message archive entry ordinal     members     variant message
 *   indicators  indicator                         uses        variant bound
 *   campaigns   id text                           lineage     seq
 *   nights      serial                            rejects     archive text offset
 *   files       device inode size mtime ctime     lookups     name NUL kind value
 *   meta        "schema", "identity"              redo        message or archive
 *   undo        night, table (1 byte), key        faces       seeded hash of its bytes
 *
 * Names of things are 16-byte hashes seeded with the store's secret (entry, text, value too: LMDB
 * keys end at 511 bytes, entries and values do not); numbers are 8 bytes big-endian, so that key
 * order is number order. Internal to storage/.
 */
#ifndef SL_KEYS_H
#define SL_KEYS_H

#include "db.h"
#include "store.h"

/* Tables that the world does not walk stand behind enum sl_table. Numbers are part of the seal of a
 * row: new tables go to the end. Undo and redo came with schema 2, faces
 * with schema 3. */
enum {
	SL_TABLE_FILES = SL_TABLES,
	SL_TABLE_LOOKUPS,
	SL_TABLE_META,
	SL_TABLE_UNDO,
	SL_TABLE_REDO,
	SL_TABLE_FACES,
	SL_TABLES_ALL
};

const char *sl_table_name(unsigned table);

struct sl_key {
	size_t n;
	char b[128]; /* the longest is a lookup: its name and 18 bytes */
};

static inline struct sl_span sl_key_span(const struct sl_key *key)
{
	return sl_span_of(key->b, key->n);
}

void sl_key_add(struct sl_key *key, struct sl_span bytes);
void sl_key_add_id(struct sl_key *key, const struct sl_id *id);
void sl_key_add_u64(struct sl_key *key, uint64_t value);
struct sl_key sl_key_of_id(const struct sl_id *id);
struct sl_key sl_key_of_ids(const struct sl_id *a, const struct sl_id *b);
struct sl_key sl_key_of_u64(uint64_t value);
struct sl_key sl_key_of_campaign(const struct sl_campaign_id *id);
struct sl_key sl_key_of_stamp(const struct sl_file_stamp *stamp);
struct sl_key sl_key_of_sighting(const struct sl_secret *secret, const struct sl_id *message,
	const struct sl_origin *origin);
struct sl_key sl_key_of_undo(uint64_t night, unsigned table, struct sl_span row_key);
struct sl_key sl_key_of_reject(const struct sl_secret *secret, const struct sl_reject_row *reject);
struct sl_key sl_key_of_lookup(const struct sl_secret *secret, const char *lookup,
	enum sl_kind kind, struct sl_span value);

/* Key of an indicator: its kind and value. `scratch` is overwritten. */
struct sl_id sl_indicator_key(const struct sl_secret *secret, enum sl_kind kind,
	struct sl_span value, struct sl_buf *scratch);

/* Take fields off the front of a key; false when it is too short. */
bool sl_key_take_id(struct sl_span *key, struct sl_id *id_r);
bool sl_key_take_u64(struct sl_span *key, uint64_t *value_r);

#endif
