/* SPDX-License-Identifier: Apache-2.0 */
#include "contents.h"

#include "storage/codec.h"

#include <stdlib.h>

/* A table's share of the room, what one content may take of a generation, and how full a table may
 * be. */
enum { TABLE_SHARE = 128, ENTRY_SHARE = 16, SLOTS_LEAST = 16 };

struct generation {
	struct sl_arena *arena; /* entries and what hangs on them */
	struct sl_learned **slots;
	size_t n;
};

struct sl_contents {
	size_t arena_room, n_slots; /* of one generation */
	struct generation young, old;
	struct sl_buf scratch;
};

static size_t slots_for(size_t bytes)
{
	size_t n = SLOTS_LEAST;
	while (n * 2 * sizeof(struct sl_learned *) <= bytes)
		n *= 2;
	return n;
}

struct sl_contents *sl_contents_new(size_t room)
{
	struct sl_contents *contents = sl_calloc(1, sizeof(*contents));
	size_t half = room / 2;
	contents->n_slots = slots_for(half / TABLE_SHARE);
	size_t table = contents->n_slots * sizeof(struct sl_learned *);
	contents->arena_room = half > table ? half - table : 0;
	contents->scratch = sl_buf_make(contents->arena_room / ENTRY_SHARE);
	return contents;
}

static void empty(struct generation *g)
{
	sl_arena_free(&g->arena);
	free(g->slots);
	*g = (struct generation){ 0 };
}

void sl_contents_free(struct sl_contents **contents)
{
	if (!*contents)
		return;
	empty(&(*contents)->young);
	empty(&(*contents)->old);
	sl_buf_free(&(*contents)->scratch);
	free(*contents);
	*contents = NULL;
}

/* The slot of that key, or the free one where it belongs. */
static struct sl_learned **slot_of(
	const struct sl_contents *contents, const struct generation *g, const struct sl_id *key)
{
	size_t at = sl_id_slot(key) & (contents->n_slots - 1);
	for (; g->slots[at]; at = (at + 1) & (contents->n_slots - 1))
		if (sl_id_eq(&g->slots[at]->key, key))
			break;
	return &g->slots[at];
}

static const struct sl_learned *look(
	const struct sl_contents *contents, const struct generation *g, const struct sl_id *key)
{
	return g->slots ? *slot_of(contents, g, key) : NULL;
}

/* Room for one more entry of about `size` bytes in the young generation. */
static void make_room(struct sl_contents *contents, size_t size)
{
	struct generation *g = &contents->young;
	if (g->slots && (g->n * 2 >= contents->n_slots ||
				sl_arena_used(g->arena) + size > contents->arena_room)) {
		empty(&contents->old);
		contents->old = *g;
		*g = (struct generation){ 0 };
	}
	if (!g->slots) {
		g->arena = sl_arena_new(0);
		g->slots = sl_calloc(contents->n_slots, sizeof(struct sl_learned *));
	}
}

static struct sl_learned *new_entry(
	struct sl_contents *contents, const struct sl_id *key, size_t size)
{
	make_room(contents, size);
	struct generation *g = &contents->young;
	struct sl_learned **slot = slot_of(contents, g, key);
	sl_assert(*slot == NULL);
	*slot = sl_arena_zalloc(g->arena, sizeof(**slot));
	(*slot)->key = *key;
	g->n++;
	return *slot;
}

/* What the record of these bytes takes in memory: their copy, and the arrays, of which no element
 * takes more than its bytes times this. */
static size_t size_of(struct sl_span encoded)
{
	enum { ARRAYS = 16 };
	return sizeof(struct sl_learned) + encoded.n * ARRAYS;
}

static const struct sl_learned *keep(struct sl_contents *contents, struct sl_span encoded,
	const struct sl_id *key, size_t n_urls, uint64_t url_bytes)
{
	struct sl_learned *known = new_entry(contents, key, size_of(encoded));
	struct sl_arena *arena = contents->young.arena;
	known->encoded = sl_arena_copy(arena, encoded);
	known->n_urls = n_urls;
	known->url_bytes = url_bytes;
	bool good = sl_content_decode(known->encoded, arena, &known->content);
	sl_assert(good && sl_id_eq(&known->content.key, key));
	return known;
}

/* What is found in the old generation lives on in the young one. */
static const struct sl_learned *renew(struct sl_contents *contents, const struct sl_learned *found)
{
	struct sl_id key = found->key;
	if (found->whole_key) {
		new_entry(contents, &key, sizeof(*found))->whole_key = true;
	} else {
		/* its bytes would go if the generations changed now */
		sl_buf_reset(&contents->scratch);
		sl_buf_add(&contents->scratch, found->encoded);
		keep(contents, sl_buf_span(&contents->scratch), &key, found->n_urls,
			found->url_bytes);
	}
	return look(contents, &contents->young, &key);
}

const struct sl_learned *sl_contents_find(struct sl_contents *contents, const struct sl_id *key)
{
	const struct sl_learned *found = look(contents, &contents->young, key);
	if (found)
		return found;
	found = look(contents, &contents->old, key);
	return found ? renew(contents, found) : NULL;
}

const struct sl_learned *sl_contents_add(struct sl_contents *contents, const struct sl_mail *mail)
{
	const struct sl_content *content = &mail->content;
	if (contents->arena_room == 0 || (content->flags & SL_MSG_LIMITS))
		return NULL;
	/* a body that turned out to be named by all its bytes was not looked for under that name */
	const struct sl_learned *there = sl_contents_find(contents, &content->key);
	if (there)
		return there;
	sl_buf_reset(&contents->scratch);
	sl_content_encode(&contents->scratch, content);
	if (contents->scratch.overflow ||
		size_of(sl_buf_span(&contents->scratch)) > contents->arena_room / 2)
		return NULL;
	return keep(contents, sl_buf_span(&contents->scratch), &content->key, mail->n_urls,
		mail->url_bytes);
}

void sl_contents_add_whole(struct sl_contents *contents, const struct sl_id *key)
{
	if (contents->arena_room > 0 && !sl_contents_find(contents, key))
		new_entry(contents, key, sizeof(struct sl_learned))->whole_key = true;
}
