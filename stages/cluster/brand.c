/* SPDX-License-Identifier: Apache-2.0 */
/* Which party a mail claims to be. What people see first counts most: the sender's name, then the
 * subject, then the address, then where links pretend to lead, then the text. From the body only
 * what its content record holds is used, so that a cached body gives the same answer as a fresh
 * one. */
#include "pipeline/base/unicode.h"
#include "pipeline/hostmemo.h"
#include "pipeline/memo.h"
#include "pipeline/stage.h"
#include "pipeline/verdict.h"

#include <stdlib.h>

enum {
	TEXT_MOST = 64 << 10, /* bytes of visible text that are searched for names */
	NORM_MOST = 4 << 10,  /* the start of a text says who speaks */
	LINKS_MOST = 32,
	ENOUGH = 3
};

static const struct {
	unsigned name_strong, name_weak, subject_strong, subject_weak, owns_sender, sender_like,
		link_like, text, text_most;
} weight = { 8, 5, 5, 2, 4, 3, 3, 1, 2 };

struct votes {
	const struct sl_brand *brand[SL_BRANDS_MAX];
	unsigned sum[SL_BRANDS_MAX];
	size_t n;
};

static void vote(struct votes *v, const struct sl_brand *brand, unsigned points)
{
	size_t i = 0;
	while (i < v->n && v->brand[i] != brand)
		i++;
	if (i == SL_BRANDS_MAX)
		return;
	if (i == v->n) {
		v->brand[v->n] = brand;
		v->sum[v->n++] = 0;
	}
	v->sum[i] += points;
}

/* What a worker remembers: names in texts, and what hosts look like. */
struct worker {
	struct sl_memo *texts;
	struct sl_hostmemo *hosts;
};

/* How a text is searched. */
enum search {
	HEADER, /* for all aliases */
	BODY,   /* for strong ones only */
	NORMAL  /* the same; it is folded already */
};

static size_t search(const struct sl_mail *mail, enum search how, struct sl_span text,
	struct sl_brand_hit hits_r[SL_BRANDS_MAX])
{
	struct sl_span folded = mail->folded;
	if (how == NORMAL)
		folded = text;
	else if (mail->folded_from.p != text.p || mail->folded_from.n != text.n)
		folded = sl_unicode_fold(mail->arena, text);
	return sl_tables_brand_hits(mail->tables, folded, how != HEADER, hits_r, SL_BRANDS_MAX);
}

/* The brands in the text, out of the memo when it was met before. */
static size_t find_hits(const struct worker *worker, const struct sl_mail *mail, enum search how,
	struct sl_span text, struct sl_brand_hit hits_r[SL_BRANDS_MAX])
{
	struct sl_span known;
	struct sl_id key = sl_hash_key(text, mail->secret);
	key.b[sizeof(key.b) - 1] ^= (uint8_t)how;
	if (sl_memo_find(worker->texts, &key, mail->arena, &known)) {
		memcpy(hits_r, known.p, known.n);
		return known.n / sizeof(*hits_r);
	}
	size_t n = search(mail, how, text, hits_r);
	sl_memo_add(worker->texts, &key, sl_span_of(hits_r, n * sizeof(*hits_r)));
	return n;
}

/* Every brand named in a header text. */
static void vote_text(struct votes *v, const struct worker *worker, const struct sl_mail *mail,
	struct sl_span text, unsigned strong, unsigned weak)
{
	struct sl_brand_hit hits[SL_BRANDS_MAX];
	size_t n = find_hits(worker, mail, HEADER, text, hits);
	for (size_t i = 0; i < n; i++)
		vote(v, hits[i].brand, hits[i].strong ? strong : weak);
}

static void vote_sender(struct votes *v, const struct worker *worker, const struct sl_mail *mail)
{
	const struct sl_message *m = &mail->message;
	const struct sl_brand *owner = sl_tables_brand_of_domain(mail->tables, m->from_domain);
	const struct sl_brand *like = sl_hostmemo_like(worker->hosts, m->from_domain, SL_SPAN_NULL);
	/* An address at gmail.com does not claim to be Google. */
	if (owner &&
		!(sl_tables_known(mail->tables, m->from_domain, SL_SPAN_NULL) & SL_KNOWN_FREEMAIL))
		vote(v, owner, weight.owns_sender);
	if (like)
		vote(v, like, weight.sender_like);
}

static void vote_links(struct votes *v, const struct worker *worker, const struct sl_mail *mail)
{
	const struct sl_content *c = &mail->content;
	for (size_t i = 0, seen = 0; i < c->n_indicators && seen < LINKS_MOST; i++) {
		const struct sl_indicator *ind = &c->indicators[i];
		if (ind->kind != SL_KIND_HOST ||
			(ind->role != SL_ROLE_LINK && ind->role != SL_ROLE_TARGET))
			continue;
		seen++;
		const struct sl_brand *like = sl_hostmemo_like(
			worker->hosts, ind->host.n ? ind->host : ind->value, ind->domain);
		if (like)
			vote(v, like, weight.link_like);
	}
}

/* The text alone says little when it names many: the one it names more often than any
 * other gets more. */
static void vote_content(struct votes *v, const struct worker *worker, const struct sl_mail *mail)
{
	const struct sl_content *c = &mail->content;
	struct sl_brand_hit hits[SL_BRANDS_MAX];
	struct sl_span start = sl_span_head(c->norm, NORM_MOST);
	const struct sl_brand *most = NULL;
	size_t count = 0;
	if (c->n_brands == 1)
		most = sl_tables_brand_by_id(mail->tables, c->brands[0]);
	else if (c->n_brands > 1) {
		size_t n = find_hits(worker, mail, NORMAL, start, hits);
		for (size_t i = 0; i < n; i++) {
			if (hits[i].count >= count)
				most = hits[i].count > count ? hits[i].brand : NULL;
			count = hits[i].count > count ? hits[i].count : count;
		}
	}
	for (size_t i = 0; i < c->n_brands; i++) {
		const struct sl_brand *brand = sl_tables_brand_by_id(mail->tables, c->brands[i]);
		if (brand)
			vote(v, brand, weight.text);
	}
	if (most)
		vote(v, most, weight.text_most);
}

static const struct sl_brand *winner(const struct votes *v)
{
	size_t best = 0;
	for (size_t i = 1; i < v->n; i++)
		if (v->sum[i] > v->sum[best] ||
			(v->sum[i] == v->sum[best] && v->brand[i] < v->brand[best]))
			best = i;
	return v->n && v->sum[best] >= ENOUGH ? v->brand[best] : NULL;
}

/* Ids of brands in the text, sorted. */
static void fill_content(const struct worker *worker, struct sl_mail *mail)
{
	struct sl_content *c = &mail->content;
	struct sl_brand_hit hits[SL_BRANDS_MAX];
	if (mail->known || mail->visible.n == 0)
		return;
	size_t n = find_hits(worker, mail, BODY, sl_span_head(mail->visible, TEXT_MOST), hits);
	c->brands = sl_arena_alloc(mail->arena, (n + 1) * sizeof(*c->brands));
	for (size_t i = 0; i < n; i++) {
		size_t k = c->n_brands++;
		for (; k > 0 && sl_span_cmp(c->brands[k - 1], hits[i].brand->id) > 0; k--)
			c->brands[k] = c->brands[k - 1];
		c->brands[k] = hits[i].brand->id;
	}
}

static bool named_in_head(
	const struct worker *worker, const struct sl_mail *mail, const struct sl_brand *brand)
{
	struct votes v = { .n = 0 };
	vote_text(&v, worker, mail, mail->message.from_name, 1, 1);
	vote_text(&v, worker, mail, mail->message.subject, 1, 0);
	for (size_t i = 0; i < v.n; i++)
		if (v.brand[i] == brand && v.sum[i] > 0)
			return true;
	return false;
}

static bool equals(struct sl_span s, const char *text)
{
	return sl_span_ieq(s, sl_span_str(text));
}

/* The brand's own domain in From is no proof: what the receiver found out about it counts. */
static bool spoofed(
	const struct worker *worker, const struct sl_mail *mail, const struct sl_brand *brand)
{
	const struct sl_message *m = &mail->message;
	if (!sl_brand_owns(brand, m->from_domain))
		return m->from_domain.n > 0 && named_in_head(worker, mail, brand);
	if (equals(m->dmarc, "pass") || equals(m->dkim, "pass"))
		return false;
	return equals(m->dmarc, "fail") || equals(m->spf, "fail") || equals(m->spf, "softfail");
}

static void process(void *thread, struct sl_mail *mail)
{
	struct votes v = { .n = 0 };
	const struct worker *worker = thread;
	const struct sl_message *m = &mail->message;
	fill_content(worker, mail);
	vote_text(&v, worker, mail, m->from_name, weight.name_strong, weight.name_weak);
	vote_text(&v, worker, mail, m->subject, weight.subject_strong, weight.subject_weak);
	vote_sender(&v, worker, mail);
	vote_links(&v, worker, mail);
	vote_content(&v, worker, mail);
	const struct sl_brand *brand = winner(&v);
	if (!brand)
		return;
	mail->message.brand = brand->id;
	if (spoofed(worker, mail, brand))
		sl_mail_flag_header(mail, SL_MSG_BRAND_SPOOFED);
}

static void *worker_new(const struct sl_config *config, const struct sl_tables *tables)
{
	struct worker *worker = sl_malloc(sizeof(*worker));
	worker->texts = sl_memo_new(sl_memo_share(config->content_cache, SL_SHARE_BRANDS));
	worker->hosts = sl_hostmemo_new(tables);
	return worker;
}

static void worker_free(void *thread)
{
	struct worker *worker = thread;
	sl_memo_free(&worker->texts);
	sl_hostmemo_free(&worker->hosts);
	free(worker);
}

const struct sl_stage sl_stage_brand = { "brand", worker_new, process, worker_free };
