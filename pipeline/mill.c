/* SPDX-License-Identifier: Apache-2.0 */
#include "mill.h"

#include "contents.h"
#include "exemplars.h"
#include "memo.h"
#include "mock.h"
#include "pipeline/base/utf8.h"
#include "storage/codec.h"

#include <stdlib.h>
#include <time.h>

static const struct sl_stage *const stages[] = {
	&sl_stage_screen,
	&sl_stage_header,
	&sl_stage_key,
	&sl_stage_body,
	&sl_stage_bytes,
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

/* Why results never pass SL_RESULTS_FLOOR + SL_RESULTS_FACTOR x length, nor SL_RESULTS_MOST:
 * - lists that a body or header fills: sl_mail_take(), 64 KB + 16 (8) a byte, 8 MB (1 MB) at most;
 * - texts of the header: one copy or two of a field, in UTF-8, so 8 bytes a byte; each of the 15 is
 *   cut at TEXT_MOST, addresses of relays at RELAYS_MOST: 1.5 MB at most;
 * - the rest of a record: 16 KB of normal text, 32 anchors of 136 bytes, brands, numbers: 40 KB;
 * - mails inside: room_inside(), 64 KB + 8 a byte, 8 MB at most.
 * A byte is in the header or in the body: 16 + 8 = SL_RESULTS_FACTOR. */
enum {
	TEXT_MOST = 64 * 1024,
	RELAYS_MOST = 4096,
	INSIDE_FLOOR = 64 * 1024,
	INSIDE_FACTOR = 8,
	INSIDE_MOST = 8 << 20,
	REST_MOST = 40 * 1024
};
_Static_assert(REST_MOST + 2 * SL_MAIL_ROOM_FLOOR + INSIDE_FLOOR <= SL_RESULTS_FLOOR, "floor");
_Static_assert(SL_MAIL_BODY_FACTOR + INSIDE_FACTOR <= SL_RESULTS_FACTOR, "a byte of the body");
_Static_assert(SL_MAIL_HEADER_FACTOR + 8 + INSIDE_FACTOR <= SL_RESULTS_FACTOR, "of the header");
_Static_assert(REST_MOST + SL_MAIL_BODY_MOST + SL_MAIL_HEADER_MOST + 3 * (1 << 19) + INSIDE_MOST <=
		       SL_RESULTS_MOST,
	"most");

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
	bool left_out; /* not all of them were kept */
	struct sl_mail mail;
	struct sl_exemplars *exemplars;
	struct sl_contents *contents; /* learned so far; made with the first message */
	struct sl_span encoded; /* the content of the mail at work as it is kept there, or empty */
	void *threads[SL_LEN(stages)];
	struct sl_mill_work work;
	_Atomic uint32_t *watch; /* number of the stage at work + 1 */
	enum sl_mill_mode mode;
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
	mill->exemplars = sl_exemplars_new();
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
	sl_contents_free(&mill->contents);
	sl_exemplars_free(&mill->exemplars);
	free(mill);
	*mill_p = NULL;
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void cut_texts(struct sl_message *m)
{
	struct sl_span *const texts[] = { &m->subject, &m->from_name, &m->from_addr,
		&m->from_domain, &m->return_path, &m->reply_to, &m->message_id, &m->spf, &m->dkim,
		&m->dmarc, &m->arc, &m->auth_by, &m->mailer, &m->origin_helo, &m->origin_rdns };
	for (size_t i = 0; i < SL_LEN(texts); i++) {
		if (texts[i]->n <= TEXT_MOST)
			continue;
		*texts[i] = sl_span_head(*texts[i], TEXT_MOST);
		texts[i]->n = sl_utf8_valid_prefix(*texts[i]);
		m->flags |= SL_BIT(SL_MSG_LIMIT_HEADER_LINE);
	}
	if (m->n_relays > RELAYS_MOST) {
		m->n_relays = RELAYS_MOST;
		m->flags |= SL_BIT(SL_MSG_LIMIT_RECEIVED);
	}
}

static void watch(struct sl_mill *mill, size_t stage)
{
	if (mill->watch)
		atomic_store_explicit(mill->watch, (uint32_t)stage + 1, memory_order_relaxed);
}

/* After a crash, less and less is tried: the byte scanner in place of the parsers of the body, then
 * without what reads the header and judges the text, too. */
static bool runs(const struct sl_mill *mill, const struct sl_stage *stage)
{
	if (mill->mode == SL_MILL_FULL)
		return stage != &sl_stage_bytes;
	if (stage == &sl_stage_body || stage == &sl_stage_key)
		return false;
	return mill->mode == SL_MILL_SCAN ||
	       (stage != &sl_stage_screen && stage != &sl_stage_header && stage != &sl_stage_text &&
		       stage != &sl_stage_attachment && stage != &sl_stage_brand);
}

/* Behind the stage that makes the key: is the content known? */
static void look_up(struct sl_mill *mill)
{
	struct sl_mail *mail = &mill->mail;
	const struct sl_learned *known = sl_contents_find(mill->contents, &mail->content.key);
	if (known && known->whole_key) {
		sl_body_key_whole(mail);
		known = sl_contents_find(mill->contents, &mail->content.key);
	}
	mill->work.known += known != NULL;
	mill->work.learned += known == NULL;
	if (!known)
		return;
	mail->known = true;
	mail->content = known->content;
	mail->n_urls = known->n_urls;
	mail->url_bytes = known->url_bytes;
	mill->encoded = known->encoded;
}

/* Keep what was learned under the key that was asked for; `renamed`: how that was made. A content
 * with mails in it is not kept: they are in the parts, which are gone. */
static void keep(struct sl_mill *mill, const struct sl_id *asked, bool renamed)
{
	struct sl_mail *mail = &mill->mail;
	for (size_t i = 0; i < mail->n_parts; i++)
		if (mail->parts[i].embedded_mail)
			return;
	if (renamed && !mail->key_renamed)
		sl_contents_add_whole(mill->contents, asked);
	const struct sl_learned *known = sl_contents_add(mill->contents, mail);
	if (known)
		mill->encoded = known->encoded;
}

static void walk_stages(struct sl_mill *mill)
{
	struct sl_id asked = { .b = { 0 } };
	bool renamed = false;
	uint64_t before = now_ns();
	for (size_t i = 0; i < SL_LEN(stages); i++) {
		if (runs(mill, stages[i])) {
			watch(mill, i);
			if (sl_mock_mail && stages[i] == &sl_stage_body)
				sl_mock_mail(mill->mail.raw);
			stages[i]->process(mill->threads[i], &mill->mail);
		}
		if (stages[i] == &sl_stage_key && mill->contents && mill->mode == SL_MILL_FULL) {
			asked = mill->mail.content.key;
			renamed = mill->mail.key_renamed;
			look_up(mill);
		}
		uint64_t after = now_ns();
		mill->work.stage_ns[i] += after - before;
		before = after;
	}
	watch(mill, SL_LEN(stages));
	if (!sl_id_is_zero(&asked) && !mill->mail.known)
		keep(mill, &asked, renamed);
	if (mill->mode != SL_MILL_FULL)
		sl_mail_flag_header(&mill->mail, SL_MSG_CRASHED);
	cut_texts(&mill->mail.message);
	/* what the body earned belongs to every message that has it */
	mill->mail.message.flags |= mill->mail.content.flags;
	mill->mail.message.content = mill->mail.content.key;
}

/* Of `raw` the bytes and, if it has them, the names. */
static void begin(struct sl_mill *mill, struct sl_raw raw)
{
	sl_arena_reset(mill->arena);
	mill->encoded = SL_SPAN_NULL;
	sl_raw_name(&raw, mill->secret);
	sl_mail_begin_named(&mill->mail, mill->config, mill->tables, mill->secret, mill->arena,
		raw.bytes, &raw.id, &raw.key);
}

/* The digest of the mail at work, where it was asked for or may be needed. */
static void digest(struct sl_mill *mill, uint32_t archive)
{
	struct sl_message *m = &mill->mail.message;
	m->sha256_asked = mill->config->sha256_all;
	if (sl_exemplars_meet(mill->exemplars, &m->variant, archive, mill->mail.time, &m->id) ||
		m->sha256_asked)
		m->sha256 = sl_sha256_of(mill->mail.raw);
}

/* Copy the mails inside the mail at work out of its arena, which the next one will reset. That some
 * are left out is said of the outermost message: it depends on all of that one's bytes, while the
 * mail at work may lie elsewhere, too. */
static void keep_inner(struct sl_mill *mill, uint64_t ordinal, struct sl_span path)
{
	struct sl_mail *mail = &mill->mail;
	for (size_t i = 0; i < mail->n_parts; i++) {
		const struct sl_part *part = &mail->parts[i];
		if (!part->embedded_mail || part->decoded.n == 0)
			continue;
		if (mail->depth + 1 > SL_MILL_DEPTH ||
			mill->n_inner >= mill->config->limits.embedded) {
			mill->left_out = true;
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

static void put_result(struct sl_mill *mill, struct sl_buf *results, uint32_t index,
	struct sl_span path, uint64_t length)
{
	struct sl_result result = { .index = index,
		.inner = path,
		.length = length,
		.time = mill->mail.time,
		.message = mill->mail.message,
		.content = mill->mail.content };
	sl_result_encode_with(results, &result, mill->encoded);
}

/* Bytes that the results of mails inside a message may take. */
static size_t room_inside(size_t length)
{
	if (length > INSIDE_MOST / INSIDE_FACTOR)
		return INSIDE_MOST;
	size_t room = INSIDE_FLOOR + INSIDE_FACTOR * length;
	return room < INSIDE_MOST ? room : INSIDE_MOST;
}

static void mill_inner(
	struct sl_mill *mill, const struct sl_raw *raw, uint32_t index, struct sl_buf *results)
{
	size_t room = room_inside(raw->bytes.n), start = results->n;
	for (struct inner *inner = mill->first; inner; inner = inner->next) {
		size_t before = results->n;
		begin(mill, (struct sl_raw){ .bytes = inner->bytes });
		mill->mail.depth = inner->depth;
		walk_stages(mill);
		mill->mail.message.parent = inner->parent;
		digest(mill, raw->archive);
		keep_inner(mill, 0, inner->path);
		put_result(mill, results, index, inner->path, inner->bytes.n);
		if (results->n - start > room) {
			results->n = before;
			mill->left_out = true;
			return;
		}
	}
}

/* The outermost message was encoded before the mails in it were read. Put it anew, behind them. */
static void flag_outermost(struct sl_mill *mill, struct sl_buf *results, size_t from, size_t to)
{
	struct sl_span bytes =
		sl_arena_copy(mill->inner_arena, sl_span_of(results->p + from, to - from));
	struct sl_result outermost;
	bool good = sl_result_decode(&bytes, mill->inner_arena, &outermost);
	sl_assert(good && bytes.n == 0);
	memmove(results->p + from, results->p + to, results->n - to);
	results->n -= to - from;
	outermost.message.flags |= SL_BIT(SL_MSG_LIMIT_EMBEDDED);
	sl_result_encode(results, &outermost);
}

void sl_mill_message(struct sl_mill *mill, enum sl_mill_mode mode, const struct sl_raw *raw,
	uint32_t index, struct sl_buf *results)
{
	mill->mode = mode;
	sl_arena_reset(mill->inner_arena);
	mill->first = NULL;
	mill->last = &mill->first;
	mill->n_inner = 0;
	mill->left_out = false;
	if (!mill->contents)
		mill->contents = sl_contents_new(
			sl_memo_share(mill->config->content_cache, SL_SHARE_CONTENTS));
	begin(mill, *raw);
	mill->mail.from_time = raw->from_time;
	mill->mail.member_time = raw->member_time;
	if (raw->cut)
		sl_mail_flag_header(&mill->mail, SL_MSG_LIMIT_MESSAGE);
	walk_stages(mill);
	digest(mill, raw->archive);
	keep_inner(mill, raw->ordinal, SL_SPAN_NULL);
	size_t from = results->n;
	put_result(mill, results, index, SL_SPAN_NULL, 0);
	size_t to = results->n;
	mill_inner(mill, raw, index, results);
	if (mill->left_out)
		flag_outermost(mill, results, from, to);
	sl_assert(!results->overflow && results->n - from <= SL_RESULTS_MOST);
}

void sl_mill_batch(struct sl_mill *mill, struct sl_batch *batch)
{
	for (uint32_t i = 0; i < batch->n; i++) {
		sl_raw_name(&batch->raws[i], mill->secret);
		sl_mill_message(mill, SL_MILL_FULL, &batch->raws[i], i, &batch->results);
	}
}

void sl_mill_bare(const struct sl_raw *raw, uint32_t index, const struct sl_secret *secret,
	struct sl_buf *results)
{
	struct sl_mail mail;
	sl_mail_begin(&mail, NULL, NULL, secret, NULL, raw->bytes);
	mail.message.sha256 = sl_sha256_of(raw->bytes);
	mail.message.sha256_asked = true; /* nothing else proves what it was */
	mail.message.flags = SL_BIT(SL_MSG_CRASHED);
	/* no content of its own is known: it shares nothing with another message */
	mail.content.key = mail.message.content = mail.message.key;
	mail.message.variant = mail.message.key;
	mail.message.variant_name = mail.message.id;
	struct sl_result result = { .index = index,
		.time = raw->from_time != SL_TIME_NONE ? raw->from_time : raw->member_time,
		.message = mail.message,
		.content = mail.content };
	sl_result_encode(results, &result);
}

void sl_mill_watch(struct sl_mill *mill, _Atomic uint32_t *stage)
{
	mill->watch = stage;
}

const struct sl_mill_work *sl_mill_work(const struct sl_mill *mill)
{
	return &mill->work;
}

static void add_growth(uint64_t *to, uint64_t before, uint64_t now)
{
	*to += now > before ? now - before : 0;
}

void sl_mill_work_add(
	struct sl_mill_work *to, const struct sl_mill_work *before, const struct sl_mill_work *now)
{
	for (size_t i = 0; i < SL_LEN(stages); i++)
		add_growth(&to->stage_ns[i], before->stage_ns[i], now->stage_ns[i]);
	add_growth(&to->known, before->known, now->known);
	add_growth(&to->learned, before->learned, now->learned);
}

const struct sl_mail *sl_mill_one(struct sl_mill *mill, struct sl_span raw, int64_t from_time)
{
	mill->mode = SL_MILL_FULL;
	sl_contents_free(&mill->contents); /* a mail that is to be shown is read as a whole */
	begin(mill, (struct sl_raw){ .bytes = raw });
	mill->mail.from_time = from_time;
	walk_stages(mill);
	mill->mail.message.sha256 = sl_sha256_of(raw);
	return &mill->mail;
}

const char *sl_mill_stage_name(size_t i)
{
	return i < SL_LEN(stages) ? stages[i]->name : NULL;
}
