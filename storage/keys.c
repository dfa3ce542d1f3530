/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

static const char *const table_names[SL_TABLES_ALL] = {
	[SL_TABLE_ARCHIVES] = "archives",
	[SL_TABLE_MESSAGES] = "messages",
	[SL_TABLE_SIGHTINGS] = "sightings",
	[SL_TABLE_CONTENTS] = "contents",
	[SL_TABLE_VARIANTS] = "variants",
	[SL_TABLE_MEMBERS] = "members",
	[SL_TABLE_INDICATORS] = "indicators",
	[SL_TABLE_USES] = "uses",
	[SL_TABLE_CAMPAIGNS] = "campaigns",
	[SL_TABLE_LINEAGE] = "lineage",
	[SL_TABLE_NIGHTS] = "nights",
	[SL_TABLE_REJECTS] = "rejects",
	[SL_TABLE_FILES] = "files",
	[SL_TABLE_LOOKUPS] = "lookups",
	[SL_TABLE_META] = "meta",
	[SL_TABLE_UNDO] = "undo",
	[SL_TABLE_REDO] = "redo",
	[SL_TABLE_FACES] = "faces",
};

const char *sl_table_name(unsigned table)
{
	sl_assert(table < SL_TABLES_ALL);
	return table_names[table];
}

void sl_key_add(struct sl_key *key, struct sl_span bytes)
{
	sl_assert(bytes.n <= sizeof(key->b) - key->n);
	if (bytes.n)
		memcpy(key->b + key->n, bytes.p, bytes.n);
	key->n += bytes.n;
}

void sl_key_add_id(struct sl_key *key, const struct sl_id *id)
{
	sl_key_add(key, sl_span_of(id->b, sizeof(id->b)));
}

void sl_key_add_u64(struct sl_key *key, uint64_t value)
{
	uint64_t big = __builtin_bswap64(value);
	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "keys are big-endian");
	sl_key_add(key, sl_span_of(&big, sizeof(big)));
}

struct sl_key sl_key_of_id(const struct sl_id *id)
{
	struct sl_key key;
	key.n = 0;
	sl_key_add_id(&key, id);
	return key;
}

struct sl_key sl_key_of_ids(const struct sl_id *a, const struct sl_id *b)
{
	struct sl_key key = sl_key_of_id(a);
	sl_key_add_id(&key, b);
	return key;
}

struct sl_key sl_key_of_u64(uint64_t value)
{
	struct sl_key key;
	key.n = 0;
	sl_key_add_u64(&key, value);
	return key;
}

struct sl_key sl_key_of_campaign(const struct sl_campaign_id *id)
{
	struct sl_key key;
	key.n = 0;
	sl_key_add(&key, sl_span_of(id->text, strnlen(id->text, sizeof(id->text))));
	return key;
}

struct sl_key sl_key_of_stamp(const struct sl_file_stamp *stamp)
{
	struct sl_key key = sl_key_of_u64(stamp->device);
	sl_key_add_u64(&key, stamp->inode);
	sl_key_add_u64(&key, stamp->size);
	sl_key_add_u64(&key, (uint64_t)stamp->mtime_ns);
	sl_key_add_u64(&key, (uint64_t)stamp->ctime_ns);
	return key;
}

struct sl_key sl_key_of_sighting(
	const struct sl_secret *secret, const struct sl_id *message, const struct sl_origin *origin)
{
	struct sl_id entry = sl_hash_key(origin->entry, secret);
	struct sl_key key = sl_key_of_ids(message, &origin->archive);
	sl_key_add_id(&key, &entry);
	sl_key_add_u64(&key, origin->ordinal);
	return key;
}

struct sl_key sl_key_of_undo(uint64_t night, unsigned table, struct sl_span row_key)
{
	struct sl_key key = sl_key_of_u64(night);
	uint8_t number = (uint8_t)table;
	sl_key_add(&key, sl_span_of(&number, 1));
	sl_key_add(&key, row_key);
	return key;
}

/* The texts are hashed one by one first, so that no two rejects run together. */
struct sl_key sl_key_of_reject(const struct sl_secret *secret, const struct sl_reject_row *reject)
{
	struct sl_id texts[3] = { sl_hash_key(reject->entry, secret),
		sl_hash_key(reject->reason, secret), sl_hash_key(reject->detail, secret) };
	struct sl_id text = sl_hash_key(sl_span_of(texts, sizeof(texts)), secret);
	struct sl_key key = sl_key_of_ids(&reject->archive, &text);
	sl_key_add_u64(&key, reject->offset);
	return key;
}

struct sl_key sl_key_of_lookup(
	const struct sl_secret *secret, const char *lookup, enum sl_kind kind, struct sl_span value)
{
	struct sl_id hash = sl_hash_key(value, secret);
	uint8_t kind_byte = (uint8_t)kind;
	struct sl_key key;
	key.n = 0;
	sl_key_add(&key, sl_span_of(lookup, strlen(lookup) + 1));
	sl_key_add(&key, sl_span_of(&kind_byte, 1));
	sl_key_add_id(&key, &hash);
	return key;
}

struct sl_id sl_indicator_key(const struct sl_secret *secret, enum sl_kind kind,
	struct sl_span value, struct sl_buf *scratch)
{
	sl_buf_reset(scratch);
	sl_buf_char(scratch, (char)kind);
	sl_buf_add(scratch, value);
	sl_assert(!scratch->overflow);
	return sl_hash_key(sl_buf_span(scratch), secret);
}

bool sl_key_take_id(struct sl_span *key, struct sl_id *id_r)
{
	if (key->n < sizeof(id_r->b))
		return false;
	memcpy(id_r->b, key->p, sizeof(id_r->b));
	*key = sl_span_from(*key, sizeof(id_r->b));
	return true;
}

bool sl_key_take_u64(struct sl_span *key, uint64_t *value_r)
{
	uint64_t big;
	if (key->n < sizeof(big))
		return false;
	memcpy(&big, key->p, sizeof(big));
	*value_r = __builtin_bswap64(big);
	*key = sl_span_from(*key, sizeof(big));
	return true;
}
