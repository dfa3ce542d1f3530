/* SPDX-License-Identifier: Apache-2.0 */
/* tagsketch.h - the shape of a page out of the sequence of its start tags. */
#ifndef SL_TAGSKETCH_H
#define SL_TAGSKETCH_H

#include "pipeline/record.h"

/* Fill html_tags, skeleton and tag_sketch: one byte a tag. The sketch is a one-permutation min-hash
 * of tag 4-grams; the share of equal slots of two sketches estimates their Jaccard index. Linear.
 */
void sl_tagsketch_make(struct sl_span tags, struct sl_content *content);

#endif
