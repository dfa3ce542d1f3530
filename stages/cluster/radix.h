/* SPDX-License-Identifier: Apache-2.0 */
/* radix.h - sorts pairs of numbers by their digits: linear, whatever they are.
 *
 * The phases sort hundreds of numbers for each variant. In place: no more room than what is sorted.
 */
#ifndef SL_RADIX_H
#define SL_RADIX_H

#include "pipeline/base/base.h"

struct sl_keyed {
	uint64_t key, value;
};

/* By key, then by value. */
void sl_radix_keyed(struct sl_keyed *items, size_t n);

#endif
