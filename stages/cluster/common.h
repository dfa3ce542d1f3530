/* SPDX-License-Identifier: Apache-2.0 */
/* common.h - what two sets of grams have in common, by weight.
 *
 * Where most of the time of a night's comparisons goes: some hundred steps for two texts. Eight
 * grams against eight where the processor has AVX2, four against four elsewhere.
 */
#ifndef SL_COMMON_H
#define SL_COMMON_H

#include "sketch.h"

/* Weight of what both have, or 0 when it is seen before the end that it stays below `least`. */
uint64_t sl_common_weight(const struct sl_grams *a, const struct sl_grams *b, uint64_t least);
/* The same, on any processor. */
uint64_t sl_common_weight_plain(const struct sl_grams *a, const struct sl_grams *b, uint64_t least);

#endif
