/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"
#include "tables_internal.h"

#include <endian.h>
#include <stdlib.h>

void sl_nameset_free(struct sl_nameset *names)
{
	free(names->slots);
	free(names->tags);
	*names = (struct sl_nameset){ 0 };
}

/* The number of the key's slot, or of the free slot where it belongs. */
static size_t find_slot(const struct sl_nameset *names, struct sl_span key, uint8_t *tag_r)
{
	sl_assert(names->room && (names->room & (names->room - 1)) == 0);
	uint64_t hash = sl_hash64(key, 0);
	uint8_t tag = (uint8_t)(hash >> 56 | 1);
	size_t at = (size_t)hash & (names->room - 1);
	while (names->tags[at] &&
		!(names->tags[at] == tag && sl_span_eq(names->slots[at].key, key)))
		at = (at + 1) & (names->room - 1);
	*tag_r = tag;
	return at;
}

static void grow(struct sl_nameset *names)
{
	struct sl_nameset old = *names;
	names->room = old.room ? old.room * 2 : 64;
	names->slots = sl_calloc(names->room, sizeof(*names->slots));
	names->tags = sl_calloc(names->room, sizeof(*names->tags));
	for (size_t i = 0; i < old.room; i++) {
		uint8_t tag;
		if (!old.tags[i])
			continue;
		size_t at = find_slot(names, old.slots[i].key, &tag);
		names->slots[at] = old.slots[i];
		names->tags[at] = tag;
	}
	free(old.slots);
	free(old.tags);
}

uint32_t *sl_nameset_put(struct sl_nameset *names, struct sl_span key)
{
	sl_assert(key.p);
	if (names->n * 2 >= names->room)
		grow(names);
	uint8_t tag;
	size_t at = find_slot(names, key, &tag);
	if (!names->tags[at]) {
		names->slots[at] = (struct sl_nameset_slot){ key, 0 };
		names->tags[at] = tag;
		names->n++;
	}
	sl_assert(names->n < names->room);
	return &names->slots[at].value;
}

const uint32_t *sl_nameset_get(const struct sl_nameset *names, struct sl_span key)
{
	if (!names->room || !key.p)
		return NULL;
	uint8_t tag;
	size_t at = find_slot(names, key, &tag);
	return names->tags[at] ? &names->slots[at].value : NULL;
}

enum { PREFIX_KEY = 18 };

/* Family, length and the bits in front of the length; the rest is zero. */
static void prefix_key(const struct sl_ip *ip, unsigned length, char key_r[PREFIX_KEY])
{
	sl_assert(length <= 128);
	memset(key_r, 0, PREFIX_KEY);
	key_r[0] = (char)ip->family;
	key_r[1] = (char)length;
	memcpy(key_r + 2, ip->b, length / 8);
	if (length % 8)
		key_r[2 + length / 8] = (char)(ip->b[length / 8] & (0xff00u >> (length % 8)));
}

static bool prefix_parse(struct sl_span text, struct sl_ip *ip_r, unsigned *length_r)
{
	uint64_t length = 0;
	ssize_t slash = sl_span_chr(text, '/', 0);
	struct sl_span address = slash < 0 ? text : sl_span_head(text, (size_t)slash);
	if (!sl_ip_parse(address, ip_r))
		return false;
	unsigned most = ip_r->family == 4 ? 32 : 128;
	if (slash < 0)
		length = most;
	else if (!sl_span_u64(sl_span_from(text, (size_t)slash + 1), &length))
		return false;
	*length_r = (unsigned)length;
	return length >= 1 && length <= most;
}

/* A bit for a network: of its length and of 64 bits of it at most. */
static size_t filter_bit(const struct sl_ip *ip, unsigned length)
{
	uint64_t bits;
	sl_assert(length >= 1);
	memcpy(&bits, ip->b, sizeof(bits));
	bits = be64toh(bits) >> (length < 64 ? 64 - length : 0);
	bits = (bits ^ ip->family) * UINT64_C(0xc2b2ae3d27d4eb4f) + length;
	return bits * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SL_PREFIX_FILTER_BITS);
}

static void note_length(uint8_t *lengths, size_t *n, unsigned length)
{
	if (!memchr(lengths, (int)length, *n))
		lengths[(*n)++] = (uint8_t)length;
}

bool sl_prefixes_add(
	struct sl_prefixes *prefixes, struct sl_arena *arena, struct sl_span text, uint32_t bits)
{
	struct sl_ip ip;
	unsigned length;
	char key[PREFIX_KEY];
	if (!prefix_parse(text, &ip, &length))
		return false;
	prefix_key(&ip, length, key);
	*sl_nameset_put(&prefixes->set, sl_arena_copy(arena, sl_span_of(key, sizeof(key)))) |= bits;
	if (ip.family == 4)
		note_length(prefixes->lengths4, &prefixes->n4, length);
	else
		note_length(prefixes->lengths6, &prefixes->n6, length);
	size_t bit = filter_bit(&ip, length);
	prefixes->filter[bit / 64] |= SL_BIT(bit % 64);
	return true;
}

uint32_t sl_prefixes_find(const struct sl_prefixes *prefixes, const struct sl_ip *ip)
{
	uint32_t bits = 0;
	char key[PREFIX_KEY];
	const uint8_t *lengths = ip->family == 4 ? prefixes->lengths4 : prefixes->lengths6;
	size_t n = ip->family == 4 ? prefixes->n4 : prefixes->n6;
	for (size_t i = 0; i < n; i++) {
		size_t bit = filter_bit(ip, lengths[i]);
		if (!(prefixes->filter[bit / 64] >> (bit % 64) & 1))
			continue;
		prefix_key(ip, lengths[i], key);
		const uint32_t *value =
			sl_nameset_get(&prefixes->set, sl_span_of(key, sizeof(key)));
		bits |= value ? *value : 0;
	}
	return bits;
}
