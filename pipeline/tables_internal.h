/* SPDX-License-Identifier: Apache-2.0 */
/* tables_internal.h - the parts of struct sl_tables, for the files tables*.c, verdict.c and
 * lookalike.c only.
 *
 * Everything is built once by sl_tables_load() in one arena (hash slots on the heap) and constant
 * from then on.
 */
#ifndef SL_TABLES_INTERNAL_H
#define SL_TABLES_INTERNAL_H

#include "base/hash.h"
#include "record.h"
#include "tables.h"

/* ---- a map of names (tables_names.c) ---- */

struct sl_nameset_slot {
	struct sl_span key; /* borrowed; .p NULL: free */
	uint32_t value;
};
struct sl_nameset {
	struct sl_nameset_slot *slots; /* owned */
	uint8_t *tags;  /* owned; of each slot eight bits of its hash, or 0: most misses end here */
	size_t n, room; /* room is a power of two, or 0 */
};

void sl_nameset_free(struct sl_nameset *names);
/* The value of the key; a new one is 0. The key must outlive the map. The pointer is valid until
 * the next put. */
uint32_t *sl_nameset_put(struct sl_nameset *names, struct sl_span key);
/* NULL: no such key. O(length). */
const uint32_t *sl_nameset_get(const struct sl_nameset *names, struct sl_span key);

/* Networks: one look at a filter for each prefix length in use, and seldom a probe. */
enum { SL_PREFIX_FILTER_BITS = 15, SL_PREFIX_FILTER = 1 << SL_PREFIX_FILTER_BITS };
struct sl_prefixes {
	struct sl_nameset set; /* key: family, length, masked bytes */
	uint64_t filter[SL_PREFIX_FILTER / 64];
	size_t n4, n6; /* lengths in use */
	uint8_t lengths4[32], lengths6[128];
};
/* "1.2.3.0/24", "2001:db8::/32" or a single address; false when it is neither. */
bool sl_prefixes_add(
	struct sl_prefixes *prefixes, struct sl_arena *arena, struct sl_span text, uint32_t bits);
uint32_t sl_prefixes_find(const struct sl_prefixes *prefixes, const struct sl_ip *ip);

/* ---- many patterns in one pass: Aho-Corasick with hashed edges (tables_match.c) ---- */

struct sl_match_state {
	uint64_t edges; /* filter: bit (byte mod 64) is set when there may be an edge */
	uint32_t parent, fail;
	uint32_t hits;    /* first entry of `patterns` + 1 that ends here, or 0 */
	uint32_t shorter; /* nearest state on the fail path that has hits, or 0 */
	uint32_t depth;
	unsigned char byte;
};
struct sl_match_edge {
	uint32_t key; /* state << 8 | byte, + 1; 0: free */
	uint32_t to;
};
struct sl_match_pattern {
	uint32_t id, next; /* next: entry + 1 */
};
struct sl_matcher {
	struct sl_match_state *states;
	size_t n_states, room_states;
	struct sl_match_pattern *patterns;
	size_t n_patterns, room_patterns;
	struct sl_match_edge *edges;
	size_t n_edges, room_edges;
	uint32_t root[256];
	bool finished;
};
struct sl_matcher *sl_matcher_new(void);
void sl_matcher_free(struct sl_matcher **matcher);
/* `id` is what a hit reports; patterns may repeat. An empty pattern is ignored, and so are more
 * than SL_MATCH_STATES bytes of patterns. */
enum { SL_MATCH_STATES = 1 << 23 };
void sl_matcher_add(struct sl_matcher *matcher, struct sl_span pattern, uint32_t id);
/* After the last pattern, before the first step. */
void sl_matcher_finish(struct sl_matcher *matcher);

static inline struct sl_match_edge *sl_matcher_edge(const struct sl_matcher *m, uint32_t key)
{
	size_t at = (key * UINT32_C(0x9e3779b1)) >> 7 & (m->room_edges - 1);
	while (m->edges[at].key && m->edges[at].key != key)
		at = (at + 1) & (m->room_edges - 1);
	return &m->edges[at];
}

/* The state after byte `c`; the first state is 0. Amortised O(1). Inline: it is the inner loop over
 * every text. Without `begin` no pattern may begin at this byte. */
static inline uint32_t sl_matcher_next(
	const struct sl_matcher *m, uint32_t state, unsigned char c, bool begin)
{
	while (state) {
		const struct sl_match_state *s = &m->states[state];
		if (s->edges >> (c & 63) & 1) {
			uint32_t next = sl_matcher_edge(m, (state << 8 | c) + 1)->to;
			if (next)
				return next;
		}
		state = s->fail;
	}
	return begin ? m->root[c] : 0;
}

/* The same, but what is under way goes on or ends; nothing shorter takes its place. */
static inline uint32_t sl_matcher_go_on(const struct sl_matcher *m, uint32_t state, unsigned char c)
{
	return m->states[state].edges >> (c & 63) & 1 ? sl_matcher_edge(m, (state << 8 | c) + 1)->to
						      : 0;
}

static inline uint32_t sl_matcher_step(const struct sl_matcher *m, uint32_t state, unsigned char c)
{
	return sl_matcher_next(m, state, c, true);
}

static inline bool sl_matcher_ends(const struct sl_matcher *m, uint32_t state)
{
	return (m->states[state].hits | m->states[state].shorter) != 0;
}

/* Walk the hits that end in a state, longest first; false when there are no more. */
struct sl_match_walk {
	uint32_t state, entry;
};
struct sl_match_walk sl_matcher_walk(const struct sl_matcher *matcher, uint32_t state);
bool sl_matcher_hit(const struct sl_matcher *matcher, struct sl_match_walk *walk, uint32_t *id_r);
/* Does any pattern occur? */
bool sl_matcher_any(const struct sl_matcher *matcher, struct sl_span text);

/* ---- aliases of brands and phrases (tables_alias.c) ---- */

enum { SL_ALIAS_MAX = 63 }; /* bytes without separators: masks are 64-bit registers */

/* A word or phrase with its separators taken out. Bit k of a mask stands for the byte k places
 * before the last one, and says something about the separator in front of that byte. */
struct sl_alias {
	struct sl_span bytes;                /* folded, without separators */
	uint64_t allowed, required, letters; /* letters: first bytes of code points but the first */
	uint32_t owner;                      /* brand number, or phrase class */
	bool strong, latin;
};
enum { SL_ALIAS_BEGIN_BITS = 15, SL_ALIAS_BEGINS = 1 << SL_ALIAS_BEGIN_BITS };
struct sl_aliases {
	struct sl_alias *items;
	size_t n, room;
	struct sl_matcher *matcher;
	uint64_t begins[SL_ALIAS_BEGINS / 64]; /* hashes of how a text may begin that has one */
};
/* Fold and add; false when it is empty or too long. */
bool sl_aliases_add(struct sl_aliases *aliases, struct sl_arena *arena, struct sl_span text,
	uint32_t owner, bool strong);
/* Called for each hit that no longer hit covers, in the order of the text. */
typedef void sl_alias_hit_fn(void *arg, const struct sl_alias *alias, size_t at);
void sl_aliases_scan(const struct sl_aliases *aliases, struct sl_span folded, bool strong_only,
	sl_alias_hit_fn *hit, void *arg);

/* ---- phrases of lures, by what they hint at (data/phrases.tsv) ---- */

enum sl_phrase {
	SL_PHRASE_PRESSURE, /* "your account will be suspended" */
	SL_PHRASE_EXTORTION,
	SL_PHRASE_FEE, /* advance fee, lottery, inheritance, investment */
	SL_PHRASE_SALE,
	SL_PHRASE_INVOICE,   /* pretext of documents and parcels */
	SL_PHRASE_AUTOMATIC, /* out of office, ticket received */
	SL_PHRASES
};
/* Distinct phrases of each class in the folded text. Linear. */
void sl_tables_phrases(
	const struct sl_tables *t, struct sl_span folded, unsigned counts_r[SL_PHRASES]);

/* ---- the whole ---- */

struct sl_dated {
	struct sl_span name, date;
};

/* A file of --warninglists, whatever it speaks of. */
struct sl_warninglist {
	struct sl_span name, date;
	uint64_t entries;
};

struct sl_tables {
	struct sl_arena *arena;
	struct sl_nameset known; /* name, and all below it -> bits of enum sl_known */
	struct sl_nameset exact; /* host or registered domain as a whole */
	struct sl_prefixes networks;
	struct sl_matcher *substrings; /* NULL: none */
	struct sl_brand *brands;
	size_t n_brands, room_brands;
	struct sl_nameset brand_domains; /* domain -> number of brand + 1 */
	struct sl_nameset brand_ids;
	struct sl_aliases brand_aliases;
	struct sl_nameset near; /* alias with one letter left out -> number of alias + 1 */
	struct sl_aliases phrases;
	struct sl_span suffixes;
	struct sl_dated *sources;
	size_t n_sources, room_sources;
	struct sl_warninglist *lists;
	size_t n_lists, room_lists;
};

/* Rows of a TSV text: the next row that is no comment, split at tabs; missing fields are empty. */
enum { SL_TSV_FIELDS = 4 };
bool sl_tsv_row(struct sl_span *rest, struct sl_span fields_r[SL_TSV_FIELDS]);
/* The value of a "# name: value" line on top, or the empty span. */
struct sl_span sl_tsv_head(struct sl_span text, struct sl_span name);
void sl_tables_add_source(struct sl_tables *t, struct sl_span name, struct sl_span date);
/* Add bits to a name and all below it. The name is copied in lower case. */
void sl_tables_add_name(struct sl_tables *t, struct sl_span name, uint32_t bits);
/* The whole file into the arena. */
enum sl_rc sl_tables_read(
	struct sl_tables *t, const char *path, struct sl_span *bytes_r, struct sl_err *err);

/* tables_brands.c: rows of brands.tsv or of a user's file of the same format. */
void sl_tables_load_brands(struct sl_tables *t, struct sl_span text);
void sl_tables_finish_brands(struct sl_tables *t);
/* tables_lists.c: a folder of MISP warninglists and plain lists. */
enum sl_rc sl_tables_load_lists(struct sl_tables *t, const char *folder, struct sl_err *err);

#endif
