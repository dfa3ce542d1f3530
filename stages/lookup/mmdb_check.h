/* SPDX-License-Identifier: Apache-2.0 */
/* mmdb_check.h - is every byte of a MaxMind DB file that a look-up can reach sound?
 *
 * libmaxminddb trusts what it reads more than a file from the net deserves: it recurses where
 * the data nests, and a record between the tree and the data section makes an offset wrap. So a
 * file is walked once before it is used: metadata, every node of the tree, every value that the
 * tree leads to. The walk is iterative and linear in the size of the file. Format:
 * MaxMind DB File Format Specification 2.0.
 */
#ifndef SL_MMDB_CHECK_H
#define SL_MMDB_CHECK_H

#include "pipeline/base/span.h"

enum { SL_MMDB_DEPTH = 32 };

struct sl_mmdb_shape {
	uint32_t node_count;
	uint32_t record_bits; /* 24, 28 or 32 */
	uint32_t ip_version;  /* 4 or 6 */
	struct sl_span tree, data;
};

/* NULL when sound, else what is wrong in a few words (a literal). */
const char *sl_mmdb_check(struct sl_span file, struct sl_mmdb_shape *shape_r);

#endif
