/* SPDX-License-Identifier: Apache-2.0 */
#include "visit.h"

#include "pipeline/base/utf8.h"

enum { ITEM_MAX = 256 };

struct sl_visit sl_visit_writer(struct sl_buf *out)
{
	return (struct sl_visit){ .out = out };
}

struct sl_visit sl_visit_reader(struct sl_span in, struct sl_arena *arena)
{
	return (struct sl_visit){ .reading = true, .in = in, .arena = arena };
}

bool sl_visit_ended(const struct sl_visit *v)
{
	sl_assert(v->reading);
	return !v->bad && v->in.n == 0;
}

void sl_visit_refuse(struct sl_visit *v)
{
	v->bad = true;
	v->in = SL_SPAN_NULL;
}

static void write_u64(struct sl_buf *out, uint64_t value)
{
	char *to = sl_buf_reserve(out, 10);
	size_t n = 0;
	if (!to)
		return;
	while (value >= 0x80) {
		to[n++] = (char)(value | 0x80);
		value >>= 7;
	}
	to[n++] = (char)value;
	sl_buf_filled(out, n);
}

/* Only the shortest form: a record has one encoding, so equal records are equal bytes. */
static uint64_t read_u64(struct sl_visit *v)
{
	uint64_t value = 0;
	for (unsigned at = 0; at < 10 && at < v->in.n; at++) {
		uint64_t byte = (uint8_t)v->in.p[at];
		value |= (byte & 0x7f) << (7 * at);
		if (byte >= 0x80)
			continue;
		if ((byte == 0 && at > 0) || (at == 9 && byte > 1))
			break;
		v->in = sl_span_from(v->in, at + 1);
		return value;
	}
	sl_visit_refuse(v);
	return 0;
}

static struct sl_span read_bytes(struct sl_visit *v, uint64_t n)
{
	if (n > v->in.n) {
		sl_visit_refuse(v);
		return SL_SPAN_NULL;
	}
	struct sl_span bytes = sl_span_head(v->in, (size_t)n);
	v->in = sl_span_from(v->in, (size_t)n);
	return bytes;
}

void sl_visit_u64(struct sl_visit *v, uint64_t *value)
{
	if (v->reading)
		*value = read_u64(v);
	else
		write_u64(v->out, *value);
}

uint64_t sl_visit_max(struct sl_visit *v, uint64_t value, uint64_t max)
{
	sl_assert(v->reading || value <= max);
	sl_visit_u64(v, &value);
	if (value > max) {
		sl_visit_refuse(v);
		return 0;
	}
	return value;
}

void sl_visit_u32(struct sl_visit *v, uint32_t *value)
{
	*value = (uint32_t)sl_visit_max(v, *value, UINT32_MAX);
}

/* Zigzag plus one: INT64_MIN, which is SL_TIME_NONE, wraps to zero. */
void sl_visit_time(struct sl_visit *v, int64_t *time)
{
	uint64_t u = (uint64_t)*time;
	uint64_t code = ((u << 1) ^ (*time < 0 ? UINT64_MAX : 0)) + 1;
	sl_visit_u64(v, &code);
	if (!v->reading)
		return;
	code--;
	u = (code >> 1) ^ (code & 1 ? UINT64_MAX : 0);
	memcpy(time, &u, sizeof(u));
}

void sl_visit_bool(struct sl_visit *v, bool *value)
{
	*value = sl_visit_max(v, *value, 1) != 0;
}

void sl_visit_bytes(struct sl_visit *v, void *bytes, size_t n)
{
	if (!v->reading) {
		sl_buf_add(v->out, sl_span_of(bytes, n));
		return;
	}
	struct sl_span from = read_bytes(v, n);
	if (from.n == n && n)
		memcpy(bytes, from.p, n);
	else
		memset(bytes, 0, n);
}

void sl_visit_id(struct sl_visit *v, struct sl_id *id)
{
	sl_visit_bytes(v, id->b, sizeof(id->b));
}

void sl_visit_span(struct sl_visit *v, struct sl_span *span)
{
	if (v->reading) {
		*span = read_bytes(v, read_u64(v));
	} else {
		write_u64(v->out, span->n);
		sl_buf_add(v->out, *span);
	}
}

void sl_visit_text(struct sl_visit *v, struct sl_span *text)
{
	sl_visit_span(v, text);
	if (v->reading && sl_utf8_valid_prefix(*text) != text->n) {
		sl_visit_refuse(v);
		*text = SL_SPAN_NULL;
	}
}

static void *read_array(struct sl_visit *v, size_t *n, size_t item_size, size_t min,
	void (*item)(struct sl_visit *v, void *item))
{
	uint64_t count = read_u64(v);
	*n = 0;
	if (count > v->in.n / min)
		sl_visit_refuse(v);
	if (v->bad || count == 0)
		return NULL;
	sl_assert(v->arena);
	char *items = sl_arena_zalloc(v->arena, (size_t)count * item_size);
	for (uint64_t i = 0; i < count && !v->bad; i++)
		item(v, items + i * item_size);
	if (v->bad)
		return NULL;
	*n = (size_t)count;
	return items;
}

void *sl_visit_array(struct sl_visit *v, void *items, size_t *n, size_t item_size, size_t min,
	void (*item)(struct sl_visit *v, void *item))
{
	sl_assert(min > 0 && item_size > 0 && item_size <= ITEM_MAX);
	if (v->reading)
		return read_array(v, n, item_size, min, item);
	_Alignas(16) char copy[ITEM_MAX];
	write_u64(v->out, *n);
	for (size_t i = 0; i < *n; i++) {
		memcpy(copy, (char *)items + i * item_size, item_size);
		item(v, copy);
	}
	return items;
}

void sl_visit_span_item(struct sl_visit *v, void *span)
{
	sl_visit_span(v, span);
}

void sl_visit_text_item(struct sl_visit *v, void *text)
{
	sl_visit_text(v, text);
}

void sl_visit_id_item(struct sl_visit *v, void *id)
{
	sl_visit_id(v, id);
}
