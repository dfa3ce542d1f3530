/* SPDX-License-Identifier: Apache-2.0 */
/* putresult.h - into a store, what a worker says of a mail: of the records alone, without the bytes
 * and names that the committer has beside them. */
#ifndef SL_TEST_PUTRESULT_H
#define SL_TEST_PUTRESULT_H

#include "storage/store.h"

static inline enum sl_rc put_result(struct sl_store *store, uint64_t night,
	const struct sl_result *result, const struct sl_origin *origin, enum sl_seen *seen_r,
	bool *new_variant_r, struct sl_err *err)
{
	struct sl_sight sight = { .origin = origin,
		.time = result->time,
		.embedded = result->inner.n > 0,
		.message = &result->message,
		.content = &result->content };
	return sl_store_put_sight(store, night, &sight, seen_r, new_variant_r, err);
}

#endif
