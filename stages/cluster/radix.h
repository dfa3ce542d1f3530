/* SPDX-License-Identifier: Apache-2.0 */
/* radix.h - sorts numbers by their digits: linear, whatever they are.
 *
 * The phases sort hundreds of numbers for each variant. Eleven bits a pass; a digit that is the
 * same everywhere costs no pass. `room` is as large as what is sorted.
 */
#ifndef SL_RADIX_H
#define SL_RADIX_H

#include "pipeline/base/base.h"

struct sl_keyed {
	uint64_t key, value;
};

void sl_radix_numbers(uint64_t *numbers, uint64_t *room, size_t n);
/* By key; what has equal keys stays in its order. */
void sl_radix_keyed(struct sl_keyed *items, struct sl_keyed *room, size_t n);

#endif
