/* SPDX-License-Identifier: Apache-2.0 */
#include "html_work.h"

/* A document may name so many URLs for each that the message may hold; the rest is not even kept.
 */
enum { LINKS_FACTOR = 4, SCRIPT_URL_MAX = 8192 };

static struct sl_link *add_link(
	struct sl_html *html, enum sl_role role, struct sl_span url, uint32_t flags, bool hidden)
{
	struct sl_mail *mail = html->mail;
	if (sl_span_trim(url).n == 0)
		return NULL;
	if (mail->n_links >= mail->config->limits.urls * LINKS_FACTOR) {
		html->flags |= SL_BIT(SL_MSG_LIMIT_URLS);
		return NULL;
	}
	struct sl_link *link =
		SL_ARENA_PUSH(mail->arena, mail->links, mail->n_links, mail->room_links);
	*link = (struct sl_link){ role, html->part, flags, hidden, url, SL_SPAN_NULL,
		SL_SPAN_NULL };
	return link;
}

static bool has(const struct sl_attrs *attrs, enum sl_attr attr)
{
	return sl_html_has(attrs, attr);
}

static struct sl_link *add_attr(struct sl_html *html, const struct sl_attrs *attrs,
	enum sl_attr attr, enum sl_role role, uint32_t flags, bool hidden)
{
	if (!has(attrs, attr))
		return NULL;
	bool entity;
	struct sl_span url = sl_html_value(html->mail->arena, attrs->value[attr], &entity);
	if (entity)
		flags |= (uint32_t)SL_BIT(SL_IND_ENTITY);
	return add_link(html, role, url, flags, hidden);
}

/* "url 1x, url 2x": a candidate is what has no white space; commas may end it. */
static void add_srcset(struct sl_html *html, struct sl_span set, uint32_t flags, bool hidden)
{
	bool entity;
	set = sl_html_value(html->mail->arena, set, &entity);
	while (set.n) {
		size_t from = 0, to;
		while (from < set.n && (sl_is_space(set.p[from]) || set.p[from] == ','))
			from++;
		for (to = from; to < set.n && !sl_is_space(set.p[to]);)
			to++;
		struct sl_span url = sl_span_of(set.p + from, to - from);
		bool alone = url.n && url.p[url.n - 1] == ',';
		while (url.n && url.p[url.n - 1] == ',')
			url.n--;
		if (url.n && !add_link(html, SL_ROLE_IMAGE, url, flags, hidden))
			return;
		ssize_t comma = alone ? (ssize_t)to : sl_span_chr(set, ',', to);
		set = comma < 0 ? SL_SPAN_NULL : sl_span_from(set, (size_t)comma);
	}
}

/* "5; url='http://...'" (HTML 4.2.5.3). */
static void add_refresh(struct sl_html *html, const struct sl_attrs *attrs)
{
	bool entity;
	if (!has(attrs, SL_ATTR_CONTENT) || !has(attrs, SL_ATTR_HTTP_EQUIV) ||
		!sl_span_ieq(sl_span_trim(attrs->value[SL_ATTR_HTTP_EQUIV]), SL_SPAN("refresh")))
		return;
	struct sl_span s = sl_html_value(html->mail->arena, attrs->value[SL_ATTR_CONTENT], &entity);
	size_t i = 0;
	while (i < s.n && (sl_is_digit(s.p[i]) || s.p[i] == '.' || sl_is_space(s.p[i])))
		i++;
	while (i < s.n && (s.p[i] == ';' || s.p[i] == ',' || sl_is_space(s.p[i])))
		i++;
	s = sl_span_from(s, i);
	if (sl_span_istarts(s, SL_SPAN("url"))) {
		struct sl_span behind = sl_span_trim(sl_span_from(s, 3));
		if (behind.n && behind.p[0] == '=')
			s = sl_span_trim(sl_span_from(behind, 1));
	}
	if (s.n && (s.p[0] == '"' || s.p[0] == '\'')) {
		ssize_t end = sl_span_chr(s, s.p[0], 1);
		s = sl_span_from(end < 0 ? s : sl_span_head(s, (size_t)end), 1);
	}
	add_link(html, SL_ROLE_REFRESH, s, entity ? (uint32_t)SL_BIT(SL_IND_ENTITY) : 0, false);
}

/* Links that are fetched to show the page; others (canonical, alternate) are only said. */
static void add_link_tag(struct sl_html *html, const struct sl_attrs *attrs, bool hidden)
{
	struct sl_span rel = has(attrs, SL_ATTR_REL) ? attrs->value[SL_ATTR_REL] : SL_SPAN_NULL;
	if (sl_span_ifind(rel, SL_SPAN("stylesheet"), 0) >= 0)
		add_attr(html, attrs, SL_ATTR_HREF, SL_ROLE_IMAGE, (uint32_t)SL_BIT(SL_IND_CSS),
			hidden);
	else if (sl_span_ifind(rel, SL_SPAN("icon"), 0) >= 0 ||
		 sl_span_ifind(rel, SL_SPAN("prefetch"), 0) >= 0 ||
		 sl_span_ifind(rel, SL_SPAN("preload"), 0) >= 0)
		add_attr(html, attrs, SL_ATTR_HREF, SL_ROLE_IMAGE, 0, hidden);
}

static void open_anchor(struct sl_html *html, const struct sl_link *link, bool hidden)
{
	if (!link)
		return;
	if (html->n_anchors == html->room_anchors) {
		html->room_anchors = html->room_anchors ? html->room_anchors * 2 : 64;
		html->anchors =
			sl_realloc(html->anchors, html->room_anchors * sizeof(html->anchors[0]));
	}
	const struct sl_html_stream *stream = hidden ? &html->hidden : &html->visible;
	html->anchors[html->n_anchors++] =
		(struct sl_html_anchor){ (size_t)(link - html->mail->links), stream->n, stream->n,
			hidden };
	html->in_anchor = true;
}

static void add_base(struct sl_html *html, const struct sl_attrs *attrs)
{
	bool entity;
	if (html->base.n == 0 && has(attrs, SL_ATTR_HREF))
		html->base = sl_span_trim(
			sl_html_value(html->mail->arena, attrs->value[SL_ATTR_HREF], &entity));
}

static void add_a(struct sl_html *html, const struct sl_attrs *attrs, uint32_t flags, bool hidden)
{
	struct sl_link *link = add_attr(html, attrs, SL_ATTR_HREF, SL_ROLE_LINK, flags, hidden);
	struct sl_link *svg =
		add_attr(html, attrs, SL_ATTR_XLINK_HREF, SL_ROLE_LINK, flags, hidden);
	open_anchor(html, link ? link : svg, hidden);
}

static bool is_image_input(const struct sl_attrs *attrs)
{
	return has(attrs, SL_ATTR_TYPE) &&
	       sl_span_ieq(sl_span_trim(attrs->value[SL_ATTR_TYPE]), SL_SPAN("image"));
}

static enum sl_role source_role(uint8_t tag, const struct sl_attrs *attrs)
{
	switch (tag) {
	case SL_TAG_IFRAME:
	case SL_TAG_FRAME:
	case SL_TAG_EMBED:
	case SL_TAG_SCRIPT:
	case SL_TAG_SOURCE:
	case SL_TAG_VIDEO:
	case SL_TAG_AUDIO:
	case SL_TAG_TRACK:
	case SL_TAG_BGSOUND:
		return SL_ROLE_EMBED;
	case SL_TAG_INPUT:
		return is_image_input(attrs) ? SL_ROLE_IMAGE : SL_ROLES;
	default:
		return SL_ROLE_IMAGE;
	}
}

static void add_by_tag(struct sl_html *html, uint8_t tag, const struct sl_attrs *attrs,
	uint32_t flags, bool hidden)
{
	switch (tag) {
	case SL_TAG_A:
	case SL_TAG_AREA:
		add_a(html, attrs, flags, hidden);
		break;
	case SL_TAG_VML:
		add_attr(html, attrs, SL_ATTR_HREF, SL_ROLE_LINK,
			flags | (uint32_t)SL_BIT(SL_IND_MSO), hidden);
		break;
	case SL_TAG_IMAGE:
		add_attr(html, attrs, SL_ATTR_HREF, SL_ROLE_IMAGE, flags, hidden);
		add_attr(html, attrs, SL_ATTR_XLINK_HREF, SL_ROLE_IMAGE, flags, hidden);
		break;
	case SL_TAG_BASE:
		add_base(html, attrs);
		break;
	case SL_TAG_META:
		add_refresh(html, attrs);
		break;
	case SL_TAG_LINK:
		add_link_tag(html, attrs, hidden);
		break;
	case SL_TAG_OBJECT:
		add_attr(html, attrs, SL_ATTR_DATA, SL_ROLE_EMBED, flags, hidden);
		break;
	case SL_TAG_FORM:
		add_attr(html, attrs, SL_ATTR_ACTION, SL_ROLE_FORM, flags, hidden);
		break;
	default:
		break;
	}
}

#define BIT(attr) (1u << SL_ATTR_##attr)
/* Attributes that a link may come from; style is not among them. */
enum {
	LINKING = BIT(ACTION) | BIT(BACKGROUND) | BIT(CONTENT) | BIT(DATA) | BIT(DYNSRC) |
		  BIT(FORMACTION) | BIT(HREF) | BIT(LOWSRC) | BIT(POSTER) | BIT(SRC) | BIT(SRCSET) |
		  BIT(XLINK_HREF) | BIT(XMLNS)
};
#undef BIT

static void add_by_attrs(struct sl_html *html, uint8_t tag, const struct sl_attrs *attrs,
	uint32_t flags, bool hidden)
{
	static const enum sl_attr images[] = { SL_ATTR_BACKGROUND, SL_ATTR_POSTER, SL_ATTR_LOWSRC,
		SL_ATTR_DYNSRC };
	enum sl_role role = source_role(tag, attrs);
	if (role != SL_ROLES)
		add_attr(html, attrs, SL_ATTR_SRC, role,
			tag == SL_TAG_VML ? flags | (uint32_t)SL_BIT(SL_IND_MSO) : flags, hidden);
	for (size_t i = 0; i < SL_LEN(images); i++)
		add_attr(html, attrs, images[i], SL_ROLE_IMAGE, flags, hidden);
	add_attr(html, attrs, SL_ATTR_FORMACTION, SL_ROLE_FORM, flags, hidden);
	add_attr(html, attrs, SL_ATTR_XMLNS, SL_ROLE_NAMESPACE, flags, true);
	if (has(attrs, SL_ATTR_SRCSET))
		add_srcset(html, attrs->value[SL_ATTR_SRCSET], flags, hidden);
}

void sl_html_links(struct sl_html *html, const struct sl_html_start *start, bool hidden, bool mso)
{
	uint32_t flags = mso ? (uint32_t)SL_BIT(SL_IND_MSO) : 0;
	if (start->attrs.set & LINKING) {
		add_by_tag(html, start->id, &start->attrs, flags, hidden);
		add_by_attrs(html, start->id, &start->attrs, flags, hidden);
	}
	if (start->css_links)
		sl_html_css_links(html, start->attrs.value[SL_ATTR_STYLE], hidden);
}

void sl_html_css_links(struct sl_html *html, struct sl_span css, bool hidden)
{
	struct sl_span url;
	bool entity, import = false;
	if (sl_span_chr(css, '(', 0) < 0 && sl_span_chr(css, '@', 0) < 0)
		return;
	for (size_t at = 0; sl_css_url(css, &at, &url, &import);) {
		uint32_t flags = import ? (uint32_t)SL_BIT(SL_IND_CSS) : 0;
		url = sl_html_value(html->mail->arena, url, &entity);
		/* entities round the quotes of a url() within an attribute */
		while (url.n && (url.p[0] == '"' || url.p[0] == '\''))
			url = sl_span_from(url, 1);
		while (url.n && (url.p[url.n - 1] == '"' || url.p[url.n - 1] == '\''))
			url.n--;
		if (!add_link(html, SL_ROLE_IMAGE, url, flags, hidden) && url.n)
			return;
	}
}

/* URLs that stand literally in a script: up to what ends a string. */
void sl_html_script_links(struct sl_html *html, struct sl_span script)
{
	for (ssize_t at = 0; (at = sl_span_find(script, SL_SPAN("://"), (size_t)at)) >= 0;
		at += 3) {
		size_t from = (size_t)at, to = (size_t)at + 3;
		while (from > 0 && sl_is_alpha(script.p[from - 1]) && (size_t)at - from < 8)
			from--;
		struct sl_span head = sl_span_from(script, from);
		if (!sl_span_istarts(head, SL_SPAN("http")))
			continue;
		while (to < script.n && to - from < SCRIPT_URL_MAX && script.p[to] > ' ' &&
			!strchr("\"'`<>()\\;", script.p[to]))
			to++;
		if (!add_link(html, SL_ROLE_EMBED, sl_span_of(script.p + from, to - from),
			    (uint32_t)SL_BIT(SL_IND_SCRIPT), false))
			return;
		at = (ssize_t)to - 3;
	}
}
