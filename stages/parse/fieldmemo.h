/* SPDX-License-Identifier: Apache-2.0 */
/* fieldmemo.h - header fields that a worker remembers.
 *
 * What is read of one field is a function of its bytes, and of options that no mail changes. Copies
 * of a mail have most of their Received lines in common, and many mails a sender. The key is the
 * hash of the raw value with the store's secret, apart for each kind of reading; a hit gives
 * exactly what reading gives. A hash and a copy of the answer, O(length).
 */
#ifndef SL_FIELDMEMO_H
#define SL_FIELDMEMO_H

#include "address.h"
#include "pipeline/memo.h"
#include "received.h"

struct sl_fieldmemo {
	struct sl_memo *memo; /* NULL: nothing is remembered */
	const struct sl_secret *secret;
};

/* Read the value of a Received field, or remember what was read of it. */
void sl_fieldmemo_hop(const struct sl_fieldmemo *known, struct sl_arena *arena,
	struct sl_span value, struct sl_hop *hop_r);

/* The same for sl_addresses(). Lists that are long, or have met a limit, are not kept. */
size_t sl_fieldmemo_addresses(const struct sl_fieldmemo *known, struct sl_charset *charset,
	struct sl_arena *arena, struct sl_span value, const struct sl_limits *limits,
	struct sl_address **addresses_r, uint64_t *flags_r);

#endif
