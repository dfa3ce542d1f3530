/* SPDX-License-Identifier: Apache-2.0 */
#include "html.h"

#include "html_work.h"

#include <stdlib.h>

/* Background of a page that says nothing; its ink is taken as not known. */
enum { PAPER = 0xffffff };
/* How far down the open elements an end tag, or a second <p>, looks for its like. */
enum { LOOK_DOWN = 128 };

struct sl_html *sl_html_new(void)
{
	struct sl_html *html = sl_calloc(1, sizeof(*html));
	html->looks = sl_html_looks_new();
	html->starts = sl_html_starts_new();
	return html;
}

void sl_html_free(struct sl_html **html)
{
	if (!*html)
		return;
	free((*html)->visible.p);
	free((*html)->hidden.p);
	free((*html)->tags);
	free((*html)->stack);
	free((*html)->anchors);
	free((*html)->looks);
	free((*html)->starts);
	free(*html);
	*html = NULL;
}

/* A large page must not pin its memory. */
enum { KEEP = 1 << 20 };

static void stream_start(struct sl_html_stream *stream, size_t room)
{
	if (stream->room < room || stream->room > room + KEEP) {
		free(stream->p);
		stream->p = sl_malloc(room);
		stream->room = room;
	}
	stream->n = 0;
	stream->space = stream->line = false;
}

static void start(struct sl_html *html, struct sl_mail *mail, uint32_t part, struct sl_span markup)
{
	/* every '<' of a tag pays for the white space that stands in its place */
	stream_start(&html->visible, markup.n + 16);
	stream_start(&html->hidden, markup.n + 16);
	html->n_tags = html->depth = html->beyond = html->n_anchors = 0;
	html->in_anchor = false;
	html->mail = mail;
	html->part = part;
	html->s = markup;
	html->at = html->mso_end = html->mso_next = 0;
	html->first_link = mail->n_links;
	html->base = SL_SPAN_NULL;
	html->no_double = html->no_single = html->styled = false;
	html->unclosed = 0;
	if (html->sheet.n)
		memset(&html->sheet, 0, sizeof(html->sheet));
	html->flags = 0;
}

static const struct sl_html_open page = { .colour = SL_COLOUR_NONE, .background = PAPER };

static const struct sl_html_open *top(const struct sl_html *html)
{
	return html->depth ? &html->stack[html->depth - 1] : &page;
}

static bool unseen(const struct sl_html *html)
{
	const struct sl_html_open *open = top(html);
	/* where a sheet or picture may paint, white is not known to be the paper */
	bool same = sl_colours_alike(open->colour, open->background) &&
		    !(html->styled && open->background == PAPER);
	return open->hidden || open->tiny || same;
}

static struct sl_html_stream *stream_of(struct sl_html *html)
{
	return unseen(html) || html->mso_end ? &html->hidden : &html->visible;
}

static void close_anchor(struct sl_html *html)
{
	if (!html->in_anchor)
		return;
	struct sl_html_anchor *anchor = &html->anchors[html->n_anchors - 1];
	anchor->to = anchor->hidden ? html->hidden.n : html->visible.n;
	html->in_anchor = false;
}

static void text_run(struct sl_html *html, size_t from, size_t to)
{
	if (to <= from || (top(html)->traits & SL_TAG_SILENT))
		return;
	sl_html_text_add(stream_of(html), sl_span_of(html->s.p + from, to - from), top(html)->pre);
}

/* White space that the tag itself makes, in both texts. */
static void spacing(struct sl_html *html, unsigned traits, bool line)
{
	if ((traits & SL_TAG_BLOCK) || line)
		html->visible.line = html->hidden.line = true;
	else if (traits & SL_TAG_CELL)
		html->visible.space = html->hidden.space = true;
}

static void pop_to(struct sl_html *html, size_t depth)
{
	sl_assert(depth <= html->depth);
	html->depth = depth;
}

/* A second <p> closes the first, a <td> the last cell: what stands between is closed too. */
static void close_like(struct sl_html *html, uint8_t id)
{
	bool cell = id == SL_TAG_TD || id == SL_TAG_TH;
	for (size_t i = html->depth, seen = 0; i > 0 && seen < LOOK_DOWN; i--, seen++) {
		const struct sl_html_open *open = &html->stack[i - 1];
		bool like = open->tag == id ||
			    (cell && (open->tag == SL_TAG_TD || open->tag == SL_TAG_TH));
		if (like) {
			pop_to(html, i - 1);
			return;
		}
		if (open->tag == SL_TAG_TABLE_TAG || (cell && open->tag == SL_TAG_TR) ||
			(id != SL_TAG_TR && !cell && (open->traits & (SL_TAG_BLOCK | SL_TAG_CELL))))
			return;
	}
}

static void push(struct sl_html *html, struct sl_html_open open)
{
	uint64_t limit = html->mail->config->limits.html_depth;
	if (html->depth >= limit) {
		html->beyond++;
		html->flags |= SL_BIT(SL_MSG_LIMIT_HTML_DEPTH);
		return;
	}
	if (html->depth == html->room_stack) {
		html->room_stack = html->room_stack ? html->room_stack * 2 : 128;
		html->stack = sl_realloc(html->stack, html->room_stack * sizeof(html->stack[0]));
	}
	html->stack[html->depth++] = open;
}

static struct sl_span attr_value(const struct sl_attrs *attrs, enum sl_attr attr)
{
	return sl_html_has(attrs, attr) ? attrs->value[attr] : SL_SPAN_NULL;
}

static bool sheet_hides(const struct sl_html *html, const struct sl_attrs *attrs)
{
	return html->sheet.n && sl_sheet_hides(&html->sheet, attr_value(attrs, SL_ATTR_CLASS),
					attr_value(attrs, SL_ATTR_ID));
}

/* What the element is like, from its parent and its own attributes. */
static struct sl_html_open opened(struct sl_html *html, const struct sl_html_start *start)
{
	const struct sl_look *look = &start->look;
	struct sl_html_open open = *top(html);
	open.tag = start->id;
	open.traits = (uint8_t)(start->traits | (open.traits & SL_TAG_SILENT));
	open.pre = open.pre || start->id == SL_TAG_PRE;
	if (start->id == SL_TAG_A)
		open.colour = SL_COLOUR_NONE; /* blue, or what a sheet says */
	if (start->attrs.set == 0)
		return open;
	open.hidden = open.hidden || look->hidden || sheet_hides(html, &start->attrs);
	if (look->sized)
		open.tiny = look->tiny;
	if (look->colour != SL_COLOUR_NONE)
		open.colour = look->colour;
	if (look->background != SL_COLOUR_NONE)
		open.background = look->background;
	html->styled = html->styled || look->background == SL_COLOUR_OTHER;
	return open;
}

/* The content of a raw text element: up to its end tag. False: there is none, so it is markup. */
static bool raw_text(struct sl_html *html, const struct sl_tag_info *tag, struct sl_span *text_r)
{
	struct sl_span name = sl_span_str(tag->name), s = html->s;
	uint64_t bit = SL_BIT((unsigned char)(tag->name[0] + tag->name[1]) % 64);
	for (ssize_t at = html->unclosed & bit ? -1 : sl_span_chr(s, '<', html->at); at >= 0;
		at = sl_span_chr(s, '<', (size_t)at + 1)) {
		struct sl_span rest = sl_span_from(s, (size_t)at + 1);
		if (rest.n <= name.n || rest.p[0] != '/' ||
			!sl_span_istarts(sl_span_from(rest, 1), name))
			continue;
		char c = rest.n > name.n + 1 ? rest.p[name.n + 1] : '>';
		if (!sl_is_space(c) && c != '/' && c != '>')
			continue;
		*text_r = sl_span_of(s.p + html->at, (size_t)at - html->at);
		html->at = (size_t)at;
		return true;
	}
	html->unclosed |= bit;
	return false;
}

/* A raw element without an end: what follows is read as markup, though a browser shows none of it.
 */
static void leave_unclosed(struct sl_html *html)
{
	if (html->beyond)
		return;
	sl_assert(html->depth > 0);
	struct sl_html_open *open = &html->stack[html->depth - 1];
	open->hidden = open->hidden || (open->traits & SL_TAG_SILENT);
	open->traits = 0;
}

static void raw_element(struct sl_html *html, uint8_t id, const struct sl_tag_info *tag)
{
	struct sl_span text;
	if (!raw_text(html, tag, &text)) {
		leave_unclosed(html);
		return;
	}
	if (id == SL_TAG_SCRIPT) {
		sl_html_script_links(html, text);
	} else if (id == SL_TAG_STYLE) {
		html->styled = true;
		sl_html_css_links(html, text, false);
		sl_sheet_read(&html->sheet, text);
	} else if (!(tag->traits & SL_TAG_SILENT)) {
		sl_html_text_add(stream_of(html), text, true);
	}
}

static void note_tag(struct sl_html *html, uint8_t id)
{
	if (html->n_tags == html->room_tags) {
		html->room_tags = html->room_tags ? html->room_tags * 2 : 1024;
		html->tags = sl_realloc(html->tags, html->room_tags);
	}
	html->tags[html->n_tags++] = (char)id;
}

/* Shown by Outlook only: its elements open and close among themselves. */
static void mso_tag(struct sl_html *html, const struct sl_html_start *start)
{
	struct sl_span skipped;
	if (start->attrs.set)
		sl_html_links(html, start, false, true);
	spacing(html, start->traits, start->id == SL_TAG_BR);
	if (start->traits & SL_TAG_RAW)
		raw_text(html, start->info, &skipped);
}

static void start_tag(struct sl_html *html)
{
	struct sl_html_start start;
	sl_html_start_read(html, &start);
	if (html->mso_end) {
		mso_tag(html, &start);
		return;
	}
	note_tag(html, start.id);
	if (start.id == SL_TAG_A)
		close_anchor(html);
	spacing(html, start.traits, start.id == SL_TAG_BR);
	if (start.traits & SL_TAG_AGAIN)
		close_like(html, start.id);
	push(html, opened(html, &start));
	if (start.attrs.set)
		sl_html_links(html, &start, unseen(html), false);
	if (html->beyond == 0 && (start.traits & SL_TAG_VOID))
		pop_to(html, html->depth - 1);
	else if (html->beyond && (start.traits & SL_TAG_VOID))
		html->beyond--;
	if (start.traits & SL_TAG_RAW)
		raw_element(html, start.id, start.info);
}

static void end_tag(struct sl_html *html)
{
	uint8_t id;
	struct sl_attrs attrs;
	const struct sl_tag_info *tag = sl_tag_find(sl_html_name_read(html), &id);
	sl_html_attrs_read(html, &attrs);
	spacing(html, tag->traits, id == SL_TAG_BR);
	if (html->mso_end)
		return;
	if (id == SL_TAG_A)
		close_anchor(html);
	if (tag->traits & SL_TAG_VOID)
		return;
	if (html->beyond) {
		html->beyond--;
		return;
	}
	for (size_t i = html->depth, seen = 0; i > 0 && seen < LOOK_DOWN; i--, seen++) {
		const struct sl_html_open *open = &html->stack[i - 1];
		if (open->tag == id) {
			pop_to(html, i - 1);
			return;
		}
		/* a stray </div> within a cell closes nothing outside of it */
		if (open->tag == SL_TAG_TABLE_TAG ||
			(!(tag->traits & SL_TAG_TABLE) && (open->traits & SL_TAG_TABLE)))
			return;
	}
}

/* "[if mso]>" ... "<![endif]": what Outlook reads; the comment is walked through in that case. */
static void comment(struct sl_html *html)
{
	struct sl_span s = html->s;
	size_t from = html->at + 4;
	/* "<!-->" and "<!--->" are whole comments */
	if (from < s.n && s.p[from] == '>')
		html->at = from + 1;
	else if (from + 1 < s.n && s.p[from] == '-' && s.p[from + 1] == '>')
		html->at = from + 2;
	else {
		ssize_t end = sl_span_find(s, SL_SPAN("--"), from);
		while (end >= 0 && (size_t)end + 2 < s.n && s.p[end + 2] != '>' &&
			!(s.p[end + 2] == '!' && (size_t)end + 3 < s.n && s.p[end + 3] == '>'))
			end = sl_span_find(s, SL_SPAN("--"), (size_t)end + 1);
		bool whole = end >= 0 && (size_t)end + 2 < s.n;
		html->at = whole ? (size_t)end + 3 + (s.p[end + 2] == '!') : s.n;
		struct sl_span inner = sl_span_of(s.p + from, (whole ? (size_t)end : s.n) - from);
		ssize_t open = sl_span_chr(sl_span_head(inner, 256), '>', 0);
		ssize_t close = sl_span_ifind(sl_span_from(inner, inner.n > 64 ? inner.n - 64 : 0),
			SL_SPAN("<![endif]"), 0);
		if (sl_span_istarts(sl_span_trim(inner), SL_SPAN("[if")) && open > 0 &&
			close >= 0 && !html->mso_end) {
			html->mso_next = html->at;
			html->mso_end = from + (inner.n > 64 ? inner.n - 64 : 0) + (size_t)close;
			html->at = from + (size_t)open + 1;
			if (html->at > html->mso_end)
				html->at = html->mso_next, html->mso_end = 0;
		}
	}
}

/* Anything else that begins with "<!" or "<?" or "</": up to the next '>'. */
static void bogus_comment(struct sl_html *html)
{
	ssize_t end = sl_span_chr(html->s, '>', html->at);
	html->at = end < 0 ? html->s.n : (size_t)end + 1;
}

/* `at` stands on a '<'. False: it is text. */
static bool markup_at(struct sl_html *html)
{
	struct sl_span rest = sl_span_from(html->s, html->at);
	char c = rest.n > 1 ? rest.p[1] : '\0';
	if (sl_is_alpha(c)) {
		html->at++;
		start_tag(html);
	} else if (c == '/' && rest.n > 2 && sl_is_alpha(rest.p[2])) {
		html->at += 2;
		end_tag(html);
	} else if (sl_span_starts(rest, SL_SPAN("<!--"))) {
		comment(html);
	} else if (c == '!' || c == '?' || (c == '/' && rest.n > 2)) {
		bogus_comment(html);
	} else {
		return false;
	}
	return true;
}

/* The end of a conditional comment; false: the end of all. */
static bool leave_mso(struct sl_html *html)
{
	if (!html->mso_end)
		return false;
	if (html->at < html->mso_next)
		html->at = html->mso_next;
	html->mso_end = 0;
	return true;
}

static void walk(struct sl_html *html)
{
	uint64_t limit = html->mail->config->limits.tags, steps = 0;
	size_t from = 0; /* text that is not yet taken */
	for (;;) {
		size_t stop = html->mso_end ? html->mso_end : html->s.n;
		struct sl_span region = sl_span_head(html->s, stop);
		ssize_t next = sl_span_chr(region, '<', html->at);
		text_run(html, from, next >= 0 ? (size_t)next : stop);
		if (next < 0) {
			if (!leave_mso(html))
				break;
			from = html->at;
			continue;
		}
		html->at = from = (size_t)next;
		if (++steps > limit) {
			html->flags |= SL_BIT(SL_MSG_LIMIT_TAGS);
			break;
		}
		if (markup_at(html))
			from = html->at;
		else
			html->at++;
	}
}

static void fix_links(struct sl_html *html, const struct sl_html_text *text)
{
	struct sl_mail *mail = html->mail;
	close_anchor(html);
	for (size_t i = html->first_link; i < mail->n_links; i++)
		mail->links[i].base = html->base;
	for (size_t i = 0; i < html->n_anchors; i++) {
		const struct sl_html_anchor *anchor = &html->anchors[i];
		struct sl_span in = anchor->hidden ? text->hidden : text->visible;
		sl_assert(anchor->from <= anchor->to && anchor->to <= in.n);
		mail->links[anchor->link].text =
			sl_span_trim(sl_span_of(in.p + anchor->from, anchor->to - anchor->from));
	}
}

void sl_html_read(struct sl_html *html, struct sl_mail *mail, uint32_t part, struct sl_span markup,
	struct sl_html_text *text_r)
{
	start(html, mail, part, markup);
	walk(html);
	text_r->visible = sl_arena_copy(mail->arena, sl_span_of(html->visible.p, html->visible.n));
	text_r->hidden = sl_arena_copy(mail->arena, sl_span_of(html->hidden.p, html->hidden.n));
	text_r->tags = sl_span_of(html->tags, html->n_tags);
	text_r->rest = html->flags & SL_BIT(SL_MSG_LIMIT_TAGS) ? sl_span_from(markup, html->at)
							       : SL_SPAN_NULL;
	text_r->flags = html->flags;
	fix_links(html, text_r);
}
