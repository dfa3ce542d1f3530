/* SPDX-License-Identifier: Apache-2.0 */
/* template.h - the literal text of a campaign, with slots where its mails differ.
 *
 * The first text gives the frame. A word stands when the pair that it makes with a neighbour occurs
 * in 90 % of the texts; what does not stand becomes a slot. Masked places become slots of their
 * type. Scripts without spaces are read character by character. Linear in the sum of the texts.
 */
#ifndef SL_TEMPLATE_H
#define SL_TEMPLATE_H

#include "pipeline/base/arena.h"

enum { SL_TEMPLATE_TEXTS = 32, SL_TEMPLATE_LINES = 200 };

/* Lines of the frame text; at most SL_TEMPLATE_TEXTS texts are looked at. Lists in the arena. */
size_t sl_template_make(
	struct sl_arena *arena, const struct sl_span *texts, size_t n, struct sl_span **lines_r);
/* One line with its masks written as slots, other control characters as spaces. */
struct sl_span sl_template_line(struct sl_arena *arena, struct sl_span line);

#endif
