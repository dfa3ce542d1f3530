/* SPDX-License-Identifier: Apache-2.0 */
/* Names and attributes of tags; of the attributes those that matter. */
#include "html_work.h"

enum { NAME_MOST = 10 };

struct attr_row {
	const char *name;
	enum sl_attr attr;
};

/* By length. */
static const struct attr_row rows[] = {
	{ "id", SL_ATTR_ID },
	{ "src", SL_ATTR_SRC },
	{ "rel", SL_ATTR_REL },
	{ "href", SL_ATTR_HREF },
	{ "data", SL_ATTR_DATA },
	{ "text", SL_ATTR_COLOR }, /* of body */
	{ "type", SL_ATTR_TYPE },
	{ "style", SL_ATTR_STYLE },
	{ "class", SL_ATTR_CLASS },
	{ "color", SL_ATTR_COLOR },
	{ "xmlns", SL_ATTR_XMLNS },
	{ "action", SL_ATTR_ACTION },
	{ "dynsrc", SL_ATTR_DYNSRC },
	{ "hidden", SL_ATTR_HIDDEN },
	{ "lowsrc", SL_ATTR_LOWSRC },
	{ "poster", SL_ATTR_POSTER },
	{ "srcset", SL_ATTR_SRCSET },
	{ "bgcolor", SL_ATTR_BGCOLOR },
	{ "content", SL_ATTR_CONTENT },
	{ "background", SL_ATTR_BACKGROUND },
	{ "formaction", SL_ATTR_FORMACTION },
	{ "http-equiv", SL_ATTR_HTTP_EQUIV },
	{ "xlink:href", SL_ATTR_XLINK_HREF },
};

/* Where the names of a length begin in the table. */
static const uint8_t first_of[NAME_MOST + 2] = { 0, 0, 0, 1, 3, 7, 11, 17, 19, 19, 19, 23 };

/* Keep the value when an attribute of this name matters. */
static void keep(struct sl_attrs *attrs, struct sl_span name, struct sl_span value)
{
	/* lengths of the names above by first letter, as bits: sorts out most others */
	static const uint16_t lengths[26] = { 0x40, 0x480, 0xa0, 0x50, 0, 0x400, 0, 0x450, 0x4, 0,
		0, 0x40, 0, 0, 0, 0x40, 0, 0x8, 0x68, 0x10, 0, 0, 0, 0x420, 0, 0 };
	char first = name.n ? sl_lower(name.p[0]) : ' ';
	if (first < 'a' || first > 'z' || name.n > NAME_MOST ||
		!(lengths[first - 'a'] >> name.n & 1))
		return;
	for (size_t i = first_of[name.n]; i < first_of[name.n + 1]; i++) {
		if (rows[i].name[0] != first ||
			!sl_span_ieq(name, sl_span_of(rows[i].name, name.n)))
			continue;
		enum sl_attr attr = rows[i].attr;
		if (!sl_html_has(attrs, attr))
			attrs->value[attr] = value;
		attrs->set |= 1u << attr;
		return;
	}
}

/* A quoted value from `at` (behind the quote). Without a closing quote it ends with the tag: a
 * browser would swallow the rest of the page, a mail client need not. */
static struct sl_span quoted_value(struct sl_html *html, char quote)
{
	bool *none = quote == '"' ? &html->no_double : &html->no_single;
	ssize_t end = *none ? -1 : sl_span_chr(html->s, quote, html->at);
	size_t from = html->at;
	if (end < 0) {
		*none = true;
		end = sl_span_chr(html->s, '>', from);
		html->at = end < 0 ? html->s.n : (size_t)end;
		return sl_span_of(html->s.p + from, html->at - from);
	}
	html->at = (size_t)end + 1;
	return sl_span_of(html->s.p + from, (size_t)end - from);
}

static void skip_space(struct sl_html *html)
{
	while (html->at < html->s.n && sl_is_space(html->s.p[html->at]))
		html->at++;
}

/* What ends a name of a tag, of an attribute, a value without quotes. */
enum { ENDS_TAG = 1, ENDS_ATTR = 2, ENDS_VALUE = 4, ENDS_ALL = 7 };
static const uint8_t ends[256] = { ['\t'] = ENDS_ALL,
	['\n'] = ENDS_ALL,
	['\v'] = ENDS_ALL,
	['\f'] = ENDS_ALL,
	['\r'] = ENDS_ALL,
	[' '] = ENDS_ALL,
	['>'] = ENDS_ALL,
	['/'] = ENDS_TAG | ENDS_ATTR,
	['='] = ENDS_ATTR };

static size_t skip_until(const struct sl_html *html, unsigned stop)
{
	struct sl_span s = html->s;
	size_t at = html->at;
	while (at < s.n && !(ends[(unsigned char)s.p[at]] & stop))
		at++;
	return at;
}

static struct sl_span read_value(struct sl_html *html)
{
	const char *p = html->s.p;
	skip_space(html);
	if (html->at < html->s.n && (p[html->at] == '"' || p[html->at] == '\''))
		return quoted_value(html, p[html->at++]);
	size_t from = html->at;
	html->at = skip_until(html, ENDS_VALUE);
	return sl_span_of(p + from, html->at - from);
}

struct sl_span sl_html_name_read(struct sl_html *html)
{
	const char *p = html->s.p;
	size_t from = html->at;
	html->at = skip_until(html, ENDS_TAG);
	return sl_span_of(p + from, html->at - from);
}

void sl_html_attrs_read(struct sl_html *html, struct sl_attrs *attrs)
{
	const char *p = html->s.p;
	attrs->set = 0;
	while (html->at < html->s.n) {
		while (html->at < html->s.n && (sl_is_space(p[html->at]) || p[html->at] == '/'))
			html->at++;
		if (html->at >= html->s.n || p[html->at] == '>') {
			html->at += html->at < html->s.n;
			return;
		}
		size_t from = html->at++;
		html->at = skip_until(html, ENDS_ATTR);
		struct sl_span name = sl_span_of(p + from, html->at - from),
			       value = { p + from, 0 };
		skip_space(html);
		if (html->at < html->s.n && p[html->at] == '=') {
			html->at++;
			value = read_value(html);
		}
		keep(attrs, name, value);
		/* xmlns:o="..." */
		if (name.n > 6 && sl_span_istarts(name, SL_SPAN("xmlns:")))
			keep(attrs, SL_SPAN("xmlns"), value);
	}
}
