/* SPDX-License-Identifier: Apache-2.0 */
#include "mmdb_check.h"

#include <stdlib.h>

enum {
	TYPE_POINTER = 1,
	TYPE_TEXT = 2,
	TYPE_DOUBLE = 3,
	TYPE_BYTES = 4,
	TYPE_UINT16 = 5,
	TYPE_UINT32 = 6,
	TYPE_MAP = 7,
	TYPE_INT32 = 8,
	TYPE_UINT64 = 9,
	TYPE_UINT128 = 10,
	TYPE_ARRAY = 11,
	TYPE_BOOL = 14,
	TYPE_FLOAT = 15
};

enum { MARKER_REACH = 128 * 1024, SEPARATOR = 16 };

/* The control bytes of one value. */
struct control {
	unsigned type;
	uint64_t size;   /* payload bytes, or items of a map or array */
	size_t next;     /* behind the control bytes, or behind a pointer */
	uint64_t target; /* of a pointer */
};

static uint64_t big_endian(const unsigned char *p, size_t n)
{
	uint64_t value = 0;
	for (size_t i = 0; i < n; i++)
		value = value << 8 | p[i];
	return value;
}

static bool read_pointer(struct sl_span data, size_t at, unsigned first, struct control *c)
{
	static const uint64_t base[4] = { 0, 2048, 526336, 0 };
	size_t width = (first >> 3 & 3) + 1;
	if (data.n - at < width)
		return false;
	uint64_t value = big_endian((const unsigned char *)data.p + at, width);
	if (width < 4)
		value |= (uint64_t)(first & 7) << (8 * width);
	c->target = value + base[width - 1];
	c->next = at + width;
	return true;
}

static bool read_size(struct sl_span data, size_t at, unsigned first, struct control *c)
{
	static const uint64_t base[3] = { 29, 285, 65821 };
	unsigned size = first & 31;
	size_t width = size < 29 ? 0 : size - 28;
	if (data.n - at < width)
		return false;
	c->size = width ? base[width - 1] + big_endian((const unsigned char *)data.p + at, width)
			: size;
	c->next = at + width;
	return true;
}

static bool read_control(struct sl_span data, size_t at, struct control *c)
{
	if (at >= data.n)
		return false;
	unsigned first = (unsigned char)data.p[at++];
	c->type = first >> 5;
	if (c->type == TYPE_POINTER)
		return read_pointer(data, at, first, c);
	if (c->type == 0) {
		if (at >= data.n)
			return false;
		c->type = 7 + (unsigned)(unsigned char)data.p[at++];
		if (c->type == 7)
			return false;
	}
	return read_size(data, at, first, c);
}

static bool scalar_is_sound(const struct control *c)
{
	switch (c->type) {
	case TYPE_TEXT:
	case TYPE_BYTES:
		return true;
	case TYPE_DOUBLE:
		return c->size == 8;
	case TYPE_UINT16:
		return c->size <= 2;
	case TYPE_UINT32:
	case TYPE_INT32:
		return c->size <= 4;
	case TYPE_UINT64:
		return c->size <= 8;
	case TYPE_UINT128:
		return c->size <= 16;
	case TYPE_BOOL:
		return c->size <= 1;
	case TYPE_FLOAT:
		return c->size == 4;
	default:
		return false;
	}
}

struct walk {
	struct sl_span data;
	uint8_t *seen; /* bit per offset of a value that was begun; shared by all walks */
	struct {
		uint64_t left; /* values to come in this map or array */
		bool map;
		size_t back; /* where to go on once it is done, if reached over a pointer */
		bool jumped;
	} levels[SL_MMDB_DEPTH];
	unsigned depth;
};

static bool first_visit(struct walk *w, size_t at)
{
	uint8_t bit = (uint8_t)(1u << (at & 7));
	bool fresh = !(w->seen[at >> 3] & bit);
	w->seen[at >> 3] |= bit;
	return fresh;
}

static bool push(struct walk *w, const struct control *c, size_t back, bool jumped)
{
	/* every item has at least one byte, so a count beyond the bytes left is a lie */
	if (w->depth == SL_MMDB_DEPTH || c->size > w->data.n - c->next)
		return false;
	bool map = c->type == TYPE_MAP;
	w->levels[w->depth].left = map ? c->size * 2 : c->size;
	w->levels[w->depth].map = map;
	w->levels[w->depth].back = back;
	w->levels[w->depth].jumped = jumped;
	w->depth++;
	return true;
}

/* Is a map key due? Then the value must be a text. */
static bool key_is_due(const struct walk *w)
{
	return w->depth && w->levels[w->depth - 1].map && w->levels[w->depth - 1].left % 2 == 1;
}

/* One value at *at; moves *at behind it, or to its first item. */
static bool step(struct walk *w, size_t *at)
{
	struct control c;
	size_t back = 0;
	bool jumped = false, key = key_is_due(w);
	if (!read_control(w->data, *at, &c))
		return false;
	if (c.type == TYPE_POINTER) {
		back = c.next;
		jumped = true;
		if (c.target >= w->data.n)
			return false;
		size_t target = (size_t)c.target;
		if (!read_control(w->data, target, &c) || c.type == TYPE_POINTER)
			return false;
		if (!key && !first_visit(w, target)) {
			*at = back;
			return true;
		}
	}
	if (key && c.type != TYPE_TEXT)
		return false;
	if (c.type == TYPE_MAP || c.type == TYPE_ARRAY) {
		*at = c.next;
		return push(w, &c, back, jumped);
	}
	if (!scalar_is_sound(&c) || (c.type != TYPE_BOOL && c.size > w->data.n - c.next))
		return false;
	*at = jumped ? back : c.next + (c.type == TYPE_BOOL ? 0 : (size_t)c.size);
	return true;
}

/* The value at *at and all below it; moves *at behind it. */
static bool walk_value(struct walk *w, size_t *at)
{
	w->depth = 0;
	if (!step(w, at))
		return false;
	while (w->depth) {
		if (w->levels[w->depth - 1].left == 0) {
			w->depth--;
			if (w->levels[w->depth].jumped)
				*at = w->levels[w->depth].back;
			continue;
		}
		w->levels[w->depth - 1].left--;
		if (!step(w, at))
			return false;
	}
	return true;
}

/* A value reached before is not walked again: that makes the whole linear, and ends loops of
 * pointers. */
static bool value_is_sound(struct walk *w, size_t at)
{
	return at < w->data.n && (!first_visit(w, at) || walk_value(w, &at));
}

/* The control bytes of the value at `at`, a pointer followed. */
static bool follow(struct sl_span data, size_t at, struct control *c)
{
	if (!read_control(data, at, c))
		return false;
	return c->type != TYPE_POINTER ||
	       (c->target < data.n && read_control(data, (size_t)c->target, c));
}

static bool is_named(struct sl_span data, const struct control *key, struct sl_span name)
{
	return key->type == TYPE_TEXT && key->size <= data.n - key->next &&
	       sl_span_eq(sl_span_of(data.p + key->next, (size_t)key->size), name);
}

static bool number_at(struct sl_span data, size_t at, uint64_t *value_r)
{
	struct control c;
	if (!follow(data, at, &c) || c.size > 8 || c.size > data.n - c.next)
		return false;
	if (c.type != TYPE_UINT16 && c.type != TYPE_UINT32 && c.type != TYPE_UINT64)
		return false;
	*value_r = big_endian((const unsigned char *)data.p + c.next, (size_t)c.size);
	return true;
}

/* A number of the metadata map. Its values are walked on the way. */
static bool metadata_number(struct walk *w, const char *name, uint64_t *value_r)
{
	struct control map, key;
	if (!read_control(w->data, 0, &map) || map.type != TYPE_MAP)
		return false;
	size_t at = map.next;
	for (uint64_t i = 0; i < map.size; i++) {
		if (!follow(w->data, at, &key) || !walk_value(w, &at))
			return false;
		if (is_named(w->data, &key, sl_span_str(name)))
			return number_at(w->data, at, value_r);
		if (!walk_value(w, &at))
			return false;
	}
	return false;
}

static bool find_metadata(struct sl_span file, struct sl_span *meta_r, size_t *marker_r)
{
	static const char marker[] = "\xab\xcd\xefMaxMind.com";
	struct sl_span m = SL_SPAN(marker);
	size_t from = file.n > MARKER_REACH ? file.n - MARKER_REACH : 0;
	ssize_t at, last = -1;
	while ((at = sl_span_find(file, m, from)) >= 0) {
		last = at;
		from = (size_t)at + 1;
	}
	if (last < 0)
		return false;
	*meta_r = sl_span_from(file, (size_t)last + m.n);
	*marker_r = (size_t)last;
	return true;
}

static const char *check_metadata(struct sl_span file, struct sl_mmdb_shape *shape)
{
	struct sl_span meta;
	size_t marker;
	if (!find_metadata(file, &meta, &marker))
		return "no MaxMind DB (its marker is missing)";
	struct walk w = { .data = meta };
	w.seen = sl_calloc(meta.n / 8 + 1, 1);
	uint64_t nodes = 0, bits = 0, version = 0;
	bool sound = value_is_sound(&w, 0) && metadata_number(&w, "node_count", &nodes) &&
		     metadata_number(&w, "record_size", &bits) &&
		     metadata_number(&w, "ip_version", &version);
	free(w.seen);
	if (!sound)
		return "metadata damaged";
	if ((bits != 24 && bits != 28 && bits != 32) || (version != 4 && version != 6))
		return "metadata names an unknown layout";
	if (nodes == 0 || nodes > marker / (bits / 4) || marker - nodes * (bits / 4) < SEPARATOR)
		return "search tree cut";
	shape->node_count = (uint32_t)nodes;
	shape->record_bits = (uint32_t)bits;
	shape->ip_version = (uint32_t)version;
	size_t tree = (size_t)nodes * (bits / 4);
	shape->tree = sl_span_head(file, tree);
	shape->data = sl_span_of(file.p + tree + SEPARATOR, marker - tree - SEPARATOR);
	return NULL;
}

static uint32_t record_of(const struct sl_mmdb_shape *shape, uint32_t node, unsigned side)
{
	size_t width = shape->record_bits / 4;
	const unsigned char *p = (const unsigned char *)shape->tree.p + (size_t)node * width;
	if (shape->record_bits == 24)
		return (uint32_t)big_endian(p + side * 3, 3);
	if (shape->record_bits == 32)
		return (uint32_t)big_endian(p + side * 4, 4);
	uint32_t high = side ? p[3] & 15u : p[3] >> 4;
	return high << 24 | (uint32_t)big_endian(p + side * 4, 3);
}

static bool record_is_sound(const struct sl_mmdb_shape *shape, struct walk *w, uint32_t record)
{
	if (record <= shape->node_count)
		return true;
	if (record - shape->node_count < SEPARATOR)
		return false;
	return value_is_sound(w, record - shape->node_count - SEPARATOR);
}

const char *sl_mmdb_check(struct sl_span file, struct sl_mmdb_shape *shape_r)
{
	const char *wrong = check_metadata(file, shape_r);
	if (wrong)
		return wrong;
	struct walk w = { .data = shape_r->data };
	w.seen = sl_calloc(w.data.n / 8 + 1, 1);
	for (uint32_t node = 0; node < shape_r->node_count && !wrong; node++) {
		if (!record_is_sound(shape_r, &w, record_of(shape_r, node, 0)) ||
			!record_is_sound(shape_r, &w, record_of(shape_r, node, 1)))
			wrong = "search tree or data damaged";
	}
	free(w.seen);
	return wrong;
}
