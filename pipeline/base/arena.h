/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory that is given back all at once.
 *
 * Everything that belongs to one message lives in one arena; sl_arena_reset() forgets it and
 * keeps the blocks for the next message. An allocation costs a pointer addition; memory is
 * aligned for any type and not zeroed unless said so. Not for two threads at once.
 */
#ifndef SL_ARENA_H
#define SL_ARENA_H

#include "span.h"

struct sl_arena;

/* `keep` bytes at most stay allocated over a reset (0: 1 MiB). */
struct sl_arena *sl_arena_new(size_t keep);
/* Frees all; sets the pointer NULL. A NULL pointer in it is fine. */
void sl_arena_free(struct sl_arena **arena);
void sl_arena_reset(struct sl_arena *arena);
/* Bytes handed out since the last reset. */
size_t sl_arena_used(const struct sl_arena *arena);

void *sl_arena_alloc(struct sl_arena *arena, size_t size) __attribute__((returns_nonnull));
void *sl_arena_zalloc(struct sl_arena *arena, size_t size) __attribute__((returns_nonnull));
/* Grow the block `p` of `old_size` bytes; in place when it was the last one handed out. */
void *sl_arena_grow(struct sl_arena *arena, void *p, size_t old_size, size_t new_size);
/* Give back the end of the block `p`, which was asked for with `old_size`; only the one handed out
 * last shrinks. For results whose size is known only afterwards. */
void sl_arena_trim(struct sl_arena *arena, void *p, size_t old_size, size_t new_size);
/* A copy of the bytes, with a NUL behind them that is not counted. */
struct sl_span sl_arena_copy(struct sl_arena *arena, struct sl_span s);
/* The pieces one behind the other; for what is put together too often for a format. */
struct sl_span sl_arena_join(struct sl_arena *arena, const struct sl_span *pieces, size_t n);
#define SL_ARENA_JOIN(arena, ...)                                                                  \
	sl_arena_join((arena), (const struct sl_span[]){ __VA_ARGS__ },                            \
		SL_LEN(((const struct sl_span[]){ __VA_ARGS__ })))
struct sl_span sl_arena_printf(struct sl_arena *arena, const char *format, ...) SL_PRINTF(2, 3);

/* Room for one more element in an array that grows in the arena: ITEMS is `T *`, COUNT and
 * ROOM are size_t lvalues; evaluates to a pointer to the new, uninitialised element. */
#define SL_ARENA_PUSH(arena, items, count, room)                                                   \
	((items) = sl_arena_more((arena), (items), sizeof(*(items)), (count), &(room)),            \
		&(items)[(count)++])
void *sl_arena_more(
	struct sl_arena *arena, void *items, size_t item_size, size_t count, size_t *room);

#endif
