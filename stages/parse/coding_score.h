/* SPDX-License-Identifier: Apache-2.0 */
/* coding_score.h - how much a decoded text looks like what people write.
 *
 * For choosing between encodings that all decode the same bytes. Common characters of Japanese,
 * Chinese and Korean mail count for, loss, controls, private use and odd neighbours count against.
 * The score is a sum over all characters that are not ASCII: compare it only between readings of
 * the same bytes.
 */
#ifndef SL_CODING_SCORE_H
#define SL_CODING_SCORE_H

#include "coding.h"

/* Linear in the text. `lost` as the decoder counted it. */
int64_t sl_coding_score(enum sl_coding coding, struct sl_span text, size_t lost);

#endif
