/* SPDX-License-Identifier: Apache-2.0 */
/* Start tags, looked up by their bytes: a page repeats the same few cells and rows, and pages made
 * by one kit repeat one another's. What is kept depends on these bytes alone. */
#include "html_work.h"
#include "pipeline/base/hash.h"

#include <stdlib.h>

/* Longer ones, and those with more attributes that matter, are rare. STARTS entries are 64 KB for a
 * thread: most hits are repeats within a page, and to wait for memory costs as much as to read a
 * tag. */
enum { STARTS = 256, BYTES_MOST = 208, ATTRS_MOST = 6 };

/* An attribute's value, as a place behind the '<'. */
struct kept {
	uint8_t attr, from, n;
};
_Static_assert(BYTES_MOST <= UINT8_MAX && SL_ATTRS <= UINT8_MAX, "struct kept");

struct entry {
	const struct sl_tag_info *info;
	struct sl_look look;
	uint8_t id;
	bool css_links;
	uint8_t n_attrs, n;
	struct kept attrs[ATTRS_MOST];
	char bytes[BYTES_MOST];
};

struct sl_html_starts {
	uint32_t marks[STARTS]; /* of the hashes; most of what is not kept is seen here */
	struct entry entries[STARTS];
};

struct sl_html_starts *sl_html_starts_new(void)
{
	return sl_calloc(1, sizeof(struct sl_html_starts));
}

/* A style says more than the attributes of old. */
static void add_style(struct sl_look *look, const struct sl_look *style)
{
	look->hidden = look->hidden || style->hidden;
	look->sized = style->sized;
	look->tiny = style->tiny;
	if (style->colour != SL_COLOUR_NONE)
		look->colour = style->colour;
	if (style->background != SL_COLOUR_NONE)
		look->background = style->background;
	look->hidden = look->hidden || look->colour == SL_COLOUR_CLEAR;
}

static void read_look(struct sl_html *html, struct sl_html_start *start)
{
	const struct sl_attrs *attrs = &start->attrs;
	struct sl_look look = SL_LOOK_NONE;
	start->css_links = false;
	if (sl_html_has(attrs, SL_ATTR_BGCOLOR))
		look.background = sl_colour_read(attrs->value[SL_ATTR_BGCOLOR]);
	if (sl_html_has(attrs, SL_ATTR_COLOR))
		look.colour = sl_colour_read(attrs->value[SL_ATTR_COLOR]);
	if (sl_html_has(attrs, SL_ATTR_BACKGROUND))
		look.background = SL_COLOUR_OTHER;
	if (sl_html_has(attrs, SL_ATTR_STYLE)) {
		const struct sl_html_look *style = sl_html_look(html, attrs->value[SL_ATTR_STYLE]);
		add_style(&look, &style->style);
		start->css_links = style->links;
	}
	look.hidden = look.hidden || sl_html_has(attrs, SL_ATTR_HIDDEN);
	start->look = look;
}

/* The long way. */
static void read_start(struct sl_html *html, struct sl_html_start *start)
{
	start->info = sl_tag_find(sl_html_name_read(html), &start->id);
	start->traits = start->info->traits;
	sl_html_attrs_read(html, &start->attrs);
	read_look(html, start);
}

/* The bytes up to the first '>'; empty: it is too far away, and the tag is not kept. */
static struct sl_span bytes_ahead(const struct sl_html *html)
{
	struct sl_span ahead = sl_span_head(sl_span_from(html->s, html->at), BYTES_MOST);
	ssize_t end = sl_span_chr(ahead, '>', 0);
	return sl_span_head(ahead, (size_t)(end + 1));
}

static void keep(struct entry *entry, struct sl_span bytes, const struct sl_html_start *start)
{
	const struct sl_attrs *attrs = &start->attrs;
	entry->info = start->info;
	entry->id = start->id;
	entry->look = start->look;
	entry->css_links = start->css_links;
	entry->n_attrs = 0;
	for (uint32_t set = attrs->set; set; set &= set - 1) {
		unsigned attr = (unsigned)__builtin_ctz(set);
		struct sl_span value = attrs->value[attr];
		sl_assert(value.p >= bytes.p && value.p + value.n <= bytes.p + bytes.n);
		entry->attrs[entry->n_attrs++] = (struct kept){ (uint8_t)attr,
			(uint8_t)(value.p - bytes.p), (uint8_t)value.n };
	}
	memcpy(entry->bytes, bytes.p, bytes.n);
	entry->n = (uint8_t)bytes.n;
}

static void recall(const struct entry *entry, const char *bytes, struct sl_html_start *start)
{
	start->info = entry->info;
	start->traits = entry->info->traits;
	start->id = entry->id;
	start->look = entry->look;
	start->css_links = entry->css_links;
	start->attrs.set = 0;
	for (size_t i = 0; i < entry->n_attrs; i++) {
		struct kept kept = entry->attrs[i];
		start->attrs.set |= 1u << kept.attr;
		start->attrs.value[kept.attr] = sl_span_of(bytes + kept.from, kept.n);
	}
}

/* "<td>": is found as fast as it is looked up. */
static bool is_name(struct sl_span bytes)
{
	size_t n = 0;
	while (n < bytes.n && n < 8 && sl_is_alnum(bytes.p[n]))
		n++;
	return n + 1 == bytes.n;
}

/* Reading goes from left to right: a tag that ended at the first '>', with all its quotes closed
 * before, does so wherever these bytes stand. */
void sl_html_start_read(struct sl_html *html, struct sl_html_start *start_r)
{
	struct sl_html_starts *starts = html->starts;
	struct sl_span bytes = bytes_ahead(html);
	if (bytes.n == 0 || is_name(bytes)) {
		read_start(html, start_r);
		return;
	}
	uint64_t hash = sl_hash64(bytes, 0);
	uint32_t *mark = &starts->marks[hash % STARTS];
	struct entry *entry = &starts->entries[hash % STARTS];
	if (*mark == hash >> 32 && sl_span_eq(sl_span_of(entry->bytes, entry->n), bytes)) {
		recall(entry, bytes.p, start_r);
		html->at += bytes.n;
		return;
	}
	size_t end = html->at + bytes.n;
	bool no_double = html->no_double, no_single = html->no_single;
	read_start(html, start_r);
	if (html->at == end && html->no_double == no_double && html->no_single == no_single &&
		__builtin_popcount(start_r->attrs.set) <= ATTRS_MOST) {
		*mark = (uint32_t)(hash >> 32);
		keep(entry, bytes, start_r);
	}
}
