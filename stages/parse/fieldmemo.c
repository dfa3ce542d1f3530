/* SPDX-License-Identifier: Apache-2.0 */
#include "fieldmemo.h"

#include "headfields.h"

enum kind { HOP = 1, ADDRESSES };

static struct sl_id key_of(const struct sl_fieldmemo *known, struct sl_span value, enum kind kind)
{
	struct sl_id key = sl_hash_key(value, known->secret);
	key.b[0] ^= (unsigned char)kind;
	return key;
}

/* ---- Received ---- */

enum { HOP_NAMES = 3 };

/* A hop whose names are places in the unfolded value, which stands behind it. */
struct kept_hop {
	struct sl_hop hop;
	size_t at[HOP_NAMES];
};

static void names_of(struct sl_hop *hop, struct sl_span *names_r[HOP_NAMES])
{
	names_r[0] = &hop->helo;
	names_r[1] = &hop->rdns;
	names_r[2] = &hop->by;
}

static void keep_hop(const struct sl_fieldmemo *known, const struct sl_id *key,
	struct sl_arena *arena, struct sl_span value, const struct sl_hop *hop)
{
	struct kept_hop kept = { .hop = *hop };
	struct sl_span *names[HOP_NAMES];
	names_of(&kept.hop, names);
	for (size_t i = 0; i < HOP_NAMES; i++) {
		if (names[i]->n)
			kept.at[i] = (size_t)(names[i]->p - value.p);
		sl_assert(kept.at[i] + names[i]->n <= value.n);
		names[i]->p = NULL;
	}
	struct sl_span bytes = sl_span_of((const char *)&kept, sizeof(kept));
	sl_memo_add(known->memo, key, SL_ARENA_JOIN(arena, bytes, value));
}

static bool find_hop(const struct sl_fieldmemo *known, const struct sl_id *key,
	struct sl_arena *arena, struct sl_hop *hop_r)
{
	struct sl_span bytes, *names[HOP_NAMES];
	struct kept_hop kept;
	if (!sl_memo_find(known->memo, key, arena, &bytes))
		return false;
	sl_assert(bytes.n >= sizeof(kept));
	memcpy(&kept, bytes.p, sizeof(kept));
	names_of(&kept.hop, names);
	for (size_t i = 0; i < HOP_NAMES; i++)
		if (names[i]->n)
			names[i]->p = bytes.p + sizeof(kept) + kept.at[i];
	*hop_r = kept.hop;
	return true;
}

void sl_fieldmemo_hop(const struct sl_fieldmemo *known, struct sl_arena *arena,
	struct sl_span value, struct sl_hop *hop_r)
{
	struct sl_id key;
	if (known->memo) {
		key = key_of(known, value, HOP);
		if (find_hop(known, &key, arena, hop_r))
			return;
	}
	struct sl_span unfolded = sl_field_unfold(arena, value);
	sl_hop_parse(arena, unfolded, hop_r);
	if (known->memo)
		keep_hop(known, &key, arena, unfolded, hop_r);
}

/* ---- addresses ---- */

enum { LIST_MOST = 4, ADDRESS_TEXTS = 4 };

/* Lengths of the texts that stand behind it. */
struct kept_list {
	uint64_t flags;
	size_t n;
	struct {
		size_t text_n[ADDRESS_TEXTS];
		bool damaged;
	} item[LIST_MOST];
};

static void texts_of(struct sl_address *address, struct sl_span *texts_r[ADDRESS_TEXTS])
{
	texts_r[0] = &address->name;
	texts_r[1] = &address->addr;
	texts_r[2] = &address->local;
	texts_r[3] = &address->host;
}

static void keep_list(const struct sl_fieldmemo *known, const struct sl_id *key,
	struct sl_arena *arena, struct sl_address *list, size_t n, uint64_t flags)
{
	struct kept_list kept = { .flags = flags, .n = n };
	struct sl_span pieces[1 + LIST_MOST * ADDRESS_TEXTS] = { sl_span_of(
		(const char *)&kept, sizeof(kept)) };
	size_t n_pieces = 1;
	sl_assert(n <= LIST_MOST);
	for (size_t i = 0; i < n; i++) {
		struct sl_span *texts[ADDRESS_TEXTS];
		texts_of(&list[i], texts);
		kept.item[i].damaged = list[i].damaged;
		for (size_t j = 0; j < ADDRESS_TEXTS; j++) {
			kept.item[i].text_n[j] = texts[j]->n;
			pieces[n_pieces++] = *texts[j];
		}
	}
	sl_memo_add(known->memo, key, sl_arena_join(arena, pieces, n_pieces));
}

static bool find_list(const struct sl_fieldmemo *known, const struct sl_id *key,
	struct sl_arena *arena, struct sl_address **list_r, size_t *n_r, uint64_t *flags_r)
{
	struct sl_span bytes;
	struct kept_list kept;
	if (!sl_memo_find(known->memo, key, arena, &bytes))
		return false;
	sl_assert(bytes.n >= sizeof(kept));
	memcpy(&kept, bytes.p, sizeof(kept));
	const char *at = bytes.p + sizeof(kept);
	struct sl_address *list = sl_arena_zalloc(arena, kept.n * sizeof(*list));
	for (size_t i = 0; i < kept.n; i++) {
		struct sl_span *texts[ADDRESS_TEXTS];
		texts_of(&list[i], texts);
		list[i].damaged = kept.item[i].damaged;
		for (size_t j = 0; j < ADDRESS_TEXTS; j++) {
			*texts[j] = sl_span_of(at, kept.item[i].text_n[j]);
			at += texts[j]->n;
		}
	}
	sl_assert(at == bytes.p + bytes.n);
	*list_r = list;
	*n_r = kept.n;
	*flags_r |= kept.flags;
	return true;
}

size_t sl_fieldmemo_addresses(const struct sl_fieldmemo *known, struct sl_charset *charset,
	struct sl_arena *arena, struct sl_span value, const struct sl_limits *limits,
	struct sl_address **addresses_r, uint64_t *flags_r)
{
	struct sl_id key;
	uint64_t flags = 0;
	size_t n;
	if (known->memo) {
		key = key_of(known, value, ADDRESSES);
		if (find_list(known, &key, arena, addresses_r, &n, flags_r))
			return n;
	}
	n = sl_addresses(charset, arena, value, limits, addresses_r, &flags);
	if (known->memo && n <= LIST_MOST && !(flags & SL_MSG_LIMITS))
		keep_list(known, &key, arena, *addresses_r, n, flags);
	*flags_r |= flags;
	return n;
}
