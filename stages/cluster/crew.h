/* SPDX-License-Identifier: Apache-2.0 */
/* crew.h - one piece of work on several threads.
 *
 * The phases share out lists of things that can be looked at one by one. Nothing here decides in
 * which order they are taken, so the caller's result must not depend on it. A run starts its
 * threads and waits for them, some 50 us each: for thousands of things, not for ten.
 */
#ifndef SL_CREW_H
#define SL_CREW_H

#include "pipeline/base/base.h"

enum { SL_CREW_MOST = 16 }; /* hands that are of use: each has room of its own */

/* How many hands for `jobs` (0: as many as there are processors) and that much work. */
unsigned sl_crew_hands(unsigned jobs, size_t things, size_t things_a_hand);
/* Calls work(arg, hand, from, to) until 0..n is shared out in pieces of `piece`; `hand`, below
 * `hands`, says whose room may be used. A thread that cannot be had leaves its part to the others.
 */
void sl_crew_run(unsigned hands, size_t n, size_t piece,
	void (*work)(void *arg, unsigned hand, size_t from, size_t to), void *arg);

#endif
