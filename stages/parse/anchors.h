/* SPDX-License-Identifier: Apache-2.0 */
/* anchors.h - rare values within a text that tie mails of one lure together. */
#ifndef SL_ANCHORS_H
#define SL_ANCHORS_H

#include "normal.h"

struct sl_anchors {
	struct sl_arena *arena;
	struct sl_span *items;
	size_t n, room;
};

/* Add "kind:value"; what is beyond a bound of some 100 is dropped. */
void sl_anchors_add(struct sl_anchors *anchors, const char *kind, struct sl_span value);
/* Sorted, without repeats, cut at SL_ANCHORS_MAX. */
void sl_anchors_finish(struct sl_anchors *anchors);

/* Look-alikes of wallets, in the text as written (their case matters). */
void sl_anchors_wallets(struct sl_anchors *anchors, struct sl_span text);
/* A template macro that was not filled in, at the start of `s` ("{{name}}", "%email%",
 * "[username]"); its length, or 0. Text is folded. */
size_t sl_anchors_macro(struct sl_anchors *anchors, struct sl_span s);
/* The number at the start of `s` with its separators: its length, at least 1. `before` is what
 * stands in front of it on the line. Amounts and telephone numbers become anchors. */
size_t sl_anchors_number(struct sl_anchors *anchors, struct sl_span before, struct sl_span s);

#endif
