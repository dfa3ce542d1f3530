/* SPDX-License-Identifier: Apache-2.0 */
/* Which party a mail claims to be. What people see first counts most: the sender's name, then the
 * subject, then the address, then where links pretend to lead, then the text. From the body only
 * what its content record holds is used, so that a cached body gives the same answer as a fresh
 * one. */
#include "pipeline/base/unicode.h"
#include "pipeline/stage.h"
#include "pipeline/verdict.h"

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

/* Every brand named in a header text. */
static void vote_text(struct votes *v, const struct sl_mail *mail, struct sl_span text,
	unsigned strong, unsigned weak)
{
	struct sl_brand_hit hits[SL_BRANDS_MAX];
	struct sl_span folded = sl_unicode_fold(mail->arena, text);
	size_t n = sl_tables_brand_hits(mail->tables, folded, false, hits, SL_LEN(hits));
	for (size_t i = 0; i < n; i++)
		vote(v, hits[i].brand, hits[i].strong ? strong : weak);
}

static void vote_sender(struct votes *v, const struct sl_mail *mail)
{
	const struct sl_message *m = &mail->message;
	const struct sl_brand *owner = sl_tables_brand_of_domain(mail->tables, m->from_domain);
	const struct sl_brand *like = sl_lookalike_of(mail->tables, m->from_domain, SL_SPAN_NULL);
	/* An address at gmail.com does not claim to be Google. */
	if (owner &&
		!(sl_tables_known(mail->tables, m->from_domain, SL_SPAN_NULL) & SL_KNOWN_FREEMAIL))
		vote(v, owner, weight.owns_sender);
	if (like)
		vote(v, like, weight.sender_like);
}

/* A mail leads to few hosts, by many links. */
struct judged {
	struct sl_span host, domain;
	const struct sl_brand *like;
};

static const struct sl_brand *imitates(const struct sl_mail *mail, struct judged *judged, size_t *n,
	struct sl_span host, struct sl_span domain)
{
	for (size_t i = 0; i < *n; i++)
		if (sl_span_eq(judged[i].host, host) && sl_span_eq(judged[i].domain, domain))
			return judged[i].like;
	sl_assert(*n < LINKS_MOST);
	judged[*n] = (struct judged){ host, domain, sl_lookalike_of(mail->tables, host, domain) };
	return judged[(*n)++].like;
}

static void vote_links(struct votes *v, const struct sl_mail *mail)
{
	const struct sl_content *c = &mail->content;
	struct judged judged[LINKS_MOST];
	size_t n_judged = 0;
	for (size_t i = 0, seen = 0; i < c->n_indicators && seen < LINKS_MOST; i++) {
		const struct sl_indicator *ind = &c->indicators[i];
		if (ind->kind != SL_KIND_HOST ||
			(ind->role != SL_ROLE_LINK && ind->role != SL_ROLE_TARGET))
			continue;
		seen++;
		const struct sl_brand *like = imitates(
			mail, judged, &n_judged, ind->host.n ? ind->host : ind->value, ind->domain);
		if (like)
			vote(v, like, weight.link_like);
	}
}

/* The text alone says little when it names many: the one it names more often than any
 * other gets more. */
static void vote_content(struct votes *v, const struct sl_mail *mail)
{
	const struct sl_content *c = &mail->content;
	struct sl_brand_hit hits[SL_BRANDS_MAX];
	struct sl_span start = sl_span_head(c->norm, NORM_MOST);
	const struct sl_brand *most = NULL;
	size_t count = 0;
	if (c->n_brands == 1)
		most = sl_tables_brand_by_id(mail->tables, c->brands[0]);
	else if (c->n_brands > 1) {
		size_t n = sl_tables_brand_hits(mail->tables, start, true, hits, SL_LEN(hits));
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

static int by_bytes(struct sl_span a, struct sl_span b)
{
	return sl_span_cmp(a, b);
}

/* Ids of brands in the text, sorted. */
static void fill_content(struct sl_mail *mail)
{
	struct sl_content *c = &mail->content;
	const struct sl_brand *brands[SL_BRANDS_MAX];
	if (mail->known || mail->visible.n == 0)
		return;
	struct sl_span text = sl_span_head(mail->visible, TEXT_MOST), folded = mail->folded;
	if (mail->folded_from.p != text.p || mail->folded_from.n != text.n)
		folded = sl_unicode_fold(mail->arena, text);
	size_t n = sl_tables_brands_in(mail->tables, folded, true, brands, SL_LEN(brands));
	c->brands = sl_arena_alloc(mail->arena, (n + 1) * sizeof(*c->brands));
	for (size_t i = 0; i < n; i++) {
		size_t k = c->n_brands++;
		for (; k > 0 && by_bytes(c->brands[k - 1], brands[i]->id) > 0; k--)
			c->brands[k] = c->brands[k - 1];
		c->brands[k] = brands[i]->id;
	}
}

static bool named_in_head(const struct sl_mail *mail, const struct sl_brand *brand)
{
	struct votes v = { .n = 0 };
	vote_text(&v, mail, mail->message.from_name, 1, 1);
	vote_text(&v, mail, mail->message.subject, 1, 0);
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
static bool spoofed(const struct sl_mail *mail, const struct sl_brand *brand)
{
	const struct sl_message *m = &mail->message;
	if (!sl_brand_owns(brand, m->from_domain))
		return m->from_domain.n > 0 && named_in_head(mail, brand);
	if (equals(m->dmarc, "pass") || equals(m->dkim, "pass"))
		return false;
	return equals(m->dmarc, "fail") || equals(m->spf, "fail") || equals(m->spf, "softfail");
}

static void process(void *thread, struct sl_mail *mail)
{
	struct votes v = { .n = 0 };
	(void)thread;
	fill_content(mail);
	vote_text(&v, mail, mail->message.from_name, weight.name_strong, weight.name_weak);
	vote_text(&v, mail, mail->message.subject, weight.subject_strong, weight.subject_weak);
	vote_sender(&v, mail);
	vote_links(&v, mail);
	vote_content(&v, mail);
	const struct sl_brand *brand = winner(&v);
	if (!brand)
		return;
	mail->message.brand = brand->id;
	if (spoofed(mail, brand))
		sl_mail_flag_header(mail, SL_MSG_BRAND_SPOOFED);
}

const struct sl_stage sl_stage_brand = { .name = "brand", .process = process };
