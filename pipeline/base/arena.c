/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ALIGN = 16, BLOCK_MIN = 64 * 1024, KEEP_DEFAULT = 1 << 20 };

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(ALIGN) char bytes[];
};

struct sl_arena {
	struct block *blocks; /* newest first */
	size_t keep, used;
};

struct sl_arena *sl_arena_new(size_t keep)
{
	struct sl_arena *arena = sl_calloc(1, sizeof(*arena));
	arena->keep = keep ? keep : KEEP_DEFAULT;
	return arena;
}

void sl_arena_free(struct sl_arena **arena)
{
	if (!*arena)
		return;
	for (struct block *b = (*arena)->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(*arena);
	*arena = NULL;
}

/* Blocks are kept up to `keep` bytes: a single huge message must not pin its memory. */
void sl_arena_reset(struct sl_arena *arena)
{
	struct block *kept = NULL;
	size_t total = 0;
	for (struct block *b = arena->blocks, *next; b; b = next) {
		next = b->next;
		if (total + b->size <= arena->keep) {
			total += b->size;
			b->used = 0;
			b->next = kept;
			kept = b;
		} else {
			free(b);
		}
	}
	arena->blocks = kept;
	arena->used = 0;
}

size_t sl_arena_used(const struct sl_arena *arena)
{
	return arena->used;
}

static struct block *block_with_room(struct sl_arena *arena, size_t size)
{
	struct block *b = arena->blocks;
	if (b && b->size - b->used >= size)
		return b;
	/* a kept, empty block may stand behind the newest one */
	for (struct block **at = &arena->blocks; *at; at = &(*at)->next)
		if ((*at)->used == 0 && (*at)->size >= size) {
			b = *at;
			*at = b->next;
			b->next = arena->blocks;
			return arena->blocks = b;
		}
	size_t want = b ? b->size * 2 : BLOCK_MIN;
	if (want > ((size_t)8 << 20))
		want = (size_t)8 << 20;
	if (want < size)
		want = size;
	b = sl_malloc(sizeof(*b) + want);
	b->size = want;
	b->used = 0;
	b->next = arena->blocks;
	return arena->blocks = b;
}

static size_t round_up(size_t size)
{
	sl_assert(size < SIZE_MAX / 2);
	return size == 0 ? ALIGN : (size + ALIGN - 1) / ALIGN * ALIGN;
}

void *sl_arena_alloc(struct sl_arena *arena, size_t size)
{
	size = round_up(size);
	struct block *b = block_with_room(arena, size);
	void *p = b->bytes + b->used;
	b->used += size;
	arena->used += size;
	return p;
}

void *sl_arena_zalloc(struct sl_arena *arena, size_t size)
{
	return memset(sl_arena_alloc(arena, size), 0, size);
}

void *sl_arena_grow(struct sl_arena *arena, void *p, size_t old_size, size_t new_size)
{
	struct block *b = arena->blocks;
	size_t old_room = round_up(old_size), new_room = round_up(new_size);
	sl_assert(new_size >= old_size);
	if (p && b && (char *)p + old_room == b->bytes + b->used &&
		b->size - b->used >= new_room - old_room) {
		b->used += new_room - old_room;
		arena->used += new_room - old_room;
		return p;
	}
	void *q = sl_arena_alloc(arena, new_size);
	if (p && old_size)
		memcpy(q, p, old_size);
	return q;
}

void sl_arena_trim(struct sl_arena *arena, void *p, size_t old_size, size_t new_size)
{
	struct block *b = arena->blocks;
	size_t old_room = round_up(old_size), new_room = round_up(new_size);
	sl_assert(new_size <= old_size);
	if (!b || (char *)p + old_room != b->bytes + b->used)
		return;
	b->used -= old_room - new_room;
	arena->used -= old_room - new_room;
}

struct sl_span sl_arena_copy(struct sl_arena *arena, struct sl_span s)
{
	char *p = sl_arena_alloc(arena, s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return sl_span_of(p, s.n);
}

struct sl_span sl_arena_join(struct sl_arena *arena, const struct sl_span *pieces, size_t n)
{
	size_t total = 0, at = 0;
	for (size_t i = 0; i < n; i++)
		total += pieces[i].n;
	char *p = sl_arena_alloc(arena, total + 1);
	for (size_t i = 0; i < n; i++) {
		if (pieces[i].n)
			memcpy(p + at, pieces[i].p, pieces[i].n);
		at += pieces[i].n;
	}
	sl_assert(at == total);
	p[total] = '\0';
	return sl_span_of(p, total);
}

struct sl_span sl_arena_printf(struct sl_arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	sl_assert(n >= 0);
	char *p = sl_arena_alloc(arena, (size_t)n + 1);
	va_start(args, format);
	vsnprintf(p, (size_t)n + 1, format, args);
	va_end(args);
	return sl_span_of(p, (size_t)n);
}

void *sl_arena_more(
	struct sl_arena *arena, void *items, size_t item_size, size_t count, size_t *room)
{
	if (count < *room)
		return items;
	size_t bigger = *room ? *room * 2 : 8;
	items = sl_arena_grow(arena, items, count * item_size, bigger * item_size);
	*room = bigger;
	return items;
}
