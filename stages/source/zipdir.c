/* SPDX-License-Identifier: Apache-2.0 */
#include "zipdir.h"

#include <stdlib.h>

enum {
	END_SIZE = 22,
	LOCATOR_SIZE = 20,
	END64_SIZE = 56,
	RECORD_SIZE = 46,
	LOCAL_SIZE = 30,
	TAIL = 65535 + END_SIZE + LOCATOR_SIZE,
	BUFFER = 256 * 1024, /* holds the longest record */
	TOLERANCE = 2
};

#define NONE32 0xffffffffu
#define NONE16 0xffffu

static uint64_t number(const char *p, unsigned n)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < n; i++)
		value |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return value;
}

static bool has_signature(struct sl_infile *file, uint64_t at, struct sl_span signature)
{
	char bytes[4];
	return sl_span_eq(sl_infile_fill(file, at, bytes, sizeof(bytes)), signature);
}

/* The zip64 end record, by the locator in front of the end record. */
static void read_end64(
	struct sl_infile *file, uint64_t end_at, struct sl_zipdir *dir, uint64_t *offset)
{
	char locator[LOCATOR_SIZE], end[END64_SIZE];
	if (end_at < LOCATOR_SIZE)
		return;
	struct sl_span s = sl_infile_fill(file, end_at - LOCATOR_SIZE, locator, sizeof(locator));
	if (!sl_span_starts(s, SL_SPAN("PK\6\7")))
		return;
	s = sl_infile_fill(file, number(locator + 8, 8), end, sizeof(end));
	if (s.n < sizeof(end) || !sl_span_starts(s, SL_SPAN("PK\6\6")))
		return;
	dir->records = number(end + 32, 8);
	dir->size = number(end + 40, 8);
	*offset = number(end + 48, 8);
	dir->at = *offset;
}

/* `end`: an end record at `end_at`. */
static bool try_end(struct sl_infile *file, const char *end, uint64_t end_at, struct sl_zipdir *dir)
{
	uint64_t offset = number(end + 16, 4);
	dir->records = number(end + 10, 2);
	dir->size = number(end + 12, 4);
	if (dir->size > end_at)
		dir->size = NONE32;
	dir->at = dir->size == NONE32 ? 0 : end_at - dir->size;
	if (offset == NONE32 || dir->size == NONE32 || dir->records == NONE16)
		read_end64(file, end_at, dir, &offset);
	if (dir->size == NONE32 || dir->at < offset || dir->at + dir->size > end_at)
		return false;
	dir->base = dir->at - offset;
	return dir->records == 0 ? dir->size == 0 : has_signature(file, dir->at, SL_SPAN("PK\1\2"));
}

bool sl_zipdir_find(struct sl_infile *file, struct sl_zipdir *dir_r)
{
	*dir_r = (struct sl_zipdir){ 0 };
	if (file->size < END_SIZE)
		return false;
	size_t room = file->size < TAIL ? (size_t)file->size : TAIL;
	uint64_t from = file->size - room;
	char *tail = sl_malloc(room);
	struct sl_span s = sl_infile_fill(file, from, tail, room);
	bool found = false;
	for (size_t i = s.n >= END_SIZE ? s.n - END_SIZE + 1 : 0; i-- > 0 && !found;) {
		if (memcmp(s.p + i, "PK\5\6", 4) == 0)
			found = try_end(file, s.p + i, from + i, dir_r);
	}
	free(tail);
	return found && !sl_infile_failed(file);
}

struct range {
	uint64_t start, end;
};

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* Sizes and offsets that do not fit stand in the zip64 extra field, in this order. */
static void read_extra64(struct sl_span extra, bool skip_size, uint64_t *packed, uint64_t *offset)
{
	while (extra.n >= 4) {
		uint64_t id = number(extra.p, 2);
		struct sl_span field =
			sl_span_head(sl_span_from(extra, 4), (size_t)number(extra.p + 2, 2));
		extra = sl_span_from(extra, 4 + field.n);
		if (id != 1)
			continue;
		if (skip_size)
			field = sl_span_from(field, 8);
		if (*packed == NONE32 && field.n >= 8) {
			*packed = number(field.p, 8);
			field = sl_span_from(field, 8);
		}
		if (*offset == NONE32 && field.n >= 8)
			*offset = number(field.p, 8);
		return;
	}
}

/* Length of the directory record at the start of `s`, 0 when it is none or is cut. */
static size_t read_record(struct sl_span s, const struct sl_zipdir *dir, struct range *range_r)
{
	if (s.n < RECORD_SIZE || !sl_span_starts(s, SL_SPAN("PK\1\2")))
		return 0;
	size_t name = (size_t)number(s.p + 28, 2), extra = (size_t)number(s.p + 30, 2);
	size_t length = RECORD_SIZE + name + extra + (size_t)number(s.p + 32, 2);
	if (length > s.n)
		return 0;
	uint64_t packed = number(s.p + 20, 4), offset = number(s.p + 42, 4);
	read_extra64(sl_span_of(s.p + RECORD_SIZE + name, extra), number(s.p + 24, 4) == NONE32,
		&packed, &offset);
	range_r->start = dir->base + offset;
	if (__builtin_add_overflow(range_r->start, LOCAL_SIZE + name + packed, &range_r->end))
		range_r->end = UINT64_MAX;
	return length;
}

static size_t read_ranges(
	struct sl_infile *file, const struct sl_zipdir *dir, struct range *ranges, size_t room)
{
	char *buffer = sl_malloc(BUFFER);
	struct sl_span s = SL_SPAN_NULL;
	uint64_t at = dir->at;
	size_t n = 0;
	while (n < room && at < dir->at + dir->size) {
		size_t length = read_record(s, dir, &ranges[n]);
		if (length == 0) {
			s = sl_infile_fill(file, at, buffer, BUFFER);
			length = read_record(s, dir, &ranges[n]);
			if (length == 0)
				break;
		}
		s = sl_span_from(s, length);
		at += length;
		n++;
	}
	free(buffer);
	return n;
}

static bool overlap(struct range *ranges, size_t n)
{
	qsort(ranges, n, sizeof(*ranges), by_start);
	for (size_t i = 1; i < n; i++) {
		if (ranges[i - 1].end > ranges[i].start &&
			ranges[i - 1].end - ranges[i].start > TOLERANCE)
			return true;
	}
	return false;
}

bool sl_zipdir_overlaps(struct sl_infile *file, const struct sl_zipdir *dir)
{
	uint64_t possible = dir->size / RECORD_SIZE;
	if (possible < 2 || possible > SL_ZIPDIR_MAX)
		return false;
	size_t room = (size_t)possible;
	struct range *ranges = sl_calloc(room, sizeof(*ranges));
	size_t n = read_ranges(file, dir, ranges, room);
	sl_assert(n <= room);
	bool found = !sl_infile_failed(file) && overlap(ranges, n);
	free(ranges);
	return found;
}
