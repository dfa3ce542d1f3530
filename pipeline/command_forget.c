/* SPDX-License-Identifier: Apache-2.0 */
/* command_forget.c - take an archive or a night out of the store again. */
#include "commands.h"
#include "phase.h"
#include "storage/store.h"

#include <stdio.h>

enum { KEY_DIGITS = 32, DAY = 86400, LISTED_MAX = 20 };

/* What the operand may mean. */
struct target {
	struct sl_span word;
	struct sl_id key; /* the word as a key, when has_key */
	bool has_key;
	int64_t time; /* the word as a time, when has_time; a day when it has no hours */
	bool has_time, is_day;
	uint64_t serial; /* the word as a number, or 0 */
	/* what was found */
	struct sl_id archive;
	uint64_t night;
	size_t n_archives, n_nights;
	struct sl_buf list; /* owned; lines that tell them apart */
};

static bool parse_key(struct sl_span word, struct sl_id *key_r)
{
	if (word.n != KEY_DIGITS)
		return false;
	for (size_t i = 0; i < KEY_DIGITS; i += 2) {
		int high = sl_hex_value(word.p[i]), low = sl_hex_value(word.p[i + 1]);
		if (high < 0 || low < 0)
			return false;
		key_r->b[i / 2] = (uint8_t)(high * 16 + low);
	}
	return true;
}

static struct target target_make(const char *operand)
{
	struct target t = { .word = sl_span_str(operand), .list = sl_buf_make(1 << 16) };
	t.has_key = parse_key(t.word, &t.key);
	t.has_time = sl_time_parse(t.word, &t.time);
	t.is_day = t.has_time && t.word.n == sizeof("2026-12-01") - 1;
	if (!sl_span_u64(t.word, &t.serial))
		t.serial = 0;
	return t;
}

static void list_line(struct target *t, size_t n, const char *what)
{
	if (n <= LISTED_MAX)
		sl_buf_printf(&t->list, "%s%s", n == 1 ? "" : ", ", what);
}

/* By its key, or by any name that its bytes came under. */
static bool names_archive(const struct target *t, const struct sl_archive_row *row)
{
	if (t->has_key && sl_id_eq(&row->key, &t->key))
		return true;
	for (size_t i = 0; i < row->n_names; i++)
		if (sl_span_eq(row->names[i], t->word))
			return true;
	return sl_span_eq(row->name, t->word);
}

static void find_archives(struct target *t, struct sl_view *view)
{
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_ARCHIVES, SL_SPAN_NULL);
	struct sl_archive_row row;
	while (sl_scan_next(scan, arena, &row)) {
		if (names_archive(t, &row)) {
			struct sl_buf hex = sl_buf_make(64);
			sl_buf_hex(&hex, row.key.b, sizeof(row.key.b));
			t->archive = row.key;
			list_line(t, ++t->n_archives, hex.p);
			sl_buf_free(&hex);
		}
		sl_arena_reset(arena);
	}
	sl_scan_close(&scan);
	sl_arena_free(&arena);
}

static bool names_night(const struct target *t, const struct sl_night_row *row)
{
	if (t->serial)
		return row->serial == t->serial;
	if (!t->has_time)
		return false;
	return row->as_of >= t->time && row->as_of < t->time + (t->is_day ? DAY : 1);
}

static void find_nights(struct target *t, struct sl_view *view)
{
	struct sl_scan *scan = sl_scan_open(view, SL_TABLE_NIGHTS, SL_SPAN_NULL);
	struct sl_night_row row;
	char text[32];
	while (sl_scan_next(scan, NULL, &row)) {
		if (!names_night(t, &row))
			continue;
		t->night = row.serial;
		snprintf(text, sizeof(text), "%llu", (unsigned long long)row.serial);
		list_line(t, ++t->n_nights, text);
	}
	sl_scan_close(&scan);
}

static enum sl_rc not_one(
	const struct target *t, const struct sl_config *config, struct sl_err *err)
{
	struct sl_buf word = sl_buf_make(1 << 16);
	sl_buf_escaped(&word, t->word, 300);
	const char *name = word.p ? word.p : "";
	if (t->n_archives + t->n_nights == 0)
		sl_err_set(err, SL_EXIT_NOINPUT, "no archive and no night \"%s\" in %s", name,
			config->store);
	else if (t->n_archives == 0)
		sl_err_set(err, SL_EXIT_USAGE, "%zu nights are of %s, give a serial: %s",
			t->n_nights, name, t->list.p);
	else if (t->n_nights == 0)
		sl_err_set(err, SL_EXIT_USAGE, "%zu archives have the name %s, give a key: %s",
			t->n_archives, name, t->list.p);
	else
		sl_err_set(err, SL_EXIT_USAGE,
			"%s is an archive and a night; give the archive's key, or the night by its "
			"time: %s",
			name, t->list.p);
	sl_buf_free(&word);
	return SL_FATAL;
}

static enum sl_rc find(struct target *t, const struct sl_config *config, struct sl_store *store,
	struct sl_err *err)
{
	struct sl_view *view;
	if (sl_view_open(store, false, &view, err) != SL_OK)
		return SL_FATAL;
	find_archives(t, view);
	find_nights(t, view);
	sl_view_close(&view);
	return t->n_archives + t->n_nights == 1 ? SL_OK : not_one(t, config, err);
}

/* One transaction, with the campaigns that have to be made again. */
static enum sl_rc take_out(const struct target *t, const struct sl_config *config,
	const struct sl_tables *tables, struct sl_store *store, struct sl_forgotten *f_r,
	struct sl_err *err)
{
	sl_store_hold(store);
	if (sl_store_begin(store, err) != SL_OK)
		return SL_FATAL;
	enum sl_rc rc = t->n_nights ? sl_store_forget_night(store, t->night, f_r, err)
				    : sl_store_forget_archive(store, &t->archive, f_r, err);
	sl_assert(rc != SL_END);
	if (rc == SL_OK && f_r->unassigned)
		rc = sl_campaigns_run(store, f_r->unassigned, config, tables, err);
	if (rc == SL_OK)
		return sl_store_release(store, err);
	sl_store_abort(store);
	return rc;
}

static void tell(const struct target *t, const struct sl_forgotten *f)
{
	struct sl_buf line = sl_buf_make(1 << 16);
	if (t->n_nights)
		sl_buf_printf(&line, "night %llu", (unsigned long long)t->night);
	else
		sl_buf_escaped(&line, t->word, 300);
	printf("forgot %s: %llu archives, %llu messages, %llu sightings, %llu rejects, "
	       "%llu campaigns\n",
		line.p, (unsigned long long)f->archives, (unsigned long long)f->messages,
		(unsigned long long)f->sightings, (unsigned long long)f->rejects,
		(unsigned long long)f->campaigns);
	sl_buf_free(&line);
}

/* Opening for writing would make a store; there must be one. */
static enum sl_rc must_exist(const struct sl_config *config, struct sl_err *err)
{
	struct sl_store *store;
	if (sl_store_open(config->store, SL_STORE_READ, &store, err) != SL_OK)
		return SL_FATAL;
	sl_store_close(&store);
	return SL_OK;
}

static int forget(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_strings *operands, struct sl_log *log)
{
	struct sl_err err;
	struct sl_store *store = NULL;
	struct sl_forgotten forgotten;
	struct target t = target_make(operands->items[0]);
	enum sl_rc rc = must_exist(config, &err);
	if (rc == SL_OK)
		rc = sl_store_open(config->store, SL_STORE_WRITE, &store, &err);
	if (rc == SL_OK)
		rc = find(&t, config, store, &err);
	if (rc == SL_OK)
		rc = take_out(&t, config, tables, store, &forgotten, &err);
	sl_store_close(&store);
	if (rc == SL_OK)
		tell(&t, &forgotten);
	sl_buf_free(&t.list);
	return rc == SL_OK ? SL_EXIT_CLEAN : sl_log_failure(log, &err);
}

const struct sl_command sl_command_forget = {
	.name = "forget",
	.operands = "ARCHIVE|NIGHT",
	.help = "take an archive or a night out of the store again",
	.more = "\nARCHIVE is a name as it is printed, or the key that is told when several "
		"archives "
		"have\nthat name. NIGHT is a serial, or the night's --as-of when one night has it. "
		"The "
		"feeds\nstay as they are until the next run, or spamloom feed.\n",
	.least = 1,
	.most = 1,
	.run = forget,
};
