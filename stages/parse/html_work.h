/* SPDX-License-Identifier: Apache-2.0 */
/* html_work.h - between the files of the HTML reader: the state of one reading. */
#ifndef SL_HTML_WORK_H
#define SL_HTML_WORK_H

#include "html.h"
#include "html_style.h"
#include "html_tags.h"

/* Attributes that matter. */
enum sl_attr {
	SL_ATTR_ACTION,
	SL_ATTR_BACKGROUND,
	SL_ATTR_BGCOLOR,
	SL_ATTR_CLASS,
	SL_ATTR_COLOR,
	SL_ATTR_CONTENT,
	SL_ATTR_DATA,
	SL_ATTR_DYNSRC,
	SL_ATTR_FORMACTION,
	SL_ATTR_HIDDEN,
	SL_ATTR_HREF,
	SL_ATTR_HTTP_EQUIV,
	SL_ATTR_ID,
	SL_ATTR_LOWSRC,
	SL_ATTR_POSTER,
	SL_ATTR_REL,
	SL_ATTR_SRC,
	SL_ATTR_SRCSET,
	SL_ATTR_STYLE,
	SL_ATTR_TYPE,
	SL_ATTR_XLINK_HREF,
	SL_ATTR_XMLNS,
	SL_ATTRS
};

struct sl_attrs {
	uint32_t set;                   /* bits; the first of two wins */
	struct sl_span value[SL_ATTRS]; /* as written */
};

/* One of the two texts, in scratch memory with room for all the markup. */
struct sl_html_stream {
	char *p;
	size_t n, room;
	bool space, line; /* white space or a line end waits for the next character */
};

/* An element that is open. */
struct sl_html_open {
	uint8_t tag, traits;
	bool hidden, tiny, pre;
	uint32_t colour, background;
};

/* What the value of a style attribute says by itself. */
struct sl_html_look {
	struct sl_look style;
	bool links; /* it has a url() */
};

/* A start tag. */
struct sl_html_start {
	const struct sl_tag_info *info;
	uint8_t id, traits;
	bool css_links;      /* its style has a url() */
	struct sl_look look; /* by attributes and style, whatever a sheet says */
	struct sl_attrs attrs;
};

/* The text of a link: where it began. */
struct sl_html_anchor {
	size_t link; /* in mail->links */
	size_t from, to;
	bool hidden; /* in which stream */
};

struct sl_html {
	struct sl_html_stream visible, hidden;
	char *tags;
	size_t n_tags, room_tags;
	struct sl_html_open *stack;
	size_t depth, room_stack, beyond; /* beyond: open elements that found no place */
	struct sl_html_anchor *anchors;
	size_t n_anchors, room_anchors;
	bool in_anchor;
	struct sl_html_looks *looks;
	struct sl_html_starts *starts;
	/* of the reading at hand */
	struct sl_mail *mail;
	uint32_t part;
	struct sl_span s; /* the markup */
	size_t at;
	size_t mso_end;  /* behind it ends the conditional comment that is being read; 0: none */
	size_t mso_next; /* where to go on then */
	size_t first_link;
	struct sl_span base;
	bool no_double, no_single; /* no closing quote of this kind is left */
	uint64_t unclosed; /* raw elements whose end tag was looked for in vain, by number */
	struct sl_sheet sheet;
	bool styled; /* a sheet or a picture may paint backgrounds that we do not know */
	uint64_t flags;
};

static inline bool sl_html_has(const struct sl_attrs *attrs, enum sl_attr attr)
{
	return (attrs->set >> attr & 1) != 0;
}

/* html_attrs.c */

/* The name of a tag that begins at html->at, which moves behind it. */
struct sl_span sl_html_name_read(struct sl_html *html);
/* From behind the tag's name to behind its '>', or to the end. */
void sl_html_attrs_read(struct sl_html *html, struct sl_attrs *attrs_r);

/* html_text.c */

/* Text of markup into the stream: entities decoded, white space collapsed unless `pre`. */
void sl_html_text_add(struct sl_html_stream *stream, struct sl_span text, bool pre);
/* An attribute value with its entities decoded; *entity_r: by more than &amp;. */
struct sl_span sl_html_value(struct sl_arena *arena, struct sl_span value, bool *entity_r);

/* html_looks.c */

/* The values that were read, of one thread; free() gives them back. */
struct sl_html_looks;
struct sl_html_looks *sl_html_looks_new(void);
/* Valid until the next call. */
const struct sl_html_look *sl_html_look(struct sl_html *html, struct sl_span css);

/* html_starts.c */

/* The start tags that were read, of one thread; free() gives them back. */
struct sl_html_starts;
struct sl_html_starts *sl_html_starts_new(void);
/* The start tag whose name begins at html->at, which moves behind the tag. Values are spans of the
 * markup. */
void sl_html_start_read(struct sl_html *html, struct sl_html_start *start_r);

/* html_links.c */

/* The links of a start tag. `hidden`: the element is. */
void sl_html_links(struct sl_html *html, const struct sl_html_start *start, bool hidden, bool mso);
void sl_html_css_links(struct sl_html *html, struct sl_span css, bool hidden);
void sl_html_script_links(struct sl_html *html, struct sl_span script);

#endif
