/* SPDX-License-Identifier: Apache-2.0 */
/* textmemo.h - normal forms that a worker remembers.
 *
 * The normal form, its anchors and its language are a function of the text alone. Copies of a body
 * that differ in a link only have the same visible text, and names of senders repeat.
 */
#ifndef SL_TEXTMEMO_H
#define SL_TEXTMEMO_H

#include "normal.h"
#include "pipeline/memo.h"

struct sl_text_form {
	struct sl_normal normal; /* without `source` and `folded` when it is remembered */
	struct sl_span language; /* of a body: sl_language_guess() */
};

/* In memory of `arena`; false: not known. */
bool sl_textmemo_find(struct sl_memo *memo, const struct sl_id *key, struct sl_arena *arena,
	struct sl_text_form *form_r);
/* `arena` is for what is needed on the way. */
void sl_textmemo_add(struct sl_memo *memo, const struct sl_id *key, struct sl_arena *arena,
	const struct sl_text_form *form);

#endif
