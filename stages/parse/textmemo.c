/* SPDX-License-Identifier: Apache-2.0 */
#include "textmemo.h"

/* Lengths of what stands behind it: the normal form, the language, the anchors. */
struct head {
	bool invisible, bidi, mixed;
	uint8_t language_n, n_anchors;
	uint32_t text_n;
	uint32_t anchor_n[SL_ANCHORS_MAX];
};
_Static_assert(SL_ANCHORS_MAX <= UINT8_MAX, "n_anchors");

static struct sl_span take(struct sl_span *rest, size_t n)
{
	sl_assert(n <= rest->n);
	struct sl_span s = sl_span_head(*rest, n);
	*rest = sl_span_from(*rest, n);
	return s;
}

bool sl_textmemo_find(struct sl_memo *memo, const struct sl_id *key, struct sl_arena *arena,
	struct sl_text_form *form_r)
{
	struct sl_span bytes;
	struct head head;
	if (!sl_memo_find(memo, key, arena, &bytes))
		return false;
	memcpy(&head, take(&bytes, sizeof(head)).p, sizeof(head));
	struct sl_normal normal = { .n_anchors = head.n_anchors,
		.invisible = head.invisible,
		.bidi = head.bidi,
		.mixed = head.mixed };
	normal.text = take(&bytes, head.text_n);
	form_r->language = take(&bytes, head.language_n);
	normal.anchors = sl_arena_alloc(arena, normal.n_anchors * sizeof(*normal.anchors));
	for (size_t i = 0; i < normal.n_anchors; i++)
		normal.anchors[i] = take(&bytes, head.anchor_n[i]);
	sl_assert(bytes.n == 0);
	form_r->normal = normal;
	return true;
}

void sl_textmemo_add(struct sl_memo *memo, const struct sl_id *key, struct sl_arena *arena,
	const struct sl_text_form *form)
{
	const struct sl_normal *normal = &form->normal;
	struct head head = { .invisible = normal->invisible,
		.bidi = normal->bidi,
		.mixed = normal->mixed,
		.language_n = (uint8_t)form->language.n,
		.n_anchors = (uint8_t)normal->n_anchors,
		.text_n = (uint32_t)normal->text.n };
	struct sl_span pieces[3 + SL_ANCHORS_MAX] = { sl_span_of((const char *)&head, sizeof(head)),
		normal->text, form->language };
	sl_assert(form->language.n <= UINT8_MAX && normal->n_anchors <= SL_ANCHORS_MAX);
	for (size_t i = 0; i < normal->n_anchors; i++) {
		head.anchor_n[i] = (uint32_t)normal->anchors[i].n;
		pieces[3 + i] = normal->anchors[i];
	}
	sl_memo_add(memo, key, sl_arena_join(arena, pieces, 3 + normal->n_anchors));
}
