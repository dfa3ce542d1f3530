/* SPDX-License-Identifier: Apache-2.0 */
#include "explain_work.h"

enum { LINKS_MOST = 12, SITES_MOST = 12 };

#define ROLE(name) (UINT32_C(1) << SL_ROLE_##name)

/* What a reader can come to. Pictures and names of schemas are no links. */
static const uint32_t link_roles = ROLE(LINK) | ROLE(FORM) | ROLE(REFRESH) | ROLE(EMBED) |
				   ROLE(WRAPPER) | ROLE(TARGET) | ROLE(OPAQUE) | ROLE(QR);

static const unsigned harmless = SL_KNOWN_GOOD | SL_KNOWN_BRAND | SL_KNOWN_TOPLIST | SL_KNOWN_OWN |
				 SL_KNOWN_ALLOWED | SL_KNOWN_NAMESPACE;

/* One address that the mail leads to, over all places in it. */
struct target {
	const struct sl_indicator *indicator;
	uint32_t roles, flags; /* united */
	unsigned known;
	const struct sl_brand *owner; /* whose site it is, or NULL */
};

struct targets {
	struct target *items;
	size_t n, room;
};

static void add_target(struct sl_explain *e, struct targets *to, const struct sl_indicator *i)
{
	for (size_t k = 0; k < to->n; k++) {
		if (sl_span_eq(to->items[k].indicator->value, i->value)) {
			to->items[k].roles |= UINT32_C(1) << i->role;
			to->items[k].flags |= i->flags;
			return;
		}
	}
	struct target *t = SL_ARENA_PUSH(e->page.arena, to->items, to->n, to->room);
	t->indicator = i;
	t->roles = UINT32_C(1) << i->role;
	t->flags = i->flags;
	t->known = sl_tables_known(e->tables, i->host, i->domain);
	t->owner = sl_tables_brand_of_domain(e->tables, i->domain);
}

/* In order of appearance, at most 200 distinct ones: more says nothing more to a reader. */
static struct targets collect(struct sl_explain *e)
{
	const struct sl_content *c = &e->mail->content;
	struct targets targets = { NULL, 0, 0 };
	for (size_t i = 0; i < c->n_indicators && targets.n < 200; i++) {
		const struct sl_indicator *indicator = &c->indicators[i];
		if (indicator->kind == SL_KIND_URL && (link_roles >> indicator->role & 1))
			add_target(e, &targets, indicator);
	}
	return targets;
}

static struct sl_span bare(struct sl_span url)
{
	url = sl_span_trim(url);
	while (url.n && url.p[url.n - 1] == '/')
		url.n--;
	return url;
}

/* The text that the link stands behind. The place holds the URL as written, so when the canonical
 * form is not the same, the host in it must do. */
static struct sl_span shown_text(struct sl_explain *e, const struct sl_indicator *i)
{
	struct sl_span second = SL_SPAN_NULL;
	for (size_t k = 0; k < e->mail->n_links; k++) {
		const struct sl_link *link = &e->mail->links[k];
		struct sl_span text = sl_span_trim(link->text);
		if (!text.n)
			continue;
		if (sl_span_ieq(bare(link->url), bare(i->value)))
			return text;
		if (!second.n && i->host.n && link->part == i->part &&
			sl_span_ifind(link->url, i->host, 0) >= 0)
			second = text;
	}
	return second;
}

/* A host in the text of a link is an indicator to people too: disarm it. */
static struct sl_span disarmed_text(struct sl_explain *e, struct sl_span text)
{
	if (sl_span_find(text, SL_SPAN("://"), 0) >= 0)
		return sl_page_defang(&e->page, SL_KIND_URL, text);
	bool host = sl_span_chr(text, '.', 0) > 0;
	for (size_t i = 0; i < text.n && host; i++)
		host = sl_is_alnum(text.p[i]) || text.p[i] == '.' || text.p[i] == '-' ||
		       text.p[i] == '/';
	return host ? sl_page_defang(&e->page, SL_KIND_HOST, text) : text;
}

static void note(struct sl_explain *e, bool when, enum sl_text text)
{
	if (when)
		sl_page_say(&e->page, SL_TEXT_NOTE, sl_explain_word(e, text));
}

static void say_roles(struct sl_explain *e, const struct target *t)
{
	note(e, t->roles & ROLE(FORM), SL_TEXT_FORM);
	note(e, t->roles & ROLE(REFRESH), SL_TEXT_REFRESH);
	note(e, t->roles & ROLE(QR), SL_TEXT_QR);
	note(e, t->roles & ROLE(TARGET), SL_TEXT_TARGET);
	note(e, t->roles & ROLE(WRAPPER), SL_TEXT_WRAPPER);
	note(e, t->roles & ROLE(OPAQUE), SL_TEXT_OPAQUE);
}

static void say_tricks(struct sl_explain *e, const struct target *t)
{
	const uint32_t disguise =
		(uint32_t)(SL_BIT(SL_IND_IP_OBFUSCATED) | SL_BIT(SL_IND_MIXED_SCRIPT) |
			   SL_BIT(SL_IND_MAPPED) | SL_BIT(SL_IND_PCT_HOST) | SL_BIT(SL_IND_CTL) |
			   SL_BIT(SL_IND_BACKSLASH));
	note(e, t->flags & SL_BIT(SL_IND_MISMATCH), SL_TEXT_MISMATCH);
	note(e, t->flags & SL_BIT(SL_IND_IP), SL_TEXT_IP_HOST);
	note(e, t->flags & SL_BIT(SL_IND_USERINFO), SL_TEXT_USERINFO);
	note(e, t->flags & disguise, SL_TEXT_DISGUISED);
	note(e, t->known & SL_KNOWN_SHARED, SL_TEXT_SHARED);
	note(e, t->known & SL_KNOWN_SHORTENER, SL_TEXT_SHORTENER);
	const struct sl_brand *imitated =
		sl_lookalike_of(e->tables, t->indicator->host, t->indicator->domain);
	if (imitated)
		sl_page_say(&e->page, SL_TEXT_NOTE,
			SL_FILL(&e->page, SL_TEXT_IMITATES, imitated->name));
}

static void say_target(struct sl_explain *e, const struct target *t, uint64_t number)
{
	const struct sl_indicator *i = t->indicator;
	struct sl_span text = shown_text(e, i);
	sl_page_row(&e->page, SL_FILL(&e->page, SL_TEXT_LINK, sl_page_number(&e->page, number)),
		sl_page_defang(&e->page, SL_KIND_URL, i->value));
	if (text.n)
		sl_page_say(&e->page, SL_TEXT_SHOWN_AS, disarmed_text(e, text));
	say_tricks(e, t);
	say_roles(e, t);
	if (i->domain.n) {
		sl_page_say(&e->page, SL_TEXT_DOMAIN,
			sl_page_defang(&e->page, SL_KIND_DOMAIN, i->domain));
		sl_page_say(&e->page, SL_TEXT_REGISTRAR, sl_explain_word(e, SL_TEXT_NOT_ASKED));
	}
	if (i->host.n && !(t->flags & SL_BIT(SL_IND_IP)))
		sl_page_say(&e->page, SL_TEXT_ADDRESS, sl_explain_word(e, SL_TEXT_NOT_ASKED));
}

/* Distinct domains of the addresses that belong together; the number of addresses. */
static uint64_t sites(struct sl_explain *e, const struct targets *targets,
	bool (*wanted)(const struct sl_explain *e, const struct target *t), struct sl_span *list_r)
{
	struct sl_span seen[SITES_MOST];
	size_t n_seen = 0;
	uint64_t count = 0;
	struct sl_buf list = sl_buf_make(SL_PAGE_VALUE);
	for (size_t i = 0; i < targets->n; i++) {
		struct sl_span domain = targets->items[i].indicator->domain;
		bool known = false;
		if (!wanted(e, &targets->items[i]))
			continue;
		count++;
		for (size_t k = 0; k < n_seen; k++)
			known = known || sl_span_eq(seen[k], domain);
		if (known || n_seen == SITES_MOST)
			continue;
		seen[n_seen++] = domain;
		sl_buf_str(&list, n_seen > 1 ? ", " : "");
		sl_buf_add(&list, domain);
	}
	*list_r = sl_arena_copy(e->page.arena, sl_buf_span(&list));
	sl_buf_free(&list);
	return count;
}

static bool is_real(const struct sl_explain *e, const struct target *t)
{
	return e->brand && t->owner && sl_span_eq(t->owner->id, e->brand->id);
}

static bool is_harmless(const struct sl_explain *e, const struct target *t)
{
	return !is_real(e, t) && (t->owner || (t->known & harmless)) &&
	       !(t->roles & (ROLE(OPAQUE) | ROLE(WRAPPER)));
}

static void say_sites(struct sl_explain *e, const struct targets *targets)
{
	struct sl_span list;
	uint64_t count = sites(e, targets, is_real, &list);
	if (count)
		sl_page_say(&e->page, SL_TEXT_REAL_SITE,
			SL_FILL(&e->page, SL_TEXT_REAL_SOME, sl_page_number(&e->page, count),
				e->brand->name, list));
	else if (e->brand)
		sl_page_say(&e->page, SL_TEXT_REAL_SITE,
			SL_FILL(&e->page, SL_TEXT_REAL_NONE, e->brand->name));
	count = sites(e, targets, is_harmless, &list);
	if (count)
		sl_page_say(&e->page, SL_TEXT_OTHER_LINKS,
			SL_FILL(&e->page, SL_TEXT_OTHER_SOME, sl_page_number(&e->page, count),
				list));
}

void sl_explain_links(struct sl_explain *e)
{
	struct targets targets = collect(e);
	uint64_t n = 0;
	sl_page_head(&e->page, SL_TEXT_HEAD_LINKS);
	if (!targets.n) {
		sl_page_say(&e->page, SL_TEXT_NOTE, sl_explain_word(e, SL_TEXT_NO_LINKS));
		return;
	}
	for (size_t i = 0; i < targets.n; i++) {
		const struct target *t = &targets.items[i];
		if (is_real(e, t) || is_harmless(e, t))
			continue;
		if (n++ < LINKS_MOST)
			say_target(e, t, n);
	}
	if (n > LINKS_MOST)
		sl_page_more(&e->page,
			SL_FILL(&e->page, SL_TEXT_MORE, sl_page_number(&e->page, n - LINKS_MOST)));
	say_sites(e, &targets);
}
