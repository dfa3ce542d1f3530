/* SPDX-License-Identifier: Apache-2.0 */
#include "mill.h"

#include "storage/codec.h"

#include <stdlib.h>
#include <time.h>

static const struct sl_stage *const stages[] = {
	&sl_stage_header,
	&sl_stage_body,
	&sl_stage_text,
	&sl_stage_attachment,
	&sl_stage_url,
	&sl_stage_email,
	&sl_stage_ip,
	&sl_stage_host,
	&sl_stage_domain,
	&sl_stage_brand,
	&sl_stage_variant,
};
_Static_assert(SL_LEN(stages) <= SL_MILL_STAGES, "more stages than room");

/* A mail found inside another one. */
struct inner {
	struct inner *next;
	struct sl_span bytes, path;
	struct sl_id parent;
	uint32_t depth;
};

struct sl_mill {
	const struct sl_config *config;
	const struct sl_tables *tables;
	const struct sl_secret *secret;
	struct sl_arena *arena;       /* of the mail at work */
	struct sl_arena *inner_arena; /* mails found inside the message at work */
	struct inner *first, **last;
	size_t n_inner;
	struct sl_mail mail;
	void *threads[SL_LEN(stages)];
	uint64_t nanoseconds[SL_LEN(stages)];
};

struct sl_mill *sl_mill_new(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_secret *secret)
{
	struct sl_mill *mill = sl_calloc(1, sizeof(*mill));
	mill->config = config;
	mill->tables = tables;
	mill->secret = secret;
	mill->arena = sl_arena_new((size_t)4 << 20);
	mill->inner_arena = sl_arena_new(0);
	for (size_t i = 0; i < SL_LEN(stages); i++)
		if (stages[i]->thread_new)
			mill->threads[i] = stages[i]->thread_new(config, tables);
	return mill;
}

void sl_mill_free(struct sl_mill **mill_p)
{
	struct sl_mill *mill = *mill_p;
	if (!mill)
		return;
	for (size_t i = 0; i < SL_LEN(stages); i++)
		if (stages[i]->thread_free)
			stages[i]->thread_free(mill->threads[i]);
	sl_arena_free(&mill->arena);
	sl_arena_free(&mill->inner_arena);
	free(mill);
	*mill_p = NULL;
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void walk_stages(struct sl_mill *mill)
{
	uint64_t before = now_ns();
	for (size_t i = 0; i < SL_LEN(stages); i++) {
		stages[i]->process(mill->threads[i], &mill->mail);
		uint64_t after = now_ns();
		mill->nanoseconds[i] += after - before;
		before = after;
	}
	/* what the body earned belongs to every message that has it */
	mill->mail.message.flags |= mill->mail.content.flags;
	mill->mail.message.content = mill->mail.content.key;
}

static void begin(struct sl_mill *mill, struct sl_span raw)
{
	sl_arena_reset(mill->arena);
	sl_mail_begin(&mill->mail, mill->config, mill->tables, mill->secret, mill->arena, raw);
}

/* Copy the mails inside the mail at work out of its arena, which the next one will reset. */
static void keep_inner(struct sl_mill *mill, uint64_t ordinal, struct sl_span path)
{
	struct sl_mail *mail = &mill->mail;
	for (size_t i = 0; i < mail->n_parts; i++) {
		const struct sl_part *part = &mail->parts[i];
		if (!part->embedded_mail || part->decoded.n == 0)
			continue;
		if (mail->depth + 1 > SL_MILL_DEPTH ||
			mill->n_inner >= mill->config->limits.embedded) {
			sl_mail_flag_header(mail, SL_MSG_LIMIT_EMBEDDED);
			return;
		}
		struct inner *inner = sl_arena_zalloc(mill->inner_arena, sizeof(*inner));
		inner->bytes = sl_arena_copy(mill->inner_arena, part->decoded);
		inner->path = sl_arena_printf(mill->inner_arena, "%.*s!#%llu/%u", SL_ARG(path),
			(unsigned long long)ordinal, part->number);
		inner->parent = mail->message.id;
		inner->depth = mail->depth + 1;
		*mill->last = inner;
		mill->last = &inner->next;
		mill->n_inner++;
	}
}

static void put_result(struct sl_mill *mill, struct sl_batch *batch, uint32_t index,
	struct sl_span path, uint64_t length)
{
	struct sl_result result = { .index = index,
		.inner = path,
		.length = length,
		.time = mill->mail.time,
		.message = mill->mail.message,
		.content = mill->mail.content };
	sl_result_encode(&batch->results, &result);
}

static void mill_inner(struct sl_mill *mill, struct sl_batch *batch, uint32_t index)
{
	for (struct inner *inner = mill->first; inner; inner = inner->next) {
		begin(mill, inner->bytes);
		mill->mail.depth = inner->depth;
		walk_stages(mill);
		mill->mail.message.parent = inner->parent;
		mill->mail.message.sha256 = sl_sha256_of(inner->bytes);
		keep_inner(mill, 0, inner->path);
		put_result(mill, batch, index, inner->path, inner->bytes.n);
	}
}

void sl_mill_batch(struct sl_mill *mill, struct sl_batch *batch)
{
	for (uint32_t i = 0; i < batch->n; i++) {
		const struct sl_raw *raw = &batch->raws[i];
		sl_arena_reset(mill->inner_arena);
		mill->first = NULL;
		mill->last = &mill->first;
		mill->n_inner = 0;
		begin(mill, raw->bytes);
		mill->mail.from_time = raw->from_time;
		mill->mail.member_time = raw->member_time;
		if (raw->cut)
			sl_mail_flag_header(&mill->mail, SL_MSG_LIMIT_MESSAGE);
		walk_stages(mill);
		mill->mail.message.sha256 = sl_sha256_of(raw->bytes);
		keep_inner(mill, raw->ordinal, SL_SPAN_NULL);
		put_result(mill, batch, i, SL_SPAN_NULL, 0);
		mill_inner(mill, batch, i);
	}
	sl_assert(!batch->results.overflow);
}

const struct sl_mail *sl_mill_one(struct sl_mill *mill, struct sl_span raw, int64_t from_time)
{
	begin(mill, raw);
	mill->mail.from_time = from_time;
	walk_stages(mill);
	mill->mail.message.sha256 = sl_sha256_of(raw);
	return &mill->mail;
}

bool sl_mill_stage(const struct sl_mill *mill, size_t i, const char **name_r, double *seconds_r)
{
	if (i >= SL_LEN(stages))
		return false;
	*name_r = stages[i]->name;
	*seconds_r = (double)mill->nanoseconds[i] / 1e9;
	return true;
}
