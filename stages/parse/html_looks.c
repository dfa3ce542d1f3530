/* SPDX-License-Identifier: Apache-2.0 */
/* What style attributes say, looked up: pages repeat the same few for every cell, and pages made
 * by one kit repeat one another's. What is kept depends on these bytes alone. */
#include "html_work.h"
#include "pipeline/base/hash.h"

#include <stdlib.h>

/* Longer ones are rare. LOOKS entries are 64 KB for a thread. */
enum { LOOKS = 256, CSS_MOST = 224 };

struct entry {
	struct sl_html_look look;
	size_t n;
	char css[CSS_MOST];
};

struct sl_html_looks {
	struct entry entries[LOOKS];
	struct sl_html_look other; /* of one that is too long to be kept */
};

struct sl_html_looks *sl_html_looks_new(void)
{
	return sl_calloc(1, sizeof(struct sl_html_looks));
}

static void read_look(struct sl_html *html, struct sl_span css, struct sl_html_look *look)
{
	struct sl_span url;
	bool import = false, entity;
	size_t at = 0;
	look->style = SL_LOOK_NONE;
	look->links = sl_css_url(css, &at, &url, &import);
	sl_style_read(sl_html_value(html->mail->arena, css, &entity), &look->style);
}

const struct sl_html_look *sl_html_look(struct sl_html *html, struct sl_span css)
{
	struct sl_html_looks *looks = html->looks;
	if (css.n == 0 || css.n > CSS_MOST) {
		read_look(html, css, &looks->other);
		return &looks->other;
	}
	struct entry *entry = &looks->entries[sl_hash64(css, 0) % LOOKS];
	if (!sl_span_eq(sl_span_of(entry->css, entry->n), css)) {
		read_look(html, css, &entry->look);
		memcpy(entry->css, css.p, css.n);
		entry->n = css.n;
	}
	return &entry->look;
}
