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

/* Most numbers of a record take one byte: lengths, enumerations, flags. */
static inline void write_u64(struct sl_buf *out, uint64_t value)
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
static uint64_t read_long_u64(struct sl_visit *v)
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

static inline uint64_t read_u64(struct sl_visit *v)
{
	if (v->in.n == 0 || (v->in.p[0] & (char)0x80))
		return read_long_u64(v);
	uint64_t value = (uint8_t)v->in.p[0];
	v->in.p++;
	v->in.n--;
	return value;
}

static inline struct sl_span read_bytes(struct sl_visit *v, uint64_t n)
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

/* Short texts are the rule: no call, and no loop over bytes. */
static bool is_ascii(struct sl_span s)
{
	uint64_t all = 0, eight = 0;
	size_t at = 0;
	for (; at + 8 <= s.n; at += 8) {
		memcpy(&eight, s.p + at, sizeof(eight));
		all |= eight;
	}
	for (; at < s.n; at++)
		all |= (uint8_t)s.p[at];
	return !(all & 0x8080808080808080u);
}

static void must_be_text(struct sl_visit *v, struct sl_span *text)
{
	if (is_ascii(*text) || sl_utf8_valid_prefix(*text) == text->n)
		return;
	sl_visit_refuse(v);
	*text = SL_SPAN_NULL;
}

void sl_visit_text(struct sl_visit *v, struct sl_span *text)
{
	sl_visit_span(v, text);
	if (v->reading)
		must_be_text(v, text);
}

/* ---- texts that are there already ---- */

enum { KNOWN_LEAST = 6 }; /* shorter ones are not worth a place */

void sl_visit_record(struct sl_visit *v, struct sl_visit_texts *texts)
{
	v->start = v->in.p;
	v->texts = texts;
	v->room = SL_VISIT_ROOM;
	if (v->reading)
		return;
	v->from = v->out->n;
	memset(texts, 0, sizeof(*texts));
}

/* A text of `n` bytes is about to stand for an earlier one. */
static bool take_room(struct sl_visit *v, uint64_t n)
{
	if (n > v->room)
		return false;
	v->room -= (size_t)n;
	return true;
}

static uint32_t *place_of(struct sl_visit_texts *texts, struct sl_span text)
{
	uint64_t last = 0;
	size_t n = text.n < sizeof(last) ? KNOWN_LEAST : sizeof(last);
	memcpy(&last, text.p + text.n - n, n);
	if (n > KNOWN_LEAST)
		last >>= 8 * (n - KNOWN_LEAST);
	return &texts->ends[(last * 0x9e3779b97f4a7c15u) >> 57];
}

/* Bytes from here back to where the text begins; 0: it is not known. */
static size_t way_back(struct sl_visit *v, struct sl_span text)
{
	_Static_assert(SL_VISIT_TEXTS == 1 << 7, "7 bits of a product");
	const uint32_t *end = place_of(v->texts, text);
	size_t here = v->out->n - v->from;
	if (*end >= text.n && memcmp(v->out->p + v->from + *end - text.n, text.p, text.n) == 0)
		return here - (*end - text.n);
	return 0;
}

static void write_known_text(struct sl_visit *v, struct sl_span text)
{
	size_t back = text.n >= KNOWN_LEAST ? way_back(v, text) : 0;
	if (back && !take_room(v, text.n))
		back = 0;
	write_u64(v->out, (uint64_t)text.n << 1 | (back > 0));
	if (back) {
		write_u64(v->out, back);
		return;
	}
	sl_buf_add(v->out, text);
	size_t end = v->out->n - v->from;
	if (text.n >= KNOWN_LEAST && !v->out->overflow && end <= UINT32_MAX)
		*place_of(v->texts, text) = (uint32_t)end;
}

/* `here` is where the text's length begins: a place is counted from there. */
static struct sl_span read_back(struct sl_visit *v, const char *here, uint64_t n)
{
	uint64_t back = read_u64(v), most = (uint64_t)(here - v->start);
	if (v->bad || back > most || n > back || !take_room(v, n)) {
		sl_visit_refuse(v);
		return SL_SPAN_NULL;
	}
	return sl_span_of(here - back, (size_t)n);
}

void sl_visit_known_text(struct sl_visit *v, struct sl_span *text)
{
	if (v->version < 2) {
		sl_visit_text(v, text);
		return;
	}
	if (!v->reading) {
		write_known_text(v, *text);
		return;
	}
	const char *here = v->in.p;
	uint64_t code = read_u64(v);
	*text = code & 1 ? read_back(v, here, code >> 1) : read_bytes(v, code >> 1);
	must_be_text(v, text);
}

/* Where `text` lies in `whole`, or -1. */
static ssize_t place_within(struct sl_span text, struct sl_span whole)
{
	if (text.n > whole.n || text.n == 0)
		return -1;
	return sl_span_find(whole, text, 0);
}

void sl_visit_text_within(struct sl_visit *v, struct sl_span *text, struct sl_span whole)
{
	if (v->version < 2) {
		sl_visit_text(v, text);
		return;
	}
	if (!v->reading) {
		ssize_t at = place_within(*text, whole);
		if (at >= 0 && !take_room(v, text->n))
			at = -1;
		write_u64(v->out, (uint64_t)text->n << 1 | (at >= 0));
		if (at >= 0)
			write_u64(v->out, (uint64_t)at);
		else
			sl_buf_add(v->out, *text);
		return;
	}
	uint64_t code = read_u64(v);
	if (code & 1) {
		uint64_t at = read_u64(v), n = code >> 1;
		if (at > whole.n || n > whole.n - at || !take_room(v, n))
			sl_visit_refuse(v);
		*text = v->bad ? SL_SPAN_NULL : sl_span_of(whole.p + at, (size_t)n);
	} else {
		*text = read_bytes(v, code >> 1);
	}
	must_be_text(v, text);
}

void sl_visit_text_ending(struct sl_visit *v, struct sl_span *text, struct sl_span whole)
{
	if (v->version < 2) {
		sl_visit_text(v, text);
		return;
	}
	bool ends = !v->reading && text->n && sl_span_ends(whole, *text) && take_room(v, text->n);
	if (!v->reading) {
		write_u64(v->out, (uint64_t)text->n << 1 | ends);
		if (!ends)
			sl_buf_add(v->out, *text);
		return;
	}
	uint64_t code = read_u64(v), n = code >> 1;
	if ((code & 1) && (n > whole.n || !take_room(v, n)))
		sl_visit_refuse(v);
	if (v->bad)
		*text = SL_SPAN_NULL;
	else
		*text = code & 1 ? sl_span_from(whole, whole.n - (size_t)n) : read_bytes(v, n);
	must_be_text(v, text);
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

void sl_visit_id_item(struct sl_visit *v, void *id)
{
	sl_visit_id(v, id);
}

void sl_visit_sketch(struct sl_visit *v, uint16_t sketch[SL_TAG_SKETCH])
{
	uint8_t pairs[2 * SL_TAG_SKETCH];
	uint16_t any = 0;
	for (size_t i = 0; i < SL_TAG_SKETCH; i++) {
		any |= sketch[i];
		pairs[2 * i] = (uint8_t)(sketch[i] >> 8);
		pairs[2 * i + 1] = (uint8_t)sketch[i];
	}
	bool filled = any != 0;
	sl_visit_bool(v, &filled);
	if (!filled)
		return;
	sl_visit_bytes(v, pairs, sizeof(pairs));
	any = 0;
	for (size_t i = 0; i < SL_TAG_SKETCH; i++)
		any |= sketch[i] = (uint16_t)(pairs[2 * i] << 8 | pairs[2 * i + 1]);
	if (!any)
		sl_visit_refuse(v);
}
