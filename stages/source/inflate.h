/* SPDX-License-Identifier: Apache-2.0 */
/* inflate.h - the only door to isa-l: a gzip member (RFC 1952) behind its header, piece by piece.
 *
 * About 0.4 GB/s, sums included; zlib makes 0.25. Both sums of the trailer are checked. All that
 * the bytes before a cut or damage say comes out before the step that tells of it.
 */
#ifndef SL_INFLATE_H
#define SL_INFLATE_H

#include "pipeline/base/span.h"

enum sl_inflated {
	SL_INFLATED_MORE,
	SL_INFLATED_END,         /* both sums are right */
	SL_INFLATED_BAD_SUM,     /* all was read, trailer included */
	SL_INFLATED_BAD_DATA,    /* no deflate from here on */
	SL_INFLATED_CUT,         /* the input ended in the data */
	SL_INFLATED_CUT_TRAILER, /* or behind it */
};

struct sl_inflate;

/* Ready for the first member. Takes 90 KB. */
struct sl_inflate *sl_inflate_new(void);
void sl_inflate_free(struct sl_inflate **inflate);
/* Ready for the next member. */
void sl_inflate_reset(struct sl_inflate *inflate);
/* Decode from the front of `in`, which is shortened, to `to`. An empty `in` is the end of the
 * input. Only MORE comes with bytes. */
enum sl_inflated sl_inflate_step(struct sl_inflate *inflate, struct sl_span *in, char *to,
	size_t room, size_t *made_r) SL_MUST_CHECK;

#endif
