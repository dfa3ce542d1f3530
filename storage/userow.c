/* SPDX-License-Identifier: Apache-2.0 */
#include "userow.h"

#include "derive.h"

static void visit_use_head(struct sl_visit *v, struct sl_use_row *u)
{
	u->roles = (uint32_t)sl_visit_max(v, u->roles, SL_BIT(SL_ROLES) - 1);
	u->views = (uint32_t)sl_visit_max(v, u->views, SL_BIT(SL_VIEWS) - 1);
	sl_visit_u64(v, &u->messages);
}

/* A row of schema 2: one use, whose indicator is in the key. Its roles are not none, so it does not
 * begin with a zero. */
static void visit_single_use(struct sl_visit *v, struct sl_use_chunk *c)
{
	c->uses = sl_arena_zalloc(v->arena, sizeof(*c->uses));
	c->n = 1;
	visit_use_head(v, c->uses);
	sl_visit_time(v, &c->uses->first);
	sl_visit_time(v, &c->uses->last);
}

/* The earliest time of all: the others are counted from it. */
static int64_t base_of(const struct sl_use_chunk *c)
{
	int64_t base = SL_TIME_NONE;
	for (size_t i = 0; i < c->n; i++)
		base = sl_time_first(base, c->uses[i].first);
	return base;
}

/* Zero is no time; one is the base. */
static int64_t time_of_code(struct sl_visit *v, uint64_t code, int64_t base)
{
	uint64_t sum = (uint64_t)base + code - 1;
	int64_t time = SL_TIME_NONE;
	if (code == 0)
		return SL_TIME_NONE;
	memcpy(&time, &sum, sizeof(time));
	if (time == SL_TIME_NONE || time < base)
		sl_visit_refuse(v);
	return time;
}

static void write_use_time(struct sl_visit *v, int64_t time, int64_t base)
{
	uint64_t code = time == SL_TIME_NONE ? 0 : (uint64_t)time - (uint64_t)base + 1;
	sl_visit_u64(v, &code);
}

static void write_chunked_use(struct sl_visit *v, struct sl_use_row *u, int64_t base)
{
	sl_visit_id(v, &u->indicator);
	visit_use_head(v, u);
	write_use_time(v, u->first, base);
	write_use_time(v, u->last, base);
}

/* Numbers of uses are small. */
static inline uint64_t take_u64(struct sl_visit *v)
{
	const unsigned char *p = (const unsigned char *)v->in.p;
	uint64_t value;
	size_t n = 0;
	if (v->in.n > 1 && p[0] < 0x80)
		n = 1;
	else if (v->in.n > 2 && p[1] < 0x80 && p[1])
		n = 2;
	if (n == 0) {
		sl_visit_u64(v, &value);
		return value;
	}
	value = n == 1 ? p[0] : (uint64_t)(p[0] & 0x7f) | (uint64_t)p[1] << 7;
	v->in.p += n;
	v->in.n -= n;
	return value;
}

/* Feeds and campaigns go over all uses: no general visit. */
static void read_chunked_use(struct sl_visit *v, struct sl_use_row *u, int64_t base)
{
	sl_visit_id(v, &u->indicator);
	uint64_t roles = take_u64(v), views = take_u64(v);
	u->messages = take_u64(v);
	u->first = time_of_code(v, take_u64(v), base);
	u->last = time_of_code(v, take_u64(v), base);
	if (roles >= SL_BIT(SL_ROLES) || views >= SL_BIT(SL_VIEWS))
		sl_visit_refuse(v);
	u->roles = (uint32_t)roles;
	u->views = (uint32_t)views;
}

void sl_visit_uses(struct sl_visit *v, void *row)
{
	enum { USE_MIN = sizeof(struct sl_id) + 5 };
	struct sl_use_chunk *c = row;
	uint64_t n = c->n;
	if (v->reading && v->in.n && v->in.p[0] != 0) {
		visit_single_use(v, c);
		return;
	}
	uint64_t mark = sl_visit_max(v, 0, 0);
	int64_t base = v->reading ? SL_TIME_NONE : base_of(c);
	(void)mark;
	sl_visit_time(v, &base);
	sl_visit_u64(v, &n);
	if (v->reading && (n == 0 || n > v->in.n / USE_MIN))
		sl_visit_refuse(v);
	if (v->bad)
		return;
	if (v->reading)
		c->uses = sl_arena_zalloc(v->arena, (size_t)n * sizeof(*c->uses));
	c->n = (size_t)n;
	for (size_t i = 0; i < c->n && !v->bad; i++) {
		struct sl_use_row use = c->uses[i];
		if (v->reading)
			read_chunked_use(v, &c->uses[i], base);
		else
			write_chunked_use(v, &use, base);
	}
}

/* Indicators rise, from the bound on. */
bool sl_key_uses(struct sl_span key, void *row)
{
	struct sl_use_chunk *c = row;
	if (!sl_key_take_id(&key, &c->variant) || !sl_key_take_id(&key, &c->from) || key.n)
		return false;
	if (c->n == 1 && sl_id_is_zero(&c->uses[0].indicator))
		c->uses[0].indicator = c->from;
	for (size_t i = 0; i < c->n; i++) {
		const struct sl_id *before = i ? &c->uses[i - 1].indicator : &c->from;
		int order = sl_id_cmp(before, &c->uses[i].indicator);
		if (order > 0 || (order == 0 && i))
			return false;
		c->uses[i].variant = c->variant;
	}
	return c->n > 0;
}
