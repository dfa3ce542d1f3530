/* SPDX-License-Identifier: Apache-2.0 */
/* stores.h - throw-away stores for tests, and dumps of them. */
#ifndef SL_TEST_STORES_H
#define SL_TEST_STORES_H

#include "check.h"
#include "putresult.h"
#include "records.h"
#include "storage/store_inner.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

/* A new path below TMPDIR; nothing is there yet. */
static inline char *stores_path(char path_r[128])
{
	const char *tmp = getenv("TMPDIR");
	snprintf(path_r, 128, "%.80s/sl-store-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(path_r));
	assert_int_equal(rmdir(path_r), 0);
	return path_r;
}

static inline void stores_remove(const char *path)
{
	DIR *dir = opendir(path);
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

static inline struct sl_store *stores_open(const char *path, enum sl_store_mode mode)
{
	struct sl_store *store = NULL;
	struct sl_err err = { .text = "" };
	if (sl_store_open(path, mode, &store, &err))
		fail_msg("open: %s", err.text);
	return store;
}

#define STORES_OK(call)                                                                            \
	do {                                                                                       \
		struct sl_err err = { .text = "" };                                                \
		if ((call) != SL_OK)                                                               \
			fail_msg("line %d: %s", __LINE__, err.text);                               \
	} while (0)

/* Every byte of every table but the stamp of its making. */
static inline struct sl_id stores_raw_dump(struct sl_store *store)
{
	struct sl_view *view;
	struct sl_hasher *hasher = sl_hasher_new(NULL);
	STORES_OK(sl_view_open(store, false, &view, &err));
	for (unsigned table = 0; table < SL_TABLES_ALL; table++) {
		struct sl_cursor *cursor;
		struct sl_span pair[2];
		STORES_OK(sl_cursor_open(view->txn, table, SL_SPAN_NULL, &cursor, &err));
		struct sl_err err;
		while (sl_cursor_next(cursor, &pair[0], &pair[1], &err) == SL_OK)
			for (size_t i = 0; i < 2; i++) {
				uint64_t n = pair[i].n;
				sl_hasher_add(hasher, sl_span_of(&n, sizeof(n)));
				sl_hasher_add(hasher, pair[i]);
			}
		sl_cursor_close(&cursor);
	}
	sl_view_close(&view);
	struct sl_id id = sl_hasher_id(hasher);
	sl_hasher_free(&hasher);
	return id;
}

static inline int stores_line_order(const void *a, const void *b)
{
	return sl_span_cmp(*(const struct sl_span *)a, *(const struct sl_span *)b);
}

/* The visible part of a key: without hashes that are seeded with the secret. */
static inline void stores_visible_key(
	struct sl_view *view, enum sl_table table, const void *row, struct sl_buf *to)
{
	if (table == SL_TABLE_SIGHTINGS) {
		const struct sl_sighting_row *s = row;
		sl_buf_hex(to, &s->message, 16);
		sl_buf_hex(to, &s->origin.archive, 16);
		sl_buf_printf(to, " %llu", (unsigned long long)s->origin.ordinal);
	} else if (table == SL_TABLE_REJECTS) {
		const struct sl_reject_row *r = row;
		sl_buf_hex(to, &r->archive, 16);
		sl_buf_printf(to, " %llu", (unsigned long long)r->offset);
	} else if (table == SL_TABLE_USES) {
		const struct sl_use_row *u = row;
		struct sl_indicator_row i;
		sl_buf_hex(to, &u->variant, 16);
		assert_true(sl_view_indicator(view, &u->indicator, &i));
		sl_buf_printf(to, " %d %.*s", (int)i.kind, SL_ARG(i.value));
	} else if (table != SL_TABLE_INDICATORS) {
		sl_buf_hex(to, row, 16); /* these rows begin with their key */
	}
}

/* How often something was read again is no part of what it is. */
static inline void stores_forget_rounds(enum sl_table table, void *row)
{
	if (table == SL_TABLE_SIGHTINGS)
		((struct sl_sighting_row *)row)->round = 0;
	if (table == SL_TABLE_ARCHIVES)
		((struct sl_archive_row *)row)->round = 0;
}

/* A message with its face instead of the face's key. */
static inline void stores_encode_message(const struct sl_message_row *row, struct sl_buf *value)
{
	struct sl_message_row copy = *row;
	memset(&copy.message.key, 0, sizeof(copy.message.key));
	memset(&copy.face, 1, sizeof(copy.face));
	copy.has_home = false;
	sl_row_encode(SL_TABLE_MESSAGES, SL_SPAN_NULL, &copy, value);
	sl_message_encode(value, &copy.message);
}

/* Several uses share a row, and how many is chance. */
static inline void stores_encode(enum sl_table table, void *row, struct sl_buf *value)
{
	struct sl_use_chunk chunk = { .uses = row, .n = 1 };
	if (table == SL_TABLE_MESSAGES) {
		stores_encode_message(row, value);
		return;
	}
	if (table == SL_TABLE_USES)
		memset(&chunk.uses->indicator, 1, sizeof(chunk.uses->indicator));
	sl_row_encode(table, SL_SPAN_NULL,
		table == SL_TABLE_USES ? (const void *)&chunk : (const void *)row, value);
}

static inline uint64_t stores_count_sightings(struct sl_view *view)
{
	struct sl_sighting_row row;
	uint64_t n = 0;
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_SIGHTINGS, SL_SPAN_NULL);
	while (sl_scan_next(scan, NULL, &row))
		n++;
	sl_scan_close(&scan);
	return n;
}

/* All rows as sorted lines, in the arena; equal for equal stores whatever their secrets. */
static inline struct sl_span stores_dump(struct sl_store *store, struct sl_arena *arena)
{
	_Alignas(16) char row[2048];
	struct sl_view *view;
	struct sl_span *lines = NULL;
	size_t n = 0, room = 0;
	struct sl_buf line = sl_buf_make(1 << 24), value = sl_buf_make(1 << 24);
	STORES_OK(sl_view_open(store, false, &view, &err));
	for (enum sl_table table = 0; table < SL_TABLES; table++) {
		struct sl_scan *scan = sl_scan_open(view, table, SL_SPAN_NULL);
		while (sl_scan_next(scan, arena, row)) {
			sl_buf_reset(&line);
			sl_buf_printf(&line, "%s ", sl_table_name(table));
			if (table != SL_TABLE_MESSAGES)
				stores_visible_key(view, table, row, &line);
			sl_buf_char(&line, ' ');
			stores_forget_rounds(table, row);
			stores_encode(table, row, &value);
			sl_buf_hex(&line, value.p, value.n);
			sl_buf_char(&line, '\n');
			*SL_ARENA_PUSH(arena, lines, n, room) =
				sl_arena_copy(arena, sl_buf_span(&line));
		}
		sl_scan_close(&scan);
	}
	assert_int_equal(sl_view_damage(view), 0);
	/* messages have their faces in their lines; here that there are no others */
	sl_buf_reset(&line);
	sl_buf_printf(&line, "faces %llu\n",
		(unsigned long long)sl_txn_table_size(view->txn, SL_TABLE_FACES).rows);
	*SL_ARENA_PUSH(arena, lines, n, room) = sl_arena_copy(arena, sl_buf_span(&line));
	sl_view_close(&view);
	if (n)
		qsort(lines, n, sizeof(*lines), stores_line_order);
	sl_buf_reset(&line);
	for (size_t i = 0; i < n; i++)
		sl_buf_add(&line, lines[i]);
	assert_false(line.overflow);
	struct sl_span all = sl_arena_copy(arena, sl_buf_span(&line));
	sl_buf_free(&line);
	sl_buf_free(&value);
	return all;
}

/* Lines of a check. */
struct stores_findings {
	size_t n;
	char last[512];
};

static inline void stores_say(void *arg, const char *line)
{
	struct stores_findings *findings = arg;
	findings->n++;
	snprintf(findings->last, sizeof(findings->last), "%s", line);
}

static inline void stores_must_be_sound(struct sl_store *store)
{
	struct stores_findings findings = { 0 };
	struct sl_err err = { .text = "" };
	enum sl_rc rc = sl_store_check(store, stores_say, &findings, &err);
	if (rc)
		fail_msg("check: %zu findings, last: %s %s", findings.n, findings.last, err.text);
}

/* A store that is open for writing, made and removed around each test. */
struct room {
	char path[128];
	struct sl_store *store;
	struct sl_arena *arena;
};

static inline int room_open(void **state)
{
	struct room *room = sl_calloc(1, sizeof(*room));
	stores_path(room->path);
	room->store = stores_open(room->path, SL_STORE_WRITE);
	room->arena = sl_arena_new(0);
	*state = room;
	return 0;
}

static inline int room_close(void **state)
{
	struct room *room = *state;
	sl_store_close(&room->store);
	stores_remove(room->path);
	sl_arena_free(&room->arena);
	free(room);
	return 0;
}

static inline void reopen(struct room *room, enum sl_store_mode mode)
{
	sl_store_close(&room->store);
	room->store = stores_open(room->path, mode);
}

static inline struct sl_origin origin_of(struct sl_arena *arena, unsigned archive, unsigned ordinal)
{
	return (struct sl_origin){ .archive = made_id(arena, "archive", archive),
		.entry = sl_arena_printf(arena, "box/%u.mbox", ordinal % 3),
		.ordinal = ordinal,
		.offset = ordinal * 100,
		.length = 99 };
}

static inline enum sl_seen put_number(struct room *room, unsigned number, unsigned archive,
	int64_t time, uint64_t night, bool *new_variant_r)
{
	struct sl_result result = made_result(room->arena, number, time);
	struct sl_origin origin = origin_of(room->arena, archive, number);
	enum sl_seen seen;
	result.inner = SL_SPAN_NULL;
	STORES_OK(put_result(room->store, night, &result, &origin, &seen, new_variant_r, &err));
	STORES_OK(sl_store_put_done(room->store, &origin.archive, number, &err));
	return seen;
}

#define ROOM_TEST(test) cmocka_unit_test_setup_teardown(test, room_open, room_close)

#endif
