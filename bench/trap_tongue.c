/* SPDX-License-Identifier: Apache-2.0 */
#include "trap_tongue.h"

const struct trap_tongue *const trap_tongues[] = { &trap_tongue_ja, &trap_tongue_en,
	&trap_tongue_de, &trap_tongue_pt, &trap_tongue_zh, NULL };
