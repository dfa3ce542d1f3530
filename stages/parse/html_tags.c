/* SPDX-License-Identifier: Apache-2.0 */
#include "html_tags.h"

#include <pthread.h>

/* In the order of the names. Traits: HTML Living Standard, sections 13.1.2 and 15.3, and what mail
 * clients do. */
static const struct sl_tag_info tags[] = {
	{ "a", SL_TAG_A, 0 },
	{ "abbr", SL_TAG_NONE, 0 },
	{ "acronym", SL_TAG_NONE, 0 },
	{ "address", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "applet", SL_TAG_NONE, 0 },
	{ "area", SL_TAG_AREA, SL_TAG_VOID },
	{ "article", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "aside", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "audio", SL_TAG_AUDIO, 0 },
	{ "b", SL_TAG_NONE, 0 },
	{ "base", SL_TAG_BASE, SL_TAG_VOID },
	{ "basefont", SL_TAG_NONE, SL_TAG_VOID },
	{ "bdi", SL_TAG_NONE, 0 },
	{ "bdo", SL_TAG_NONE, 0 },
	{ "bgsound", SL_TAG_BGSOUND, SL_TAG_VOID },
	{ "big", SL_TAG_NONE, 0 },
	{ "blink", SL_TAG_NONE, 0 },
	{ "blockquote", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "body", SL_TAG_BODY, SL_TAG_BLOCK },
	{ "br", SL_TAG_BR, SL_TAG_VOID },
	{ "button", SL_TAG_BUTTON, 0 },
	{ "canvas", SL_TAG_NONE, 0 },
	{ "caption", SL_TAG_NONE, SL_TAG_BLOCK | SL_TAG_TABLE },
	{ "center", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "cite", SL_TAG_NONE, 0 },
	{ "code", SL_TAG_NONE, 0 },
	{ "col", SL_TAG_NONE, SL_TAG_VOID },
	{ "colgroup", SL_TAG_NONE, 0 },
	{ "data", SL_TAG_NONE, 0 },
	{ "datalist", SL_TAG_NONE, SL_TAG_SILENT },
	{ "dd", SL_TAG_NONE, SL_TAG_BLOCK | SL_TAG_AGAIN },
	{ "del", SL_TAG_NONE, 0 },
	{ "details", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "dfn", SL_TAG_NONE, 0 },
	{ "dialog", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "dir", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "div", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "dl", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "dt", SL_TAG_NONE, SL_TAG_BLOCK | SL_TAG_AGAIN },
	{ "em", SL_TAG_NONE, 0 },
	{ "embed", SL_TAG_EMBED, SL_TAG_VOID },
	{ "fieldset", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "figcaption", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "figure", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "font", SL_TAG_FONT, 0 },
	{ "footer", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "form", SL_TAG_FORM, SL_TAG_BLOCK },
	{ "frame", SL_TAG_FRAME, SL_TAG_VOID },
	{ "frameset", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "g", SL_TAG_NONE, 0 },
	{ "h1", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "h2", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "h3", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "h4", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "h5", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "h6", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "head", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "header", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "hgroup", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "hr", SL_TAG_NONE, SL_TAG_BLOCK | SL_TAG_VOID },
	{ "html", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "i", SL_TAG_NONE, 0 },
	{ "iframe", SL_TAG_IFRAME, SL_TAG_RAW | SL_TAG_SILENT },
	{ "image", SL_TAG_IMAGE, SL_TAG_VOID },
	{ "img", SL_TAG_IMG, SL_TAG_VOID },
	{ "input", SL_TAG_INPUT, SL_TAG_VOID },
	{ "ins", SL_TAG_NONE, 0 },
	{ "kbd", SL_TAG_NONE, 0 },
	{ "keygen", SL_TAG_NONE, SL_TAG_VOID },
	{ "label", SL_TAG_NONE, 0 },
	{ "legend", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "li", SL_TAG_LI, SL_TAG_BLOCK | SL_TAG_AGAIN },
	{ "link", SL_TAG_LINK, SL_TAG_VOID },
	{ "listing", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "main", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "map", SL_TAG_NONE, 0 },
	{ "mark", SL_TAG_NONE, 0 },
	{ "marquee", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "menu", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "menuitem", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "meta", SL_TAG_META, SL_TAG_VOID },
	{ "meter", SL_TAG_NONE, 0 },
	{ "nav", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "nobr", SL_TAG_NONE, 0 },
	{ "noembed", SL_TAG_NONE, SL_TAG_RAW | SL_TAG_SILENT },
	{ "noframes", SL_TAG_NONE, SL_TAG_RAW | SL_TAG_SILENT },
	{ "noscript", SL_TAG_NONE, 0 },
	{ "object", SL_TAG_OBJECT, 0 },
	{ "ol", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "optgroup", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "option", SL_TAG_NONE, SL_TAG_BLOCK | SL_TAG_AGAIN },
	{ "output", SL_TAG_NONE, 0 },
	{ "p", SL_TAG_P, SL_TAG_BLOCK | SL_TAG_AGAIN },
	{ "param", SL_TAG_NONE, SL_TAG_VOID },
	{ "path", SL_TAG_NONE, SL_TAG_VOID },
	{ "picture", SL_TAG_NONE, 0 },
	{ "plaintext", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "pre", SL_TAG_PRE, SL_TAG_BLOCK },
	{ "progress", SL_TAG_NONE, 0 },
	{ "q", SL_TAG_NONE, 0 },
	{ "rect", SL_TAG_NONE, SL_TAG_VOID },
	{ "rp", SL_TAG_NONE, 0 },
	{ "rt", SL_TAG_NONE, 0 },
	{ "ruby", SL_TAG_NONE, 0 },
	{ "s", SL_TAG_NONE, 0 },
	{ "samp", SL_TAG_NONE, 0 },
	{ "script", SL_TAG_SCRIPT, SL_TAG_RAW | SL_TAG_SILENT },
	{ "search", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "section", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "select", SL_TAG_NONE, 0 },
	{ "small", SL_TAG_NONE, 0 },
	{ "source", SL_TAG_SOURCE, SL_TAG_VOID },
	{ "span", SL_TAG_NONE, 0 },
	{ "strike", SL_TAG_NONE, 0 },
	{ "strong", SL_TAG_NONE, 0 },
	{ "style", SL_TAG_STYLE, SL_TAG_RAW | SL_TAG_SILENT },
	{ "sub", SL_TAG_NONE, 0 },
	{ "summary", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "sup", SL_TAG_NONE, 0 },
	{ "svg", SL_TAG_NONE, 0 },
	{ "table", SL_TAG_TABLE_TAG, SL_TAG_BLOCK | SL_TAG_TABLE },
	{ "tbody", SL_TAG_NONE, SL_TAG_BLOCK | SL_TAG_TABLE },
	{ "td", SL_TAG_TD, SL_TAG_CELL | SL_TAG_TABLE | SL_TAG_AGAIN },
	{ "template", SL_TAG_NONE, SL_TAG_SILENT },
	{ "text", SL_TAG_NONE, 0 },
	{ "textarea", SL_TAG_NONE, SL_TAG_BLOCK | SL_TAG_RAW },
	{ "tfoot", SL_TAG_NONE, SL_TAG_BLOCK | SL_TAG_TABLE },
	{ "th", SL_TAG_TH, SL_TAG_CELL | SL_TAG_TABLE | SL_TAG_AGAIN },
	{ "thead", SL_TAG_NONE, SL_TAG_BLOCK | SL_TAG_TABLE },
	{ "time", SL_TAG_NONE, 0 },
	{ "title", SL_TAG_NONE, SL_TAG_RAW | SL_TAG_SILENT },
	{ "tr", SL_TAG_TR, SL_TAG_BLOCK | SL_TAG_TABLE | SL_TAG_AGAIN },
	{ "track", SL_TAG_TRACK, SL_TAG_VOID },
	{ "tt", SL_TAG_NONE, 0 },
	{ "u", SL_TAG_NONE, 0 },
	{ "ul", SL_TAG_NONE, SL_TAG_BLOCK },
	{ "use", SL_TAG_NONE, SL_TAG_VOID },
	{ "var", SL_TAG_NONE, 0 },
	{ "video", SL_TAG_VIDEO, 0 },
	{ "wbr", SL_TAG_NONE, SL_TAG_VOID },
	{ "xmp", SL_TAG_NONE, SL_TAG_BLOCK | SL_TAG_RAW },
};

static const struct sl_tag_info prefixed = { "", SL_TAG_PREFIXED, 0 };
static const struct sl_tag_info vml = { "", SL_TAG_VML, 0 };
static const struct sl_tag_info unknown = { "", SL_TAG_UNKNOWN, 0 };

enum { SLOTS = 512 };

/* The first eight letters as a number: no two names share them. Written once. */
static struct {
	pthread_once_t once;
	uint64_t key[SL_LEN(tags)];
	uint8_t slot[SLOTS]; /* open addressing; number in `tags` + 1 */
} index_of = { .once = PTHREAD_ONCE_INIT };

static uint64_t key_of(struct sl_span name)
{
	uint64_t key = 0;
	size_t n = name.n < 8 ? name.n : 8;
	for (size_t i = 0; i < n; i++)
		key = key << 8 | (unsigned char)sl_lower(name.p[i]);
	return n ? key << (8 - n) * 8 : 0;
}

/* The number in `tags` + 1 of the name with this key, or of none the free slot. */
static uint8_t *slot_of(uint64_t key)
{
	size_t at = (key * 0x9e3779b97f4a7c15u) >> 55;
	while (index_of.slot[at] && index_of.key[index_of.slot[at] - 1] != key)
		at = (at + 1) % SLOTS;
	return &index_of.slot[at];
}

static void make_index(void)
{
	_Static_assert(SL_LEN(tags) < SLOTS / 2, "slots");
	_Static_assert(SL_TAG_NAMED + SL_LEN(tags) < SL_TAG_PREFIXED, "numbers");
	for (size_t i = 0; i < SL_LEN(tags); i++) {
		index_of.key[i] = key_of(sl_span_str(tags[i].name));
		uint8_t *slot = slot_of(index_of.key[i]);
		sl_assert(*slot == 0);
		*slot = (uint8_t)(i + 1);
	}
}

static const struct sl_tag_info *not_in_table(struct sl_span name)
{
	if (name.n > 2 && name.p[1] == ':' && sl_lower(name.p[0]) == 'v')
		return &vml;
	return sl_span_chr(sl_span_head(name, 16), ':', 0) > 0 ? &prefixed : &unknown;
}

const struct sl_tag_info *sl_tag_find(struct sl_span name, uint8_t *id_r)
{
	int failed = pthread_once(&index_of.once, make_index);
	sl_assert(failed == 0);
	if (name.n > 3 && name.p[3] == ':' && sl_span_istarts(name, SL_SPAN("svg:")))
		name = sl_span_from(name, 4);
	uint8_t number = *slot_of(key_of(name));
	if (number && (name.n <= 8 || sl_span_ieq(name, sl_span_str(tags[number - 1].name)))) {
		const struct sl_tag_info *tag = &tags[number - 1];
		*id_r = tag->id ? tag->id : (uint8_t)(SL_TAG_NAMED + number - 1);
		return tag;
	}
	const struct sl_tag_info *other = not_in_table(name);
	*id_r = other->id;
	return other;
}
