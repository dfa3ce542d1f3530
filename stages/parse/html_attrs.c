/* SPDX-License-Identifier: Apache-2.0 */
/* The attributes that matter, by name. */
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

void sl_html_attr_keep(struct sl_attrs *attrs, struct sl_span name, struct sl_span value)
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
