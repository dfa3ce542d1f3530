/* SPDX-License-Identifier: Apache-2.0 */
/* dashline.h - the lines of a body that may be boundaries. */
#ifndef SL_DASHLINE_H
#define SL_DASHLINE_H

#include "pipeline/base/span.h"

/* Offset of the next line that begins with "--", from the line start `at` on, or s.n. With AVX2 64
 * bytes at a time. */
size_t sl_dashline_next(struct sl_span s, size_t at);
/* The same by memchr(), line by line. */
size_t sl_dashline_next_plain(struct sl_span s, size_t at);

#endif
